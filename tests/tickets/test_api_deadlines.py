"""GET /api/v1/tickets/<number>/deadlines/: what is promised, until when, and why."""

from __future__ import annotations

from django.test import Client

from tests.factories import NurseFactory
from tests.tickets.conftest import Scene
from tests.tickets.test_onsite import failed_at


def path(number: str) -> str:
    return f"/api/v1/tickets/{number}/deadlines/"


def test_each_clock_comes_with_the_sum_it_was_counted_by(scene: Scene, client: Client) -> None:
    ticket = failed_at(scene)
    client.force_login(scene.operator)
    body = client.get(path(ticket.number)).json()
    clocks = {clock["code"]: clock for clock in body["deadlines"]}
    assert body["ticket"] == ticket.number
    assert set(clocks) == {"response", "remote", "onsite", "onsite_bound", "update"}
    assert (clocks["response"]["state"], clocks["response"]["margin_seconds"]) == ("met", 1200.0)
    onsite = clocks["onsite"]
    assert onsite["due_at"] == "2026-03-11T04:47:00Z"
    assert onsite["why"]["clause"] == "A2 A4"
    assert [line["figure"] for line in onsite["why"]["lines"]][-1] == "12:47"
    assert onsite["state"] == "over"  # March has passed


def test_the_hospital_reads_its_own_and_another_ones_does_not_exist(scene: Scene, client: Client) -> None:
    ticket = scene.file()
    client.force_login(scene.nurse)
    assert client.get(path(ticket.number)).status_code == 200
    client.force_login(NurseFactory())
    answer = client.get(path(ticket.number))
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Not Found"


def test_without_signing_in_there_is_only_a_problem(scene: Scene, client: Client) -> None:
    answer = client.get(path(scene.file().number))
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_it_only_reads(scene: Scene, client: Client) -> None:
    ticket = scene.file()
    client.force_login(scene.operator)
    answer = client.post(path(ticket.number), {})
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")


def test_the_number_of_queries_does_not_grow_with_the_clocks(
    scene: Scene, client: Client, django_assert_max_num_queries
) -> None:
    ticket = failed_at(scene)
    client.force_login(scene.operator)
    client.get(path(ticket.number))  # the session notes its first request
    with django_assert_max_num_queries(5):
        client.get(path(ticket.number))
