"""Queries of the wall, each a named function with a bounded answer, whatever the size of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, Min, Q, QuerySet, Value

from common.keyset import OneOf
from sla.models import Deadline, Page
from tickets.models import Ticket

WINDOW = timedelta(minutes=60)
MOST_ROWS = 12
State = Deadline.State


@dataclass(frozen=True)
class Load:
    """How many running clocks are over, fall due within the window, stand still; and the day's rest."""

    over: int
    soon: int
    later_today: int
    paused: int
    unfollowed: int
    next_unfollowed_at: datetime | None


def load(now: datetime, end_of_day: datetime) -> Load:
    """How the open deadlines stand, in one query; each figure is a range of the index `sla_deadline_by_state`."""
    running = Deadline.objects.filter(state=State.RUNNING)
    soon = running.filter(due_at__gte=now, due_at__lte=now + WINDOW)
    # A timeline's next deadline is its first: those of unassigned timelines are few and found by it.
    alone = running.filter(
        due_at__lte=now + WINDOW,
        acknowledged_by=None,
        timeline__assignee=None,
        timeline__next_due_at__lte=now + WINDOW,
    )
    parts = {
        "over": running.filter(due_at__lt=now),
        "soon": soon,
        "later_today": running.filter(due_at__gt=now + WINDOW, due_at__lte=end_of_day),
        "paused": Deadline.objects.filter(state=State.PAUSED),
        "unfollowed": alone,
    }
    counted = [_counted(name, rows, now) for name, rows in parts.items()]
    found = {name: (count, first) for name, count, first in counted[0].union(*counted[1:], all=True)}
    none: tuple[int, datetime | None] = (0, None)
    counts = {name: found.get(name, none)[0] for name in parts}
    return Load(**counts, next_unfollowed_at=found.get("unfollowed", none)[1])


def _counted(
    name: str, rows: QuerySet[Deadline], now: datetime
) -> QuerySet[Deadline, tuple[str, int, datetime | None]]:
    """One row: the name, how many, and when the first of those that lie ahead falls due."""
    first = Min("due_at", filter=Q(due_at__gte=now))
    return rows.order_by().annotate(figure=Value(name)).values_list("figure").annotate(count=Count("pk"), first=first)


def clocks(now: datetime, most_calls: int = 4) -> tuple[list[Deadline], list[Deadline]]:
    """The clocks that are over or fall due within the window, the most pressing first; and those whose next
    milestone comes first: who will be called if nothing happens. With their people, in one query.
    """
    running = Deadline.objects.filter(state=State.RUNNING)
    due = running.filter(due_at__lte=now + WINDOW).order_by("due_at").values("pk")[:MOST_ROWS]
    calls = running.filter(next_action_at__gt=now).order_by("next_action_at").values("pk")[:most_calls]
    people = ("timeline__hospital", "timeline__assignee", "timeline__owner", "acknowledged_by")
    rows = Deadline.objects.filter(OneOf(F("pk"), ArraySubquery(due.union(calls))))
    found = list(rows.select_related("commitment", *people))
    pressing = sorted((row for row in found if row.due_at <= now + WINDOW), key=attrgetter("due_at"))
    calling = [(row.next_action_at, row) for row in found if row.next_action_at and row.next_action_at > now]
    return pressing[:MOST_ROWS], [row for _at, row in sorted(calling, key=itemgetter(0))[:most_calls]]


def tickets_of(deadlines: list[Deadline]) -> dict[int, Ticket]:
    """Timeline id → ticket, with its fault class."""
    timelines = [row.timeline_id for row in deadlines]
    rows = Ticket.objects.filter(timeline__in=timelines).select_related("fault_class")
    return {row.timeline_id: row for row in rows}


def last_pages(most: int = 4) -> list[Page]:
    """The pages sent last, newest first; `names`: whom they reached."""
    rows = Page.objects.filter(state=Page.State.SENT).order_by("-pk").with_names()
    return list(rows.select_related("deadline__commitment", "deadline__timeline__hospital")[:most])
