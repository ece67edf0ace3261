"""A carrier's signed messages: whose they are, what they say, and what is never believed (A11)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from sla import defaults
from spares import carriers
from spares.models import PartRequest
from tests.spares.request_case import Matter

pytestmark = pytest.mark.django_db
SECRET = "nine-otters"
ADDRESS = "/hooks/carriers/sf/"


@pytest.fixture
def matter(settings: Settings) -> Iterator[Matter]:
    settings.CARRIER_SECRETS = {"sf": SECRET}
    defaults.load()
    made = Matter()
    with time_machine.travel(made.at("2026-03-12 11:00"), tick=False):
        yield made


def event(number: int = 1, **changes: str) -> dict[str, str]:
    return {"id": str(number), "waybill": "SF1", "kind": "in_transit", "at": "2026-03-12T09:00:00+08:00", **changes}


def send(
    matter: Matter,
    *events: Any,
    secret: str = SECRET,
    seconds: int = 0,
    body: bytes | None = None,
    address: str = ADDRESS,
) -> HttpResponse:
    content = body if body is not None else json.dumps({"events": events}).encode()
    stamp = str(int(matter.at("2026-03-12 11:00").timestamp()) + seconds)
    headers = {"X-Timestamp": stamp, "X-Signature": "sha256=" + carriers.signature(secret, stamp, content)}
    return Client(enforce_csrf_checks=True).post(address, content, content_type="application/json", headers=headers)


def test_a_signed_message_is_taken_once_however_often_it_comes(matter: Matter) -> None:
    row = matter.shipped()
    for _ in range(2):
        answer = send(matter, event(2, kind="out_for_delivery", at="2026-03-12T10:00:00+08:00"), event(1, place="绵阳"))
        assert (answer.status_code, answer.json()) == (202, {"taken": 2})
    kinds = [one.kind for one in row.events.all()]
    assert kinds == ["handed_over", "in_transit", "out_for_delivery"]


def test_the_carriers_delivery_stops_the_two_working_days(matter: Matter) -> None:
    row = matter.shipped()
    send(matter, event(kind="delivered", text="刘海燕"))
    row.refresh_from_db()
    assert (row.state, row.received_by) == (PartRequest.State.DELIVERED, "刘海燕")
    assert matter.clock("spare_delivered").stopped_at == matter.at("2026-03-12 09:00")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"secret": "another"}, 401),
        ({"seconds": -301}, 401),
        ({"seconds": 301}, 401),
        ({"seconds": -299}, 202),
        ({"body": b"{"}, 400),
        ({"body": b'{"events": 3}'}, 400),
        ({"body": b"[" * 60_000}, 400),
        ({"body": b" " * 65_537}, 413),
        ({"address": "/hooks/carriers/jd/"}, 404),
        ({"address": "/hooks/carriers/nobody/"}, 404),
    ],
)
def test_what_is_not_signed_fresh_and_readable_is_refused(matter: Matter, changes: dict[str, Any], status: int) -> None:
    assert send(matter, event(), **changes).status_code == status


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "stolen"},
        {"at": "2026-03-12T09:00:00"},
        {"at": "2026-02-30T09:00:00Z"},
        {"id": ""},
        {"id": "x" * 65},
        {"waybill": ""},
        {"text": "\0"},
        {"place": "\ud800"},
        {"at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_an_event_that_no_carrier_would_send_is_a_400(matter: Matter, wrong: dict[str, str]) -> None:
    assert send(matter, event(**wrong)).status_code == 400
    assert send(matter, "text").status_code == 400


def test_a_parcel_nobody_sent_or_a_moment_to_come_is_taken_by_nobody_and_asked_for_no_more(matter: Matter) -> None:
    row = matter.shipped()
    answer = send(matter, event(1, waybill="SF9"), event(2, at="2026-03-12T12:00:00+08:00"))
    assert (answer.status_code, answer.json()) == (202, {"taken": 0})
    assert row.events.count() == 1


def test_without_a_signature_or_with_signs_of_another_alphabet_it_is_a_401(matter: Matter) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(ADDRESS, b"{}", content_type="application/json").status_code == 401
    headers = {"X-Timestamp": "١٢٣", "X-Signature": "é"}
    assert client.post(ADDRESS, b"{}", content_type="application/json", headers=headers).status_code == 401
    assert client.get(ADDRESS).status_code == 405
