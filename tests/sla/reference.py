"""A slow second opinion on working time: look at the wall clock at every step and count.

Shares no code and no idea with `sla.hours`: no intervals, no years, no sums; the clock's face is compared as text.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Row = list[list[str]]
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@dataclass
class Reference:
    """The question of `sla_simulate`, asked of a wall clock."""

    timezone: str
    hours: dict[str, Row]
    holidays: set[date] = field(default_factory=set)
    extra_workdays: set[date] = field(default_factory=set)
    date_hours: dict[date, Row] = field(default_factory=dict)
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    def row(self, day: date) -> Row:
        if day in self.date_hours:
            return self.date_hours[day]
        if day in self.extra_workdays:
            return self.hours.get("extra", self.hours.get("mon", []))
        if day in self.holidays:
            return []
        return self.hours.get(WEEK[day.weekday()], [])

    def is_open(self, at: datetime) -> bool:
        if any(begin <= at and (end is None or at < end) for begin, end in self.pauses):
            return False
        local = at.astimezone(ZoneInfo(self.timezone))
        face = local.isoformat()[11:]
        return any(opens <= face < closes for opens, closes in self.row(local.date()))

    def add(self, start: datetime, steps: int, step: timedelta, most: int) -> datetime | None:
        """When `steps` open steps have been counted; None if not within `most` steps."""
        at, left = start.astimezone(UTC), steps
        for _ in range(most):
            if not left:
                return at
            left -= self.is_open(at)
            at += step
        return None if left else at

    def elapsed(self, start: datetime, end: datetime, step: timedelta) -> timedelta:
        at, passed = start.astimezone(UTC), timedelta(0)
        while at < end:
            passed += step * self.is_open(at)
            at += step
        return passed

    def workdays(self, start: datetime, days: int, close: time) -> datetime:
        """Day by day; a day whose close lies inside a pause is passed over. Endless pauses are not for this one."""
        zone = ZoneInfo(self.timezone)
        day = start.astimezone(zone).date()
        at = start
        while days:
            day += timedelta(days=1)
            at = datetime.combine(day, close, tzinfo=zone).astimezone(UTC)
            paused = any(begin < at and (end is None or at < end) for begin, end in self.pauses)
            days -= bool(self.row(day)) and not paused
        return at


def days_around(day: date, reach: int) -> Iterable[date]:
    """The dates from `reach` days before to `reach` days after."""
    return (day + timedelta(days=n) for n in range(-reach, reach + 1))
