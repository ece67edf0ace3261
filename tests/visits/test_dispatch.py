"""Sending an engineer: who is booked, what is refused in words, and what is kept although it comes late (A8, T101)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from notifications.models import Notification
from people.models import User
from sla.evidence import Evidence
from tests.factories import DepotClerkFactory, EngineerFactory, SiteFactory, TeamFactory, TechnicianFactory
from tests.visits.visit_case import Ground, at, ground
from visits import codes, dispatch
from visits.booking import free_part
from visits.dispatch import Position, Presence, Refused
from visits.models import Crew, Visit, VisitRecord

State = Visit.State


@pytest.fixture
def g(db: None) -> Ground:
    return ground()


def booked(visit: Visit) -> list[tuple[str, str, str]]:
    """Who is booked for it, from when until when."""
    rows = visit.crew.filter(released_at=None).select_related("engineer").order_by("-is_lead", "engineer__name")
    zone = at("00:00").tzinfo
    return [
        (row.engineer.name, f"{row.during.lower.astimezone(zone):%H:%M}", f"{row.during.upper.astimezone(zone):%H:%M}")
        for row in rows
        if row.during.lower and row.during.upper
    ]


def step(visit: Visit, name: str) -> VisitRecord:
    return visit.records.filter(kind="step", data__step=name).order_by("-id")[0]


def told(kind: str) -> list[User]:
    return [row.person for row in Notification.objects.filter(kind=kind)]


def test_a_plan_books_the_engineer_from_setting_out_to_the_end(g: Ground) -> None:
    visit = g.plan()
    assert (visit.state, visit.travel_minutes, visit.travel_base) == (State.PLANNED, 95, g.base)
    assert visit.expected_arrival_at == at("13:00")
    assert booked(visit) == [("李航", "11:25", "15:00")]


def test_a_second_engineer_is_booked_with_the_first(g: Ground) -> None:
    visit = g.plan(crew=[g.colleague(name="赵磊")])
    assert booked(visit) == [("李航", "11:25", "15:00"), ("赵磊", "11:25", "15:00")]
    assert visit.crew.get(is_lead=True).engineer == g.engineer


def test_an_engineer_who_is_booked_elsewhere_is_refused_with_the_place_in_words(g: Ground) -> None:
    g.plan()
    with pytest.raises(Refused) as refused:
        g.plan(start="14:30", end="16:00", site=SiteFactory())
    assert refused.value.sentence == "李航 has another visit from 03-11 11:25 to 15:00: 江城市中心医院 · 门诊楼."
    assert Visit.objects.count() == 1


def test_whoever_may_not_see_the_other_visit_hears_of_its_time_only(g: Ground) -> None:
    g.plan()
    stranger = EngineerFactory()
    with pytest.raises(Refused) as refused:
        g.plan(start="14:30", end="16:00", by=stranger)
    assert refused.value.sentence == "李航 is already booked from 03-11 11:25 to 15:00."


def test_the_next_visit_may_begin_where_the_last_one_ends(g: Ground) -> None:
    g.plan()
    other = g.plan(start="15:00", end="16:00", way=None)
    assert booked(other) == [("李航", "15:00", "16:00")]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("15:00", "13:00"),
        ("13:00", "2026-03-26 13:00"),
        ("08:30", "09:30"),
        ("2027-04-11 13:00", "2027-04-11 15:00"),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused(g: Ground, start: str, end: str) -> None:
    with pytest.raises(Refused):
        g.plan(start=start, end=end)


@pytest.mark.parametrize("factory", [DepotClerkFactory, TechnicianFactory])
def test_only_engineers_and_leads_are_sent(g: Ground, factory: type[DepotClerkFactory]) -> None:
    with pytest.raises(Refused):
        g.plan(factory())


def test_moving_a_visit_moves_everybody_and_asks_for_all_of_them(g: Ground) -> None:
    mate = g.colleague(name="赵磊")
    visit = g.plan(crew=[mate])
    g.plan(mate, "17:00", "18:00", way=None)
    visit = dispatch.replan(visit, starts_at=at("14:00"), by=g.lead, now=at("09:10"))
    assert (visit.ends_at, visit.version) == (at("16:00"), 2)
    assert booked(visit) == [("李航", "12:25", "16:00"), ("赵磊", "12:25", "16:00")]
    with pytest.raises(Refused, match="赵磊"):
        dispatch.replan(visit, starts_at=at("15:30"), by=g.lead, now=at("09:10"))
    assert booked(visit)[0] == ("李航", "12:25", "16:00")


def test_giving_it_to_another_frees_the_first_and_keeps_who_it_was(g: Ground) -> None:
    visit, other = g.plan(), g.colleague(name="赵磊")
    visit = dispatch.depart(visit, by=g.engineer, now=at("11:25"))
    visit = dispatch.reassign(visit, other, way=None, by=g.lead, now=at("11:40"))
    assert (visit.state, visit.departed_at) == (State.PLANNED, None)
    assert [name for name, *_ in booked(visit)] == ["赵磊"]
    assert g.plan(start="13:00", site=SiteFactory(), now=at("11:40"), way=None)
    assert step(visit, "reassign").data["before"] == ["李航"]


def test_who_is_sent_from_afar_sees_the_visit_until_somebody_else_goes(g: Ground) -> None:
    """T018."""
    far, near = EngineerFactory(team=TeamFactory()), g.colleague()
    visit = g.plan(far, way=None)
    assert list(Visit.objects.for_user(far)) == [visit]
    dispatch.reassign(visit, near, way=None, by=g.lead, now=at("11:40"))
    assert list(Visit.objects.for_user(far)) == []
    assert list(Visit.objects.for_user(near)) == [visit]


def test_a_cancelled_visit_frees_everybody_and_needs_a_reason(g: Ground) -> None:
    visit = g.plan()
    with pytest.raises(Refused):
        dispatch.cancel(visit, reason=" ", by=g.lead, now=at("10:00"))
    visit = dispatch.cancel(visit, reason="医院改期", by=g.lead, now=at("10:00"))
    assert (visit.state, booked(visit)) == (State.CANCELLED, [])
    with pytest.raises(Refused) as refused:
        dispatch.depart(visit, by=g.engineer, now=at("10:05"))
    assert refused.value.sentence == "That is not possible now: the visit is in the state “Cancelled”."


def test_the_whole_way_of_a_visit_and_the_time_that_it_really_took(g: Ground) -> None:
    visit = dispatch.depart(g.plan(), by=g.engineer, now=at("11:00"))
    assert (visit.state, visit.expected_arrival_at) == (State.TRAVEL, at("12:35"))
    visit = dispatch.arrive(visit, by=g.engineer, now=at("12:41"))
    assert (visit.state, visit.arrived_at, visit.expected_arrival_at) == (State.ON_SITE, at("12:41"), None)
    assert booked(visit) == [("李航", "11:00", "14:41")]
    visit = dispatch.start(visit, by=g.engineer, now=at("12:50"))
    visit = dispatch.finish(visit, outcome="solved", found="电源故障", done="更换", by=g.engineer, now=at("13:30"))
    assert (visit.state, visit.outcome, visit.started_at) == (State.DONE, "solved", at("12:50"))
    assert booked(visit) == [("李航", "11:00", "13:30")]
    visit = dispatch.leave(visit, by=g.engineer, now=at("13:40"))
    assert visit.left_at == at("13:40")


def test_work_that_runs_over_is_booked_up_to_the_next_visit_which_stands_on_record(g: Ground) -> None:
    visit = g.plan()
    following = g.plan(start="15:30", end="17:00", way=None)
    visit = dispatch.arrive(visit, by=g.engineer, now=at("13:00"))
    visit = dispatch.finish(visit, outcome="solved", by=g.engineer, now=at("16:10"))
    assert booked(visit) == [("李航", "11:25", "15:30")]
    assert visit.finished_at == at("16:10")
    assert step(visit, "finish").data["ran_into"] == [following.pk]


def test_who_comes_while_another_visit_holds_all_their_time_stays_on_record(g: Ground) -> None:
    visit = g.plan(start="13:00", end="14:00")
    other = g.plan(start="10:00", end="11:00", way=None)
    visit = dispatch.arrive(visit, by=g.engineer, now=at("10:00"))
    assert (booked(visit), list(visit.crew.on_record().values_list("engineer", flat=True))) == ([], [g.engineer.pk])
    assert other.crew.on_record().count() == 1
    given = dispatch.reassign(other, g.colleague(name="赵磊"), way=None, by=g.engineer, now=at("09:00"))
    assert [row.engineer.name for row in given.crew.on_record()] == ["赵磊"]


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ([], (10, 14)),
        ([(12, 16)], (10, 12)),
        ([(9, 11)], (11, 14)),
        ([(9, 11), (11, 12), (13, 20)], (12, 13)),
        ([(9, 20)], None),
        ([(9, 12), (12, 14)], None),
    ],
)
def test_what_happens_takes_the_first_free_stretch(taken: list[tuple[int, int]], free: tuple[int, int] | None) -> None:
    def span(hours: tuple[int, int]) -> tuple[datetime, datetime]:
        return at("00:00") + timedelta(hours=hours[0]), at("00:00") + timedelta(hours=hours[1])

    assert free_part(span((10, 14)), map(span, taken)) == (span(free) if free else None)


# Check-in


def test_the_distance_to_the_site_is_worked_out_here_and_noted(g: Ground) -> None:
    near = Presence(position=Position(31.4745, 104.68, 12))
    visit = dispatch.arrive(g.plan(), by=g.engineer, now=at("12:50"), presence=near)
    assert (visit.check_in, visit.distance_m, visit.accuracy_m) == ("button", 500, 12)


def test_far_from_the_site_a_reason_is_asked_and_the_lead_is_told(g: Ground) -> None:
    visit = g.plan()
    far = Presence(position=Position(31.49, 104.68))
    with pytest.raises(Refused) as refused:
        dispatch.arrive(visit, by=g.engineer, now=at("12:50"), presence=far)
    assert refused.value.sentence == "That is 2.2 km from the site. Say why you check in there."
    far = Presence(position=far.position, reason="GPS 漂移")
    visit = dispatch.arrive(visit, by=g.engineer, now=at("12:50"), presence=far)
    assert (visit.state, visit.check_in_reason, step(visit, "arrive").data["flags"]) == ("on_site", "GPS 漂移", ["far"])
    assert told("visit.far") == [g.lead]


def test_the_code_of_the_site_is_enough_and_that_of_another_is_none(g: Ground) -> None:
    visit = g.plan()
    with pytest.raises(Refused, match="another place"):
        dispatch.arrive(visit, by=g.engineer, now=at("12:50"), presence=Presence(code=codes.address_of(SiteFactory())))
    visit = dispatch.arrive(visit, by=g.engineer, now=at("12:50"), presence=Presence(code=codes.address_of(g.site)))
    assert visit.check_in == "code"


# What a phone tells of afterwards


def test_the_same_word_counts_once(g: Ground) -> None:
    visit, said = g.plan(), Evidence(at("11:25"), "phone-7", 0, uuid4())
    for _ in range(2):
        visit = dispatch.depart(visit, by=g.engineer, now=at("18:00"), evidence=said)
    assert (visit.version, visit.records.filter(data__step="depart").count()) == (2, 1)


def test_steps_that_come_in_any_order_end_in_the_same_place_with_their_own_times(g: Ground) -> None:
    visit, late = g.plan(), at("18:00")
    visit = dispatch.finish(visit, outcome="solved", by=g.engineer, now=late, evidence=Evidence(at("14:30")))
    visit = dispatch.arrive(visit, by=g.engineer, now=late, evidence=Evidence(at("12:58")))
    visit = dispatch.depart(visit, by=g.engineer, now=late, evidence=Evidence(at("11:20")))
    assert (visit.state, visit.departed_at, visit.arrived_at, visit.finished_at) == (
        State.DONE, at("11:20"), at("12:58"), at("14:30")
    )  # fmt: skip
    assert step(visit, "arrive").data["flags"] == ["late", "order"]


def test_an_engineer_who_lost_the_visit_while_offline_is_kept_and_the_lead_is_told(g: Ground) -> None:
    """T101."""
    visit, other = g.plan(), g.colleague()
    visit = dispatch.reassign(visit, other, way=None, by=g.lead, now=at("10:00"))
    said = Evidence(at("12:58"), "phone-7", 0, uuid4())
    visit = dispatch.arrive(visit, by=g.engineer, now=at("13:30"), evidence=said)
    assert (visit.state, visit.arrived_at) == (State.PLANNED, None)
    assert step(visit, "arrive").data["flags"] == ["late", "reassigned", "disputed"]
    assert told("visit.kept") == [g.lead]
    with pytest.raises(Refused, match=other.name):
        dispatch.depart(visit, by=g.engineer, now=at("13:31"))


def test_a_step_of_a_cancelled_visit_is_kept_and_revives_nothing(g: Ground) -> None:
    visit = dispatch.cancel(g.plan(), reason="医院改期", by=g.lead, now=at("10:00"))
    visit = dispatch.arrive(visit, by=g.engineer, now=at("14:00"), evidence=Evidence(at("12:58")))
    assert (visit.state, visit.arrived_at) == (State.CANCELLED, at("12:58"))
    assert step(visit, "arrive").data["flags"] == ["late", "cancelled"]


def test_what_lies_in_the_future_is_refused_and_a_note_of_it_gets_our_own_time(g: Ground) -> None:
    """T102."""
    visit, ahead = g.plan(), Evidence(at("2026-03-13 11:25"))
    with pytest.raises(Refused):
        dispatch.depart(visit, by=g.engineer, now=at("11:25"), evidence=ahead)
    note = dispatch.record(visit, "note", body="门锁着", by=g.engineer, now=at("11:25"), evidence=ahead)
    assert (note.at, note.is_public) == (at("11:25"), False)


def test_a_visit_that_nobody_planned_gives_way_to_the_plans(g: Ground) -> None:
    g.plan()
    visit = dispatch.open_now(
        g.site,
        purpose="repair",
        subject="临时",
        engineer=g.engineer,
        at=at("12:00"),
        timeline=None,
        way=None,
        by=g.engineer,
        now=at("12:00"),
    )
    assert booked(visit) == []
    visit = dispatch.arrive(visit, by=g.engineer, now=at("12:10"))
    assert (visit.state, Crew.objects.filter(visit=visit).count()) == (State.ON_SITE, 1)
