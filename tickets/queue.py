"""The queue: which tickets stand in which tab, and what one row of it says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any

from django.db import connection, models
from django.db.models import (
    BigIntegerField,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.keyset import Keyset
from common.prepared import Given, Prepared
from common.present import Chip, Tag, Tone
from people.models import User
from sla import present
from sla.models import Deadline, Timeline
from tickets import priorities, search
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet
from tickets.states import OPEN, Status

PAGE_SIZE = 30
SOON = timedelta(minutes=60)
"""What "about to breach" looks ahead: the wall's hour, not a promise."""
PRIORITIES = {1: _("Priority 1"), 2: _("Priority 2"), 3: _("Priority 3"), 4: _("Priority 4")}
MOST_COUNTED = 1000
"""Where a tab's count ends: "999+" says enough, and counting goes on reading."""


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


COUNTED = tuple(tab for tab in Tab if tab != Tab.ALL)
"""All the others hold what is not over; nobody counts the past."""

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


def tickets_in(tab: str, tickets: TicketQuerySet, user: User | Given, now: datetime | Given) -> TicketQuerySet:
    """Those of `tickets` that stand in `tab` for `user`; both may be given when it is asked, but for SOON."""
    return tickets.filter(condition(Tab(tab), user, now))


def condition(tab: Tab, user: User | Given, now: Any) -> Q:
    """What a ticket has to be for a tab of `user`."""
    is_open = Q(status__in=OPEN)
    match tab:
        case Tab.OPEN:
            return is_open
        case Tab.MINE:
            return is_open & (Q(assignee=user) | Q(owner=user) | Q(offered_to=user))
        case Tab.UNASSIGNED:
            return is_open & Q(assignee=None)
        case Tab.SOON:
            return is_open & _is_soon(now)
        case Tab.OVER:
            return is_open & _is_over(now)
        case Tab.WAITING:
            return Q(status=Status.WAITING)
        case Tab.SOLVED:
            return Q(status=Status.SOLVED)
        case Tab.ALL:
            return Q()


# `next_due_at` is the first of the running clocks: an index can be walked along it, and only behind one that
# is overdue the others have to be looked at.


def _is_over(now: datetime | Given) -> Q:
    return Q(timeline__next_due_at__lt=now)


def _is_soon(now: datetime) -> Q:
    # Added to nothing, a moment is looked for among the timeline's few clocks and not in all that hour.
    at = ExpressionWrapper(F("due_at") + timedelta(), DateTimeField())
    clocks = _running().filter(timeline=OuterRef("timeline")).alias(at=at)
    another = Exists(clocks.filter(at__gte=now, at__lt=now + SOON))
    return Q(timeline__next_due_at__lt=now + SOON) & (Q(timeline__next_due_at__gte=now) | Q(another))


def _running() -> QuerySet[Deadline]:
    return Deadline.objects.filter(state=Deadline.State.RUNNING)


def dated(tab: str, tickets: TicketQuerySet, user: User | Given, now: Any) -> TicketQuerySet:
    """Those in `tab` whose clocks run, said so that PostgreSQL walks along the next deadline to the end of a page."""
    if tab == Tab.OPEN:
        return _walked(tickets)
    if tab == Tab.UNASSIGNED:
        return _walked(tickets).filter(assignee=None)
    if tab == Tab.SOON:
        return _walked(tickets).filter(_is_soon(now))
    if tab == Tab.OVER:
        return _walked(tickets).filter(_is_over(now))
    return tickets_in(tab, tickets, user, now)


def _walked(tickets: TicketQuerySet) -> TicketQuerySet:
    """Open ones of `tickets`, in words that say nothing to statistics.

    Nearly every ticket with a next deadline is open, but statistics know each column alone: guessing
    that one in thirty is, PostgreSQL would read and sort all of them. Of an expression it has no statistics.
    """
    closed = [status for status in Status if status not in OPEN]
    return tickets.alias(state=Concat("status", Value(""))).exclude(state__in=closed)


def counts(tickets: TicketQuerySet, user: User, now: datetime) -> dict[str, int]:
    """How many of `tickets` each tab holds, in one query; `ALL` is not counted.

    Of everything, counting stops at `MOST_COUNTED`, tab by tab along the indexes of what is open. What is
    narrowed is read once, as far as it is not over.
    """
    if not tickets.query.where:
        return _first_of_all(user, now)
    tabs = {tab.value: Count("pk", filter=condition(tab, user, now)) for tab in COUNTED}
    return tickets.in_progress().aggregate(**tabs)


def _first_of_all(user: User, now: datetime) -> dict[str, int]:
    sql, params = _counting()
    given = [user.pk if p == SOMEBODY else now + (p - SOMETIME) if isinstance(p, datetime) else p for p in params]
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return dict(zip(COUNTED, cursor.fetchone(), strict=True))


SOMEBODY, SOMETIME = -1, datetime(2000, 1, 1, tzinfo=UTC)
"""Stand for the person and the moment in a statement whose text Django writes once and not for every request."""


@cache
def _counting() -> tuple[str, list[Any]]:
    """The statement that counts the tabs of all tickets, one column each."""
    parts = [_first(tab) for tab in COUNTED]
    held = ", ".join(f"(SELECT count(*) FROM ({sql}) AS held)" for sql, _ in parts)  # noqa: S608 - from querysets
    return f"SELECT {held}", list(chain.from_iterable(params for _, params in parts))


def _first(tab: Tab) -> tuple[str, tuple[Any, ...]]:
    """The statement that reads the keys of so many tickets of a tab as are counted."""
    found: QuerySet[Any, Any]
    if tab == Tab.OVER:
        found = _clocks(next_due_at__lt=SOMETIME)
    elif tab == Tab.SOON:
        # Mostly the first clock is the one that falls due: those are enough, so the others are not looked at.
        first = _clocks(next_due_at__gte=SOMETIME, next_due_at__lt=SOMETIME + SOON)
        soon = _running().filter(timeline=OuterRef("pk"), due_at__gte=SOMETIME, due_at__lt=SOMETIME + SOON)
        others = _clocks(next_due_at__lt=SOMETIME).filter(Exists(soon))
        found = first[:MOST_COUNTED].union(others[:MOST_COUNTED], all=True)
    else:
        found = tickets_in(tab, Ticket.objects.order_by(), User(pk=SOMEBODY), SOMETIME).values("pk")
    return found[:MOST_COUNTED].query.sql_with_params()


def _clocks(**which: datetime) -> QuerySet[Timeline, Any]:
    """Timelines of open tickets by their next deadline, looked up one by one: joined, all might be read."""
    status = Subquery(Ticket.objects.order_by().filter(timeline=OuterRef("pk")).values("status")[:1])
    return Timeline.objects.filter(**which).alias(status=status).filter(status__in=OPEN).values("pk")


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
    # Not get_status_display(): it hashes all the labels, in the reader's language, for each ticket.
    return Tag(str(Status(ticket.status).label), icon, tone)


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in the queue: the clock that bites next, and how many others run beside it. Words as they are shown."""

    ticket: Ticket
    url: str
    place: str
    priority: str
    why: str
    tag: Tag
    first_contact: str
    chip: Chip | None
    others: int


CLOCK_FIELDS = ("timeline_id", "state", "due_at", "milestones", "remaining_seconds")
"""What a chip is made of."""


PLACES = [f"timeline{place}" for place in range(PAGE_SIZE)]


def _governing() -> QuerySet[Deadline]:
    """Of so many timelines as a page has rows the clock that bites next."""
    # As a plain number: a key's own comparison takes no values that are given later.
    asked = Deadline.objects.alias(key=ExpressionWrapper(F("timeline_id"), BigIntegerField()))
    return asked.filter(key__in=[Given(place) for place in PLACES]).governing().only(*CLOCK_FIELDS)


_first_clocks: Prepared[Any] = Prepared(_governing)


def rows(tickets: Iterable[Ticket], now: datetime) -> list[Row]:
    """Rows for a page of `tickets`, their clocks read in one query."""
    tickets = list(tickets)
    if not tickets:
        return []
    asked = dict.fromkeys(PLACES) | dict(zip(PLACES, (ticket.timeline_id for ticket in tickets), strict=False))
    clocks = {clock.timeline_id: clock for clock in _first_clocks(**asked)}
    url = reverse("console:ticket", args=["NUMBER"])
    priority_words = {key: str(word) for key, word in PRIORITIES.items()}
    return [
        _row(ticket, url.replace("NUMBER", ticket.number), priority_words, clocks.get(ticket.timeline_id), now)
        for ticket in tickets
    ]


def _row(ticket: Ticket, url: str, priority_words: dict[int, str], clock: Any, now: datetime) -> Row:
    place, owner = ticket.place or ticket.site.name, ticket.owner
    return Row(
        ticket=ticket,
        url=url,
        place=f"{ticket.device.name} / {place}" if ticket.device else place,
        priority=priority_words[ticket.priority],
        why=priorities.why(ticket),
        tag=status_tag(ticket),
        first_contact=owner.name if owner and owner.pk != ticket.assignee_id else "",
        chip=present.chip(clock, now) if clock else None,
        others=clock.live - 1 if clock else 0,
    )
