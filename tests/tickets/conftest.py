"""The people around one ticket: a hospital in Mianyang, 95 minutes from its service base, and who serves it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoDbBlocker

from notifications.models import Notification
from people.models import Hospital, Role, Site, User
from sla import defaults as promises
from sla.audit import differences
from sla.models import Deadline
from tests.factories import (
    EngineerFactory,
    LeadFactory,
    ManagerFactory,
    NurseFactory,
    OperatorFactory,
    RotationFactory,
    ServiceBaseFactory,
    SiteFactory,
    TeamFactory,
    TicketFactory,
    TravelTimeFactory,
)
from tests.kept import kept
from tickets import defaults
from tickets.models import FaultClass, Ticket

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class Scene:
    """The cast, and how to read what came of it. Times are on the wall in Shanghai, by default Wed 2026-03-11."""

    hospital: Hospital
    site: Site
    nurse: User
    operator: User
    lead: User
    manager: User
    engineer: User

    @staticmethod
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text if "-" in text else f"2026-03-11 {text}").replace(tzinfo=SHANGHAI)

    def file(self, when: str = "09:00", **more: Any) -> Ticket:
        return TicketFactory(reporter=self.nurse, now=self.at(when), **more)

    def clock(self, ticket: Ticket, code: str, **key: int) -> Deadline:
        """The newest row of a clock of the ticket."""
        rows = ticket.timeline.deadlines.filter(code=code, **key)
        return rows.order_by("-cycle", "-turn", "-revision")[0]

    def due(self, ticket: Ticket, code: str) -> str:
        return f"{self.clock(ticket, code).due_at.astimezone(SHANGHAI):%m-%d %H:%M}"

    @staticmethod
    def kinds(ticket: Ticket, **only: Any) -> list[str]:
        """The story, oldest line first."""
        return list(ticket.events.filter(**only).order_by("id").values_list("kind", flat=True))

    @staticmethod
    def facts(ticket: Ticket) -> list[str]:
        return list(ticket.timeline.facts.order_by("id").values_list("kind", flat=True))

    @staticmethod
    def told(kind: str) -> list[User]:
        """Who was told `kind`, in the order of their keys."""
        return [row.person for row in Notification.objects.filter(kind=kind).order_by("person_id")]

    @staticmethod
    def fault_class(code: str) -> FaultClass:
        return FaultClass.objects.get(code=code)


@pytest.fixture(scope="module")
def furnished_scene(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    with kept(django_db_blocker):
        yield make()


@pytest.fixture
def scene(furnished_scene: Scene, db: None) -> Iterator[Scene]:
    """When the test is over, every clock still has to follow from the facts alone."""
    yield deepcopy(furnished_scene)
    assert [str(difference) for difference in differences()] == []


def make() -> Scene:
    """The promise book and the fault classes, the cast, and who of them is on duty."""
    promises.load()
    defaults.load()
    nurse = NurseFactory()
    assert nurse.hospital is not None
    region = nurse.hospital.region
    base = ServiceBaseFactory(region=region)
    site = SiteFactory(hospital=nurse.hospital)
    TravelTimeFactory(site=site, base=base, minutes=95, km=126)
    operator, lead = OperatorFactory(), LeadFactory()
    RotationFactory(role=Role.OPERATOR, people=[operator])
    RotationFactory(role=Role.LEAD, people=[lead])
    engineer = EngineerFactory(team=TeamFactory(region=region, base=base))
    return Scene(nurse.hospital, site, nurse, operator, lead, ManagerFactory(), engineer)
