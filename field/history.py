"""What became of a device in the last twelve months, as its engineer reads it on the phone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from common.wording import listed
from devices.models import Device, DeviceEvent
from field.rows import Rows
from visits.models import Visit

MOST = 30
KINDS = {"fault": _("Fault"), "visit": _("Visit"), "part": _("Part fitted"), "life": _("Device")}


def of(device: Device, found: Rows) -> list[dict[str, Any]]:
    """Faults, visits, parts and steps of its life, the newest first."""
    lines = [*_faults(device, found), *_life(device, found)]
    lines.sort(key=lambda line: line[0], reverse=True)
    return [{"on": on, "kind": kind, "kind_text": str(KINDS[kind]), "text": text} for on, kind, text in lines[:MOST]]


Line = tuple[date, str, str]


def _faults(device: Device, found: Rows) -> list[Line]:
    lines: list[Line] = []
    zone = ZoneInfo(device.site.timezone)
    for fault in found.faults.get(device.pk, []):
        text = f"{fault.number} {fault.title}"
        lines.append((fault.created_at.astimezone(zone).date(), "fault", text))
        for one in fault.visited:
            came_to = Visit.Outcome(one["outcome"]).label if one["outcome"] else ""
            said = listed(part for part in (str(came_to), one["done"]) if part)
            on = datetime.fromisoformat(one["at"]).astimezone(zone).date()
            lines.append((on, "visit", f"{fault.number} {said}".strip()))
    return lines


def _life(device: Device, found: Rows) -> list[Line]:
    return [
        (event.on, "part" if event.kind == DeviceEvent.Kind.PART else "life", _step(event))
        for event in found.life.get(device.pk, [])
    ]


def _step(event: DeviceEvent) -> str:
    """What changed, the old in front of an arrow; a part is named by its own line."""
    changed = listed(" → ".join(filter(None, (event.old.get(name, ""), new))) for name, new in event.new.items())
    return changed if event.kind == DeviceEvent.Kind.PART else f"{event.get_kind_display()} {changed}".strip()
