"""F27: nobody on duty, a recipient disabled, a hole in the roster at the very moment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifications.models import Notification
from people.models import DutyOverride, Role, Rotation, User
from servicedesk.faults.invariants import broken, i3
from sla.models import EngineEvent, Page, Timeline
from sla.sweep import database_now, sweep
from tests.factories import OperatorFactory
from tests.faults.many import faults

pytestmark = pytest.mark.django_db


@pytest.fixture
def half_gone(duty: dict[str, User]) -> Timeline:
    """Half of the response time is used: the operator on duty has to hear of it."""
    return faults([database_now() - timedelta(minutes=31)])[0]


def paged() -> list[User]:
    page = Page.objects.get(state=Page.State.SENT)
    assert broken(database_now()) == {}
    return list(page.recipients.all())


def alarmed() -> set[User]:
    return {row.person for row in Notification.objects.filter(kind="sla.nobody_on_duty")}


def test_a_hole_in_the_roster_at_the_moment_reaches_the_next_rung_in_the_same_sweep(
    duty: dict[str, User], half_gone: Timeline
) -> None:
    now = database_now()
    hole = {"role": Role.OPERATOR, "user": None, "starts_at": now - timedelta(hours=1)}
    DutyOverride.objects.create(**hole, ends_at=now + timedelta(hours=1))
    sweep()
    assert paged() == [duty[Role.LEAD]]
    assert alarmed() == {duty[Role.MANAGER], duty[Role.ADMIN]}


def test_a_hole_that_ended_a_moment_ago_is_no_hole(duty: dict[str, User], half_gone: Timeline) -> None:
    now = database_now()
    hole = {"role": Role.OPERATOR, "user": None, "starts_at": now - timedelta(hours=1)}
    DutyOverride.objects.create(**hole, ends_at=now)
    sweep()
    assert paged() == [duty[Role.OPERATOR]]
    assert alarmed() == set()


def test_a_disabled_assignee_is_replaced_by_the_operator_on_duty(duty: dict[str, User], half_gone: Timeline) -> None:
    Timeline.objects.update(assignee=OperatorFactory(is_active=False))
    sweep()
    assert paged() == [duty[Role.OPERATOR]]
    assert alarmed() == set()


def test_without_any_roster_every_manager_and_administrator_is_paged(
    duty: dict[str, User], half_gone: Timeline
) -> None:
    Rotation.objects.all().delete()
    sweep()
    assert set(paged()) == {duty[Role.MANAGER], duty[Role.ADMIN]}
    assert EngineEvent.objects.get().kind == EngineEvent.EventKind.NOBODY_ON_DUTY


def test_when_everybody_is_disabled_the_page_says_so_and_the_next_milestone_is_still_awaited(
    duty: dict[str, User], half_gone: Timeline
) -> None:
    User.objects.update(is_active=False)
    sweep()
    page = Page.objects.get()
    assert page.note == "nobody on duty"
    assert [row[0] for row in i3()] == [page.pk]
    clock = half_gone.deadlines.get(code="response")
    assert clock.next_action_at == clock.started_at + timedelta(minutes=48)
    assert EngineEvent.objects.count() == 1
