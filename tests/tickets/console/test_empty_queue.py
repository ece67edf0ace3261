"""A desk without a ticket: a file of its own, since the tickets of the others stand as long as the file."""

from __future__ import annotations

import pytest
from django.test import Client

from people.models import Role
from tests.factories import UserFactory
from tests.tickets.console.pages import page
from tickets.queue import Tab


@pytest.mark.django_db
@pytest.mark.parametrize("tab", Tab.values)
def test_an_empty_queue_says_so(client: Client, tab: str) -> None:
    client.force_login(UserFactory(role=Role.LEAD))
    assert "sd-empty" in page(client, "/desk/", tab=tab)
