"""Somebody is on duty, or the gap is known before it hurts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from people import roster
from people.models import DutyOverride, Region, Role, Rotation, RotationMember, User
from people.roster import Plan, turn_at
from tests.factories import OperatorFactory, RegionFactory

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = timedelta(days=7)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of March 2026 on a Shanghai wall clock; 2026-03-02 is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


def plan(*names: str, **changes: Any) -> Plan:
    values: dict[str, Any] = {
        "role": Role.OPERATOR,
        "region_id": None,
        "zone": SHANGHAI,
        "starts_on": date(2026, 3, 2),
        "turn_days": 7,
        "weekdays": frozenset(range(1, 8)),
        "starts_at": time(9),
        "ends_at": time(9),
        "members": tuple(User(pk=number, name=name) for number, name in enumerate(names, 1)),
    }
    return Plan(**values | changes)


def name_at(rotation: Plan, moment: datetime) -> str | None:
    turn = turn_at(rotation, moment)
    return turn.person.name if turn else None


def test_turn_passes_on_at_the_hand_over_hour_of_the_eighth_day() -> None:
    rotation = plan("Anna", "Bo")
    assert name_at(rotation, at(9, 8, 59)) == "Anna"
    assert name_at(rotation, at(9, 9)) == "Bo"
    assert name_at(rotation, at(16, 9)) == "Anna"


def test_nobody_is_on_duty_before_the_first_hand_over() -> None:
    assert name_at(plan("Anna"), at(2, 8, 59)) is None


def test_night_turn_belongs_to_the_evening_that_it_began_on() -> None:
    nights = plan("Anna", starts_at=time(20), ends_at=time(8), weekdays=frozenset({5}))
    assert name_at(nights, at(6, 20)) == "Anna"
    assert name_at(nights, at(7, 7, 59)) == "Anna"
    assert name_at(nights, at(7, 8)) is None
    assert name_at(nights, at(7, 20)) is None


def test_turn_is_read_on_the_wall_clock_of_its_zone_through_a_clock_change() -> None:
    new_york = ZoneInfo("America/New_York")
    days = plan("Anna", zone=new_york, starts_at=time(9), ends_at=time(17))
    turn = turn_at(days, datetime(2026, 3, 8, 10, tzinfo=new_york))
    assert turn is not None
    assert turn.start == datetime(2026, 3, 8, 13, tzinfo=UTC)


@given(st.datetimes(datetime(2026, 3, 2, 9), datetime(2027, 3, 2)), st.integers(1, 30), st.integers(1, 5))
def test_round_the_clock_rotation_always_names_exactly_the_person_whose_turn_it_is(
    moment: datetime, turn_days: int, people: int
) -> None:
    rotation = plan(*(str(number) for number in range(people)), turn_days=turn_days)
    elapsed = moment - datetime(2026, 3, 2, 9)
    expected = str(elapsed // timedelta(days=turn_days) % people)
    assert name_at(rotation, moment.replace(tzinfo=SHANGHAI)) == expected


def rotation_of(*people: User, role: str = Role.OPERATOR, region: Region | None = None, **changes: Any) -> Rotation:
    row = Rotation.objects.create(
        role=role,
        region=region,
        name="duty",
        starts_on=date(2026, 3, 2),
        **{"starts_at": time(0), "ends_at": time(0)} | changes,
    )
    for position, person in enumerate(people, 1):
        RotationMember.objects.create(rotation=row, user=person, position=position)
    return row


@pytest.mark.django_db
def test_override_wins_over_the_rotation_only_while_it_lasts() -> None:
    usual, stand_in = OperatorFactory(), OperatorFactory()
    rotation_of(usual)
    DutyOverride.objects.create(role=Role.OPERATOR, user=stand_in, starts_at=at(4, 8), ends_at=at(4, 12))
    assert roster.on_duty(Role.OPERATOR, None, at(4, 7, 59)) == [usual]
    assert roster.on_duty(Role.OPERATOR, None, at(4, 8)) == [stand_in]
    assert roster.on_duty(Role.OPERATOR, None, at(4, 12)) == [usual]


@pytest.mark.django_db
def test_region_roster_wins_over_the_one_of_every_region_and_falls_back_to_it() -> None:
    region, elsewhere = RegionFactory(), RegionFactory()
    local, central = OperatorFactory(), OperatorFactory()
    rotation_of(local, region=region, starts_at=time(8), ends_at=time(18))
    rotation_of(central)
    assert roster.on_duty(Role.OPERATOR, region.pk, at(4, 9)) == [local]
    assert roster.on_duty(Role.OPERATOR, region.pk, at(4, 19)) == [central]
    assert roster.on_duty(Role.OPERATOR, elsewhere.pk, at(4, 9)) == [central]


@pytest.mark.django_db
def test_disabled_person_is_never_on_duty_and_moves_nobody_elses_turn() -> None:
    gone, next_one = OperatorFactory(is_active=False), OperatorFactory()
    rotation_of(gone, next_one)
    assert roster.on_duty(Role.OPERATOR, None, at(4, 9)) == []
    assert roster.on_duty(Role.OPERATOR, None, at(4, 9) + WEEK) == [next_one]


@pytest.mark.django_db
def test_override_of_a_disabled_person_leaves_the_rotation_in_charge() -> None:
    usual, gone = OperatorFactory(), OperatorFactory(is_active=False)
    rotation_of(usual)
    DutyOverride.objects.create(role=Role.OPERATOR, user=gone, starts_at=at(4, 8), ends_at=at(4, 12))
    assert roster.on_duty(Role.OPERATOR, None, at(4, 9)) == [usual]


@pytest.mark.django_db
def test_override_without_a_person_is_a_gap_of_exactly_its_hours() -> None:
    rotation_of(OperatorFactory())
    rotation_of(OperatorFactory(), role=Role.LEAD)
    rotation_of(OperatorFactory(), role=Role.MANAGER)
    DutyOverride.objects.create(role=Role.OPERATOR, user=None, starts_at=at(4, 8), ends_at=at(4, 12))
    [gap] = roster.gaps(at(3, 0), at(10, 0))
    assert (gap.role, gap.region, gap.start, gap.end) == (Role.OPERATOR, None, at(4, 8), at(4, 12))


@pytest.mark.django_db
def test_weekend_of_an_office_hours_hotline_is_one_gap_per_closed_stretch() -> None:
    rotation_of(OperatorFactory(), starts_at=time(8), ends_at=time(20), weekdays="12345")
    found = [gap for gap in roster.gaps(at(6, 8), at(9, 8)) if gap.role == Role.OPERATOR]
    assert [(gap.start, gap.end) for gap in found] == [(at(6, 20), at(9, 8))]


@pytest.mark.django_db
def test_role_that_ladders_page_and_nobody_planned_is_a_gap_from_now_on() -> None:
    now = at(4, 10)
    assert {gap.role for gap in roster.gaps(at(4, 0), at(5, 0), now)} == set(roster.ALWAYS_ON)
    assert {(gap.start, gap.end) for gap in roster.gaps(at(4, 0), at(5, 0), now)} == {(now, at(5, 0))}
    assert roster.gaps(at(4, 0), at(4, 9), now) == []


@pytest.mark.django_db
def test_roster_answers_a_whole_batch_from_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    region = RegionFactory()
    person = OperatorFactory()
    rotation_of(person, region=region)
    rotation_of(OperatorFactory())
    DutyOverride.objects.create(role=Role.LEAD, user=person, starts_at=at(4, 8), ends_at=at(4, 12))
    with django_assert_num_queries(2):
        table = roster.Roster.load(at(4, 9))
        for _ in range(50):
            assert table.on_duty(Role.OPERATOR, region.pk, at(4, 9)) == [person]
            assert table.on_duty(Role.LEAD, region.pk, at(4, 9)) == [person]


@pytest.mark.django_db
def test_one_query_says_who_has_a_post_with_all_that_is_known_of_them(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    person, other = OperatorFactory(), OperatorFactory()
    rotation_of(other)
    DutyOverride.objects.create(role=Role.OPERATOR, user=person, starts_at=at(4, 8), ends_at=at(4, 12))
    for moment, holder in ((at(4, 8), person), (at(4, 12), other)):
        with django_assert_num_queries(1):
            [found] = roster.on_duty(Role.OPERATOR, None, moment)
            assert (found, found.email, found.created_at) == (holder, holder.email, holder.created_at)


@pytest.mark.django_db
def test_wall_shows_each_post_its_holder_and_until_when() -> None:
    person = OperatorFactory()
    rotation_of(person, starts_at=time(8), ends_at=time(20))
    [operator] = [duty for duty in roster.who(at(4, 9)) if duty.role == Role.OPERATOR]
    assert (operator.people, operator.until) == ((person,), at(4, 20))
