"""Deadlines: the worked examples, pauses, steps of a ladder, and the arithmetic shown to people."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sla import clock
from sla.clock import Line, Part, Pause, Workdays
from sla.hours import NeverOpens, WorkingHours
from sla.slots import ALL_DAY, CLOSED, slots
from tests.sla.calendars import as_pauses, calendars, engine, examples, instants, pauses
from tests.sla.reference import MINUTE, Reference

SHANGHAI = ZoneInfo("Asia/Shanghai")
ROUND_THE_CLOCK = WorkingHours("Asia/Shanghai", (ALL_DAY,) * 7)
OFFICE = WorkingHours("Asia/Shanghai", (slots(("09:00", "18:00")),) * 5 + (CLOSED, CLOSED))
WINDOW = 4 * 24 * 60  # minutes that the reference walks at most


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


# Against the reference


@examples
@given(calendars(), st.data(), st.integers(1, 1500))
def test_deadlines_with_pauses_equal_counting_minutes(
    case: tuple[Reference, date], data: st.DataObject, n: int
) -> None:
    reference, day = case
    start = data.draw(instants(day, 36, MINUTE))
    reference.pauses = data.draw(pauses(day, 60, MINUTE))
    expected = reference.add(start, n, MINUTE, WINDOW)
    try:
        due = clock.due_at(start, minutes(n), engine(reference), as_pauses(reference.pauses))
    except NeverOpens:
        assert expected is None
    else:
        assert due == expected if expected else due is None or due > start + minutes(WINDOW)


@examples
@given(calendars(), st.data())
def test_elapsed_with_pauses_equals_counting_minutes(case: tuple[Reference, date], data: st.DataObject) -> None:
    reference, day = case
    start, end = data.draw(instants(day, 48, MINUTE)), data.draw(instants(day, 48, MINUTE))
    reference.pauses = data.draw(pauses(day, 60, MINUTE))
    passed = clock.elapsed(start, end, engine(reference), as_pauses(reference.pauses))
    assert passed == reference.elapsed(start, end, MINUTE)


@examples
@given(calendars(), st.data())
def test_a_clock_runs_when_it_is_open_and_not_paused(case: tuple[Reference, date], data: st.DataObject) -> None:
    reference, day = case
    reference.pauses = data.draw(pauses(day, 60, MINUTE))
    for at in data.draw(st.lists(instants(day, 60, MINUTE), max_size=20)):
        assert clock.is_running(at, engine(reference), as_pauses(reference.pauses)) == reference.is_open(at)


@examples
@given(calendars(), st.data(), st.integers(1, 10**11))
def test_at_the_deadline_exactly_the_target_has_been_used(
    case: tuple[Reference, date], data: st.DataObject, n: int
) -> None:
    reference, day = case
    hours, start = engine(reference), data.draw(instants(day, 36, MINUTE))
    stops, target = as_pauses(data.draw(pauses(day, 60, MINUTE))), timedelta(microseconds=n)
    assume(any(hours.weekly))
    due = clock.due_at(start, target, hours, stops)
    assume(due)
    assert clock.elapsed(start, due, hours, stops) == target
    assert clock.remaining(start, target, due, hours, stops) == timedelta(0)
    assert clock.remaining(start, target, due - timedelta(microseconds=1), hours, stops) == timedelta(microseconds=1)


@examples
@given(calendars(), st.data(), st.integers(1, 3000))
def test_the_lines_of_the_arithmetic_add_up(case: tuple[Reference, date], data: st.DataObject, n: int) -> None:
    reference, day = case
    hours, start = engine(reference), data.draw(instants(day, 36, MINUTE))
    stops = as_pauses(data.draw(pauses(day, 60, MINUTE)))
    assume(any(hours.weekly))
    lines = clock.explain(start, [Part("one", minutes(n)), Part("two", minutes(1))], hours, stops)
    runs = [line for line in lines if line.kind == "run"]
    due = clock.due_at(start, minutes(n + 1), hours, stops)
    used = sum((line.delta for line in runs), timedelta(0))
    if due is None:
        assert Line("never") in lines
        assert used < minutes(n + 1)
    else:
        assert Line("due", at=due) in lines
        assert used == minutes(n + 1)
        assert runs[-1].until == due
        assert runs[-1].left == timedelta(0)


# The worked examples


def test_example_1_response_is_due_within_the_hour_at_night() -> None:
    notified = shanghai(2026, 10, 3, 2, 10)
    due = clock.due_at(notified, minutes(60), ROUND_THE_CLOCK)
    assert due == shanghai(2026, 10, 3, 3, 10)
    assert due - shanghai(2026, 10, 3, 2, 58) == timedelta(seconds=720)
    left = clock.remaining(notified, minutes(60), shanghai(2026, 10, 3, 3, 10, 0, 1000), ROUND_THE_CLOCK)
    assert left == timedelta(milliseconds=-1)


def test_example_2_the_steps_stand_at_their_part_of_the_target() -> None:
    notified = shanghai(2026, 10, 3, 2, 10)
    parts = [0.5, 0.8, 1, 1.5]
    steps = [clock.instant_of(notified, minutes(60), ROUND_THE_CLOCK, [], part) for part in parts]
    assert steps == [shanghai(2026, 10, 3, *at) for at in [(2, 40), (2, 58), (3, 10), (3, 40)]]


ON_SITE = [Part("travel", minutes(95)), Part("A2", minutes(60))]
DECLARED = shanghai(2026, 3, 11, 10, 12)


def test_example_3_travel_and_the_clause_add_up() -> None:
    lines = clock.explain(DECLARED, ON_SITE, ROUND_THE_CLOCK)
    due = datetime(2026, 3, 11, 4, 47, tzinfo=UTC)
    assert due == shanghai(2026, 3, 11, 12, 47)
    assert lines == (
        Line("start", at=DECLARED),
        Line("part", delta=minutes(95), words="travel"),
        Line("part", delta=minutes(60), words="A2"),
        Line("target", delta=minutes(155)),
        Line("run", at=DECLARED, until=due, delta=minutes(155), left=minutes(0)),
        Line("due", at=due),
    )


THEATRE = Pause(shanghai(2026, 3, 11, 10, 40), shanghai(2026, 3, 12, 8), "theatre in use")


def test_example_7_a_pause_keeps_what_is_left() -> None:
    asked = [Pause(THEATRE.start)]
    assert clock.due_at(DECLARED, minutes(155), ROUND_THE_CLOCK, asked) is None
    for at in (THEATRE.start, shanghai(2026, 3, 11, 19), shanghai(2026, 3, 12, 8)):
        assert clock.remaining(DECLARED, minutes(155), at, ROUND_THE_CLOCK, asked) == minutes(127)
    assert clock.due_at(DECLARED, minutes(155), ROUND_THE_CLOCK, [THEATRE]) == shanghai(2026, 3, 12, 10, 7)


def test_example_7_a_pause_entered_after_the_breach_leaves_the_breach() -> None:
    due = shanghai(2026, 3, 11, 12, 47)
    for start in (due, due + minutes(1)):
        late = Pause(start, None, "no access")
        assert clock.due_at(DECLARED, minutes(155), ROUND_THE_CLOCK, [late]) == due
        assert clock.explain(DECLARED, ON_SITE, ROUND_THE_CLOCK, [late])[-2:] == (
            Line("due", at=due),
            Line("ignored", at=start, words="no access"),
        )
    assert clock.due_at(DECLARED, minutes(155), ROUND_THE_CLOCK, [Pause(due - minutes(1))]) is None


def test_example_7_the_pause_shows_in_the_arithmetic() -> None:
    lines = clock.explain(DECLARED, ON_SITE, ROUND_THE_CLOCK, [THEATRE])
    end = shanghai(2026, 3, 12, 10, 7)
    assert lines[4:] == (
        Line("run", at=DECLARED, until=THEATRE.start, delta=minutes(28), left=minutes(127)),
        Line("pause", at=THEATRE.start, until=THEATRE.end, left=minutes(127), words="theatre in use"),
        Line("run", at=THEATRE.end, until=end, delta=minutes(127), left=minutes(0)),
        Line("due", at=end),
    )


@pytest.mark.parametrize(
    ("accepted", "years", "last_free_day"),
    [
        (date(2024, 5, 20), 3, date(2027, 5, 20)),
        (date(2024, 2, 29), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2025, 6, 1), 1, date(2026, 6, 1)),
    ],
)
def test_example_11_a_warranty_ends_on_the_same_date(accepted: date, years: int, last_free_day: date) -> None:
    assert clock.anniversary(accepted, years) == last_free_day


@pytest.mark.parametrize(
    ("start", "on", "year"),
    [
        (date(2026, 4, 15), date(2027, 4, 14), (date(2026, 4, 15), date(2027, 4, 14))),
        (date(2026, 4, 15), date(2027, 4, 15), (date(2027, 4, 15), date(2028, 4, 14))),
        (date(2026, 4, 15), date(2026, 4, 15), (date(2026, 4, 15), date(2027, 4, 14))),
        (date(2024, 2, 29), date(2025, 2, 27), (date(2024, 2, 29), date(2025, 2, 27))),
        (date(2024, 2, 29), date(2025, 2, 28), (date(2025, 2, 28), date(2026, 2, 27))),
        (date(2024, 2, 29), date(2028, 2, 28), (date(2027, 2, 28), date(2028, 2, 28))),
    ],
)
def test_example_12_contract_years_meet_without_a_gap(start: date, on: date, year: tuple[date, date]) -> None:
    assert clock.contract_year(start, on) == year


def test_a_day_before_the_contract_belongs_to_no_contract_year() -> None:
    with pytest.raises(ValueError, match="before the contract's start"):
        clock.contract_year(date(2026, 4, 15), date(2026, 4, 14))


# Pauses, one sentence each


def test_pauses_that_overlap_stop_the_clock_once() -> None:
    nine = shanghai(2026, 3, 11, 9)
    one = Pause(nine, nine + minutes(60), "theatre in use")
    two = Pause(nine + minutes(30), nine + minutes(90), "no access")
    assert clock.due_at(nine, minutes(10), ROUND_THE_CLOCK, [two, one]) == nine + minutes(100)
    assert clock.merged([two, one]) == (Pause(nine, nine + minutes(90), "theatre in use; no access"),)
    assert clock.merged([two, Pause(nine)]) == (Pause(nine, None, "no access"),)


def test_a_clock_that_starts_inside_a_pause_counts_from_its_end() -> None:
    nine = shanghai(2026, 3, 11, 9)
    around = Pause(nine - minutes(30), nine + minutes(30))
    assert clock.due_at(nine, minutes(10), ROUND_THE_CLOCK, [around]) == nine + minutes(40)
    assert clock.elapsed(nine, nine + minutes(40), ROUND_THE_CLOCK, [around]) == minutes(10)


def test_a_zero_target_falls_due_at_its_start_even_inside_an_endless_pause() -> None:
    nine = shanghai(2026, 3, 11, 9)
    assert clock.due_at(nine, minutes(0), OFFICE, [Pause(nine - minutes(30))]) == nine
    assert clock.due_at(nine, Workdays(0), OFFICE, [Pause(nine - minutes(30))]) == nine


def test_a_pause_outside_working_hours_costs_nothing() -> None:
    friday = shanghai(2026, 3, 13, 17)
    weekend = Pause(shanghai(2026, 3, 13, 18), shanghai(2026, 3, 16, 9))
    assert clock.due_at(friday, minutes(120), OFFICE, [weekend]) == shanghai(2026, 3, 16, 10)


def test_a_pause_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        Pause(THEATRE.start, THEATRE.start - minutes(1))


def test_steps_move_with_pauses_and_those_before_stay() -> None:
    at = [clock.instant_of(DECLARED, minutes(155), ROUND_THE_CLOCK, [THEATRE], Fraction(n, 100)) for n in (10, 80)]
    assert at == [shanghai(2026, 3, 11, 10, 27, 30), shanghai(2026, 3, 12, 9, 36)]
    open_end = [Pause(THEATRE.start)]
    assert clock.instant_of(DECLARED, minutes(155), ROUND_THE_CLOCK, open_end, 0.8) is None


def test_a_long_stretch_is_explained_by_its_sum() -> None:
    lines = clock.explain(shanghai(2026, 3, 2, 9), [Part("target", timedelta(hours=900))], OFFICE)
    [run] = [line for line in lines if line.kind == "run"]
    assert (run.delta, run.left) == (timedelta(hours=900), minutes(0))


def test_each_working_stretch_is_a_line() -> None:
    lines = clock.explain(shanghai(2026, 3, 13, 17, 30), [Part("target", minutes(60))], OFFICE)
    runs = [(line.at, line.until, line.left) for line in lines if line.kind == "run"]
    assert runs == [
        (shanghai(2026, 3, 13, 17, 30), shanghai(2026, 3, 13, 18), minutes(30)),
        (shanghai(2026, 3, 16, 9), shanghai(2026, 3, 16, 9, 30), minutes(0)),
    ]
