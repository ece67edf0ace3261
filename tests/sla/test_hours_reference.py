"""Working hours against a slow reference, and what must hold of any calendar."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from sla.hours import NeverOpens, WorkingHours
from sla.slots import ALL_DAY, CLOSED, slots
from tests.sla.calendars import calendars, engine, examples, instants
from tests.sla.reference import MINUTE, SECOND, Reference

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
NINE_TO_SIX = slots(("09:00", "18:00"))
WINDOW = 5 * 24 * 60  # minutes that the reference walks at most


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


# Against the reference


@examples
@given(calendars(), st.data(), st.integers(0, 2000))
def test_adding_equals_counting_minutes_on_the_wall_clock(
    case: tuple[Reference, date], data: st.DataObject, n: int
) -> None:
    reference, day = case
    start = data.draw(instants(day, 48, MINUTE))
    expected = reference.add(start, n, MINUTE, WINDOW)
    try:
        due = engine(reference).add(start, minutes(n))
    except NeverOpens:
        assert expected is None
    else:
        assert due == expected if expected else due > start + minutes(WINDOW)


@examples
@given(calendars(), st.data())
def test_elapsed_equals_counting_minutes_on_the_wall_clock(case: tuple[Reference, date], data: st.DataObject) -> None:
    reference, day = case
    start, end = data.draw(instants(day, 60, MINUTE)), data.draw(instants(day, 60, MINUTE))
    assert engine(reference).elapsed(start, end) == reference.elapsed(start, end, MINUTE)


@examples
@given(calendars(), st.data())
def test_seconds_count_alike_in_the_hours_around_a_clock_change(
    case: tuple[Reference, date], data: st.DataObject
) -> None:
    reference, day = case
    start = data.draw(instants(day, 20, SECOND))
    end = start + timedelta(seconds=data.draw(st.integers(0, 5000)))
    passed = engine(reference).elapsed(start, end)
    assert passed == reference.elapsed(start, end, SECOND)
    if passed:
        assert engine(reference).add(start, passed) == reference.add(start, int(passed.total_seconds()), SECOND, 5000)


@examples
@given(calendars(), st.data())
def test_open_is_what_the_wall_clock_says_at_any_microsecond(case: tuple[Reference, date], data: st.DataObject) -> None:
    reference, day = case
    hours = engine(reference)
    for _ in range(20):
        at = data.draw(instants(day, 72, MINUTE)) + timedelta(
            microseconds=data.draw(st.sampled_from([-1, 0, 1, 59_999_999]))
        )
        assert hours.is_open(at) == reference.is_open(at)


@examples
@given(calendars(), st.data())
def test_the_next_opening_is_the_first_open_minute(case: tuple[Reference, date], data: st.DataObject) -> None:
    reference, day = case
    at = data.draw(instants(day, 48, MINUTE))
    expected = next((at + n * MINUTE for n in range(WINDOW) if reference.is_open(at + n * MINUTE)), None)
    assume(expected)
    assert engine(reference).next_open(at) == expected


# What must hold of any calendar


amounts = st.integers(0, 10**10).map(lambda n: timedelta(microseconds=n))
times = st.datetimes(datetime(2023, 1, 1), datetime(2028, 1, 1), timezones=st.sampled_from([UTC, SHANGHAI, NEW_YORK]))


def opens_at_all(reference: Reference) -> bool:
    return any(reference.hours.get(name) for name in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))


@examples
@given(calendars(), times, amounts)
def test_what_was_added_has_elapsed(case: tuple[Reference, date], start: datetime, amount: timedelta) -> None:
    assume(opens_at_all(case[0]))
    hours = engine(case[0])
    assert hours.elapsed(start, hours.add(start, amount)) == amount


@examples
@given(calendars(), times, amounts, amounts)
def test_adding_in_two_steps_is_adding_at_once(
    case: tuple[Reference, date], start: datetime, one: timedelta, two: timedelta
) -> None:
    assume(opens_at_all(case[0]) and two)
    hours = engine(case[0])
    assert hours.add(hours.add(start, one), two) == hours.add(start, one + two)


@examples
@given(calendars(), times, times, amounts, amounts)
def test_a_later_start_or_a_larger_target_is_never_due_earlier(
    case: tuple[Reference, date], start: datetime, later: datetime, one: timedelta, two: timedelta
) -> None:
    assume(opens_at_all(case[0]) and one)
    hours = engine(case[0])
    assert hours.add(min(start, later), one) <= hours.add(max(start, later), one)
    assert hours.add(start, one) <= hours.add(start, one + two)


@examples
@given(calendars(), times, times, times)
def test_elapsed_adds_up_over_any_middle(case: tuple[Reference, date], a: datetime, b: datetime, c: datetime) -> None:
    hours = engine(case[0])
    a, b, c = sorted((a, b, c))
    assert hours.elapsed(a, b) + hours.elapsed(b, c) == hours.elapsed(a, c)


@examples
@given(calendars(), times, st.integers(0, 10**6))
def test_the_open_spans_add_up_to_elapsed(case: tuple[Reference, date], start: datetime, n: int) -> None:
    hours, end = engine(case[0]), start + minutes(n)
    spans = list(hours.spans(start, end))
    assert sum((b - a for a, b in spans), timedelta(0)) == hours.elapsed(start, end)
    assert all(start <= a < b <= end for a, b in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))


def test_far_years_count_as_if_each_were_walked() -> None:
    """Years far from special dates are taken together by their shape."""
    far = frozenset([date(2150, 1, 1), date(2160, 12, 31)])
    hours = WorkingHours("America/New_York", (NINE_TO_SIX,) * 4 + (slots(("01:30", "02:45")), CLOSED, ALL_DAY), far)
    start, walked = datetime(2091, 5, 5, tzinfo=UTC), timedelta(0)
    for year in range(2091, 2230):
        fresh = WorkingHours(hours.zone, hours.weekly, far)
        one, other = max(start, datetime(year, 1, 1, tzinfo=UTC)), datetime(year + 1, 1, 1, tzinfo=UTC)
        walked += fresh.elapsed(one, other)
    assert hours.elapsed(start, datetime(2230, 1, 1, tzinfo=UTC)) == walked
    assert hours.add(start, walked + minutes(30)) == hours.add(datetime(2230, 1, 1, tzinfo=UTC), minutes(30))
