"""How spans and moments read."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from common import wording

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 11, 24, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def in_shanghai():
    with timezone.override(SHANGHAI):
        yield


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "<1 min"),
        (59.9, "<1 min"),
        (60, "0:01"),
        (4980, "1:23"),
        (4980 + 59, "1:23"),
        (-480, "0:08"),
        (359_999, "99:59"),
        (360_000, "4 d 4 h"),
    ],
)
def test_countdown_rounds_down_so_that_no_time_is_invented(seconds, text):
    assert wording.countdown(seconds) == text


@given(st.floats(min_value=60, max_value=359_000))
def test_countdown_never_shows_more_time_than_is_left(seconds):
    hours, minutes = wording.countdown(seconds).split(":")
    shown = int(hours) * 3600 + int(minutes) * 60
    assert shown <= seconds < shown + 60


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (45, "45 s"),
        (2040, "34 min"),
        (3600, "1 h"),
        (6720, "1 h 52 min"),
        (2 * 86_400, "2 d"),
        (3 * 86_400 + 4 * 3600 + 59, "3 d 4 h"),
    ],
)
def test_duration_names_at_most_two_units(seconds, text):
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1140, "19 min early"),
        (0, "just in time"),
        (59, "just in time"),
        (-0.001, "under 1 min late"),
        (-660, "11 min late"),
    ],
)
def test_margin_at_the_very_deadline_is_kept_and_a_millisecond_later_is_late(seconds, text):
    assert wording.margin(seconds) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 18, 1, 31, tzinfo=UTC), "09:31"),
        (datetime(2026, 11, 17, 16, 20, tzinfo=SHANGHAI), "yesterday 16:20"),
        (datetime(2026, 11, 17, 16, 20, tzinfo=UTC), "00:20"),
        (datetime(2026, 11, 19, 9, 0, tzinfo=SHANGHAI), "tomorrow 09:00"),
        (datetime(2026, 11, 4, 15, 5, tzinfo=SHANGHAI), "11-04 15:05"),
        (datetime(2025, 11, 18, 11, 24, tzinfo=SHANGHAI), "2025-11-18 11:24"),
    ],
)
def test_clock_is_read_in_the_sites_zone_and_names_the_day_unless_it_is_today(at, text):
    assert wording.clock(at, NOW) == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ((18, 9, 31), (18, 10, 12), "09:31 – 10:12"),
        ((17, 16, 20), (17, 17, 5), "yesterday 16:20 – 17:05"),
        ((17, 23, 50), (18, 0, 20), "yesterday 23:50 – 00:20"),
        ((15, 9, 0), (16, 9, 0), "11-15 09:00 – 11-16 09:00"),
    ],
)
def test_a_period_says_its_day_once(start, end, text):
    first, last = (datetime(2026, 11, *moment, tzinfo=SHANGHAI) for moment in (start, end))
    assert wording.period(first, last, NOW) == text


@pytest.mark.parametrize(("number", "text"), [("13800002217", "138****2217"), ("8120", "8120"), ("", "")])
def test_phone_masked_leaves_enough_to_recognise_a_number(number, text):
    assert wording.phone_masked(number) == text
