"""The way of one engineer to one site: whence, how long, and where the figure comes from (A2).

It gives the expected arrival, never the promise: that counts from the contract's base (worked example 3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from people import travel
from people.models import ServiceBase, Site, User
from visits.models import Crew, Visit


@dataclass(frozen=True, slots=True)
class Way:
    """Minutes in the traffic of that hour, kilometres, and whence. `base`: when it begins at one.

    `source` is that of the table; empty for an estimate (`is_estimate`) and for a figure set by hand (`reason`).
    """

    minutes: int
    km: int
    start_name: str
    source: str
    is_estimate: bool
    base: ServiceBase | None = None
    reason: str = ""


def way(engineer: User, site: Site, at: datetime, *, apart_from: Visit | None = None) -> Way | None:
    """The way of `engineer` who sets out about `at`: from the site of the visit before, else from their base.

    None when nobody knows where they are: they have no base and come from no visit.
    """
    before = _site_before(engineer, at, apart_from)
    base = engineer.team.base if engineer.team else None
    if before is not None:
        found = between(before, site)
    elif base is not None:
        found = from_base(base, site, travel.figure(site, at, base))
    else:
        return None
    return slowed(found, travel.factor(at, site.timezone))


def _site_before(engineer: User, at: datetime, apart_from: Visit | None) -> Site | None:
    recent = DateTimeTZRange(at - settings.VISIT_FOLLOWS_WITHIN, at, "[]")
    booked = Crew.objects.filter(engineer=engineer, released_at=None, during__overlap=recent)
    if apart_from is not None:
        booked = booked.exclude(visit=apart_from)
    last = booked.select_related("visit__site__hospital").order_by("-during").first()
    return last.visit.site if last else None


def from_base(base: ServiceBase, site: Site, figure: travel.Travel | None) -> Way:
    """By the travel table, else by estimate."""
    if figure is None:
        guess = travel.estimate(base, site)
        return Way(guess.minutes, guess.km, base.name, "", True, base)
    return Way(figure.minutes, figure.km, base.name, figure.source, figure.is_estimate, base)


def between(start: Site, site: Site) -> Way:
    """From one site to another, by estimate; nobody travels to where they are."""
    if start.pk == site.pk:
        return Way(0, 0, str(start), "", False)
    guess = travel.estimate(start, site)
    return Way(guess.minutes, guess.km, str(start), "", True)


def slowed(found: Way, factor: float) -> Way:
    """The same way when the roads are slower."""
    if factor == 1:
        return found
    return replace(found, minutes=round(found.minutes * factor), source=f"{found.source} × {factor:g}".lstrip())


def by_hand(found: Way | None, minutes: int, reason: str) -> Way:
    """A dispatcher knows better: their minutes, with their reason."""
    if found is None:
        return Way(minutes, 0, "", "", False, reason=reason)
    return replace(found, minutes=minutes, source="", is_estimate=False, reason=reason)
