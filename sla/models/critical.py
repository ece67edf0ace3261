"""Days on which a hospital can bear less than usual: month-end closing, an audit, a big consultation (N12, B6)."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.access import ScopedQuerySet
from people.models import Hospital, User
from sla.models.calendars import Calendar


class CriticalPeriodQuerySet(ScopedQuerySet["CriticalPeriod"]):
    sight = "sla.see"


class CriticalPeriod(models.Model):
    """From when until when, once or around each month's end; in force once the desk has confirmed it.

    Each month: from the start of the working day that lies `days_before` working days before the month's
    last one, to the end of the next month's `days_after`-th working day, by `calendar`.
    """

    class PeriodKind(models.TextChoices):
        MONTH_END = "month_end", _("month-end closing")
        AUDIT = "audit", _("audit")
        CONSULTATION = "consultation", _("big consultation")
        OTHER = "other", _("other")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        CONFIRMED = "confirmed", _("confirmed")
        ENDED = "ended", _("ended")

    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="critical_periods", verbose_name=_("hospital"))
    kind = models.CharField(_("kind"), max_length=12, choices=PeriodKind.choices)
    reason = models.CharField(_("reason"), max_length=80, help_text=_("Stands on every ticket of that time."))
    starts_at = models.DateTimeField(pgettext_lazy("moment", "from"), null=True, blank=True)
    ends_at = models.DateTimeField(pgettext_lazy("moment", "until"), null=True, blank=True)
    days_before = models.PositiveSmallIntegerField(
        _("working days before the month's last one"), null=True, blank=True, validators=[MaxValueValidator(10)]
    )
    days_after = models.PositiveSmallIntegerField(
        _("working days into the next month"), null=True, blank=True, validators=[MaxValueValidator(10)]
    )
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("calendar")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.CONFIRMED)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided"), null=True)

    objects = CriticalPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("critical period")
        verbose_name_plural = _("critical periods")
        ordering = ("hospital", "-id")
        indexes: ClassVar = [models.Index(fields=("hospital", "state"), name="sla_critical_of")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=False, ends_at__gt=F("starts_at"), days_before=None, days_after=None)
                | Q(
                    starts_at=None, ends_at=None, days_before__isnull=False, days_after__isnull=False,
                    calendar__isnull=False,
                ),
                name="sla_critical_once_or_monthly",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.hospital}: {self.reason}"

    @property
    def is_monthly(self) -> bool:
        return self.days_before is not None
