"""What a set of rows is compared with: the register's rows that they name, read in a handful of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.db.models.functions import Lower

from devices.importing.columns import plain
from devices.models import Device, DeviceModel, Project
from people.models import Hospital, Site, User


def same_serial(serial: str) -> str:
    """A tidy serial number as it is compared."""
    return serial.lower()


@dataclass(frozen=True, slots=True)
class Register:
    """The register as `user` sees it; a device of a hospital that they may not see is `hidden`."""

    hospitals: dict[str, Hospital]
    sites: dict[int, dict[str, Site]]
    models: dict[str, list[DeviceModel]]
    projects: dict[tuple[int, str], Project]
    devices: dict[str, list[Device]]
    visible: frozenset[int]

    @classmethod
    def read(cls, serials: Iterable[str], user: User) -> Register:
        """With the devices of these serial numbers, of whatever hospital: a number is taken once per maker."""
        rows = list(Hospital.objects.for_user(user))
        named = {plain(row.name): row for row in rows}
        hospitals = {plain(row.short_name): row for row in rows if row.short_name} | named
        visible = frozenset(row.pk for row in rows)
        sites: dict[int, dict[str, Site]] = {}
        for site in Site.objects.filter(hospital__in=visible):
            sites.setdefault(site.hospital_id, {})[plain(site.name)] = site
        models: dict[str, list[DeviceModel]] = {}
        for model in DeviceModel.objects.all():
            models.setdefault(plain(model.name), []).append(model)
        projects = {(row.hospital_id, plain(row.name)): row for row in Project.objects.filter(hospital__in=visible)}
        return cls(hospitals, sites, models, projects, _devices(serials), visible)

    def device(self, maker: str, serial: str) -> Device | None:
        """The device of this maker with this serial number."""
        found = self.devices.get(same_serial(serial), ())
        return next((device for device in found if device.maker.lower() == maker.lower()), None)

    def may_see(self, device: Device) -> bool:
        return device.hospital_id in self.visible


def _devices(serials: Iterable[str]) -> dict[str, list[Device]]:
    found: dict[str, list[Device]] = {}
    wanted = sorted({same_serial(serial) for serial in serials if serial})
    for device in _of_serials(wanted):
        found.setdefault(same_serial(device.serial), []).append(device)
    return found


def _of_serials(wanted: list[str]) -> QuerySet[Device]:
    rows = Device.objects.alias(compared=Lower("serial")).filter(compared__in=wanted)
    return rows.select_related("hospital", "site", "model", "project", "parent")
