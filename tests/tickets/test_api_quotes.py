"""Quotes by API: drafted against what was read, sent, answered by who may bind the hospital (T006, T007, T031)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation

from tests.api_case import Program, mistakes
from tests.factories import TechnicianFactory
from tests.tickets.conftest import Scene
from tests.tickets.quote_case import billable, technician
from tickets.models import Ticket

LINES = [{"description": "工时", "unit": "小时", "quantity": "2.5", "price": "200.02", "tax_rate": "6"}]


@pytest.fixture(autouse=True)
def english(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def ticket(scene: Scene) -> Ticket:
    return billable(scene)


def until() -> str:
    return (timezone.localdate() + timedelta(days=9)).isoformat()


def draft(operator: Program, ticket: Ticket, **changes: Any) -> dict[str, Any]:
    etag = operator.get(f"/tickets/{ticket.number}/")["ETag"]
    said = {"lines": LINES, "valid_until": until(), **changes}
    answer = operator.post(f"/tickets/{ticket.number}/quotes/", {"If-Match": etag}, **said)
    assert answer.status_code == 200, answer.content.decode()
    body: dict[str, Any] = answer.json()
    return body


def test_a_quote_goes_from_draft_to_acceptance(scene: Scene, ticket: Ticket) -> None:
    operator, own = Program(scene.operator), Program(technician(scene))
    url = f"/tickets/{ticket.number}/quotes/"
    quote = draft(operator, ticket)
    assert (quote["net"], quote["tax"], quote["total"], quote["verbs"]) == ("500.05", "30.00", "530.05", ["send"])
    assert own.get(url).json()["results"] == []
    assert mistakes(own.post(f"{url}accept/", quote=quote["id"])) == {"#/quote": "does_not_exist"}
    once = {"Idempotency-Key": "send-1"}
    sent = [operator.post(f"{url}send/", once, quote=quote["id"]) for _time in range(2)]
    assert [one.json()["state"] for one in sent] == ["sent", "sent"]
    assert operator.post(f"{url}send/", quote=quote["id"]).status_code == 409
    [seen] = own.get(url).json()["results"]
    assert (seen["verbs"], len(seen["document"]["sha256"])) == (["accept", "decline"], 64)
    assert own.get(seen["document"]["url"])["Content-Type"] == "application/pdf"
    assert Program(scene.nurse).post(f"{url}accept/", quote=quote["id"]).status_code == 403
    accepted = own.post(f"{url}accept/", quote=quote["id"])
    assert (accepted.json()["state"], accepted.json()["answered_means"], accepted.json()["verbs"]) == (
        "accepted", "portal", [],
    )  # fmt: skip
    late = operator.post(f"{url}withdraw/", quote=quote["id"], reason="算错")
    assert (late.status_code, "刘海燕" in late.json()["detail"]) == (409, True)


def test_a_draft_says_what_it_read_and_every_amount_as_text(scene: Scene, ticket: Ticket) -> None:
    operator = Program(scene.operator)
    url = f"/tickets/{ticket.number}/quotes/"
    said = {"lines": LINES, "valid_until": until()}
    assert operator.post(url, **said).status_code == 428
    old = operator.get(f"/tickets/{ticket.number}/")["ETag"]
    draft(operator, ticket)
    assert operator.post(url, {"If-Match": old}, **said).status_code == 412
    wrong = {**LINES[0], "price": 200.02, "quantity": "0", "tax_rate": "1e1", "discount": "1"}
    assert mistakes(operator.post(url, {"If-Match": "*"}, lines=[wrong], valid_until="soon")) == {
        "#/lines/0/discount": "unknown",
        "#/valid_until": "invalid",
    }
    del wrong["discount"]
    assert mistakes(operator.post(url, {"If-Match": "*"}, lines=[wrong], valid_until=until())) == {
        "#/lines/0/price": "invalid",
        "#/lines/0/quantity": "min_value",
        "#/lines/0/tax_rate": "invalid",
    }
    assert mistakes(operator.post(url, {"If-Match": "*"}, lines=[], valid_until=until())) == {"#/lines": "empty"}


def test_an_answer_elsewhere_is_recorded_and_a_strangers_quote_is_not_there(scene: Scene, ticket: Ticket) -> None:
    operator = Program(scene.operator)
    url = f"/tickets/{ticket.number}/quotes/"
    quote = draft(operator, ticket)["id"]
    operator.post(f"{url}send/", quote=quote)
    stranger = Program(TechnicianFactory())
    assert [stranger.get(url).status_code, stranger.post(f"{url}accept/", quote=quote).status_code] == [404, 404]
    other = scene.file()
    elsewhere = operator.post(f"/tickets/{other.number}/quotes/withdraw/", quote=quote, reason="x")
    assert mistakes(elsewhere) == {"#/quote": "does_not_exist"}
    said = {"quote": quote, "answer": "declined", "name": "王科长", "means": "phone", "reason": "太贵"}
    assert mistakes(operator.post(f"{url}record-answer/", **{**said, "means": "portal"})) == {
        "#/means": "invalid_choice"
    }
    assert operator.post(f"{url}record-answer/", **said).json()["state"] == "declined"
    events = Program(scene.nurse).get(f"/tickets/{ticket.number}/events/").json()["results"]
    assert [one["details"]["how"] for one in events if one["kind"] == "quote"] == ["declined", "sent"]
