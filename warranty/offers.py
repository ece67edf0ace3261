"""Which contract gives one of a kind for a device on a day: the one that still has any left (B6)."""

from __future__ import annotations

from datetime import date

from devices.models import Device
from warranty import cases, entitlements
from warranty.entitlements import Left
from warranty.models import Contract


def granting(kind: str, *, hospital: int, on: date) -> list[Contract]:
    """The contracts of a hospital that are in force on its own date `on` and grant something of `kind`."""
    signed = Contract.objects.signed().filter(hospital=hospital, starts_on__lte=on, ends_on__gte=on)
    return list(signed.filter(entitlements__kind=kind).order_by("pk"))


def offer(kind: str, *, hospital: int, device: int | None, on: date) -> Left | None:
    """What would give one of `kind` that day, used up or not; None: no contract in force grants it for this device.

    Of several that which has any left, and of those the one whose year ends first. At most four queries.
    """
    found = granting(kind, hospital=hospital, on=on)
    if found and device is not None:
        row = cases.with_facts(Device.objects.filter(pk=device)).get()
        found = [one for one in found if cases.covers(one, row)]
    given = [one for one in entitlements.in_year(found, on) if one.entitlement.kind == kind] if found else []
    return min(given, key=lambda one: (one.left <= 0, one.ends_on, one.entitlement.pk), default=None)
