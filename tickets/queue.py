"""The queue: which tickets stand in which tab, and what one row of it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.keyset import Keyset
from common.present import Chip, Tag, Tone
from people.models import User
from sla import present
from sla.models import Deadline
from tickets import priorities
from tickets.models import Ticket
from tickets.states import OPEN, Status

PAGE_SIZE = 30
SOON = timedelta(minutes=60)
"""What "about to breach" looks ahead: the wall's hour, not a promise."""
PRIORITIES = {1: _("Priority 1"), 2: _("Priority 2"), 3: _("Priority 3"), 4: _("Priority 4")}
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


def condition(tab: str, user: User, now: datetime) -> Q:
    """Which tickets stand in `tab` for `user`."""
    running = Deadline.objects.filter(timeline=OuterRef("timeline"), state=Deadline.State.RUNNING)
    is_open = Q(status__in=OPEN)
    return {
        Tab.OPEN: is_open,
        Tab.MINE: is_open & (Q(assignee=user) | Q(owner=user) | Q(offered_to=user)),
        Tab.UNASSIGNED: is_open & Q(assignee=None),
        Tab.SOON: is_open & Q(Exists(running.filter(due_at__gte=now, due_at__lt=now + SOON))),
        Tab.OVER: is_open & Q(Exists(running.filter(due_at__lt=now))),
        Tab.WAITING: Q(status=Status.WAITING),
        Tab.SOLVED: Q(status=Status.SOLVED),
        Tab.ALL: Q(),
    }[Tab(tab)]


def counts(tickets: QuerySet[Ticket], user: User, now: datetime) -> dict[str, int]:
    """How many of `tickets` each tab holds, in one query; closed ones are not counted."""
    tabs = [tab for tab in Tab if tab != Tab.ALL]
    unfinished = tickets.filter(Q(status__in=OPEN) | Q(status=Status.SOLVED))
    return unfinished.aggregate(**{tab: Count("pk", filter=condition(tab, user, now)) for tab in tabs})


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
