"""When a promise falls due: start, target, working hours and pauses in; an instant, a rest or its arithmetic out.

The one place that computes a deadline. Pure: no Django, no reading of the time. Instants are aware datetimes and
come out in UTC. Where pauses overlap, time stands still once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import islice
from typing import Literal

from sla.hours import CLOSE_OF_BUSINESS, ZERO, WorkingHours, to_utc


@dataclass(frozen=True, slots=True)
class Pause:
    """Time that does not count, from `start` up to `end`; None while it lasts."""

    start: datetime
    end: datetime | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise ValueError(f"the pause ends before it starts: {self.start.isoformat()} to {self.end.isoformat()}")


@dataclass(frozen=True, slots=True)
class Workdays:
    """A target in whole working days by the Civil Code, art. 201 to 203 (A6); `close` in minutes of the day."""

    days: int
    close: int = CLOSE_OF_BUSINESS


Target = timedelta | Workdays
"""How much a promise allows: open time, or whole working days."""


@dataclass(frozen=True, slots=True)
class Part:
    """One summand of a target, for example 95 minutes of travel."""

    words: str
    amount: timedelta


MOST_LINES = 14
"""Longer stretches of spans are explained by their sum."""

LineKind = Literal["start", "part", "target", "day", "run", "pause", "ignored", "due", "never"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the arithmetic behind a deadline.

    start, due: at. part, target: delta. day: a working day that counts, at its close of business. run: the clock
    ran from `at` to `until`, used `delta` and had `left`. pause: it stood still from `at` to `until` with `left`.
    ignored: a pause that began when the promise had already fallen due. never: a pause without an end.
    """

    kind: LineKind
    at: datetime | None = None
    until: datetime | None = None
    delta: timedelta | None = None
    left: timedelta | None = None
    words: str = ""


def due_at(start: datetime, target: Target, hours: WorkingHours, pauses: Iterable[Pause] = ()) -> datetime | None:
    """The instant at which the target is used up; None when a pause without an end comes first.

    A pause that begins at or after that instant changes nothing: one entered after a breach leaves the breach.
    A working day is used up at its close of business; one whose close falls inside a pause does not count.
    Raises as `WorkingHours.add`.
    """
    if isinstance(target, Workdays):
        return _due_in_workdays(start, target, hours, merged(pauses))
    if target <= ZERO:
        return hours.add(start, target)
    for begin, end in running(start, pauses):
        worked = target if end is None else hours.elapsed(begin, end)
        if target <= worked:
            return hours.add(begin, target)
        target -= worked
    return None


def elapsed(start: datetime, end: datetime, hours: WorkingHours, pauses: Iterable[Pause] = ()) -> timedelta:
    """Open time between two instants without the pauses; 0 when `end` is not after `start`."""
    return sum(
        (hours.elapsed(begin, end if stop is None else min(stop, end)) for begin, stop in running(start, pauses)), ZERO
    )


def is_running(at: datetime, hours: WorkingHours, pauses: Iterable[Pause] = ()) -> bool:
    """Whether time counts at that instant: inside working hours and outside every pause (start in, end out)."""
    return hours.is_open(at) and not any(
        pause.start <= at and (pause.end is None or at < pause.end) for pause in pauses
    )


def remaining(
    start: datetime, target: Target, at: datetime, hours: WorkingHours, pauses: Iterable[Pause] = ()
) -> timedelta:
    """What is left of the target at that instant; negative once it is overdue.

    Of an amount: open time, frozen during a pause. Of working days: plain time to the deadline that would hold if a
    pause that is still open ended at that instant.
    """
    if not isinstance(target, Workdays):
        return target - elapsed(start, at, hours, pauses)
    until_now = [Pause(p.start, at if p.end is None else min(p.end, at)) for p in pauses if p.start < at]
    due = due_at(start, target, hours, until_now)
    assert due is not None  # every pause has an end now
    return due - at


def instant_of(
    start: datetime, target: Target, hours: WorkingHours, pauses: Iterable[Pause], fraction: Fraction | float
) -> datetime | None:
    """The instant at which `fraction` of the target is used: an escalation step (0.5, 0.8; 1 is the deadline itself).

    Of working days it is that part of the plain time between start and deadline. None as `due_at`.
    """
    if not isinstance(target, Workdays):
        return due_at(start, scaled(target, fraction), hours, pauses)
    due = due_at(start, target, hours, pauses)
    return None if due is None else to_utc(start) + scaled(due - start, fraction)


def scaled(amount: timedelta, fraction: Fraction | float) -> timedelta:
    """A part of an amount, to the nearest microsecond."""
    return timedelta(microseconds=round(amount // timedelta(microseconds=1) * Fraction(fraction)))


def merged(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """The same pauses in order, those that overlap or touch made one; their reasons are joined."""
    found: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: pause.start):
        last = found[-1] if found else None
        if last is None or (last.end is not None and last.end < pause.start):
            found.append(pause)
            continue
        end = None if last.end is None or pause.end is None else max(last.end, pause.end)
        reasons = dict.fromkeys(reason for reason in (last.reason, pause.reason) if reason)
        found[-1] = Pause(last.start, end, "; ".join(reasons))
    return tuple(found)


def running(start: datetime, pauses: Iterable[Pause]) -> Iterator[tuple[datetime, datetime | None]]:
    """The stretches from `start` on that no pause covers; the last has no end, unless a pause has none."""
    for pause in merged(pauses):
        if pause.end is not None and pause.end <= start:
            continue
        if pause.start > start:
            yield start, pause.start
        if pause.end is None:
            return
        start = pause.end
    yield start, None


def explain(
    start: datetime, target: Sequence[Part] | Workdays, hours: WorkingHours, pauses: Iterable[Pause] = ()
) -> tuple[Line, ...]:
    """The arithmetic from start to deadline, line by line, so that anybody can check it. Raises as `due_at`."""
    start = to_utc(start)
    stops = [pause for pause in merged(pauses) if pause.end is None or pause.end > start]
    if isinstance(target, Workdays):
        due = due_at(start, target, hours, stops)
        body = _day_lines(start, target, hours, _before(due, stops))
    else:
        total = sum((part.amount for part in target), ZERO)
        due = due_at(start, total, hours, stops)
        body = [Line("part", delta=part.amount, words=part.words) for part in target]
        body += [Line("target", delta=total), *_run_lines(start, due, total, hours, _before(due, stops))]
    end = Line("never") if due is None else Line("due", at=due)
    ignored = [_pause_line("ignored", pause) for pause in stops[len(_before(due, stops)) :]]
    return (Line("start", at=start), *body, end, *ignored)


def anniversary(day: date, years: int) -> date:
    """The same date `years` later, 28 February for a 29th that is missing (Civil Code, art. 201, 202).

    Of an acceptance it is the last free day of a warranty: the first day is not counted.
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        if (day.month, day.day) != (2, 29):
            raise
        return date(day.year + years, 2, 28)


def contract_year(start: date, on: date) -> tuple[date, date]:
    """First and last day of the contract year that holds `on`; years are counted from `start`, itself included."""
    if on < start:
        raise ValueError(f"{on} lies before the contract's start, {start}")
    years = on.year - start.year
    if anniversary(start, years) > on:
        years -= 1
    return anniversary(start, years), anniversary(start, years + 1) - timedelta(days=1)


def _due_in_workdays(start: datetime, target: Workdays, hours: WorkingHours, stops: Sequence[Pause]) -> datetime | None:
    if target.days <= 0:
        return hours.workdays(start, target.days, target.close)
    day, left = hours.local_date(start), target.days
    for stop in stops:
        used = list(islice(_workdays(hours, day, _last_closed(hours, target.close, to_utc(stop.start))), left))
        if len(used) == left:
            return hours.instant(used[-1], target.close)
        if stop.end is None:
            return None
        left -= len(used)
        # A close at the very end of the pause counts.
        day = max(day, _last_closed(hours, target.close, to_utc(stop.end) - timedelta(microseconds=1)))
    return hours.instant(hours.nth_workday(day, left), target.close)


def _last_closed(hours: WorkingHours, close: int, at: datetime) -> date:
    """The last date whose close of business is not after `at`."""
    day = hours.local_date(at)
    return day if hours.instant(day, close) <= at else day - timedelta(days=1)


def _workdays(hours: WorkingHours, after: date, until: date) -> Iterator[date]:
    while after < until:
        after += timedelta(days=1)
        if hours.slots_on(after):
            yield after


def _before(due: datetime | None, stops: Sequence[Pause]) -> Sequence[Pause]:
    return [stop for stop in stops if due is None or stop.start < due]


def _pause_line(kind: LineKind, stop: Pause, left: timedelta | None = None) -> Line:
    return Line(kind, at=to_utc(stop.start), until=stop.end and to_utc(stop.end), left=left, words=stop.reason)


def _day_lines(start: datetime, target: Workdays, hours: WorkingHours, stops: Sequence[Pause]) -> list[Line]:
    """The working days that count and the pauses, by time; of a long target the first days only."""
    closes = (
        due_at(start, Workdays(n, target.close), hours, stops) for n in range(1, min(target.days, MOST_LINES) + 1)
    )
    lines = [(close, Line("day", at=close, words=str(n))) for n, close in enumerate(closes, start=1) if close]
    lines += [(stop.start, _pause_line("pause", stop)) for stop in stops]
    return [line for _, line in sorted(lines, key=lambda line: line[0])]


def _run_lines(
    at: datetime, due: datetime | None, left: timedelta, hours: WorkingHours, stops: Sequence[Pause]
) -> Iterator[Line]:
    """Every open span that was used, or one sum for a stretch of many, and the pauses between."""
    for stop in (*stops, None):
        end = due if stop is None else to_utc(stop.start)
        if end is not None and at < end:
            spans = list(islice(hours.spans(at, end), MOST_LINES + 1))
            for begin, close in spans if len(spans) <= MOST_LINES else [(at, end)]:
                used = hours.elapsed(begin, close)
                left -= used
                yield Line("run", at=begin, until=close, delta=used, left=left)
        if stop is not None:
            yield _pause_line("pause", stop, left)
            at = at if stop.end is None else max(at, to_utc(stop.end))
