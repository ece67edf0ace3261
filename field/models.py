"""The engineers' phones, and what came from them that somebody has to decide about (A8, N7)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.access import ScopedQuerySet
from people.models import Hospital, User
from visits.models import Visit, VisitRecord


class Phone(models.Model):
    """A phone that somebody opened the field app on. Revoked: the next time it asks, it is told to wipe itself.

    `key` is what the phone calls itself. `pending` is what it announced as not sent yet: [{"key", "kind", "visit",
    "at"}]; of a revoked phone that is what was lost with it.
    """

    person = models.ForeignKey(User, models.CASCADE, related_name="phones", verbose_name=_("person"))
    key = models.UUIDField(_("key"))
    name = models.CharField(_("name"), max_length=80, blank=True)
    offset_ms = models.IntegerField(_("clock ahead by, ms"), default=0)
    pending = models.JSONField(_("not sent yet"), default=list)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("revoked by")
    )

    class Meta:
        verbose_name = _("phone")
        verbose_name_plural = _("phones")
        ordering = ("-last_seen_at",)
        constraints: ClassVar = [models.UniqueConstraint(fields=("person", "key"), name="field_phone_once")]
        indexes: ClassVar = [
            models.Index(fields=("key",), name="field_phone_revoked", condition=Q(revoked_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.name}".strip()


class HeldQuerySet(ScopedQuerySet["Held"]):
    sight = "visits.dispatch"

    def waiting(self) -> HeldQuerySet:
        """Those that nobody has decided about."""
        return self.filter(decided_at__isnull=True)


class Held(models.Model):
    """An act that came from a phone and was not done, because somebody has to decide first (T101).

    What was sent stands whole in `body`, its file on `record`. `choice` "mine" does what the phone said, "theirs"
    leaves everything as it is; both versions stay on record.
    """

    class Reason(models.TextChoices):
        REASSIGNED = "reassigned", _("The visit went to somebody else meanwhile")
        CANCELLED = "cancelled", _("The visit was cancelled meanwhile")
        CONFLICT = "conflict", _("Two people changed the same field")

    class Choice(models.TextChoices):
        MINE = "mine", _("As the phone says")
        THEIRS = "theirs", _("As it stands")

    person = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("person"))
    visit = models.ForeignKey(Visit, models.CASCADE, related_name="held", verbose_name=_("visit"))
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="+", verbose_name=_("hospital"))
    record = models.OneToOneField(VisitRecord, models.PROTECT, related_name="held", verbose_name=_("line of the visit"))
    reason = models.CharField(_("why"), max_length=10, choices=Reason.choices)
    kind = models.CharField(_("act"), max_length=10)
    body = models.JSONField(_("what was sent"))
    at = models.DateTimeField(_("when it happened"))
    received_at = models.DateTimeField(_("received"))
    choice = models.CharField(_("decision"), max_length=6, choices=Choice.choices, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )

    objects = HeldQuerySet.as_manager()

    class Meta:
        verbose_name = _("act to be decided")
        verbose_name_plural = _("acts to be decided")
        ordering = ("id",)
        indexes: ClassVar = [
            models.Index(fields=("id",), name="field_held_waiting", condition=Q(decided_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.kind}"
