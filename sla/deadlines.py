"""The door to the clocks: write a fact, and the deadlines follow. Every other app comes in here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from common.prepared import Given, Prepared, insert
from people import travel
from people.models import Hospital, Site, Team, User
from sla import calendars, derived
from sla.book import Tables, TimelineBook
from sla.derived import Derived
from sla.facts import Kind
from sla.models import Calendar, Deadline, Fact, Policy, PolicyAssignment, Timeline
from sla.replay import replay
from sla.runs import FactView, Run

OPEN_STATES = (Deadline.State.RUNNING, Deadline.State.PAUSED)
FURTHEST = timedelta(days=366)
"""No target or agreed moment lies further ahead: it is a slip of the keyboard, and its milestones may not exist."""
AT_ONCE = 500
"""Timelines that are moved to a new calendar together."""
SILENT = frozenset({Kind.RECEIPT})
"""Facts for the record only: an automatic receipt moves no clock (A1), so nothing is counted again for it."""


_assigned = (
    PolicyAssignment.objects.filter(hospital=Given("hospital"), valid_from__lte=Given("at"))
    .filter(Q(device_kind="") | Q(device_kind=Given("kind")))
    .order_by("-device_kind", "-valid_from")
)
_policies = Prepared(
    lambda: Policy.objects.filter(Q(is_default=True) | Q(pk=Subquery(_assigned.values("policy")[:1]))).order_by(
        "is_default"
    )[:1]
)


class Refused(Exception):
    """A wish that the promise book does not allow; the text says which and why."""


class About(TypedDict):
    """What a timeline knows of its matter; the app that owns the matter keeps it in step."""

    hospital: Hospital
    site: Site | None
    subject: str
    link: str
    is_urgent: NotRequired[bool]
    owner: NotRequired[User | None]
    assignee: NotRequired[User | None]
    team: NotRequired[Team | None]


def open_timeline(**about: Unpack[About]) -> Timeline:
    """A new timeline without facts."""
    timeline = _new(about)
    timeline.save(force_insert=True)
    return timeline


def begin(
    facts: Sequence[Fact], *, now: datetime, roads: travel.Roads | None = None, **about: Unpack[About]
) -> tuple[Timeline, list[Deadline]]:
    """A new timeline with its first `facts` (kind, `at`, `by`, `data`), and its deadlines.

    As `open_timeline` and `record` for each would leave it; nobody else can know it yet, so that nothing is
    locked and nothing read back. `roads`: those of the site, when they were read already. ValueError for a fact in
    the future.
    """
    tables, timeline = Tables.current(), _new(about)
    for fact in facts:
        _check_past(fact.at, now)
        # As they come back from the database: what is counted from them says so in their words.
        fact.at, fact.recorded_at = fact.at.astimezone(UTC), now.astimezone(UTC)
    views = [view_of(fact, number) for number, fact in enumerate(facts)]
    runs = replay(views, TimelineBook(tables, timeline.site, roads), now)
    timeline.next_due_at, timeline.derived_at = derived.next_due(runs, now), now
    with transaction.atomic(savepoint=False):
        insert([timeline])
        for fact in facts:
            fact.timeline = timeline
        insert([*facts, *announced(timeline, (), runs, now)])
        return timeline, derived.store([Derived(timeline, (), runs)], tables, now)


def _new(about: About) -> Timeline:
    return Timeline(**{**about, "subject": about["subject"][:200]}, region_id=about["hospital"].region_id)


def _check_past(happened: datetime, now: datetime) -> None:
    if happened > now:
        raise ValueError("a fact cannot lie in the future")


def policy_for(hospital: Hospital, device_kind: str, at: datetime) -> Policy:
    """The policy that a matter of `hospital` about such a device falls under: newest match, else the default."""
    policy = _policies.first(hospital=hospital.pk, at=at, kind=device_kind)
    if policy is None:
        raise Policy.DoesNotExist("there is no default policy")
    return policy


def lock(timeline: Timeline) -> Timeline:
    """Lock and re-read the row. Whoever changes a timeline's deadlines holds this lock; the sweep skips it."""
    return Timeline.objects.select_for_update(of=("self",)).select_related("site").get(pk=timeline.pk)


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
    happened = at - timedelta(milliseconds=clock_offset_ms)
    _check_past(happened, now)
    fact = Fact(
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
    # No savepoint: a caller's transaction cannot go on without its fact.
    with transaction.atomic(savepoint=False):
        return _add(fact, lock(timeline), now)


def _add(fact: Fact, locked: Timeline, now: datetime) -> Fact:
    if fact.client_key is not None:
        earlier = Fact.objects.filter(timeline=locked, client_key=fact.client_key).first()
        if earlier is not None:
            return earlier
    fact.timeline = locked
    fact.save(force_insert=True)
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
    data = {"code": current.code, "subject": current.subject, "due_at": due_at.isoformat(), "reason": reason}
    return record(current.timeline, Kind.RETARGETED, at=now, now=now, by=by, data=data)


def behind(calendar: Calendar, now: datetime) -> QuerySet[Deadline]:
    """Running clocks of `calendar` that count by another version than its newest, and may still follow.

    A clock that is over keeps its breach, one that a manager set keeps that word.
    """
    newest = calendar.versions.order_by("-number").values_list("number", flat=True)[:1]
    state = Deadline.State
    alive = Q(state=state.RUNNING, due_at__gte=now) | Q(state=state.PAUSED)
    free = Q(inputs__revised__fixed__isnull=True) | Q(inputs__revised__fixed=False)
    running = Deadline.objects.filter(alive, free, commitment__calendar=calendar)
    return running.exclude(inputs__calendar__version=newest.first())


def follow_calendar(calendar: Calendar, *, by: User | None, now: datetime) -> int:
    """Move the running clocks of `calendar` to its version of now; returns how many timelines were asked.

    Clocks whose year was unknown lose their "provisional" here. Safe to call again: what follows is not asked twice.
    """
    asked = sorted(set(behind(calendar, now).values_list("timeline", flat=True)))
    for start in range(0, len(asked), AT_ONCE):
        with transaction.atomic():
            timelines = _lock_all(asked[start : start + AT_ONCE])
            Fact.objects.bulk_create(
                Fact(
                    timeline=timeline,
                    kind=Kind.CALENDAR_CHANGED,
                    at=now,
                    recorded_at=now,
                    by=by,
                    data={"calendar": calendar.pk},
                )
                for timeline in timelines
            )
            rebuild_all(timelines, now=now)
    return len(asked)


def _lock_all(keys: Sequence[int]) -> list[Timeline]:
    """Lock rows in the order of their keys, with their sites."""
    rows = Timeline.objects.select_for_update(of=("self",)).select_related("site")
    return list(rows.filter(pk__in=keys).order_by("pk"))


@transaction.atomic
def activate_calendar(calendar: Calendar, *, by: User | None, now: datetime) -> int:
    """Put what `calendar` says now in force, and move its running clocks there; returns their number."""
    calendars.activate(calendar, by=by, now=now)
    return follow_calendar(calendar, by=by, now=now)


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
    rebuild_all([timeline], now=now, tables=tables)


def rebuild_all(timelines: Sequence[Timeline], *, now: datetime, tables: Tables | None = None) -> None:
    """As `rebuild`, for locked timelines with their sites; the number of statements does not grow with theirs."""
    tables = tables or Tables.current()
    keys = [timeline.pk for timeline in timelines]
    facts, rows = defaultdict[int, list[Fact]](list), defaultdict[int, list[Deadline]](list)
    for fact in Fact.objects.filter(timeline__in=keys).order_by("timeline", "at", "id"):
        facts[fact.timeline_id].append(fact)
    for row in Deadline.objects.filter(timeline__in=keys).order_by("id"):
        rows[row.timeline_id].append(row)
    roads = travel.Roads(timeline.site for timeline in timelines if timeline.site is not None)
    found, said = [], []
    for timeline in timelines:
        theirs = facts[timeline.pk]
        runs = replay([view_of(fact) for fact in theirs], TimelineBook(tables, timeline.site, roads), now)
        found.append(Derived(timeline, rows[timeline.pk], runs))
        said += announced(timeline, theirs, runs, now)
    Fact.objects.bulk_create(said)
    derived.store(found, tables, now)
    for one in found:
        one.timeline.next_due_at, one.timeline.derived_at = derived.next_due(one.runs, now), now
    moments = [one.timeline.next_due_at for one in found]
    with connection.cursor() as cursor:
        cursor.execute(MARK, [now, keys, moments])


MARK = """
UPDATE sla_timeline SET next_due_at = new.next_due_at, derived_at = %s
FROM unnest(%s::bigint[], %s::timestamptz[]) AS new (id, next_due_at)
WHERE sla_timeline.id = new.id
"""


def view_of(fact: Fact, number: int | None = None) -> FactView:
    """A fact row as the replay reads it. `number` stands for the key that a new one does not have yet."""
    return FactView(
        fact.pk if number is None else number, fact.kind, fact.at, fact.recorded_at, fact.data, fact.is_disputed
    )


def announced(timeline: Timeline, facts: Sequence[Fact], runs: Iterable[Run], now: datetime) -> list[Fact]:
    """Facts that only the engine says, each once, so that other apps can act on them."""
    said = {(fact.kind, fact.at) for fact in facts if fact.data.get("implied")}
    new = [run for run in runs if run.expired and (run.rule.expiry_fact, run.due_at) not in said]
    return [
        Fact(
            timeline=timeline,
            kind=run.rule.expiry_fact,
            at=run.due_at,
            recorded_at=now,
            data={"implied": True, "clock": run.rule.code},
        )
        for run in new
    ]
