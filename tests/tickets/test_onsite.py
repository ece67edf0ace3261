"""From "not remotely" to the engineer at the door (A2), in the figures of the worked examples."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from people.models import TravelTime
from sla.audit import differences
from sla.evidence import Evidence
from sla.models import PauseReason
from tests.factories import EngineerFactory, ServiceBaseFactory, TeamFactory, TechnicianFactory, TravelTimeFactory
from tests.tickets.conftest import Scene
from tickets import workflow
from tickets.models import Ticket
from tickets.states import Refused, Status
from visits.models import Visit


def failed_at(scene: Scene, when: str = "10:12") -> Ticket:
    """Worked example 3: answered 09:40, declared failed 10:12; 95 minutes by road."""
    ticket = workflow.answer(scene.file("09:00"), by=scene.operator, text="请重启", now=scene.at("09:40"))
    return workflow.remote_failed(ticket, by=scene.operator, reason="重启无效", now=scene.at(when))


def on_the_way(scene: Scene) -> Ticket:
    return workflow.depart(failed_at(scene), by=scene.engineer, now=scene.at("10:41"))


def test_declaring_remote_repair_failed_starts_travel_plus_an_hour_and_calls_the_lead(scene: Scene) -> None:
    ticket = failed_at(scene)
    assert ticket.status == Status.DISPATCH
    assert scene.due(ticket, "onsite") == "03-11 12:47"
    assert scene.told("ticket.visit_needed") == [scene.lead]


def test_whoever_is_sent_changes_the_expected_arrival_and_never_the_promise(scene: Scene) -> None:
    near = ServiceBaseFactory()
    figure = TravelTime.objects.get(site=scene.site)
    TravelTimeFactory(site=scene.site, base=near, minutes=50, valid_from=scene.at("10:30"))
    TravelTimeFactory(site=scene.site, base=figure.base, minutes=20, valid_from=scene.at("10:30"))
    neighbour = EngineerFactory(team=TeamFactory(base=near))
    ticket = workflow.depart(failed_at(scene, "10:12"), by=neighbour, now=scene.at("10:41"))
    assert ticket.expected_arrival_at == scene.at("11:31")
    assert ticket.assignee == neighbour
    workflow.answer(ticket, by=scene.operator, text="已出发", now=scene.at("11:05"))
    assert scene.due(ticket, "onsite") == "03-11 12:47"


def test_setting_out_tells_the_hospital_who_comes_and_when(scene: Scene) -> None:
    ticket = on_the_way(scene)
    assert (ticket.status, ticket.assignee) == (Status.TRAVEL, scene.engineer)
    assert ticket.expected_arrival_at == scene.at("12:16")
    assert scene.told("ticket.engineer_sent") == [scene.nurse]


def test_a_lead_who_sends_an_assigned_engineer_does_not_take_the_ticket(scene: Scene) -> None:
    ticket = workflow.assign(failed_at(scene), to=scene.engineer, by=scene.lead, now=scene.at("10:20"))
    ticket = workflow.depart(ticket, by=scene.lead, expected_arrival_at=scene.at("12:00"), now=scene.at("10:41"))
    assert (ticket.assignee, ticket.expected_arrival_at) == (scene.engineer, scene.at("12:00"))


def test_an_expected_arrival_in_the_past_is_refused(scene: Scene) -> None:
    with pytest.raises(Refused):
        workflow.depart(
            failed_at(scene), by=scene.engineer, expected_arrival_at=scene.at("10:41"), now=scene.at("10:41")
        )


def test_arriving_meets_the_promise_and_starts_the_two_hours(scene: Scene) -> None:
    ticket = workflow.arrive(on_the_way(scene), by=scene.engineer, now=scene.at("12:16"))
    assert (ticket.status, ticket.expected_arrival_at) == (Status.ON_SITE, None)
    onsite = scene.clock(ticket, "onsite")
    assert (onsite.state, onsite.margin_seconds) == ("met", 31 * 60)
    assert scene.clock(ticket, "onsite_bound").state == "met"
    assert scene.due(ticket, "fix") == "03-11 14:16"
    assert scene.told("ticket.arrived") == [scene.nurse]


# Late evidence (worked example 10)


def test_an_arrival_sent_late_meets_the_promise_with_the_devices_offset_taken_off(scene: Scene) -> None:
    ticket = on_the_way(scene)
    due = scene.clock(ticket, "onsite").due_at
    device_says = due - timedelta(minutes=8)
    ticket = workflow.arrive(
        ticket,
        by=scene.engineer,
        evidence=Evidence(device_says, "phone-7", 3000, uuid4()),
        now=due + timedelta(hours=4, minutes=30),
    )
    onsite = scene.clock(ticket, "onsite")
    assert (onsite.state, onsite.margin_seconds, onsite.is_late_evidence) == ("met", 483, True)
    assert ticket.events.get(kind="arrived").at == device_says - timedelta(seconds=3)


def test_the_same_arrival_sent_twice_counts_once(scene: Scene) -> None:
    ticket, key = on_the_way(scene), uuid4()
    for _ in range(2):
        said = Evidence(scene.at("12:10"), client_key=key)
        ticket = workflow.arrive(ticket, by=scene.engineer, evidence=said, now=scene.at("12:20"))
    assert scene.facts(ticket).count("arrived") == scene.kinds(ticket).count("arrived") == 1
    assert ticket.status == Status.ON_SITE


def test_an_arrival_that_comes_after_the_solution_is_evidence_and_moves_nothing(scene: Scene) -> None:
    ticket = on_the_way(scene)
    ticket = workflow.resolve(ticket, by=scene.operator, cause="电源", action="更换", now=scene.at("13:00"))
    ticket = workflow.arrive(ticket, by=scene.engineer, evidence=Evidence(scene.at("12:10")), now=scene.at("13:30"))
    assert ticket.status == Status.SOLVED
    assert scene.clock(ticket, "onsite").state == "met"


def test_an_arrival_that_comes_during_a_wait_is_where_the_wait_leads_back_to(scene: Scene) -> None:
    reason = PauseReason.objects.get(code="no_access")
    ticket = workflow.wait(on_the_way(scene), by=scene.operator, reason=reason, note="", now=scene.at("12:00"))
    ticket = workflow.arrive(ticket, by=scene.engineer, evidence=Evidence(scene.at("11:55")), now=scene.at("12:10"))
    assert ticket.status == Status.WAITING
    assert workflow.resume(ticket, by=scene.operator, now=scene.at("12:20")).status == Status.ON_SITE


@pytest.mark.parametrize(
    ("offset_ms", "late_by"), [(11 * 60_000, timedelta(hours=1)), (0, timedelta(hours=12, seconds=1))]
)
def test_a_clock_far_off_or_an_old_arrival_waits_for_a_lead(scene: Scene, offset_ms: int, late_by: timedelta) -> None:
    arrived = scene.at("12:16")
    ticket = workflow.arrive(
        on_the_way(scene),
        by=scene.engineer,
        evidence=Evidence(arrived + timedelta(milliseconds=offset_ms), clock_offset_ms=offset_ms),
        now=arrived + late_by,
    )
    onsite = scene.clock(ticket, "onsite")
    assert (onsite.state, onsite.is_disputed) == ("missed", True)
    assert scene.told("ticket.evidence") == [scene.lead]
    fact = ticket.timeline.facts.get(kind="arrived")
    later = arrived + late_by + timedelta(minutes=5)
    ticket = workflow.confirm_evidence(ticket, fact, accept=True, by=scene.lead, now=later)
    onsite = scene.clock(ticket, "onsite")
    assert (onsite.state, onsite.is_disputed, onsite.margin_seconds) == ("met", False, 31 * 60)


def test_within_the_tolerances_no_lead_is_asked(scene: Scene) -> None:
    arrived = scene.at("12:16")
    ticket = workflow.arrive(
        on_the_way(scene),
        by=scene.engineer,
        evidence=Evidence(arrived + timedelta(minutes=10), clock_offset_ms=600_000),
        now=arrived + timedelta(hours=12),
    )
    assert not ticket.timeline.facts.get(kind="arrived").is_disputed


def test_rejected_evidence_leaves_the_breach(scene: Scene) -> None:
    arrived = scene.at("12:16")
    ticket = workflow.arrive(
        on_the_way(scene), by=scene.engineer, evidence=Evidence(arrived), now=arrived + timedelta(hours=13)
    )
    fact, later = ticket.timeline.facts.get(kind="arrived"), arrived + timedelta(hours=14)
    ticket = workflow.confirm_evidence(ticket, fact, accept=False, by=scene.lead, now=later)
    onsite = scene.clock(ticket, "onsite")
    assert (onsite.state, onsite.is_disputed) == ("missed", False)
    with pytest.raises(Refused):
        workflow.confirm_evidence(ticket, fact, accept=True, by=scene.lead, now=later)


def test_only_disputed_evidence_of_this_ticket_can_be_confirmed(scene: Scene) -> None:
    ticket, other = on_the_way(scene), on_the_way(scene)
    other = workflow.arrive(
        other, by=scene.engineer, evidence=Evidence(scene.at("12:16")), now=scene.at("12:16") + timedelta(days=1)
    )
    for fact in (ticket.timeline.facts.all()[0], other.timeline.facts.get(kind="arrived")):
        with pytest.raises(Refused):
            workflow.confirm_evidence(ticket, fact, accept=True, by=scene.lead, now=scene.at("2026-03-12 13:00"))


def test_an_arrival_ahead_of_now_or_before_the_report_is_refused(scene: Scene) -> None:
    """T029."""
    ticket = on_the_way(scene)
    for at in (scene.at("12:17"), scene.at("08:59")):
        with pytest.raises(Refused):
            workflow.arrive(ticket, by=scene.engineer, evidence=Evidence(at), now=scene.at("12:16"))
    ticket.refresh_from_db()
    assert ticket.status == Status.TRAVEL


# Visits: who is sent, when, and what came of it


def sent(scene: Scene, start: str = "12:00", **more: Any) -> Ticket:
    """Sent at 10:20 to be there at `start`."""
    said = {
        "engineer": scene.engineer,
        "starts_at": scene.at(start),
        "by": scene.lead,
        "now": scene.at("10:20"),
        **more,
    }
    return workflow.send(failed_at(scene), **said)


def visit_of(ticket: Ticket) -> Visit:
    return Visit.objects.filter(ticket_link__ticket=ticket).order_by("-pk")[0]


def there(scene: Scene) -> tuple[Ticket, Visit]:
    """Arrived at 11:55."""
    ticket = workflow.depart(sent(scene), by=scene.engineer, now=scene.at("10:25"))
    ticket = workflow.arrive(ticket, by=scene.engineer, now=scene.at("11:55"))
    return ticket, visit_of(ticket)


def test_who_is_sent_has_the_work_and_the_hospital_hears_who_comes_when(scene: Scene) -> None:
    ticket = sent(scene)
    visit = visit_of(ticket)
    assert (ticket.status, ticket.assignee, ticket.expected_arrival_at) == (
        "dispatch",
        scene.engineer,
        scene.at("12:00"),
    )
    assert (visit.timeline, visit.travel_minutes, visit.state) == (ticket.timeline, 95, "planned")
    assert scene.told("ticket.visit_planned") == sorted([scene.nurse, scene.engineer], key=lambda one: one.pk)
    assert scene.due(ticket, "onsite") == "03-11 12:47"


def test_second_visit_is_refused_while_one_stands_and_so_are_own_minutes_without_a_reason(scene: Scene) -> None:
    ticket = sent(scene)
    said = {"engineer": scene.engineer, "starts_at": scene.at("15:00"), "by": scene.lead, "now": scene.at("10:21")}
    with pytest.raises(Refused, match="planned already"):
        workflow.send(ticket, **said)
    with pytest.raises(Refused, match="Say why"):
        workflow.send(ticket, minutes=40, **said)


def test_engineer_who_is_booked_elsewhere_is_refused_in_words_and_nothing_is_left_behind(scene: Scene) -> None:
    sent(scene)
    with pytest.raises(Refused, match="has another visit from 03-11 10:25 to 14:00"):
        sent(scene, "13:00")
    assert Visit.objects.count() == 1


def test_setting_out_and_arriving_go_on_the_planned_visit(scene: Scene) -> None:
    ticket = workflow.depart(sent(scene), by=scene.engineer, now=scene.at("10:41"))
    assert (visit_of(ticket).state, ticket.expected_arrival_at) == ("travel", scene.at("12:16"))
    ticket = workflow.arrive(ticket, by=scene.engineer, now=scene.at("12:10"))
    visit = visit_of(ticket)
    assert (visit.arrived_at, visit.check_in, ticket.visits.count()) == (scene.at("12:10"), "button", 1)
    assert scene.facts(ticket).count("arrived") == 1


def test_another_engineer_who_sets_out_takes_the_place_of_who_was_sent(scene: Scene) -> None:
    ticket, other = sent(scene), EngineerFactory(team=scene.engineer.team)
    ticket = workflow.depart(ticket, by=other, now=scene.at("10:41"))
    first, second = (link.visit for link in ticket.visits.order_by("pk"))
    assert (first.state, second.state, ticket.assignee) == ("cancelled", "travel", other)
    assert not first.crew.filter(released_at=None).exists()


def test_giving_the_visit_to_another_leaves_the_promise_and_tells_everybody(scene: Scene) -> None:
    ticket, other = sent(scene), EngineerFactory(team=scene.engineer.team)
    ticket = workflow.depart(ticket, by=scene.engineer, now=scene.at("10:25"))
    ticket = workflow.reassign_visit(ticket, visit_of(ticket), engineer=other, by=scene.lead, now=scene.at("10:40"))
    assert (ticket.status, ticket.assignee, ticket.expected_arrival_at) == ("dispatch", other, scene.at("12:15"))
    assert scene.told("ticket.visit_off") == [scene.engineer]
    assert scene.due(ticket, "onsite") == "03-11 12:47"


def test_called_off_visit_frees_the_engineer_and_the_ticket_waits_for_another(scene: Scene) -> None:
    ticket = workflow.depart(sent(scene), by=scene.engineer, now=scene.at("10:25"))
    ticket = workflow.call_off(ticket, visit_of(ticket), reason="医院改期", by=scene.lead, now=scene.at("10:40"))
    assert (ticket.status, ticket.expected_arrival_at, visit_of(ticket).state) == ("dispatch", None, "cancelled")
    assert scene.told("ticket.visit_off") == sorted([scene.nurse, scene.engineer], key=lambda one: one.pk)


def test_visit_of_another_ticket_is_not_touched(scene: Scene) -> None:
    ticket, other = sent(scene), scene.file()
    with pytest.raises(Refused, match="another ticket"):
        workflow.call_off(other, visit_of(ticket), reason="x", by=scene.lead, now=scene.at("10:40"))


def test_solved_on_site_solves_the_ticket_at_the_moment_the_phone_says(scene: Scene) -> None:
    ticket, visit = there(scene)
    ticket = workflow.start_work(ticket, visit, by=scene.engineer, now=scene.at("12:00"))
    with pytest.raises(Refused):
        workflow.finish_visit(ticket, visit, outcome="solved", found="电源", by=scene.engineer, now=scene.at("13:00"))
    said = Evidence(scene.at("13:00"), "phone-7", 0, uuid4())
    words = {"found": "电源烧毁", "done": "更换电源"}
    for _ in range(2):
        ticket = workflow.finish_visit(
            ticket, visit, outcome="solved", by=scene.engineer, evidence=said, now=scene.at("17:00"), **words
        )
    assert (ticket.status, ticket.solved_at, ticket.solution) == ("solved", scene.at("13:00"), "电源烧毁\n更换电源")
    fix = scene.clock(ticket, "fix")
    assert (fix.state, fix.margin_seconds, scene.facts(ticket).count("solved")) == ("met", 55 * 60, 1)


@pytest.mark.parametrize(
    ("outcome", "status"), [("part", "dispatch"), ("return", "dispatch"), ("no_access", "waiting")]
)
def test_what_is_not_solved_owes_another_visit_or_waits_for_the_hospital(
    scene: Scene, outcome: str, status: str
) -> None:
    ticket, visit = there(scene)
    ticket = workflow.finish_visit(ticket, visit, outcome=outcome, by=scene.engineer, now=scene.at("12:30"))
    assert (ticket.status, visit_of(ticket).state, visit_of(ticket).outcome) == (status, "done", outcome)
    if status == "dispatch":
        again = {"engineer": scene.engineer, "starts_at": scene.at("16:00"), "by": scene.lead}
        assert workflow.send(ticket, now=scene.at("12:40"), **again).visits.count() == 2


def test_solving_at_the_desk_ends_the_visit_that_is_under_way_and_calls_off_the_planned_one(scene: Scene) -> None:
    ticket, visit = there(scene)
    workflow.resolve(ticket, by=scene.operator, cause="网线松", action="插紧", now=scene.at("12:30"))
    visit.refresh_from_db()
    assert (visit.state, visit.outcome, visit.found) == ("done", "solved", "网线松")
    other = sent(scene, "15:00")
    workflow.resolve(other, by=scene.operator, cause="网线松", action="插紧", now=scene.at("12:50"))
    assert visit_of(other).state == "cancelled"


def test_hospital_says_that_the_engineer_is_here_and_an_earlier_word_of_the_engineer_still_counts(scene: Scene) -> None:
    technician = TechnicianFactory(hospital=scene.hospital)
    ticket = workflow.confirm_arrival(on_the_way(scene), by=technician, now=scene.at("12:20"))
    visit = visit_of(ticket)
    assert (ticket.status, visit.check_in, scene.clock(ticket, "onsite").margin_seconds) == (
        "on_site",
        "hospital",
        27 * 60,
    )
    said = Evidence(scene.at("12:11"), "phone-7", 0, uuid4())
    ticket = workflow.arrive(ticket, by=scene.engineer, evidence=said, now=scene.at("12:40"))
    visit.refresh_from_db()
    assert (visit.arrived_at, visit.check_in, scene.clock(ticket, "onsite").margin_seconds) == (
        scene.at("12:11"), "hospital", 36 * 60
    )  # fmt: skip


def test_nobody_is_there_who_was_not_sent(scene: Scene) -> None:
    with pytest.raises(Refused, match="Nobody was sent"):
        workflow.confirm_arrival(failed_at(scene), by=TechnicianFactory(hospital=scene.hospital), now=scene.at("11:00"))


def test_arrival_of_who_lost_the_visit_while_offline_waits_for_a_lead_and_moves_nothing(scene: Scene) -> None:
    """T101."""
    ticket, other = sent(scene), EngineerFactory(team=scene.engineer.team)
    ticket = workflow.reassign_visit(ticket, visit_of(ticket), engineer=other, by=scene.lead, now=scene.at("10:40"))
    said = {"visit": visit_of(ticket), "evidence": Evidence(scene.at("12:01"), "phone-7", 0, uuid4())}
    ticket = workflow.arrive(ticket, by=scene.engineer, now=scene.at("12:10"), **said)
    assert (ticket.status, visit_of(ticket).state, ticket.assignee) == ("dispatch", "planned", other)
    assert scene.told("visit.kept") == scene.told("ticket.evidence") == [scene.lead]
    assert not ticket.events.get(kind="visit", data__how="kept").is_public
    assert (scene.clock(ticket, "onsite").state, scene.clock(ticket, "onsite").stopped_at) == ("running", None)
    fact = ticket.timeline.facts.get(kind="arrived")
    workflow.confirm_evidence(ticket, fact, accept=True, by=scene.lead, now=scene.at("12:15"))
    assert scene.clock(ticket, "onsite").margin_seconds == 46 * 60


def test_arrival_that_a_lead_does_not_believe_stops_nothing_when_somebody_else_was_sent(scene: Scene) -> None:
    ticket, other = sent(scene), EngineerFactory(team=scene.engineer.team)
    ticket = workflow.reassign_visit(ticket, visit_of(ticket), engineer=other, by=scene.lead, now=scene.at("10:40"))
    said = {"visit": visit_of(ticket), "evidence": Evidence(scene.at("12:01"), "phone-7", 0, uuid4())}
    ticket = workflow.arrive(ticket, by=scene.engineer, now=scene.at("12:10"), **said)
    fact = ticket.timeline.facts.get(kind="arrived")
    workflow.confirm_evidence(ticket, fact, accept=False, by=scene.lead, now=scene.at("12:15"))
    assert scene.clock(ticket, "onsite").state == "running"
    assert not ticket.timeline.deadlines.filter(code="fix").exists()
    assert list(differences()) == []


def test_signature_freezes_the_report_once(scene: Scene) -> None:
    ticket, visit = there(scene)
    said = {"is_solved": True, "refusal": "科室无人", "evidence": Evidence(scene.at("12:30"), client_key=uuid4())}
    for _ in range(2):
        workflow.sign_visit(ticket, visit, by=scene.engineer, now=scene.at("12:31"), **said)
    assert visit.reports.count() == 2
    assert scene.kinds(ticket, data__how="unsigned") == ["visit"]
    with pytest.raises(Refused, match="signed by"):
        workflow.sign_visit(ticket, visit, is_solved=True, refusal="x", by=scene.engineer, now=scene.at("12:40"))
