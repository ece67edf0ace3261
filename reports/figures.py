"""Queries of the wall, each a named function with a bounded answer, whatever the size of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

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
    """One aggregate over the open deadlines (index `sla_deadline_open`)."""
    open_ones = Deadline.objects.filter(state__in=(State.RUNNING, State.PAUSED))
    running = Q(state=State.RUNNING)
    over = running & Q(due_at__lt=now)
    soon = running & Q(due_at__gte=now, due_at__lte=now + WINDOW)
    alone = (over | soon) & Q(acknowledged_by=None, timeline__assignee=None)
    found = open_ones.aggregate(
        over=Count("pk", filter=over),
        soon=Count("pk", filter=soon),
        later_today=Count("pk", filter=running & Q(due_at__gt=now + WINDOW, due_at__lte=end_of_day)),
        paused=Count("pk", filter=Q(state=State.PAUSED)),
        unfollowed=Count("pk", filter=alone),
        next_unfollowed_at=Min("due_at", filter=alone & Q(due_at__gte=now)),
    )
    return Load(**found)


def pressing(now: datetime) -> list[Deadline]:
    """The clocks that are over or fall due within the window, the most pressing first, with their people."""
    rows = Deadline.objects.filter(state=State.RUNNING, due_at__lte=now + WINDOW).order_by("due_at")
    people = ("timeline__hospital", "timeline__assignee", "timeline__owner", "acknowledged_by")
    return list(rows.select_related("commitment", *people)[:MOST_ROWS])


def tickets_of(deadlines: list[Deadline]) -> dict[int, Ticket]:
    """Timeline id → ticket, with its fault class."""
    timelines = [row.timeline_id for row in deadlines]
    rows = Ticket.objects.filter(timeline__in=timelines).select_related("fault_class")
    return {row.timeline_id: row for row in rows}


def last_pages(most: int = 4) -> list[Page]:
    """The pages sent last, newest first, with whom they reached."""
    rows = Page.objects.filter(state=Page.State.SENT).order_by("-pk")
    return list(
        rows.select_related("deadline__commitment", "deadline__timeline__hospital").prefetch_related("recipients")[
            :most
        ]
    )


def next_calls(now: datetime, most: int = 4) -> list[Deadline]:
    """The running clocks whose next milestone comes first: who will be called if nothing happens."""
    rows = Deadline.objects.filter(state=State.RUNNING, next_action_at__gt=now).order_by("next_action_at")
    people = ("timeline__hospital", "timeline__assignee", "timeline__owner")
    return list(rows.select_related("commitment", *people)[:most])
