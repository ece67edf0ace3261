"""Group D: search, lists and exports (safety T032 to T037)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as project
from django.test import Client
from pytest_django import Settings

from people.models import Role
from tests.safety import programs
from tests.safety.nasty import ODD_KEYS
from tests.safety.programs import BASE, PROBLEM, operations
from tests.world import NOW, World
from tickets import workflow
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
LISTS = [one for one in operations() if one.method == "GET" and "page_size" in one.parameters and "{" not in one.path]
READS = [one for one in operations() if one.method == "GET" and one.path != f"{BASE}schema"]
HOSPITAL = [Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN]
PHRASE = "zebrafinch murmurs at dusk"


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def worlds() -> tuple[World, World]:
    return World(), World()


def found(client: Client, path: str, **query: str) -> list[str]:
    """The numbers, or else the keys, of a list's rows."""
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return [str(row.get("number", row.get("id"))) for row in answer.json()["results"]]


# T032


@pytest.mark.parametrize("role", HOSPITAL)
def test_t032_a_search_finds_nothing_of_another_hospital_and_everything_of_ones_own(
    worlds: tuple[World, World], role: str
) -> None:
    for world in worlds:
        workflow.edit(world.ticket, title=PHRASE, description=PHRASE, place="", version=1, by=world.lead, now=NOW)
    own, other = worlds
    client = programs.signed_in(own.people[role])
    for asked, theirs in ((own, False), (other, True)):
        for words in (asked.ticket.number, asked.device.serial, asked.nurse.phone or ""):
            hits = found(client, f"{BASE}tickets/", q=words)
            page = client.get("/requests/", {"q": words, "whose": "all"}).content.decode()
            assert hits == ([] if theirs else [own.ticket.number]), words
            assert (f"/requests/{own.ticket.number}/" in page) is not theirs
    assert found(client, f"{BASE}tickets/", q=PHRASE) in ([], [own.ticket.number])


# T033


@pytest.mark.parametrize("role", [*HOSPITAL, Role.ENGINEER])
def test_t033_every_list_of_programs_holds_the_own_rows_only_whatever_it_is_narrowed_to(
    worlds: tuple[World, World], role: str
) -> None:
    own, other = worlds
    client = programs.signed_in(own.people[role])
    # Products, and what the company has of them, are nobody's own.
    shared = {f"{BASE}{name}/" for name in ("device-models", "parts", "stock", "stock-movements")}
    lists = [one for one in LISTS if one.path not in shared]
    before = {one.path: client.get(one.path).json() for one in lists}
    World()
    for one in lists:
        assert client.get(one.path).json() == before[one.path], one.path
        if "hospital" in one.parameters:
            assert found(client, one.path, hospital=str(other.hospital.pk)) == []
            assert found(client, one.path, hospital=str(own.hospital.pk)) != []
        if "device" in one.parameters:
            assert found(client, one.path, device=str(other.device.pk)) == []
    assert LISTS


@pytest.mark.parametrize("role", HOSPITAL)
def test_t033_counts_beside_tabs_and_filters_leave_other_hospitals_out(worlds: tuple[World, World], role: str) -> None:
    own, _ = worlds
    client = programs.signed_in(own.people[role])
    before = client.get("/requests/?whose=all").context["listing"]
    World()
    after = client.get("/requests/?whose=all").context["listing"]
    assert [(one.text, one.count) for one in after.filters] == [(one.text, one.count) for one in before.filters]
    assert {one.count for one in after.filters} <= {0, 1}
    assert Ticket.objects.for_user(own.people[role]).count() == 1


# T034, T035


@pytest.mark.parametrize("role", [Role.HOSPITAL_STAFF, Role.LEAD])
def test_t034_t035_a_parameter_that_a_program_may_not_ask_by_is_a_400_by_name(role: str) -> None:
    world = World()
    client = programs.signed_in(world.people[role])
    odd = {*ODD_KEYS, "assignee__password", "hospital__name", "_connector=OR", "order_by", "__proto__", "select"}
    for one in READS:
        path = one.path.format(number=world.ticket.number, pk=0, id=0, key="x")
        if "{" in one.path and "{number}" not in one.path:
            continue
        names = odd - {*one.parameters, "ordering"}
        answer = client.get(path, dict.fromkeys(names, "1"))
        assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM), path
        assert {error["parameter"] for error in answer.json()["errors"]} == names, path


def test_t034_only_orders_of_the_list_are_taken() -> None:
    client = programs.signed_in(World().lead)
    for order in ("user__password", "hospital__secret", "-id", "?", "id,number", "due'--", "NEW", ""):
        for one in LISTS:
            answer = client.get(one.path, {"ordering": order})
            assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM), (one.path, order)


def test_t034_t035_a_page_reads_none_of_the_odd_keys() -> None:
    """Links from mails and chats come with keys of others, so a page leaves them unread instead of refusing."""
    client, row = programs.signed_in(World().lead), re.compile(r'data-row="([^"]+)"')
    plain = row.findall(client.get("/desk/", {"tab": "all"}).content.decode())
    assert plain
    for key in ODD_KEYS:
        answer = client.get("/desk/", {"tab": "all", key: "user__password"})
        assert answer.status_code == 200
        assert row.findall(answer.content.decode()) == plain, key


# T104 for lists: sizes and depth


def test_t104_a_page_of_a_million_rows_is_refused() -> None:
    client = programs.signed_in(World().lead)
    for size in ("1000000", "0", "-1", "101", "1e3", "x", "9" * 400, "٣", ""):
        for one in LISTS:
            assert client.get(one.path, {"page_size": size}).status_code == 400, (one.path, size)


def test_t104_a_cursor_far_out_is_an_empty_page_and_a_made_up_one_a_400() -> None:
    client = programs.signed_in(World().lead)
    made_up = ("x", "~", "~-1", "\0~1", "9" * 5000, "~" + "9" * 30)
    for one in LISTS:
        assert found(client, one.path, after="~1") == [], one.path
        for cursor in made_up:
            assert client.get(one.path, {"after": cursor}).status_code == 400, (one.path, cursor)


# T036, T037: tables for spreadsheets

WRITES_TABLES = re.compile(r"csv\.(writer|DictWriter)|xlsxwriter|openpyxl|text/csv|spreadsheetml|\.to_csv\(")


KNOWN = {
    "attachments/kinds.py", "devices/exporting.py", "devices/importing/reading.py", "warranty/views/duties.py",
}  # fmt: skip
"""What reads or writes such a table: see `EXPORTS` in `test_tenants.py` for where their tests are."""


def test_t036_t037_nothing_else_writes_a_table_for_spreadsheets() -> None:
    """Whoever adds a door writes the neutraliser, the permission, the cap and the audit row with it."""
    apps = [path for path in Path(project.BASE_DIR).iterdir() if (path / "__init__.py").exists()]
    sources = [path for app in apps if app.name != "tests" for path in app.rglob("*.py")]
    assert len(sources) > 150
    found = {path for path in sources if WRITES_TABLES.search(path.read_text(encoding="utf-8"))}
    assert {str(path.relative_to(project.BASE_DIR)) for path in found} == KNOWN
