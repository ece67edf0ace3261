"""What a depot has to do, as its clerks read it: what to pick by when, shelf by shelf, and what is on its way (A11)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from common.keyset import Keyset, page
from common.present import Chip, Filter, open_chip
from common.wording import clock
from people.access import may
from people.models import Role, User
from spares import depot_tabs
from spares.depot_forms import STEPS, RequestStep
from spares.models import Depot, PartRequest, RequestLine, Return, StockItem, Unit

State = PartRequest.State
TO_SHIP = (State.DRAFT, State.REQUESTED, State.RESERVED, State.PICKED, State.PACKED)
PAGE_SIZE = 25
SOON = 0.8
"""Share of a promise after which its band turns orange: the last rung before the breach."""
TABS = ("ship", "way")
EVERY = "all"

Tone = Literal["over", "soon", "running", "off"]


@dataclass(frozen=True, slots=True)
class Pick:
    """A line of a request as it lies on its shelf. `serials`: units that this line holds already; `lacking`: pieces
    that neither are held for it nor free in its depot.
    """

    line: RequestLine
    bin: str
    serials: tuple[str, ...]
    lacking: int

    @property
    def is_done(self) -> bool:
        return self.line.picked >= self.line.quantity


@dataclass(frozen=True, slots=True)
class Order:
    """A request with its band (what is promised and how much of it is left) and its lines in the order of the shelves.

    `may_work`: it lies in a depot of the reader, or in none yet.
    """

    request: PartRequest
    tone: Tone
    title: str
    detail: str
    chip: Chip | None
    picks: tuple[Pick, ...]
    may_work: bool

    @property
    def next(self) -> Pick | None:
        return next((pick for pick in self.picks if not pick.is_done), None)

    @property
    def pieces(self) -> int:
        return sum(pick.line.quantity for pick in self.picks)

    @property
    def steps(self) -> tuple[type[RequestStep], ...]:
        """What the reader may do to it now."""
        if not self.may_work:
            return ()
        return tuple(step for step in STEPS.values() if step.is_offered(self.request))

    @property
    def main_step(self) -> type[RequestStep] | None:
        """What the promise waits for."""
        return next((step for step in self.steps if step.leads_on(self.request)), None)

    @property
    def other_steps(self) -> tuple[type[RequestStep], ...]:
        main = self.main_step
        return tuple(step for step in self.steps if step is not main)

    @property
    def is_scanned(self) -> bool:
        """Whether units are scanned for it now."""
        return self.may_work and self.request.state == State.RESERVED


@dataclass(frozen=True, slots=True)
class Board:
    """One tab as a person asked for it. `current`: the order that the scan field serves."""

    tab: str
    tabs: tuple[Filter, ...]
    late: int
    depots: tuple[Filter, ...]
    depot: Depot | None
    orders: tuple[Order, ...]
    current: Order | None
    query: str
    newer_url: str
    older_url: str


@dataclass(frozen=True, slots=True)
class Look:
    """What an address asks for: a tab, a depot (none: the reader's own and what has none yet), an order to scan for."""

    tab: str
    depot: str
    request: str

    @classmethod
    def of(cls, query: QueryDict) -> Look:
        tab = query.get("tab", "")
        return cls(
            tab if tab in TABS else TABS[0],
            query.get("depot", "")[:50],
            query.get("request", "").replace("\x00", "")[:20],
        )

    def query(self, **changes: str) -> str:
        """The query string of this look with `changes`, back on the first page."""
        kept = QueryDict(mutable=True)
        for name, usual in (("tab", TABS[0]), ("depot", ""), ("request", "")):
            value = changes.get(name, getattr(self, name))
            if value != usual:
                kept[name] = value
        return kept.urlencode()

    def url(self, **changes: str) -> str:
        query = self.query(**changes)
        return f"{reverse('spares:depot')}{'?' if query else ''}{query}"


def own(user: User) -> set[int]:
    """Keys of the depots that the person is a clerk of."""
    return set(Depot.objects.filter(clerks=user.pk).values_list("pk", flat=True))


def may_work_in(depot: int | None, user: User, mine: Collection[int]) -> bool:
    """Whether the person does the work of a depot, by its key: a clerk only in their own or in none."""
    if not may(user, "spares.work"):
        return False
    return user.role != Role.DEPOT or depot is None or depot in mine


def require_work(depot: int | None, user: User) -> None:
    """Raise PermissionDenied (403) where another depot's clerks do the work."""
    if not may_work_in(depot, user, own(user)):
        raise PermissionDenied("spares.work")


def read(query: QueryDict, user: User, now: datetime, scanned: str = "") -> Board:
    """The board for an address (tab=, depot=, request=, after= or before=): as many queries, whatever it shows.

    `scanned`: the number of the request that was scanned for just now.
    """
    look = Look.of(query)
    depots = list(
        Depot.objects.filter(is_active=True).annotate(
            is_own=Exists(Depot.clerks.through.objects.filter(depot=OuterRef("pk"), user=user.pk))
        )
    )
    mine = {depot.pk for depot in depots if depot.is_own}
    inside = _inside(look, depots, mine)
    requests = PartRequest.objects.for_user(user).filter(inside)
    returns = Return.objects.for_user(user).filter(_of_depots(look, depots, mine))
    held = _counts(requests, returns, now)
    key = "ship_by" if look.tab == "ship" else "deliver_by"
    states = TO_SHIP if look.tab == "ship" else (State.SHIPPED,)
    found = page(for_board(requests.filter(state__in=states)), Keyset(key), query, PAGE_SIZE)
    orders = orders_of(_with_named(found.rows, look.request, user), user, mine, now)
    return Board(
        tab=look.tab,
        tabs=depot_tabs.row(look.tab, held, look.query(tab=TABS[0], request="")),
        late=held["ship_late"] if look.tab == "ship" else held["way_late"],
        depots=_choices(look, depots, bool(mine)),
        depot=next((depot for depot in depots if depot.code == look.depot), None),
        orders=orders,
        current=_current(orders, scanned or look.request),
        query=look.query(),
        newer_url=look.url() + _cursor(look, "before", found.before) if found.before else "",
        older_url=look.url() + _cursor(look, "after", found.after) if found.after else "",
    )


def _with_named(rows: list[PartRequest], number: str, user: User) -> list[PartRequest]:
    """The request that an address names stands on top, wherever it is."""
    if not number:
        return rows
    named = [row for row in rows if row.number == number]
    named = named or list(for_board(PartRequest.objects.for_user(user)).filter(number=number))
    return [*named, *(row for row in rows if row.number != number)]


def _cursor(look: Look, name: str, place: str) -> str:
    return f"{'&' if look.query() else '?'}{name}={place}"


def _inside(look: Look, depots: Sequence[Depot], mine: set[int]) -> Q:
    """Requests of the depots that are looked at; what has no depot yet belongs to everybody who has not chosen one."""
    chosen = _of_depots(look, depots, mine)
    named = any(depot.code == look.depot for depot in depots)
    return chosen if named or not chosen else chosen | Q(depot=None)


def _of_depots(look: Look, depots: Sequence[Depot], mine: set[int]) -> Q:
    named = [depot.pk for depot in depots if depot.code == look.depot]
    if named:
        return Q(depot__in=named)
    return Q() if look.depot == EVERY or not mine else Q(depot__in=mine)


def _counts(requests: QuerySet[PartRequest], returns: QuerySet[Return], now: datetime) -> dict[str, int]:
    to_ship, on_way = Q(state__in=TO_SHIP), Q(state=State.SHIPPED)
    counts = requests.filter(to_ship | on_way).aggregate(
        ship=Count("pk", filter=to_ship),
        ship_late=Count("pk", filter=to_ship & Q(ship_by__lt=now)),
        way=Count("pk", filter=on_way),
        way_late=Count("pk", filter=on_way & Q(deliver_by__lt=now)),
    )
    closed = (Return.State.CLOSED, Return.State.LOST)
    return {**counts, "returns": returns.exclude(state__in=closed).count()}


def _choices(look: Look, depots: Sequence[Depot], has_own: bool) -> tuple[Filter, ...]:
    """Whose requests are shown: the reader's own depots first, when there are any."""
    named = any(depot.code == look.depot for depot in depots)
    rows = [Filter(_("My depots"), look.url(depot="", request=""), current=not look.depot)] if has_own else []
    every = look.depot == EVERY if has_own else not named
    rows.append(Filter(_("All depots"), look.url(depot=EVERY if has_own else "", request=""), current=every))
    rows += [
        Filter(depot.name, look.url(depot=depot.code, request=""), current=depot.code == look.depot) for depot in depots
    ]
    return tuple(rows)


def for_board(requests: QuerySet[PartRequest]) -> QuerySet[PartRequest]:
    """Requests with all that a card of them shows."""
    units = Unit.objects.order_by("serial")
    lines = RequestLine.objects.select_related("part").prefetch_related(Prefetch("units", units))
    return requests.select_related("hospital", "site", "depot").prefetch_related(Prefetch("lines", lines))


def orders_of(requests: Sequence[PartRequest], user: User, mine: set[int], now: datetime) -> tuple[Order, ...]:
    """The cards of these requests (`for_board`), with the bins of their depots: one query."""
    shelves = _shelves(requests)
    return tuple(_order(request, shelves, may_work_in(request.depot_id, user, mine), now) for request in requests)


def _shelves(requests: Sequence[PartRequest]) -> dict[tuple[int, int], StockItem]:
    depots = {request.depot_id for request in requests if request.depot_id}
    parts = {line.part_id for request in requests for line in request.lines.all()}
    items = StockItem.objects.filter(depot__in=depots, part__in=parts)
    return {(item.depot_id, item.part_id): item for item in items}


def _order(request: PartRequest, shelves: dict[tuple[int, int], StockItem], is_workable: bool, now: datetime) -> Order:
    found = (_pick(request, line, shelves.get((request.depot_id or 0, line.part_id))) for line in request.lines.all())
    picks = tuple(sorted(found, key=lambda pick: (pick.bin, pick.line.part.code)))
    tone, title, detail, chip = _band(request, now)
    return Order(request, tone, title, detail, chip, picks, is_workable)


def _pick(request: PartRequest, line: RequestLine, item: StockItem | None) -> Pick:
    serials = tuple(unit.serial for unit in line.units.all())
    waits = request.state == State.REQUESTED and request.depot_id is not None
    lacking = max(line.quantity - line.reserved - (item.free if item else 0), 0) if waits else 0
    return Pick(line, item.bin if item else "", serials, lacking)


def _band(request: PartRequest, now: datetime) -> tuple[Tone, str, str, Chip | None]:
    """Colour, sentence, what stands under it, and the countdown of the promise that bites next."""
    leaves = request.state in TO_SHIP
    due = request.ship_by if leaves else request.deliver_by
    if due is None or not (leaves or request.state == State.SHIPPED):
        return "off", _("No promise runs"), "", None
    soon = request.requested_at + SOON * (due - request.requested_at)
    chip = open_chip(due, now, soon)
    tone: Tone = "over" if now > due else "soon" if now >= soon else "running"
    at = {"time": clock(due, now)}
    if tone == "over":
        title = _("Shipping is overdue") if leaves else _("Delivery is overdue")
        detail = _("Due at the carrier by %(time)s") % at if leaves else _("Due at the hospital by %(time)s") % at
        return tone, title, f"{detail} · {_clause(request, leaves)}", chip
    title = _("Hand to the carrier by %(time)s") % at if leaves else _("At the hospital by %(time)s") % at
    return tone, title, _clause(request, leaves), chip


def _clause(request: PartRequest, leaves: bool) -> str:
    """The clause that promises it, and in the depot the hour by which a parcel leaves the same day."""
    clause = _("clause %(clauses)s") % {"clauses": "A11" if leaves else "A6, A11"}
    if not leaves or request.depot is None:
        return clause
    cut_off = _("cut-off %(time)s") % {"time": f"{request.depot.cut_off:%H:%M}"}
    return f"{clause} · {cut_off}"


def _current(orders: Sequence[Order], at: str) -> Order | None:
    """The order that is scanned for: the one that was chosen, else the first that waits to be picked."""
    scanned = [order for order in orders if order.is_scanned]
    return next((order for order in scanned if order.request.number == at), scanned[0] if scanned else None)
