"""Whom it hits when a device is down: the terminals, rooms, sites and people behind it (N15)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Count, Value, When, Window
from django.db.models.expressions import RawSQL

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


@dataclass(frozen=True, slots=True)
class Radius:
    """What a device's failure takes down. `people`: whom to call at the hospital, technicians first; `others`: how many
    more accounts it has.
    """

    device: Device
    terminals: tuple[Device, ...]
    rooms: tuple[Room, ...]
    sites: tuple[Site, ...]
    people: tuple[User, ...]
    others: int

    @property
    def is_wide(self) -> bool:
        """More than the device itself stands still."""
        return any(terminal.pk != self.device.pk for terminal in self.terminals)


def behind(device: Device) -> Radius:
    """What stands still with `device`, itself too when it is a terminal; two queries."""
    below = Device.objects.filter(pk__in=RawSQL(BELOW, [device.pk])).select_related("site", "model")  # noqa: S611
    kind = DeviceModel.Kind.TERMINAL
    terminals = tuple(below.filter(model__kind=kind).order_by("site__name", "room", "name", "pk"))
    people = _people(device.hospital_id)
    return Radius(
        device=device,
        terminals=terminals,
        rooms=_rooms(terminals),
        sites=tuple({terminal.site_id: terminal.site for terminal in terminals}.values()),
        people=people,
        others=people[0].together - len(people) if people else 0,  # type: ignore[attr-defined]
    )


def _rooms(terminals: tuple[Device, ...]) -> tuple[Room, ...]:
    held: dict[tuple[int, str], list[Device]] = {}
    for terminal in terminals:
        held.setdefault((terminal.site_id, terminal.room), []).append(terminal)
    return tuple(Room(found[0].site, room, tuple(found)) for (_site, room), found in held.items())


def _people(hospital_id: int) -> tuple[User, ...]:
    """The first of the hospital's people, its own technicians in front; `together`: how many there are."""
    first = Case(When(role=Role.HOSPITAL_TECHNICIAN, then=Value(0)), default=Value(1))
    mine = User.objects.filter(hospital=hospital_id, role__in=HOSPITAL_ROLES, is_active=True)
    counted = mine.annotate(together=Window(Count("pk")))
    return tuple(counted.select_related("department").order_by(first, "name", "pk")[:CALLED])
