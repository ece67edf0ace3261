"""Group C: what a request cannot set, and steps that a ticket cannot take (safety T004, T025 to T031)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from people.models import HOSPITAL_ROLES, Role, User
from sla.models import Deadline
from tests import permissions
from tests.safety import nasty, programs
from tests.safety.programs import BASE, PROBLEM, Operation, bodies, body_for, operations, plain, route, writing
from tests.world import NOW, World
from tickets import defaults, workflow
from tickets.models import FaultTile, Ticket, TicketEvent
from tickets.states import VERBS, Status, allows

pytestmark = pytest.mark.django_db

PAST = "2020-01-01T00:00:00Z"
PROTECTED: dict[str, Any] = {
    "id": 1, "tenant": 1, "hospital": 1, "number": "SR-2020-000001", "created_by": 1, "created_at": PAST,
    "reporter": 1, "owner": 1, "assignee": 1, "status": "closed", "priority": 1, "cycle": 9, "channel": "phone",
    "timeline": 1, "due_at": "2030-01-01T00:00:00Z", "met_at": PAST, "responded_at": PAST,
    "paused_total": 99, "is_staff": True, "is_superuser": True, "is_active": True, "role": "admin",
}  # fmt: skip
"""What the server alone decides, as somebody might send it (T025)."""
ROWS = {plain(row.route): row for row in permissions.load()}


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path) -> Iterator[time_machine.Traveller]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def world() -> World:
    defaults.load()
    return World()


def sender_of(operation: Operation, world: World) -> User:
    """Somebody whom the permission table lets in."""
    row = ROWS[route(operation)]
    roles = [role for role in Role.values if operation.method == "PATCH" or row.expected("POST", role) == "ok"]
    return world.people[Role.LEAD if Role.LEAD in roles else roles[0]]


def ask(client: Client, operation: Operation, world: World, ticket: Ticket, body: Any, **headers: str) -> HttpResponse:
    """The operation's answer to a body, for a ticket or what else of the world it is about."""
    path = programs.address(operation, world, ticket)
    return client.generic(  # type: ignore[return-value]
        operation.method, path, json.dumps(body), content_type="application/json", headers=headers
    )


def fixed(ticket: Ticket) -> dict[str, Any]:
    """What of a ticket no request may set, as it stands now."""
    names = ("id", "hospital_id", "number", "reporter_id", "created_at", "status", "priority", "cycle", "channel")
    row = Ticket.objects.values(*names, "timeline_id", "owner_id", "assignee_id").get(pk=ticket.pk)
    clocks = Deadline.objects.filter(timeline=ticket.timeline_id).order_by("pk")
    return {**row, "clocks": list(clocks.values("code", "due_at", "stopped_at", "state"))}


# T025, T026: unknown and protected fields


def test_t025_t026_a_field_that_is_not_asked_for_is_refused_by_name_and_nothing_is_written(world: World) -> None:
    ticket = workflow.answer(world.ticket, by=world.lead, text="words", now=NOW)
    clients = programs.clients(world)
    before, wrong = nasty.mark(), []
    for operation in writing():
        user = sender_of(operation, world)
        right = body_for(operation, world, ticket, user)
        more = {
            name: value for name, value in {**PROTECTED, "surprise": 1, "__class__": "x"}.items() if name not in right
        }
        answer = ask(clients[user.role], operation, world, ticket, {**right, **more}, **{"If-Match": "*"})
        named = {error["pointer"] for error in answer.json().get("errors", ())}
        if (answer.status_code, answer["Content-Type"], named) != (400, PROBLEM, {f"#/{name}" for name in more}):
            wrong.append((str(operation), answer.status_code, named))
    assert wrong == []
    assert len(writing()) > 15
    assert nasty.mark() == before


@pytest.mark.parametrize("role", sorted(HOSPITAL_ROLES))
def test_t025_t027_a_report_by_the_form_sets_nothing_that_the_server_decides(world: World, role: str) -> None:
    nurse = world.people[role]
    client = Client()
    client.force_login(nurse)
    page = client.get("/report/")
    right = nasty.filled_in(page.context["form"]) | {
        "severity": "later",
        "tile": FaultTile.objects.get(code="choppy").pk,
    }
    sent = {**PROTECTED, "impact": 1, "urgency": 1, "fault_class": 1, "policy": "x", "hospital": World().hospital.pk}
    assert client.post("/report/", {**sent, **right}).status_code == 302
    filed = Ticket.objects.filter(hospital=world.hospital).latest("pk")
    assert (filed.reporter, filed.status, filed.channel, filed.owner, filed.assignee) == (
        nurse, Status.NEW, "portal", None, None,
    )  # fmt: skip
    assert (filed.priority, filed.impact, filed.urgency, filed.cycle, filed.created_at) == (4, 3, 3, 1, NOW)
    response = filed.timeline.deadlines.get(code="response")
    assert (response.due_at, response.state) == (NOW + timedelta(hours=1), "running")


def test_t004_t025_an_edit_by_the_form_moves_no_ticket_and_sets_no_state(world: World) -> None:
    other = World()
    before = fixed(world.ticket)
    client = Client()
    client.force_login(world.lead)
    texts = {"title": "new words", "description": "", "place": "", "version": world.ticket.version}
    theirs = {"hospital": other.hospital.pk, "site": other.site.pk, "device": other.device.pk}
    assert (
        client.post(f"/desk/tickets/{world.ticket.number}/edit/", {**PROTECTED, **theirs, **texts}).status_code == 302
    )
    changed = Ticket.objects.get(pk=world.ticket.pk)
    assert (changed.title, changed.hospital, changed.site, changed.device) == (
        "new words", world.hospital, world.site, world.device,
    )  # fmt: skip
    assert fixed(world.ticket) == before


@pytest.mark.parametrize("role", [Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN, Role.LEAD])
def test_t004_a_program_cannot_move_a_ticket_to_another_hospital_device_or_site(world: World, role: str) -> None:
    other, before = World(), fixed(world.ticket)
    client = programs.signed_in(world.people[role])
    [operation] = [one for one in writing() if one.method == "PATCH"]
    for name, thing in (("hospital", other.hospital), ("device", other.device), ("site", other.site)):
        answer = ask(client, operation, world, world.ticket, {"title": "x", name: thing.pk}, **{"If-Match": "*"})
        assert answer.status_code == (400 if role == Role.LEAD else 403)
    assert fixed(world.ticket) == before


def test_t027_a_hospital_says_how_bad_it_is_and_no_more(world: World) -> None:
    client, before = programs.signed_in(world.nurse), Ticket.objects.count()
    report = {"title": "x", "device": world.device.pk, "severity": "later"}
    for more in ({"priority": 1}, {"impact": 1}, {"urgency": 1}, {"fault_class": "node_down"}, {"policy": "x"}):
        answer = client.post(f"{BASE}tickets/", report | more, content_type="application/json")
        assert answer.status_code == 400, more
    for worse in ("critical", 1, None, ["now"]):
        answer = client.post(f"{BASE}tickets/", report | {"severity": worse}, content_type="application/json")
        assert answer.status_code == 400, worse
    assert Ticket.objects.count() == before
    for verb in ("change-priority", "change-class", "retarget"):
        path = f"{BASE}tickets/{world.ticket.number}/{verb}/"
        assert client.post(path, {}, content_type="application/json").status_code == 403


# T028: steps that the state does not allow


def may_stand_in(state: str, verb: str) -> bool:
    """Whether the verb is allowed there; an arrival told late is evidence for longer than it is a step."""
    return allows(state, verb) or (verb == "arrive" and allows(state, "evidence"))


def test_t028_a_step_that_the_state_does_not_allow_is_a_409_and_writes_nothing(world: World) -> None:
    tickets = nasty.tickets_by_state(world)
    fresh = tickets[Status.REMOTE]
    tickets[Status.CLOSED] = workflow.confirm(tickets.pop(Status.SOLVED), by=world.nurse, now=NOW)
    tickets[Status.CANCELLED] = workflow.cancel(tickets.pop(Status.NEW), by=world.lead, reason="words", now=NOW)
    clients = programs.clients(world)
    before, tried = nasty.mark(), set()
    for operation in operations():
        verb = operation.slug.replace("-", "_")
        is_of_ticket = operation.path == f"{BASE}tickets/{{number}}/{operation.slug}/"
        if operation.method != "POST" or verb not in VERBS or not is_of_ticket:
            continue
        role = next(role for role in Role.values if ROWS[route(operation)].expected("POST", role) == "ok")
        for state, ticket in tickets.items():
            if may_stand_in(state, verb):
                continue
            body = body_for(operation, world, fresh, world.people[role]) if operation.body else {}
            if verb == "retarget":
                clock = ticket.timeline.deadlines.order_by("pk").last()
                body = body | {"deadline": clock.pk if clock else 0}
            answer = ask(clients[role], operation, world, ticket, body, **{"If-Match": "*"})
            # A clock that has stopped is no choice any more, so its target is refused as a mistake.
            assert answer.status_code in ({400, 409} if verb == "retarget" else {409}), (verb, state, answer.content)
            assert answer["Content-Type"] == PROBLEM
            tried.add(verb)
    assert {"arrive", "assign", "confirm", "reopen", "resolve", "resume", "retarget", "wait"} <= tried
    assert nasty.mark() == before


def test_t028_the_table_of_states_knows_no_jump_from_new_to_closed() -> None:
    assert not allows(Status.NEW, "confirm")
    assert not allows(Status.CLOSED, "assign")
    assert [verb for verb, rule in VERBS.items() if rule.to == Status.CLOSED] == ["confirm", "solve_here"]
    assert VERBS["solve_here"].states == {Status.HOSPITAL}


# T029: the server's time decides


@pytest.mark.parametrize("ahead", [-120, 120])
def test_t029_a_time_that_the_client_names_meets_and_moves_no_clock(world: World, ahead: int) -> None:
    at = (NOW + timedelta(minutes=ahead)).isoformat()
    times = {"responded_at": at, "at": at, "recorded_at": at, "created_at": at}
    path = f"/desk/tickets/{world.ticket.number}/say/"
    client = Client()
    client.force_login(world.lead)
    assert client.post(path, {"kind": "answer", "text": "words", **times}).status_code == 302
    fact = world.ticket.timeline.facts.get(kind="responded")
    assert (fact.at, fact.recorded_at) == (NOW, NOW)
    response = world.ticket.timeline.deadlines.get(code="response")
    assert (response.state, response.stopped_at) == ("met", NOW)


def test_t029_an_arrival_in_the_future_meets_nothing_and_one_long_past_waits_for_a_leads_word(world: World) -> None:
    ticket = nasty.tickets_by_state(world)[Status.DISPATCH]
    client = programs.signed_in(world.lead)
    for minutes in (-24 * 60, 60):
        at = (NOW + timedelta(minutes=minutes)).isoformat()
        client.post(f"{BASE}tickets/{ticket.number}/arrive/", {"at": at}, content_type="application/json")
        onsite = ticket.timeline.deadlines.filter(code="onsite").latest("pk")
        assert onsite.state != "met", minutes


# T030: standing still


def test_t030_a_pause_needs_a_reason_that_the_contract_accepts_and_the_right(world: World) -> None:
    ticket = workflow.answer(world.ticket, by=world.lead, text="words", now=NOW)
    right = bodies(world, ticket)["wait"]
    path, clients = f"{BASE}tickets/{ticket.number}/wait/", programs.clients(world)
    before = nasty.mark()
    for body in (
        {},
        right | {"reason": ""},
        right | {"reason": "because"},
        right | {"note": "  "},
        {"reason": right["reason"]},
    ):
        assert clients[Role.LEAD].post(path, body, content_type="application/json").status_code == 400, body
    for role in (Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN, Role.DEPOT, Role.MANAGER, Role.ADMIN):
        assert clients[role].post(path, right, content_type="application/json").status_code == 403, role
    assert nasty.mark() == before


# T031: stale edits


def test_t031_of_two_stale_edits_the_second_is_refused_and_nothing_is_lost(world: World) -> None:
    path = f"{BASE}tickets/{world.ticket.number}/"
    lead, operator = programs.signed_in(world.lead), programs.signed_in(world.operator)
    read = [client.get(path)["ETag"] for client in (lead, operator)]
    assert read[0] == read[1]
    edit = {"content_type": "application/json"}
    assert lead.patch(path, {"title": "first"}, headers={"If-Match": read[0]}, **edit).status_code == 200
    second = operator.patch(path, {"title": "second"}, headers={"If-Match": read[1]}, **edit)
    assert (second.status_code, second["Content-Type"]) == (412, PROBLEM)
    assert operator.patch(path, {"title": "third"}, **edit).status_code == 428
    assert Ticket.objects.get(pk=world.ticket.pk).title == "first"
    assert TicketEvent.objects.filter(ticket=world.ticket, kind="edited").count() == 1


def test_t031_every_change_has_an_etag_of_its_own(world: World, clock: time_machine.Traveller) -> None:
    path, seen = f"{BASE}tickets/{world.ticket.number}/", []
    client = programs.signed_in(world.lead)
    for text in ("one", "two", "three"):
        seen.append(client.get(path)["ETag"])
        clock.shift(timedelta(milliseconds=1))
        client.post(f"{path}note/", {"text": text}, content_type="application/json")
    assert all(one != other for one, other in pairwise(seen))
