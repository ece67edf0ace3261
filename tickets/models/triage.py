"""The hospital's own technician goes first (A3): its choice, the procedure, who was trained in what."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from attachments.models import Attachment
from people.access import ScopedQuerySet
from people.models import Hospital, User
from tickets.models.catalogue import FaultClass
from tickets.validators import first_steps as check_first_steps

A_DAY = 24 * 60


class TriageSetting(models.Model):
    """Whether a hospital's technician looks at a colleague's fault before the company hears of it (A3); no row: no.

    `remind_after` and `pass_on_after` are minutes from the filing: then the technician is reminded, then the
    fault goes to the company by itself, so that nothing is forgotten.
    """

    hospital = models.OneToOneField(Hospital, models.CASCADE, related_name="triage", verbose_name=_("hospital"))
    is_on = models.BooleanField(_("our technician looks first"), default=False)
    keeps_urgent = models.BooleanField(
        _("also at what is most urgent"),
        default=False,
        help_text=_("Otherwise a node down, or whatever else has priority 1, goes straight to the company."),
    )
    remind_after = models.PositiveSmallIntegerField(
        _("remind after (minutes)"), default=30, validators=[MinValueValidator(5), MaxValueValidator(A_DAY)]
    )
    pass_on_after = models.PositiveSmallIntegerField(
        _("to the company by itself after (minutes)"),
        default=240,
        validators=[MinValueValidator(10), MaxValueValidator(7 * A_DAY)],
    )
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("changed by"))
    changed_at = models.DateTimeField(_("changed"), null=True)

    class Meta:
        verbose_name = _("triage at a hospital")
        verbose_name_plural = _("triage at hospitals")
        ordering = ("hospital",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(pass_on_after__gt=F("remind_after")), name="tickets_triage_reminds_before_it_passes_on"
            )
        ]

    def __str__(self) -> str:
        return str(self.hospital)

    @property
    def reminding(self) -> timedelta:
        return timedelta(minutes=self.remind_after)

    @property
    def passing(self) -> timedelta:
        return timedelta(minutes=self.pass_on_after)


class Procedure(models.Model):
    """What a hospital's technician tries for a fault class, step by step (A3, A7). Rows are versions: never edited."""

    fault_class = models.ForeignKey(
        FaultClass, models.PROTECT, related_name="procedures", verbose_name=_("fault class")
    )
    version = models.PositiveIntegerField(_("version"), default=1)
    steps = models.JSONField(_("steps"), default=list, validators=[check_first_steps])
    valid_from = models.DateTimeField(_("valid from"))

    class Meta:
        verbose_name = _("procedure of a fault class")
        verbose_name_plural = _("procedures of fault classes")
        ordering = ("fault_class", "-version")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("fault_class", "version"), name="tickets_procedure_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.fault_class} v{self.version}"


class TrainingQuerySet(ScopedQuerySet["Training"]):
    sight = "tickets.see"


class Training(models.Model):
    """Somebody at a hospital was trained in something (A3, A9). It is shown and decides nothing."""

    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="trainings", verbose_name=_("hospital"))
    person = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="trainings", verbose_name=_("person")
    )
    attendee = models.CharField(_("name of somebody without an account"), max_length=60, blank=True)
    topic = models.CharField(_("topic"), max_length=120)
    held_on = models.DateField(_("held on"))
    trainer = models.CharField(_("trainer"), max_length=60)
    proof = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("proof")
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded"))

    objects = TrainingQuerySet.as_manager()

    class Meta:
        verbose_name = _("training")
        verbose_name_plural = _("trainings")
        ordering = ("-held_on", "-id")
        indexes: ClassVar = [models.Index(fields=("hospital", "-held_on"), name="tickets_training_of")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(person__isnull=False) | ~Q(attendee=""), name="tickets_training_names_somebody"
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.held_on}"

    @property
    def who(self) -> str:
        return self.person.name if self.person else self.attendee
