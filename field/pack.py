"""What the phone keeps for the hours without a signal: own jobs, with all they need (docs/field.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.templatetags.desk import hotline
from devices.models import Device
from field import held, history, rows
from field.rows import Rows
from people.models import User
from sla.models import Deadline
from sla.present import LAST_WARNING, soon_at
from spares.models import PartRequest
from tickets.models import Ticket
from tickets.verdict_card import LOOKS, sentence
from tickets.workflow.verdicts import current
from visits import checklists
from visits.models import Crew, Visit, VisitRecord
from warranty import wording
from warranty.coverage import Outcome

FORMAT = 1
UNDO_SECONDS = 5
WHERE = {
    PartRequest.State.SHIPPED: "way",
    PartRequest.State.DELIVERED: "site",
    PartRequest.State.FITTED: "site",
    PartRequest.State.UNUSED: "site",
}
"""Where the parts of a request are; before these they are in the depot."""
Json = dict[str, Any]


def read(engineer: User, now: datetime, have: Collection[int] = ()) -> Json:
    """The whole pack; `drop` names those of `have` that are not in it any more."""
    found = rows.load(engineer, now)
    jobs = [_job(one, found, now) for one in found.mine]
    return {
        "format": FORMAT,
        "made_at": now,
        "person": {"id": engineer.pk, "name": engineer.name, "phone": engineer.phone or ""},
        "hotline": hotline(),
        "policy": _policy(),
        "fault_classes": [{"code": one.code, "name": one.name} for one in found.fault_classes],
        "drop": sorted(set(have) - {job["id"] for job in jobs}),
        "decided": held.decided(engineer, now),
        "jobs": jobs,
    }


def etag(pack: Json) -> str:
    """Changes with anything in the pack but the moment it was made."""
    said = json.dumps({**pack, "made_at": get_language()}, cls=DjangoJSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def _policy() -> Json:
    return {
        "warn_at": LAST_WARNING / 100,
        "far_m": settings.CHECK_IN_WITHIN_M,
        "undo_s": UNDO_SECONDS,
        "clock_tolerance_ms": int(settings.EVIDENCE_CLOCK_TOLERANCE.total_seconds() * 1000),
        "photo_max_bytes": settings.ATTACHMENT_MAX_BYTES,
    }


def _job(booking: Crew, found: Rows, now: datetime) -> Json:
    visit, ticket = booking.visit, found.tickets.get(booking.visit_id)
    clocks = found.clocks.get(visit.timeline_id or 0, [])
    return {
        **_plan(visit, booking, now),
        "crew": [_member(one) for one in found.crew[visit.pk]],
        "travel": _travel(visit),
        "depart_by": _depart_by(visit, clocks),
        "hospital": {"id": visit.hospital_id, "name": visit.hospital.name, "short_name": visit.hospital.short_name},
        "site": _site(visit),
        "contact": _contact(ticket),
        "ticket": _ticket(ticket),
        "clocks": [_clock(one) for one in clocks],
        "device": _device(ticket.device, found) if ticket and ticket.device else None,
        **_checks(visit, ticket, found),
        "parts": [_request(one) for one in found.requests.get(visit.timeline_id or 0, [])],
        "fits": _fits(ticket, found),
        "fields": fields(ticket, visit),
    }


def _plan(visit: Visit, booking: Crew, now: datetime) -> Json:
    steps = ("departed_at", "expected_arrival_at", "arrived_at", "started_at", "finished_at", "left_at")
    return {
        "id": visit.pk,
        "version": visit.version,
        "state": visit.state,
        "state_text": visit.get_state_display(),
        "purpose": visit.purpose,
        "purpose_text": visit.get_purpose_display(),
        "subject": visit.subject,
        "day": _day(visit, now),
        "is_mine_to_lead": booking.is_lead,
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "steps": {name: getattr(visit, name) for name in steps},
        "outcome": visit.outcome,
        "found": visit.found,
        "done": visit.done,
        "signed": hasattr(visit, "signature"),
    }


def _day(visit: Visit, now: datetime) -> str:
    zone = ZoneInfo(visit.site.timezone)
    planned, today = visit.starts_at.astimezone(zone).date(), now.astimezone(zone).date()
    return "today" if planned == today else "overdue" if planned < today else "tomorrow"


def _member(one: Crew) -> Json:
    return {"name": one.engineer.name, "phone": one.engineer.phone or "", "is_lead": one.is_lead}


def _travel(visit: Visit) -> Json | None:
    if visit.travel_minutes is None:
        return None
    return {
        "from": visit.travel_from,
        "minutes": visit.travel_minutes,
        "km": visit.travel_km,
        "source": visit.travel_source,
        "is_estimate": visit.travel_is_estimate,
    }


def _depart_by(visit: Visit, clocks: list[Deadline]) -> datetime | None:
    """The latest moment to leave for the on-site clock that bites first."""
    due = next((one.due_at for one in clocks if one.code.startswith("onsite") and one.state == "running"), None)
    if due is None or visit.arrived_at is not None:
        return None
    return due - timedelta(minutes=visit.travel_minutes or 0)


def _site(visit: Visit) -> Json:
    names = ("name", "address", "city", "access_notes", "latitude", "longitude", "timezone")
    return {"id": visit.site_id, **{name: getattr(visit.site, name) for name in names}}


def _contact(ticket: Ticket | None) -> Json | None:
    if ticket is None or not (ticket.contact_name or ticket.contact_phone):
        return None
    return {"name": ticket.contact_name, "phone": ticket.contact_phone}


def _ticket(ticket: Ticket | None) -> Json | None:
    if ticket is None:
        return None
    fault, owner = ticket.fault_class, ticket.owner
    return {
        **{name: getattr(ticket, name) for name in ("number", "title", "description", "place", "kind", "status")},
        "status_text": ticket.get_status_display(),
        "fault_class": {"code": fault.code, "name": fault.name} if fault else None,
        "priority": ticket.priority,
        "priority_reason": ticket.priority_reason,
        "owner": {"name": owner.name, "phone": owner.phone or ""} if owner else None,
        "verdict": _verdict(ticket),
        "version": ticket.version,
    }


def _verdict(ticket: Ticket) -> Json | None:
    """Who pays, without a price."""
    if (row := current(ticket)) is None:
        return None
    tone, _icon = LOOKS[Outcome(row.outcome)]
    return {"text": str(wording.OUTCOMES[row.outcome]), "tone": tone, "reason": sentence(row)}


def _clock(one: Deadline) -> Json:
    is_paused = one.state == Deadline.State.PAUSED
    at_zero = _("Then the desk drafts a request for parts by itself.") if one.code == "fix" else ""
    return {
        "code": one.code,
        "name": one.commitment.name,
        "clause": one.commitment.clause,
        "started_at": one.started_at,
        "due_at": one.due_at,
        "state": one.state,
        "is_paused": is_paused,
        "remaining_s": int(one.remaining_seconds or 0) if is_paused else None,
        "warn_at": soon_at(one),
        "breach_text": at_zero,
    }


def _device(device: Device, found: Rows) -> Json:
    return {
        "id": device.pk,
        "name": device.name,
        "model": device.model.name,
        "kind": device.model.kind,
        "kind_text": device.model.get_kind_display(),
        "serial": device.serial,
        "software": device.software_version,
        "place": device.place,
        "accepted_on": device.acceptance,
        "history": history.of(device, found),
    }


def _checks(visit: Visit, ticket: Ticket | None, found: Rows) -> Json:
    """The list of checks, the newest result of each, and what was written down so far."""
    kind = ticket.device.model.kind if ticket and ticket.device else ""
    fault = ticket.fault_class.code if ticket and ticket.fault_class else ""
    chosen = visit.checklist or checklists.choose(found.checklists, kind, fault)
    names = ("code", "version", "name", "procedure", "items")
    lines = found.records.get(visit.pk, [])
    readings = [one for one in lines if one.kind == VisitRecord.Kind.READING and "held" not in one.data]
    return {
        "checklist": {name: getattr(chosen, name) for name in names} if chosen else None,
        "results": {
            one.data["item"]: {"value": one.data["value"], "ok": one.data["ok"], "at": one.at} for one in readings
        },
        "records": [_record(one) for one in lines],
    }


def _record(one: VisitRecord) -> Json:
    return {
        "key": one.client_key,
        "kind": one.kind,
        "at": one.at,
        "by": one.by.name if one.by else "",
        "text": one.body,
        "is_public": one.is_public,
        "file": one.file.name if one.file else "",
        "item": one.data.get("item", ""),
    }


def _request(one: PartRequest) -> Json:
    return {
        "request": one.pk,
        "number": one.number,
        "state": one.state,
        "state_text": one.get_state_display(),
        "where": WHERE.get(PartRequest.State(one.state), "depot"),
        "expected_at": one.expected_at,
        "carrier": one.carrier,
        "waybill": one.waybill,
        "lines": [_line(line) for line in one.wanted],  # type: ignore[attr-defined]
    }


def _line(line: Any) -> Json:
    return {
        "line": line.pk,
        "part": line.part_id,
        "code": line.part.code,
        "name": line.part.name,
        "quantity": line.quantity,
        "used": line.used,
        "unused": line.unused,
        "is_serialised": line.part.is_serialised,
        "serials": line.serials,
    }


def _fits(ticket: Ticket | None, found: Rows) -> list[Json]:
    parts = found.fits.get(ticket.device.model_id, []) if ticket and ticket.device else []
    return [{"part": part.pk, "code": part.code, "name": part.name} for part in parts]


def fields(ticket: Ticket | None, visit: Visit) -> Json:
    """What may be edited on the phone, as it stands: the base of an edit."""
    if ticket is None:
        return {}
    fault = ticket.fault_class
    others = [one for one in ticket.planned if one["id"] != visit.pk]  # type: ignore[attr-defined]
    at = others[0]["at"] if others else ""
    return {
        "fault_class": {"value": fault.code if fault else "", "text": fault.name if fault else ""},
        "place": {"value": ticket.place, "text": ticket.place},
        "next_visit": {"value": at, "text": at},
    }
