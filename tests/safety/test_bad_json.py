"""Group L, for programs: whatever body is sent, a problem says what is wrong, and nothing is written (T104)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from people.models import Role
from tests import permissions
from tests.safety import nasty, programs
from tests.safety.nasty import Sender
from tests.safety.programs import BASE, PROBLEM, Operation, bodies, operations, plain, route, writing
from tests.world import NOW, World
from tickets import defaults
from tickets.models import Ticket
from tickets.states import VERBS, allows

pytestmark = pytest.mark.django_db
ROWS = {plain(row.route): row for row in permissions.load()}
JSON = "application/json"

NOT_READ: dict[str, tuple[str, bytes]] = {
    "cut off": (JSON, b'{"title": "x'),
    "no json": (JSON, b"title=x"),
    "a tower": (JSON, b"[" * 1_000 + b"]" * 1_000),
    "a tall tower": (JSON, b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "a list": (JSON, b"[]"),
    "a text": (JSON, b'"x"'),
    "nothing": (JSON, b"null"),
    "a number": (JSON, b"7"),
    "too big a number": (JSON, b'{"title": 1e400}'),
    "no number": (JSON, b'{"title": NaN}'),
    "endless": (JSON, b'{"title": -Infinity}'),
    "many digits": (JSON, b'{"title": ' + b"9" * 5_000 + b"}"),
    "half a sign": (JSON, b'{"title": "\\ud800"}'),
    "half a name": (JSON, b'{"\\uDFFF": 1}'),
    "half a sign in bytes": (JSON, b'{"title": "\xed\xa0\x80"}'),
    "another alphabet": (JSON, '{"title": "x"}'.encode("utf-16")),
    "broken utf-8": (JSON, b'{"title": "\xed\xa0\x80\xff"}'),
    "ten megabytes": (JSON, b'{"title": "' + b"a" * 10_000_000 + b'"}'),
    "a form": ("application/x-www-form-urlencoded", b"title=x"),
    "parts": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
    ),
    "plain": ("text/plain", b'{"title": "x"}'),
    "xml": ("application/xml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
}
"""Name → content type and body that no operation can read."""

WRONG: tuple[Any, ...] = (
    [], {}, ["x"], {"$ne": 1}, True, None, "", "a\0b", "\ud800", "x" * 20_000, -1, 0, 2**70, 1.5, 10**400,
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z", "' OR 1=1;--", "\u202egpj.exe",
)  # fmt: skip
"""Values that fit no field, or only texts."""


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def world() -> World:
    defaults.load()
    return World()


ON_THEIR_WAY = ("part-requests/", "returns/", "stock/", "visits/")


def role_for(operation: Operation) -> str:
    """Somebody whom the permission table lets in; only the desk edits."""
    row = ROWS[route(operation)]
    return next(
        role for role in (Role.LEAD, *Role.values) if operation.method == "PATCH" or row.expected("POST", role) == "ok"
    )


def ticket_for(operation: Operation, tickets: dict[str, Ticket]) -> Ticket:
    """One in a state that allows what the operation does."""
    verb = operation.slug.replace("-", "_")
    return next(ticket for state, ticket in tickets.items() if verb not in VERBS or allows(state, verb))


def send(sender: Sender, operation: Operation, ticket: Ticket, body: bytes, kind: str = JSON) -> nasty.Answer:
    """The answer to a body; what it changed is undone."""
    path = programs.address(operation, sender.world, ticket)
    headers = {"If-Match": "*", "Accept-Language": "en"}
    return sender.send(role_for(operation), operation.method, path, data=body, content_type=kind, headers=headers)


def fault(answer: nasty.Answer, *, refused: bool) -> str:
    """What is wrong with an answer; nothing when it is a clear one."""
    if answer.is_fault or (refused and answer.status < 400):
        return f"{answer.status} {' '.join(answer.wrote)}"
    if answer.status >= 400 and answer.response.headers["Content-Type"] != PROBLEM:
        return f"{answer.status} {answer.response.headers['Content-Type']}"
    if answer.status >= 400 and not json.loads(answer.text)["detail"]:
        return f"{answer.status} without a word"
    return ""


def test_t104_a_body_that_cannot_be_read_is_a_problem_by_name(world: World) -> None:
    sender, faults = Sender(world), []
    for number, operation in enumerate(writing()):
        for turn, (name, (kind, body)) in enumerate(NOT_READ.items()):
            if (number + turn) % 3 and operation.path != f"{BASE}tickets/":
                continue
            if wrong := fault(send(sender, operation, world.ticket, body, kind), refused=True):
                faults.append(f"{operation} {name}: {wrong}")
    assert "\n".join(faults) == ""


def test_t104_a_wrong_value_in_any_field_is_a_problem_and_writes_nothing(world: World) -> None:
    tickets = nasty.tickets_by_state(world)
    sender, faults, turn = Sender(world), [], 0
    for operation in writing():
        ticket = ticket_for(operation, tickets)
        user = world.people[role_for(operation)]
        right = programs.body_for(operation, world, ticket, user)
        for name in right:
            turn += 1
            for step in range(0, len(WRONG), 4):
                value = WRONG[(turn + step) % len(WRONG)]
                body = json.dumps(right | {name: value}).encode()
                if wrong := fault(send(sender, operation, ticket, body), refused=False):
                    faults.append(f"{operation} {name}={str(value)[:30]!r}: {wrong}")
    assert "\n".join(faults) == ""


def test_t104_the_right_bodies_are_taken_so_the_wrong_ones_are_refused_for_what_is_wrong(world: World) -> None:
    tickets = nasty.tickets_by_state(world)
    sender, refused = Sender(world), {}
    for operation in writing():
        ticket = ticket_for(operation, tickets)
        right = programs.body_for(operation, world, ticket, world.people[role_for(operation)])
        answer = send(sender, operation, ticket, json.dumps(right).encode())
        # What lies in a depot, comes back or is planned is at the beginning of its way: a step too early is a 409.
        early = answer.status == 409 and operation.path.removeprefix(BASE).startswith(ON_THEIR_WAY)
        if answer.status >= 300 and not early:
            refused[operation.slug] = answer.text
    # There is no disputed evidence in this world, nobody to hand over to, no report by a label, no urgent response
    # to give back, no quote that is not sent yet, and the duty is done.
    nothing = {"confirm-evidence", "offer-owner", "verify", "discard", "unmark-urgent", "send", "drop"}
    assert set(refused) <= nothing, refused


def test_t104_of_two_fields_with_one_name_the_last_one_counts_and_is_judged(world: World) -> None:
    client, path = programs.signed_in(world.lead), f"{BASE}tickets/{world.ticket.number}/note/"
    for body, status in ((b'{"text": "a", "text": ""}', 400), (b'{"text": 5, "text": "b"}', 200)):
        assert client.post(path, body, content_type=JSON).status_code == status


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "ä", "a\tb", "\x7f"])
def test_t104_a_key_of_no_use_is_named_and_nothing_is_filed(world: World, key: str) -> None:
    client, before = programs.signed_in(world.lead), nasty.mark()
    body = programs.body_for(
        next(one for one in operations() if one.path == f"{BASE}tickets/" and one.method == "POST"),
        world, world.ticket, world.lead,
    )  # fmt: skip
    answer = client.post(f"{BASE}tickets/", body, content_type=JSON, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)
    assert answer.json()["errors"][0]["header"] == "Idempotency-Key"
    assert nasty.mark() == before


def test_t072_no_operation_takes_a_password_a_contact_or_a_role(world: World) -> None:
    """What needs the current password can only be changed on the pages (`test_links.py`)."""
    described = json.dumps([one.body for one in operations()])
    names = set(bodies(world, world.ticket)) | {one.slug for one in operations()}
    assert not names & {"password", "users", "people", "tokens", "contact", "account"}
    assert not [word for word in ("password", "email", '"phone"', "role") if word in described]
