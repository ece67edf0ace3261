"""An engineer's own way: whence, how long, in which traffic, and where the figure comes from (A2)."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Entry
from people import travel
from people.distance import Road, by_road, straight_km
from people.models import TravelFactor, TravelTime
from sla.explain import explain
from tests.factories import EngineerFactory, ServiceBaseFactory, SiteFactory, TeamFactory
from tests.tickets.conftest import Scene, furnished_scene, scene
from tests.visits.visit_case import Ground, at, ground
from tickets import workflow
from visits import dispatch, ways
from visits.ways import way

__all__ = ["furnished_scene", "scene"]
ROAD = Road(factor=1.3, speeds=((20, 25), (80, 50), (inf, 75)), door_minutes=15)


@pytest.fixture
def g(db: None) -> Ground:
    return ground()


def test_from_the_base_the_table_counts(g: Ground) -> None:
    found = way(g.engineer, g.site, at("10:00"))
    assert found is not None
    assert (found.minutes, found.km, found.base, found.is_estimate) == (95, 126, g.base, False)
    assert found.source == "road table 2026-03"


def test_without_a_row_the_distance_is_estimated_and_says_so(g: Ground) -> None:
    TravelTime.objects.all().delete()
    found = way(g.engineer, g.site, at("10:00"))
    assert found is not None
    assert (found.minutes, found.km, found.is_estimate, found.source) == (136, 151, True, "")


def test_after_a_visit_the_way_begins_at_its_site_and_later_again_at_the_base(g: Ground) -> None:
    before = SiteFactory(hospital=g.site.hospital, latitude=31.5, name="分院")
    visit = g.plan(start="13:00", end="15:00", site=before, way=None)
    for moment, start in (
        ("15:00", "江城市中心医院 · 分院"),
        ("17:59", "江城市中心医院 · 分院"),
        ("18:01", g.base.name),
    ):
        found = way(g.engineer, g.site, at(moment))
        assert found is not None
        assert found.start_name == start
    dispatch.cancel(visit, reason="改期", by=g.lead, now=at("12:00"))
    assert ways.way(g.engineer, g.site, at("15:00")).base == g.base  # type: ignore[union-attr]


def test_to_where_one_is_there_is_no_way(g: Ground) -> None:
    g.plan(start="13:00", end="15:00", way=None)
    found = way(g.engineer, g.site, at("15:00"))
    assert found is not None
    assert (found.minutes, found.km) == (0, 0)


def test_nobody_knows_the_way_of_an_engineer_without_a_base(g: Ground) -> None:
    assert way(EngineerFactory(team=TeamFactory(base=None)), g.site, at("10:00")) is None


def test_own_minutes_keep_their_reason(g: Ground) -> None:
    own = ways.by_hand(way(g.engineer, g.site, at("10:00")), 60, "走新高速")
    visit = g.plan(way=own)
    assert (visit.travel_minutes, visit.travel_reason, visit.travel_source) == (60, "走新高速", "")
    visit = dispatch.depart(visit, by=g.engineer, now=at("11:00"))
    assert visit.expected_arrival_at == at("12:00")


@pytest.mark.parametrize(
    ("moment", "factor"),
    [
        ("2026-03-11 07:29", 1.0),
        ("2026-03-11 07:30", 1.4),
        ("2026-03-11 09:29", 1.4),
        ("2026-03-11 09:30", 1.0),
        ("2026-03-14 08:00", 1.0),  # Saturday
        ("2026-03-11 22:00", 1.1),
        ("2026-03-12 05:59", 1.1),  # began on Wednesday
        ("2026-03-12 06:00", 1.0),
        ("2026-03-12 22:30", 1.0),
    ],
)
@pytest.mark.django_db
def test_slow_hours_go_by_the_site_s_clock_and_past_midnight(moment: str, factor: float) -> None:
    TravelFactor.objects.create(name="早高峰", weekdays="12345", starts_at="07:30", ends_at="09:30", factor="1.40")
    TravelFactor.objects.create(name="周三夜间", weekdays="3", starts_at="22:00", ends_at="06:00", factor="1.10")
    assert travel.factor(at(moment), "Asia/Shanghai") == factor


def test_slow_hours_change_the_expected_arrival_and_never_the_promise(scene: Scene) -> None:
    """Worked example 3."""
    TravelFactor.objects.create(name="上午", starts_at="10:00", ends_at="12:00", factor="2.00")
    ticket = workflow.answer(scene.file("09:00"), by=scene.operator, text="请重启", now=scene.at("09:40"))
    ticket = workflow.remote_failed(ticket, by=scene.operator, reason="重启无效", now=scene.at("10:12"))
    ticket = workflow.depart(ticket, by=scene.engineer, now=scene.at("10:41"))
    assert ticket.expected_arrival_at == scene.at("13:51")
    assert scene.due(ticket, "onsite") == "03-11 12:47"


def test_promise_of_a_site_without_a_figure_counts_a_marked_estimate_for_ever(scene: Scene) -> None:
    site = SiteFactory(hospital=scene.hospital)
    ticket = scene.file("09:00", site=site)
    ticket = workflow.answer(ticket, by=scene.operator, text="请重启", now=scene.at("09:40"))
    ticket = workflow.remote_failed(ticket, by=scene.operator, reason="重启无效", now=scene.at("10:12"))
    assert scene.due(ticket, "onsite") == "03-11 13:28"
    assert [row.is_estimate for row in site.travel_times.all()] == [True]
    text = " ".join(line.detail for line in explain(scene.clock(ticket, "onsite")).lines)
    assert "Estimated by distance, since no travel table knows the way" in text
    site.latitude = 25.0
    site.save()
    workflow.answer(ticket, by=scene.operator, text="已派人", now=scene.at("10:30"))
    assert scene.due(ticket, "onsite") == "03-11 13:28"


def test_estimate_is_put_down_once_from_the_contracts_base_or_the_nearest(g: Ground) -> None:
    near = ServiceBaseFactory(latitude=31.4, longitude=104.6)
    site = SiteFactory()
    for _ in range(2):
        travel.ensure(site, at("10:00"))
    assert [(row.base, row.valid_from) for row in site.travel_times.all()] == [(near, at("10:00"))]
    bound = SiteFactory(base=g.base)
    travel.ensure(bound, at("10:00"))
    assert [row.base for row in bound.travel_times.all()] == [g.base]
    travel.ensure(g.site, at("10:00"))
    assert not g.site.travel_times.filter(is_estimate=True).exists()


def test_new_figure_is_a_new_row_on_the_audit_trail(g: Ground) -> None:
    said = {"km": 126, "mode": "road", "source": "实测 2026-03", "by": g.lead, "now": at("10:00")}
    row = travel.put(g.site, g.base, minutes=110, **said)
    found = travel.figure(g.site, at("10:00"), g.base)
    assert (found and found.row_id, g.site.travel_times.count()) == (row.pk, 2)
    entry = Entry.objects.get(act="people.travel_changed")
    assert (entry.actor_id, entry.detail["old"], entry.detail["new"]) == (g.lead.pk, 95, 110)


@pytest.mark.parametrize(
    ("place", "km"),
    [((90.0, 0.0), 10_008), ((0.0, 180.0), 20_015), ((0.0, 1.0), 111.2), ((0.0, 0.0), 0)],
)
def test_great_circle_goes_by_the_mean_radius(place: tuple[float, float], km: float) -> None:
    assert straight_km((0.0, 0.0), place) == pytest.approx(km, abs=0.5)


points = st.tuples(st.floats(18, 53), st.floats(74, 135))


@given(points, points)
def test_estimate_is_the_same_there_and_back_and_grows_from_the_door(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    there, back = by_road(one, other, ROAD), by_road(other, one, ROAD)
    assert abs(there.minutes - back.minutes) <= 1
    assert there.minutes >= ROAD.door_minutes
    assert there.km >= straight_km(one, other)
