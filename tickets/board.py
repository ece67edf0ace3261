"""One look at the queue: tabs with counts, the page of rows, and the addresses of everything beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.keyset import Keyset, Page, first, first_page, page
from common.prepared import Given, Prepared
from common.present import Filter
from people.access import may
from people.models import User
from tickets import search
from tickets.filters import QueueFilter, kept
from tickets.models import SavedFilter, Ticket
from tickets.querysets import TicketQuerySet
from tickets.queue import EMPTY, MOST_COUNTED, PAGE_SIZE, Row, Tab, counts, dated, order, rows, tickets_in

SORTS = {"due": _("Soonest first"), "new": _("Newest first")}


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved filter as a link; `mine`: it may be removed by its reader."""

    row: SavedFilter
    url: str
    current: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class Board:
    """The queue as a person asked for it. `query` is what a saved filter would keep; `sees`: they may see tickets."""

    tab: str
    tabs: tuple[Filter, ...]
    rows: list[Row]
    filterset: QueueFilter
    sort: str
    sorts: tuple[Filter, ...]
    saved: tuple[Saved, ...]
    query: str
    words: str
    narrowed: bool
    sees: bool
    newer_url: str
    older_url: str

    @property
    def saved_current(self) -> bool:
        """Whether what is on the screen is a saved filter: then that is the tab."""
        return any(one.current for one in self.saved)

    @property
    def empty(self) -> tuple[str, Any]:
        """Icon and sentence for a queue without rows; a narrowed one says that it is narrowed."""
        if not self.sees:
            return "eye-off", _("The depot sees no tickets.")
        return ("search-x", _("No ticket matches these filters.")) if self.narrowed else EMPTY[self.tab]


def read(query: QueryDict, user: User, now: datetime) -> Board:
    """The queue for an address: as many queries, whatever the number of rows."""
    words = query.get("q", "").strip()
    tab = _one_of(query.get("tab", ""), Tab.values, Tab.ALL if words else Tab.OPEN)
    # Nearly all of "all" is closed and has no next deadline: sorted by it, the list would say little.
    sort = _one_of(query.get("sort", ""), SORTS, "new" if tab == Tab.ALL else "due")
    mine = search.find(user, words) if words else Ticket.objects.for_user(user)
    filterset = QueueFilter(query, mine, user=user)
    found: TicketQuerySet = filterset.qs
    inside = _inside(query, found, tab, order(tab, sort, searched=bool(words)), user, now)
    query = filterset.query
    return Board(
        tab=tab,
        tabs=_tabs(query, tab, _held(found, inside, tab, user, now) if words else counts(found, user, now)),
        rows=rows(inside.rows, now),
        filterset=filterset,
        sort=sort,
        sorts=tuple(Filter(name, address(query, sort=code), current=code == sort) for code, name in SORTS.items()),
        saved=_saved(query, user),
        query=kept(query),
        words=words,
        narrowed=bool(words) or filterset.narrowed,
        sees=may(user, "tickets.see"),
        newer_url=_neighbour(query, "before", inside.before),
        older_url=_neighbour(query, "after", inside.after),
    )


def _inside(query: QueryDict, found: TicketQuerySet, tab: str, by: Keyset, user: User, now: datetime) -> Page[Ticket]:
    """The page of rows. The first one of a tab, as everybody opens it, is asked in words written once."""
    if found.query.where or tab == Tab.SOON or "after" in query or "before" in query:
        asked = tickets_in(tab, found.for_queue(), user, now)
        return page(asked, by, query, PAGE_SIZE, dated=dated(tab, found, user, now))
    return first_page(_first_rows(tab, by)(person=user.pk, now=now), by, PAGE_SIZE)


@cache
def _first_rows(tab: str, by: Keyset) -> Prepared[Ticket]:
    tickets, person, now = Ticket.objects.all(), Given("person"), Given("now")
    return Prepared(
        lambda: first(
            tickets_in(tab, tickets.for_queue(), person, now), by, PAGE_SIZE, dated=dated(tab, tickets, person, now)
        )
    )


def _held(found: TicketQuerySet, inside: Page[Ticket], tab: str, user: User, now: datetime) -> dict[str, int]:
    """The counts of a search that fits on a page; how many more there are, nobody wants to wait for."""
    if tab != Tab.ALL:
        inside = page(found.only("pk"), order(Tab.ALL, "new", searched=True), {}, PAGE_SIZE)
    if inside.before or inside.after:
        return {}
    return counts(Ticket.objects.filter(pk__in=[ticket.pk for ticket in inside.rows]), user, now)


def address(query: QueryDict, **changes: str) -> str:
    """The queue's address with `changes` to what narrows it, back on the first page."""
    return f"{reverse('console:queue')}?{kept(query, **changes)}"


def _one_of(value: str, known: Any, default: str) -> str:
    return value if value in known else default


def _tabs(query: QueryDict, current: str, held: dict[str, int]) -> tuple[Filter, ...]:
    return tuple(
        Filter(tab.label, address(query, tab=tab.value), counted(held.get(tab.value)), current=tab == current)
        for tab in Tab
    )


def counted(count: int | None) -> int | str | None:
    """A count as it is shown: "999+" where counting ended."""
    return f"{MOST_COUNTED - 1}+" if count is not None and count >= MOST_COUNTED else count


def _neighbour(query: QueryDict, way: str, cursor: str) -> str:
    if not cursor:
        return ""
    place = QueryDict(mutable=True)
    place[way] = cursor
    return f"{address(query)}&{place.urlencode()}"


def _saved(query: QueryDict, user: User) -> tuple[Saved, ...]:
    here = kept(query)
    return tuple(
        Saved(row, f"{reverse('console:queue')}?{row.query}", row.query == here, row.person_id == user.pk)
        for row in SavedFilter.objects.for_user(user).select_related("person")
    )
