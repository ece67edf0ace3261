"""The hospital's pages."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.tickets import hospital_case
from tests.tickets.hospital_case import Case

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Case:
    return hospital_case.make()


def test_smoke(case: Case, client: Client) -> None:
    case.solved()
    t = case.under_way()
    case.file(5)
    client.force_login(case.nurse)
    for path in [
        "/",
        "/cards/",
        "/report/",
        "/report/hints/",
        "/requests/",
        f"/requests/{t.number}/",
        f"/requests/{t.number}/progress/",
    ]:
        response = client.get(path)
        assert response.status_code == 200, path
