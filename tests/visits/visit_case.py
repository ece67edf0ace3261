"""A site in Mianyang, its base in Chengdu, and engineers who are sent there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from people.models import Role, ServiceBase, Site, User
from tests.factories import (
    EngineerFactory,
    LeadFactory,
    RotationFactory,
    ServiceBaseFactory,
    SiteFactory,
    TeamFactory,
    TravelTimeFactory,
)
from visits import dispatch, ways
from visits.models import Visit

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """A moment on the wall in Shanghai, by default on Wed 2026-03-11."""
    return datetime.fromisoformat(text if "-" in text else f"2026-03-11 {text}").replace(tzinfo=SHANGHAI)


@dataclass
class Ground:
    """The place and the people; the way from the base takes 95 minutes."""

    site: Site
    base: ServiceBase
    lead: User
    engineer: User

    def colleague(self, **more: Any) -> User:
        return EngineerFactory(team=self.engineer.team, **more)

    def plan(self, engineer: User | None = None, start: str = "13:00", end: str = "15:00", **more: Any) -> Visit:
        engineer, site = engineer or self.engineer, more.pop("site", self.site)
        given = {"way": ways.way(engineer, site, at("09:00")), "by": self.lead, "now": at("09:00"), **more}
        return dispatch.plan(
            site,
            purpose="repair",
            subject="会诊终端无画面",
            engineer=engineer,
            starts_at=at(start),
            ends_at=at(end),
            **given,
        )


def ground() -> Ground:
    site, lead = SiteFactory(hospital__name="江城市中心医院", name="门诊楼"), LeadFactory()
    region = site.hospital.region
    base = ServiceBaseFactory(region=region)
    TravelTimeFactory(site=site, base=base, minutes=95, km=126)
    RotationFactory(role=Role.LEAD, people=[lead])
    engineer = EngineerFactory(name="李航", team=TeamFactory(region=region, base=base))
    return Ground(site, base, lead, engineer)
