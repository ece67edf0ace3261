"""The rows of what a replay gives: which columns follow from the facts, and how they are written, in sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from common.prepared import insert
from sla.book import Tables
from sla.models import Deadline, Timeline
from sla.runs import Run

TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Derived:
    """A timeline, the rows that it has, and the runs that its facts give."""

    timeline: Timeline
    rows: Sequence[Deadline]
    runs: Sequence[Run]


def store(found: Sequence[Derived], tables: Tables, now: datetime) -> list[Deadline]:
    """Bring the rows in line with the runs: same keys are changed, new ones added, others withdrawn.

    Three statements, whatever the number of timelines, whose locks the caller holds. Returns the new rows.
    """
    added, changed = [], []
    for one in found:
        rows = {(d.code, d.cycle, d.turn, d.revision): d for d in one.rows}
        for run in one.runs:
            row = rows.pop(run.key, None)
            if row is None:
                added.append(_new_row(one.timeline, run, tables, now))
            elif _bring_in_line(row, run, now):
                changed.append(row)
        for row in rows.values():
            if row.state != Deadline.State.WITHDRAWN:
                row.state, row.next_action_at = Deadline.State.WITHDRAWN, None
                changed.append(row)
    insert(added)
    if changed:
        columns = [[_stored(row, name) for row in changed] for name in WRITTEN]
        with connection.cursor() as cursor:
            cursor.execute(CHANGE, [[row.pk for row in changed], *columns])
    return added


def next_due(runs: Sequence[Run], now: datetime) -> datetime | None:
    """When the first of the clocks that run at `now` falls due."""
    return min((run.due_at for run in runs if run.is_open and run.pause_at(now) is None), default=None)


def _new_row(timeline: Timeline, run: Run, tables: Tables, now: datetime) -> Deadline:
    ack_minutes, ladder = tables.ladder(run.rule.id, critical=run.critical is not None)
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
    "subject",
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
WRITTEN = {
    "commitment_id": "bigint",
    "subject": "text",
    "state": "text",
    "started_at": "timestamptz",
    "target_seconds": "bigint",
    "target_days": "int",
    "due_at": "timestamptz",
    "is_provisional": "boolean",
    "stopped_at": "timestamptz",
    "margin_seconds": "numeric",
    "paused_at": "timestamptz",
    "remaining_seconds": "numeric",
    "is_late_evidence": "boolean",
    "is_disputed": "boolean",
    "inputs": "jsonb",
    "milestones": "jsonb",
    "next_action_at": "timestamptz",
}
"""Columns of a row that are written again, and their types."""
CHANGE = f"""
UPDATE sla_deadline SET {", ".join(f"{name} = new.{name}" for name in WRITTEN)}
FROM unnest(%s::bigint[], {", ".join(f"%s::{kind}[]" for kind in WRITTEN.values())}) AS new (id, {", ".join(WRITTEN)})
WHERE sla_deadline.id = new.id
"""  # noqa: S608 - our own columns


def _stored(row: Deadline, name: str) -> Any:
    value = getattr(row, name)
    return json.dumps(value) if WRITTEN[name] == "jsonb" else value


def values_of(run: Run, now: datetime) -> dict[str, Any]:
    """The derived columns of a run's row as known at `now`."""
    pause = run.pause_at(now)
    time, margin = run.target.time, run.margin
    return {
        "commitment_id": run.rule.id,
        "subject": run.subject,
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
        # Only where there is one: most clocks run on ordinary days.
        **({"critical": run.critical} if run.critical else {}),
        **({"urgent": True} if run.target.urgent else {}),
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
