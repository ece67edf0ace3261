"""Whom to send (N1): who can still make it, then who knows the device, is on duty, has least to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from people.models import Role, TravelFactor
from tests.factories import EngineerFactory, RotationFactory, SiteFactory, TeamFactory, TravelTimeFactory
from tests.visits.visit_case import SHANGHAI, at, ground
from visits.candidates import candidates
from visits.models import Skill
from visits.ranking import Booked, Candidate, Engineer, Leg, Place, rank
from visits.wording import reason

NOW, HOME, OTHER = at("10:00"), Place("成都"), Place("德阳", 7)
TWO_HOURS, THREE_HOURS = timedelta(hours=2), timedelta(hours=3)


def ranked(*people: Engineer, due: datetime | None = None, minutes: int = 60, from_site: int = 20) -> list[Candidate]:
    def leg(one: Engineer, start: Place, moment: datetime) -> Leg:
        return Leg(minutes if start.site is None else from_site, 50, is_estimate=start.site is not None)

    found = rank(people, leg, now=NOW, due_at=due, work=TWO_HOURS, follows_within=THREE_HOURS)
    return list(found)


def person(name: str, **more: object) -> Engineer:
    return replace(Engineer(ord(name), name, home=HOME), **more)  # type: ignore[arg-type]


def names(found: list[Candidate]) -> str:
    return "".join(one.name for one in found)


def taken(start: str, end: str, place: Place = OTHER) -> Booked:
    return Booked(at(start), at(end), place)


def test_who_can_still_make_it_comes_before_who_knows_it_best() -> None:
    late = person("A", grade=3, is_on_duty=True, booked=(taken("09:00", "12:00"),))
    found = ranked(late, person("B"), due=at("11:30"))
    assert [(one.name, one.makes_it, one.margin) for one in found] == [
        ("B", True, timedelta(minutes=30)),
        ("A", False, timedelta(minutes=-50)),
    ]


def test_of_those_who_miss_it_the_least_late_comes_first() -> None:
    best = person("A", grade=3, is_on_duty=True, booked=(taken("09:00", "12:00"),))
    assert names(ranked(best, person("B"), due=at("10:30"))) == "BA"


def test_an_arrival_at_the_very_deadline_still_makes_it() -> None:
    assert ranked(person("A"), due=at("11:00"))[0].makes_it
    assert not ranked(person("A"), due=at("11:00") - timedelta(milliseconds=1))[0].makes_it


def test_then_grade_then_duty_then_load_then_arrival_then_name() -> None:
    people = [
        person("F", load=1),
        person("E"),
        person("D"),
        person("C", is_on_duty=True, load=3),
        person("B", grade=1),
        person("A", grade=3, load=9),
        person("G", booked=(taken("08:00", "09:30"),)),
    ]
    assert names(ranked(*people, due=at("18:00"))) == "ABCGDEF"


def test_who_has_no_known_start_comes_last() -> None:
    assert names(ranked(person("A", home=None, grade=3), person("B"))) == "BA"


@pytest.mark.parametrize(
    ("booked", "leaves", "start", "after"),
    [
        ((), "10:00", HOME, ""),
        ((taken("14:00", "15:00"),), "10:00", HOME, ""),  # there 11:00, done 13:00
        ((taken("13:00", "15:00"),), "10:00", HOME, ""),  # just fits
        ((taken("12:59", "15:00"),), "15:00", OTHER, "德阳"),
        ((taken("09:00", "10:30"),), "10:30", OTHER, "德阳"),
        ((taken("09:00", "10:30"), taken("12:00", "13:00", HOME)), "13:00", HOME, "成都"),
        ((taken("05:00", "07:00"),), "10:00", OTHER, ""),  # ended three hours ago: still there
        ((taken("05:00", "06:59"),), "10:00", HOME, ""),
    ],
)
def test_visit_fits_into_the_first_gap_that_is_long_enough(
    booked: tuple[Booked, ...], leaves: str, start: Place, after: str
) -> None:
    (found,) = ranked(person("A", booked=booked))
    assert (found.leaves_at, found.start, found.after) == (at(leaves), start, after)


people_lists = st.lists(
    st.builds(
        Engineer,
        key=st.integers(1, 99),
        name=st.sampled_from("甲乙丙丁"),
        grade=st.integers(0, 3),
        is_on_duty=st.booleans(),
        load=st.integers(0, 4),
        home=st.sampled_from([HOME, None]),
        booked=st.lists(st.integers(-4, 9), max_size=3, unique=True).map(
            lambda hours: tuple(
                Booked(NOW + timedelta(hours=hour), NOW + timedelta(hours=hour, minutes=50), OTHER)
                for hour in sorted(hours)
            )
        ),
    ),
    max_size=6,
    unique_by=lambda one: one.key,
)


@given(people_lists, st.integers(-60, 600))
def test_order_holds_for_everybody_and_no_booking_is_run_over(people: list[Engineer], minutes: int) -> None:
    due = NOW + timedelta(minutes=minutes)
    found = ranked(*people, due=due)
    assert sorted(one.key for one in found) == sorted(one.key for one in people)
    merits = [
        (
            one.makes_it,
            one.arrives_at is not None,
            min(one.margin or timedelta(0), timedelta(0)),
            one.grade,
            one.is_on_duty,
            -one.load,
        )
        for one in found
    ]
    assert merits == sorted(merits, reverse=True)
    assert found == ranked(*reversed(people), due=due)
    booked = {one.key: one.booked for one in people}
    for one in found:
        if one.arrives_at is None or one.leaves_at is None:
            continue
        assert one.makes_it == (one.arrives_at <= due)
        end = one.arrives_at + TWO_HOURS
        assert all(row.end <= one.leaves_at or row.start >= end for row in booked[one.key])


def test_reason_says_in_words_why() -> None:
    with timezone.override(SHANGHAI):
        (late,) = ranked(
            person("A", grade=3, is_on_duty=True, load=1, booked=(taken("09:00", "12:00"),)), due=at("11:30")
        )
        said = reason(late, NOW)
    assert said == (
        "there at 12:20, 50 min too late, grade 3 of 3 for this device, on duty, 1 visit open today,"
        " after the visit to 德阳, way estimated"
    )


@pytest.mark.django_db
def test_rows_of_a_region_take_four_queries_however_many_engineers() -> None:
    g = ground()
    Skill.objects.create(engineer=g.engineer, device_kind="terminal", grade=3)
    RotationFactory(role=Role.ENGINEER, people=[g.engineer])
    busy = g.colleague(name="赵磊")
    g.plan(busy, "11:00", "12:00", way=None, site=SiteFactory(hospital=g.site.hospital, latitude=31.5))
    stranger = EngineerFactory(team=TeamFactory())
    for _ in range(20):
        g.colleague()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = candidates(g.site, device_kind="terminal", due_at=at("12:30"), now=at("10:30"))
    assert len(queries) == 4
    assert (found[0].name, found[0].arrives_at, found[0].grade, found[0].is_on_duty) == ("李航", at("12:05"), 3, True)
    (after,) = [one for one in found if one.name == "赵磊"]
    assert (after.leaves_at, after.load, after.leg and after.leg.is_estimate) == (at("12:00"), 1, True)
    assert stranger.pk not in {one.key for one in found}


@pytest.mark.django_db
def test_rush_hour_slows_the_way_and_a_base_without_a_figure_is_estimated() -> None:
    g = ground()
    TravelFactor.objects.create(name="早高峰", starts_at="07:00", ends_at="09:30", factor="1.40")
    far = EngineerFactory(team=TeamFactory(region=g.site.hospital.region, base=TravelTimeFactory().base))
    found = {one.key: one for one in candidates(g.site, device_kind="mcu", due_at=None, now=at("08:00"))}
    assert found[g.engineer.pk].arrives_at == at("10:13")
    leg = found[far.pk].leg
    assert leg is not None
    assert leg.is_estimate
