"""Calendars between their editable rows and the pure hours that clocks count by (N11).

Administrators edit `Calendar`, `NationalYear` and `NationalDay`. `activate` freezes what they say into a
`CalendarVersion`; clocks use the version in force when they start, and a running clock moves to a later
one only through a CALENDAR_CHANGED fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast

from django.db import transaction
from django.db.models import Q

from people.models import User
from sla.chinese import DayKind, SpecialDay
from sla.hours import WorkingHours
from sla.models import Calendar, CalendarVersion, NationalDay, NationalYear
from sla.slots import Slots, slots

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _row(pairs: list[list[str]]) -> Slots:
    return slots(*((opens, closes) for opens, closes in pairs))


def compile_hours(content: dict[str, Any]) -> WorkingHours:
    """Turn a version's `content` into hours; ValueError says which slot or date is wrong."""
    hours = content["hours"]
    years = content.get("years")
    extra = hours.get("extra")
    return WorkingHours(
        zone=content["timezone"],
        weekly=tuple(_row(hours.get(day, [])) for day in WEEK),
        holidays=frozenset(date.fromisoformat(day) for day in content.get("holidays", [])),
        extra_workdays=frozenset(date.fromisoformat(day) for day in content.get("extra_workdays", [])),
        known_years=frozenset(years) if years is not None else None,
        on_holiday=_row(content.get("rest_hours", [])),
        on_extra_workday=_row(extra) if extra is not None else None,
    )


@lru_cache(maxsize=256)
def _hours_of(version_id: int) -> tuple[int, WorkingHours]:
    version = CalendarVersion.objects.get(pk=version_id)
    return version.number, compile_hours(version.content)


def standing(year: int | None = None) -> list[SpecialDay]:
    """The days of the national table as they stand now, by date: of one year, or of every published one."""
    days = NationalDay.objects.filter(Q(year__year=year) if year is not None else Q(year__is_published=True))
    rows = days.order_by("date").values_list("date", "kind", "name")
    return [SpecialDay(day, cast(DayKind, kind), name) for day, kind, name in rows]


def compose(calendar: Calendar, drafted: tuple[int, Sequence[SpecialDay]] | None = None) -> dict[str, Any]:
    """What `calendar` says now, as the content of a version; `drafted`: with these days of that year instead."""
    content: dict[str, Any] = {
        "timezone": calendar.timezone,
        "hours": calendar.hours,
        "rest_hours": calendar.rest_hours,
    }
    if calendar.follows_national:
        years = set(NationalYear.objects.filter(is_published=True).values_list("year", flat=True))
        days = standing()
        if drafted is not None:
            year, instead = drafted
            years.add(year)
            days = sorted([*(day for day in days if day.day.year != year), *instead])
        content["years"] = sorted(years)
        content["holidays"] = [one.day.isoformat() for one in days if one.kind == "holiday"]
        content["extra_workdays"] = [one.day.isoformat() for one in days if one.kind == "workday"]
    return content


@transaction.atomic
def activate(calendar: Calendar, *, by: User | None, now: datetime) -> CalendarVersion:
    """Freeze what `calendar` says into a new version, in force from `now`; the same content makes none.

    ValueError when the hours cannot be compiled. Running clocks keep their version until
    `deadlines.follow_calendar` moves them.
    """
    calendar = Calendar.objects.select_for_update().get(pk=calendar.pk)
    content = compose(calendar)
    compile_hours(content)
    newest = calendar.versions.order_by("-number").first()
    if newest is not None and newest.content == content:
        return newest
    number = (newest.number if newest else 0) + 1
    return CalendarVersion.objects.create(
        calendar=calendar, number=number, content=content, active_from=now, activated_by=by
    )


def in_force(versions: list[CalendarVersion], at: datetime) -> CalendarVersion:
    """The version that counted at `at`; before the first one, the first one. `versions` newest first."""
    for version in versions:
        if version.active_from <= at:
            return version
    return versions[-1]


def hours_of(version: CalendarVersion) -> WorkingHours:
    """The compiled hours of a frozen version, kept in memory since a version never changes."""
    return _hours_of(version.pk)[1]


def unpublished_years(now: datetime) -> list[int]:
    """Years that clocks started within the next 90 days may touch and whose table is not loaded."""
    wanted = {now.year} | ({now.year + 1} if now.month >= 10 else set())
    loaded = NationalYear.objects.filter(is_published=True, year__in=wanted)
    return sorted(wanted - set(loaded.values_list("year", flat=True)))
