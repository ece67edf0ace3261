"""Whether a fault stays at its hospital first, and what the technician there is shown (A3). Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from common.prepared import Given, Prepared
from people.models import Hospital, Role, User
from tickets.models import FaultClass, FaultTile, Kind, Procedure, Ticket, TicketEvent, TriageSetting

MOST_URGENT = 1
_switched_on = Prepared(lambda: TriageSetting.objects.filter(hospital=Given("hospital"), is_on=True).order_by())


@dataclass(frozen=True, slots=True)
class Shown:
    """A procedure as it is shown: steps of {"do", "how"}, what the hotline does, and which version that is."""

    steps: tuple[dict[str, str], ...]
    hint: str
    version: int
    since: datetime | None


def setting_of(hospital: Hospital) -> TriageSetting:
    """What a hospital chose; without a choice, off."""
    return TriageSetting.objects.filter(hospital=hospital).first() or TriageSetting(hospital=hospital)


def technicians(hospital: Hospital) -> list[User]:
    """Who at the hospital looks first."""
    return list(User.objects.filter(hospital=hospital, role=Role.HOSPITAL_TECHNICIAN, is_active=True).order_by("pk"))


def applies(ticket: Ticket, by: User) -> TriageSetting | None:
    """The hospital's setting when a new `ticket` waits for its technician; None: the company hears of it at once.

    Only a fault that staff report themselves waits; what is most urgent waits where the hospital wants that.
    """
    if by.role != Role.HOSPITAL_STAFF or by != ticket.reporter or ticket.kind != Kind.FAULT:
        return None
    setting = _switched_on.first(hospital=ticket.hospital_id)
    if setting is None or (ticket.priority == MOST_URGENT and not setting.keeps_urgent):
        return None
    return setting if technicians(ticket.hospital) else None


def promises_no_answer(hospital: Hospital, tile: FaultTile | None) -> bool:
    """Whether a fault filed with this tile would wait at the hospital, as far as one knows before it is sent."""
    setting = setting_of(hospital)
    urgent = tile is not None and tile.fault_class.as_node_down and not setting.keeps_urgent
    return setting.is_on and not urgent and bool(technicians(hospital))


def procedure(fault_class: FaultClass | None, at: datetime) -> Procedure | None:
    """The newest version for the class that was valid at `at`."""
    if fault_class is None:
        return None
    return fault_class.procedures.filter(valid_from__lte=at).order_by("-version").first()


def in_force(at: datetime) -> QuerySet[Procedure]:
    """That version of every class."""
    versions = Procedure.objects.filter(valid_from__lte=at)
    return versions.order_by("fault_class_id", "-version").distinct("fault_class_id")


def shown(ticket: Ticket, events: Iterable[TicketEvent]) -> Shown:
    """The version that was put on record when the ticket came to the technician; else the tile's first steps."""
    kinds = TicketEvent.EventKind
    kept: dict[str, Any] = next((event.data for event in events if event.kind == kinds.TRIAGE), {})
    version = Procedure.objects.filter(pk=kept.get("procedure") or 0).first()
    steps = version.steps if version else ticket.tile.first_steps if ticket.tile else []
    hint = ticket.fault_class.hint if ticket.fault_class else ""
    return Shown(tuple(steps), hint, version.version if version else 0, version.valid_from if version else None)
