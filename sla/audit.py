"""Recount everything from the facts alone and name what differs from the rows (house rule 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sla import deadlines, derived
from sla.book import Tables, TimelineBook
from sla.models import Deadline, Timeline
from sla.replay import replay


@dataclass(frozen=True)
class Difference:
    """One column of one deadline that does not follow from the facts."""

    timeline: int
    key: tuple[str, int, int, int]
    column: str
    stored: Any
    derived: Any

    def __str__(self) -> str:
        code, cycle, turn, revision = self.key
        where = f"timeline {self.timeline} {code} cycle {cycle} turn {turn} revision {revision}"
        return f"{where}: {self.column} is {self.stored!r}, the facts say {self.derived!r}"


def differences(batch: int = 500) -> Iterator[Difference]:
    """Walk every timeline, as of its own last derivation. Reads only; memory stays with one batch."""
    tables = Tables()
    rows = Timeline.objects.select_related("site").prefetch_related("facts", "deadlines").order_by("pk")
    for timeline in rows.iterator(chunk_size=batch):
        yield from _of(timeline, tables)


def _of(timeline: Timeline, tables: Tables) -> Iterator[Difference]:
    now = timeline.derived_at
    if now is None:
        return
    facts = sorted(timeline.facts.all(), key=lambda fact: (fact.at, fact.pk))
    runs = replay([deadlines.view_of(fact) for fact in facts], TimelineBook(tables, timeline.site), now)
    stored = {
        (row.code, row.cycle, row.turn, row.revision): row
        for row in timeline.deadlines.all()
        if row.state != Deadline.State.WITHDRAWN
    }
    for run in runs:
        row = stored.pop(run.key, None)
        if row is None:
            yield Difference(timeline.pk, run.key, "row", None, run.state)
            continue
        for column, value in derived.values_of(run, now).items():
            if getattr(row, column) != value:
                yield Difference(timeline.pk, run.key, column, getattr(row, column), value)
    for key, row in stored.items():
        yield Difference(timeline.pk, key, "row", row.state, None)
