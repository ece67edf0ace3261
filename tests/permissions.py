"""Reads `permissions.toml` and asks the routes; the table's head says how a row is written."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client

from people.models import Role
from tests.world import World

ANONYMOUS = "anonymous"
ROLES: tuple[str, ...] = (ANONYMOUS, *Role.values)
GROUPS: dict[str, tuple[str, ...]] = {
    "everyone": ROLES,
    "people": tuple(Role.values),
    "hospital": (Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN),
    "company": tuple(role for role in Role.values if not role.startswith("hospital")),
    "desk": (Role.OPERATOR, Role.LEAD, Role.MANAGER),
    **{role: (role,) for role in ROLES},
}
METHODS = ("GET", "POST")
LOGIN_PAGES = ("/account/sign-in/", "/admin/login/")
TABLE = Path(__file__).with_name("permissions.toml")


@dataclass(frozen=True)
class Row:
    """One route's row: what it answers by method and role, and the world's things for its parameters."""

    route: str
    answers: dict[str, dict[str, str]]
    things: dict[str, str]

    def expected(self, method: str, role: str) -> str:
        return self.answers[method][role]


def load() -> list[Row]:
    """The table's rows in its order."""
    table: dict[str, dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return [_row(route, values) for route, values in table.items()]


def _row(route: str, values: dict[str, Any]) -> Row:
    unknown = set(values) - {*METHODS, "with"}
    if unknown:
        raise ValueError(f"{route}: unknown keys {sorted(unknown)}")
    answers = {method: spread(values[method]) for method in METHODS}
    return Row(route, answers, values.get("with", {}))


def spread(text: str) -> dict[str, str]:
    """`"ok: desk; 405: admin"` → the answer for every role. Who is not named: login, or 403 when signed in."""
    answers = {role: "login" if role == ANONYMOUS else "403" for role in ROLES}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        answer, _, names = part.partition(":")
        for name in names.split():
            answers |= dict.fromkeys(GROUPS[name], answer.strip())
    return answers


def gather(answers: dict[str, str]) -> str:
    """The other way round, as short as it gets: what `spread` reads."""
    parts = []
    usual = spread("")
    for answer in dict.fromkeys(answers.values()):
        roles = {role for role in ROLES if answers[role] == answer and usual[role] != answer}
        names = []
        for group, members in GROUPS.items():
            if len(members) > 1 and set(members) <= roles:
                names.append(group)
                roles -= set(members)
        names += [role for role in ROLES if role in roles]
        if names:
            parts.append(f"{answer}: {' '.join(names)}")
    return "; ".join(parts)


def row_of(route: str, rows: list[Row]) -> Row | None:
    """The row that speaks for a route: its own, else one that ends in `*`."""
    exact = {row.route: row for row in rows}
    patterns = (row for row in rows if row.route.endswith("*") and fnmatchcase(route, row.route))
    return exact.get(route) or next(patterns, None)


def classify(response: HttpResponseBase) -> str:
    """ok (done, or refused for what was sent), login, 403, 404, 405 or 5xx."""
    code = response.status_code
    if code == 401 or (code in {301, 302} and response["Location"].startswith(LOGIN_PAGES)):
        return "login"
    if code in {403, 404, 405} or code >= 500:
        return str(code)
    return "ok"


def clients(world: World) -> dict[str, Client]:
    """A signed-in browser per role, and one that is not.

    Each has asked once, so that its session is begun: else every request that is undone would begin it again.
    """
    made = {ANONYMOUS: Client(raise_request_exception=False)}
    for role, person in world.people.items():
        made[role] = Client(raise_request_exception=False)
        made[role].force_login(person)
        made[role].get("/healthz/")
    return made


def ask(client: Client, method: str, path: str) -> str:
    """The answer's class; whatever the request changed is undone, so that order plays no part."""
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        found = classify(client.generic(method, path))
        transaction.set_rollback(True)
    client.cookies = cookies
    return found
