"""What was written down on a visit, who signed for it, and the report that was frozen then (A8)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attachments.models import Attachment
from common.prepared import Given
from people.access import ScopedQuerySet
from people.models import Hospital, User
from visits.models.visits import Crew, Visit


class VisitRecordQuerySet(ScopedQuerySet["VisitRecord"]):
    sight = "visits.see"

    def own(self, person: int | Given) -> Q:
        return Q(visit__in=Crew.objects.filter(engineer=person).values("visit"))


class VisitRecord(models.Model):
    """One line of a visit, never edited: a step, note, photo, reading or part. A correction is a new line.

    `at` is when it happened by our clock (the device's less its offset), `recorded_at` when we heard of it.
    `data` by kind: reading {"item", "value", "ok", "unit"}; part {"part", "quantity", "serial_in", "serial_out"};
    step {"step"}; edit {"field", "old", "new", "kept"}.
    """

    class Kind(models.TextChoices):
        STEP = "step", _("Step")
        NOTE = "note", _("Note")
        PHOTO = "photo", _("Photo")
        READING = "reading", _("Reading")
        PART = "part", _("Part used")
        EDIT = "edit", _("Changed field")
        SIGNATURE = "signature", _("Signature")

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="records", verbose_name=_("visit"))
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="+", verbose_name=_("hospital"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("recorded"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("who"))
    device_id = models.CharField(_("reporting device"), max_length=80, blank=True)
    clock_offset_ms = models.IntegerField(_("device clock ahead by, ms"), default=0)
    client_key = models.UUIDField(_("sender's key"), null=True, blank=True)
    is_public = models.BooleanField(_("the hospital may see it"), default=False)
    is_late = models.BooleanField(_("written down afterwards"), default=False)
    body = models.TextField(_("text"), blank=True)
    data = models.JSONField(_("details"), default=dict)
    file = models.OneToOneField(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )

    objects = VisitRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a visit")
        verbose_name_plural = _("lines of visits")
        ordering = ("at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("by", "client_key"), condition=Q(client_key__isnull=False), name="visits_record_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=("visit", "at", "id"), name="visits_records")]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.kind}"


class Signature(models.Model):
    """The customer's word at the end of a visit: solved or not, and a signature or the reason for none."""

    visit = models.OneToOneField(Visit, models.CASCADE, related_name="signature", verbose_name=_("visit"))
    is_solved = models.BooleanField(_("solved"))
    satisfaction = models.PositiveSmallIntegerField(_("satisfaction, 1 to 5"), null=True, blank=True)
    name = models.CharField(_("signed by"), max_length=60, blank=True)
    department = models.CharField(_("department"), max_length=80, blank=True)
    image = models.OneToOneField(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("customer's signature")
    )
    engineer_image = models.OneToOneField(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("engineer's signature")
    )
    refusal = models.CharField(_("why nobody signed"), max_length=200, blank=True)
    signed_at = models.DateTimeField(_("signed"))

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(Q(image__isnull=False) & ~Q(name="")) | ~Q(refusal=""), name="visits_signed_or_said_why"
            ),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__gte=1, satisfaction__lte=5),
                name="visits_satisfaction_1_to_5",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.name}"


class ServiceReportQuerySet(ScopedQuerySet["ServiceReport"]):
    sight = "visits.see"

    def own(self, person: int | Given) -> Q:
        return Q(visit__in=Crew.objects.filter(engineer=person).values("visit"))


class ServiceReport(models.Model):
    """The frozen report of a visit in one language; `content` is what it was made from, `sha256` that of the PDF."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="reports", verbose_name=_("visit"))
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="+", verbose_name=_("hospital"))
    language = models.CharField(_("language"), max_length=8)
    content = models.JSONField(_("content"))
    check_code = models.CharField(_("check code"), max_length=16)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    file = models.OneToOneField(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )
    made_at = models.DateTimeField(_("made"), null=True, blank=True)
    frozen_at = models.DateTimeField(_("frozen"))

    objects = ServiceReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("service report")
        verbose_name_plural = _("service reports")
        ordering = ("-id",)
        constraints: ClassVar = [models.UniqueConstraint(fields=("visit", "language"), name="visits_report_once")]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.language}"
