"""T104, T107: whatever is sent to whatever door, the answer is clear and nothing is half-written.

Walks all routes of `tests/permissions.toml`; the programs' interface has its own bodies in `test_bad_json.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.contrib import admin
from pytest_django import Settings

from people.models import Role
from tests.permissions import ANONYMOUS
from tests.safety.nasty import BODIES, HEADERS, IN_A_LINE, ODD_KEYS, TEXTS, Answer, Door, Sender, doors, fields
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
PAGES = [door for door in doors() if not door.route.startswith("api/")]
READING = [door for door in PAGES if door.method == "GET"]
WRITING = [door for door in PAGES if door.method == "POST"]


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def sender() -> Sender:
    return Sender(World())


def turns(number: int, door: Door) -> range:
    """Which texts a door gets: pages of a ticket, which are many and share their code, fewer."""
    return range(number, number + 20, 20 if door.things else 10)


def faults_of(sender: Sender, requests: Iterator[tuple[str, Door, str, dict]]) -> str:
    """Send them all; what went wrong, by name, a line each."""
    faults = []
    for name, door, path, request in requests:
        answer = sender.send(door.role, door.method, path, **request)
        if answer.is_fault:
            faults.append(f"{door} {name}: {answer.status} {' '.join(answer.wrote)}")
    return "\n".join(faults)


def test_t104_t034_t035_no_page_fails_over_its_query(sender: Sender) -> None:
    def requests() -> Iterator[tuple[str, Door, str, dict]]:
        for number, door in enumerate(READING):
            for turn in turns(number, door):
                query = fields(turn, *ODD_KEYS, longest=IN_A_LINE)
                yield f"turn {turn}", door, door.path(sender.world), {"query_params": query}

    assert faults_of(sender, requests()) == ""


def test_t104_no_form_fails_over_what_is_typed_and_a_refused_one_writes_nothing(sender: Sender) -> None:
    def requests() -> Iterator[tuple[str, Door, str, dict]]:
        for number, door in enumerate(WRITING):
            for turn in turns(number, door):
                yield f"turn {turn}", door, door.path(sender.world), {"data": fields(turn)}

    assert faults_of(sender, requests()) == ""


def test_t104_no_address_fails_over_what_stands_in_it(sender: Sender) -> None:
    def requests() -> Iterator[tuple[str, Door, str, dict]]:
        for number, door in enumerate(door for door in PAGES if door.things):
            for turn, (name, text) in enumerate(TEXTS.items()):
                if name == "nul" or (number + turn) % 8 == 0:
                    yield name, door, door.filled(dict.fromkeys(door.things, text[:IN_A_LINE])), {}

    assert faults_of(sender, requests()) == ""


def test_t104_no_door_fails_over_a_body_that_is_no_form(sender: Sender) -> None:
    def requests() -> Iterator[tuple[str, Door, str, dict]]:
        for number, door in enumerate(WRITING):
            for turn, (name, (kind, body)) in enumerate(BODIES.items()):
                if (number + turn) % 4 == 0:
                    yield name, door, door.path(sender.world), {"data": body, "content_type": kind}

    assert faults_of(sender, requests()) == ""


def test_t104_no_door_fails_over_the_head_of_a_request(sender: Sender) -> None:
    def requests() -> Iterator[tuple[str, Door, str, dict]]:
        for number, door in enumerate(PAGES):
            stranger = replace(door, role=ANONYMOUS)
            for turn, (name, headers) in enumerate(HEADERS.items()):
                if (number + turn) % 4 == 0:
                    yield name, door, door.path(sender.world), {"headers": headers}
                if (number + turn) % 3 == 0:
                    yield name, stranger, door.path(sender.world), {"headers": headers}

    assert faults_of(sender, requests()) == ""


def test_t104_no_set_up_page_fails_over_its_query_or_its_form(sender: Sender) -> None:
    """Django's own pages, with our models and forms in them."""
    texts, faults, forms = list(TEXTS.values()), [], 0

    def send(method: str, path: str, **request: Any) -> Answer:
        answer = sender.send(Role.ADMIN, method, path, **request)
        if answer.is_fault:
            faults.append(f"{method} {path}: {answer.status} {' '.join(answer.wrote)}")
        return answer

    for number, model in enumerate(admin.site._registry):
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        names = ("q", "p", "o", "e", "all", *(f"{field.name}__exact" for field in model._meta.fields))
        send("GET", base, query_params={name: texts[(number + turn) % len(texts)] for turn, name in enumerate(names)})
        send("GET", f"{base}{quote(texts[number % len(texts)][:300], safe='')}/change/")
        page = send("GET", f"{base}add/")
        if page.status != 200:
            continue
        forms += 1
        fields = page.response.context["adminform"].form.fields
        sent = {name: texts[(number + turn * 3) % len(texts)] for turn, name in enumerate(fields)}
        send("POST", f"{base}add/", data=sent)
    assert "\n".join(faults) == ""
    assert forms > 5
