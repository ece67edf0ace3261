"""The engine's doors: its health for any watcher, taking a page on, and the audit command."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from people.models import Role, User
from sla.models import Deadline, Heartbeat, Timeline
from sla.sweep import database_now, sweep
from tests.factories import PERSON_OF, EngineerFactory, NurseFactory, OperatorFactory
from tests.faults.many import faults
from tests.sla.cases import staff

pytestmark = pytest.mark.django_db
HEALTH = "/healthz/engine"


@pytest.fixture
def duty(db: None) -> dict[str, User]:
    return staff()


@pytest.fixture
def timeline(duty: dict[str, User]) -> Timeline:
    """A fault whose response clock runs."""
    return faults([database_now() - timedelta(minutes=20)])[0]


def clock(timeline: Timeline) -> Deadline:
    return timeline.deadlines.get(code="response")


def door(timeline: Timeline) -> str:
    return f"/desk/deadlines/{clock(timeline).pk}/acknowledge/"


def test_an_engine_that_never_swept_is_not_healthy(client: Client) -> None:
    answer = client.get(HEALTH)
    assert answer.status_code == 503
    assert answer.json() == {"ok": False, "age_seconds": None, "at": None}


def test_a_sweep_makes_the_engine_healthy_for_anyone_and_never_from_a_cache(client: Client, duty: object) -> None:
    sweep()
    answer = client.get(HEALTH)
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(("age", "status"), [(55, 200), (65, 503)])
def test_the_engine_is_unhealthy_a_minute_after_its_last_sweep(client: Client, age: int, status: int) -> None:
    at = database_now() - timedelta(seconds=age)
    Heartbeat.objects.create(at=at, took_ms=1, due=0, fired=0, running=0)
    assert client.get(HEALTH).status_code == status


@pytest.mark.parametrize("role", Role.values)
def test_who_may_take_a_page_on(role: str, client: Client, timeline: Timeline) -> None:
    """A hospital's person may not, whatever the clock; the depot and the administrator may not either."""
    fields = {"team__region": timeline.region} if role == Role.ENGINEER else {}
    client.force_login(PERSON_OF[role](**fields))
    answer = client.post(door(timeline))
    allowed = role in {Role.OPERATOR, Role.LEAD, Role.ENGINEER, Role.MANAGER}
    assert answer.status_code == (302 if allowed else 403)
    assert (clock(timeline).acknowledged_by is not None) == allowed


def test_an_engineer_of_another_region_does_not_find_the_clock(client: Client, timeline: Timeline) -> None:
    client.force_login(EngineerFactory())
    assert client.post(door(timeline)).status_code == 404
    assert clock(timeline).acknowledged_by is None


def test_a_stranger_is_asked_to_sign_in_and_a_look_changes_nothing(client: Client, timeline: Timeline) -> None:
    answer = client.post(door(timeline))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/account/sign-in/")
    client.force_login(OperatorFactory())
    assert client.get(door(timeline)).status_code == 405
    assert clock(timeline).acknowledged_by is None


def test_the_clock_of_another_hospital_is_not_told_apart_from_none(client: Client, timeline: Timeline) -> None:
    client.force_login(NurseFactory())
    there = client.post(door(timeline)).status_code
    nowhere = client.post("/desk/deadlines/999999/acknowledge/").status_code
    assert there == nowhere


@pytest.mark.parametrize(
    ("back", "location"),
    [
        ("/desk/wall/", "/desk/wall/"),
        ("", "/desk/"),
        ("https://elsewhere.example/", "/desk/"),
        ("//x.example", "/desk/"),
    ],
)
def test_one_returns_to_where_one_was_and_nowhere_else(
    back: str, location: str, client: Client, timeline: Timeline
) -> None:
    client.force_login(OperatorFactory())
    assert client.post(door(timeline), {"next": back})["Location"] == location


def test_a_stopped_clock_gives_a_sentence_instead_of_an_error(client: Client, timeline: Timeline) -> None:
    timeline.deadlines.update(state=Deadline.State.MET)
    client.force_login(OperatorFactory())
    assert client.post(door(timeline)).status_code == 302
    assert clock(timeline).acknowledged_by is None


def test_the_audit_prints_nothing_while_rows_follow_from_facts(timeline: Timeline) -> None:
    out = StringIO()
    call_command("sla_audit", stdout=out)
    assert out.getvalue() == ""


def test_the_audit_names_each_row_that_does_not_and_fails(timeline: Timeline) -> None:
    row = clock(timeline)
    Deadline.objects.filter(pk=row.pk).update(due_at=row.due_at + timedelta(minutes=1))
    out = StringIO()
    with pytest.raises(CommandError, match="1 columns"):
        call_command("sla_audit", stdout=out)
    assert f"timeline {timeline.pk} response" in out.getvalue()
    assert "due_at" in out.getvalue()
