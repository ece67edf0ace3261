"""A ticket stands still, for a reason that contracts accept."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from people.models import User
from sla.deadlines import FURTHEST
from sla.facts import Kind as FactKind
from sla.models import PauseReason
from tickets.models import Ticket, TicketEvent
from tickets.states import Refused, Status
from tickets.workflow import telling
from tickets.workflow.act import Act, E, act, each


def wait(
    ticket: Ticket,
    *,
    by: User,
    reason: PauseReason,
    note: str,
    until: datetime | None = None,
    now: datetime,
) -> Ticket:
    """Stand still because of the hospital; only clocks whose commitment accepts `reason` pause (T030).

    `until`: the moment agreed with the hospital, at which clocks and ticket go on by themselves.
    The hospital reads reason and note.
    """
    if not reason.is_active:
        raise Refused(_("This reason is no longer in use."))
    if until is not None and until <= now:
        raise Refused(_("The end of the wait must lie ahead."))
    if until is not None and until > now + FURTHEST:
        raise Refused(_("The end of the wait lies more than a year ahead."))
    with act(ticket, "wait", by=by, now=now) as doing:
        event = stand_still(doing, reason, note=note.strip(), until=until)
        telling.hospital(doing, "ticket.waiting", key=f"event:{event.pk}", text=note.strip(), reason=reason.name)
    return doing.ticket


def stand_still(doing: Act, reason: PauseReason, *, note: str, until: datetime | None) -> TicketEvent:
    """Begin a wait, or move the end of the one that stands; whoever calls tells people."""
    if doing.ticket.status != Status.WAITING:
        doing.change(resume_to=doing.ticket.status)
        doing.move("wait")
    doing.change(wait_until=until)
    terms = {"reason": reason.code, "note": note, "until": until.isoformat() if until else None}
    event = doing.event(E.WAITING, public=True, body=note, reason=reason.name, until=terms["until"])
    doing.fact(FactKind.PAUSED, data=terms)
    return event


def resume(ticket: Ticket, *, by: User, now: datetime) -> Ticket:
    """Go on where the wait began."""
    with act(ticket, "resume", by=by, now=now) as doing:
        go_on(doing)
    return doing.ticket


def go_on(doing: Act) -> None:
    """End the wait now: the state in which it began, and the clocks from where they stood."""
    doing.back_from_wait()
    doing.event(E.RESUMED, public=True)
    doing.fact(FactKind.RESUMED)


def end_waits(now: datetime) -> int:
    """Take every ticket whose agreed moment has come back to where its wait began; how many.

    The clocks went on at that moment by themselves; this only moves the state, as often as it is called.
    """

    def end(ticket: Ticket) -> bool:
        with act(ticket, None, by=None, now=now) as doing:
            until = doing.ticket.wait_until
            if doing.ticket.status != Status.WAITING or until is None or until > now:
                return False
            doing.back_from_wait()
            doing.event(E.RESUMED, public=True, at=until)
        return True

    return each(Ticket.objects.filter(status=Status.WAITING, wait_until__lte=now).order_by("wait_until"), end)
