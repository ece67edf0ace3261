"""The description of the API is whole and true: every route in it, every answer as described, no server error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django import Settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, CheckFunction

from tests.api_case import ROOT, Program
from tests.factories import OperatorFactory
from tests.world import World, routes
from tickets import defaults

pytestmark = pytest.mark.django_db
NOT_DESCRIBED = {"api/v1/schema", "api/v1/docs/"}
# Ids and states are beyond a description: what is well formed may still be refused.
LEFT_OUT = {"positive_data_acceptance"}


@pytest.fixture
def description() -> dict[str, Any]:
    return Program(OperatorFactory(), scope="read").get("/schema").json()


def test_every_route_of_the_api_is_described(description: dict[str, Any]) -> None:
    there = {path.partition("<")[0] for path, _ in routes() if path.startswith("api/")} - NOT_DESCRIBED
    described = {path[1:].partition("{")[0] for path in description["paths"]}
    assert description["openapi"] == "3.1.0"
    assert described == there


def test_it_is_valid_and_nothing_in_it_is_guessed(tmp_path: Path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


# --- a short fuzzing run; `./desk fuzz` is the long one

EXAMPLES = 4
"""For each operation, role and mode."""


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> Iterator[World]:
    """A furnished world, and requests that leave the test's own connection open (as Django's test client does)."""
    settings.MEDIA_ROOT, settings.API_REQUESTS_PER_MINUTE = tmp_path, 0
    defaults.load()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield World()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("role", ["hospital_staff", "lead"])
def test_no_answer_is_a_server_error_or_undescribed(world: World, role: str) -> None:
    program = Program(world.people[role])
    schema = schemathesis.openapi.from_wsgi(f"{ROOT}/schema", get_wsgi_application(), headers=program.headers)
    real = {"number": world.ticket.number, "id": world.deadline.pk, "key": str(world.file.key)}
    for found in schema.get_all_operations():
        operation = found.ok()
        ids = {one.name: real[one.name] for one in operation.path_parameters}
        fuzz(operation.as_strategy(GenerationMode.POSITIVE, path_parameters=ids or None), program)
        fuzz(operation.as_strategy(GenerationMode.NEGATIVE), program)


def fuzz(cases: Any, program: Program) -> None:
    """Send a few cases, the same ones in every run."""

    @given(case=cases)
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Case) -> None:
        case.call_and_validate(headers=program.headers, excluded_checks=left_out())

    send()


def left_out() -> list[CheckFunction]:
    return [check for check in CHECKS.get_all() if check.__name__ in LEFT_OUT]
