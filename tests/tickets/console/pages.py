"""Asking for the console's pages, and reading them."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people.models import User
from tickets.models import Ticket

E = Ticket.events.rel.related_model.EventKind  # type: ignore[attr-defined]


def signed_in(client: Client, person: User) -> Client:
    client.force_login(person)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def page(client: Client, path: str, **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def at(ticket: Ticket, verb: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/" + (f"{verb}/" if verb else "")


def numbers(text: str) -> list[str]:
    """Tickets of the queue, in the order on the page."""
    return re.findall(r'data-row="([^"]+)"', text)


def queries(client: Client, path: str) -> int:
    """How many a page needs once the session has been seen."""
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)
