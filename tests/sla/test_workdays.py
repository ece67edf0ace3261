"""Whole working days by the Civil Code, on the Chinese calendar (example 6, clauses A6 and A11)."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sla import chinese, clock
from sla.clock import Line, Pause, Workdays
from sla.hours import NeverOpens, OutOfRange, UnknownYear, WorkingHours
from sla.slots import CLOSED, minute_of, slots
from tests.sla.calendars import as_pauses, calendars, engine, examples, instants, pauses
from tests.sla.reference import MINUTE, Reference

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = [special for year in chinese.published_years() for special in chinese.special_days(year)]
CHINA = WorkingHours(
    "Asia/Shanghai",
    (slots(("09:00", "12:00"), ("13:00", "18:00")),) * 5 + (CLOSED, CLOSED),
    holidays=frozenset(day for day, kind, _ in DAYS if kind == "holiday"),
    extra_workdays=frozenset(day for day, kind, _ in DAYS if kind == "workday"),
    known_years=chinese.published_years(),
)


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("requested", "first", "due"),
    [
        (shanghai(2026, 3, 11, 13, 20), (3, 12), (3, 13)),
        (shanghai(2026, 3, 13, 17, 59), (3, 16), (3, 17)),
        (shanghai(2026, 3, 13, 18, 1), (3, 16), (3, 17)),
        (shanghai(2026, 2, 13, 10), (2, 14), (2, 24)),
        (shanghai(2026, 9, 29, 19, 30), (9, 30), (10, 8)),
        (shanghai(2026, 10, 2, 9), (10, 8), (10, 9)),
        (shanghai(2026, 10, 8, 9), (10, 9), (10, 10)),
    ],
)
def test_example_6_two_working_days(requested: datetime, first: tuple[int, int], due: tuple[int, int]) -> None:
    assert CHINA.workdays(requested, 1) == shanghai(2026, *first, 18)
    assert CHINA.workdays(requested, 2) == shanghai(2026, *due, 18)
    assert clock.due_at(requested, Workdays(2), CHINA) == shanghai(2026, *due, 18)


def test_example_6_a_year_that_is_not_published_is_an_error() -> None:
    assert CHINA.workdays(shanghai(2026, 12, 30, 9), 1) == shanghai(2026, 12, 31, 18)
    with pytest.raises(UnknownYear) as unknown:
        CHINA.workdays(shanghai(2026, 12, 30, 9), 2)
    assert unknown.value.year == 2027


def test_the_package_publishes_2026_as_the_state_council_does() -> None:
    off = {special.day for special in chinese.special_days(2026) if special.kind == "holiday"}
    work = {special.day for special in chinese.special_days(2026) if special.kind == "workday"}
    assert {day for day in off if day.month == 2} == {date(2026, 2, n) for n in range(15, 24)}
    assert {day for day in off if day.month == 10} == {date(2026, 10, n) for n in range(1, 8)}
    assert {date(2026, 2, 14), date(2026, 10, 10)} <= work
    assert (len(off), len(work)) == (33, 6)
    assert all(special.name for special in DAYS)


def test_a_make_up_workday_falls_on_a_weekend_and_is_no_day_off() -> None:
    work = {special.day for special in DAYS if special.kind == "workday"}
    assert all(day.weekday() >= 5 for day in work)
    assert not work & {special.day for special in DAYS if special.kind == "holiday"}


def test_a_year_without_a_table_is_unknown() -> None:
    newest = max(chinese.published_years())
    assert newest >= 2026
    assert chinese.published_years() >= frozenset(range(2004, 2027))
    with pytest.raises(UnknownYear):
        chinese.special_days(newest + 1)


def test_the_local_date_of_the_site_decides_which_day_is_not_counted() -> None:
    hours = WorkingHours("America/New_York", (slots(("09:00", "17:00")),) * 7)
    asked = shanghai(2026, 3, 12, 8)  # still Wednesday evening in New York
    assert hours.workdays(asked, 1, minute_of("17:00")) == datetime(
        2026, 3, 12, 17, tzinfo=ZoneInfo("America/New_York")
    )


def test_close_of_business_is_configurable_up_to_midnight() -> None:
    asked = shanghai(2026, 3, 11, 13, 20)
    assert CHINA.workdays(asked, 1, minute_of("17:30")) == shanghai(2026, 3, 12, 17, 30)
    assert CHINA.workdays(asked, 1, minute_of("24:00")) == shanghai(2026, 3, 13)


@examples
@given(calendars(), st.data(), st.integers(1, 12))
def test_workdays_equal_a_walk_day_by_day(case: tuple[Reference, date], data: st.DataObject, days: int) -> None:
    reference, day = case
    assume(any(reference.hours.get(name) for name in ("tue", "wed", "fri", "sun")))
    start = data.draw(instants(day, 60, MINUTE))
    stops = [(begin, end) for begin, end in data.draw(pauses(day, 120, MINUTE)) if end]
    reference.pauses = stops
    due = clock.due_at(start, Workdays(days, minute_of("17:00")), engine(reference), as_pauses(stops))
    assert due == reference.workdays(start, days, time(17))


def test_a_million_working_days_are_found_without_a_walk() -> None:
    hours = WorkingHours("Asia/Shanghai", CHINA.weekly, CHINA.holidays, CHINA.extra_workdays)
    start = date(2026, 12, 30)
    assert hours.nth_workday(start, 1_000_000) == hours.nth_workday(hours.nth_workday(start, 400_000), 600_000)
    assert hours.nth_workday(start, 13) == date(2027, 1, 18)
    with pytest.raises(OutOfRange):
        hours.nth_workday(start, 10**30)
    with pytest.raises(NeverOpens):
        WorkingHours("UTC", (CLOSED,) * 7).nth_workday(start, 1)


# Pauses


ASKED = shanghai(2026, 3, 11, 13, 20)  # Wednesday; two working days are due on Friday


@pytest.mark.parametrize(
    ("begin", "end", "due"),
    [
        ((11, 15), (11, 17), 13),  # on the day of the request
        ((12, 10), (12, 17), 13),  # over before the close
        ((12, 0), (13, 0), 16),  # a whole day
        ((12, 17), (13, 10), 16),  # over one close
        ((12, 0), (17, 9), 18),  # over two closes and a weekend
        ((13, 18), (17, 9), 13),  # begins when it is due
        ((13, 17), (13, 18), 13),  # ends at the close
    ],
)
def test_a_working_day_whose_close_is_paused_does_not_count(
    begin: tuple[int, int], end: tuple[int, int], due: int
) -> None:
    pause = Pause(shanghai(2026, 3, *begin), shanghai(2026, 3, *end))
    assert clock.due_at(ASKED, Workdays(2), CHINA, [pause]) == shanghai(2026, 3, due, 18)


def test_a_pause_without_an_end_leaves_no_deadline_unless_it_came_first() -> None:
    assert clock.due_at(ASKED, Workdays(2), CHINA, [Pause(shanghai(2026, 3, 13, 17))]) is None
    assert clock.due_at(ASKED, Workdays(2), CHINA, [Pause(shanghai(2026, 3, 13, 18))]) == shanghai(2026, 3, 13, 18)


def test_the_rest_of_paused_working_days_is_what_a_resumption_now_would_leave() -> None:
    since = Pause(shanghai(2026, 3, 12, 10))
    left = [clock.remaining(ASKED, Workdays(2), shanghai(2026, 3, *at), CHINA, [since]) for at in ((12, 11), (12, 17))]
    assert left == [timedelta(hours=31), timedelta(hours=25)]
    # After the close of Thursday, which no longer counts, Monday would be the second day.
    assert clock.remaining(ASKED, Workdays(2), shanghai(2026, 3, 12, 19), CHINA, [since]) == timedelta(days=3, hours=23)


def test_steps_of_working_days_divide_the_plain_time() -> None:
    due = shanghai(2026, 3, 13, 18)
    assert clock.instant_of(ASKED, Workdays(2), CHINA, [], 0.5) == ASKED + (due - ASKED) / 2
    assert clock.instant_of(ASKED, Workdays(2), CHINA, [Pause(ASKED)], 0.5) is None


def test_the_arithmetic_lists_the_days_that_count() -> None:
    pause = Pause(shanghai(2026, 3, 13, 10), shanghai(2026, 3, 16, 10), "no access")
    assert clock.explain(ASKED, Workdays(2), CHINA, [pause]) == (
        Line("start", at=ASKED),
        Line("day", at=shanghai(2026, 3, 12, 18), words="1"),
        Line("pause", at=pause.start, until=pause.end, words="no access"),
        Line("day", at=shanghai(2026, 3, 16, 18), words="2"),
        Line("due", at=shanghai(2026, 3, 16, 18)),
    )
