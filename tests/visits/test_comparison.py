"""Where the travel table is wrong: measured ways of a month against its figures (A2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people import travel
from tests.factories import EngineerFactory
from tests.visits.visit_case import Ground, at, ground
from visits import dispatch
from visits.comparison import Figure, Line, Trip, compare, of_month, take_over
from visits.dispatch import Refused
from visits.models import Visit

MARCH = date(2026, 3, 1)
ROW = Figure(60, 50, "road", is_estimate=False)


def trips(*minutes: float, site: int = 1, figure: Figure | None = ROW) -> list[Trip]:
    return [Trip(9, "成都", site, f"站点 {site}", one, figure) for one in minutes]


@pytest.mark.parametrize(
    ("minutes", "middle", "difference", "is_off"),
    [
        ((60, 61, 62), 61, 1, False),
        ((69, 69, 69), 69, 9, False),
        ((70, 70, 70), 70, 10, True),
        ((50, 50, 50), 50, -10, True),
        ((500, 500), 500, 440, False),  # two ways prove nothing
        ((60, 60, 900), 60, 0, False),  # a median shrugs off a flat tyre
        ((70, 80, 90, 100), 85, 25, True),
    ],
)
def test_median_of_the_measured_ways_stands_against_the_table(
    minutes: tuple[int, ...], middle: int, difference: int, is_off: bool
) -> None:
    (line,) = compare(trips(*minutes))
    assert (line.count, line.median, line.difference, line.is_off) == (len(minutes), middle, difference, is_off)


def test_long_way_is_wrong_only_from_its_share_on() -> None:
    far = Figure(200, 220, "road", is_estimate=False)
    assert [compare(trips(m, m, m, figure=far))[0].is_off for m in (229, 230)] == [False, True]


def test_way_without_a_figure_is_something_to_look_at() -> None:
    (line,) = compare(trips(50, 51, 52, figure=None))
    assert (line.is_off, line.difference) == (True, None)


def test_wrong_figures_come_first_the_worst_at_the_head() -> None:
    lines = compare([*trips(61, 61, 61, site=1), *trips(75, 75, 75, site=2), *trips(20, 20, 20, site=3)])
    assert [line.site for line in lines] == [3, 2, 1]


@pytest.fixture
def g(db: None) -> Ground:
    return ground()


def driven(g: Ground, day: str, minutes: int) -> Visit:
    set_out = at(f"2026-{day} 08:00")
    visit = g.plan(start=f"2026-{day} 10:00", end=f"2026-{day} 11:00", now=set_out)
    visit = dispatch.depart(visit, by=g.engineer, now=set_out)
    visit = dispatch.arrive(visit, by=g.engineer, now=set_out + timedelta(minutes=minutes))
    return dispatch.finish(visit, outcome="solved", by=g.engineer, now=set_out + timedelta(minutes=minutes + 20))


def march(g: Ground) -> tuple[Line, ...]:
    return of_month(MARCH, user=g.lead, now=at("2026-04-01 09:00"))


def test_month_is_read_in_one_query_and_holds_its_own_ways_only(g: Ground) -> None:
    for day, minutes in (("03-02", 110), ("03-05", 120), ("03-31", 130), ("04-01", 10)):
        driven(g, day, minutes)
    with CaptureQueriesContext(connection) as queries:
        (line,) = march(g)
    assert len(queries) == 1
    assert (line.base, line.site, line.count, line.median, line.difference) == (g.base.pk, g.site.pk, 3, 120, 25)
    assert of_month(MARCH, user=EngineerFactory(), now=at("2026-04-01 09:00")) == ()


def test_taking_it_over_makes_a_new_row_that_says_where_it_comes_from(g: Ground) -> None:
    now = at("2026-04-01 09:00")
    with pytest.raises(Refused):
        take_over(g.site, g.base, MARCH, by=g.lead, now=now)
    for day in ("03-02", "03-05", "03-09"):
        driven(g, day, 120)
    row = take_over(g.site, g.base, MARCH, by=g.lead, now=now)
    assert (row.minutes, row.km, row.source) == (120, 126, "实测 2026-03，3 次")
    before, after = (travel.figure(g.site, moment, g.base) for moment in (at("2026-03-31 09:00"), now))
    assert (before and before.minutes, after and after.minutes) == (95, 120)
    assert march(g)[0].difference == 0
