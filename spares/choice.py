"""Which depot still makes the promise (N10, A6, A11). Pure: rows in, options out, no Django and no reading of the time.

What is packed by a depot's cut-off on a working day leaves at that cut-off, else at the next working day's. A lane
takes whole working days: the day of leaving is not counted, the parcel is there by the lane's hour of the last one.
Working days are the calendar's: public holidays are out, make-up workdays in (N11).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from sla.hours import UnknownYear, WorkingHours

Verdict = Literal["makes", "late", "short", "no_way"]
"""In time · too late · lacks pieces · no carrier goes there."""
ORDER: dict[Verdict, int] = {"makes": 0, "late": 1, "short": 2, "no_way": 3}


@dataclass(frozen=True, slots=True)
class Road:
    """A carrier's lane to the site's city: working days, and the minute of the local day by which it is there."""

    carrier: str
    days: int
    arrives_by: int


@dataclass(frozen=True, slots=True)
class Store:
    """A depot as the choice sees it. `cut_off`: minute of its day; `free`: pieces by key of the part."""

    key: int
    name: str
    city: str
    cut_off: int
    hours: WorkingHours
    roads: tuple[Road, ...] = ()
    free: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """What a depot would make of it.

    `leaves_at`, `there_at`: None where no carrier goes. `late` and `ships_late`: by how much it would miss the
    promise to be there, and to have shipped; zero when kept. `missing`: pieces that it lacks by key of the part.
    `free`: the pieces of what is asked for that it has. `is_provisional`: it touches a year that is not published.
    """

    depot: int
    name: str
    verdict: Verdict
    carrier: str = ""
    leaves_at: datetime | None = None
    there_at: datetime | None = None
    late: timedelta = timedelta(0)
    ships_late: timedelta = timedelta(0)
    missing: Mapping[int, int] = field(default_factory=dict)
    free: int = 0
    is_provisional: bool = False

    @property
    def makes_it(self) -> bool:
        return self.verdict == "makes"


def weigh(
    needs: Mapping[int, int],
    stores: Iterable[Store],
    *,
    asked_at: datetime,
    ship_by: datetime | None,
    deliver_by: datetime | None,
    packing: timedelta,
) -> tuple[Option, ...]:
    """Every store as an option, the best first: in time, then the earliest there, then the most in stock.

    `needs`: pieces by key of the part. `packing` is open time of the depot. Without a deadline nothing is late.
    """
    options = [_option(needs, store, asked_at, ship_by, deliver_by, packing) for store in stores]
    return tuple(sorted(options, key=_rank))


def best(options: Sequence[Option]) -> Option | None:
    """The option that makes it; None when none does."""
    return options[0] if options and options[0].makes_it else None


def _rank(option: Option) -> tuple[int, bool, float, int, str]:
    there = option.there_at.timestamp() if option.there_at else 0.0
    return ORDER[option.verdict], not option.free, there, -option.free, option.name


def _option(
    needs: Mapping[int, int],
    store: Store,
    asked_at: datetime,
    ship_by: datetime | None,
    deliver_by: datetime | None,
    packing: timedelta,
) -> Option:
    missing = {part: wanted - store.free.get(part, 0) for part, wanted in needs.items()}
    missing = {part: lacking for part, lacking in missing.items() if lacking > 0}
    free = sum(store.free.get(part, 0) for part in needs)
    option = Option(store.key, store.name, "no_way", missing=missing, free=free)
    if not store.roads:
        return option
    try:
        leaves, there, carrier = _way(store, store.hours, asked_at, packing)
        provisional = False
    except UnknownYear:
        leaves, there, carrier = _way(store, store.hours.in_any_year(), asked_at, packing)
        provisional = True
    late, ships_late = _beyond(there, deliver_by), _beyond(leaves, ship_by)
    verdict: Verdict = "short" if missing else "late" if late else "makes"
    return replace(
        option,
        verdict=verdict,
        carrier=carrier,
        leaves_at=leaves,
        there_at=there,
        late=late,
        ships_late=ships_late,
        is_provisional=provisional,
    )


def _way(store: Store, hours: WorkingHours, asked_at: datetime, packing: timedelta) -> tuple[datetime, datetime, str]:
    """When it leaves, when it is there, and with which carrier: of several lanes the first one there."""
    leaves = leaving(hours, store.cut_off, asked_at, packing)
    there, carrier = min((arriving(hours, leaves, road), road.carrier) for road in store.roads)
    return leaves, there, carrier


@lru_cache(maxsize=1024)
def leaving(hours: WorkingHours, cut_off: int, asked_at: datetime, packing: timedelta) -> datetime:
    """The first cut-off of a working day that is not before the parcel is packed."""
    packed = hours.add(hours.next_open(asked_at), packing)
    day = hours.local_date(packed)
    if hours.slots_on(day) and packed <= (collected := hours.instant(day, cut_off)):
        return collected
    return hours.instant(hours.nth_workday(day, 1), cut_off)


def arriving(hours: WorkingHours, leaves: datetime, road: Road) -> datetime:
    """The lane's hour of its last working day; never before the parcel left."""
    day = hours.local_date(leaves)
    there = hours.instant(hours.nth_workday(day, road.days) if road.days else day, road.arrives_by)
    return there if there >= leaves else hours.instant(hours.nth_workday(day, 1), road.arrives_by)


def _beyond(at: datetime, limit: datetime | None) -> timedelta:
    return max(at - limit, timedelta(0)) if limit else timedelta(0)
