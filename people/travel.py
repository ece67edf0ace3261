"""Travel from a service base to a site: the figure that an on-site promise is made from (A2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

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


def figure(site: Site, at: datetime, base: ServiceBase | None = None) -> Travel | None:
    """The travel figure in force at `at`: from `base`, else the contract's base, else the nearest.

    None when that base has no figure for the site, or no base has: the caller says so, nobody guesses.
    Sending an engineer from elsewhere changes the expected arrival, never the promise.
    """
    rows = TravelTime.objects.filter(site=site, valid_from__lte=at).select_related("base")
    chosen = base.pk if base is not None else site.base_id
    if chosen is not None:
        rows = rows.filter(base_id=chosen)
    newest = rows.order_by("base_id", "-valid_from").distinct("base_id")
    row = min(newest, key=lambda row: (row.minutes, row.km, row.base_id), default=None)
    if row is None:
        return None
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
