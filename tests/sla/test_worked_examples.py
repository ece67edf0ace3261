"""`worked-examples.md`, line by line, through the database (the pure sums stand in test_clock.py)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from people.models import TravelTime
from sla import deadlines, defaults
from sla.facts import Kind
from sla.models import Calendar, Commitment, Deadline, Timeline
from tests.sla.cases import FAULT, Case, declared_failed, local, site_with_travel

pytestmark = pytest.mark.django_db
State = Deadline.State
NODE_DOWN = {**FAULT, "node_down": True, "priority": 1}


@pytest.fixture(autouse=True)
def promise_book(db: None) -> None:
    defaults.load()


# 1. Response, in the night of a holiday


def notified_at_night() -> Case:
    case = Case("2026-10-03")
    case.say(Kind.NOTIFIED, "02:10", **FAULT)
    case.say(Kind.RECEIPT, "02:10:01")
    return case


def test_response_is_due_an_hour_later_also_on_national_day() -> None:
    assert notified_at_night().due("response") == "2026-10-03 03:10:00"


def test_a_receipt_stops_nothing_and_the_first_visible_answer_meets_with_720_seconds() -> None:
    case = notified_at_night()
    assert case.clock("response").state == State.RUNNING
    case.say(Kind.RESPONDED, "02:58")
    clock = case.clock("response")
    assert (clock.state, clock.margin_seconds) == (State.MET, Decimal(720))


@pytest.mark.parametrize(
    ("answered", "state", "margin"),
    [("03:10:00.000", State.MET, "0"), ("03:10:00.001", State.MISSED, "-0.001")],
)
def test_an_answer_at_the_very_instant_is_met_and_a_millisecond_later_missed(
    answered: str, state: str, margin: str
) -> None:
    case = notified_at_night()
    case.say(Kind.RESPONDED, answered)
    clock = case.clock("response")
    assert (clock.state, clock.margin_seconds) == (state, Decimal(margin))


def test_the_clock_starts_when_the_call_starts_not_when_the_operator_saves() -> None:
    case = Case("2026-10-03")
    case.say(Kind.NOTIFIED, "02:10", now="02:25", **FAULT)
    assert case.due("response") == "2026-10-03 03:10:00"


# 3. Travel + 1 h


def test_on_site_is_due_after_travel_and_one_hour() -> None:
    case = declared_failed()
    assert case.due("onsite") == "2026-03-11 12:47:00"
    assert case.clock("onsite").inputs["travel"]["minutes"] == 95
    assert case.clock("onsite").inputs["travel"]["source"].startswith("road table 2026-03")


def test_a_new_travel_figure_during_the_clock_leaves_the_promise() -> None:
    case = declared_failed()
    figure = TravelTime.objects.get(site=case.site)
    TravelTime.objects.create(
        site=case.site,
        base=figure.base,
        minutes=200,
        km=126,
        source="edit",
        source_date="2026-03-11",
        valid_from=case.at("11:00"),
    )
    case.rebuild("11:01")
    assert case.due("onsite") == "2026-03-11 12:47:00"


def test_a_manager_retargets_with_a_reason_and_both_targets_stay_on_record() -> None:
    case = declared_failed()
    case.say(Kind.RETARGETED, "10:30", code="onsite", due_at=local("2026-03-11 13:30").isoformat(), reason="x")
    assert case.due("onsite") == "2026-03-11 13:30:00"
    old = case.clock("onsite", revision=1)
    assert (old.state, old.due_at) == (State.SUPERSEDED, local("2026-03-11 12:47"))
    assert old.margin_seconds is None


# 4. Nobody declares


def test_the_on_site_clock_starts_by_itself_when_the_remote_limit_runs_out() -> None:
    case = Case("2026-03-11", site=site_with_travel(40, 30))
    case.say(Kind.NOTIFIED, "13:50", **NODE_DOWN)
    case.say(Kind.RESPONDED, "14:00")
    case.rebuild("14:59:59")
    assert not case.has("onsite")
    case.rebuild("15:00:07")
    onsite = case.clock("onsite")
    assert (onsite.started_at, onsite.inputs["travel"]["minutes"]) == (local("2026-03-11 15:00:00"), 40)
    assert case.due("onsite") == "2026-03-11 16:40:00"
    assert case.timeline.facts.filter(kind=Kind.REMOTE_LIMIT_PASSED, at=onsite.started_at).count() == 1


def test_a_declaration_at_the_very_limit_beats_the_limit() -> None:
    case = Case("2026-03-11", site=site_with_travel(40, 30))
    case.say(Kind.NOTIFIED, "13:50", **NODE_DOWN)
    case.say(Kind.RESPONDED, "14:00")
    case.say(Kind.REMOTE_FAILED, "15:00:00")
    assert case.clock("remote").state == State.MET
    assert case.clock("onsite").inputs["started_by"] == Kind.REMOTE_FAILED


# 5. The outer bound


def test_the_outer_bound_and_the_on_site_clock_stand_side_by_side() -> None:
    case = Case("2026-03-11", site=site_with_travel(300, 310))
    case.say(Kind.NOTIFIED, "09:00", **FAULT)
    case.say(Kind.RESPONDED, "09:30")
    case.say(Kind.REMOTE_FAILED, "11:00")
    assert case.due("onsite_bound") == "2026-03-11 21:00:00"
    assert case.due("onsite") == "2026-03-11 17:00:00"
    case.say(Kind.ARRIVED, "18:00")
    assert case.clock("onsite").state == State.MISSED
    assert case.clock("onsite_bound").state == State.MET


@pytest.mark.parametrize(("km", "hours"), [(100, 4), (101, 8), (200, 8), (400, 12), (401, 24)])
def test_bands_by_distance(km: int, hours: int) -> None:
    case = Case("2026-03-11", site=site_with_travel(60, km))
    case.say(Kind.NOTIFIED, "09:00", **FAULT)
    assert case.clock("onsite_bound").target_seconds == hours * 3600


@pytest.mark.parametrize(
    ("policy", "due", "clause"),
    [("his", "2026-03-12 09:00:00", "B4"), ("his_later", "2026-03-11 11:00:00", "B5")],
)
def test_a_his_contract_is_bound_by_24_hours_and_from_the_second_year_by_two(
    policy: str, due: str, clause: str
) -> None:
    """However far the site is; travel + 1 h stands beside it as ever (`promises.md`, The clocks)."""
    case = Case("2026-03-11", site=site_with_travel(300, 310))
    case.say(Kind.NOTIFIED, "09:00", **{**FAULT, "policy": policy})
    case.say(Kind.RESPONDED, "09:30")
    case.say(Kind.REMOTE_FAILED, "11:00")
    bound = case.clock("onsite_bound")
    assert (case.due("onsite_bound"), bound.commitment.clause) == (due, clause)
    assert case.due("onsite") == "2026-03-11 17:00:00"


# 7. A pause


def paused_until_tomorrow() -> Case:
    case = declared_failed()
    case.say(Kind.PAUSED, "10:40", reason="asked_later", until=None)
    return case


def test_while_paused_the_frozen_rest_stays_in_sight() -> None:
    clock = paused_until_tomorrow().clock("onsite")
    assert clock.state == State.PAUSED
    assert clock.remaining_seconds == 2 * 3600 + 7 * 60
    assert clock.due_at is not None


def test_a_resumed_clock_counts_the_rest() -> None:
    case = paused_until_tomorrow()
    case.say(Kind.RESUMED, "2026-03-12 08:00")
    assert case.due("onsite") == "2026-03-12 10:07:00"
    assert case.clock("onsite").state == State.RUNNING


def test_a_pause_with_an_agreed_end_resumes_by_itself() -> None:
    case = declared_failed()
    case.say(Kind.PAUSED, "10:40", reason="asked_later", until=local("2026-03-12 08:00").isoformat())
    assert case.due("onsite") == "2026-03-12 10:07:00"
    assert case.clock("onsite").next_action_at == local("2026-03-12 08:00")
    case.rebuild("2026-03-12 08:00:05")
    assert case.clock("onsite").state == State.RUNNING


def test_response_cannot_be_paused() -> None:
    case = Case("2026-03-11")
    case.say(Kind.NOTIFIED, "09:20", **FAULT)
    case.say(Kind.PAUSED, "09:30", reason="asked_later", until=None)
    assert case.clock("response").state == State.RUNNING


def test_a_pause_after_the_breach_leaves_the_breach() -> None:
    case = declared_failed()
    case.say(Kind.PAUSED, "12:50", reason="asked_later", until=None)
    case.say(Kind.ARRIVED, "13:00")
    clock = case.clock("onsite")
    assert (clock.state, clock.margin_seconds) == (State.MISSED, -13 * 60)


# 8. Tightening


@pytest.mark.parametrize(("changed", "due"), [("11:30", "12:30:00"), ("09:20", "10:00:00")])
def test_a_tighter_target_counts_from_the_start_or_else_from_the_change(changed: str, due: str) -> None:
    case = Case("2026-03-11")
    case.say(Kind.NOTIFIED, "08:50", **FAULT)
    case.say(Kind.RESPONDED, "08:55")
    case.say(Kind.UPDATED, "09:00")
    assert case.due("update") == "2026-03-11 13:00:00"
    case.say(Kind.TERMS_CHANGED, changed, node_down=True)
    assert case.due("update") == f"2026-03-11 {due}"
    old = case.clock("update", turn=2, revision=1)
    assert (old.state, old.margin_seconds) == (State.SUPERSEDED, None)


def test_loosening_counts_from_the_start_again() -> None:
    case = Case("2026-03-11")
    case.say(Kind.NOTIFIED, "08:50", **NODE_DOWN)
    case.say(Kind.RESPONDED, "09:00")
    assert case.due("update") == "2026-03-11 10:00:00"
    case.say(Kind.TERMS_CHANGED, "09:30", node_down=False)
    assert case.due("update") == "2026-03-11 13:00:00"


def test_a_clock_that_is_over_cannot_be_loosened_out_of_its_breach() -> None:
    case = Case("2026-03-11")
    case.say(Kind.NOTIFIED, "08:50", **NODE_DOWN)
    case.say(Kind.RESPONDED, "09:00")
    case.say(Kind.TERMS_CHANGED, "10:01", node_down=False)
    assert case.due("update") == "2026-03-11 10:00:00"


# 9. Reopened


def test_reopening_starts_a_new_cycle_and_the_first_verdicts_stand() -> None:
    case = Case("2026-03-10")
    case.say(Kind.NOTIFIED, "15:00", **FAULT)
    case.say(Kind.RESPONDED, "15:10")
    case.say(Kind.SOLVED, "16:00")
    case.say(Kind.REOPENED, "2026-03-11 09:00")
    assert case.due("response") == "2026-03-11 10:00:00"
    assert case.clock("response").cycle == 2
    assert case.clock("response", cycle=1).state == State.MET
    assert case.clock("remote", cycle=1).state == State.MET
    case.say(Kind.RESPONDED, "2026-03-11 09:30")
    assert case.clock("remote").cycle == 2


# 10. Late evidence


def arrival_due_at_1410() -> Case:
    case = Case("2026-03-11", site=site_with_travel(95, 126))
    case.say(Kind.NOTIFIED, "11:00", **FAULT)
    case.say(Kind.RESPONDED, "11:05")
    case.say(Kind.REMOTE_FAILED, "11:35")
    assert case.due("onsite") == "2026-03-11 14:10:00"
    case.rebuild("14:20")
    return case


def record_arrival(case: Case, *, disputed: bool = False) -> None:
    deadlines.record(
        case.timeline,
        Kind.ARRIVED,
        at=case.at("14:02"),
        now=case.at("18:40"),
        device_id="phone-7",
        clock_offset_ms=3000,
        disputed=disputed,
    )


def test_a_late_arrival_replays_the_clock_is_met_and_says_that_it_came_late() -> None:
    case = arrival_due_at_1410()
    record_arrival(case)
    clock = case.clock("onsite")
    assert (clock.state, clock.margin_seconds, clock.is_late_evidence) == (State.MET, 483, True)


def test_doubtful_evidence_reads_missed_until_a_lead_confirms_it() -> None:
    case = arrival_due_at_1410()
    record_arrival(case, disputed=True)
    clock = case.clock("onsite")
    assert (clock.state, clock.is_disputed) == (State.MISSED, True)
    fact = case.timeline.facts.get(kind=Kind.ARRIVED)
    case.say(Kind.EVIDENCE_CONFIRMED, "19:00", fact=fact.pk)
    clock = case.clock("onsite")
    assert (clock.state, clock.is_disputed, clock.margin_seconds) == (State.MET, False, 483)


def test_rejected_evidence_counts_from_when_the_server_heard_of_it() -> None:
    case = arrival_due_at_1410()
    record_arrival(case, disputed=True)
    fact = case.timeline.facts.get(kind=Kind.ARRIVED)
    case.say(Kind.EVIDENCE_REJECTED, "19:00", fact=fact.pk)
    clock = case.clock("onsite")
    assert (clock.state, clock.is_disputed) == (State.MISSED, False)
    assert clock.stopped_at == local("2026-03-11 18:40")


# 13. Offices


def test_hotline_time_runs_in_its_own_window() -> None:
    hotline = Calendar.objects.get(code="hotline")
    Commitment.objects.filter(code="response", policy__code="his").update(calendar=hotline)
    case = Case("2026-03-14")
    case.say(Kind.NOTIFIED, "17:40", policy="his", kind="question", priority=3, node_down=False)
    assert case.due("response") == "2026-03-15 09:40:00"


def test_rebuilding_twice_changes_nothing() -> None:
    case = declared_failed()
    case.say(Kind.PAUSED, "10:40", reason="asked_later", until=None)
    before = list(case.timeline.deadlines.order_by("pk").values())
    case.rebuild("10:40")
    assert list(case.timeline.deadlines.order_by("pk").values()) == before
    assert Timeline.objects.count() == 1
