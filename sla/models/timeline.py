"""Facts in, deadlines out: the rows that every promise is counted from and into."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.access import ScopedQuerySet
from people.models import Hospital, Region, Site, Team, User
from sla.facts import Kind
from sla.models.policy import Commitment


class TimelineQuerySet(ScopedQuerySet["Timeline"]):
    sight = "sla.see"
    own_paths = ("assignee", "owner")


class FactQuerySet(ScopedQuerySet["Fact"]):
    sight = "sla.see"
    hospital_path = "timeline__hospital"
    region_path = "timeline__region"
    own_paths = ("timeline__assignee", "timeline__owner")


class DeadlineQuerySet(ScopedQuerySet["Deadline"]):
    sight = "sla.see"
    hospital_path = "timeline__hospital"
    region_path = "timeline__region"
    own_paths = ("timeline__assignee", "timeline__owner")

    def governing(self) -> Self:
        """Of each timeline the clock that bites next, as `present.governing` picks it; `live`: how many it has."""
        live = self.filter(state__in=(Deadline.State.RUNNING, Deadline.State.PAUSED))
        live = live.annotate(live=models.Window(models.Count("pk"), partition_by="timeline_id"))
        # What runs stands before what is paused.
        return live.order_by("timeline_id", "-state", "due_at", "id").distinct("timeline_id")


class Timeline(models.Model):
    """Where facts of one matter are written. It knows whom to page and what to call it, not what it is.

    `assignee`, `owner`, `team` and `region` are kept by the app that owns the matter; `next_due_at` and
    `worst_state` are derived, for lists.
    """

    key = models.UUIDField(_("key"), default=uuid.uuid4, unique=True, editable=False)
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="timelines", verbose_name=_("hospital"))
    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="timelines", verbose_name=_("site"))
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("region"))
    subject = models.CharField(_("subject"), max_length=200)
    link = models.CharField(_("link"), max_length=200)
    assignee = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("assignee"))
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("first-contact owner"))
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", verbose_name=_("team"))
    is_urgent = models.BooleanField(_("urgent"), default=False)
    derived_at = models.DateTimeField(_("derived at"), null=True)
    next_due_at = models.DateTimeField(_("next due"), null=True)

    objects = TimelineQuerySet.as_manager()

    class Meta:
        verbose_name = _("timeline")
        verbose_name_plural = _("timelines")
        indexes: ClassVar = [
            models.Index(
                fields=("next_due_at", "id"),
                include=("assignee",),
                name="sla_timeline_next",
                condition=Q(next_due_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.subject


class Fact(models.Model):
    """What happened, when it happened, when it was recorded, by whom and from which device. Never changed."""

    timeline = models.ForeignKey(Timeline, models.CASCADE, related_name="facts", verbose_name=_("timeline"))
    kind = models.CharField(_("what"), max_length=24, choices=Kind.choices)
    at = models.DateTimeField(_("happened"))
    recorded_at = models.DateTimeField(_("recorded"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    device_id = models.CharField(_("from device"), max_length=80, blank=True)
    clock_offset_ms = models.IntegerField(_("device clock ahead by (ms)"), default=0)
    is_disputed = models.BooleanField(
        _("waits for confirmation"), default=False, help_text=_("Late evidence that a lead has to confirm.")
    )
    data = models.JSONField(_("details"), default=dict)
    client_key = models.UUIDField(_("sender's key"), null=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        ordering = ("at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("timeline", "client_key"), name="sla_fact_recorded_once"),
        ]
        indexes: ClassVar = [models.Index(fields=("timeline", "at", "id"), name="sla_fact_replay")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M:%S}"


class Deadline(models.Model):
    """One run of one clock, derived from facts by `sla.replay`. Read it; never write it by hand.

    `cycle` counts reopenings, `turn` the starts within a cycle (each visible update starts the update
    clock again), `revision` the targets of one run (the earlier ones are superseded).
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        MET = "met", _("met")
        MISSED = "missed", _("missed")
        CANCELLED = "cancelled", _("cancelled")
        SUPERSEDED = "superseded", _("superseded")
        WITHDRAWN = "withdrawn", _("withdrawn by later evidence")

    timeline = models.ForeignKey(Timeline, models.CASCADE, related_name="deadlines", verbose_name=_("timeline"))
    commitment = models.ForeignKey(Commitment, models.PROTECT, related_name="deadlines", verbose_name=_("commitment"))
    code = models.SlugField(_("clock"))
    cycle = models.PositiveSmallIntegerField(_("cycle"), default=1)
    turn = models.PositiveIntegerField(_("turn"), default=1)
    revision = models.PositiveSmallIntegerField(_("revision"), default=1)
    subject = models.CharField(
        _("for"), max_length=24, blank=True, help_text=_("The value of the detail that its commitment names: 12.")
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    started_at = models.DateTimeField(_("started"))
    target_seconds = models.BigIntegerField(_("target (s)"), null=True)
    target_days = models.PositiveSmallIntegerField(_("target (working days)"), null=True)
    due_at = models.DateTimeField(_("due"))
    is_provisional = models.BooleanField(_("provisional"), default=False)
    stopped_at = models.DateTimeField(_("stopped"), null=True)
    margin_seconds = models.DecimalField(
        _("margin (s)"), max_digits=16, decimal_places=6, null=True, help_text=_("Positive: early.")
    )
    paused_at = models.DateTimeField(_("paused"), null=True)
    remaining_seconds = models.DecimalField(_("frozen rest (s)"), max_digits=16, decimal_places=6, null=True)
    is_late_evidence = models.BooleanField(_("met by late evidence"), default=False)
    is_disputed = models.BooleanField(_("disputed"), default=False)
    inputs = models.JSONField(_("inputs used"), default=dict)
    milestones = models.JSONField(
        _("milestones"), default=list, help_text=_("The ladder, frozen at the start, with its instants.")
    )
    last_step = models.PositiveSmallIntegerField(_("last milestone reached"), default=0)
    ack_minutes = models.PositiveSmallIntegerField(_("acknowledgement lapses (min)"), default=15)
    acknowledged_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("acknowledged by")
    )
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_until = models.DateTimeField(_("acknowledged until"), null=True)
    next_action_at = models.DateTimeField(_("next action"), null=True)
    failures = models.PositiveSmallIntegerField(_("failures"), default=0)
    failure = models.CharField(_("failure"), max_length=300, blank=True)

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ("timeline", "cycle", "started_at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("timeline", "code", "cycle", "turn", "revision"), name="sla_deadline_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("next_action_at",),
                name="sla_deadline_next_action",
                condition=Q(next_action_at__isnull=False),
            ),
            # Holds what the wall counts by, so that counting reads no row of the table.
            models.Index(
                fields=("state", "due_at"),
                include=("timeline", "acknowledged_by"),
                name="sla_deadline_by_state",
                condition=Q(state__in=["running", "paused"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.due_at:%Y-%m-%d %H:%M:%S} {self.state}"
