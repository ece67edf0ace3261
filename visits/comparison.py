"""The travel table against the clock: how long the ways of a month really took (A2, N1).

Measured is what lies between "set out" and "arrived", from a base. The sums are pure; the rows come in one query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, OuterRef, Subquery
from django.db.models.fields.json import JSONField
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from people import travel
from people.models import ServiceBase, Site, TravelTime, User
from visits.models import Visit
from visits.states import Refused

ENOUGH = 3
"""Ways from which on a figure is called wrong: one bad day proves nothing."""
OFF_MINUTES, OFF_SHARE = 10, 0.15
"""A figure is wrong from this many minutes on, or this share of it, whichever is more."""
LONGEST = timedelta(days=2)
"""What took longer was no way to a site but a mistake of the phone."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What the table says of a way now."""

    minutes: int
    km: int
    mode: str
    is_estimate: bool


@dataclass(frozen=True, slots=True)
class Trip:
    """One way that was measured; `figure`: None when the table has none."""

    base: int
    base_name: str
    site: int
    site_name: str
    minutes: float
    figure: Figure | None


@dataclass(frozen=True, slots=True)
class Line:
    """A base and a site: how many ways, their median in whole minutes, and how far the table is from it.

    `difference`: median less the table's figure, so positive when the promise was made from too little.
    """

    base: int
    base_name: str
    site: int
    site_name: str
    count: int
    median: int
    figure: Figure | None

    @property
    def difference(self) -> int | None:
        return self.median - self.figure.minutes if self.figure else None

    @property
    def is_off(self) -> bool:
        """Whether somebody should look at the table."""
        if self.count < ENOUGH:
            return False
        if self.figure is None or self.difference is None:
            return True
        return abs(self.difference) >= max(OFF_MINUTES, OFF_SHARE * self.figure.minutes)


def compare(trips: Iterable[Trip]) -> tuple[Line, ...]:
    """A line for each base and site, the figures that are wrong first, the worst of them at the head."""
    ways: dict[tuple[int, int], list[Trip]] = defaultdict(list)
    for trip in trips:
        ways[trip.base, trip.site].append(trip)
    lines = [_line(some) for some in ways.values()]
    return tuple(
        sorted(lines, key=lambda one: (not one.is_off, -abs(one.difference or 0), one.site_name, one.base_name))
    )


def _line(trips: list[Trip]) -> Line:
    one = trips[0]
    middle = round(median(trip.minutes for trip in trips))
    return Line(one.base, one.base_name, one.site, one.site_name, len(trips), middle, one.figure)


def of_month(month: date, *, user: User, now: datetime) -> tuple[Line, ...]:
    """The comparison of the month in which `month` lies, of the sites that `user` sees: one query."""
    return compare(_trips(month, user, now))


def _trips(month: date, user: User, now: datetime, **only: int) -> list[Trip]:
    zone = ZoneInfo(settings.TIME_ZONE)
    first = month.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    start, end = (datetime.combine(day, time.min, zone) for day in (first, after))
    newest = TravelTime.objects.filter(site=OuterRef("site"), base=OuterRef("travel_base"), valid_from__lte=now)
    figure = JSONObject(minutes="minutes", km="km", mode="mode", is_estimate="is_estimate")
    rows = (
        Visit.objects.for_user(user)
        .filter(travel_base__isnull=False, arrived_at__gte=start, arrived_at__lt=end, **only)
        .filter(departed_at__lt=F("arrived_at"), arrived_at__lt=F("departed_at") + LONGEST)
        .annotate(figure=Subquery(newest.order_by("-valid_from").values(figure=figure)[:1], output_field=JSONField()))
        .order_by("pk")
        .values_list(
            "travel_base",
            "travel_base__name",
            "site",
            "site__hospital__name",
            "site__name",
            "departed_at",
            "arrived_at",
            "figure",
        )
    )
    return [
        Trip(base, base_name, site, f"{hospital} · {name}", (arrived - departed).total_seconds() / 60, _figure(row))
        for base, base_name, site, hospital, name, departed, arrived, row in rows
        if arrived and departed
    ]


def _figure(row: dict[str, object] | None) -> Figure | None:
    return Figure(**row) if row else None  # type: ignore[arg-type]


def take_over(site: Site, base: ServiceBase, month: date, *, by: User, now: datetime) -> TravelTime:
    """Put the month's median into the travel table, from `now` on; running promises keep their figure.

    Raises `Refused` when nothing was measured on that way.
    """
    lines = compare(_trips(month, by, now, site=site.pk, travel_base=base.pk))
    if not lines:
        raise Refused(_("Nobody drove there from this base in that month."))
    (line,) = lines
    figure = line.figure
    return travel.put(
        site,
        base,
        minutes=max(line.median, 1),
        km=figure.km if figure else travel.estimate(base, site).km,
        mode=figure.mode if figure else TravelTime.Mode.ROAD,
        source=f"实测 {month:%Y-%m}，{line.count} 次",
        by=by,
        now=now,
    )
