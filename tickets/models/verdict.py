"""Who pays for the repair that a ticket is about, as it was decided at a moment and why."""

from __future__ import annotations

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.access import ScopedQuerySet
from people.models import User
from tickets.models.ticket import Ticket
from warranty import coverage
from warranty.wording import CAUSES, OUTCOMES


class TicketVerdictQuerySet(ScopedQuerySet["TicketVerdict"]):
    sight = "tickets.see"
    hospital_path = "ticket__hospital"
    region_path = "ticket__hospital__region"
    own_paths = ("ticket__assignee", "ticket__owner")


class TicketVerdict(models.Model):
    """A version of a verdict (A4, A12, B2): never edited, only followed; the highest version counts.

    `links`, `changes` and `estimate` are those of `warranty.coverage.Verdict`, the deciding link last, `facts` what
    was known of the device. With a `reason` it is a manager's word, and the rule that it set aside stands in `links`.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="verdicts", verbose_name=_("ticket"))
    version = models.PositiveSmallIntegerField(_("version"))
    cause = models.CharField(_("cause"), max_length=16, choices=CAUSES, default=coverage.Cause.UNKNOWN.value)
    outcome = models.CharField(
        _("outcome"), max_length=12, choices=[(str(code), label) for code, label in OUTCOMES.items()]
    )
    rule_source = models.CharField(_("kind of rule"), max_length=8, blank=True)
    rule_key = models.PositiveBigIntegerField(_("key of the rule"), default=0)
    rule_code = models.CharField(_("rule"), max_length=50, blank=True)
    rule_version = models.PositiveIntegerField(_("version of the rule"), default=0)
    clause = models.CharField(_("clause"), max_length=40, blank=True)
    until = models.DateField(_("last day"), null=True)
    decider = models.CharField(_("who decides"), max_length=24, blank=True)
    facts = models.JSONField(_("what was known of the device"), encoder=DjangoJSONEncoder)
    links = models.JSONField(_("rules that were asked"), encoder=DjangoJSONEncoder)
    changes = models.JSONField(_("what would change it"), encoder=DjangoJSONEncoder)
    estimate = models.JSONField(_("estimate"), encoder=DjangoJSONEncoder)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("who"))

    objects = TicketVerdictQuerySet.as_manager()

    class Meta:
        verbose_name = _("verdict on a ticket")
        verbose_name_plural = _("verdicts on tickets")
        ordering = ("ticket", "-version")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("ticket", "version"), name="tickets_verdict_version_once"),
            models.CheckConstraint(condition=Q(reason="") | Q(by__isnull=False), name="tickets_verdict_word_has_name"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} v{self.version} {self.outcome}"
