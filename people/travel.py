"""Travel from a service base to a site: the figure that an on-site promise is made from (A2).

Where the table has no figure, one is reckoned from the distance, put into the table and marked as an estimate: so a
promise that was made from it stays countable, as any other (`ensure`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import OuterRef

from audit import trail
from common.nested import Nested
from common.prepared import Given, Prepared
from people.distance import Estimate, by_road, straight_km
from people.models import ServiceBase, Site, TravelFactor, TravelTime, User


@dataclass(frozen=True, slots=True)
class Travel:
    """One row of the travel table, frozen: minutes, kilometres, whence, and where the figure comes from.

    An estimate has no source: it is said in the reader's language that it is one.
    """

    minutes: int
    km: int
    base_id: int
    base_name: str
    mode: str
    source: str
    source_date: date
    row_id: int
    valid_from: datetime
    is_estimate: bool = False


_TIMES = TravelTime.objects.select_related("base").order_by("valid_from")
_times_of_one = Prepared(lambda: _TIMES.filter(site=Given("site")))
WAYS = Nested(_TIMES.filter(site=OuterRef("site")), "base__name")
"""The ways to the site of a row of another query."""
_factors = Prepared(TravelFactor.objects.all)


class Roads:
    """The ways to some sites, read in one query when the first is asked for, unless they are `known`."""

    def __init__(self, sites: Iterable[Site], known: Iterable[TravelTime] | None = None) -> None:
        self._sites = {site.pk for site in sites}
        self._known = known

    @cached_property
    def _rows(self) -> dict[int, list[TravelTime]]:
        rows: dict[int, list[TravelTime]] = defaultdict(list)
        for row in self._read() if self._known is None else self._known:
            rows[row.site_id].append(row)
        return rows

    def _read(self) -> Iterable[TravelTime]:
        if len(self._sites) == 1:
            return _times_of_one(site=next(iter(self._sites)))
        return _TIMES.filter(site__in=self._sites)

    def figure(self, site: Site, at: datetime, base: ServiceBase | None = None) -> Travel | None:
        """The travel figure in force at `at`: from `base`, else the contract's base, else the nearest.

        None when that base has no figure for the site, or no base has: see `ensure`.
        Sending an engineer from elsewhere changes the expected arrival, never the promise.
        """
        chosen = base.pk if base is not None else site.base_id
        in_force = [row for row in self._rows[site.pk] if row.valid_from <= at and chosen in {None, row.base_id}]
        newest = {row.base_id: row for row in in_force}.values()
        row = min(newest, key=lambda row: (row.minutes, row.km, row.base_id), default=None)
        return _travel(row) if row is not None else None

    def ensure(self, site: Site, at: datetime) -> None:
        """Put an estimate into the table when it has no figure that a promise of `site` at `at` could be made from.

        From the contract's base, else from the nearest as the crow flies; none when the company has no base. Asked
        again, it changes nothing.
        """
        if self.figure(site, at) is not None:
            return
        bases = [site.base] if site.base is not None else ServiceBase.objects.order_by("pk")
        here = (site.latitude, site.longitude)
        base = min(bases, key=lambda base: straight_km((base.latitude, base.longitude), here), default=None)
        if base is None:
            return
        guess = estimate(base, site)
        day = at.astimezone(ZoneInfo(site.timezone)).date()
        figures = {"minutes": guess.minutes, "km": guess.km, "source_date": day, "is_estimate": True}
        row, _made = TravelTime.objects.get_or_create(site=site, base=base, valid_from=at, defaults=figures)
        self._rows[site.pk].append(row)


def figure(site: Site, at: datetime, base: ServiceBase | None = None) -> Travel | None:
    """As `Roads.figure`, for one site."""
    return Roads([site]).figure(site, at, base)


def _travel(row: TravelTime) -> Travel:
    return Travel(
        minutes=row.minutes,
        km=row.km,
        base_id=row.base_id,
        base_name=row.base.name,
        mode=row.mode,
        source=row.source,
        source_date=row.source_date,
        row_id=row.pk,
        valid_from=row.valid_from,
        is_estimate=row.is_estimate,
    )


def estimate(start: ServiceBase | Site, site: Site) -> Estimate:
    """Minutes and kilometres of a way that no table knows (`settings.TRAVEL_ROAD`)."""
    return by_road((start.latitude, start.longitude), (site.latitude, site.longitude), settings.TRAVEL_ROAD)


def ensure(site: Site, at: datetime) -> None:
    """As `Roads.ensure`, for one site."""
    Roads([site]).ensure(site, at)


def put(
    site: Site, base: ServiceBase, *, minutes: int, km: int, mode: str, source: str, by: User, now: datetime
) -> TravelTime:
    """A new figure of the travel table from `now` on, on the audit trail. Promises that run keep theirs (A2)."""
    row = TravelTime(site=site, base=base, minutes=minutes, km=km, mode=mode, source=source, valid_from=now)
    row.source_date = now.astimezone(ZoneInfo(site.timezone)).date()
    row.full_clean(exclude=["site", "base"])
    old = figure(site, now, base)
    row.save()
    trail.note("people.travel_changed", row, by=by, now=now, old=old.minutes if old else None, new=minutes, why=source)
    return row


def factor(at: datetime, zone: str) -> float:
    """How much slower the roads are at `at`, by the largest `TravelFactor` of that local hour; 1.0 without one.

    For the expected arrival only, never for a promise (worked example 3).
    """
    return factor_of(_factors(), at, zone)


def factor_of(rows: Iterable[TravelFactor], at: datetime, zone: str) -> float:
    """As `factor`, from rows that were read already."""
    local = at.astimezone(ZoneInfo(zone))
    return max((float(row.factor) for row in rows if _holds(row, local)), default=1.0)


def _holds(row: TravelFactor, local: datetime) -> bool:
    """Whether a factor's hours are on; those past midnight belong to the day on which they began."""
    day, hour = local.isoweekday(), local.time()
    if row.starts_at < row.ends_at:
        return str(day) in row.weekdays and row.starts_at <= hour < row.ends_at
    if hour >= row.starts_at:
        return str(day) in row.weekdays
    return hour < row.ends_at and str(day - 1 or 7) in row.weekdays
