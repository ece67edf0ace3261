"""What became of imported incidents, in figures that can be checked against the log from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sla import clock
from sla.book import Tables
from sla.clock import Pause
from sla.facts import Kind as F
from sla.hours import ZERO, UnknownYear, WorkingHours
from sla.models import Commitment, Deadline, Fact
from tickets.models import Origin

ENDS = frozenset({F.SOLVED, F.CLOSED, F.CANCELLED})
BATCH = 500


def incidents(source: str = "") -> Iterator[dict[str, Any]]:
    """Each imported incident, by source and key; of one source, or of all. Memory stays with one batch.

    `open_business_minutes`: minutes of working time of its calendar during which it was open (notified or reopened,
    until solved) and not waiting, up to `until`: when it was solved last, or when its clocks were last counted.
    """
    rows = Origin.objects.filter(source=source) if source else Origin.objects.all()
    rows = rows.select_related("ticket__timeline").defer("ticket__search")
    rows = rows.prefetch_related("ticket__timeline__facts", "ticket__timeline__deadlines").order_by("source", "key")
    calendar_of = dict(Commitment.objects.values_list("policy__code", "calendar"))
    tables = Tables()
    for origin in rows.iterator(chunk_size=BATCH):
        yield _incident(origin, calendar_of, tables)


def _incident(origin: Origin, calendar_of: dict[str, int], tables: Tables) -> dict[str, Any]:
    ticket, timeline = origin.ticket, origin.ticket.timeline
    facts = sorted(timeline.facts.all(), key=lambda fact: (fact.at, fact.pk))
    opened, policy = facts[0].at, facts[0].data["policy"]
    _number, hours = tables.hours(calendar_of[policy], opened)
    spans = list(open_spans(facts, timeline.derived_at or facts[-1].at))
    worked = sum((_elapsed(start, end, hours, pauses) for start, end, pauses in spans), ZERO)
    rows = sorted(timeline.deadlines.all(), key=lambda row: (row.code, row.cycle, row.turn, row.revision))
    return {
        "source": origin.source,
        "key": origin.key,
        "ticket": ticket.number,
        "priority": ticket.priority,
        "state": ticket.status,
        "opened_at": opened.isoformat(),
        "until": spans[-1][1].isoformat(),
        "open_business_minutes": _minutes(worked),
        "deadlines": [_deadline(row) for row in rows if row.state != Deadline.State.WITHDRAWN],
    }


def _deadline(row: Deadline) -> dict[str, Any]:
    return {
        "clock": row.code,
        "cycle": row.cycle,
        "revision": row.revision,
        "target_minutes": _minutes(timedelta(seconds=row.target_seconds or 0)),
        "started_at": row.started_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "state": row.state,
        "stopped_at": row.stopped_at.isoformat() if row.stopped_at else None,
    }


def open_spans(facts: Iterable[Fact], until: datetime) -> Iterator[tuple[datetime, datetime, list[Pause]]]:
    """The stretches from a report to its end, with the waits inside; `facts` in their order, the last may lack its end.

    Nothing is open before the first fact.
    """
    start: datetime | None = None
    waits_from: datetime | None = None
    pauses: list[Pause] = []
    for fact in facts:
        if waits_from is not None and fact.kind in {F.RESUMED, *ENDS}:
            pauses.append(Pause(waits_from, fact.at))
            waits_from = None
        if start is None and fact.kind in {F.NOTIFIED, F.REOPENED}:
            start = fact.at
        elif start is not None and fact.kind in ENDS:
            yield start, fact.at, pauses
            start, pauses = None, []
        elif fact.kind == F.PAUSED and waits_from is None:
            waits_from = fact.at
    if start is not None:
        yield start, until, pauses + ([Pause(waits_from, max(until, waits_from))] if waits_from else [])


def _elapsed(start: datetime, end: datetime, hours: WorkingHours, pauses: list[Pause]) -> timedelta:
    """Working time of a stretch; a year that no national table is loaded for counts as ordinary weeks."""
    try:
        return clock.elapsed(start, end, hours, pauses)
    except UnknownYear:
        return clock.elapsed(start, end, hours.in_any_year(), pauses)


def _minutes(span: timedelta) -> float:
    """Whole minutes as an integer."""
    minutes = span / timedelta(minutes=1)
    return int(minutes) if minutes.is_integer() else round(minutes, 4)
