"""Queries of the wall, each a named function with a bounded answer, whatever the size of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, QuerySet

from common.keyset import OneOf
from common.prepared import Given, Prepared
from sla.models import Deadline, Page
from tickets.models import Ticket
from tickets.queue import MOST_COUNTED

WINDOW = timedelta(minutes=60)
MOST_ROWS, MOST_CALLS = 12, 4
State = Deadline.State


@dataclass(frozen=True)
class Load:
    """How many running clocks are over, fall due within the window, stand still; and the day's rest.

    Counting ends at `MOST_COUNTED`: then a figure reads "999+".
    """

    over: int
    soon: int
    later_today: int
    paused: int
    unfollowed: int
    next_unfollowed_at: datetime | None


# Each figure is a stretch of the index `sla_deadline_by_state`, read no further than is counted. Clocks that nobody
# follows up hang on few timelines: those are walked along their next deadline (`sla_timeline_next`). The next of them
# is looked for among the first clocks of the window only.
LOAD = """
SELECT
    (SELECT count(*) FROM (
        SELECT FROM sla_deadline WHERE state = 'running' AND due_at < %(now)s LIMIT %(most)s
    ) AS clock),
    (SELECT count(*) FROM (
        SELECT FROM sla_deadline WHERE state = 'running' AND due_at BETWEEN %(now)s AND %(window)s LIMIT %(most)s
    ) AS clock),
    (SELECT count(*) FROM (
        SELECT FROM sla_deadline WHERE state = 'running' AND due_at > %(window)s AND due_at <= %(day)s LIMIT %(most)s
    ) AS clock),
    (SELECT count(*) FROM (SELECT FROM sla_deadline WHERE state = 'paused' LIMIT %(most)s) AS clock),
    (SELECT count(*) FROM (
        SELECT
        FROM (
            SELECT id FROM sla_timeline WHERE assignee_id IS NULL AND next_due_at <= %(window)s ORDER BY next_due_at
        ) AS alone
        CROSS JOIN LATERAL (
            SELECT FROM sla_deadline
            WHERE timeline_id = alone.id
                AND state = 'running' AND due_at <= %(window)s AND acknowledged_by_id IS NULL
            OFFSET 0
        ) AS clock
        LIMIT %(most)s
    ) AS clock),
    (SELECT due_at FROM (
        SELECT due_at, timeline_id FROM sla_deadline
        WHERE state = 'running' AND due_at BETWEEN %(now)s AND %(window)s AND acknowledged_by_id IS NULL
        ORDER BY due_at LIMIT %(most)s
    ) AS clock
    WHERE EXISTS (
        SELECT FROM sla_timeline WHERE id = timeline_id AND assignee_id IS NULL OFFSET 0
    ) ORDER BY due_at LIMIT 1)
"""


def load(now: datetime, end_of_day: datetime, most: int = MOST_COUNTED) -> Load:
    """How the open clocks stand, in one query that stops counting at `most`."""
    with connection.cursor() as cursor:
        cursor.execute(LOAD, {"now": now, "window": now + WINDOW, "day": end_of_day, "most": most})
        return Load(*cursor.fetchone())


def _pressing_or_calling() -> QuerySet[Deadline]:
    running = Deadline.objects.filter(state=State.RUNNING)
    due = running.filter(due_at__lte=Given("window")).order_by("due_at").values("pk")[:MOST_ROWS]
    calls = running.filter(next_action_at__gt=Given("now")).order_by("next_action_at").values("pk")[:MOST_CALLS]
    people = ("timeline__hospital", "timeline__assignee", "timeline__owner", "acknowledged_by")
    rows = Deadline.objects.filter(OneOf(F("pk"), ArraySubquery(due.union(calls))))
    return rows.select_related("commitment", *people).order_by()


_clocks = Prepared(_pressing_or_calling)
_tickets = Prepared(
    lambda: (
        Ticket.objects.filter(OneOf(F("timeline"), Given("timelines")))
        .only("timeline", "number", "title", "expected_arrival_at", "critical_reason", "critical_until", "urgent_use")
        .order_by()
    )
)
_last_pages = Prepared(
    lambda: (
        Page.objects.filter(state=Page.State.SENT)
        .select_related("deadline__commitment", "deadline__timeline__hospital")
        .with_names()
        .order_by("-pk")[:MOST_CALLS]
    )
)


def clocks(now: datetime) -> tuple[list[Deadline], list[Deadline]]:
    """The clocks that are over or fall due within the window, the most pressing first; and those whose next
    milestone comes first: who will be called if nothing happens. With their people, in one query.
    """
    found = _clocks(now=now, window=now + WINDOW)
    pressing = sorted((row for row in found if row.due_at <= now + WINDOW), key=attrgetter("due_at"))
    calling = [(row.next_action_at, row) for row in found if row.next_action_at and row.next_action_at > now]
    return pressing[:MOST_ROWS], [row for _at, row in sorted(calling, key=itemgetter(0))[:MOST_CALLS]]


def tickets_of(deadlines: list[Deadline]) -> dict[int, Ticket]:
    """Timeline id → ticket, with what the wall says of it."""
    return {row.timeline_id: row for row in _tickets(timelines=[row.timeline_id for row in deadlines])}


def last_pages() -> list[Page]:
    """The pages sent last, newest first; `names`: whom they reached."""
    return _last_pages()
