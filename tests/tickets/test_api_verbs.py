"""The verbs by API: the pages' own, with their rights, states and refusals (T006, T007, T027-T031)."""

from __future__ import annotations

import pytest
import time_machine

from people.access import ACTS
from tests.api_case import Program, mistakes
from tests.factories import EngineerFactory, NurseFactory, TeamFactory, TechnicianFactory
from tests.tickets.conftest import Scene
from tickets import actions, workflow
from tickets.api.verbs import VERBS
from tickets.models import Ticket, TicketEvent


def do(program: Program, ticket: Ticket, verb: str, status: int = 200, **said: object) -> dict[str, object]:
    """Do a verb with the ETag just read; the answer's body."""
    etag = program.get(f"/tickets/{ticket.number}/")["ETag"]
    answer = program.post(f"/tickets/{ticket.number}/{verb}/", {"If-Match": etag}, **said)
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def test_every_verb_of_the_pages_has_its_address() -> None:
    assert {verb.name for verb in VERBS} | {"edit"} == set(actions.ACTS)


def test_a_ticket_is_led_from_report_to_confirmation(scene: Scene) -> None:
    nurse, operator, engineer = Program(scene.nurse), Program(scene.operator), Program(scene.engineer)
    ticket = Ticket.objects.get(number=nurse.post("/tickets/", title="打不开").json()["number"])
    assert do(operator, ticket, "take")["assignee"] == {"id": scene.operator.pk, "name": scene.operator.name}
    assert do(operator, ticket, "answer", text="请重启")["status"] == "remote"
    do(operator, ticket, "note", text="老问题")
    do(nurse, ticket, "words", text="还是不行")
    do(operator, ticket, "log-call", started_at=ticket.created_at, seconds=90, summary="试过了", answered=False)
    do(operator, ticket, "change-class", fault_class="port")
    assert do(operator, ticket, "change-priority", impact=1, urgency=1)["priority"] == 1
    assert do(operator, ticket, "remote-failed", reason="要换板")["status"] == "dispatch"
    do(operator, ticket, "assign", to=scene.engineer.pk)
    assert do(engineer, ticket, "depart")["status"] == "travel"
    assert do(engineer, ticket, "arrive")["status"] == "on_site"
    assert do(engineer, ticket, "wait", reason="no_access", note="锁着")["status"] == "waiting"
    assert do(engineer, ticket, "resume")["status"] == "on_site"
    assert do(engineer, ticket, "resolve", cause="板坏", action="换板")["status"] == "solved"
    assert do(nurse, ticket, "reopen")["status"] == "new"
    do(engineer, ticket, "resolve", cause="线松", action="插紧")
    assert do(nurse, ticket, "confirm")["status"] == "closed"
    assert scene.kinds(ticket)[-1] == "closed"


def test_ownership_is_offered_declined_offered_and_accepted(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.operator, now=scene.at("09:05"))
    operator, lead = Program(scene.operator), Program(scene.lead)
    do(operator, ticket, "offer-owner", to=scene.lead.pk)
    assert do(lead, ticket, "decline-owner")["offered_to"] is None
    do(operator, ticket, "offer-owner", to=scene.lead.pk)
    assert do(lead, ticket, "accept-owner")["owner"] == {"id": scene.lead.pk, "name": scene.lead.name}
    assert do(lead, ticket, "accept-owner", status=409)["detail"] == "This hand-over was not offered to you."


def test_a_late_arrival_waits_for_a_leads_word(scene: Scene) -> None:
    ticket = workflow.answer(scene.file(), by=scene.operator, text="在查", now=scene.at("09:05"))
    workflow.remote_failed(ticket, by=scene.operator, reason="要换板", now=scene.at("09:10"))
    do(Program(scene.engineer), ticket, "arrive", at=scene.at("10:00"), clock_offset_ms=0)
    lead = Program(scene.lead)
    [evidence] = lead.get(f"/tickets/{ticket.number}/deadlines/").json()["evidence"]
    assert Program(scene.engineer).get(f"/tickets/{ticket.number}/deadlines/").json()["evidence"] == []
    do(lead, ticket, "confirm-evidence", fact=evidence["fact"], accept=True)
    assert lead.get(f"/tickets/{ticket.number}/deadlines/").json()["evidence"] == []


@time_machine.travel("2026-03-11T01:10:00Z", tick=False)
def test_a_manager_retargets_a_clock_of_this_ticket_and_of_no_other(scene: Scene) -> None:
    ticket, other = scene.file(), scene.file()
    manager = Program(scene.manager)
    said = {"due_at": "2026-03-12T00:00:00Z", "reason": "合同"}
    clock, foreign = scene.clock(ticket, "response"), scene.clock(other, "response")
    etag = {"If-Match": manager.get(f"/tickets/{ticket.number}/")["ETag"]}
    assert mistakes(manager.post(f"/tickets/{ticket.number}/retarget/", etag, deadline=foreign.pk, **said)) == {
        "#/deadline": "does_not_exist"
    }
    do(manager, ticket, "retarget", deadline=clock.pk, **said)
    assert scene.due(ticket, "response") == "03-12 08:00"


def test_a_clock_is_acknowledged(scene: Scene) -> None:
    clock = scene.clock(scene.file(), "response")
    answer = Program(scene.operator).post(f"/deadlines/{clock.pk}/acknowledge/")
    assert answer.json()["acknowledged_until"] > "2026"
    assert Program(scene.nurse).post(f"/deadlines/{clock.pk}/acknowledge/").status_code == 403


def test_a_report_by_a_label_is_verified_for_one_of_the_hospital_or_discarded(scene: Scene) -> None:
    true, untrue = (scene.file(is_unverified=True) for _ in range(2))
    operator, nurse = Program(scene.operator), Program(scene.nurse)
    foreign = operator.post(f"/tickets/{true.number}/verify/", reporter=NurseFactory().pk)
    assert mistakes(foreign) == {"#/reporter": "does_not_exist"}
    assert nurse.get(f"/tickets/{true.number}/").status_code == 404
    colleague = NurseFactory(hospital=scene.hospital)
    verified = do(operator, true, "verify", reporter=colleague.pk)
    assert (verified["is_unverified"], verified["reporter"]["id"]) == (False, colleague.pk)
    assert nurse.get(f"/tickets/{true.number}/").status_code == 200
    assert do(operator, untrue, "discard", reason="试一试")["status"] == "cancelled"
    assert nurse.get(f"/tickets/{untrue.number}/").status_code == 404


# --- refused


def test_what_the_state_does_not_allow_is_a_conflict_with_its_sentence(scene: Scene) -> None:
    ticket = scene.file()
    body = do(Program(scene.operator), ticket, "remote-failed", status=409, reason="x")
    assert body["detail"] == "That is not possible now: the ticket is in the state “Received”."
    chinese = Program(scene.operator, language="zh-hans").post(f"/tickets/{ticket.number}/resume/").json()
    assert chinese["detail"] != body["detail"]


def test_another_roles_verb_is_forbidden_before_anything_is_looked_at(scene: Scene) -> None:
    ticket = scene.file()
    for verb in ("assign", "resolve", "change-priority", "note"):
        assert Program(scene.nurse).post(f"/tickets/{ticket.number}/{verb}/", to="x").status_code == 403
    assert scene.kinds(ticket) == ["filed", "receipt"]


def test_an_engineer_may_not_lower_a_priority(scene: Scene) -> None:
    ticket = scene.file()
    do(Program(scene.engineer), ticket, "change-priority", status=403, impact=4, urgency=3, reason="不急")


def test_every_verb_refuses_what_it_does_not_take_and_does_nothing(scene: Scene) -> None:
    ticket = scene.file()
    before = (ticket.events.count(), Ticket.objects.values().get(pk=ticket.pk))
    technician = TechnicianFactory(hospital=scene.hospital)
    programs = {one.role: Program(one) for one in (scene.nurse, technician, scene.lead, scene.manager)}
    for verb in VERBS:
        role = next(role for role in programs if role in ACTS[actions.ACTS[verb.name]])
        answer = programs[role].post(f"/tickets/{ticket.number}/{verb.slug}/", status="closed")
        assert mistakes(answer)["#/status"] == "unknown", verb.name
    assert (ticket.events.count(), Ticket.objects.values().get(pk=ticket.pk)) == before


def test_work_goes_only_to_who_can_take_it_here(scene: Scene) -> None:
    ticket, far = scene.file(), EngineerFactory(team=TeamFactory())
    for person in (scene.nurse, far, scene.manager):
        answer = Program(scene.lead).post(f"/tickets/{ticket.number}/assign/", to=person.pk)
        assert mistakes(answer) == {"#/to": "does_not_exist"}
    assert mistakes(Program(scene.lead).post(f"/tickets/{ticket.number}/assign/")) == {"#/to": "required"}


def test_a_strangers_verb_finds_no_ticket(scene: Scene) -> None:
    ticket, stranger = scene.file(), Program(NurseFactory())
    for verb in ("words", "confirm", "reopen"):
        assert stranger.post(f"/tickets/{ticket.number}/{verb}/", text="x").status_code == 404


# --- If-Match


def test_an_edit_needs_the_etag_and_a_stale_one_changes_nothing(scene: Scene) -> None:
    ticket, program = scene.file(), Program(scene.operator)
    path = f"/tickets/{ticket.number}/"
    etag = program.get(path)["ETag"]
    assert program.patch(path, title="新").status_code == 428
    first = program.patch(path, {"If-Match": etag}, title="新")
    assert (first.status_code, first.json()["title"]) == (200, "新")
    stale = program.patch(path, {"If-Match": etag}, title="旧")
    assert (stale.status_code, stale["Content-Type"]) == (412, "application/problem+json")
    assert program.patch(path, {"If-Match": f'W/"x", {first["ETag"]}'}, place="四楼").status_code == 200
    assert program.patch(path, {"If-Match": "*"}, description="").json()["place"] == "四楼"
    ticket.refresh_from_db()
    assert (ticket.title, ticket.place) == ("新", "四楼")
    assert mistakes(program.patch(path, {"If-Match": "*"}, status="closed")) == {"#/status": "unknown"}


def test_every_act_gives_the_ticket_a_new_etag(scene: Scene) -> None:
    ticket, program = scene.file(), Program(scene.operator)
    path = f"/tickets/{ticket.number}/"
    etag = program.get(path)["ETag"]
    answered = program.post(f"{path}answer/", text="在查")
    assert answered["ETag"] == program.get(path)["ETag"] != etag


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.overwrites], ids=lambda verb: verb.name)
def test_what_overwrites_needs_the_etag(scene: Scene, verb) -> None:
    ticket = scene.file()
    said = {
        "change_priority": {"impact": 1, "urgency": 1},
        "change_class": {"fault_class": "port"},
        "set_cause": {"cause": "hardware"},
        "override_verdict": {"outcome": "free", "reason": "x"},
        "retarget": {"deadline": scene.clock(ticket, "response").pk, "due_at": "2035-01-01T00:00:00Z", "reason": "x"},
    }[verb.name]
    program = Program(scene.manager)
    path = f"/tickets/{ticket.number}/{verb.slug}/"
    assert program.post(path, **said).status_code == 428
    assert program.post(path, {"If-Match": '"0-0"'}, **said).status_code == 412
    assert TicketEvent.objects.filter(ticket=ticket).count() == 2


def test_a_verb_that_only_adds_heeds_the_etag_when_it_is_sent(scene: Scene) -> None:
    ticket, program = scene.file(), Program(scene.operator)
    assert program.post(f"/tickets/{ticket.number}/answer/", {"If-Match": '"0-0"'}, text="x").status_code == 412
    assert program.post(f"/tickets/{ticket.number}/answer/", text="x").status_code == 200
