"""Pure: the mean time between a device's faults, and the faults that came back within 30 days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.device_history import Fault, Figures, figures

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=300)


def fault(day: float, solved: float | None = None, number: str = "") -> Fault:
    end = None if solved is None else START + timedelta(days=solved)
    return Fault(number or f"F{day}", START + timedelta(days=day), end)


def test_a_device_without_faults_has_no_mean() -> None:
    assert figures([], START, NOW) == Figures(0, None, frozenset())


def test_the_mean_is_time_in_use_over_faults() -> None:
    assert figures([fault(100, 101), fault(200, 201), fault(250, 251)], START, NOW).mean == timedelta(days=100)


@pytest.mark.parametrize(("days", "mean"), [([40], None), ([40, 140], 100), ([140, 40, 90], 50)])
def test_without_a_day_of_installation_only_the_steps_between_faults_count(days: list[int], mean: int | None) -> None:
    found = figures([fault(day, day + 1) for day in days], None, NOW)
    assert found.mean == (None if mean is None else timedelta(days=mean))


def test_an_installation_after_the_first_fault_is_not_believed() -> None:
    assert figures([fault(-10, -9), fault(90, 91)], START, NOW).mean == timedelta(days=100)


@pytest.mark.parametrize(
    ("second", "is_repeat"), [(11, True), (40, True), (40.001, False), (5, True)], ids=["soon", "30 d", "over", "open"]
)
def test_a_fault_within_30_days_after_the_one_before_was_solved_is_a_repeat(second: float, is_repeat: bool) -> None:
    found = figures([fault(0, 10), fault(second, None, "again")], START, NOW)
    assert found.repeats == (frozenset({"again"}) if is_repeat else frozenset())


def test_a_fault_while_the_one_before_is_open_is_a_repeat() -> None:
    assert figures([fault(0), fault(200, None, "again")], START, NOW).repeats == {"again"}


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0, 20)), max_size=12))
def test_order_plays_no_part_and_the_first_fault_is_never_a_repeat(days: list[tuple[float, float]]) -> None:
    faults = [fault(day, day + took, f"F{n}") for n, (day, took) in enumerate(days)]
    found = figures(faults, START, NOW)
    assert found == figures(faults[::-1], START, NOW)
    assert len(found.repeats) <= max(len(faults) - 1, 0)
    assert found.mean is None or found.mean * len(faults) <= NOW - START + timedelta(seconds=1)
