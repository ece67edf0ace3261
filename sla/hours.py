"""Working hours: when a clock runs. Pure arithmetic, no Django, no reading of the time.

An instant is open when the wall clock of the calendar's zone says so: the local date picks a row of slots, and
the local time is inside one of them. So a slot that spans a clock change is really an hour shorter or longer.
Each UTC year is compiled when it is first touched, into sorted open spans with their running total; `add`,
`elapsed` and `is_open` are then a bisection or two. Instants are aware datetimes and come out in UTC, amounts are
timedeltas: whole microseconds, so sums never drift.
"""

from bisect import bisect_left, bisect_right
from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import count, islice
from zoneinfo import ZoneInfo

from sla.slots import ALL_DAY, CLOSED, Slots, check_slots

CLOSE_OF_BUSINESS = 18 * 60
ZERO = timedelta(0)
_ONE_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_TICK = timedelta(microseconds=1)
_FIRST_YEAR, _LAST_YEAR = 2, 9998
# Outside these years no zone's rules change: tzdata begins in the 1830s, and its last tables (Ramadan) end in 2087.
_RULES_BEGAN = 1800
_RULES_SETTLED = 2100


class HoursError(ValueError):
    """A question that the calendar can't answer; the text says why."""


class UnknownYear(HoursError):
    """A date was touched whose year is not among the calendar's `known_years`. Never guessed."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the calendar of the year {year} is not known")
        self.year = year


class NeverOpens(HoursError):
    """The open time that is left for ever is less than what was asked for."""


class OutOfRange(HoursError):
    """An instant outside the years 2 to 9998, or a sum that leads there."""


def to_utc(at: datetime) -> datetime:
    """The same instant in UTC; ValueError for a naive datetime, OutOfRange at the ends of time."""
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no UTC offset")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise OutOfRange(f"{at.isoformat()} is out of range") from None


class _Year:
    """The open spans of one UTC year.

    Span k opens at opens[k] and lasts used[k + 1] - used[k], where used[k] is the open time of the year before it.
    shifts[k] is opens[k] - used[k]: inside span k, instant = shifts[k] + open time of the year until then.
    """

    __slots__ = ("opens", "shifts", "used")

    def __init__(self, spans: list[tuple[datetime, datetime]]) -> None:
        self.opens = [opens for opens, _ in spans]
        self.used = [ZERO]
        for opens, closes in spans:
            self.used.append(self.used[-1] + (closes - opens))
        self.shifts = [opens - used for opens, used in zip(self.opens, self.used, strict=False)]

    @property
    def total(self) -> timedelta:
        return self.used[-1]

    def used_at(self, at: datetime) -> timedelta:
        """Open time of this year before `at`."""
        span = bisect_right(self.opens, at) - 1
        return min(at - self.shifts[span], self.used[span + 1]) if span >= 0 else ZERO

    def at(self, used: timedelta) -> datetime:
        """The first instant at which `used` (above 0, at most `total`) is used up: a closing, not the next opening."""
        return self.shifts[bisect_left(self.used, used) - 1] + used

    def spans_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans that close after `at`, the first one uncut."""
        for span in range(max(bisect_right(self.opens, at) - 1, 0), len(self.opens)):
            closes = self.shifts[span] + self.used[span + 1]
            if closes > at:
                yield self.opens[span], closes


@dataclass(frozen=True)
class WorkingHours:
    """One calendar: immutable and hashable.

    zone: IANA name. weekly: seven rows of slots, Monday first. A date has the first of: its row in `date_hours`;
    `on_extra_workday` (by default Monday's) if in `extra_workdays`; `on_holiday` (by default closed) if in
    `holidays`; its weekday's. known_years: years whose national calendar is published; None: it follows none.
    """

    zone: str
    weekly: tuple[Slots, ...]
    holidays: frozenset[date] = frozenset()
    extra_workdays: frozenset[date] = frozenset()
    date_hours: tuple[tuple[date, Slots], ...] = ()
    known_years: frozenset[int] | None = None
    on_holiday: Slots = CLOSED
    on_extra_workday: Slots | None = None

    tz: ZoneInfo = field(init=False, repr=False, compare=False)
    always_open: bool = field(init=False, repr=False, compare=False)
    _special_years: frozenset[int] = field(init=False, repr=False, compare=False)
    _dates: dict[date, Slots] = field(init=False, repr=False, compare=False, default_factory=dict)
    _years: dict[int, _Year] = field(init=False, repr=False, compare=False, default_factory=dict)
    _alike: dict[tuple[bool, int, bool], int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise ValueError("a week has seven rows of slots, Monday first")
        extra = self.weekly[0] if self.on_extra_workday is None else self.on_extra_workday
        self._dates.update((day, self.on_holiday) for day in self.holidays)
        self._dates.update((day, extra) for day in self.extra_workdays)
        self._dates.update(self.date_hours)
        rows = (*self.weekly, *self._dates.values())
        for row in (*rows, self.on_holiday, extra):
            check_slots(row)
        # The dataclass is frozen for everybody else.
        object.__setattr__(self, "tz", ZoneInfo(self.zone))
        # Their neighbours too: the first and last hours of a local year lie in another UTC year.
        years = frozenset(day.year + step for day in self._dates for step in (-1, 0, 1))
        object.__setattr__(self, "_special_years", years)
        object.__setattr__(self, "always_open", self.known_years is None and all(row == ALL_DAY for row in rows))

    # Questions about instants

    def add(self, start: datetime, target: timedelta) -> datetime:
        """The instant at which `target` of open time has passed since `start`.

        Used up exactly at closing, it falls due at that closing; a zero target falls due at its start. ValueError for a
        negative target; UnknownYear, NeverOpens or OutOfRange when there is no answer.
        """
        if start.tzinfo is not UTC:
            start = to_utc(start)
        if target <= ZERO:
            return _nothing_to_use(start, target)
        if self.always_open:
            return _plus(start, target)
        year = self._years.get(start.year)
        if year is not None:  # the short way: due in the same year, no function calls
            span = bisect_right(year.opens, start)
            if span:
                used = start - year.shifts[span - 1]
                if used > year.used[span]:
                    used = year.used[span]
                used += target
                span = bisect_left(year.used, used, span)
                if span < len(year.used):
                    return year.shifts[span - 1] + used
        return self._add_over_years(start, target)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Open time between two instants; 0 when `end` is not after `start`. UnknownYear, OutOfRange."""
        start, end = to_utc(start), to_utc(end)
        if end <= start:
            return ZERO
        if self.always_open:
            return end - start
        self._require_known(start, end - _TICK)
        used = self._year(end.year).used_at(end) - self._year(start.year).used_at(start)
        return used + sum(map(self._total, range(start.year, end.year)), ZERO)

    def is_open(self, at: datetime) -> bool:
        """Whether the clock runs at that instant: a slot is open at its start and closed at its end."""
        at = to_utc(at)
        if self.always_open:
            return True
        self._require_known(at, at)
        return any(opens <= at for opens, _ in islice(self._year(at.year).spans_from(at), 1))

    def next_open(self, at: datetime) -> datetime:
        """The first open instant that is not before `at`. UnknownYear, NeverOpens, OutOfRange."""
        at = to_utc(at)
        return next(max(opens, at) for opens, _ in self._spans_from(at))

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open spans between two instants, in order, cut to them; one that runs over New Year may come in two."""
        start, end = to_utc(start), to_utc(end)
        if not self.elapsed(start, end):
            return
        for opens, closes in self._spans_from(start, end.year):
            if opens >= end:
                return
            yield max(opens, start), min(closes, end)
            if closes >= end:
                return

    # Questions about dates

    def in_any_year(self) -> "WorkingHours":
        """The same hours with unknown years read as ordinary weeks: only for what is marked provisional."""
        return _in_any_year(self)

    def slots_on(self, day: date) -> Slots:
        """The slots of one local date, by the precedence above; UnknownYear."""
        if self.known_years is not None and day.year not in self.known_years:
            raise UnknownYear(day.year)
        row = self._dates.get(day)
        return self.weekly[day.weekday()] if row is None else row

    def local_date(self, at: datetime) -> date:
        """The date that the wall clock of the zone shows."""
        try:
            return to_utc(at).astimezone(self.tz).date()
        except OverflowError:
            raise OutOfRange(f"{at.isoformat()} is out of range") from None

    def instant(self, day: date, minute: int) -> datetime:
        """The instant of a wall-clock time (minute of the day, 1440 = next midnight), the earlier of two in a fold."""
        try:
            return (datetime(day.year, day.month, day.day, tzinfo=self.tz) + timedelta(minutes=minute)).astimezone(UTC)
        except OverflowError:
            raise OutOfRange(f"{day.isoformat()} is out of range") from None

    def nth_workday(self, after: date, days: int) -> date:
        """The `days`-th date after `after` that has open hours; `days` is at least 1."""
        day = after
        try:
            while True:
                if self.known_years is None and day.year > max(self._special_years, default=0):
                    in_a_week = sum(map(bool, self.weekly))
                    if not in_a_week:
                        raise NeverOpens("the hours have no working day left")
                    weeks = (days - 1) // in_a_week
                    day, days = day + weeks * 7 * _ONE_DAY, days - weeks * in_a_week
                day += _ONE_DAY
                days -= bool(self.slots_on(day))
                if not days:
                    return day
        except OverflowError:
            raise OutOfRange("the working days lead out of the calendar") from None

    def workdays(self, start: datetime, days: int, close: int = CLOSE_OF_BUSINESS) -> datetime:
        """Whole working days by the Civil Code, art. 201 to 203 (clause A6).

        The day of `start` is not counted; due at close of business (`close`, minute of the day) of the `days`-th date
        that has open hours. Zero days fall due at the start.
        """
        if days <= 0:
            return _nothing_to_use(to_utc(start), days * _ONE_DAY)
        return self.instant(self.nth_workday(self.local_date(start), days), close)

    # Compilation

    def _add_over_years(self, start: datetime, target: timedelta) -> datetime:
        self._require_known(start, start)
        number = start.year
        left = self._year(number).used_at(start) + target
        while left > (total := self._total(number)):
            left -= total
            number += 1
            self._require_more(number)
        return self._year(number).at(left)

    def _spans_from(self, at: datetime, last: int | None = None) -> Iterator[tuple[datetime, datetime]]:
        """The open spans from `at` on, to the end of the UTC year `last`: behind it nothing need be known or open."""
        if self.always_open:
            yield at, datetime.max.replace(tzinfo=UTC)
            return
        self._require_known(at, at)
        yield from self._year(at.year).spans_from(at)
        for number in count(at.year + 1) if last is None else range(at.year + 1, last + 1):
            if last is None:
                self._require_more(number)
            if self._total(number):
                yield from self._year(number).spans_from(at)

    def _require_known(self, first: datetime, last: datetime) -> None:
        if self.known_years is not None:
            for year in range(self.local_date(first).year, self.local_date(last).year + 1):
                if year not in self.known_years:
                    raise UnknownYear(year)

    def _require_more(self, number: int) -> None:
        """That looking into the next UTC year makes sense: it is known, and the hours still open."""
        if not any(self.weekly) and number > max(self._special_years, default=0):
            raise NeverOpens("the hours never open again")
        new_year = _new_year(number)
        self._require_known(new_year, new_year)

    def _total(self, number: int) -> timedelta:
        """Open time of a UTC year. Far from special dates and from changes of rules, years of one shape are alike."""
        past = number < _RULES_BEGAN
        if (past or number > _RULES_SETTLED) and number not in self._special_years:
            shape = (past, date(number, 1, 1).weekday(), isleap(number))
            number = self._alike.setdefault(shape, number)
        return self._year(number).total

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            year = self._years[number] = self._compile(number)
        return year

    def _compile(self, number: int) -> _Year:
        """Each stretch without a clock change: the slots of its local dates, cut to it. Unknown years stay closed."""
        spans: list[tuple[datetime, datetime]] = []
        for begin, end, offset in _stretches(self.tz, _new_year(number), _new_year(number + 1)):
            day = (begin + offset).date()
            midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - offset
            while midnight < end:
                known = self.known_years is None or day.year in self.known_years
                for opens, closes in self.slots_on(day) if known else CLOSED:
                    span = (
                        max(midnight + timedelta(minutes=opens), begin),
                        min(midnight + timedelta(minutes=closes), end),
                    )
                    if spans and spans[-1][1] == span[0] < span[1]:
                        spans[-1] = (spans[-1][0], span[1])
                    elif span[0] < span[1]:
                        spans.append(span)
                day, midnight = day + _ONE_DAY, midnight + _ONE_DAY
        return _Year(spans)


@lru_cache(maxsize=256)
def _in_any_year(hours: WorkingHours) -> WorkingHours:
    return replace(hours, known_years=None)


def _stretches(tz: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The parts of begin..end (UTC) in which the zone keeps one offset. No zone has two changes within a day."""
    at, offset = begin, _offset(tz, begin)
    while at < end:
        at += _ONE_DAY
        if (changed := _offset(tz, at)) != offset:
            same, other = at - _ONE_DAY, at
            while other - same > _SECOND:  # changes fall on whole seconds
                middle = same + timedelta(seconds=(other - same) // _SECOND // 2)
                same, other = (middle, other) if _offset(tz, middle) == offset else (same, middle)
            yield begin, other, offset
            begin, offset = other, changed
    if begin < end:
        yield begin, end, offset


def _offset(tz: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(tz).utcoffset() or ZERO


def _new_year(number: int) -> datetime:
    if not _FIRST_YEAR <= number <= _LAST_YEAR + 1:
        raise OutOfRange(f"the year {number} is out of range")
    return datetime(number, 1, 1, tzinfo=UTC)


def _nothing_to_use(start: datetime, target: timedelta) -> datetime:
    if target < ZERO:
        raise ValueError(f"a target can't be negative: {target}")
    return start


def _plus(start: datetime, target: timedelta) -> datetime:
    try:
        return start + target
    except OverflowError:
        raise OutOfRange(f"{start.isoformat()} + {target} is out of range") from None
