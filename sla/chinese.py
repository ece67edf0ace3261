"""The Chinese working calendar as the State Council publishes it: days off and make-up workdays (调休).

From the package `chinesecalendar`, which lists published years only. A year that it does not list is unknown.
"""

from datetime import date
from functools import cache
from typing import Literal, NamedTuple

from chinese_calendar.constants import Holiday, holidays, workdays  # type: ignore[import-untyped, unused-ignore]

from sla.hours import UnknownYear

DayKind = Literal["holiday", "workday"]


class SpecialDay(NamedTuple):
    """A date that differs from its weekday; `name` is the Chinese name of the festival behind it."""

    day: date
    kind: DayKind
    name: str


@cache
def published_years() -> frozenset[int]:
    """The years whose table is there. Told by National Day: a notice may touch a day of the year before or after."""
    return frozenset(day.year for day in holidays if (day.month, day.day) == (10, 1))


@cache
def special_days(year: int) -> tuple[SpecialDay, ...]:
    """Every day off (weekends inside a festival too) and make-up workday of a year, by date; UnknownYear."""
    if year not in published_years():
        raise UnknownYear(year)
    off = [SpecialDay(day, "holiday", _chinese(name)) for day, name in holidays.items() if day.year == year]
    on = [SpecialDay(day, "workday", _chinese(name)) for day, name in workdays.items() if day.year == year]
    return tuple(sorted(off + on))


def _chinese(name: str) -> str:
    return str(Holiday(name).chinese)
