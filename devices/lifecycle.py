"""What happens to a device: installed, swapped, moved, upgraded, retired. The only writer of its state and place.

Each verb is one transaction, one `DeviceEvent` for every device it touched and one line in the audit trail. `on` is the
day it happened at the site (usually today), `now` the moment it is recorded. What is not possible raises `Refused`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import trail
from common.wording import listed
from devices.models import Device, DeviceEvent, DeviceModel, Project, SoftwareVersion, State
from devices.serials import tidy
from people.models import Hospital, Site, User

E = DeviceEvent.Kind
SERIAL_TAKEN = "devices_serial_once_per_maker"
RING = "devices_no_ring"


class Refused(Exception):
    """A verb said no; the text tells the person who asked why, in their language."""


class _Step:
    """One verb at work: who, when, on which day, why."""

    def __init__(self, site: Site, by: User | None, now: datetime, on: date | None, reason: str) -> None:
        today = now.astimezone(ZoneInfo(site.timezone)).date()
        self.by, self.now, self.on, self.reason = by, now, on or today, reason.strip()
        if self.on > today:
            raise Refused(_("That day lies in the future."))

    def event(self, device: Device, kind: str, old: dict[str, str], new: dict[str, str]) -> None:
        """Keep what changed, without what stayed the same."""
        changed = [name for name in old.keys() | new.keys() if old.get(name, "") != new.get(name, "")]
        DeviceEvent.objects.create(
            device=device, hospital_id=device.hospital_id, kind=kind, on=self.on, at=self.now, by=self.by,
            old={name: old[name] for name in changed if old.get(name)},
            new={name: new[name] for name in changed if new.get(name)},
            reason=self.reason,
        )  # fmt: skip

    def runs(self, device: Device) -> None:
        """The version on the device is a row of its history."""
        if device.software_version:
            SoftwareVersion.objects.create(
                device=device,
                hospital_id=device.hospital_id,
                version=device.software_version,
                since=self.on,
                by=self.by,
            )

    def audit(self, verb: str, device: Device, **detail: Any) -> None:
        trail.note(f"devices.{verb}", device, by=self.by, now=self.now, id=device.pk, **detail)


def install(
    *,
    model: DeviceModel,
    serial: str,
    name: str,
    site: Site,
    room: str = "",
    parent: Device | None = None,
    project: Project | None = None,
    accepted_on: date | None = None,
    software_version: str = "",
    by: User | None,
    now: datetime,
    on: date | None = None,
    reason: str = "",
) -> Device:
    """Put a device into the register, in use at `site`. Without `accepted_on` its project's acceptance counts (A4)."""
    with _alone(site.hospital_id):
        step = _Step(site, by, now, on, reason)
        if project is not None and project.hospital_id != site.hospital_id:
            raise Refused(_("This project belongs to another hospital."))
        device = _new(
            model=model, serial=serial, name=name.strip(), hospital_id=site.hospital_id, site=site, room=room.strip(),
            parent=_above(parent, site.hospital_id), project=project, installed_on=step.on, accepted_on=accepted_on,
            software_version=software_version.strip(),
        )  # fmt: skip
        step.event(device, E.INSTALLED, {}, _facts(device))
        step.runs(device)
        step.audit("installed", device)
    return device


def swap(
    device: Device,
    *,
    serial: str,
    by: User | None,
    now: datetime,
    reason: str,
    model: DeviceModel | None = None,
    software_version: str = "",
    on: date | None = None,
) -> Device:
    """Another unit takes the device's place; the new one is returned.

    It knows whom it replaced, keeps name, place and MCU, takes over what hangs below, and keeps the day that the
    warranty counts from (worked example 11). `model` may differ, its kind may not.
    """
    with _alone(device.hospital_id):
        old = _in_use(device)
        step = _Step(old.site, by, now, on, _needed(reason))
        _not_before(step.on, old)
        if model is not None and model.kind != old.model.kind:
            raise Refused(_("A device is replaced by one of the same kind."))
        Device.objects.filter(pk=old.pk).update(state=State.REPLACED)
        new = _new(
            model=model or old.model, serial=serial, name=old.name, hospital_id=old.hospital_id, site=old.site,
            room=old.room, parent=old.parent, project=old.project, replaces=old, installed_on=step.on,
            accepted_on=old.accepted_on, software_version=software_version.strip(),
        )  # fmt: skip
        Device.objects.filter(parent=old).update(parent=new)
        before, after = _facts(old), _facts(new)
        step.event(old, E.SWAPPED, before, after)
        step.event(new, E.SWAPPED, before, after)
        step.runs(new)
        step.audit("swapped", new, replaces=old.pk)
    return new


def move(
    device: Device,
    *,
    site: Site,
    room: str,
    parent: Device | None,
    by: User | None,
    now: datetime,
    reason: str = "",
    on: date | None = None,
) -> Device:
    """Another site or room of the same hospital, or another MCU; what hangs below stays below."""
    with _alone(device.hospital_id):
        row = _in_use(device)
        step = _Step(site, by, now, on, reason)
        _not_before(step.on, row)
        if site.hospital_id != row.hospital_id:
            raise Refused(_("This site belongs to another hospital: retire the device here and install it there."))
        old = _facts(row)
        row.site, row.room, row.parent = site, room.strip(), _above(parent, row.hospital_id)
        if (new := _facts(row)) == old:
            raise Refused(_("It stands there already."))
        _save(row, "site", "room", "parent")
        step.event(row, E.MOVED, old, new)
        step.audit("moved", row)
    return row


def upgrade(
    device: Device, *, version: str, by: User | None, now: datetime, reason: str = "", on: date | None = None
) -> Device:
    """Another software version runs on it since `on` (A15)."""
    version = _needed(version, _("Say which version it runs now."))
    with _alone(device.hospital_id):
        row = _in_use(device)
        step = _Step(row.site, by, now, on, reason)
        _not_before(step.on, row)
        if version == row.software_version:
            raise Refused(_("It runs that version already."))
        if SoftwareVersion.objects.filter(device=row, since__gt=step.on).exists():
            raise Refused(_("A later change of version is on record."))
        old, row.software_version = _facts(row), version
        _save(row, "software_version")
        step.event(row, E.UPGRADED, old, _facts(row))
        step.runs(row)
        step.audit("upgraded", row)
    return row


def retire(
    device: Device,
    *,
    by: User | None,
    now: datetime,
    reason: str,
    children_to: Device | None = None,
    on: date | None = None,
) -> Device:
    """Take it out of use for good. What is connected to it goes to `children_to`; without one that refuses."""
    with _alone(device.hospital_id):
        row = _in_use(device)
        step = _Step(row.site, by, now, on, _needed(reason))
        _not_before(step.on, row)
        children = list(Device.objects.in_use().filter(parent=row).select_related("site", "parent", "model"))
        if children and children_to is None:
            raise Refused(
                ngettext(
                    "%(count)d device is connected to it (%(names)s). Choose what it is connected to from now on.",
                    "%(count)d devices are connected to it (%(names)s). Choose what they are connected to from now on.",
                    len(children),
                )
                % {"count": len(children), "names": listed(child.name for child in children[:5])}
            )
        above = _above(children_to, row.hospital_id)
        if above == row:
            raise Refused(_("Choose another MCU than the one that goes."))
        for child in children:
            old, child.parent = _facts(child), above
            _save(child, "parent")
            step.event(child, E.MOVED, old, _facts(child))
        row.state = State.RETIRED
        row.save(update_fields=["state"])
        step.event(row, E.RETIRED, {}, {})
        step.audit("retired", row, children_to=above.pk if above else None)
    return row


def fit(
    device: Device,
    *,
    part: str,
    serial: str = "",
    faulty_serial: str = "",
    by: User | None,
    now: datetime,
    on: date | None = None,
    reason: str = "",
) -> Device:
    """A part of it was replaced: `serial` went in, `faulty_serial` came out, each empty where it has none (A13).

    The device that stands there now has the row, and is returned. One that was retired meanwhile keeps its own: what
    was fitted before is told late.
    """
    with _alone(device.hospital_id):
        row = standing(device)
        step = _Step(row.site, by, now, on, reason)
        step.event(row, E.PART, {"unit": faulty_serial.strip()}, {"part": part, "unit": serial.strip()})
        step.audit("part_replaced", row, part=part)
    return row


def standing(device: Device) -> Device:
    """What stands in its place now: itself, or the last unit that it was swapped for."""
    row = Device.objects.for_pages().get(pk=device.pk)
    while row.state == State.REPLACED:
        row = Device.objects.for_pages().get(replaces=row)
    return row


@contextmanager
def _alone(hospital_id: int) -> Iterator[None]:
    """One step at a time in a hospital, so that two of them never see half of each other."""
    with transaction.atomic():
        Hospital.objects.select_for_update(no_key=True).only("pk").get(pk=hospital_id)
        yield


def _in_use(device: Device) -> Device:
    """The device as it stands now; only what is in use can be changed."""
    row = Device.objects.for_pages().get(pk=device.pk)
    if row.state != State.IN_USE:
        raise Refused(_("%(name)s is no longer in use.") % {"name": row.name})
    return row


def _above(parent: Device | None, hospital_id: int) -> Device | None:
    """The MCU that something is to hang below."""
    if parent is None:
        return None
    row = _in_use(parent)
    if row.hospital_id != hospital_id:
        raise Refused(_("%(name)s belongs to another hospital.") % {"name": row.name})
    if row.model.kind != DeviceModel.Kind.MCU:
        raise Refused(_("Devices are connected to an MCU, which %(name)s is not.") % {"name": row.name})
    return row


def _new(**values: Any) -> Device:
    """A new row, or the reason why not: the serial number is somebody's already."""
    values["serial"] = serial = _needed(tidy(values["serial"]), _("Give the serial number."))
    device = Device(**values)
    try:
        with transaction.atomic():
            device.save(force_insert=True)
    except IntegrityError as error:
        if _broken(error) == SERIAL_TAKEN:
            raise Refused(
                _("The serial number %(serial)s stands in the register already.") % {"serial": serial}
            ) from error
        raise
    return device


def _save(device: Device, *fields: str) -> None:
    """Write, or say that it would hang below itself."""
    try:
        with transaction.atomic():
            device.save(update_fields=fields)
    except IntegrityError as error:
        if _broken(error) in {RING, "devices_parent_is_another"}:
            raise Refused(_("%(name)s would be connected to itself.") % {"name": device.name}) from error
        raise


def _broken(error: IntegrityError) -> str:
    """Name of the constraint that said no."""
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", ""))


def _facts(device: Device) -> dict[str, str]:
    """What an event may tell of a device, in words."""
    return {
        "serial": device.serial,
        "model": str(device.model),
        "site": device.site.name,
        "room": device.room,
        "parent": device.parent.name if device.parent else "",
        "software_version": device.software_version,
    }


def _needed(text: str, sentence: str = "") -> str:
    if not (text := text.strip()):
        raise Refused(sentence or _("Say why."))
    return text


def _not_before(on: date, device: Device) -> None:
    if device.installed_on and on < device.installed_on:
        raise Refused(_("That day lies before its installation."))
