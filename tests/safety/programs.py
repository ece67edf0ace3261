"""The interface for programs as its own description lists it, and a right request for each of its operations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from people.models import User
from sla.models import Deadline
from tests import permissions
from tests.world import World
from tickets.models import Ticket

PROBLEM = "application/problem+json"
BASE = "/api/v1/"
NOW = "2026-11-18T03:24:00Z"
LATER = "2026-11-19T04:00:00Z"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Operation:
    """One line of the description: its address (`{number}` in it), its method, and what it takes (`None`: nothing)."""

    path: str
    method: str
    body: dict[str, Any] | None
    parameters: tuple[str, ...]

    @property
    def slug(self) -> str:
        """The address's last part: the verb, or what is listed."""
        return self.path.rstrip("/").rpartition("/")[2]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of the OpenAPI description."""
    described = SchemaGenerator().get_schema(request=None, public=True)
    return tuple(
        Operation(
            path,
            method.upper(),
            operation.get("requestBody"),
            tuple(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"),
        )
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    )


def writing() -> tuple[Operation, ...]:
    """The operations that take a body."""
    return tuple(one for one in operations() if one.body is not None)


def route(operation: Operation) -> str:
    """The address without the names of its parameters: what it shares with Django's route."""
    return re.sub(r"\{\w+\}", "<>", operation.path.lstrip("/"))


def address(operation: Operation, world: World, ticket: Ticket) -> str:
    """The operation's address for this ticket, or for what the table of roles names of the world."""
    row = next(row for row in permissions.load() if plain(row.route) == route(operation))
    values = {
        name: ticket.number if path == "ticket.number" else world.thing(path) for name, path in row.things.items()
    }
    return "/" + PARAMETER.sub(lambda found: values[found[1]], row.route)


def plain(django_route: str) -> str:
    """A route of Django's written the same way."""
    return re.sub(r"<[^>]+>", "<>", django_route)


def bodies(world: World, ticket: Ticket) -> dict[str, dict[str, Any]]:
    """The last part of a ticket's address → a body that the operation takes."""
    running = ticket.timeline.deadlines.filter(state=Deadline.State.RUNNING).order_by("pk")
    accepted = {code for codes in running.values_list("commitment__pause_reasons", flat=True) for code in codes}
    why = {"reason": "words"}
    said = {"text": "words"}
    quote, until = {"quote": world.quote.pk}, {"valid_until": "2026-12-18"}
    return {
        "answer": said,
        "note": said,
        "words": said,
        "log-call": {"started_at": NOW, "seconds": 60, "summary": "words", "answered": True},
        "assign": {"to": world.engineer.pk},
        "offer-owner": {"to": world.engineer.pk},
        "remote-failed": why,
        "depart": {"expected_arrival_at": LATER},
        "arrive": {"at": NOW},
        "confirm-evidence": {"fact": 1, "accept": True},
        "wait": {"reason": next(iter(sorted(accepted)), ""), "note": "words", "until": LATER},
        "resolve": {"cause": "words", "action": "words"},
        "reopen": why,
        "cancel": why,
        "discard": why,
        "verify": {"reporter": world.nurse.pk},
        "pass-on": why,
        "solve-here": said,
        "set-cause": {"cause": "hardware"},
        "override-verdict": {"outcome": "free", **why},
        "mark-urgent": {"may_bill": True, **why},
        "unmark-urgent": why,
        "quotes": {"lines": [{"description": "words", "quantity": "1", "price": "2.50", "tax_rate": "6"}], **until},
        "send": quote,
        "accept": quote,
        "decline": {**quote, **why},
        "record-answer": {**quote, "answer": "accepted", "name": "words", "means": "phone"},
        "withdraw": {**quote, **why},
        "change-priority": {"impact": 1, "urgency": 1},
        "change-class": {"fault_class": "port"},
        "retarget": {"deadline": running[0].pk if running else 0, "due_at": LATER, **why},
        "ask-part": {"parts": [{"part": world.stock.part.code}], **why},
    }


def things(world: World) -> dict[str, dict[str, Any]]:
    """The address of an operation that is about no ticket → a body that it takes."""
    device, why = world.device, {"reason": "words"}
    line = {"hospital": world.hospital.name, "name": "words", "model": device.model.name, "serial": "NEW-1"}
    return {
        "devices/": {"model": device.model_id, "serial": "NEW-2", "name": "words", "site": world.site.pk},
        "devices/{id}/swap/": {"serial": "NEW-3", **why},
        "devices/{id}/move/": {"site": world.site.pk, "room": "words", "parent": None},
        "devices/{id}/upgrade/": {"version": "words"},
        "devices/{id}/retire/": why,
        "device-imports/": {"name": "words", "rows": [line]},
        "duty-entries/": {"contract": world.contract.pk, "kind": "meeting", "on": "2027-01-15"},
        "duty-entries/{id}/drop/": why,
        **_visits(world),
        **_spares(world),
    }


def _visits(world: World) -> dict[str, dict[str, Any]]:
    why = {"reason": "words"}
    acts = {
        "move": {"starts_at": LATER},
        "reassign": {"engineer": world.engineer.pk},
        "call-off": why,
        "start": {},
        "finish": {"outcome": "return", "found": "words", "done": "words"},
    }
    return {f"visits/{{id}}/{act}/": body for act, body in acts.items()}


def _spares(world: World) -> dict[str, dict[str, Any]]:
    """Of requests for parts, of the stock, and of what comes back."""
    why, part, depot = {"reason": "words"}, world.stock.part_id, world.stock.depot_id
    pieces = {"serials": ["SN-1"], **why}
    of_requests = {
        "adopt": {"parts": [{"part": part}], **why},
        "choose": {"depot": depot, **why},
        "reserve": {},
        "scan": {"scanned": "SN-1"},
        "unpick": {"line": world.part_line.pk},
        "pack": {},
        "unpack": {},
        "ship": {"carrier": "words", "waybill": "W1"},
        "note-event": {"kind": "in_transit", "at": NOW, "place": "words", "text": "words"},
        "deliver": {"received_by": "words"},
        "send-again": {**why, "came_back": False},
        "unused": {"line": world.part_line.pk, "serial": "SN-1", **why},
        "cancel": why,
    }
    of_returns = {
        "receive": {"serial": "SN-1"},
        "send-to-maker": {"maker_case": "words", "waybill": "W2"},
        "maker-shipped": {"maker_case": "words"},
        "replacement-in": {"serial": "SN-2"},
        "close": {"resolution": "credited", **why},
        "write-off": why,
    }
    return {
        **{f"part-requests/{{number}}/{act}/": body for act, body in of_requests.items()},
        **{f"returns/{{number}}/{act}/": body for act, body in of_returns.items()},
        "stock/receive/": {"depot": depot, "part": part, **pieces},
        "stock/{id}/count/": pieces,
        "stock/{id}/transfer/": {"depot": depot, **pieces},
        "stock/{id}/scrap/": pieces,
    }


def body_for(operation: Operation, world: World, ticket: Ticket, user: User) -> dict[str, Any]:
    """A right body for an operation."""
    if operation.path == f"{BASE}tickets/":
        how_bad = {"severity": "later"} if user.is_hospital else {"impact": 3, "urgency": 3}
        return {"title": "words", "device": world.device.pk, **how_bad}
    if operation.method == "PATCH":
        return {"title": "other words"}
    if operation.path == f"{BASE}tickets/{{number}}/send/":
        return {"engineer": world.engineer.pk, "starts_at": LATER}
    if operation.path.startswith(f"{BASE}tickets/"):
        return bodies(world, ticket)[operation.slug]
    return things(world)[operation.path.removeprefix(BASE)]


def signed_in(user: User) -> Client:
    """A program that uses the person's session; tokens open the same (`tests/people/test_tokens.py`)."""
    client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def clients(world: World) -> dict[str, Client]:
    """A program of everybody in the world, by role."""
    return {role: signed_in(person) for role, person in world.people.items()}
