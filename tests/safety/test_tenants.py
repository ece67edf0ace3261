"""Another hospital's things do not exist (safety T001, T002, T003, T032, T033), through every route there is."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.http import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from people.models import Role, User
from tests import permissions
from tests.permissions import Row
from tests.world import NOW, World, routes
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WITH_AN_ID = [path for path, _ in routes() if PARAMETER.search(path) and not path.startswith("admin/")]
ROWS = permissions.load()
NO_HOSPITAL = {
    "account/reset/<uidb64>/<token>/": "the token is the right; whoever holds it is the person",
    "demo/mail/<str:key>/": "outside the demo it does not exist",
    "desk/roster/changes/<int:key>/end/": "the roster belongs to the company",
    "desk/filters/<int:pk>/remove/": "belongs to a person of the company",
}
"""Routes whose id names nothing of a hospital, and why. Every other one is tried with a stranger's id."""


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def worlds() -> tuple[World, World]:
    return World(), World()


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def nowhere(value: str) -> str:
    """An id or word of the same kind that nothing has."""
    if value.isdecimal():
        return "987654321"[: len(value)] if len(value) > 8 else "98765432"
    if len(value) == 36:
        return str(uuid.UUID(int=0xA0 << 64))
    return re.sub(r"\d+$", lambda digits: "9" * len(digits[0]), value)


def text_of(response: HttpResponseBase, *echoes: str) -> str:
    """The body; what only echoes the request (its address, a searched word, the form's tokens) is taken out."""
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    text = re.sub(r"[A-Za-z0-9]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "TOKEN", body.decode())
    for echo in echoes:
        text = text.replace(echo, "ECHO")
    return text


def answer(client: Client, method: str, route: str, ids: dict[str, str]) -> tuple[int, str]:
    """Status and body of a route with these ids."""
    path = "/" + PARAMETER.sub(lambda found: ids[found[1]], route)
    response = client.generic(method, path)
    return response.status_code, text_of(response, path, *(value for value in ids.values() if not value.isdecimal()))


def row_of(route: str) -> Row:
    row = permissions.row_of(route, ROWS)
    assert row is not None, f"{route} has no row in tests/permissions.toml"
    return row


def test_t002_every_route_with_an_id_is_tried_with_a_strangers_one() -> None:
    tried = [route for route in WITH_AN_ID if route not in NO_HOSPITAL]
    assert all(row_of(route).things.keys() == set(PARAMETER.findall(route)) for route in tried)
    assert set(NO_HOSPITAL) <= set(WITH_AN_ID), "these routes are gone"
    assert tried


@pytest.mark.parametrize("role", [Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN, Role.ENGINEER])
def test_t001_a_strangers_thing_answers_to_the_byte_like_one_that_does_not_exist(
    worlds: tuple[World, World], role: str
) -> None:
    own, other = worlds
    client = browser(own.people[role])
    different = []
    for route in (route for route in WITH_AN_ID if route not in NO_HOSPITAL):
        theirs = {name: other.thing(path) for name, path in row_of(route).things.items()}
        random = {name: nowhere(value) for name, value in theirs.items()}
        for method in METHODS:
            found, missing = (answer(client, method, route, ids) for ids in (theirs, random))
            if found != missing or found[0] not in {403, 404, 405}:
                different.append((method, route, found[0], missing[0]))
    assert different == []
    assert Ticket.objects.get(pk=other.ticket.pk).version == other.ticket.version


@pytest.mark.parametrize("role", [Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN])
def test_t001_the_own_thing_is_there_so_the_comparison_can_fail(worlds: tuple[World, World], role: str) -> None:
    own, _ = worlds
    client = browser(own.people[role])
    assert client.get(f"/requests/{own.ticket.number}/").status_code == 200
    assert client.get(f"/files/{own.file.key}/").status_code == 200


def test_t003_a_fault_cannot_be_filed_on_a_strangers_device_or_site(worlds: tuple[World, World]) -> None:
    own, other = worlds
    before = Ticket.objects.count()
    for device, site in ((other.device, own.site), (own.device, other.site), (other.device, other.site)):
        data = {
            "device": device.pk, "site": site.pk, "title": "x", "tile": "", "severity": "1", "impact": "1",
            "urgency": "1", "hospital": other.hospital.pk,
        }  # fmt: skip
        assert browser(own.nurse).post("/report/", data).status_code in {200, 400, 422}
    assert Ticket.objects.count() == before


@pytest.mark.parametrize("role", [Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN])
def test_t009_t032_t033_no_page_list_or_search_names_anything_of_the_stranger(
    worlds: tuple[World, World], role: str
) -> None:
    own, other = worlds
    client = browser(own.people[role])
    asked = (other.ticket.number, other.device.serial, other.nurse.phone or "")
    words = {*asked, other.hospital.name, other.nurse.name}
    for route in (path for path, _ in routes() if "<" not in path and "(" not in path and path != "live/"):
        plain = text_of(client.get(f"/{route}"))
        assert not [word for word in words if word in plain], route
        for word in asked:
            found, nothing = (text_of(client.get(f"/{route}", {"q": q}), q) for q in (word, nowhere(word)))
            assert found == nothing, (route, word)
            assert not [other_word for other_word in words - {word} if other_word in found], route
