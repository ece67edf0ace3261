"""When the promises that lie ahead would fall due, if all that is promised now took its whole time (N2).

The facts that are to come are made up, each at its last moment, and replayed by the engine itself: so a projection
counts travel, working days and holidays as the promise will, and nothing is summed twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sla.facts import Kind
from sla.replay import replay
from sla.runs import Book, FactView, Run

HORIZON = timedelta(days=60)
"""How far ahead clocks may run out by themselves: farther than two working days behind the longest holidays."""

STEPS = (("response", Kind.RESPONDED), ("onsite", Kind.ARRIVED))
"""Clocks that end by a fact alone; the others announce by themselves that they ran out."""


def ahead(
    facts: Sequence[FactView], book: Book, now: datetime, expected: Mapping[str, datetime] | None = None
) -> dict[str, Run]:
    """Clock → its run as it would be, for clocks that have none yet in this round.

    `expected`: when the end of a clock is expected, where somebody said so; else it is its due time, or `now` when
    that has passed. Nothing is projected past a clock that stands still without an end.
    """
    views, began = list(facts), {run.rule.code for run in _round(replay(facts, book, now))}
    runs = replay(views, book, now + HORIZON)
    for code, kind in STEPS:
        run = next((run for run in _round(runs) if run.rule.code == code and run.is_open), None)
        if run is None or ((pause := run.pause_at(now)) is not None and pause.end is None):
            continue
        at = max((expected or {}).get(code, run.due_at), now)
        views.append(FactView(0, kind, at, at, {}))
        runs = replay(views, book, now + HORIZON)
    return {run.rule.code: run for run in _round(runs) if run.rule.code not in began and run.state != "superseded"}


def _round(runs: Sequence[Run]) -> list[Run]:
    """The runs of the last round."""
    last = max((run.cycle for run in runs), default=0)
    return [run for run in runs if run.cycle == last]
