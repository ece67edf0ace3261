"""What each kind of act of a phone does: the same verbs that pages and the API call (docs/field.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from attachments import storage
from attachments.models import Attachment
from field import edits
from people.models import User
from sla.evidence import Evidence
from spares.models import Part, PartRequest, RequestLine
from spares.requests import Wanted
from tickets.models import FaultClass, Ticket
from tickets.states import Refused
from tickets.workflow import notes, onsite, parts, visiting
from visits import checklists, dispatch, signing
from visits.dispatch import Position, Presence
from visits.models import Checklist, Visit, VisitRecord

Kind = VisitRecord.Kind


@dataclass(slots=True)
class Deed:
    """An act at work. `body` is as `field.bodies` read it; `flags` and `detail` are what the phone is answered."""

    visit: Visit
    ticket: Ticket | None
    body: dict[str, Any]
    files: dict[str, UploadedFile]
    evidence: Evidence
    by: User
    now: datetime
    flags: list[str] = field(default_factory=list)
    detail: str = ""

    @property
    def told(self) -> dict[str, Any]:
        """What every verb asks."""
        return {"by": self.by, "now": self.now, "evidence": self.evidence}

    def accept(self, name: str) -> Attachment | None:
        """The picture of this name, stored."""
        if (upload := self.files.get(name)) is None:
            return None
        return storage.accept_picture(upload, hospital=self.visit.hospital, by=self.by, now=self.now)

    def needs_ticket(self) -> Ticket:
        """Raises `Refused` for a visit that serves none."""
        if self.ticket is None:
            raise Refused(_("This visit belongs to no ticket."))
        return self.ticket


def _depart(deed: Deed) -> None:
    if deed.ticket is None:
        dispatch.depart(deed.visit, **deed.told)
    else:
        onsite.depart(deed.ticket, visit=deed.visit, **deed.told)


def _arrive(deed: Deed) -> None:
    body, photo = deed.body, deed.accept("photo")
    where = body["position"]
    position = Position(where["latitude"], where["longitude"], round(where["accuracy_m"])) if where else None
    presence = Presence(position=position, code=body["code"], reason=body["reason"])
    if deed.ticket is None:
        dispatch.arrive(deed.visit, presence=presence, file=photo, **deed.told)
    else:
        onsite.arrive(deed.ticket, visit=deed.visit, presence=presence, file=photo, **deed.told)


def _start(deed: Deed) -> None:
    if deed.ticket is None:
        dispatch.start(deed.visit, **deed.told)
    else:
        visiting.start_work(deed.ticket, deed.visit, **deed.told)


def _leave(deed: Deed) -> None:
    if deed.ticket is None:
        dispatch.leave(deed.visit, **deed.told)
    else:
        visiting.leave_site(deed.ticket, deed.visit, **deed.told)


def _note(deed: Deed) -> None:
    _write(deed, Kind.NOTE)


def _photo(deed: Deed) -> None:
    if "photo" not in deed.files:
        raise Refused(_("The photo is missing."))
    _write(deed, Kind.PHOTO, item=deed.body["item"])


def _write(deed: Deed, kind: str, **data: str) -> None:
    text, is_public = deed.body["text"], deed.body["is_public"]
    if deed.ticket is None:
        file = deed.accept("photo")
        dispatch.record(deed.visit, kind, body=text, file=file, is_public=is_public, data=data, **deed.told)
        return
    said = {"text": text, "photo": deed.files.get("photo"), "is_public": is_public, **data}
    notes.note_on_site(deed.ticket, deed.visit, kind, **said, **deed.told)


def _reading(deed: Deed) -> None:
    """A reading out of range asks for a photo and a sentence, and blocks nothing."""
    body, used = deed.body, _checklist(deed)
    check = checklists.item(used.items, body["item"]) if used else None
    try:
        fine = checklists.judge(check, body["value"]) if check else None
    except ValueError as error:
        raise Refused(_("“%(value)s” is no answer to this check.") % {"value": body["value"]}) from error
    if fine is False:
        deed.flags.append("out_of_range")
    data = {"item": body["item"], "value": body["value"], "ok": fine, "unit": check.get("unit", "") if check else ""}
    dispatch.record(deed.visit, Kind.READING, body=body["text"], data=data, **deed.told)


def _checklist(deed: Deed) -> Checklist | None:
    """The list that this visit uses, from the first reading on: the phone's version, else the one that fits."""
    if deed.visit.checklist is not None:
        return deed.visit.checklist
    said, lists = deed.body["checklist"], Checklist.objects.filter(published_at__isnull=False)
    found = lists.filter(code=said["code"], version=said["version"]).first() if said else None
    if found is None:
        device = deed.ticket.device if deed.ticket else None
        fault: FaultClass | None = deed.ticket.fault_class if deed.ticket else None
        kind = device.model.kind if device else ""
        found = checklists.choose(checklists.published(), kind, fault.code if fault else "")
    Visit.objects.filter(pk=deed.visit.pk, checklist=None).update(checklist=found)
    return found


def _part(deed: Deed) -> None:
    """What is fitted has come: a parcel that nobody signed for yet is signed for by the engineer."""
    ticket, body, line = deed.needs_ticket(), deed.body, _line(deed)
    said = {name: body[name] for name in ("serial", "quantity", "faulty_serial")}
    parts.fit_part(ticket, line.request, line, **said, **deed.told)
    data = {
        "part": line.part.code,
        "name": line.part.name,
        "quantity": body["quantity"],
        "serial_in": body["serial"],
        "serial_out": body["faulty_serial"],
        "request": line.request.number,
    }
    dispatch.record(deed.visit, Kind.PART, data=data, **deed.told)


def _unused(deed: Deed) -> None:
    """What came and is not needed goes back to its depot."""
    ticket, body, line = deed.needs_ticket(), deed.body, _line(deed)
    said = {name: body[name] for name in ("serial", "quantity")}
    parts.unused_part(ticket, line.request, line, **said, reason=body["text"], **deed.told)
    data = {"unused": line.part.code, "name": line.part.name, **said, "request": line.request.number}
    named = " ".join(filter(None, (line.part.name, body["serial"] or f"× {body['quantity']}")))
    words = " · ".join(filter(None, (named, _("not needed, goes back to the depot"), body["text"])))
    dispatch.record(deed.visit, Kind.NOTE, body=words, data=data, **deed.told)


def _line(deed: Deed) -> RequestLine:
    """The line that is spoken of. Whoever holds its part has got it: a parcel on its way is signed for then."""
    ticket = deed.needs_ticket()
    lines = RequestLine.objects.select_related("request", "part").filter(request__ticket_link__ticket=ticket)
    line = lines.filter(pk=deed.body["line"]).first()
    if line is None:
        raise Refused(_("This part was not sent for this ticket."))
    if line.request.state == PartRequest.State.SHIPPED:
        parts.deliver_part(ticket, line.request, received_by=deed.by.name, by=deed.by, now=deed.now,
                           evidence=_received(deed, line.request))  # fmt: skip
        line.request.refresh_from_db()
    return line


def _received(deed: Deed, request: PartRequest) -> Evidence:
    """The same moment without the sender's key, which names one row of each kind only.

    Never before it was handed over: whoever has the part in hand shows that the depot wrote that down too late.
    """
    told, shipped_at = deed.evidence, request.shipped_at
    if shipped_at is not None and told.happened(deed.now) < shipped_at:
        return Evidence(shipped_at, told.device_id)
    return Evidence(told.at, told.device_id, told.clock_offset_ms)


def _ask_part(deed: Deed) -> None:
    request = _ask(deed, deed.body["parts"], deed.body["reason"])
    dispatch.record(deed.visit, Kind.NOTE, body=deed.body["reason"], data={"asked": request.number}, **deed.told)


def _ask(deed: Deed, said: list[dict[str, int]], reason: str) -> PartRequest:
    known = Part.objects.in_bulk([one["part"] for one in said])
    if missing := [one["part"] for one in said if one["part"] not in known]:
        raise Refused(_("There is no part %(key)s.") % {"key": missing[0]})
    wanted = [Wanted(known[one["part"]], one["quantity"]) for one in said]
    return parts.ask_part(deed.needs_ticket(), wanted, reason=reason, origin=PartRequest.Origin.VISIT, **deed.told)


def _finish(deed: Deed) -> None:
    """The work is over; with parts that are asked for, and another visit, as far as the calendar allows it."""
    body = deed.body
    said = {name: body[name] for name in ("outcome", "found", "done")}
    if deed.ticket is None:
        dispatch.finish(deed.visit, **said, **deed.told)
        return
    visiting.finish_visit(deed.ticket, deed.visit, **said, **deed.told)
    if body["parts"]:
        _ask(deed, body["parts"], body["found"][:200])
    if body["next_at"] is not None and body["outcome"] in {Visit.Outcome.PART, Visit.Outcome.RETURN}:
        _come_again(deed, body["next_at"])


def _come_again(deed: Deed, at: datetime) -> None:
    """What was done is done: an hour that cannot be is told and left to the dispatcher."""
    try:
        with transaction.atomic():
            visiting.send(deed.needs_ticket(), engineer=deed.by, starts_at=at, by=deed.by, now=deed.now)
    except Refused as refused:
        deed.detail = refused.sentence


def _sign(deed: Deed) -> None:
    names = ("is_solved", "satisfaction", "name", "department", "refusal")
    said = {name: deed.body[name] for name in names}
    said |= {"image": deed.accept("signature"), "engineer_image": deed.accept("engineer_signature")}
    if deed.ticket is None:
        signing.sign(deed.visit, **said, **deed.told)
    else:
        visiting.sign_visit(deed.ticket, deed.visit, **said, **deed.told)


def _edit(deed: Deed) -> None:
    edits.edit(deed.needs_ticket(), deed.visit, deed.body, **deed.told)


DEEDS: dict[str, Callable[[Deed], None]] = {
    "depart": _depart,
    "arrive": _arrive,
    "start": _start,
    "leave": _leave,
    "note": _note,
    "photo": _photo,
    "reading": _reading,
    "part": _part,
    "unused": _unused,
    "ask_part": _ask_part,
    "finish": _finish,
    "sign": _sign,
    "edit": _edit,
}
STEPS = frozenset({"depart", "arrive", "start", "finish", "leave"})


LINES = {
    **dict.fromkeys(STEPS, Kind.STEP),
    "photo": Kind.PHOTO,
    "reading": Kind.READING,
    "part": Kind.PART,
    "edit": Kind.EDIT,
    "sign": Kind.SIGNATURE,
}


def keep(deed: Deed, reason: str) -> None:
    """Write down an act of somebody who has lost the visit, and change nothing: files, and all that was said."""
    kind = deed.body["kind"]
    stored = {name: file for name in deed.files if (file := deed.accept(name)) is not None}
    said = {name: value for name, value in deed.body.items() if name in {"item", "value", "field"}}
    if kind in STEPS:
        said |= {"step": kind, "moved": False, "flags": [reason]}
    data = {"held": kind, **said, "files": {name: str(file.key) for name, file in stored.items()}}
    text = deed.body.get("text") or deed.body.get("reason") or deed.body.get("refusal") or ""
    file = next(iter(stored.values()), None)
    dispatch.record(deed.visit, LINES.get(kind, Kind.NOTE), body=text, file=file, data=data, **deed.told)
