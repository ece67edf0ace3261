"""The queue: which tickets stand in which tab, and what one row of it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from common.keyset import Keyset
from common.present import Chip, Tag, Tone
from people.models import User
from sla import present
from sla.models import Deadline
from tickets import priorities, search
from tickets.models import Ticket
from tickets.states import OPEN, Status

PAGE_SIZE = 30
SOON = timedelta(minutes=60)
"""What "about to breach" looks ahead: the wall's hour, not a promise."""
PRIORITIES = {1: _("Priority 1"), 2: _("Priority 2"), 3: _("Priority 3"), 4: _("Priority 4")}
MOST_COUNTED = 1000
"""Where a tab's count ends: "999+" says enough, and counting goes on reading."""
LIVE = (Deadline.State.RUNNING, Deadline.State.PAUSED)


class Tab(models.TextChoices):
    """The queues that everybody has; the value stands in the address."""

    OPEN = "open", _("All open")
    MINE = "mine", _("Mine")
    UNASSIGNED = "unassigned", _("Unassigned")
    SOON = "soon", _("Due within 60 min")
    OVER = "over", _("Overdue")
    WAITING = "waiting", _("Waiting")
    SOLVED = "solved", _("To be confirmed")
    ALL = "all", _("All, closed too")


EMPTY: dict[str, tuple[str, object]] = {
    Tab.OPEN: ("circle-check", _("No open tickets. Every hospital is up and running.")),
    Tab.MINE: ("circle-check", _("Nothing waits for you.")),
    Tab.UNASSIGNED: ("circle-check", _("Every open ticket has somebody who works on it.")),
    Tab.SOON: ("clock", _("No promise falls due within the next hour.")),
    Tab.OVER: ("circle-check", _("No promise is overdue.")),
    Tab.WAITING: ("circle-check", _("No ticket waits for a hospital.")),
    Tab.SOLVED: ("circle-check", _("No solution waits for a confirmation.")),
    Tab.ALL: ("ticket", _("No tickets yet.")),
}
"""Tab → icon and sentence for a queue without rows."""

ORDERS = {"due": Keyset("timeline__next_due_at"), "new": Keyset()}
"""By the deadline that falls due first (those without one last), or newest first."""


def order(tab: str, sort: str, *, searched: bool) -> Keyset:
    """The order of a tab; in some every ticket has a deadline."""
    return replace(ORDERS[sort], gaps=tab not in {Tab.SOON, Tab.OVER}, sparse=search.WALK if searched else 0)


def tickets_in(tab: str, tickets: QuerySet[Ticket], user: User, now: datetime) -> QuerySet[Ticket]:
    """Those of `tickets` that stand in `tab` for `user`."""
    running = Deadline.objects.filter(timeline=OuterRef("timeline"), state=Deadline.State.RUNNING)
    soon = running.filter(due_at__gte=now, due_at__lt=now + SOON)
    is_open = Q(status__in=OPEN)
    return tickets.filter(
        {
            Tab.OPEN: is_open,
            Tab.MINE: is_open & (Q(assignee=user) | Q(owner=user) | Q(offered_to=user)),
            Tab.UNASSIGNED: is_open & Q(assignee=None),
            # `next_due_at` is the first of the running clocks: an index can be walked along it.
            Tab.SOON: is_open & Q(timeline__next_due_at__lt=now + SOON) & Exists(soon),
            Tab.OVER: is_open & Q(timeline__next_due_at__lt=now),
            Tab.WAITING: Q(status=Status.WAITING),
            Tab.SOLVED: Q(status=Status.SOLVED),
            Tab.ALL: Q(),
        }[Tab(tab)]
    )


def dated(tab: str, tickets: QuerySet[Ticket], user: User, now: datetime) -> QuerySet[Ticket]:
    """Those in `tab` whose clocks run, said so that PostgreSQL walks along the next deadline to the end of a page.

    Nearly every ticket with a next deadline is open, but statistics know each column alone: guessing
    that one in thirty is, PostgreSQL would read and sort all of them. Of an expression it has no statistics.
    """
    if tab not in {Tab.OPEN, Tab.UNASSIGNED}:
        return tickets_in(tab, tickets, user, now)
    found = tickets.alias(state=Concat("status", Value(""))).exclude(state__in=[s for s in Status if s not in OPEN])
    return found.filter(assignee=None) if tab == Tab.UNASSIGNED else found


def counts(tickets: QuerySet[Ticket], user: User, now: datetime, *, searched: bool) -> dict[str, int]:
    """How many of `tickets` each tab holds, in one query that stops counting at `MOST_COUNTED`; `ALL` is not counted.

    `searched`: the tickets were found by words, which are looked for once; nothing is counted when too many were.
    """
    tabs = [tab for tab in Tab if tab != Tab.ALL]
    before, all_found = "", "0"
    given: tuple[Any, ...] = ()
    try:
        if searched:
            sql, given = _first(tickets)
            before, all_found = f"WITH found AS MATERIALIZED ({sql}) ", "(SELECT count(*) FROM found)"
            tickets = Ticket.objects.filter(pk__in=RawSQL("SELECT pk FROM found", ()))
        parts = [_first(tickets_in(tab, tickets, user, now)) for tab in tabs]
    except EmptyResultSet:
        return dict.fromkeys(tabs, 0)
    held = ", ".join(f"(SELECT count(*) FROM ({sql}) AS held)" for sql, _ in parts)  # noqa: S608 - from querysets
    with connection.cursor() as cursor:
        cursor.execute(
            f"{before}SELECT {all_found}, {held}", [*given, *chain.from_iterable(params for _, params in parts)]
        )
        together, *found_in = cursor.fetchone()
    return {} if searched and together == MOST_COUNTED else dict(zip(tabs, found_in, strict=True))


def _first(tickets: QuerySet[Ticket]) -> tuple[str, tuple[Any, ...]]:
    """The statement that reads the keys of so many of `tickets` as are counted."""
    return tickets.order_by().values("pk")[:MOST_COUNTED].query.sql_with_params()


STATUS_TAGS: dict[str, tuple[str, Tone]] = {
    Status.NEW: ("inbox", "act"),
    Status.REMOTE: ("headset", "act"),
    Status.DISPATCH: ("map-pin", "act"),
    Status.TRAVEL: ("truck", "act"),
    Status.ON_SITE: ("wrench", "act"),
    Status.WAITING: ("pause", "off"),
    Status.SOLVED: ("circle-check", "ok"),
    Status.CLOSED: ("archive", "off"),
    Status.CANCELLED: ("ban", "off"),
    Status.HOSPITAL: ("hospital", "off"),
}


def status_tag(ticket: Ticket) -> Tag:
    """The state in a word, with its picture."""
    icon, tone = STATUS_TAGS[ticket.status]
    return Tag(ticket.get_status_display(), icon, tone)


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in the queue: the clock that bites next, and how many others run beside it."""

    ticket: Ticket
    chip: Chip | None
    others: int

    @property
    def tag(self) -> Tag:
        return status_tag(self.ticket)

    @property
    def priority(self) -> str:
        return str(PRIORITIES[self.ticket.priority])

    @property
    def why(self) -> str:
        """What makes the priority what it is."""
        return priorities.why(self.ticket)


def rows(tickets: Iterable[Ticket], now: datetime) -> list[Row]:
    """Rows for `tickets`, their clocks read in one query."""
    tickets = list(tickets)
    clocks: dict[int, list[Deadline]] = {ticket.timeline_id: [] for ticket in tickets}
    for deadline in Deadline.objects.filter(timeline__in=clocks, state__in=LIVE).order_by("due_at", "id"):
        clocks[deadline.timeline_id].append(deadline)
    return [_row(ticket, clocks[ticket.timeline_id], now) for ticket in tickets]


def _row(ticket: Ticket, clocks: list[Deadline], now: datetime) -> Row:
    first = present.governing(clocks)
    return Row(ticket, present.chip(first, now) if first else None, max(len(clocks) - 1, 0))
