"""A hospital with its people, devices and faults in every state, made by the real verbs; for portal tests.

All instants are counted from `now`: the look of a page depends on how far a clock has run.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from devices.models import Device, DeviceModel
from people.models import Hospital, Role, ServiceBase, Site, User
from sla import defaults as promise_book
from tests.factories import (
    DeviceFactory,
    DeviceModelFactory,
    EngineerFactory,
    HospitalFactory,
    NurseFactory,
    OperatorFactory,
    RotationFactory,
    ServiceBaseFactory,
    SiteFactory,
    TeamFactory,
    TechnicianFactory,
    TravelTimeFactory,
)
from tickets import defaults as fault_tiles
from tickets import workflow
from tickets.models import FaultTile, Ticket

MINUTE = timedelta(minutes=1)
JPEG_SIDE = 64


@dataclass(frozen=True)
class Case:
    """Who and what there is."""

    hospital: Hospital
    site: Site
    base: ServiceBase
    nurse: User
    technician: User
    operator: User
    engineer: User
    terminal: Device
    mcu: Device
    now: datetime

    def tile(self, code: str) -> FaultTile:
        return FaultTile.objects.get(code=code)

    def file(self, minutes_ago: float = 0, **changes: Any) -> Ticket:
        """A fault filed so many minutes before `now`, by the nurse unless told otherwise."""
        tile = changes.pop("tile", None) or FaultTile.objects.first()
        assert tile is not None
        fields: dict[str, Any] = {
            "by": self.nurse,
            "hospital": self.hospital,
            "site": self.site,
            "device": self.terminal,
            "kind": "fault",
            "tile": tile,
            "title": str(tile.label),
            "impact": Ticket.Impact.ROOM,
            "urgency": Ticket.Urgency.TODAY,
            "channel": Ticket.Channel.PORTAL,
            "client_key": uuid.uuid4(),
            "now": self.at(minutes_ago),
        }
        fields |= changes
        return workflow.open_ticket(**{"reporter": fields["by"], **fields})

    def at(self, minutes_ago: float) -> datetime:
        return self.now - minutes_ago * MINUTE

    def solved(self, minutes_ago: float = 60, **changes: Any) -> Ticket:
        """A fault that was answered and solved remotely so long ago."""
        ticket = self.file(minutes_ago + 40, **changes)
        workflow.answer(ticket, by=self.operator, text="我看一下带宽。", now=self.at(minutes_ago + 30))
        cause, action = "会议带宽设得太高", "已调整会议带宽，之后没再断"
        return workflow.resolve(ticket, by=self.operator, cause=cause, action=action, now=self.at(minutes_ago))

    def under_way(self, minutes_ago: float = 45, **changes: Any) -> Ticket:
        """A fault whose engineer is on the way since so long ago."""
        ticket = self.file(minutes_ago + 100, **changes)
        workflow.answer(ticket, by=self.operator, text="请先看输入源。", now=self.at(minutes_ago + 60))
        workflow.remote_failed(ticket, by=self.operator, reason="重启后仍无画面", now=self.at(minutes_ago + 20))
        workflow.assign(ticket, to=self.engineer, by=self.operator, now=self.at(minutes_ago + 15))
        return workflow.depart(ticket, by=self.engineer, now=self.at(minutes_ago))


def make(now: datetime | None = None) -> Case:
    """The hospital of the design pictures, with 95 minutes of travel from its service base."""
    now = now or datetime.now(UTC)
    promise_book.load()
    fault_tiles.load()
    hospital = HospitalFactory(name="绵阳市涪滨人民医院", short_name="涪滨医院", city="绵阳")
    base = ServiceBaseFactory(name="成都站", region=hospital.region)
    site = SiteFactory(hospital=hospital, name="住院楼 3 层", base=base)
    TravelTimeFactory(site=site, base=base, minutes=95, km=130, source="2026-03 路程表")
    centre = TeamFactory(name="客户服务中心", region=hospital.region, base=base)
    operator = OperatorFactory(name="何静", team=centre)
    RotationFactory(role=Role.OPERATOR, people=[operator])
    terminal = DeviceModelFactory(name="TE50", kind=DeviceModel.Kind.TERMINAL)
    mcu = DeviceModelFactory(name="MCU 9000", kind=DeviceModel.Kind.MCU)
    return Case(
        hospital=hospital,
        site=site,
        base=base,
        nurse=NurseFactory(name="周敏", title="护士长", hospital=hospital, phone="13800002217"),
        technician=TechnicianFactory(name="刘海燕", title="信息科", hospital=hospital),
        operator=operator,
        engineer=EngineerFactory(name="李航", title="现场工程师", team=centre),
        terminal=DeviceFactory(
            site=site, model=terminal, name="终端 TE-3", room="远程会诊中心", serial="TE3-20240315-017"
        ),
        mcu=DeviceFactory(site=site, model=mcu, name="MCU-1", room="信息科机房", serial="MCU-20230101-001"),
        now=now,
    )
