"""When it happened, by which clock (worked example 10, T102)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from field.moments import judge

NOW = datetime(2026, 3, 11, 10, 40, tzinfo=UTC)
EARLIEST = NOW - timedelta(days=1)
TWO_DAYS = 2 * 24 * 3600 * 1000


def judged(minutes_ago: float, ahead_ms: int, told_ms: int) -> tuple[float, bool]:
    """An act so long ago on a phone whose clock is ahead by `ahead_ms` and who thinks it is `told_ms`."""
    ahead = timedelta(milliseconds=ahead_ms)
    at = NOW - timedelta(minutes=minutes_ago)
    found = judge(at + ahead, told_ms, NOW + ahead, earliest=EARLIEST, now=NOW)
    return (NOW - (found.at - timedelta(milliseconds=found.offset_ms))) / timedelta(minutes=1), found.is_strange


@pytest.mark.parametrize(
    ("ahead_ms", "told_ms", "minutes", "strange"),
    [
        (0, 0, 38, False),
        (3000, 3000, 38, False),
        (TWO_DAYS, TWO_DAYS, 38, False),
        (-TWO_DAYS, -TWO_DAYS, 38, False),
        (TWO_DAYS, 0, 38, True),
        (-TWO_DAYS, 0, 38, True),
        (0, TWO_DAYS, 0, True),
        (0, -TWO_DAYS, 0, True),
        (20 * TWO_DAYS, 20 * TWO_DAYS, 0, True),
    ],
)
def test_a_clock_that_is_off_is_measured_and_one_that_was_moved_is_not_believed(
    ahead_ms: int, told_ms: int, minutes: float, strange: bool
) -> None:
    assert judged(38, ahead_ms, told_ms) == (minutes, strange)


def test_nothing_happened_in_the_future_or_before_there_was_a_visit() -> None:
    assert judged(-90, 0, 0) == (0, True)
    assert judged(3 * 24 * 60, 0, 0) == (0, True)
    assert judged(-0.02, 0, 0) == (0, False)
