"""The rows that a choice of depot is made from (N10): three queries, whatever the number of depots and parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db.models import FilteredRelation, Q

from sla import calendars
from sla.hours import UnknownYear, WorkingHours
from sla.models import CalendarVersion
from spares import choice
from spares.choice import Option, Road, Store
from spares.models import Depot, StockItem


def options(
    needs: Mapping[int, int], city: str, *, asked_at: datetime, ship_by: datetime | None, deliver_by: datetime | None
) -> tuple[Option, ...]:
    """Every depot in use for pieces by key of the part, sent to `city`: the best first (see `choice.weigh`)."""
    stores = load(needs, city, asked_at)
    due = {"ship_by": ship_by, "deliver_by": deliver_by}
    return choice.weigh(needs, stores, asked_at=asked_at, packing=settings.PACKING_TIME, **due)


def load(needs: Mapping[int, int], city: str, at: datetime) -> Sequence[Store]:
    """The depots in use with their stock of what is needed, and their lanes to `city`, else to all others."""
    hours = _hours(at)
    free: dict[int, dict[int, int]] = defaultdict(dict)
    items = StockItem.objects.filter(part__in=needs, depot__is_active=True)
    for depot, part, on_hand, reserved in items.values_list("depot", "part", "on_hand", "reserved"):
        free[depot][part] = on_hand - reserved
    lanes = FilteredRelation("lanes", condition=Q(lanes__city__in=("", city)))
    rows = Depot.objects.filter(is_active=True).annotate(lane=lanes).order_by("pk", "lane__pk")
    wanted = ("pk", "name", "city", "cut_off", "timezone", "lane__city", "lane__carrier", "lane__days")
    stores: dict[int, Store] = {}
    roads: dict[int, dict[str, list[Road]]] = defaultdict(lambda: defaultdict(list))
    for pk, name, town, cut_off, zone, to, carrier, days, by in rows.values_list(*wanted, "lane__arrives_by"):
        stores[pk] = Store(pk, name, town, _minute(cut_off), _in_zone(hours, zone), free=free[pk])
        if carrier is not None:
            roads[pk][to].append(Road(carrier, days, _minute(by)))
    return [replace(store, roads=tuple(roads[pk][city] or roads[pk][""])) for pk, store in stores.items()]


def _hours(at: datetime) -> WorkingHours:
    """The working days of depots and carriers: the calendar's version in force at `at`, else its first."""
    versions = CalendarVersion.objects.filter(calendar__code=settings.DEPOT_CALENDAR).only("pk", "active_from")
    return calendars.hours_of(calendars.in_force(list(versions.order_by("-number")), at))


@lru_cache(maxsize=64)
def _in_zone(hours: WorkingHours, zone: str) -> WorkingHours:
    return hours if hours.zone == zone else replace(hours, zone=zone)


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def kept(options: Sequence[Option], chosen: int | None = None, because: str = "") -> list[dict[str, Any]]:
    """The options as a request keeps them: moments as ISO 8601, spans in seconds; the `chosen` one is marked."""
    return [
        {
            "depot": one.depot,
            "name": one.name,
            "verdict": one.verdict,
            "carrier": one.carrier,
            "leaves_at": one.leaves_at.isoformat() if one.leaves_at else None,
            "there_at": one.there_at.isoformat() if one.there_at else None,
            "late_s": int(one.late.total_seconds()),
            "ships_late_s": int(one.ships_late.total_seconds()),
            "missing": {str(part): count for part, count in one.missing.items()},
            "free": one.free,
            "provisional": one.is_provisional,
            "chosen": one.depot == chosen,
            "because": because if one.depot == chosen else "",
        }
        for one in options
    ]


def expected(depot: Depot, city: str, carrier: str, leaves: datetime) -> datetime | None:
    """When a parcel that leaves then is there: by that carrier's lane, else the quickest one; None without a lane."""
    lanes = depot.lanes.filter(city__in=(city, "")).order_by("-city")
    roads = [(lane.city, Road(lane.carrier, lane.days, _minute(lane.arrives_by))) for lane in lanes]
    nearest = [road for to, road in roads if to == roads[0][0]]
    named = [road for road in nearest if road.carrier == carrier] or nearest
    if not named:
        return None
    hours = _in_zone(_hours(leaves), depot.timezone)
    try:
        return min(choice.arriving(hours, leaves, road) for road in named)
    except UnknownYear:
        return min(choice.arriving(hours.in_any_year(), leaves, road) for road in named)
