"""Travel from a service base to a site: the figure that an on-site promise is made from (A2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from common.prepared import Given, Prepared
from people.models import ServiceBase, Site, TravelTime


@dataclass(frozen=True, slots=True)
class Travel:
    """One row of the travel table, frozen: minutes, kilometres, whence, and where the figure comes from."""

    minutes: int
    km: int
    base_id: int
    base_name: str
    mode: str
    source: str
    source_date: date
    row_id: int
    valid_from: datetime


_TIMES = TravelTime.objects.select_related("base").order_by("valid_from")
_times_of_one = Prepared(lambda: _TIMES.filter(site=Given("site")))


class Roads:
    """The ways to some sites, read in one query when the first is asked for."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self._sites = {site.pk for site in sites}

    @cached_property
    def _rows(self) -> dict[int, list[TravelTime]]:
        rows: dict[int, list[TravelTime]] = defaultdict(list)
        one = next(iter(self._sites)) if len(self._sites) == 1 else None
        for row in _TIMES.filter(site__in=self._sites) if one is None else _times_of_one(site=one):
            rows[row.site_id].append(row)
        return rows

    def figure(self, site: Site, at: datetime, base: ServiceBase | None = None) -> Travel | None:
        """The travel figure in force at `at`: from `base`, else the contract's base, else the nearest.

        None when that base has no figure for the site, or no base has: the caller says so, nobody guesses.
        Sending an engineer from elsewhere changes the expected arrival, never the promise.
        """
        chosen = base.pk if base is not None else site.base_id
        in_force = [row for row in self._rows[site.pk] if row.valid_from <= at and chosen in {None, row.base_id}]
        newest = {row.base_id: row for row in in_force}.values()
        row = min(newest, key=lambda row: (row.minutes, row.km, row.base_id), default=None)
        return _travel(row) if row is not None else None


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
    )
