"""A timeline in a few words: facts said at local times, clocks looked up by code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from people.models import Role, Site, User
from sla import deadlines, defaults
from sla.facts import Kind
from sla.models import Deadline, Fact, Timeline
from tests.factories import (
    AdministratorFactory,
    LeadFactory,
    ManagerFactory,
    OperatorFactory,
    RotationFactory,
    SiteFactory,
    TravelTimeFactory,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
FAULT = {"policy": "telemedicine", "kind": "fault", "priority": 2, "node_down": False}


def local(text: str) -> datetime:
    """ "2026-03-11 09:40[:00[.001]]" on the wall in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@dataclass
class Case:
    """One timeline; `day` saves writing the date."""

    day: str
    timeline: Timeline = field(init=False)
    site: Site | None = None

    def __post_init__(self) -> None:
        if self.site is None:
            travel = TravelTimeFactory(minutes=95, km=126)
            self.site = travel.site
        self.timeline = deadlines.open_timeline(
            hospital=self.site.hospital, site=self.site, subject="SR-2026-000001", link="/desk/"
        )

    def at(self, when: str) -> datetime:
        return local(when if "-" in when else f"{self.day} {when}")

    def say(self, what: Kind, when: str, /, *, now: str | None = None, **data: Any) -> Fact:
        """Record a fact that happened at `when`, heard of at `now` (default: at once)."""
        at = self.at(when)
        return deadlines.record(self.timeline, what, at=at, now=self.at(now) if now else at, data=data)

    def rebuild(self, now: str) -> None:
        deadlines.rebuild(deadlines.lock(self.timeline), now=self.at(now))

    def clock(self, code: str, **key: int) -> Deadline:
        """The newest row of a clock, or the one with the given cycle, turn or revision."""
        rows = self.timeline.deadlines.filter(code=code, **key)
        return rows.order_by("-cycle", "-turn", "-revision")[0]

    def has(self, code: str) -> bool:
        return self.timeline.deadlines.filter(code=code).exists()

    def due(self, code: str, **key: int) -> str:
        return f"{self.clock(code, **key).due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def site_with_travel(minutes: int, km: int) -> Site:
    site: Site = SiteFactory()
    TravelTimeFactory(site=site, minutes=minutes, km=km)
    return site


def staff() -> dict[str, User]:
    """The promise book loaded, one person on duty round the clock for each role that the ladder pages."""
    defaults.load()
    people: dict[str, User] = {
        Role.OPERATOR: OperatorFactory(),
        Role.LEAD: LeadFactory(),
        Role.MANAGER: ManagerFactory(),
        Role.ADMIN: AdministratorFactory(),
    }
    for role, person in people.items():
        RotationFactory(role=role, people=[person])
    return people


def declared_failed() -> Case:
    case = Case("2026-03-11")
    case.say(Kind.NOTIFIED, "09:20", **FAULT)
    case.say(Kind.RESPONDED, "09:40")
    case.say(Kind.REMOTE_FAILED, "10:12")
    return case
