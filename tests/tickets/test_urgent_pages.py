"""What an urgent response takes or costs is said before it is pressed: console, portal, other programs (B6)."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from people.models import Role, User
from reports import wall
from tests.api_case import Program
from tests.factories import HospitalFactory, TechnicianFactory, UserFactory
from tests.tickets.conftest import Scene
from tests.tickets.urgent_case import HOLIDAY, WHY, at, file, mark, use_up, used
from tests.warranty.contract_case import signed
from tickets.models import Ticket
from warranty.models import Contract, Use


@pytest.fixture
def contract(scene: Scene) -> Contract:
    """Of Wed 2026-04-15 to 2027-04-14."""
    return signed(hospital=scene.hospital)


@pytest.fixture
def ticket(scene: Scene, contract: Contract) -> Ticket:
    return file(scene)


@pytest.fixture
def technician(scene: Scene) -> User:
    return TechnicianFactory(hospital=scene.hospital)


@pytest.fixture(autouse=True)
def clock(scene: Scene, client: Client, time_machine: Any) -> None:
    """Ten past nine; the pages are in English."""
    time_machine.move_to(at(scene, "09:10"), tick=False)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"


def path(ticket: Ticket, verb: str = "mark-urgent") -> str:
    return f"/desk/tickets/{ticket.number}/{verb}/"


def test_the_form_says_what_it_takes_and_the_button_what_it_costs(
    scene: Scene, ticket: Ticket, contract: Contract, client: Client
) -> None:
    client.force_login(scene.operator)
    use_up(scene, contract, 3)
    page = client.get(path(ticket)).content.decode()
    assert "1 of 4 left in this contract year" in page
    assert "Take one of the quota" in page
    assert "<b>3 / 4</b>" in page
    use_up(scene, contract, 4)
    page = client.get(path(ticket)).content.decode()
    assert "None of 4 left" in page
    assert "Go ahead, billable" in page


def test_used_up_while_it_was_read_the_form_comes_back_says_so_and_takes_nothing(
    scene: Scene, ticket: Ticket, contract: Contract, client: Client
) -> None:
    client.force_login(scene.operator)
    use_up(scene, contract, 3)
    shown = client.get(path(ticket)).context["form"]
    use_up(scene, contract, 4)
    sent = {"reason": WHY, "may_bill": "on" if shown["may_bill"].value() else ""}
    answer = client.post(path(ticket), sent)
    page = answer.content.decode()
    assert (answer.status_code, used(contract), Use.objects.count()) == (422, 4, 4)
    assert "Go ahead, billable" in page
    assert "would be billable" in page
    again = {"reason": WHY, "may_bill": "on" if answer.context["form"]["may_bill"].value() else ""}
    assert client.post(path(ticket), again).status_code == 302
    assert Use.objects.get(reference=ticket.number).is_billable


def test_without_a_grant_the_form_says_so_and_has_no_button(scene: Scene, client: Client) -> None:
    client.force_login(scene.operator)
    page = client.get(path(scene.file(f"{HOLIDAY} 09:00"))).content.decode()
    assert "No contract in force grants" in page
    assert "Take one of the quota" not in page


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.ADMIN, Role.DEPOT])
def test_only_operators_leads_and_managers_of_the_company_may(
    scene: Scene, ticket: Ticket, client: Client, role: Role
) -> None:
    client.force_login(UserFactory(role=role))
    assert client.get(path(ticket)).status_code == 403
    client.force_login(scene.operator)
    assert client.get(path(mark(scene, ticket), "unmark-urgent")).status_code == 403


# Other programs


def test_a_program_is_refused_the_fifth_until_it_says_that_it_may_cost(
    scene: Scene, ticket: Ticket, contract: Contract
) -> None:
    use_up(scene, contract)
    program, url = Program(scene.operator), f"/tickets/{ticket.number}/mark-urgent/"
    key = {"Idempotency-Key": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}
    refused = program.post(url, reason=WHY)
    assert (refused.status_code, Use.objects.count()) == (409, 4)
    assert "billable" in refused.json()["detail"]
    answers = [program.post(url, key, reason=WHY, may_bill=True) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json()["urgent"] == {
        "at": "2026-10-02T01:10:00Z", "on": HOLIDAY, "is_billable": True,
    }  # fmt: skip
    assert answers[0].json()["is_urgent"]
    assert Use.objects.count() == 5


def test_a_program_of_the_hospital_s_technician_asks_and_another_hospital_s_finds_nothing(
    scene: Scene, ticket: Ticket, technician: User
) -> None:
    url = f"/tickets/{ticket.number}/mark-urgent/"
    assert Program(TechnicianFactory(hospital=HospitalFactory())).post(url, reason=WHY).status_code == 404
    assert Program(scene.nurse).post(url, reason=WHY).status_code == 403
    assert Program(technician).post(url, reason=WHY).status_code == 200
    assert Program(technician).post(url.replace("mark", "unmark"), reason=WHY).status_code == 403


# The portal


def test_the_technician_reads_who_pays_and_asks_once_however_often_it_is_pressed(
    scene: Scene, ticket: Ticket, contract: Contract, technician: User, client: Client
) -> None:
    client.force_login(technician)
    url = f"/requests/{ticket.number}/urgent/"
    assert url in client.get(f"/requests/{ticket.number}/").content.decode()
    use_up(scene, contract, 3)
    page = client.get(url).content.decode()
    assert "1 of 4 left in this contract year" in page
    assert client.post(url, {"reason": ""}).status_code == 400
    for _ in range(2):
        assert client.post(url, {"reason": WHY}).status_code == 302
    assert (used(contract), Use.objects.count()) == (4, 4)
    page = client.get(f"/requests/{ticket.number}/").content.decode()
    assert url not in page
    assert "The same day at your site, or solved" in page
    assert f"Urgent response, from the quota of your contract: {WHY}" in page


def test_the_fifth_is_said_to_be_billable_in_the_portal_too(
    scene: Scene, ticket: Ticket, contract: Contract, technician: User, client: Client
) -> None:
    client.force_login(technician)
    use_up(scene, contract)
    url = f"/requests/{ticket.number}/urgent/"
    page = client.get(url).content.decode()
    assert "None of 4 left" in page
    assert "Go ahead, billable" in page
    assert client.post(url, {"reason": WHY}).status_code == 400, "what says nothing of the bill was not told of it"
    client.post(url, {"reason": WHY, "may_bill": "on"})
    assert "Urgent response, billable" in client.get(f"/requests/{ticket.number}/").content.decode()


def test_colleagues_see_it_but_do_not_ask_and_another_hospital_finds_nothing(
    scene: Scene, ticket: Ticket, client: Client
) -> None:
    url = f"/requests/{ticket.number}/urgent/"
    client.force_login(scene.nurse)
    assert client.get(url).status_code == 403
    assert url not in client.get(f"/requests/{ticket.number}/").content.decode()
    client.force_login(TechnicianFactory(hospital=HospitalFactory()))
    assert client.get(url).status_code == 404


# Where it stands


def test_it_stands_on_the_ticket_in_the_queue_and_on_the_wall(
    scene: Scene,
    ticket: Ticket,
    contract: Contract,
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(scene.operator)
    addresses = ("/desk/", f"/desk/tickets/{ticket.number}/")

    def read() -> tuple[list[str], list[int]]:
        pages, asked = [], []
        for address in addresses:
            with django_assert_max_num_queries(10) as queries:
                pages.append(client.get(address).content.decode())
            asked.append(len(queries))
        return pages, asked

    for address in addresses:
        client.get(address)  # what a process asks once
    plain, before = read()
    assert "Urgent response" not in plain[0]
    use_up(scene, contract)
    mark(scene, ticket, may_bill=True)
    (queue, workspace), after = read()
    assert after == before, "it costs no page a query"
    assert "Urgent response" in queue
    assert "Urgent response, billable" in workspace
    assert "Tightened by an urgent response of the contract (B6)." in workspace
    assert f"Urgent response · billable · {scene.operator.name} · {WHY}" in workspace
    with django_assert_max_num_queries(8), translation.override(None):
        rows = wall.build(scene.operator, at(scene, "09:11")).rows
    assert any(f"{ticket.number} · Urgent response" in str(row.promise) for row in rows), [row.promise for row in rows]
