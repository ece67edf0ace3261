"""A morning at the desk, and its lead at the browser."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.kept import kept
from tests.tickets import desk_case
from tests.tickets.console.pages import signed_in
from tests.tickets.desk_case import Desk


@pytest.fixture(scope="module")
def morning(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Desk]:
    with kept(django_db_blocker):
        yield desk_case.make()


@pytest.fixture
def desk(morning: Desk, db: None) -> Iterator[Desk]:
    """Each test begins at the moment that its tickets are told from."""
    with time_machine.travel(morning.case.now):
        yield deepcopy(morning)


@pytest.fixture
def lead(desk: Desk, client: Client) -> Client:
    return signed_in(client, desk.lead)
