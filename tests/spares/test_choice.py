"""Which depot still makes two working days: stock, cut-off, carrier days, holidays and make-up days (N10, A6, A11)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.hours import WorkingHours
from sla.slots import slots
from spares.choice import Option, Road, Store, best, weigh

SHANGHAI = ZoneInfo("Asia/Shanghai")
FAN, BOARD = 1, 2
PACKING = timedelta(minutes=30)
OFFICE = slots(("09:00", "18:00"))


def days(first: str, last: str) -> frozenset[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return frozenset(start + timedelta(n) for n in range((end - start).days + 1))


CN = WorkingHours(
    "Asia/Shanghai",
    (OFFICE,) * 5 + ((), ()),
    holidays=days("2026-02-15", "2026-02-23") | days("2026-10-01", "2026-10-07"),
    extra_workdays=frozenset(map(date.fromisoformat, ("2026-02-14", "2026-02-28", "2026-09-20", "2026-10-10"))),
    known_years=frozenset({2026}),
)
"""Spring Festival and National Day of 2026 as the State Council set them."""


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def at(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}" if moment else ""


def store(key: int = 1, name: str = "成都", lane: int = 1, free: dict[int, int] | None = None, **more: int) -> Store:
    road = Road("顺丰", lane, more.pop("arrives_by", 18 * 60))
    cut_off = more.pop("cut_off", 16 * 60)
    return Store(key, name, name, cut_off, CN, (road,), {FAN: 9} if free is None else free)


def asked(when: str, *stores: Store, needs: dict[int, int] | None = None) -> tuple[Option, ...]:
    """Asked at `when` under the promises of worked example 6."""
    now = local(when)
    due = CN.in_any_year().workdays(now, 2)
    needs = needs or {FAN: 1}
    ship_by = now + timedelta(hours=24)
    return weigh(needs, stores, asked_at=now, ship_by=ship_by, deliver_by=due, packing=PACKING)


@pytest.mark.parametrize(
    ("clause", "when", "lane", "leaves", "there", "late"),
    [
        ("packed by the cut-off, it leaves the same day", "2026-03-11 13:20", 1, "03-11 16:00", "03-12 18:00", 0),
        ("packed at the very cut-off", "2026-03-11 15:30", 2, "03-11 16:00", "03-13 18:00", 0),
        ("a minute later it leaves the next day", "2026-03-11 15:31", 1, "03-12 16:00", "03-13 18:00", 0),
        ("and a lane of two days misses by a weekend", "2026-03-11 15:31", 2, "03-12 16:00", "03-16 18:00", 72),
        ("asked before opening, packing begins at nine", "2026-03-11 05:00", 1, "03-11 16:00", "03-12 18:00", 0),
        ("asked on a Saturday, it leaves on Monday", "2026-03-14 10:00", 1, "03-16 16:00", "03-17 18:00", 0),
        # Spring Festival: 15 to 23 February off, Saturday the 14th worked.
        ("the make-up Saturday ships", "2026-02-13 17:40", 1, "02-14 16:00", "02-24 18:00", 0),
        ("and counts as a carrier's day", "2026-02-13 10:00", 1, "02-13 16:00", "02-14 18:00", 0),
        ("on the last day before the feast", "2026-02-14 15:00", 1, "02-14 16:00", "02-24 18:00", 0),
        ("too late on that day", "2026-02-14 16:00", 1, "02-24 16:00", "02-25 18:00", 0),
        ("two days from then are too many", "2026-02-14 16:00", 2, "02-24 16:00", "02-26 18:00", 24),
        ("asked within the feast", "2026-02-18 10:00", 1, "02-24 16:00", "02-25 18:00", 0),
        # National Day: 1 to 7 October off, Saturday the 10th worked.
        ("the evening before the eve", "2026-09-29 19:30", 1, "09-30 16:00", "10-08 18:00", 0),
        ("two days then are a day too late", "2026-09-29 19:30", 2, "09-30 16:00", "10-09 18:00", 24),
        ("asked on a holiday", "2026-10-02 09:00", 1, "10-08 16:00", "10-09 18:00", 0),
        ("the make-up Saturday saves it", "2026-10-08 17:00", 1, "10-09 16:00", "10-10 18:00", 0),
        ("two days across the Sunday", "2026-10-08 17:00", 2, "10-09 16:00", "10-12 18:00", 48),
    ],
)
def test_two_working_days_around_weekends_and_holidays(
    clause: str, when: str, lane: int, leaves: str, there: str, late: int
) -> None:
    (option,) = asked(when, store(lane=lane))
    assert (at(option.leaves_at), at(option.there_at)) == (leaves, there), clause
    assert option.late == timedelta(hours=late), clause
    assert option.verdict == ("late" if late else "makes")


def test_a_lane_of_the_same_day_is_there_in_the_evening_and_never_before_it_left() -> None:
    (evening,) = asked("2026-03-11 10:00", store(lane=0, arrives_by=20 * 60))
    assert at(evening.there_at) == "03-11 20:00"
    (noon,) = asked("2026-03-11 10:00", store(lane=0, arrives_by=12 * 60))
    assert at(noon.there_at) == "03-12 12:00"


def test_those_that_make_it_come_first_then_the_earliest_then_the_fullest() -> None:
    found = asked(
        "2026-03-11 13:20",
        store(1, "北京", lane=3),
        store(2, "上海", lane=2),
        store(3, "广州", lane=1, free={FAN: 1}),
        store(4, "成都", lane=1, free={FAN: 5}),
        store(5, "武汉", lane=0, free={}),
        store(6, "西安", lane=1, free={FAN: 1, BOARD: 1}),
    )
    assert [(one.name, one.verdict) for one in found] == [
        ("成都", "makes"),
        ("广州", "makes"),
        ("西安", "makes"),
        ("上海", "makes"),
        ("北京", "late"),
        ("武汉", "short"),
    ]
    assert best(found) == found[0]
    assert found[-1].missing == {FAN: 1}


def test_a_depot_with_a_part_of_it_cannot_and_says_what_it_lacks() -> None:
    (some, none) = asked(
        "2026-03-11 13:20", store(1, free={FAN: 2}), store(2, "武汉", free={}), needs={FAN: 3, BOARD: 1}
    )
    assert (some.verdict, some.free, some.missing) == ("short", 2, {FAN: 1, BOARD: 1})
    assert (none.verdict, none.free) == ("short", 0)
    assert best((some, none)) is None


def test_where_no_carrier_goes_there_is_no_way() -> None:
    (option,) = asked("2026-03-11 13:20", Store(1, "拉萨", "拉萨", 960, CN, (), {FAN: 9}))
    assert (option.verdict, option.leaves_at, option.there_at) == ("no_way", None, None)


def test_of_two_carriers_the_one_that_is_there_first_is_named() -> None:
    roads = (Road("邮政", 2, 720), Road("顺丰", 1, 1080))
    (option,) = asked("2026-03-11 13:20", Store(1, "成都", "成都", 960, CN, roads, {FAN: 1}))
    assert (option.carrier, at(option.there_at)) == ("顺丰", "03-12 18:00")


def test_leaving_after_24_hours_is_said_even_where_the_two_days_are_kept() -> None:
    (option,) = asked("2026-03-13 17:00", store(lane=1))  # a Friday
    assert (option.verdict, at(option.leaves_at)) == ("makes", "03-16 16:00")
    assert option.ships_late == timedelta(hours=47)


def test_a_year_that_is_not_published_gives_a_provisional_option() -> None:
    (option,) = asked("2026-12-31 17:00", store(lane=1))
    assert (option.is_provisional, at(option.there_at)) == (True, "01-04 18:00")


def test_a_depot_in_another_zone_closes_by_its_own_clock() -> None:
    urumqi = WorkingHours("Asia/Urumqi", CN.weekly, CN.holidays, CN.extra_workdays, known_years=CN.known_years)
    west = Store(1, "乌鲁木齐", "乌鲁木齐", 960, urumqi, (Road("顺丰", 1, 1080),), {FAN: 1})
    (option,) = asked("2026-03-11 17:20", west)  # 15:20 there
    assert at(option.leaves_at) == "03-11 18:00"


@given(
    minutes=st.integers(0, 300 * 24 * 60),
    lanes=st.lists(st.integers(0, 6), min_size=1, max_size=5),
    cut_off=st.integers(9 * 60, 18 * 60),
)
def test_nothing_leaves_before_it_is_asked_nor_arrives_before_it_left(
    minutes: int, lanes: list[int], cut_off: int
) -> None:
    now = local("2026-01-02 00:00") + timedelta(minutes=minutes)
    stores = [store(key, str(key), lane, cut_off=cut_off) for key, lane in enumerate(lanes)]
    found = weigh({FAN: 1}, stores, asked_at=now, ship_by=None, deliver_by=None, packing=PACKING)
    assert [one.there_at for one in found] == sorted(one.there_at for one in found if one.there_at)
    for one in found:
        assert one.leaves_at
        assert one.there_at
        assert now + PACKING <= one.leaves_at <= one.there_at
        assert CN.in_any_year().slots_on(one.leaves_at.astimezone(SHANGHAI).date())
        assert one.makes_it
