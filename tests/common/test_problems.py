"""Every error under /api/ is one shape, in the asker's language, and tells nothing more (RFC 9457, T104)."""

from __future__ import annotations

import json
from http import HTTPStatus

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings
from rest_framework.exceptions import ErrorDetail, ValidationError

from common import problems, throttle
from servicedesk import refusals
from sla import defaults as promises
from tests.api_case import Program, mistakes
from tests.factories import NurseFactory, SiteFactory
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
DEEP = b'{"title":' + b"[" * 5000 + b"]" * 5000 + b"}"


@pytest.fixture
def program() -> Program:
    person = NurseFactory()
    SiteFactory(hospital=person.hospital)
    return Program(person)


def shape(answer) -> tuple[int, str]:
    """Status and sentence of a problem; the document has exactly its members."""
    body = json.loads(answer.content)
    assert answer["Content-Type"] == "application/problem+json", answer.content
    assert set(body) - {"errors"} == {"type", "title", "status", "detail"}
    assert (body["type"], body["status"]) == ("about:blank", answer.status_code)
    assert body["title"] == HTTPStatus(answer.status_code).phrase
    return answer.status_code, body["detail"]


def test_every_kind_of_refusal_is_a_problem(program: Program) -> None:
    assert shape(Client().get("/api/v1/me/"))[0] == 401
    assert shape(program.get("/nowhere/"))[0] == 404
    assert shape(program.get("/tickets/SR-2026-000001/"))[0] == 404
    assert shape(program.send("DELETE", "/tickets/", ""))[0] == 405
    assert shape(program.send("OPTIONS", "/tickets/", ""))[0] == 405
    assert shape(program.get("/me/", {"Accept": "text/html"}))[0] == 406
    assert (
        shape(program.send("POST", "/tickets/", "title=x", content_type="application/x-www-form-urlencoded"))[0] == 415
    )
    assert shape(program.send("POST", "/tickets/", '{"title":"x"}', content_type="text/plain"))[0] == 415


def test_a_session_needs_the_csrf_token_for_a_change(program: Program) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(program.person)
    assert client.get("/api/v1/me/").json()["token"] is None
    assert shape(client.post("/api/v1/tickets/", {"title": "x"}, "application/json"))[0] == 403
    promises.load()
    client.get("/api/v1/docs/")
    token = client.cookies["csrftoken"].value
    headers = {"X-CSRFToken": token}
    assert client.post("/api/v1/tickets/", {"title": "x"}, "application/json", headers=headers).status_code == 201


def test_what_is_no_json_is_a_problem(program: Program) -> None:
    """DEEP: thousands of brackets; 1e400: no float holds it."""
    for body in (b"{", b"nonsense", b'{"x": NaN}', b'{"x": 1e400}', b'{"x": -Infinity}', b"\xff\xfe{", DEEP, b"'"):
        assert shape(program.send("POST", "/tickets/", body)) == (400, "This is not valid JSON."), body[:20]
    assert mistakes(program.send("POST", "/tickets/", b"")) == {"#/title": "required"}
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("body", ["null", "[]", "5", '"x"', "true"])
def test_a_body_that_is_no_object_is_a_mistake_at_its_root(program: Program, body: str) -> None:
    assert list(mistakes(program.send("POST", "/tickets/", body))) == ["#"]


def test_a_number_of_any_length_is_answered(program: Program) -> None:
    assert shape(program.send("POST", "/tickets/", '{"title":"x","device":' + "9" * 5000 + "}"))[0] == 400


def test_a_body_above_the_limit_is_refused(program: Program, settings: Settings) -> None:
    settings.API_BODY_MAX_BYTES = 1000
    body = json.dumps({"title": "x", "description": "y" * 1000})
    assert shape(program.send("POST", "/tickets/", body))[0] == 413
    assert not Ticket.objects.exists()


def test_the_sentence_is_in_the_askers_language(program: Program) -> None:
    english = shape(program.get("/tickets/", nonsense="x"))[1]
    assert shape(program.get("/tickets/", {"Accept-Language": "zh-hans"}, nonsense="x"))[1] != english
    del program.headers["Accept-Language"]
    assert program.person.language == "zh-hans"
    assert shape(program.get("/tickets/", nonsense="x"))[1] != english


def test_a_fault_of_ours_is_a_problem_that_tells_nothing(program: Program) -> None:
    request = RequestFactory().get("/api/v1/tickets/")
    assert shape(refusals.fault(request))[0] == 500
    assert shape(refusals.bad_request(request, ValueError("secret")))[0] == 400
    assert shape(refusals.forbidden(request, ValueError("secret")))[0] == 403
    assert b"secret" not in refusals.forbidden(request, ValueError("secret")).content
    page = refusals.not_found(RequestFactory().get("/nowhere/"), ValueError())
    assert page["Content-Type"].startswith("text/html")


def test_a_mistake_inside_a_list_or_object_is_pointed_at() -> None:
    error = ValidationError({"parts": {1: {"a/b": [ErrorDetail("no", "bad")]}}, "x": [{}, {"y": ["wrong"]}]})
    answer = problems.handler(error, {})
    assert answer is not None
    assert [one["pointer"] for one in answer.data["errors"]] == ["#/parts/1/a~1b", "#/x/1/y"]


# --- how often


def test_too_many_requests_in_a_minute_wait_for_the_next(program: Program, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    answers = [program.get("/me/") for _ in range(4)]
    # A new minute may begin in between.
    assert answers[-1].status_code == 429 or [one.status_code for one in answers].count(429) < 2
    refused = [one for one in answers if one.status_code == 429]
    for one in refused:
        assert shape(one)[0] == 429
        assert 1 <= int(one["Retry-After"]) <= 60


def test_one_persons_flood_is_not_anothers(program: Program, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    for _ in range(3):
        program.get("/me/")
    assert Program(NurseFactory()).get("/me/").status_code == 200


def test_without_redis_nobody_is_refused(program: Program, settings: Settings) -> None:
    """F06-F08: a fault report comes in on a bad day too."""
    settings.API_REQUESTS_PER_MINUTE = 1
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttle._counter.cache_clear()
    assert [program.get("/me/").status_code for _ in range(3)] == [200, 200, 200]
