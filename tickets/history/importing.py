"""The import of a log: read it, replay each incident in its own transaction, count what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from sla.book import Tables
from tickets.history import ground
from tickets.history.ground import Chosen
from tickets.history.map import LogMap
from tickets.history.reading import Bad, Incidents, read
from tickets.history.telling import tell
from tickets.states import Refused
from tickets.workflow.history import News, Place, bring_in, news


@dataclass
class Summary:
    """What an import read and what came of it; `bad` counts rows left out by reason."""

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    facts: int = 0
    bad: Counter[str] = field(default_factory=Counter)

    @property
    def incidents(self) -> int:
        return self.outcomes.total()

    @property
    def changed(self) -> int:
        return self.outcomes["imported"] + self.outcomes["extended"]


def run(
    path: Path, log: LogMap, chosen: Chosen, *, dry_run: bool, now: datetime, report: Callable[[Bad], None]
) -> Summary:
    """Import the file; each bad row is handed to `report` and the rest goes on.

    A dry run does the same reading and comparing in a transaction that PostgreSQL keeps read-only. Raises MapError,
    `reading.Unreadable`, and nothing is written then.
    """
    summary = Summary()

    def leave_out(bad: Bad) -> None:
        summary.bad[bad.reason] += 1
        report(bad)

    with closing(Incidents()) as incidents:
        for row in read(path, log, now):
            summary.rows += 1
            if isinstance(row, Bad):
                leave_out(row)
            else:
                incidents.add(row)
        if dry_run:
            with _read_only():
                ground.check(log, chosen)
                _replay(incidents, log, None, now, summary, leave_out)
        else:
            _replay(incidents, log, ground.lay(log, chosen), now, summary, leave_out)
    return summary


def _replay(
    incidents: Incidents,
    log: LogMap,
    place: Place | None,
    now: datetime,
    summary: Summary,
    leave_out: Callable[[Bad], None],
) -> None:
    """Each incident; without a `place` only look what would come of it."""
    tables = Tables() if place else None
    for changes, odd in incidents:
        for bad in odd:
            leave_out(bad)
        told = tell(changes, log)
        try:
            found: News = (
                bring_in(told, source=log.source, place=place, tables=tables, now=now)
                if place and tables
                else news(told, log.source)
            )
        except Refused as refused:
            leave_out(Bad(changes[0].line, "incident left alone", f"{told.key}: {refused}"))
            summary.outcomes["left alone"] += 1
            continue
        summary.outcomes[found.outcome] += 1
        summary.facts += len(found.facts)


@contextmanager
def _read_only() -> Iterator[None]:
    """A transaction in which PostgreSQL refuses every write, and which sees one state of the database."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield
