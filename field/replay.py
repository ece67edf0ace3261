"""An act that was kept back, done after all (T101): through the same verb, at its own time, as its own person's."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile

from attachments import storage
from attachments.models import Attachment
from field import bodies, edits, refusals
from field.deeds import DEEDS, Deed
from field.models import Held
from people.models import User
from sla.evidence import Evidence
from tickets.models import Ticket
from visits.models import Visit, VisitRecord


def replay(held: Held, *, by: User, now: datetime) -> str:
    """Do it. Answers in a sentence what could not be done of it; empty when all was.

    A field is changed in the name of the lead who decides (`by`), all else in that of who did it. The line of what the
    phone sent stays as it is; what is done now stands beside it. Raises `tickets.states.Refused` with the sentence.
    """
    with refusals.in_words():
        visit = Visit.objects.select_related("site", "hospital", "timeline", "checklist").get(pk=held.visit_id)
        ticket = Ticket.objects.filter(visits__visit=visit).select_related("fault_class", "device__model").first()
        deed = Deed(visit, ticket, {}, {}, _evidence(held.record), held.person, now)
        if held.kind == "edit":
            edits.settle(deed.needs_ticket(), held.record, by=by, now=now)
            return ""
        deed.body, deed.files = bodies.read(held.body), _files(held.record)
        DEEDS[held.kind](deed)
    return deed.detail


def _evidence(record: VisitRecord) -> Evidence:
    """The moment as the phone told it, under a key of its own: the phone's is taken by the line that was kept."""
    ahead = record.clock_offset_ms
    told = record.at + timedelta(milliseconds=ahead)
    key = uuid5(record.client_key, "done after all") if record.client_key else None
    return Evidence(told, record.device_id, ahead, key, is_granted=True)


def _files(record: VisitRecord) -> dict[str, UploadedFile]:
    """What was sent with it, as it would come from the phone: each verb stores its own."""
    keys: dict[str, str] = record.data.get("files", {})
    stored = {row.key: row for row in Attachment.objects.filter(key__in=keys.values())}
    return {name: _upload(stored[UUID(key)]) for name, key in keys.items()}


def _upload(row: Attachment) -> UploadedFile:
    return SimpleUploadedFile(row.name, storage.full_path(row.path).read_bytes(), row.content_type)
