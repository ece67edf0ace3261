"""What lies in a depot, shelf by shelf, and what is to be ordered anew in all of them (A11, A13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from audit import trail
from common.present import Filter
from devices.exporting import as_csv
from people.access import may
from people.models import Role, User
from spares.models import Depot, Return, StockItem

PAGE = 40
MAX_INPUT, MAX_WORDS = 60, 4
SHORT = Q(minimum__gt=F("on_hand") - F("reserved"))
"""Fewer are free than the minimum: the condition of a partial index."""
EVERY = "all"


@dataclass(frozen=True, slots=True)
class Slice:
    """Some stocks in the order of depot and part number; the addresses of its neighbours, empty: there is none."""

    rows: tuple[StockItem, ...]
    newer_url: str = ""
    older_url: str = ""


@dataclass(frozen=True, slots=True)
class StockList:
    """The list as a person asked for it. `narrowed`: not all that lies there."""

    depot: Depot | None
    depots: tuple[Filter, ...]
    shown: tuple[Filter, ...]
    found: Slice
    words: str
    is_short: bool
    all_url: str
    may_work: bool

    @property
    def narrowed(self) -> bool:
        return bool(self.words or self.is_short)


@dataclass(frozen=True, slots=True)
class ReorderList:
    """What is to be ordered anew. `query`: its address without the page, for the file."""

    depots: tuple[Filter, ...]
    found: Slice
    query: str


@dataclass(frozen=True, slots=True)
class Reach:
    """The open depots, those that a person is a clerk of first, and the keys of these."""

    depots: tuple[Depot, ...]
    own: frozenset[int]

    @classmethod
    def of(cls, user: User) -> Reach:
        """One query."""
        mine = Depot.clerks.through.objects.filter(depot=OuterRef("pk"), user=user.pk)
        rows = Depot.objects.filter(is_active=True).annotate(is_own=Exists(mine)).order_by("-is_own", "name")
        return cls(tuple(rows), frozenset(row.pk for row in rows if row.is_own))

    def named(self, code: str) -> Depot | None:
        return next((depot for depot in self.depots if depot.code == code), None)


def may_work(user: User, depot: Depot) -> bool:
    """Whether the person changes the stock of this depot: a clerk only that of their own."""
    if not may(user, "spares.work"):
        return False
    return user.role != Role.DEPOT or depot.clerks.filter(pk=user.pk).exists()


def read(query: QueryDict, user: User) -> StockList:
    """The stock of one depot for an address (depot=, q=, show=short, after= or before=): three queries."""
    reach = Reach.of(user)
    chosen = reach.named(query.get("depot", "")) or next(iter(reach.depots), None)
    words = query.get("q", "").replace("\x00", "").strip()[:MAX_INPUT]
    is_short = query.get("show") == "short"
    kept = {"depot": chosen.code if chosen else "", "q": words, "show": "short" if is_short else ""}
    rows = StockItem.objects.filter(depot=chosen).select_related("depot", "part")
    count = rows.filter(SHORT).count()
    return StockList(
        depot=chosen,
        depots=tuple(
            Filter(one.name, _url({**kept, "depot": one.code}), current=one == chosen) for one in reach.depots
        ),
        shown=(
            Filter(_("All"), _url({**kept, "show": ""}), current=not is_short),
            Filter(_("Under the minimum"), _url({**kept, "show": "short"}), count, is_short),
        ),
        found=_slice(rows.filter(_matching(words), SHORT if is_short else Q()), query, kept),
        words=words,
        is_short=is_short,
        all_url=_url({"depot": kept["depot"]}),
        may_work=chosen is not None and (user.role != Role.DEPOT or chosen.pk in reach.own),
    )


def reorder() -> QuerySet[StockItem]:
    """Stocks with too few free pieces, those on the way from the maker counted in: `incoming`, and `wanted` to order.

    By depot and part number. It reads a partial index that only such stocks are in.
    """
    ends = (Return.State.CLOSED, Return.State.LOST)
    coming = Return.objects.filter(
        Q(state=Return.State.AT_MAKER) | Q(maker_shipped_at__isnull=False),
        depot=OuterRef("depot"),
        part=OuterRef("part"),
        replaced_at=None,
    ).exclude(state__in=ends)
    counted = coming.order_by().values("part").annotate(pieces=Count("pk")).values("pieces")
    rows = StockItem.objects.filter(SHORT).annotate(
        incoming=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
        wanted=F("minimum") - F("on_hand") + F("reserved") - F("incoming"),
    )
    return rows.filter(wanted__gt=0).select_related("depot", "part").order_by("depot", "part__code")


def read_reorder(query: QueryDict, user: User) -> ReorderList:
    """The reorder list for an address (depot=, after= or before=): two queries. A clerk's own depots first."""
    reach, asked = Reach.of(user), query.get("depot", "")
    kept = {"depot": asked if asked == EVERY or reach.named(asked) else ""}
    first = [Filter(_("My depots"), "?", current=not kept["depot"])] if reach.own else []
    is_every = kept["depot"] == EVERY or not (kept["depot"] or reach.own)
    first.append(Filter(_("All depots"), _url({"depot": EVERY}), current=is_every))
    named = [Filter(one.name, _url({"depot": one.code}), current=one.code == asked) for one in reach.depots]
    return ReorderList((*first, *named), _slice(_wanted(asked, reach), query, kept), _encoded(kept))


def export_reorder(query: QueryDict, user: User, *, now: datetime, address: str | None) -> bytes:
    """The whole reorder list of an address as a CSV file; who took how many rows is on record (T037)."""
    asked = query.get("depot", "")
    rows = list(_cells(_wanted(asked, Reach.of(user))))
    trail.note("stock.reorder_exported", asked or "-", by=user, now=now, address=address, rows=len(rows))
    return as_csv(_headings(), rows)


def _wanted(asked: str, reach: Reach) -> QuerySet[StockItem]:
    """The reorder list of the depot that is asked for; of none: of the reader's own, if there are any."""
    depot = reach.named(asked)
    chosen = {depot.pk} if depot else set[int]() if asked == EVERY else reach.own
    return reorder().filter(depot__in=chosen or [one.pk for one in reach.depots])


def _matching(words: str) -> Q:
    """Every word occurs in number, name or maker of the part, or begins its shelf."""
    found = Q()
    for word in words.split()[:MAX_WORDS]:
        found &= (
            Q(part__code__icontains=word)
            | Q(part__name__icontains=word)
            | Q(part__maker__icontains=word)
            | Q(bin__istartswith=word)
        )
    return found


def _slice(rows: QuerySet[StockItem], query: Mapping[str, str], kept: Mapping[str, str]) -> Slice:
    """The page behind `after=` or before `before=`; a place that nobody gave is the first page."""
    is_back = "after" not in query and "before" in query
    place = _place(query.get("before" if is_back else "after", ""))
    is_back = is_back and place is not None
    if place is not None:
        depot, code = place
        way = "lt" if is_back else "gt"
        rows = rows.filter(Q(**{f"depot__{way}": depot}) | Q(depot=depot, **{f"part__code__{way}": code}))
    order = ("-depot", "-part__code") if is_back else ("depot", "part__code")
    found = list(rows.order_by(*order)[: PAGE + 1])
    more, shown = len(found) > PAGE, found[:PAGE]
    if not shown:
        return Slice(())
    if is_back:
        shown.reverse()
    newer = _url(kept, before=_cursor(shown[0])) if place is not None and (more or not is_back) else ""
    return Slice(tuple(shown), newer, _url(kept, after=_cursor(shown[-1])) if more or is_back else "")


def _cursor(row: StockItem) -> str:
    return f"{row.depot_id}~{row.part.code}"


def _place(cursor: str) -> tuple[int, str] | None:
    depot, tilde, code = cursor.partition("~")
    is_key = depot.isascii() and depot.isdigit() and len(depot) < 16
    return (int(depot), code[:MAX_INPUT].replace("\x00", "")) if tilde and is_key else None


def _url(kept: Mapping[str, str], **more: str) -> str:
    return f"?{_encoded({**kept, **more})}"


def _encoded(values: Mapping[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in values.items() if value})
    return query.urlencode()


def _headings() -> list[str]:
    return [
        _("Depot"),
        _("Part number"),
        _("Part"),
        _("Maker"),
        _("Shelf"),
        _("On hand"),
        _("Reserved"),
        pgettext("stock", "Free"),
        _("On the way in"),
        _("Minimum"),
        _("To order"),
    ]


def _cells(rows: Iterable[StockItem]) -> Iterator[list[str]]:
    for row in rows:
        figures: tuple[Any, ...] = (row.on_hand, row.reserved, row.free, row.incoming, row.minimum, row.wanted)  # type: ignore[attr-defined]
        yield [row.depot.name, row.part.code, row.part.name, row.part.maker, row.bin, *map(str, figures)]
