"""The worked example of two hours on site and then a spare (A6, A11), to the second."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sla import deadlines, defaults
from sla.audit import differences
from sla.facts import Kind
from sla.models import Calendar, Deadline, NationalYear
from tests.factories import ManagerFactory
from tests.sla.cases import FAULT, SHANGHAI, Case, declared_failed, local

pytestmark = pytest.mark.django_db
State = Deadline.State


@pytest.fixture(autouse=True)
def promise_book(db: None) -> None:
    defaults.load()


def test_two_hours_on_site_without_a_fix_are_announced_at_their_instant() -> None:
    case = declared_failed()
    case.say(Kind.ARRIVED, "11:20")
    assert case.due("fix") == "2026-03-11 13:20:00"
    case.rebuild("13:25")
    fact = case.timeline.facts.get(kind=Kind.FIX_LIMIT_PASSED)
    assert fact.at == local("2026-03-11 13:20:00")
    assert fact.recorded_at == local("2026-03-11 13:25")


@pytest.mark.parametrize(
    ("requested", "due"),
    [
        ("2026-03-11 13:20", "2026-03-13 18:00:00"),
        ("2026-03-13 17:59", "2026-03-17 18:00:00"),
        ("2026-03-13 18:01", "2026-03-17 18:00:00"),
        ("2026-02-13 10:00", "2026-02-24 18:00:00"),
        ("2026-09-29 19:30", "2026-10-08 18:00:00"),
        ("2026-10-02 09:00", "2026-10-09 18:00:00"),
        ("2026-10-08 09:00", "2026-10-10 18:00:00"),
    ],
)
def test_a_spare_is_due_on_the_second_working_day(requested: str, due: str) -> None:
    case = Case(requested[:10])
    case.say(Kind.NOTIFIED, requested, **FAULT)
    case.say(Kind.PART_NEEDED, requested, request=12)
    assert case.due("spare_delivered") == due
    assert case.clock("spare_shipped").due_at == local(requested) + timedelta(hours=24)


def test_a_year_that_is_not_published_gives_a_provisional_due_time_until_it_is_loaded() -> None:
    NationalYear.objects.filter(year__gte=2027).delete()
    cn = Calendar.objects.get(code="cn")
    from_now = local("2026-12-01 00:00")
    deadlines.activate_calendar(cn, by=None, now=from_now)
    case = Case("2026-12-30")
    case.say(Kind.NOTIFIED, "09:00", **FAULT)
    case.say(Kind.PART_NEEDED, "09:00")
    assert case.clock("spare_delivered").is_provisional
    assert case.due("spare_delivered") == "2027-01-01 18:00:00"
    year = NationalYear.objects.create(year=2027, is_published=True)
    for day in ("2027-01-01", "2027-01-02", "2027-01-03"):
        year.days.create(date=day, kind="holiday")
    deadlines.activate_calendar(cn, by=None, now=local("2026-12-30 12:00"))
    final = case.clock("spare_delivered")
    assert not final.is_provisional
    assert case.due("spare_delivered") == "2027-01-04 18:00:00"
    assert case.clock("spare_delivered", revision=1).state == State.SUPERSEDED


def fixing() -> Case:
    """Declared failed, at the site from 11:20 on: two hours to fix it end at 13:20."""
    case = declared_failed()
    case.say(Kind.ARRIVED, "11:20")
    return case


def test_the_clocks_of_a_spare_run_from_the_instant_the_two_hours_ran_out() -> None:
    case = fixing()
    case.rebuild("13:40")
    assert case.due("spare_shipped") == "2026-03-12 13:20:00"
    assert case.due("spare_delivered") == "2026-03-13 18:00:00"
    assert case.clock("spare_shipped").subject == ""


def test_the_draft_that_is_taken_up_gives_the_clock_its_name_and_keeps_its_start() -> None:
    case = fixing()
    case.say(Kind.PART_NEEDED, "14:05", request=12)
    assert case.timeline.deadlines.filter(code="spare_shipped").count() == 1
    clock = case.clock("spare_shipped")
    assert (clock.subject, clock.started_at) == ("12", case.at("13:20"))
    assert case.clock("fix").state == State.MISSED


def test_each_request_has_its_own_clocks_and_only_its_own_parcel_stops_them() -> None:
    case = fixing()
    case.say(Kind.PART_NEEDED, "12:00", request=12)
    case.say(Kind.PART_NEEDED, "12:30", request=13)
    case.say(Kind.PART_SHIPPED, "15:00", request=13)
    states = dict(case.timeline.deadlines.filter(code="spare_shipped").values_list("subject", "state"))
    assert states == {"12": State.RUNNING, "13": State.MET}
    assert case.clock("fix").state == State.MET


def test_a_parcel_of_the_draft_stops_the_clock_without_a_name() -> None:
    case = fixing()
    case.say(Kind.PART_SHIPPED, "16:00", request=12)
    assert case.clock("spare_shipped").state == State.MET


def test_what_nobody_has_asked_for_is_not_owed_once_the_fault_is_solved() -> None:
    """Also where the arrival is told after the solution: no draft is made then that could be withdrawn."""
    case = declared_failed()
    case.say(Kind.SOLVED, "14:30")
    case.say(Kind.ARRIVED, "11:20", now="15:00")
    assert case.clock("fix").state == State.MISSED
    assert case.due("spare_shipped") == "2026-03-12 13:20:00"
    states = case.timeline.deadlines.filter(code__startswith="spare").values_list("state", flat=True)
    assert set(states) == {State.CANCELLED}


def test_a_parcel_that_left_before_the_draft_was_taken_up_needs_no_second_clock() -> None:
    case = fixing()
    case.rebuild("13:40")
    case.say(Kind.PART_SHIPPED, "13:50", now="14:10", request=12)
    case.say(Kind.PART_NEEDED, "14:05", now="14:10", request=12)
    shipped = case.timeline.deadlines.filter(code="spare_shipped")
    assert list(shipped.values_list("subject", "state")) == [("12", State.MET)]
    assert case.clock("spare_delivered").subject == "12"
    assert list(differences()) == []


def test_word_of_an_earlier_parcel_is_none_of_the_next_draft() -> None:
    case = fixing()
    case.say(Kind.PART_NEEDED, "12:00", request=12)
    case.say(Kind.PART_SHIPPED, "12:30", request=12)
    case.say(Kind.ARRIVED, "2026-03-12 09:00")
    case.rebuild("2026-03-12 11:30")
    case.say(Kind.PART_SHIPPED, "2026-03-12 12:00", request=12)
    states = dict(case.timeline.deadlines.filter(code="spare_shipped").values_list("subject", "state"))
    assert states == {"12": State.MET, "": State.RUNNING}


def test_a_withdrawn_request_cancels_its_own_clocks_only() -> None:
    case = fixing()
    case.say(Kind.PART_NEEDED, "12:00", request=12)
    case.say(Kind.PART_NEEDED, "12:30", request=13)
    case.say(Kind.PART_CANCELLED, "12:40", request=12)
    states = dict(case.timeline.deadlines.filter(code="spare_delivered").values_list("subject", "state"))
    assert states == {"12": State.CANCELLED, "13": State.RUNNING}


def test_a_parcel_on_its_way_is_owed_after_the_fault_is_solved_and_opened_again() -> None:
    case = fixing()
    case.say(Kind.PART_NEEDED, "12:00", request=12)
    case.say(Kind.SOLVED, "13:00")
    case.say(Kind.CLOSED, "13:10")
    case.say(Kind.REOPENED, "15:00")
    assert case.clock("spare_delivered").state == State.RUNNING
    case.say(Kind.PART_DELIVERED, "2026-03-12 10:00", request=12)
    assert case.clock("spare_delivered").state == State.MET


def test_changed_terms_leave_the_clocks_of_both_requests_running() -> None:
    case = fixing()
    case.say(Kind.PART_NEEDED, "12:00", request=12)
    case.say(Kind.PART_NEEDED, "12:30", request=13)
    case.say(Kind.TERMS_CHANGED, "12:45", node_down=True)
    running = case.timeline.deadlines.filter(code="spare_delivered", state=State.RUNNING)
    assert sorted(running.values_list("subject", flat=True)) == ["12", "13"]


def test_a_manager_moves_the_target_of_one_request() -> None:
    case = fixing()
    case.say(Kind.PART_NEEDED, "12:00", request=12)
    case.say(Kind.PART_NEEDED, "12:30", request=13)
    row = case.timeline.deadlines.get(code="spare_delivered", subject="13")
    deadlines.retarget(
        row, due_at=local("2026-03-16 12:00"), reason="机场停运", by=ManagerFactory(), now=case.at("13:00")
    )
    dues = case.timeline.deadlines.filter(code="spare_delivered", state=State.RUNNING).order_by("subject")
    assert [f"{row.due_at.astimezone(SHANGHAI):%m-%d %H}" for row in dues] == ["03-13 18", "03-16 12"]


def test_a_request_made_offline_before_the_limit_takes_the_drafts_place() -> None:
    case = fixing()
    case.rebuild("13:40")
    case.say(Kind.PART_NEEDED, "13:05", now="15:00", request=12)
    clock = case.clock("spare_shipped")
    assert (clock.subject, clock.started_at) == ("12", case.at("13:05"))
    assert case.clock("fix").state == State.MET
    assert list(differences()) == []
