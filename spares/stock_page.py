"""One stock and one part as a page: what lies where, who it is promised to, and every change of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import QueryDict
from django.urls import reverse

from common.keyset import Keyset, page
from common.present import Action, Tag, Tone
from people.models import User
from spares import stock_list
from spares.models import Part, PartRequest, RequestLine, StockItem, StockMovement, Unit
from spares.stock_forms import FORMS

PAGE = 30
MOST_UNITS = 60
"""Units that are shown; of more, the rest is counted."""
HERE = (Unit.State.IN_STOCK, Unit.State.RESERVED, Unit.State.FAULTY)
TONES: dict[str, tuple[str, Tone]] = {
    Unit.State.IN_STOCK: ("circle-check", "off"),
    Unit.State.RESERVED: ("lock", "act"),
    Unit.State.FAULTY: ("triangle-alert", "warn"),
}


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit that lies there. `request`: the number of the request that it is picked for."""

    unit: Unit
    tag: Tag
    request: str


@dataclass(frozen=True, slots=True)
class StockPage:
    """A stock as a person sees it: its units, who has pieces reserved, one page of its movements, what may be done."""

    item: StockItem
    units: tuple[UnitRow, ...]
    more_units: int
    holders: tuple[RequestLine, ...]
    movements: tuple[StockMovement, ...]
    steps: tuple[Action, ...]
    newer_url: str
    older_url: str

    @property
    def is_short(self) -> bool:
        return self.item.free < self.item.minimum


@dataclass(frozen=True, slots=True)
class PartPage:
    """A part: the models that it fits and its stock in every depot."""

    part: Part
    models: tuple[str, ...]
    items: tuple[StockItem, ...]


def items() -> QuerySet[StockItem]:
    """Stocks with their depot and part."""
    return StockItem.objects.select_related("depot", "part")


def read(item: StockItem, query: QueryDict, user: User) -> StockPage:
    """The page of a stock for an address (after= or before=): five queries."""
    units = list(_units(item)[: MOST_UNITS + 1]) if item.part.is_serialised else []
    more = _units(item).count() - MOST_UNITS if len(units) > MOST_UNITS else 0
    seen = PartRequest.objects.for_user(user)
    holding = RequestLine.objects.filter(part=item.part_id, reserved__gt=0, request__depot=item.depot_id)
    movements = StockMovement.objects.filter(item=item).select_related("unit", "line__request", "by")
    found = page(movements, Keyset(), query, PAGE)
    return StockPage(
        item=item,
        units=tuple(map(_row, units[:MOST_UNITS])),
        more_units=more,
        holders=tuple(holding.filter(request__in=seen).select_related("request__hospital").order_by("request")),
        movements=tuple(found.rows),
        steps=_steps(item) if stock_list.may_work(user, item.depot) else (),
        newer_url=f"?before={found.before}" if found.before else "",
        older_url=f"?after={found.after}" if found.after else "",
    )


def read_part(part: Part) -> PartPage:
    """A part and where it lies: two queries."""
    models = tuple(map(str, part.fits.order_by("maker", "name")))
    return PartPage(part, models, tuple(items().filter(part=part).order_by("depot__name")))


def _steps(item: StockItem) -> tuple[Action, ...]:
    return tuple(
        Action(form.heading, reverse("stock:step", kwargs={"pk": item.pk, "slug": slug}), form.icon)
        for slug, form in FORMS.items()
    )


def _units(item: StockItem) -> QuerySet[Unit]:
    """What lies there, picked units first, then the free, then the faulty."""
    ranks = (When(state=state, then=Value(rank)) for rank, state in enumerate((HERE[1], HERE[0], HERE[2])))
    rows = Unit.objects.filter(item=item, state__in=HERE).select_related("line__request")
    return rows.annotate(rank=Case(*ranks, output_field=IntegerField())).order_by("rank", "serial")


def _row(unit: Unit) -> UnitRow:
    icon, tone = TONES[unit.state]
    held = unit.line.request.number if unit.line and unit.state == Unit.State.RESERVED else ""
    return UnitRow(unit, Tag(unit.get_state_display(), icon, tone), held)
