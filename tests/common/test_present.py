"""Values that pages hand to the components."""

from datetime import UTC, datetime, timedelta

import pytest

from common.bars import bar_between
from common.present import closed_chip, on_axis, open_chip

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("due", "soon", "state", "text"),
    [
        (83 * MINUTE, 52 * MINUTE, "running", "1:23 left"),
        (17 * MINUTE, -MINUTE, "soon", "0:17 left"),
        (17 * MINUTE, 0 * MINUTE, "soon", "0:17 left"),
        (0 * MINUTE, -MINUTE, "soon", "<1 min left"),
        (timedelta(milliseconds=-1), -MINUTE, "over", "over <1 min"),
        (-8 * MINUTE, -30 * MINUTE, "over", "over 0:08"),
    ],
)
def test_open_chip_turns_at_the_last_warning_and_after_the_deadline(due, soon, state, text):
    chip = open_chip(NOW + due, NOW, NOW + soon)
    assert (chip.state, chip.text, chip.counts) == (state, text, True)


def test_open_chip_without_a_warning_runs_until_it_is_over():
    assert open_chip(NOW + MINUTE, NOW).state == "running"


@pytest.mark.parametrize(("margin", "state"), [(1140, "met"), (0, "met"), (-0.001, "missed"), (-660, "missed")])
def test_closed_chip_tells_kept_from_broken_by_the_sign_of_the_margin(margin, state):
    assert closed_chip(margin).state == state


def test_bar_of_a_kept_promise_is_scaled_to_its_own_limit():
    bar = bar_between(NOW, NOW + 60 * MINUTE, NOW + 41 * MINUTE)
    assert (bar.done, bar.forecast, bar.late, bar.limit) == (68.3, 0.0, 0.0, 100.0)


def test_bar_of_a_broken_promise_shows_the_part_beyond_the_limit():
    bar = bar_between(NOW, NOW + 60 * MINUTE, NOW + 75 * MINUTE)
    assert (bar.done, bar.late, bar.limit) == (80.0, 100.0, 80.0)


def test_bar_of_a_forecast_beyond_the_limit_is_late_before_it_happens():
    bar = bar_between(NOW, NOW + 60 * MINUTE, NOW + 30 * MINUTE, NOW + 80 * MINUTE)
    assert (bar.forecast, bar.reached, bar.expected) == (75.0, 37.5, 100.0)
    assert (bar.done, bar.forecast, bar.late, bar.limit) == (37.5, 75.0, 100.0, 75.0)


def test_bar_of_a_promise_without_length_does_not_divide_by_zero():
    assert bar_between(NOW, NOW, NOW).limit == 0.0


@pytest.mark.parametrize(("minutes", "place"), [(0, 6.0), (30, 50.0), (60, 94.0), (-60, 0.0), (600, 100.0)])
def test_axis_puts_now_left_and_the_windows_end_right(minutes, place):
    assert on_axis(NOW + minutes * MINUTE, NOW) == place
