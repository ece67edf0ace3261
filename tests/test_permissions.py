"""Every route of the project answers every role as the checked-in table says (house rule 8, T016)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from tests import permissions
from tests.permissions import METHODS, ROLES, Row
from tests.world import NOW, World, routes

ROWS = permissions.load()
ROUTES = [path for path, _ in routes()]
PARTS = sorted({path.partition("/")[0] for path in ROUTES})
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nobody reads the line that Django writes for each of thousands of refusals."""
    caplog.set_level("ERROR", logger="django.request")
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


def path_of(route: str, row: Row, world: World) -> str:
    """The route with the world's things in place of its parameters; set-up rows are asked for with key 1."""
    if route.startswith("admin/"):
        return "/admin/people/" if "(?P<" in route else "/" + PARAMETER.sub("1", route)
    return "/" + PARAMETER.sub(lambda found: world.thing(row.things[found[1]]), route)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    missing = [path for path in ROUTES if permissions.row_of(path, ROWS) is None]
    used = {row.route for path in ROUTES if (row := permissions.row_of(path, ROWS))}
    assert missing == [], "add these routes to tests/permissions.toml"
    assert [row.route for row in ROWS if row.route not in used] == [], "these rows lead nowhere any more"


def test_every_parameter_of_a_route_names_a_thing_of_the_world() -> None:
    rows = [row for row in ROWS if not row.route.startswith("admin/")]
    assert {row.route: set(PARAMETER.findall(row.route)) for row in rows} == {
        row.route: set(row.things) for row in rows
    }


@pytest.mark.django_db
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part or "home")
def test_routes_answer_each_role_as_the_table_says(part: str) -> None:
    world = World()
    clients = permissions.clients(world)
    wrong = []
    for route in (path for path in ROUTES if path.partition("/")[0] == part):
        row = permissions.row_of(route, ROWS)
        assert row is not None, f"{route} has no row in tests/permissions.toml"
        path = path_of(route, row, world)
        for method in METHODS:
            asked = [role for role in ROLES if row.expected(method, role) != "any"]
            found = {role: permissions.ask(clients[role], method, path) for role in asked}
            if found != {role: row.expected(method, role) for role in asked}:
                wrong.append(f'{method} {route}\n   table: "{permissions.gather(row.answers[method])}"')
                wrong.append(f'   found: "{permissions.gather(row.answers[method] | found)}"')
    assert not wrong, "\n" + "\n".join(wrong)


def test_table_notices_a_role_that_may_more_than_it_should() -> None:
    assert permissions.spread("ok: lead") != permissions.spread("ok: lead depot")
    assert permissions.spread(permissions.gather(permissions.spread("ok: desk; 404: hospital"))) == permissions.spread(
        "404: hospital; ok: desk"
    )
