"""A Wednesday morning at a hospital, its nurse at the browser."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoDbBlocker

from tests.factories import NurseFactory
from tests.kept import kept
from tests.tickets import hospital_case
from tests.tickets.hospital_case import Case
from tests.tickets.portal.pages import signed_in


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are asked for in the language that they are written in."""
    with translation.override("en"):
        yield


NOW = datetime(2026, 11, 18, 11, 24, tzinfo=timezone.get_default_timezone())
"""A Wednesday morning in Shanghai: no time of a test lies beyond midnight and is told with its day."""


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture(scope="module")
def furnished(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Case]:
    with kept(django_db_blocker):
        with time_machine.travel(NOW):
            made = hospital_case.make()
        yield made


@pytest.fixture
def case(furnished: Case, db: None) -> Case:
    return deepcopy(furnished)


@pytest.fixture
def nurse(case: Case) -> Client:
    return signed_in(case.nurse)


@pytest.fixture
def stranger(case: Case) -> Client:
    """A nurse of another hospital."""
    return signed_in(NurseFactory())
