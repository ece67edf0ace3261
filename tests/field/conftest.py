"""The day is furnished once for each file; what a test does to it is undone."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
import time_machine
from pytest_django import DjangoDbBlocker, Settings

from tests.field import field_case
from tests.field.field_case import NOW, Day
from tests.kept import kept


@pytest.fixture(scope="module")
def furnished(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Day]:
    with kept(django_db_blocker):
        yield field_case.make()


@pytest.fixture
def day(furnished: Day, db: None, request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[Day]:
    """The engineer's day, at the file's `LATER`, else at ten o'clock."""
    settings.MEDIA_ROOT = tmp_path
    at = getattr(request.module, "LATER", NOW)
    with time_machine.travel(at, tick=False):
        case, lead, ticket, visit = deepcopy((furnished.case, furnished.lead, furnished.ticket, furnished.visit))
        yield Day(case, lead, ticket, visit)
