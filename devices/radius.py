"""Whom it hits when a device is down: the terminals, rooms, sites and people behind it (N15)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Case, Count, QuerySet, Value, When, Window
from django.db.models.expressions import RawSQL

from common.nested import Nested
from common.prepared import Given, Prepared
from devices.models import Device, DeviceModel
from people.models import HOSPITAL_ROLES, Role, Site, User

BELOW = """
WITH RECURSIVE below AS (
    SELECT id FROM devices_device WHERE id = %s
    UNION SELECT device.id FROM devices_device device JOIN below ON device.parent_id = below.id
    WHERE device.state = 'in_use'
) SELECT id FROM below
"""
CALLED = 5
"""People that are named; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room that can't be used, with the devices in it."""

    site: Site
    name: str
    devices: tuple[Device, ...]


@dataclass(frozen=True)
class Radius:
    """What a device's failure takes down."""

    device: Device
    terminals: tuple[Device, ...]
    rooms: tuple[Room, ...]
    sites: tuple[Site, ...]

    @cached_property
    def people(self) -> tuple[User, ...]:
        """Whom to call at the hospital, its own technicians first; they came with the terminals, if there are any."""
        if self.terminals:
            return tuple(_CALLED.rows(self.terminals[0].called))  # type: ignore[attr-defined]
        return tuple(_people(hospital=self.device.hospital_id))

    @property
    def others(self) -> int:
        """How many more accounts the hospital has."""
        return self.people[0].together - len(self.people) if self.people else 0  # type: ignore[attr-defined]

    @property
    def is_wide(self) -> bool:
        """More than the device itself stands still."""
        return any(terminal.pk != self.device.pk for terminal in self.terminals)


def behind(device: Device) -> Radius:
    """What stands still with `device`, itself too when it is a terminal; one query."""
    terminals = tuple(_terminals(device=device.pk, hospital=device.hospital_id))
    return Radius(
        device=device,
        terminals=terminals,
        rooms=_rooms(terminals),
        sites=tuple({terminal.site_id: terminal.site for terminal in terminals}.values()),
    )


def _rooms(terminals: tuple[Device, ...]) -> tuple[Room, ...]:
    held: dict[tuple[int, str], list[Device]] = {}
    for terminal in terminals:
        held.setdefault((terminal.site_id, terminal.room), []).append(terminal)
    return tuple(Room(found[0].site, room, tuple(found)) for (_site, room), found in held.items())


def _first() -> QuerySet[User]:
    """The first of a hospital's people, its own technicians in front; `together`: how many there are."""
    first = Case(When(role=Role.HOSPITAL_TECHNICIAN, then=Value(0)), default=Value(1))
    mine = User.objects.filter(hospital=Given("hospital"), role__in=HOSPITAL_ROLES, is_active=True)
    counted = mine.annotate(together=Window(Count("pk")))
    return counted.select_related("department").order_by(first, "name", "pk")[:CALLED]


_CALLED = Nested(_first(), "together", "department__name")


def _below() -> QuerySet[Device]:
    """The terminals behind a device, each with the people (`called`): one query for both."""
    below = Device.objects.filter(pk__in=RawSQL(BELOW, [Given("device")])).select_related("site", "model")  # noqa: S611
    terminals = below.filter(model__kind=DeviceModel.Kind.TERMINAL).annotate(called=_CALLED.inside())
    return terminals.order_by("site__name", "room", "name", "pk")


_terminals = Prepared(_below)
_people = Prepared(_first)
