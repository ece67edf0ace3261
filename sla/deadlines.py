"""The door to the clocks: write a fact, and the deadlines follow. Every other app comes in here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from people.models import Hospital, Site, Team, User
from sla import calendars
from sla.book import Tables, TimelineBook
from sla.facts import Kind
from sla.models import Calendar, Deadline, Fact, Policy, PolicyAssignment, Timeline
from sla.replay import replay
from sla.runs import FactView, Run

OPEN_STATES = (Deadline.State.RUNNING, Deadline.State.PAUSED)
TICK = timedelta(microseconds=1)
FURTHEST = timedelta(days=366)
"""No target or agreed moment lies further ahead: it is a slip of the keyboard, and its milestones may not exist."""
SILENT = frozenset({Kind.RECEIPT})
"""Facts for the record only: an automatic receipt moves no clock (A1), so nothing is counted again for it."""


class Refused(Exception):
    """A wish that the promise book does not allow; the text says which and why."""


def open_timeline(
    *,
    hospital: Hospital,
    site: Site | None,
    subject: str,
    link: str,
    is_urgent: bool = False,
    owner: User | None = None,
    assignee: User | None = None,
    team: Team | None = None,
) -> Timeline:
    """A new timeline without facts; the app that owns the matter keeps its people and subject in step."""
    return Timeline.objects.create(
        hospital=hospital,
        site=site,
        region_id=hospital.region_id,
        subject=subject[:200],
        link=link,
        is_urgent=is_urgent,
        owner=owner,
        assignee=assignee,
        team=team,
    )


def policy_for(hospital: Hospital, device_kind: str, at: datetime) -> Policy:
    """The policy that a matter of `hospital` about such a device falls under: newest match, else the default."""
    rows = PolicyAssignment.objects.filter(hospital=hospital, valid_from__lte=at).select_related("policy")
    for row in rows.filter(device_kind__in=["", device_kind]).order_by("-device_kind", "-valid_from"):
        return row.policy
    return Policy.objects.get(is_default=True)


def lock(timeline: Timeline) -> Timeline:
    """Lock and re-read the row. Whoever changes a timeline's deadlines holds this lock; the sweep skips it."""
    return Timeline.objects.select_for_update(of=("self",)).select_related("site").get(pk=timeline.pk)


@transaction.atomic
def record(
    timeline: Timeline,
    kind: str,
    *,
    at: datetime,
    now: datetime,
    by: User | None = None,
    data: dict[str, Any] | None = None,
    device_id: str = "",
    clock_offset_ms: int = 0,
    client_key: UUID | None = None,
    disputed: bool = False,
) -> Fact:
    """Write one fact and count the deadlines again.

    `at` is what the sender's clock said; `clock_offset_ms` is how far it ran ahead of ours, taken off here.
    The same `client_key` twice gives the first fact and changes nothing. ValueError for a future `at`.
    """
    locked = lock(timeline)
    if client_key is not None:
        earlier = Fact.objects.filter(timeline=locked, client_key=client_key).first()
        if earlier is not None:
            return earlier
    happened = at - timedelta(milliseconds=clock_offset_ms)
    if happened > now:
        raise ValueError("a fact cannot lie in the future")
    fact = Fact.objects.create(
        timeline=locked,
        kind=Kind(kind),
        at=happened,
        recorded_at=now,
        by=by,
        data=data or {},
        device_id=device_id,
        clock_offset_ms=clock_offset_ms,
        client_key=client_key,
        is_disputed=disputed,
    )
    if fact.kind not in SILENT:
        rebuild(locked, now=now)
    return fact


@transaction.atomic
def retarget(deadline: Deadline, *, due_at: datetime, reason: str, by: User, now: datetime) -> Fact:
    """A manager sets another due time for a running clock; both targets stay on record (example 3)."""
    current = Deadline.objects.get(pk=deadline.pk)
    if current.state not in OPEN_STATES:
        raise Refused(_("Only a running clock can be given another target."))
    if current.state == Deadline.State.RUNNING and current.due_at < now:
        raise Refused(_("This clock is already over; a new target would hide the breach."))
    if due_at <= now:
        raise Refused(_("The new target must lie ahead."))
    if due_at > now + FURTHEST:
        raise Refused(_("The new target lies more than a year ahead."))
    data = {"code": current.code, "due_at": due_at.isoformat(), "reason": reason}
    return record(current.timeline, Kind.RETARGETED, at=now, now=now, by=by, data=data)


def follow_calendar(calendar: Calendar, *, by: User | None, now: datetime) -> int:
    """Move every running clock of `calendar` to its version of now; returns how many timelines were asked.

    Clocks whose year was unknown lose their "provisional" here.
    """
    running = Deadline.objects.filter(state__in=OPEN_STATES, commitment__calendar=calendar)
    timelines = Timeline.objects.filter(pk__in=running.values("timeline")).order_by("pk")
    for timeline in timelines.iterator():
        data = {"calendar": calendar.pk}
        record(timeline, Kind.CALENDAR_CHANGED, at=now, now=now, by=by, data=data)
    return timelines.count()


@transaction.atomic
def activate_calendar(calendar: Calendar, *, by: User | None, now: datetime) -> int:
    """Put what `calendar` says now in force, and move its running clocks there; returns their number."""
    before = calendar.versions.order_by("-number").first()
    version = calendars.activate(calendar, by=by, now=now)
    return 0 if version == before else follow_calendar(calendar, by=by, now=now)


def promise_preview(hospital: Hospital, device_kind: str, code: str, now: datetime) -> datetime | None:
    """When a clock `code` would fall due if a fault were notified at `now`; None if nothing is promised."""
    policy = policy_for(hospital, device_kind, now)
    terms = {"policy": policy.code, "kind": "fault", "node_down": False}
    book = TimelineBook(Tables.current(), None)
    runs = replay([FactView(0, Kind.NOTIFIED, now, now, terms)], book, now)
    return next((run.due_at for run in runs if run.rule.code == code), None)


# Rebuilding


def rebuild(timeline: Timeline, *, now: datetime, tables: Tables | None = None) -> None:
    """Derive the deadlines of a locked timeline again from its facts. Twice changes nothing."""
    tables = tables or Tables.current()
    facts = list(timeline.facts.order_by("at", "id"))
    runs = replay([view_of(fact) for fact in facts], TimelineBook(tables, timeline.site), now)
    _announce(timeline, facts, runs, now)
    _store(timeline, runs, tables, now)


def view_of(fact: Fact) -> FactView:
    """A fact row as the replay reads it."""
    return FactView(fact.pk, fact.kind, fact.at, fact.recorded_at, fact.data, fact.is_disputed)


def _announce(timeline: Timeline, facts: list[Fact], runs: Iterable[Run], now: datetime) -> None:
    """Write, once, the facts that only the engine says, so that other apps can act on them."""
    said = {(fact.kind, fact.at) for fact in facts if fact.data.get("implied")}
    new = [run for run in runs if run.expired and (run.rule.expiry_fact, run.due_at) not in said]
    Fact.objects.bulk_create(
        Fact(
            timeline=timeline,
            kind=run.rule.expiry_fact,
            at=run.due_at,
            recorded_at=now,
            data={"implied": True, "clock": run.rule.code},
        )
        for run in new
    )


def _store(timeline: Timeline, runs: list[Run], tables: Tables, now: datetime) -> None:
    """Bring the rows in line with `runs`: same keys are updated, new ones added, others withdrawn."""
    rows = {(d.code, d.cycle, d.turn, d.revision): d for d in timeline.deadlines.all()}
    added, changed = [], []
    for run in runs:
        row = rows.pop(run.key, None)
        if row is None:
            added.append(_new_row(timeline, run, tables, now))
        elif _bring_in_line(row, run, now):
            changed.append(row)
    for row in rows.values():
        if row.state != Deadline.State.WITHDRAWN:
            row.state, row.next_action_at = Deadline.State.WITHDRAWN, None
            changed.append(row)
    Deadline.objects.bulk_create(added)
    for row in changed:  # a handful: one UPDATE each is quicker than bulk_update's CASE for twenty columns
        row.save(update_fields=STORED)
    running = [run.due_at for run in runs if run.is_open and run.pause_at(now) is None]
    timeline.next_due_at, timeline.derived_at = min(running, default=None), now
    timeline.save(update_fields=["next_due_at", "derived_at"])


def _new_row(timeline: Timeline, run: Run, tables: Tables, now: datetime) -> Deadline:
    ack_minutes, ladder = tables.ladder(run.rule.id)
    row = Deadline(
        timeline=timeline,
        code=run.rule.code,
        cycle=run.cycle,
        turn=run.turn,
        revision=run.revision,
        ack_minutes=ack_minutes,
        milestones=ladder,
    )
    _bring_in_line(row, run, now)
    return row


DERIVED = (
    "commitment_id",
    "state",
    "started_at",
    "target_seconds",
    "target_days",
    "due_at",
    "is_provisional",
    "stopped_at",
    "margin_seconds",
    "paused_at",
    "remaining_seconds",
    "is_late_evidence",
    "is_disputed",
    "inputs",
)
"""What `sla_audit` compares: these columns follow from the facts alone."""
STORED = [*(name.removesuffix("_id") for name in DERIVED), "milestones", "next_action_at"]


def values_of(run: Run, now: datetime) -> dict[str, Any]:
    """The derived columns of a run's row as known at `now`."""
    pause = run.pause_at(now)
    time, margin = run.target.time, run.margin
    return {
        "commitment_id": run.rule.id,
        "state": "paused" if pause else run.state,
        "started_at": run.started_at,
        "target_seconds": None if time is None else int(time.total_seconds()),
        "target_days": run.target.days,
        "due_at": run.due_at,
        "is_provisional": run.is_provisional,
        "stopped_at": run.stopped_at,
        "margin_seconds": None if margin is None else seconds(margin),
        "paused_at": pause.start if pause else None,
        "remaining_seconds": seconds(run.rest(pause)) if pause else None,
        "is_late_evidence": run.is_late_evidence,
        "is_disputed": run.is_disputed,
        "inputs": _inputs(run),
    }


def seconds(span: timedelta) -> Decimal:
    """A span as exact seconds, down to the microsecond."""
    return (Decimal(span // TICK) / 1_000_000).quantize(Decimal("0.000001"))


def _inputs(run: Run) -> dict[str, Any]:
    """What the due time was counted from, for `explain` and for ever."""
    travel = run.target.travel
    revised = run.revised_by
    return {
        "started_by": run.started_by.kind,
        "counts_from": run.counts_from.isoformat(),
        "calendar": {"id": run.rule.calendar, "version": run.calendar_version},
        "parts": [list(part) for part in run.target.parts],
        "days": run.target.days,
        "closes_at": run.rule.closes_at,
        "needs_travel": run.rule.adds_travel or bool(run.rule.bands),
        "travel": travel
        and {
            "minutes": travel.minutes,
            "km": travel.km,
            "base": travel.base,
            "source": travel.source,
            "row": travel.row,
        },
        "pauses": [
            [p.start.isoformat(), p.end.isoformat() if p.end else None, f.data.get("reason", "")]
            for p, f in zip(run.pauses, run.pause_facts, strict=True)
        ],
        "revised": revised
        and {
            "by": revised.kind,
            "at": revised.at.isoformat(),
            "reason": revised.data.get("reason", ""),
            "fixed": run.fixed_due,
        },
        "stopped_by": run.stopped_by and run.stopped_by.kind,
        "reported_at": run.stopped_by.recorded_at.isoformat()
        if run.stopped_by and (run.is_late_evidence or run.is_disputed)
        else None,
    }


def _bring_in_line(row: Deadline, run: Run, now: datetime) -> bool:
    """Write the run's values into `row`; returns whether anything changed."""
    before = {name: getattr(row, name) for name in (*DERIVED, "milestones", "next_action_at")}
    for name, value in values_of(run, now).items():
        setattr(row, name, value)
    if row.state == Deadline.State.RUNNING:
        row.milestones = [{**m, "at": _milestone_at(run, m).isoformat()} for m in row.milestones]
    row.next_action_at = _next_action(row, run, now)
    return before != {name: getattr(row, name) for name in before}


def _milestone_at(run: Run, milestone: dict[str, Any]) -> datetime:
    if "percent" in milestone:
        return run.instant(milestone["percent"])
    return run.due_at + timedelta(minutes=milestone["after"])


def _next_action(row: Deadline, run: Run, now: datetime) -> datetime | None:
    """When the sweep has to look again: the end of a pause, a milestone, or the clock running out."""
    if not run.is_open:
        return None
    pause = run.pause_at(now)
    if pause is not None:
        return pause.end
    moments = [next_milestone(row)]
    if run.rule.expiry_fact and not run.expired:
        moments.append(run.due_at + TICK)
    return min((moment for moment in moments if moment is not None), default=None)


def next_milestone(row: Deadline) -> datetime | None:
    """The next milestone not yet reached; while somebody has acknowledged, not before that lapses."""
    at = next((datetime.fromisoformat(m["at"]) for m in row.milestones if m["step"] > row.last_step), None)
    if at is None or row.acknowledged_until is None:
        return at
    return max(at, row.acknowledged_until)
