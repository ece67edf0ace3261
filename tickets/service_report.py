"""What a service report says of a visit (A8), frozen when it is signed: facts only, worded when it is printed.

The check code is taken from these facts, so that both languages carry the same one and anybody can count it again.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from attachments.models import Attachment
from sla.models import Deadline
from tickets.models import Ticket
from tickets.workflow.verdicts import current
from visits.models import Checklist, ServiceReport, Signature, Visit, VisitRecord

Content = dict[str, Any]
LANGUAGES = ("zh-hans", "en")
"""A report is frozen in each of them; the first is the one that the hospital is sent."""

TOLD = frozenset({Deadline.State.RUNNING, Deadline.State.PAUSED, Deadline.State.MET, Deadline.State.MISSED})
STEPS = ("departed_at", "arrived_at", "started_at", "finished_at", "left_at")


def freeze(ticket: Ticket, visit: Visit, *, now: datetime) -> list[ServiceReport]:
    """Write down what the signed `visit` of `ticket` came to; the paper is made later from these rows alone.

    Call it in the transaction that signed. A report that stands is left as it is: signing twice gives one.
    """
    if standing := list(ServiceReport.objects.filter(visit=visit)):
        return standing
    # What the caller holds may be older than the last word about the visit.
    frozen = content(ticket, Visit.objects.select_related("checklist").get(pk=visit.pk))
    code = check_code(frozen)
    return ServiceReport.objects.bulk_create(
        ServiceReport(
            visit=visit,
            hospital_id=visit.hospital_id,
            language=language,
            content=frozen,
            check_code=code,
            frozen_at=now,
        )
        for language in LANGUAGES
    )


def check_code(frozen: Content) -> str:
    """Twelve letters and figures in groups of four, from the SHA-256 of the content as canonical JSON."""
    canonical = json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    letters = base64.b32encode(hashlib.sha256(canonical.encode()).digest()).decode()[:12]
    return "-".join(letters[at : at + 4] for at in range(0, 12, 4))


def content(ticket: Ticket, visit: Visit) -> Content:
    """The facts of a visit as JSON: instants in UTC, codes instead of words, files by their SHA-256."""
    records = list(visit.records.exclude(data__has_key="held").select_related("by"))
    verdict = current(ticket)
    facts: Content = {
        "format": 1,
        "number": ticket.number,
        "cycle": ticket.cycle,
        "title": ticket.title,
        "hospital": ticket.hospital.name,
        "site": ticket.site.name,
        "place": ticket.place,
        "timezone": ticket.site.timezone,
        "device": _device(ticket),
        "contact": ticket.contact_name or (ticket.reporter.name if ticket.reporter else ""),
        "reported_at": ticket.created_at,
        "visit": visit.pk,
        "purpose": visit.purpose,
        "engineers": [
            row.engineer.name for row in visit.crew.on_record().select_related("engineer").order_by("-is_lead", "pk")
        ],
        **{name: getattr(visit, name) for name in STEPS},
        "check_in": visit.check_in,
        "outcome": visit.outcome,
        "found": visit.found,
        "done": visit.done,
        "notes": [row.body for row in records if row.kind == VisitRecord.Kind.NOTE and row.is_public and row.body],
        "photos": sum(row.kind == VisitRecord.Kind.PHOTO for row in records),
        "readings": _readings(records, visit.checklist),
        "parts": _parts(records),
        "promises": _promises(ticket),
        "who_pays": verdict.outcome if verdict else "",
        "signature": _signature(visit, records),
    }
    # As it comes back from the database, so that the code counted from either is the same.
    return dict(json.loads(json.dumps(facts, cls=DjangoJSONEncoder)))


def _device(ticket: Ticket) -> Content | None:
    if (device := ticket.device) is None:
        return None
    return {"name": device.name, "model": device.model.name, "serial": device.serial}


def _readings(records: Iterable[VisitRecord], used: Checklist | None) -> list[Content]:
    """The last result of each check, in the order in which they were first taken, named by the list that was used."""
    names = {str(one["key"]): str(one["text"]) for one in used.items} if used else {}
    last: dict[str, Content] = {}
    for row in records:
        if row.kind == VisitRecord.Kind.READING:
            item = str(row.data.get("item", ""))
            last[item] = {
                "item": item,
                "name": names.get(item, item),
                "value": str(row.data.get("value", "")),
                "unit": row.data.get("unit") or "",
                "ok": row.data.get("ok"),
                "remark": row.body,
            }
    return list(last.values())


def _parts(records: Iterable[VisitRecord]) -> list[Content]:
    return [
        {
            "part": f"{row.data.get('part', '')} {row.data.get('name', '')}".strip(),
            "quantity": row.data.get("quantity", 1),
            "serial_in": row.data.get("serial_in", ""),
            "serial_out": row.data.get("serial_out", ""),
        }
        for row in records
        if row.kind == VisitRecord.Kind.PART
    ]


def _promises(ticket: Ticket) -> list[Content]:
    """What was promised in this round and what came of it, in the order of the rules."""
    rows = ticket.timeline.deadlines.filter(cycle=ticket.cycle, state__in=TOLD).exclude(code="update")
    return [
        {
            "code": row.code,
            "name": row.commitment.name,
            "clause": row.commitment.clause,
            "due_at": row.due_at,
            "stopped_at": row.stopped_at,
            "state": row.state,
            "margin_seconds": None if row.margin_seconds is None else float(row.margin_seconds),
        }
        for row in rows.select_related("commitment").order_by("commitment__position", "started_at", "id")
    ]


def _signature(visit: Visit, records: Iterable[VisitRecord]) -> Content | None:
    """The hospital's word and the engineer's; `engineer` is who signed, of all who came."""
    row = Signature.objects.filter(visit=visit).select_related("image", "engineer_image").first()
    if row is None:
        return None
    names = [one.by.name for one in records if one.kind == VisitRecord.Kind.SIGNATURE and one.by]
    return {
        "solved": row.is_solved,
        "satisfaction": row.satisfaction,
        "name": row.name,
        "department": row.department,
        "refusal": row.refusal,
        "at": row.signed_at,
        "image": _digest(row.image),
        "engineer_image": _digest(row.engineer_image),
        "engineer": names[-1] if names and row.engineer_image else "",
    }


def _digest(file: Attachment | None) -> str:
    return file.sha256 if file else ""
