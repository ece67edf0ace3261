"""A HIS contract with four urgent responses a year, and a fault on a holiday that may take one (B6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from devices.models import DeviceModel
from tests.factories import DeviceFactory, DeviceModelFactory
from tests.tickets.conftest import Scene
from tickets import workflow
from tickets.models import Ticket
from warranty import entitlements
from warranty.models import Contract, EntitlementYear

HOLIDAY = "2026-10-02"
WHY = "全院挂号停了"


def at(scene: Scene, time: str, day: str = HOLIDAY) -> datetime:
    return scene.at(f"{day} {time}")


def file(scene: Scene, time: str = "09:00") -> Ticket:
    """A fault of a HIS server, filed on a day of National Day's week."""
    model = DeviceModelFactory(kind=DeviceModel.Kind.HIS_SERVER)
    return scene.file(f"{HOLIDAY} {time}", device=DeviceFactory(site=scene.site, model=model))


def mark(scene: Scene, ticket: Ticket, time: str = "09:10", **more: Any) -> Ticket:
    return workflow.mark_urgent(ticket, **{"reason": WHY, "by": scene.operator, "now": at(scene, time), **more})


def use_up(scene: Scene, contract: Contract, count: int = 4) -> None:
    """Have so many of the year taken."""
    now = at(scene, "08:00")
    for number in range(count):
        entitlements.take(contract, "urgent", reference=f"SR-{number}", on=now.date(), by=None, now=now)


def used(contract: Contract) -> int:
    year = EntitlementYear.objects.filter(entitlement__contract=contract, entitlement__kind="urgent").first()
    return year.used if year else 0
