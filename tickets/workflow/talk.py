"""What people say about a ticket: to the hospital, from it, and among colleagues."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from people.models import User
from tickets import priorities
from tickets.models import Ticket
from tickets.states import OPEN, Refused, Status
from tickets.workflow import telling, triage
from tickets.workflow.act import E, act, needed


def answer(ticket: Ticket, *, by: User, text: str, files: Sequence[UploadedFile] = (), now: datetime) -> Ticket:
    """A word to the hospital. The first one of a technician meets the response clock (A1), each is an update."""
    text = needed(text, _("Write what you tell the hospital."))
    with act(ticket, "answer", by=by, now=now) as doing:
        event = doing.event(E.ANSWER, public=True, body=text, files=files)
        doing.respond()
        telling.hospital(doing, "ticket.answered", key=f"event:{event.pk}", text=text)
    return doing.ticket


def note(ticket: Ticket, *, by: User, text: str, files: Sequence[UploadedFile] = (), now: datetime) -> Ticket:
    """A word among colleagues: the hospital never sees it, so it stops no clock (A1, T017)."""
    text = needed(text, _("Write the note first."))
    with act(ticket, "note", by=by, now=now) as doing:
        doing.event(E.NOTE, public=False, body=text, files=files)
    return doing.ticket


def words(ticket: Ticket, *, by: User, text: str, files: Sequence[UploadedFile] = (), now: datetime) -> Ticket:
    """The hospital adds something. It answers nothing, so it stops no clock."""
    text = needed(text, _("Write what you want to tell us."))
    with act(ticket, "words", by=by, now=now) as doing:
        event = doing.event(E.WORDS, public=True, body=text, files=files)
        tell = telling.here if doing.ticket.status == Status.HOSPITAL else telling.handlers
        tell(doing, "ticket.words", key=f"event:{event.pk}", text=text)
    return doing.ticket


def log_call(
    ticket: Ticket,
    *,
    by: User,
    started_at: datetime,
    seconds: int,
    summary: str,
    answered: bool,
    hang_up_reason: str = "",
    now: datetime,
) -> Ticket:
    """Put a call on record (A7). `answered`: the caller was told something of substance.

    Such a call is an answer: the hospital reads its summary, and it counts from now, when it is
    recorded, not from the time typed in (T029). Another call is an internal line. Ending a call about
    a node down that is not solved demands the reason; `Refused` otherwise.
    """
    summary = needed(summary, _("Write what was said in the call."))
    hang_up_reason = hang_up_reason.strip()
    if started_at > now:
        raise Refused(_("The call's start lies in the future."))
    with act(ticket, "log_call", by=by, now=now) as doing:
        row = doing.ticket
        if row.status == Status.HOSPITAL:
            # Somebody rang about what their technician has: the company knows of it from the call's start.
            triage.notify(doing, at=max(started_at, row.created_at), how="call")
        unsolved = row.status in OPEN
        if unsolved and priorities.is_node_down(row.fault_class) and not hang_up_reason:
            raise Refused(_("This fault is not solved: say why the call was ended (A7)."))
        event = doing.event(
            E.CALL, public=answered, body=summary, at=started_at, seconds=seconds, hang_up_reason=hang_up_reason
        )
        if answered and unsolved:
            doing.respond()
            telling.hospital(doing, "ticket.answered", key=f"event:{event.pk}", text=summary)
    return doing.ticket
