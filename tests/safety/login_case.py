"""Signing in through the page, for the tests of log-in, sessions and links. One clock, moved by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse
from django.test import Client

from people.models import User
from tests.factories import PASSWORD

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
WRONG = "not-the-password-1"
NEW = "nine-quiet-otters-41"
LOGIN, ME = "/account/sign-in/", "/account/"


def sign_in(client: Client, name: str | None, password: str, address: str = "203.0.113.7") -> HttpResponse:
    data = {"username": name, "password": password}
    return client.post(LOGIN, data, REMOTE_ADDR=address)  # type: ignore[return-value]


def fail(name: str | None, times: int, address: str = "203.0.113.7", client: Client | None = None) -> list[int]:
    return [sign_in(client or Client(), name, WRONG, address).status_code for _ in range(times)]


def is_in(client: Client) -> bool:
    return client.get(ME, headers={"Sec-Fetch-Mode": "navigate"}).status_code == 200


def signed_in(person: User) -> Client:
    client = Client()
    assert sign_in(client, person.email, PASSWORD).status_code == 302
    return client
