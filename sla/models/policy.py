"""What is promised and who is told: commitments, ladders, accepted pauses."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import Hospital
from sla.facts import Kind
from sla.models.calendars import Calendar


class Ladder(models.Model):
    """Who is told when a clock runs down. Frozen into the deadline when its clock starts."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    ack_minutes = models.PositiveSmallIntegerField(
        _("an acknowledgement lapses after minutes of silence"), default=15, validators=[MinValueValidator(1)]
    )

    critical = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("in critical periods"),
        help_text=_("Stands in for this one while the hospital is in a critical period."),
    )

    class Meta:
        verbose_name = _("escalation ladder")
        verbose_name_plural = _("escalation ladders")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class EscalationStep(models.Model):
    """A rung: at a share of the target (`percent`), or `after_minutes` past the due time.

    A rung after the due time repeats every `repeat_minutes`, `repeats` times, before the next rung.
    `recipients` are `assignee`, `owner`, or a `people.Role`: the person on duty for it. The ladder
    never asks who is higher: it is data (promise book, Escalation).
    """

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="steps", verbose_name=_("ladder"))
    number = models.PositiveSmallIntegerField(_("step"))
    percent = models.PositiveSmallIntegerField(_("per cent of the target"), null=True, blank=True)
    after_minutes = models.PositiveSmallIntegerField(_("minutes after the due time"), null=True, blank=True)
    repeat_minutes = models.PositiveSmallIntegerField(_("repeat every (minutes)"), null=True, blank=True)
    repeats = models.PositiveSmallIntegerField(_("repeats"), default=0)
    recipients = ArrayField(models.CharField(max_length=24), verbose_name=_("recipients"))

    class Meta:
        verbose_name = _("escalation step")
        verbose_name_plural = _("escalation steps")
        ordering = ("ladder", "number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("ladder", "number"), name="sla_step_once_per_ladder"),
            models.CheckConstraint(
                condition=Q(percent__isnull=False, after_minutes__isnull=True)
                | Q(percent__isnull=True, after_minutes__isnull=False),
                name="sla_step_percent_or_minutes",
            ),
        ]

    def __str__(self) -> str:
        when = f"{self.percent} %" if self.percent is not None else f"+{self.after_minutes} min"
        return f"{self.ladder} {when}"


class PauseReason(models.Model):
    """A reason for which a contract lets a clock stand still; a commitment lists the ones it accepts."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("reason for a pause")
        verbose_name_plural = _("reasons for a pause")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class Policy(models.Model):
    """A set of commitments: what one kind of contract promises."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ("code",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("is_default",), condition=Q(is_default=True), name="sla_one_default")
        ]

    def __str__(self) -> str:
        return self.name


class Edition(models.Model):
    """When a row that clocks are counted by last changed; kept by triggers, so nothing can forget it.

    One row. A process that holds the tables of this edition in memory need not read them again.
    """

    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")

    def __str__(self) -> str:
        return self.at.isoformat()


class PolicyAssignment(models.Model):
    """Which policy a hospital's tickets fall under from a moment on."""

    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="policies", verbose_name=_("hospital"))
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="assignments", verbose_name=_("policy"))
    device_kind = models.CharField(_("kind of device"), max_length=12, blank=True, help_text=_("Empty: all."))
    valid_from = models.DateTimeField(_("valid from"))

    class Meta:
        verbose_name = _("policy of a hospital")
        verbose_name_plural = _("policies of hospitals")
        ordering = ("hospital", "-valid_from")

    def __str__(self) -> str:
        return f"{self.hospital}: {self.policy}"


class Commitment(models.Model):
    """One clock of a policy, naming the clause that it enforces. Rows are versions: never edited once used.

    `targets` is an ordered list of {"when": {term: value}, "minutes": n} or {"when": …, "days": n};
    the first whose `when` matches the timeline's terms counts. `adds_travel` adds the travel minutes
    from the service base in force when the clock starts (A2). `per` names a detail of the facts: each of
    its values has a clock of its own, which only facts about it stop (two parcels of one ticket). `bands`
    gives minutes by distance instead: [{"up_to_km": 100, "minutes": 240}, …, {"minutes": 1440}] (A11).
    """

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="commitments", verbose_name=_("policy"))
    code = models.SlugField(_("clock"))
    version = models.PositiveIntegerField(_("version"), default=1)
    name = models.CharField(_("name"), max_length=80)
    clause = models.CharField(_("clause"), max_length=40)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    when = models.JSONField(_("applies to"), default=dict, blank=True)
    starts_on = ArrayField(models.CharField(max_length=24), verbose_name=_("starts on"))
    stops_on = ArrayField(models.CharField(max_length=24), verbose_name=_("stops on"))
    cancels_on = ArrayField(
        models.CharField(max_length=24), default=list, blank=True, verbose_name=_("is cancelled by")
    )
    restarts = models.BooleanField(
        _("starts again at each start fact"), default=False, help_text=_("The update clock does.")
    )
    per = models.CharField(
        _("one clock for each"),
        max_length=24,
        blank=True,
        help_text=_("A detail of the facts that tells clocks apart which run side by side: request."),
    )
    targets = models.JSONField(_("targets"), default=list, blank=True)
    adds_travel = models.BooleanField(_("plus travel time"), default=False)
    bands = models.JSONField(_("bands by distance"), default=list, blank=True)
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="+", verbose_name=_("calendar"))
    day_closes_at = models.TimeField(_("close of business"), default="18:00")
    pause_reasons = ArrayField(
        models.CharField(max_length=50), default=list, blank=True, verbose_name=_("accepted pauses")
    )
    expiry_fact = models.CharField(
        _("fact when it runs out"), max_length=24, blank=True, choices=[(k.value, k.label) for k in Kind]
    )
    ladder = models.ForeignKey(Ladder, models.PROTECT, null=True, related_name="+", verbose_name=_("ladder"))
    valid_from = models.DateTimeField(_("valid from"))

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ("policy", "position", "-version")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("policy", "code", "version"), name="sla_commitment_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.clause})"
