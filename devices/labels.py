"""Labels: the code on each device, and the sheets on which they are printed."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

import segno
from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit.trail import note
from common import paper
from devices.models import Device, DeviceLabel, State
from devices.models.devices import DeviceQuerySet
from people.models import User

TOKEN_BYTES = 16
"""128 bits of chance (T086)."""
SERIAL_TAIL = 6
MOST = 480
"""Labels at once: twenty sheets."""


class Refused(Exception):
    """Not possible; the text is a sentence for whoever asked."""


def find(token: str) -> DeviceLabel | None:
    """The label with this code if it leads somewhere; a wrong, an old and a revoked one are alike nothing."""
    found = DeviceLabel.objects.valid().select_related("device__hospital", "device__site", "device__model")
    return found.filter(token=token).first()


def ensure(devices: Sequence[Device], *, by: User, now: datetime) -> dict[int, DeviceLabel]:
    """The label of each device in use by its key; made where there is none yet."""
    standing = [device for device in devices if device.state == State.IN_USE]
    with transaction.atomic():
        # Whoever prints the same sheet at the same moment finds the labels that were made here.
        DeviceLabel.objects.bulk_create((_new(device, by, now) for device in standing), ignore_conflicts=True)
        kept = DeviceLabel.objects.filter(device__in=standing, revoked_at=None)
        return {label.device_id: label for label in kept}


def _new(device: Device, by: User, now: datetime) -> DeviceLabel:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return DeviceLabel(device=device, hospital_id=device.hospital_id, token=token, made_at=now, made_by=by)


def revoke(device: Device, *, by: User, now: datetime, address: str | None = None) -> bool:
    """Make the code on the device worthless, as when its picture went round; whether there was one."""
    with transaction.atomic():
        gone = DeviceLabel.objects.filter(device=device, revoked_at=None).update(revoked_at=now)
        if gone:
            note("devices.label_revoked", device, by=by, now=now, address=address, id=device.pk)
    return bool(gone)


def chosen(devices: DeviceQuerySet) -> list[Device]:
    """The devices that a sheet is printed for, site by site. Raises Refused: none, or too many."""
    found = list(
        devices.in_use().for_pages().order_by("hospital__name", "site__name", "room", "name", "pk")[: MOST + 1]
    )
    if not found:
        raise Refused(_("There is no device in use among them."))
    if len(found) > MOST:
        raise Refused(_("These are more than %(most)d devices. Choose fewer.") % {"most": MOST})
    return found


def print_out(devices: Sequence[Device], *, sheet: bool, by: User, now: datetime, address: str | None = None) -> bytes:
    """Labels of these devices as a PDF: A4 sheets, or one label a page. Who printed them is on record."""
    made = ensure(devices, by=by, now=now)
    note("devices.labels_printed", "-", by=by, now=now, address=address, labels=len(made))
    return paper.pdf("labels.typ", _data(devices, made, sheet), now)


def _data(devices: Iterable[Device], made: dict[int, DeviceLabel], sheet: bool) -> dict[str, object]:
    return {
        "sheet": sheet,
        "lang": (get_language() or "zh").partition("-")[0],
        "title": _("Labels"),
        "product": _("Service Desk"),
        "scan": _("Scan to report a fault"),
        "hotline": settings.HOTLINE_NUMBER,
        "labels": [_label(device, made[device.pk]) for device in devices if device.pk in made],
    }


def _label(device: Device, label: DeviceLabel) -> dict[str, str]:
    """What stands on a label, and nothing else is ever shown to whoever scans it."""
    leads_to = address(label)
    return {
        "code": segno.make(leads_to, error="m", micro=False).svg_inline(scale=4, border=0),
        "address": leads_to,
        **words(device),
    }


def words(device: Device) -> dict[str, str]:
    """The label's words: hospital, place, device, the serial number's end."""
    return {
        "hospital": device.hospital.name,
        "place": device.place,
        "device": device.name,
        "serial": f"SN …{device.serial[-SERIAL_TAIL:]}",
    }


def address(label: DeviceLabel) -> str:
    """Where a phone is led: `/q/<code>/`, without a name of a route, which stands above this app."""
    return f"{settings.SITE_URL}/q/{label.token}/"
