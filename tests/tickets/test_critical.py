"""A new fault in a critical period of its hospital weighs more, warns earlier, and says so (N12)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from people.models import User
from reports import wall
from sla import critical
from sla.models import CriticalPeriod
from tests.factories import TechnicianFactory
from tests.tickets.conftest import Scene
from tickets import workflow
from tickets.models import Kind, Ticket

pytestmark = pytest.mark.django_db
IMPACT = Ticket.Impact


@pytest.fixture
def closing(scene: Scene) -> CriticalPeriod:
    """From the morning of 11 March to the evening of the 12th."""
    period = CriticalPeriod(
        hospital=scene.hospital,
        kind="month_end",
        reason="月结",
        starts_at=scene.at("08:00"),
        ends_at=scene.at("2026-03-12 18:00"),
    )
    return critical.plan(period, by=scene.lead, now=scene.at("07:00"))


@pytest.mark.parametrize(
    ("said", "impact", "priority"),
    [
        (IMPACT.NONE, IMPACT.PART, 3),
        (IMPACT.PART, IMPACT.ROOM, 2),
        (IMPACT.ROOM, IMPACT.SYSTEM, 1),
        (IMPACT.SYSTEM, IMPACT.SYSTEM, 1),
    ],
)
def test_the_impact_of_a_new_fault_is_raised_one_level(
    said: int, impact: int, priority: int, scene: Scene, closing: CriticalPeriod
) -> None:
    ticket = scene.file("09:00", impact=said)
    assert (ticket.impact, ticket.priority) == (impact, priority)
    assert (ticket.critical_reason, ticket.critical_until) == ("月结", scene.at("2026-03-12 18:00"))
    fact = ticket.timeline.facts.get(kind="notified")
    assert fact.data["critical"]["reason"] == "月结"
    assert [m["percent"] for m in scene.clock(ticket, "response").milestones if "percent" in m] == [25, 50, 75, 100]


def test_before_after_and_elsewhere_nothing_is_raised(scene: Scene, closing: CriticalPeriod) -> None:
    for ticket in (scene.file("07:59:59"), scene.file("2026-03-12 18:00"), scene.file("09:00", kind=Kind.QUESTION)):
        assert (ticket.impact, ticket.critical_until) == (IMPACT.ROOM, None)
        assert "critical" not in ticket.timeline.facts.get(kind="notified").data


def test_a_ticket_that_was_filed_before_keeps_its_impact(scene: Scene) -> None:
    ticket = scene.file("09:00")
    period = CriticalPeriod(
        hospital=scene.hospital, kind="audit", reason="评审", starts_at=scene.at("09:01"), ends_at=scene.at("18:00")
    )
    critical.plan(period, by=scene.lead, now=scene.at("09:01"))
    workflow.answer(ticket, by=scene.operator, text="在看", now=scene.at("09:10"))
    ticket.refresh_from_db()
    assert (ticket.impact, ticket.critical_until) == (IMPACT.ROOM, None)


def test_what_waited_at_the_hospital_is_critical_when_it_is_passed_on(scene: Scene, closing: CriticalPeriod) -> None:
    technician = TechnicianFactory(hospital=scene.hospital)
    choice = {"is_on": True, "keeps_urgent": True, "remind_after": 30, "pass_on_after": 240}
    workflow.configure(scene.hospital, by=technician, now=scene.at("08:00"), **choice)
    ticket = scene.file("09:00", fault_class=scene.fault_class("port"), impact=IMPACT.PART)
    workflow.pass_on(ticket, by=technician, now=scene.at("09:20"))
    assert scene.clock(ticket, "response").inputs["critical"]["reason"] == "月结"


def test_console_wall_and_portal_say_it_while_it_lasts(scene: Scene) -> None:
    now = timezone.now()
    period = CriticalPeriod(
        hospital=scene.hospital, kind="month_end", reason="月结", starts_at=now - timedelta(hours=2),
        ends_at=now + timedelta(hours=5),
    )  # fmt: skip
    critical.plan(period, by=scene.lead, now=now)
    ticket = scene.file(f"{timezone.localtime(now - timedelta(minutes=50)):%Y-%m-%d %H:%M:%S}")
    for person, path in (
        (scene.operator, f"/desk/tickets/{ticket.number}/"),
        (scene.nurse, f"/requests/{ticket.number}/"),
    ):
        assert "月结 until" in opened(person, path)
    rows = wall.build(scene.lead, now).rows
    assert any("月结" in row.promise for row in rows)
    Ticket.objects.filter(pk=ticket.pk).update(critical_until=now)
    assert "月结 until" not in opened(scene.operator, f"/desk/tickets/{ticket.number}/").partition("t-aside")[0]


def opened(person: User, path: str) -> str:
    User.objects.filter(pk=person.pk).update(language="en")
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client.get(path).content.decode()
