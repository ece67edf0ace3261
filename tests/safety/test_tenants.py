"""Group A: another hospital's things do not exist (safety T001 to T009), through every route there is."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from pytest_django import Settings

from people.models import HOSPITAL_ROLES, Role, User
from sla.models import Fact
from tests import permissions
from tests.factories import TicketFactory
from tests.permissions import Row
from tests.safety import nasty, programs
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
    "api/v1/device-models/<int:pk>/": "what makers sell",
    "hooks/carriers/<slug:code>/": "a carrier's code; its signature is the right",
    "q/s/<str:token>/": "the code at a site is the right, and shows no more than its paper",
    "q/<str:token>/": "the code on a label is the right, and shows no more than the label",
    "q/<str:token>/<uuid:key>/": "the same, and the key is the sender's own",
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


@pytest.mark.parametrize("role", [Role.HOSPITAL_STAFF, Role.LEAD])
def test_t003_a_program_cannot_name_a_strangers_device_or_site(worlds: tuple[World, World], role: str) -> None:
    """To a hospital it looks like one that does not exist; the desk may take any hospital's, but not mix two."""
    own, other = worlds
    client, before = programs.signed_in(own.people[role]), nasty.mark()
    how_bad = {"severity": "later"} if role in HOSPITAL_ROLES else {"impact": 3, "urgency": 3}
    mixed = [{"device": own.device.pk, "site": other.site.pk}, {"device": other.device.pk, "site": own.site.pk}]
    theirs = [{"device": other.device.pk}, {"site": other.site.pk}] if role in HOSPITAL_ROLES else []
    for named in (*mixed, *theirs):
        path, report = f"{programs.BASE}tickets/", {"title": "x", **how_bad}
        answer = client.post(path, report | named, content_type="application/json")
        assert answer.status_code == 400, named
        if len(named) == 1:
            [name] = named
            nothing = client.post(path, report | {name: 987654321}, content_type="application/json")
            assert answer.content.replace(str(named[name]).encode(), b"987654321") == nothing.content
    assert nasty.mark() == before


@pytest.mark.parametrize("slug", ["retarget", "confirm-evidence"])
def test_t007_a_part_of_one_ticket_is_not_found_under_another(worlds: tuple[World, World], slug: str) -> None:
    """The only doors that take a second id: a clock, and a piece of evidence, of the ticket in the address."""
    own, other = worlds
    fact = other.ticket.timeline.facts.earliest("pk")
    Fact.objects.filter(pk=fact.pk).update(is_disputed=True)
    name, theirs = {"retarget": ("deadline", other.deadline.pk), "confirm-evidence": ("fact", fact.pk)}[slug]
    manager = own.people[Role.MANAGER]
    body = programs.bodies(own, own.ticket)[slug] | {name: theirs}
    program, page, before = programs.signed_in(manager), browser(manager), nasty.mark()
    path = f"{programs.BASE}tickets/{own.ticket.number}/{slug}/"
    answer = program.post(path, body, content_type="application/json", headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"#/{name}")
    form = {"due_at": "2026-11-19T12:00", "reason": "x", "accept": "yes", name: theirs}
    assert page.post(f"/desk/tickets/{own.ticket.number}/{slug}/", form).status_code == 422
    assert nasty.mark() == before


def test_t007_no_address_names_two_things() -> None:
    """A route with two ids needs a test that mixes them; for labels: `tests/tickets/test_scanning.py`."""
    two = {route for route in WITH_AN_ID if len(PARAMETER.findall(route)) > 1}
    answers = {f"requests/<str:number>/quotes/<int:pk>/{answer}/" for answer in ("accept", "decline")}
    assert two == {"account/reset/<uidb64>/<token>/", "q/<str:token>/<uuid:key>/", *answers}


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_t007_a_quote_is_not_found_under_another_ticket(worlds: tuple[World, World], answer: str) -> None:
    own, other = worlds
    second = TicketFactory(device=own.device, reporter=own.nurse, now=NOW)
    page, before = browser(own.people[Role.HOSPITAL_TECHNICIAN]), nasty.mark()
    for number, quote in ((own.ticket.number, other.quote), (second.number, own.quote)):
        sent = {"reason": "x", "accept": "yes", "version": quote.version}
        assert page.post(f"/requests/{number}/quotes/{quote.pk}/{answer}/", sent).status_code == 404
    assert nasty.mark() == before


@pytest.mark.parametrize("role", [Role.HOSPITAL_STAFF, Role.ENGINEER])
def test_t006_whatever_is_hung_on_a_strangers_ticket_finds_no_ticket_and_leaves_nothing(
    worlds: tuple[World, World], role: str
) -> None:
    own, other = worlds
    program, page, before = programs.signed_in(own.people[role]), browser(own.people[role]), nasty.mark()
    under = [one for one in programs.operations() if "{number}" in one.path]
    assert len(under) > 20
    for one in under:
        body = programs.bodies(own, own.ticket).get(one.slug, {"title": "x"})
        path = one.path.replace("{number}", other.ticket.number)
        answer = program.generic(one.method, path, json.dumps(body), content_type="application/json")
        # What the role may not do at all is said before anything is looked up.
        assert answer.status_code in {403, 404}, one
    for route in (route for route in WITH_AN_ID if "tickets/<" in route or "requests/<" in route):
        path = "/" + PARAMETER.sub(other.ticket.number, route)
        upload = SimpleUploadedFile("a.txt", b"x", "text/plain")
        assert page.post(path, {"text": "x", "kind": "note", "uploads": upload}).status_code in {403, 404, 405, 415}
    assert nasty.mark() == before


NOT_BUILT = {
    "merge", "link", "parent", "duplicate", "bulk", "batch", "export", "print", "pdf", "csv",
    "webhook", "comments",
}  # fmt: skip


EXPORTS = {
    "desk/devices/export.xlsx": "tests/devices/test_export.py",
    "desk/devices/export.csv": "tests/devices/test_export.py",
    "desk/duties/export.csv": "tests/warranty/test_duty_pages.py",
    "desk/depot/reorder/export.csv": "tests/spares/test_stock_pages.py",
    "desk/depot/pick-list.pdf": "tests/spares/test_depot_pages.py",
    "desk/depot/requests/<str:number>/label.pdf": "tests/spares/test_depot_pages.py",
    "check-in/sites/<int:pk>.pdf": "tests/visits/test_codes.py",
    "check-in/hospitals/<int:pk>.pdf": "tests/visits/test_codes.py",
}
"""Doors that hand out a table, and where scope, cap, cells and the trail's row are tested."""


def test_t005_t008_t037_no_route_merges_links_exports_or_acts_on_many() -> None:
    """Such a door needs its tests first: in both directions, with ids mixed, with its own right (`map.toml`)."""
    ours = [path for path, _ in routes() if not path.startswith("admin/")]
    assert {path for path in ours if NOT_BUILT & set(re.split(r"[^a-z]+", path))} == set(EXPORTS)
    assert len(ours) > 90


def test_t002_every_operation_that_is_described_is_in_the_table_of_roles_and_every_route_is_described() -> None:
    described = {programs.route(one) for one in programs.operations()}
    table = {programs.plain(row.route) for row in ROWS if row.route.startswith("api/")}
    tried = {programs.plain(route) for route in WITH_AN_ID if route not in NO_HOSPITAL}
    assert table - described == {"api/v1/schema", "api/v1/docs/"}
    assert described - table == set()
    shared = {programs.plain(route) for route in NO_HOSPITAL}
    assert {route for route in described if "<>" in route} <= tried | shared


@pytest.mark.parametrize("role", [Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN])
def test_t009_t032_t033_no_page_list_or_search_names_anything_of_the_stranger(
    worlds: tuple[World, World], role: str
) -> None:
    own, other = worlds
    client = browser(own.people[role])
    asked = (other.ticket.number, other.device.serial, other.nurse.phone or "")
    words = {*asked, other.hospital.name, other.nurse.name}
    for route in (path for path, _ in routes() if "<" not in path and "(" not in path and path != "live/"):
        answer = client.get(f"/{route}")
        plain = text_of(answer)
        assert not [word for word in words if word in plain], route
        # A page that the role may not open at all is asked for everything at once.
        questions = [(word,) for word in asked] if answer.status_code != 403 else [asked]
        for question in questions:
            word, missing = "~".join(question), "~".join(map(nowhere, question))
            found, nothing = (text_of(client.get(f"/{route}", {"q": q}), q) for q in (word, missing))
            assert found == nothing, (route, word)
            assert not [other_word for other_word in words - set(question) if other_word in found], route
