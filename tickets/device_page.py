"""What a device's page shows: facts, place, life, software, what hangs on it, and the history of its faults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from common.present import Tag
from devices import radius
from devices.models import Device, DeviceEvent, DeviceModel, SoftwareVersion, State
from devices.radius import Radius
from people.access import may
from people.models import User
from tickets import device_history
from tickets.device_history import Fault, Figures
from tickets.device_register import KIND_ICONS, state_tag
from tickets.models import Kind, Ticket
from tickets.states import LIVE, OPEN, Status
from tickets.verdict_card import LOOKS
from warranty import cases, coverage, wording
from warranty.cases import Book

SHOWN = 15
"""Tickets on the page; the search for its serial number has them all."""
EVENT_ICONS = {
    DeviceEvent.Kind.INSTALLED: "package-check",
    DeviceEvent.Kind.SWAPPED: "replace",
    DeviceEvent.Kind.MOVED: "move-right",
    DeviceEvent.Kind.UPGRADED: "circle-arrow-up",
    DeviceEvent.Kind.RETIRED: "archive",
    DeviceEvent.Kind.PART: "wrench",
}
COLUMNS: dict[str, Any] = {
    "serial": _("Serial number"),
    "model": _("Model"),
    "site": _("Site"),
    "room": _("Room"),
    "parent": _("Connected to"),
    "software_version": _("Software"),
    "part": _("Part"),
    "unit": _("Serial number of the part"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One column that a step changed; empty where there was or is nothing."""

    name: Any
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LifeStep:
    """A step in its life as the page says it."""

    event: DeviceEvent
    icon: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A ticket of the device; `repeat`: it came within 30 days after the one before."""

    ticket: Ticket
    repeat: bool


@dataclass(frozen=True, slots=True)
class Payer:
    """Who would pay for a repair today, as long as its cause is not known, and why."""

    tag: Tag
    sentence: str


@dataclass(frozen=True, slots=True)
class DevicePage:
    """Everything the page shows. `radius`: what stands still with an MCU; `payer`: only of a device in use."""

    device: Device
    icon: str
    tag: Tag
    life: tuple[LifeStep, ...]
    versions: tuple[SoftwareVersion, ...]
    radius: Radius | None
    lines: tuple[Line, ...]
    total: int
    open_faults: int
    figures: Figures
    sees_tickets: bool
    payer: Payer | None

    @property
    def mean_days(self) -> int | None:
        """The mean time between faults in whole days."""
        return None if self.figures.mean is None else max(round(self.figures.mean / timedelta(days=1)), 0)

    @property
    def is_in_use(self) -> bool:
        return self.device.state == State.IN_USE


def find(user: User) -> Any:
    """Devices that `user` may see, with every row that the page names."""
    return cases.with_facts(Device.objects.for_user(user)).select_related(
        "hospital__region", "site", "model", "project__proof", "parent", "replaces", "replaced_by"
    )


def read(device: Device, user: User, now: datetime) -> DevicePage:
    """Context of the page: five queries, or three without anything behind the device; and those of the payer."""
    tickets = list(
        Ticket.objects.for_user(user)
        .filter(device=device.pk)
        .select_related("timeline")
        .defer("search")
        .order_by("-pk")
    )
    events = list(device.events.select_related("by"))
    figures = device_history.figures(_faults(tickets), _since(device), _until(device, events, now))
    return DevicePage(
        device=device,
        icon=KIND_ICONS[DeviceModel.Kind(device.model.kind)],
        tag=state_tag(device),
        life=tuple(_step(event) for event in events),
        versions=tuple(device.versions.select_related("by")),
        radius=radius.behind(device) if device.model.kind == DeviceModel.Kind.MCU else None,
        lines=tuple(Line(ticket, ticket.number in figures.repeats) for ticket in tickets[:SHOWN]),
        total=len(tickets),
        open_faults=sum(ticket.status in OPEN for ticket in tickets),
        figures=figures,
        sees_tickets=may(user, "tickets.see"),
        payer=_payer(device, now) if device.state == State.IN_USE and may(user, "contracts.see") else None,
    )


def _payer(device: Device, now: datetime) -> Payer:
    """Two queries, and one for each unit that it took the place of."""
    on = coverage.local_day(now, device.site.timezone)
    known = {device.pk: device} | (cases.with_replaced([device.replaces_id]) if device.replaces_id else {})
    book = Book.load([device.hospital_id])
    verdict = book.standing(device, cases.facts_of(device, known), on=on)
    tone, icon = LOOKS[verdict.outcome]
    return Payer(Tag(wording.OUTCOMES[verdict.outcome], icon, tone), wording.sentence(verdict))


def hit_by(ticket: Ticket) -> Radius | None:
    """Who is hit by a node-down ticket, or by any about an MCU, while it is not over (N15)."""
    device, fault = ticket.device, ticket.fault_class
    if device is None or ticket.status not in LIVE:
        return None
    is_down = (fault is not None and fault.as_node_down) or device.model.kind == DeviceModel.Kind.MCU
    return radius.behind(device) if is_down else None


def _faults(tickets: list[Ticket]) -> list[Fault]:
    """What counts as a fault: no question, no wish, nothing that was withdrawn."""
    return [
        Fault(ticket.number, ticket.created_at, ticket.solved_at)
        for ticket in tickets
        if ticket.kind == Kind.FAULT and ticket.status != Status.CANCELLED
    ]


def _since(device: Device) -> datetime | None:
    """The beginning of the day it was installed, where it stands."""
    day = device.installed_on or device.acceptance
    return datetime.combine(day, time(), ZoneInfo(device.site.timezone)) if day else None


def _until(device: Device, events: list[DeviceEvent], now: datetime) -> datetime:
    """Now, or the day that its life here ended."""
    if device.state == State.IN_USE:
        return now
    ends = (DeviceEvent.Kind.RETIRED, DeviceEvent.Kind.SWAPPED)
    end = next((event.on for event in events if event.kind in ends), None)
    return datetime.combine(end, time.max, ZoneInfo(device.site.timezone)) if end else now


def _step(event: DeviceEvent) -> LifeStep:
    names = [name for name in COLUMNS if name in event.old or name in event.new]
    changes = tuple(Change(COLUMNS[name], event.old.get(name, ""), event.new.get(name, "")) for name in names)
    return LifeStep(event, EVENT_ICONS[DeviceEvent.Kind(event.kind)], changes)
