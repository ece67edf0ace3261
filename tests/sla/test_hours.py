"""Working hours: what is open, when time is used up, how much has passed."""

import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from sla import chinese
from sla.hours import NeverOpens, OutOfRange, UnknownYear, WorkingHours
from sla.slots import ALL_DAY, CLOSED, minute_of, slots

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
NINE_TO_SIX = slots(("09:00", "18:00"))
OFFICE = WorkingHours("Asia/Shanghai", (NINE_TO_SIX,) * 5 + (CLOSED, CLOSED))
AROUND_THE_CLOCK = WorkingHours("Asia/Shanghai", (ALL_DAY,) * 7)


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


# The contract's sentences, one by one


def test_the_hotline_of_example_13_goes_on_on_sunday_morning() -> None:
    ten_hours = slots(("08:00", "18:00"))
    hotline = WorkingHours(
        zone="Asia/Shanghai",
        weekly=(ten_hours,) * 6 + (slots(("09:00", "17:00")),),
        holidays=frozenset(day for day, kind, _ in chinese.special_days(2026) if kind == "holiday"),
        extra_workdays=frozenset(day for day, kind, _ in chinese.special_days(2026) if kind == "workday"),
        known_years=chinese.published_years(),
        on_holiday=slots(("09:00", "17:00")),
    )
    assert hotline.add(shanghai(2026, 3, 14, 17, 40), minutes(60)) == shanghai(2026, 3, 15, 9, 40)
    # A make-up Saturday (10 October) is like any Saturday, a make-up Sunday (20 September) like a weekday.
    assert hotline.add(shanghai(2026, 10, 10, 17, 40), minutes(60)) == shanghai(2026, 10, 11, 9, 40)
    assert hotline.add(shanghai(2026, 9, 19, 17, 40), minutes(60)) == shanghai(2026, 9, 20, 8, 40)
    assert hotline.is_open(shanghai(2026, 9, 20, 17, 30))
    assert not hotline.is_open(shanghai(2026, 10, 1, 8, 30))
    assert hotline.add(shanghai(2026, 9, 30, 17, 40), minutes(60)) == shanghai(2026, 10, 1, 9, 40)


def test_response_runs_round_the_clock_through_a_holiday_night() -> None:
    assert AROUND_THE_CLOCK.always_open
    assert AROUND_THE_CLOCK.add(shanghai(2026, 10, 3, 2, 10), minutes(60)) == shanghai(2026, 10, 3, 3, 10)


def test_a_target_used_up_at_closing_falls_due_at_closing() -> None:
    assert OFFICE.add(shanghai(2026, 3, 13, 17), minutes(60)) == shanghai(2026, 3, 13, 18)
    assert OFFICE.add(shanghai(2026, 3, 13, 17), minutes(60) + timedelta(microseconds=1)) == shanghai(
        2026, 3, 16, 9, 0, 0, 1
    )


def test_a_target_that_starts_outside_hours_counts_from_the_opening() -> None:
    assert OFFICE.add(shanghai(2026, 3, 14, 12), minutes(1)) == shanghai(2026, 3, 16, 9, 1)
    assert OFFICE.add(shanghai(2026, 3, 13, 18), minutes(1)) == shanghai(2026, 3, 16, 9, 1)


@pytest.mark.parametrize("hours", [OFFICE, AROUND_THE_CLOCK, WorkingHours("UTC", (CLOSED,) * 7)])
def test_a_zero_target_falls_due_at_its_start_even_when_closed(hours: WorkingHours) -> None:
    assert hours.add(shanghai(2026, 3, 14, 12), minutes(0)) == shanghai(2026, 3, 14, 12)
    assert hours.workdays(shanghai(2026, 3, 14, 12), 0) == shanghai(2026, 3, 14, 12)


def test_elapsed_is_nothing_when_the_end_lies_before_the_start() -> None:
    assert OFFICE.elapsed(shanghai(2026, 3, 13, 12), shanghai(2026, 3, 13, 11)) == timedelta(0)


def test_slots_are_open_at_their_start_and_closed_at_their_end() -> None:
    assert OFFICE.is_open(shanghai(2026, 3, 13, 9))
    assert OFFICE.is_open(shanghai(2026, 3, 13, 17, 59, 59, 999_999))
    assert not OFFICE.is_open(shanghai(2026, 3, 13, 18))


def test_a_slot_that_spans_a_clock_change_is_an_hour_shorter_or_longer() -> None:
    night = WorkingHours("America/New_York", (CLOSED,) * 6 + (slots(("00:00", "06:00")),))
    spring, autumn = datetime(2026, 3, 8, tzinfo=NEW_YORK), datetime(2026, 11, 1, tzinfo=NEW_YORK)
    assert night.elapsed(spring, spring + timedelta(days=1)) == timedelta(hours=5)
    assert night.elapsed(autumn, autumn + timedelta(days=1)) == timedelta(hours=7)


def test_a_slot_inside_the_missing_hour_never_opens_and_one_in_the_doubled_hour_opens_twice() -> None:
    early = WorkingHours("America/New_York", (CLOSED,) * 6 + (slots(("01:15", "01:45"), ("02:00", "03:00")),))
    spring, autumn = datetime(2026, 3, 8, tzinfo=NEW_YORK), datetime(2026, 11, 1, tzinfo=NEW_YORK)
    assert early.elapsed(spring, spring + timedelta(days=1)) == minutes(30)
    assert list(early.spans(autumn, datetime(2026, 11, 1, 7, tzinfo=UTC))) == [
        (datetime(2026, 11, 1, 5, 15, tzinfo=UTC), datetime(2026, 11, 1, 5, 45, tzinfo=UTC)),
        (datetime(2026, 11, 1, 6, 15, tzinfo=UTC), datetime(2026, 11, 1, 6, 45, tzinfo=UTC)),
    ]


def test_date_hours_beat_an_extra_workday_which_beats_a_holiday() -> None:
    thursday = date(2026, 10, 1)
    noon, morning = shanghai(2026, 10, 1, 12), shanghai(2026, 10, 1, 7)
    weekly = (slots(("11:00", "13:00")),) + (CLOSED,) * 6
    holiday = frozenset([thursday])
    assert not WorkingHours("Asia/Shanghai", (NINE_TO_SIX,) * 7, holiday).is_open(noon)
    assert WorkingHours("Asia/Shanghai", weekly, holiday, holiday).is_open(noon)
    extra = WorkingHours("Asia/Shanghai", weekly, holiday, holiday, on_extra_workday=slots(("07:00", "08:00")))
    assert (extra.is_open(noon), extra.is_open(morning)) == (False, True)
    dated = WorkingHours("Asia/Shanghai", weekly, holiday, holiday, ((thursday, CLOSED),))
    assert not dated.is_open(noon)


def test_due_dates_cross_the_year_in_either_direction_of_the_zone() -> None:
    for zone in ("Asia/Shanghai", "America/New_York", "UTC"):
        hours = WorkingHours(zone, (NINE_TO_SIX,) * 7)
        tz = ZoneInfo(zone)
        assert hours.add(datetime(2026, 12, 31, 17, tzinfo=tz), minutes(120)) == datetime(2027, 1, 1, 10, tzinfo=tz)


def test_sums_are_exact_to_the_microsecond_over_decades() -> None:
    start, amount = shanghai(2001, 1, 1, 9, 0, 0, 1), timedelta(days=9000, microseconds=7)
    assert OFFICE.elapsed(start, OFFICE.add(start, amount)) == amount


# Years that are not published


def in_year(*years: int) -> WorkingHours:
    return WorkingHours("Asia/Shanghai", OFFICE.weekly, known_years=frozenset(years))


def test_an_unpublished_year_is_an_error_and_the_last_minute_before_it_is_not() -> None:
    hours = in_year(2026)
    last = shanghai(2026, 12, 31, 17)  # a Thursday
    assert hours.add(last, minutes(60)) == shanghai(2026, 12, 31, 18)
    assert hours.elapsed(last, shanghai(2027, 1, 1)) == minutes(60)
    assert not hours.is_open(shanghai(2026, 12, 31, 23, 59))
    with pytest.raises(UnknownYear) as unknown:
        hours.add(last, minutes(61))
    assert unknown.value.year == 2027
    for ask in (hours.is_open, hours.next_open, lambda at: hours.add(at, minutes(1))):
        with pytest.raises(UnknownYear):
            ask(shanghai(2027, 1, 1))
        with pytest.raises(UnknownYear):
            ask(shanghai(2025, 12, 31, 23, 59))
    with pytest.raises(UnknownYear):
        hours.elapsed(last, shanghai(2027, 1, 1, 0, 0, 0, 1))
    with pytest.raises(UnknownYear):
        hours.next_open(shanghai(2026, 12, 31, 18))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "America/New_York"])
def test_a_gap_between_known_years_is_never_jumped(zone: str) -> None:
    tz = ZoneInfo(zone)
    hours = WorkingHours(zone, OFFICE.weekly, known_years=frozenset([2024, 2026]))
    with pytest.raises(UnknownYear, match="2025"):
        hours.add(datetime(2024, 12, 31, 17, tzinfo=tz), timedelta(hours=9))
    with pytest.raises(UnknownYear, match="2025"):
        hours.elapsed(datetime(2024, 12, 31, tzinfo=tz), datetime(2026, 1, 2, tzinfo=tz))
    with pytest.raises(UnknownYear, match="2025"):
        hours.next_open(datetime(2024, 12, 31, 18, tzinfo=tz))
    with pytest.raises(UnknownYear, match="2025"):
        hours.add(datetime(2025, 12, 31, 23, 30, tzinfo=tz), minutes(1))
    assert hours.add(datetime(2026, 1, 1, tzinfo=tz), minutes(1)) == datetime(2026, 1, 1, 9, 1, tzinfo=tz)


# Questions without an answer


def test_hours_that_never_open_are_an_error_and_no_endless_search() -> None:
    closed = WorkingHours("Asia/Shanghai", (CLOSED,) * 7)
    once = WorkingHours("Asia/Shanghai", (CLOSED,) * 7, date_hours=((date(2026, 12, 31), NINE_TO_SIX),))
    start = shanghai(2026, 3, 13)
    for hours in (closed, once):
        with pytest.raises(NeverOpens):
            hours.add(start, timedelta(hours=10))
        with pytest.raises(NeverOpens):
            hours.nth_workday(date(2026, 3, 13), 2)
    with pytest.raises(NeverOpens):
        closed.next_open(start)
    assert once.next_open(start) == shanghai(2026, 12, 31, 9)
    assert list(closed.spans(start, start + timedelta(days=400))) == []
    for years in (1, 3):
        end = start + timedelta(days=365 * years)
        assert list(once.spans(start, end)) == [(shanghai(2026, 12, 31, 9), shanghai(2026, 12, 31, 18))]
    assert closed.elapsed(start, start + timedelta(days=4000)) == timedelta(0)


@pytest.mark.parametrize("hours", [OFFICE, AROUND_THE_CLOCK])
@pytest.mark.parametrize(
    "start",
    [datetime(9999, 12, 31, 23, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), datetime(1, 1, 1, tzinfo=SHANGHAI)],
)
def test_sums_beyond_the_calendar_are_an_error(hours: WorkingHours, start: datetime) -> None:
    with pytest.raises(OutOfRange):
        hours.add(start, timedelta(days=10**7))


def test_a_naive_time_and_a_negative_target_are_refused() -> None:
    with pytest.raises(ValueError, match="no UTC offset"):
        OFFICE.add(datetime(2026, 3, 13, 12), minutes(1))
    with pytest.raises(ValueError, match="negative"):
        OFFICE.add(shanghai(2026, 3, 13, 12), -minutes(1))
    with pytest.raises(ValueError, match="negative"):
        OFFICE.workdays(shanghai(2026, 3, 13, 12), -1)


@pytest.mark.parametrize(
    "pairs",
    [
        [("18:00", "09:00")],
        [("22:00", "02:00")],
        [("09:00", "09:00")],
        [("09:00", "12:00"), ("11:59", "13:00")],
        [("24:00", "24:00")],
        [("09:00", "24:01")],
        [("9:00", "12:00")],
        [("09:60", "12:00")],
        [("٠٩:٠٠", "12:00")],
    ],
)
def test_slots_that_make_no_sense_are_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match=r"must end after|overlaps|not a time"):
        slots(*pairs)


def test_slots_come_in_any_order_and_may_touch() -> None:
    assert slots(("13:00", "24:00"), ("09:00", "13:00")) == ((540, 780), (780, 1440))
    assert minute_of("24:00") == 1440


# What the engine stands on


def test_calendars_compare_and_hash_by_what_they_say() -> None:
    used = WorkingHours("Asia/Shanghai", OFFICE.weekly)
    used.add(shanghai(2026, 3, 13), minutes(1))
    assert used == OFFICE
    assert len({used, OFFICE}) == 1


def test_the_clock_engine_needs_no_django() -> None:
    program = "import sys, sla.simulate, sla.chinese; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_three_hundred_thousand_sums_take_less_than_a_second() -> None:
    """The promised speed, in seconds of processor time: a 5x9 calendar with holidays and make-up workdays."""
    days = [special for year in (2025, 2026) for special in chinese.special_days(year)]
    hours = WorkingHours(
        "Asia/Shanghai",
        OFFICE.weekly,
        holidays=frozenset(day for day, kind, _ in days if kind == "holiday"),
        extra_workdays=frozenset(day for day, kind, _ in days if kind == "workday"),
        known_years=frozenset([2025, 2026]),
    )
    random = Random(2026)
    start = datetime(2025, 1, 2, tzinfo=UTC)
    sums = [(start + minutes(random.randrange(700 * 1440)), minutes(random.randrange(1, 4800))) for _ in range(30_000)]
    spent = []
    for _ in range(5):
        before = time.process_time()
        for at, amount in sums:
            hours.add(at, amount)
        spent.append(time.process_time() - before)
    assert len(sums) / min(spent) > 300_000
