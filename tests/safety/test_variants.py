"""Group L: the same door, knocked at differently (safety T107, T016)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from people.models import Role
from tests import permissions
from tests.permissions import ANONYMOUS
from tests.safety import nasty
from tests.safety.nasty import Sender
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
OPEN_DOORS = ("account/sign-", "account/forgot", "account/reset", "account/language", "healthz", "readyz", "demo/")
ROWS = [row for row in permissions.load() if "*" not in row.route and not row.route.startswith(OPEN_DOORS)]
ROOT = "http://testserver"
"""Before an address of two slashes, whose first word would be taken for a host."""
OVERRIDE = {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "PUT", "X-Method-Override": "PATCH"}


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


def variants(path: str) -> Iterator[tuple[str, str]]:
    """Other ways to write an address, and other methods."""
    bare = path.rstrip("/")
    yield from (("PUT", path), ("PATCH", path), ("DELETE", path), ("OPTIONS", path), ("HEAD", path), ("TRACE", path))
    for other in (
        bare,
        bare + "//",
        path.upper(),
        bare + ".json",
        ROOT + "/" + path,
        path + "%00",
        bare + "/.",
        bare + ";x/",
    ):
        if other != path:
            yield "GET", other
    yield "GET", path + "?format=json&_method=DELETE"
    yield "POST", path + "?_method=PUT"


def is_closed(status: int, location: str) -> bool:
    """Refused, not there, or led elsewhere: to the log-in page, or to the address as it is written."""
    return 400 <= status < 500 or (status in {301, 302} and ("sign-in" in location or location.startswith("/")))


@pytest.mark.parametrize("role", [ANONYMOUS, Role.HOSPITAL_STAFF])
def test_t107_no_other_way_to_write_a_request_opens_what_is_closed(role: str) -> None:
    world = World()
    sender, opened = Sender(world), []
    closed = [row for row in ROWS if not {row.expected(method, role) for method in permissions.METHODS} & {"ok", "any"}]
    for number, row in enumerate(closed):
        path = nasty.PARAMETER.sub(lambda found, row=row: world.thing(row.things[found[1]]), "/" + row.route)
        for turn, (method, other) in enumerate(variants(path)):
            if (number + turn) % 3:
                continue
            answer = sender.send(role, method, other, headers=OVERRIDE, data=b"", content_type="application/json")
            if answer.is_fault or not is_closed(answer.status, answer.response.headers.get("Location", "")):
                opened.append((role, method, other, answer.status, answer.wrote))
    assert opened == []
    assert len(closed) > 20


def test_t107_the_same_ways_open_what_is_open_so_the_comparison_can_fail() -> None:
    world = World()
    sender = Sender(world)
    assert sender.send(Role.LEAD, "HEAD", "/inbox/", data=b"", content_type="x/y").status == 200
    assert (
        sender.send(Role.LEAD, "GET", "/desk/?format=json&_method=DELETE", data=b"", content_type="x/y").status == 200
    )
