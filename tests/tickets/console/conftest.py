"""A morning at the desk, and its lead at the browser."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.tickets import desk_case
from tests.tickets.console.pages import signed_in
from tests.tickets.desk_case import Desk


@pytest.fixture
def desk() -> Desk:
    return desk_case.make()


@pytest.fixture
def lead(desk: Desk, client: Client) -> Client:
    return signed_in(client, desk.lead)
