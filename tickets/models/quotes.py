"""Quotes for work that nobody else pays: what the hospital is asked to accept, and its answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from attachments.models import Attachment
from common.prepared import Given
from people.access import HOSPITAL, ScopedQuerySet
from people.models import Hospital, User
from tickets import quote_sums
from tickets.models.ticket import Ticket


class QuoteQuerySet(ScopedQuerySet["Quote"]):
    """Quotes on the tickets that a person may see; a hospital knows of none before it is sent."""

    sight = "tickets.see"
    own_paths = ("ticket__assignee", "ticket__owner")

    def seen_by(self, role: str, *, person: int | Given, hospital: int | Given | None) -> Self:
        rows = super().seen_by(role, person=person, hospital=hospital)
        return rows.exclude(state="draft").filter(ticket__is_unverified=False) if role in HOSPITAL else rows


class Quote(models.Model):
    """A version of a quote (B2). Once sent it is frozen with its paper; only its state and the answer are added.

    A new version of the same `number` replaces the one that stands; after an acceptance a new number begins.
    `lines` are those of `tickets.quote_sums`, the amounts CNY. `valid_until` is its last day at the site.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SENT = "sent", _("Waits for the hospital's answer")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        REPLACED = "replaced", _("Replaced by a newer version")
        WITHDRAWN = "withdrawn", _("Taken back")

    class Means(models.TextChoices):
        PORTAL = "portal", _("in the portal")
        PHONE = "phone", _("by phone")
        LETTER = "letter", _("by letter or stamped copy")
        MAIL = "mail", _("by mail")
        IN_PERSON = "in_person", _("in person")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="quotes", verbose_name=_("ticket"))
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="+", verbose_name=_("hospital"))
    number = models.CharField(_("number"), max_length=24, editable=False)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    lines = models.JSONField(_("items"), default=list)
    currency = models.CharField(_("currency"), max_length=3, default="CNY", editable=False)
    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=12, decimal_places=2)
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    note = models.TextField(_("remarks"), blank=True)
    valid_until = models.DateField(_("valid until"))
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("drafted by"))
    changed_at = models.DateTimeField(_("drafted"))
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("sent by"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    document = models.OneToOneField(Attachment, models.PROTECT, null=True, related_name="+", verbose_name=_("paper"))
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("recorded by"))
    answered_at = models.DateTimeField(_("answered"), null=True)
    answered_name = models.CharField(_("answered by"), max_length=60, blank=True)
    answered_means = models.CharField(_("how"), max_length=10, choices=Means.choices, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = QuoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("quote")
        verbose_name_plural = _("quotes")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("number", "version"), name="tickets_quote_version_once"),
            models.UniqueConstraint(fields=("ticket",), condition=Q(state="draft"), name="tickets_quote_one_draft"),
            models.UniqueConstraint(fields=("ticket",), condition=Q(state="sent"), name="tickets_quote_one_stands"),
            models.CheckConstraint(condition=Q(total=F("net") + F("tax")), name="tickets_quote_adds_up"),
            models.CheckConstraint(
                condition=Q(state="draft", sent_at__isnull=True)
                | (~Q(state="draft") & Q(sent_at__isnull=False, document__isnull=False)),
                name="tickets_quote_sent_with_its_paper",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "declined"])
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answered_name="")),
                name="tickets_quote_answer_has_a_name",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=("ticket", "-id"), name="tickets_quotes_of"),
            models.Index(fields=("valid_until",), name="tickets_quotes_open", condition=Q(state="sent")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Number and version, as people call it."""
        return f"{self.number} v{self.version}"

    @property
    def items(self) -> list[quote_sums.Line]:
        return [quote_sums.read(row) for row in self.lines]

    def itemise(self, lines: Iterable[quote_sums.Line]) -> None:
        """Take `lines`, and the sums that follow from them."""
        lines = list(lines)
        sums = quote_sums.add_up(lines)
        self.lines = [quote_sums.stored(line) for line in lines]
        self.net, self.tax, self.total = sums.net, sums.tax, sums.total
