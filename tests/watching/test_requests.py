"""What surrounds every request: its time, its id, its one line in the log."""

from __future__ import annotations

import logging
import re

import pytest
from django.test import Client
from pytest_django import Settings

from tests.factories import NurseFactory
from tests.watching.heard import listening


def test_every_answer_tells_the_servers_time_where_a_bench_may_read_it(client: Client) -> None:
    assert re.fullmatch(r"app;dur=\d+\.\d", client.get("/healthz")["Server-Timing"])


def test_strangers_are_not_told_how_long_an_answer_took(client: Client, settings: Settings) -> None:
    settings.SERVER_TIMING = False
    assert "Server-Timing" not in client.get("/healthz")


def test_a_proxys_request_id_comes_back_with_the_answer(client: Client) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": "edge-00.4711_a"})["X-Request-ID"] == "edge-00.4711_a"


@pytest.mark.parametrize(
    "forged",
    ["short", "x" * 65, "two words here", "line\nbreak-", "\x1b[31mred-red", "张三丰张三丰张三丰", "<b>a</b>cdefgh"],
)
def test_an_id_that_is_not_well_formed_is_replaced(client: Client, forged: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", client.get("/healthz", HTTP_X_REQUEST_ID=forged)["X-Request-ID"])


@pytest.mark.django_db
def test_a_request_leaves_one_line_with_route_status_time_and_person(client: Client) -> None:
    nurse = NurseFactory()
    client.force_login(nurse)
    with listening() as log:
        answer = client.get("/requests/?q=张三丰")
    line = log.only("desk.requests")
    assert line.pop("ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "desk.requests",
        "request_id": answer["X-Request-ID"],
        "method": "GET",
        "route": "portal:requests",
        "path": "/requests/",
        "status": 200,
        "user": nurse.pk,
    }


@pytest.mark.django_db
def test_a_visitor_has_no_person_and_two_requests_two_ids(client: Client) -> None:
    with listening() as log:
        client.get("/account/sign-in/")
        client.get("/account/sign-in/")
    first, second = log.records
    assert (first["user"], second["user"]) == (None, None)
    assert first["request_id"] != second["request_id"]


def test_what_machines_ask_all_day_is_only_written_when_debugging(client: Client) -> None:
    with listening() as log:
        client.get("/healthz")
    assert log.text == ""
    with listening(level=logging.DEBUG) as log:
        client.get("/healthz")
    assert log.only("desk.requests")["route"] == "health"


@pytest.mark.django_db
def test_an_answer_that_is_an_error_still_leaves_one_line(client: Client) -> None:
    with listening() as log:
        client.get("/healthz/engine")
        client.get("/no/such/page/")
    assert [record["status"] for record in log.records] == [503, 404]


@pytest.mark.urls("tests.watching.broken_urls")
class TestAFaultOfOurs:
    @pytest.fixture
    def client(self, db: None) -> Client:
        return Client(raise_request_exception=False)

    def test_shows_the_number_under_which_the_log_tells_it(self, client: Client) -> None:
        with listening() as log:
            answer = client.get("/broken/")
        assert answer.status_code == 500
        assert answer["X-Request-ID"] in answer.content.decode()
        assert {record["request_id"] for record in log.records} == {answer["X-Request-ID"]}

    def test_is_told_with_the_place_but_without_any_value(self, client: Client) -> None:
        with listening() as log:
            client.post("/broken/", {"phone": "13812345678"})
        story = log.only("django.request")["exception"]
        assert "broken_urls.py" in story
        assert "in break_down" in story
        assert story.splitlines()[-1].startswith("ValueError: ")
        for secret in ("hunter2", "张三丰", "13812345678"):
            assert secret not in log.text
        assert "\\u5f20" not in log.text

    def test_of_the_database_tells_the_column_but_not_the_row(self, client: Client) -> None:
        with listening() as log:
            client.get("/broken/database/")
        story = log.only("django.request")["exception"]
        assert story.endswith('DataError: invalid input for "title"')
        assert "13812345678" not in log.text

    def test_keeps_a_token_in_the_path_to_itself(self, client: Client) -> None:
        with listening() as log:
            client.get("/broken/c2VjcmV0LXRva2Vu/")
        assert "c2VjcmV0LXRva2Vu" not in log.text
        assert log.only("desk.requests")["path"] == "/broken/<token>/"
        assert log.only("django.request")["event"] == "Internal Server Error: /broken/<token>/"
