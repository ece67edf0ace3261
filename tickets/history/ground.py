"""What imported tickets stand on: hospital and site, the account they are filed by, the other desk's promises.

`check` reads only and raises MapError for a map that does not go with what is here; `lay` makes what is missing.
Promises are never edited once they are used: a map that changes them has to name another source.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.text import slugify

from people.models import Hospital, Region, Role, Site, User
from sla import calendars
from sla.models import Calendar, Commitment, Ladder, PauseReason, Policy
from tickets.history.map import Clock, LogMap, MapError
from tickets.workflow.history import Place

GROUND_LOCK = 5_240_012
"""Advisory lock: of two imports that begin at once the second finds what the first has laid."""
EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when an imported promise holds: before anything that a log may tell."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A hospital and a site named on the command line, instead of the map's; empty: the map's."""

    hospital: str = ""
    site: str = ""


def check(log: LogMap, chosen: Chosen) -> None:
    """MapError when the map contradicts what is here; writes nothing."""
    _site(log, chosen)
    calendar = _calendar(log)
    ladder = _ladder(log)
    policy = Policy.objects.filter(code=log.policy).first()
    if policy is None:
        return
    known = {row.code: row for row in policy.commitments.all()}
    wanted = {clock.code: _terms(clock, calendar, ladder, n) for n, clock in enumerate(log.clocks, start=1)}
    for code in known.keys() | wanted.keys():
        terms = wanted.get(code)
        if code not in known or terms is None or any(getattr(known[code], name) != terms[name] for name in terms):
            raise MapError(f"clocks.{code}", f"differs from the first import of “{log.source}”; take another source")


@transaction.atomic
def lay(log: LogMap, chosen: Chosen) -> Place:
    """Make what is missing; a second time changes nothing. Raises as `check`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [GROUND_LOCK])
    check(log, chosen)
    for code, name in log.pauses.items():
        # Not in use: nobody here picks a foreign reason.
        PauseReason.objects.get_or_create(code=code, defaults={"name": name, "is_active": False})
    calendar = _calendar(log) or _make_calendar(log)
    policy, made = Policy.objects.get_or_create(code=log.policy, defaults={"name": f"{log.name} ({log.source})"})
    if made:
        Commitment.objects.bulk_create(
            Commitment(policy=policy, valid_from=EVER, **_terms(clock, calendar, _ladder(log), number))
            for number, clock in enumerate(log.clocks, start=1)
        )
    site = _site(log, chosen) or _make_site(log)
    return Place(site, _reporter(log, site.hospital))


def _terms(clock: Clock, calendar: Calendar | None, ladder: Ladder | None, position: int) -> dict[str, Any]:
    """A clock of the map as the columns of a commitment."""
    return {
        "code": clock.code,
        "name": clock.name,
        "clause": clock.clause,
        "position": position,
        "starts_on": list(clock.starts_on),
        "stops_on": list(clock.stops_on),
        "cancels_on": list(clock.cancels_on),
        "pause_reasons": list(clock.pauses),
        "targets": [{"when": {"priority": priority}, "minutes": minutes} for priority, minutes in clock.minutes],
        "calendar_id": calendar.pk if calendar else None,
        "ladder_id": ladder.pk if ladder else None,
    }


def _ladder(log: LogMap) -> Ladder | None:
    if not log.ladder:
        return None
    ladder = Ladder.objects.filter(name=log.ladder).first()
    if ladder is None:
        raise MapError("ladder", f"there is no escalation ladder “{log.ladder}”")
    return ladder


def _calendar(log: LogMap) -> Calendar | None:
    """The calendar when it stands already, the same as the map says."""
    wanted = log.calendar
    row = Calendar.objects.filter(code=wanted.code).first()
    if wanted.hours is None:
        if row is None or not row.versions.exists():
            raise MapError("calendar", f"there is no calendar “{wanted.code}” in force")
        return row
    try:
        calendars.compile_hours({"timezone": wanted.timezone, "hours": wanted.hours})
    except (ValueError, TypeError, AttributeError) as error:
        raise MapError("calendar.hours", str(error)) from None
    if strange := wanted.hours.keys() - {*calendars.WEEK, "extra"}:
        raise MapError("calendar.hours", f"unknown day “{min(strange)}”")
    if row is not None and (row.timezone, row.hours, row.follows_national) != (wanted.timezone, wanted.hours, False):
        raise MapError("calendar", f"the calendar “{wanted.code}” is here with other hours; name it as a text, or anew")
    return row


def _make_calendar(log: LogMap) -> Calendar:
    wanted = log.calendar
    row = Calendar.objects.create(
        code=wanted.code, name=wanted.name, timezone=wanted.timezone, hours=wanted.hours, follows_national=False
    )
    calendars.activate(row, by=None, now=EVER)
    return row


def _site(log: LogMap, chosen: Chosen) -> Site | None:
    """The site when it is here. One that the command line names has to be; the map's may be made."""
    hospital = chosen.hospital or log.hospital.name
    sites = Site.objects.filter(hospital__name=hospital).select_related("hospital").order_by("pk")
    name = chosen.site or ("" if chosen.hospital else log.hospital.site)
    site = (sites.filter(name=name) if name else sites).first()
    if site is None and (chosen.hospital or chosen.site):
        raise MapError("hospital", f"there is no site “{name}” of “{hospital}”")
    return site


def _make_site(log: LogMap) -> Site:
    wanted = log.hospital
    region = Region.objects.filter(name=wanted.region).first()
    if region is None:
        region = Region.objects.create(name=wanted.region, code=slugify(wanted.region) or f"import-{log.source}")
    hospital, _made = Hospital.objects.get_or_create(name=wanted.name, defaults={"region": region, "city": wanted.city})
    return Site.objects.create(
        hospital=hospital,
        name=wanted.site,
        address=wanted.address,
        city=wanted.city,
        latitude=wanted.latitude,
        longitude=wanted.longitude,
        timezone=log.timezone,
    )


def _reporter(log: LogMap, hospital: Hospital) -> User:
    """An account without a password that is not active: nobody signs in with it and no mail goes to it."""
    email = f"{log.source}.{hospital.pk}@import.invalid"
    known = User.objects.get_queryset().filter(email=email).first()
    return known or User.objects.create_user(
        name=log.name, email=email, role=Role.HOSPITAL_STAFF, hospital=hospital, is_active=False
    )
