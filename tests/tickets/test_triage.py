"""The hospital's own technician goes first: no clock of the company until the fault is passed on (A3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.models import Entry
from people.models import User
from sla.facts import Kind as FactKind
from sla.sweep import sweep
from tests.factories import HospitalFactory, NurseFactory, TechnicianFactory, TicketFactory
from tests.tickets.conftest import Scene
from tickets import queue, triage, workflow
from tickets.models import Kind, Procedure, Ticket, TicketEvent, TriageSetting
from tickets.states import Refused, Status, WrongState

pytestmark = pytest.mark.django_db
E = TicketEvent.EventKind


@pytest.fixture
def technician(scene: Scene) -> User:
    """The hospital's technician, who has switched it on."""
    person = TechnicianFactory(hospital=scene.hospital)
    switched(scene, person)
    return person


def switched(scene: Scene, by: User, **more: Any) -> TriageSetting:
    choice = {"is_on": True, "keeps_urgent": False, "remind_after": 30, "pass_on_after": 240, **more}
    return workflow.configure(scene.hospital, by=by, now=scene.at("08:00"), **choice)


def port_fault(scene: Scene, when: str = "09:00", **more: Any) -> Ticket:
    return scene.file(when, fault_class=scene.fault_class("port"), **more)


def test_off_by_default_a_fault_goes_to_the_company_at_once(scene: Scene) -> None:
    TechnicianFactory(hospital=scene.hospital)
    ticket = port_fault(scene)
    assert ticket.status == Status.NEW
    assert scene.due(ticket, "response") == "03-11 10:00"


def test_switched_on_a_colleagues_fault_waits_without_any_clock_or_page(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    assert ticket.status == Status.HOSPITAL
    assert scene.facts(ticket) == []
    assert not ticket.timeline.deadlines.exists()
    assert scene.kinds(ticket) == [E.FILED, E.TRIAGE]
    assert scene.told("ticket.triage") == [technician]
    assert scene.told("ticket.filed") == scene.told("ticket.receipt") == []
    sweep()
    assert scene.facts(ticket) == []


def test_passing_it_on_is_the_notification_and_the_response_clock_starts_there(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    workflow.pass_on(ticket, by=technician, reason="换过线了", now=scene.at("09:47:30"))
    ticket.refresh_from_db()
    assert ticket.status == Status.NEW
    clock = scene.clock(ticket, "response")
    assert clock.started_at == scene.at("09:47:30")
    assert clock.due_at == scene.at("10:47:30")
    assert {row.code for row in ticket.timeline.deadlines.all()} == {"response", "onsite_bound"}
    assert scene.told("ticket.filed") == [scene.operator]
    assert scene.told("ticket.passed_on") == [scene.nurse]
    workflow.answer(ticket, by=scene.operator, text="在看", now=scene.at("10:00"))
    assert scene.clock(ticket, "response").state == "met"


def test_it_is_passed_on_once(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    workflow.pass_on(ticket, by=scene.nurse, now=scene.at("09:10"))
    with pytest.raises(WrongState):
        workflow.pass_on(ticket, by=technician, now=scene.at("09:11"))
    assert scene.facts(ticket) == [FactKind.NOTIFIED]


def test_who_reported_it_can_always_send_it_but_no_other_colleague(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    with pytest.raises(Refused, match="whoever reported it"):
        workflow.pass_on(ticket, by=NurseFactory(hospital=scene.hospital), now=scene.at("09:10"))
    workflow.pass_on(ticket, by=scene.nurse, now=scene.at("09:10"))
    assert scene.due(ticket, "response") == "03-11 10:10"


def test_words_at_the_hospital_reach_only_the_hospital(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    workflow.words(ticket, by=technician, text="插紧了吗？", now=scene.at("09:05"))
    workflow.words(ticket, by=scene.nurse, text="插紧了", now=scene.at("09:06"))
    assert scene.told("ticket.words") == sorted([scene.nurse, technician], key=lambda person: person.pk)
    assert scene.facts(ticket) == []


def test_solved_by_ourselves_is_recorded_and_owes_nothing(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    workflow.solve_here(ticket, by=technician, text="换了 HDMI 线", now=scene.at("09:20"))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.solution) == (Status.CLOSED, "换了 HDMI 线")
    assert ticket.solved_at == ticket.closed_at == scene.at("09:20")
    assert not ticket.timeline.deadlines.exists()
    assert scene.told("ticket.solved_here") == [scene.nurse]


def test_not_solved_after_all_it_goes_to_the_company_as_its_first_cycle(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    workflow.solve_here(ticket, by=technician, text="换了线", now=scene.at("09:20"))
    workflow.reopen(ticket, by=scene.nurse, reason="又黑了", now=scene.at("11:00"))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.cycle) == (Status.NEW, 1)
    assert scene.facts(ticket) == [FactKind.NOTIFIED]
    assert scene.due(ticket, "response") == "03-11 12:00"


@pytest.mark.parametrize("code", ["node_down", "main_module", "hardware_total"])
def test_a_node_down_goes_straight_to_the_company_unless_the_hospital_keeps_it(
    code: str, scene: Scene, technician: User
) -> None:
    ticket = scene.file(fault_class=scene.fault_class(code))
    assert ticket.status == Status.NEW
    switched(scene, technician, keeps_urgent=True)
    assert scene.file(fault_class=scene.fault_class(code)).status == Status.HOSPITAL


def test_a_stopped_consultation_a_technicians_own_fault_a_question_and_a_call_do_not_wait(
    scene: Scene, technician: User
) -> None:
    stopped = {"impact": Ticket.Impact.SYSTEM, "urgency": Ticket.Urgency.NOW}
    filed = [
        port_fault(scene, **stopped),
        TicketFactory(reporter=technician, now=scene.at("09:00")),
        port_fault(scene, kind=Kind.QUESTION),
        port_fault(scene, by=scene.operator),
    ]
    assert {ticket.status for ticket in filed} == {Status.NEW}


def test_without_a_technician_at_the_hospital_nothing_waits(scene: Scene, technician: User) -> None:
    technician.is_active = False
    technician.save()
    assert port_fault(scene).status == Status.NEW


def test_a_call_about_it_passes_it_on_from_the_calls_start(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    workflow.log_call(
        ticket,
        by=scene.operator,
        started_at=scene.at("09:30"),
        seconds=60,
        summary="电话里教重启",
        answered=True,
        now=scene.at("09:34"),
    )
    ticket.refresh_from_db()
    assert ticket.status == Status.REMOTE
    clock = scene.clock(ticket, "response")
    assert (clock.started_at, clock.state, clock.stopped_at) == (scene.at("09:30"), "met", scene.at("09:34"))


def test_a_call_before_it_was_filed_notifies_at_its_filing(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    said = {"seconds": 60, "summary": "没说清", "answered": False, "now": scene.at("09:34")}
    workflow.log_call(ticket, by=scene.operator, started_at=scene.at("08:30"), **said)
    assert scene.due(ticket, "response") == "03-11 10:00"


@pytest.mark.parametrize(
    ("at", "status", "told"),
    [
        ("09:29:59", Status.HOSPITAL, 1),
        ("09:30", Status.HOSPITAL, 2),
        ("12:59:59", Status.HOSPITAL, 2),
        ("13:00", Status.NEW, 1),
    ],
)
def test_nothing_is_forgotten_the_technician_is_reminded_and_then_it_goes_on_by_itself(
    at: str, status: Status, told: int, scene: Scene, technician: User
) -> None:
    ticket = port_fault(scene)
    for _again in range(2):
        workflow.follow_triage(scene.at(at))
    ticket.refresh_from_db()
    assert ticket.status == status
    assert len(scene.told("ticket.triage")) == told
    if status == Status.NEW:
        assert scene.due(ticket, "response") == "03-11 14:00"
        assert ticket.events.get(kind=E.PASSED_ON).data["how"] == "limit"


def test_switched_off_what_waits_goes_on(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    switched(scene, technician, is_on=False)
    assert workflow.follow_triage(scene.at("09:01")) == 1
    ticket.refresh_from_db()
    assert ticket.status == Status.NEW


def test_the_choice_is_on_the_trail_and_its_limits_are_in_order(scene: Scene, technician: User) -> None:
    [entry] = Entry.objects.filter(act="tickets.triage_changed")
    assert (entry.actor_id, entry.detail["is_on"]) == (technician.pk, True)
    with pytest.raises(Refused, match="after the reminder"):
        switched(scene, technician, remind_after=60, pass_on_after=60)


def test_the_technician_is_shown_the_version_that_stood_when_it_came(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    fault_class = scene.fault_class("port")
    Procedure.objects.create(fault_class=fault_class, version=2, steps=[{"do": "新"}], valid_from=scene.at("09:30"))
    shown = triage.shown(ticket, ticket.events.all())
    assert (shown.version, shown.hint) == (1, fault_class.hint)
    later = port_fault(scene, "10:00")
    assert triage.shown(later, later.events.all()).steps == ({"do": "新"},)


def test_the_console_lists_it_among_all_tickets_only(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    now = scene.at("09:10")
    held = {tab: queue.tickets_in(tab, Ticket.objects.all(), scene.operator, now).count() for tab in queue.Tab}
    assert {tab for tab, count in held.items() if count} == {queue.Tab.ALL}
    assert queue.status_tag(ticket).tone == "off"


def test_another_hospital_keeps_its_own_choice(scene: Scene, technician: User) -> None:
    other = NurseFactory(hospital=HospitalFactory())
    TechnicianFactory(hospital=other.hospital)
    ticket = TicketFactory(reporter=other, now=scene.at("09:00"))
    assert ticket.status == Status.NEW


def test_time_limits_count_from_the_filing_whatever_is_said_meanwhile(scene: Scene, technician: User) -> None:
    ticket = port_fault(scene)
    workflow.words(ticket, by=technician, text="来了", now=scene.at("12:50"))
    start: datetime = ticket.created_at
    assert workflow.follow_triage(start + timedelta(minutes=240)) == 1
