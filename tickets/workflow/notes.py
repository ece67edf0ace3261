"""What is written down at the site: it stands in the record of the visit and in the story of its ticket."""

from __future__ import annotations

from datetime import datetime

from django.core.files.uploadedfile import UploadedFile

from people.models import User
from sla.evidence import NOW, Evidence
from tickets.models import Ticket
from tickets.states import OPEN, allows
from tickets.workflow import telling
from tickets.workflow.act import Act, E, act
from visits import dispatch
from visits.models import Visit, VisitRecord


def note_on_site(
    ticket: Ticket,
    visit: Visit,
    kind: str,
    *,
    text: str = "",
    photo: UploadedFile | None = None,
    is_public: bool = False,
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
    **data: str,
) -> VisitRecord:
    """A note or a photo (`kind`) of a visit for the ticket. Public, it is a word to the hospital, told from now on.

    A photo without a text is no answer of substance: it stops no clock.
    """
    with act(ticket, "note", by=by, now=now) as doing:
        is_public = is_public and allows(doing.ticket.status, "answer")
        event = doing.event(
            E.ANSWER if is_public else E.NOTE,
            public=is_public,
            body=text,
            at=evidence.happened(now),
            files=[photo] if photo else [],
            visit=visit.pk,
        )
        if is_public and text:
            _tell(doing, text, f"event:{event.pk}")
        link = event.files.select_related("attachment").first()
        return dispatch.record(
            visit,
            kind,
            by=by,
            now=now,
            evidence=evidence,
            body=text,
            file=link.attachment if link else None,
            is_public=is_public,
            data=data,
        )


def _tell(doing: Act, text: str, key: str) -> None:
    if doing.ticket.status in OPEN:
        doing.respond()
    telling.hospital(doing, "ticket.answered", key=key, text=text)
