"""Filing a fault: the form with its presets, and what stands beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, QuerySet, Value, When
from django.http import HttpRequest

from devices.models import Device
from people.models import Hospital, Role, Site, User
from sla import deadlines
from tickets import triage
from tickets.models import FaultTile, Ticket
from tickets.portal_forms import FIRST_STEPS, SEVERITIES, FaultForm

OPEN_FAULTS = 4
"""Open faults shown beside the form."""


@dataclass(frozen=True, slots=True)
class FirstStep:
    """Something to try before filing; `number` is what the form sends for it."""

    number: int
    do: str
    how: str
    tried: bool


@dataclass(frozen=True, slots=True)
class Hints:
    """What stands beside the form for the device and the tile chosen so far."""

    device: Device | None
    tile: FaultTile | None
    steps: tuple[FirstStep, ...]
    open_faults: tuple[Ticket, ...]
    answer_by: datetime | None
    answer_in: float
    here_first: bool


def devices(user: User) -> QuerySet[Device]:
    """The person's devices in use, those that were reported most often first."""
    mine = Device.objects.for_user(user).in_use().select_related("model", "site")
    return mine.annotate(reports=Count("tickets")).order_by("-reports", "name", "pk")


def fault_form(request: HttpRequest, user: User) -> FaultForm:
    """The form, filled with what was sent, or with the device whose code was scanned (`?device=`)."""
    mine, sites = devices(user), Site.objects.for_user(user).order_by("name")
    if request.method == "POST":
        return FaultForm(request.POST, request.FILES, user=user, devices=mine, sites=sites)
    found = scan(user, request.GET.get("device", ""))
    return FaultForm(user=user, devices=mine, sites=sites, initial=_scanned(found) if found else {})


def _scanned(device: Device) -> dict[str, object]:
    """Whoever stands before the device has only to say what is wrong: scan, tile, send."""
    return {"device": device.pk, "severity": SEVERITIES[1].code}


def scan(user: User, code: str) -> Device | None:
    """The person's device with this serial number, else with this key."""
    code = code.replace("\x00", "").strip()
    mine = devices(user)
    found = mine.filter(serial__iexact=code).first() if code else None
    return found or mine.filter(pk=_key(code)).first()


def _key(value: str) -> int:
    """A row's key that came from outside; 0, which no row has, when it can't be one."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else 0


def hints(user: User, chosen: Mapping[str, str], tried: Collection[str], now: datetime) -> Hints:
    """Help for the `device` and `tile` in `chosen`; what is not the person's counts as not chosen."""
    device = devices(user).filter(pk=_key(chosen.get("device", ""))).first()
    tile = FaultTile.objects.filter(is_active=True, pk=_key(chosen.get("tile", ""))).first()
    by = deadlines.promise_preview(_hospital(user), device.model.kind if device else "", "response", now)
    return Hints(
        device=device,
        tile=tile,
        steps=_first_steps(tile, tried),
        open_faults=tuple(_open_faults(user, device)),
        answer_by=by,
        answer_in=(by - now).total_seconds() if by else 0.0,
        here_first=user.role == Role.HOSPITAL_STAFF and triage.promises_no_answer(_hospital(user), tile),
    )


def _hospital(user: User) -> Hospital:
    assert user.hospital is not None, "only a hospital's people file faults here"
    return user.hospital


def _first_steps(tile: FaultTile | None, tried: Collection[str]) -> tuple[FirstStep, ...]:
    steps = tile.first_steps[:FIRST_STEPS] if tile else []
    return tuple(
        FirstStep(number, step["do"], step.get("how", ""), str(number) in tried) for number, step in enumerate(steps)
    )


def _open_faults(user: User, device: Device | None) -> QuerySet[Ticket]:
    """What is open at the same place already: the same device first. No device chosen: the whole hospital."""
    mine = Ticket.objects.for_user(user).in_progress().select_related("device", "owner").defer("search")
    if device is None:
        return mine.order_by("-pk")[:OPEN_FAULTS]
    same = Case(When(device=device, then=Value(0)), default=Value(1))
    return mine.filter(site=device.site).order_by(same, "-pk")[:OPEN_FAULTS]
