"""Solved, confirmed, opened again, withdrawn."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from people.models import Role, User
from sla.evidence import NOW, Evidence
from sla.facts import Kind as FactKind
from tickets.models import Ticket
from tickets.states import Refused, Status
from tickets.workflow import onsite, telling
from tickets.workflow.act import Act, E, act, each, needed
from tickets.workflow.parts import drop_parts
from tickets.workflow.quotes import void_quotes
from tickets.workflow.terms import clock_terms
from tickets.workflow.urgent import return_unserved


def resolve(ticket: Ticket, *, by: User, cause: str, action: str, now: datetime) -> Ticket:
    """Declare it solved; the hospital reads cause and action. Not answered before: this is the answer too."""
    cause = needed(cause, _("Say what the cause was; the hospital reads this."))
    action = needed(action, _("Say what was done; the hospital reads this."))
    with act(ticket, "resolve", by=by, now=now) as doing:
        solve(doing, cause, action)
        onsite.end_visits(doing, _("Solved meanwhile."), found=cause, done=action)
    return doing.ticket


def solve(doing: Act, cause: str, action: str, evidence: Evidence = NOW) -> None:
    """It is solved, at the moment that `evidence` names; a doubtful one waits for a lead's word."""
    doing.name_owner()
    if doing.ticket.status == Status.NEW:
        doing.fact(FactKind.RESPONDED)
    doing.move("resolve")
    text, solved_at = f"{cause}\n{action}", evidence.happened(doing.now)
    doing.change(solution=text, solved_at=solved_at, reminders=0, **NOTHING_AHEAD)
    event = doing.event(E.SOLVED, public=True, body=text, at=solved_at, cause=cause, action=action)
    doing.fact(FactKind.SOLVED, disputed=evidence.is_doubtful(doing.now), **evidence.as_fact(doing.now))
    drop_parts(doing, _("Solved without it."), drafts_only=True)
    telling.hospital(doing, "ticket.solved", key=f"event:{event.pk}", text=text)
    if evidence.is_doubtful(doing.now):
        people = telling.on_duty(doing, Role.LEAD, Role.MANAGER)
        telling.tell(doing, "ticket.solved_late", people, key=f"event:{event.pk}", solved_at=solved_at.isoformat())


NOTHING_AHEAD = {"resume_to": "", "wait_until": None, "expected_arrival_at": None}
"""A ticket that is solved or withdrawn expects nobody and waits for nothing."""


def confirm(ticket: Ticket, *, by: User, now: datetime) -> Ticket:
    """The hospital says that it works again; the ticket is closed."""
    with act(ticket, "confirm", by=by, now=now) as doing:
        _close(doing, how="confirmed")
    return doing.ticket


def _close(doing: Act, how: str) -> None:
    doing.move("confirm")
    doing.change(closed_at=doing.now, offered_to=None)
    event = doing.event(E.CLOSED, public=True, how=how)
    doing.fact(FactKind.CLOSED)
    people = [doing.ticket.owner, doing.ticket.assignee]
    if how == "silence":
        people.append(doing.ticket.reporter)
    telling.tell(doing, "ticket.closed", people, key=f"event:{event.pk}", how=how)


def reopen(ticket: Ticket, *, by: User, reason: str = "", now: datetime) -> Ticket:
    """It is not solved: a new cycle begins, with a new answer owed (worked example 9).

    "It is not solved" needs no reason to be accepted. Refused when it was closed too long ago.
    """
    reason = reason.strip()
    with act(ticket, "reopen", by=by, now=now) as doing:
        row = doing.ticket
        if row.closed_at and now - row.closed_at > settings.TICKET_REOPEN_WITHIN:
            days = settings.TICKET_REOPEN_WITHIN.days
            raise Refused(_("It was closed more than %(days)d days ago; please report it anew.") % {"days": days})
        doing.move("reopen")
        known = row.timeline.facts.filter(kind=FactKind.NOTIFIED).exists()
        doing.change(cycle=row.cycle + known, solved_at=None, closed_at=None)
        event = doing.event(E.REOPENED, public=True, body=reason, cycle=row.cycle)
        if known:
            doing.fact(FactKind.REOPENED)
        else:
            # The hospital had solved it by itself: the company hears of it only now (A3).
            doing.fact(FactKind.NOTIFIED, data=clock_terms(row, now))
        telling.handlers(doing, "ticket.reopened", key=f"event:{event.pk}", reason=reason)
        telling.hospital(doing, "ticket.reopened", key=f"event:{event.pk}", reason=reason)
    return doing.ticket


def cancel(ticket: Ticket, *, by: User, reason: str, now: datetime) -> Ticket:
    """Withdraw it: filed by mistake, or twice. The hospital reads the reason."""
    reason = needed(reason, _("Say why it is withdrawn; the hospital reads this."))
    with act(ticket, "cancel", by=by, now=now) as doing:
        doing.move("cancel")
        void_quotes(doing, reason)
        return_unserved(doing, reason)
        drop_parts(doing, reason, drafts_only=False)
        onsite.end_visits(doing, reason)
        doing.change(closed_at=now, offered_to=None, **NOTHING_AHEAD)
        event = doing.event(E.CANCELLED, public=True, body=reason)
        doing.fact(FactKind.CANCELLED)
        telling.hospital(doing, "ticket.cancelled", key=f"event:{event.pk}", reason=reason)
    return doing.ticket


def close_silent(now: datetime) -> int:
    """Close what nobody at the hospital spoke of for days after "solved": confirmed by silence; how many."""

    def close(ticket: Ticket) -> bool:
        with act(ticket, None, by=None, now=now) as doing:
            if not _still_solved(doing.ticket, ticket):
                return False
            _close(doing, how="silence")
        return True

    return each(_solved_by(now - settings.TICKET_CLOSE_SILENT_AFTER), close)


def _solved_by(moment: datetime) -> QuerySet[Ticket]:
    """What was solved by then and still waits for the hospital's word; nobody is asked about another desk's history."""
    solved = Ticket.objects.filter(status=Status.SOLVED, solved_at__lte=moment)
    return solved.exclude(channel=Ticket.Channel.IMPORT).order_by("solved_at")


def _still_solved(row: Ticket, found: Ticket) -> bool:
    """Whether nobody confirmed or reopened it between finding and locking it."""
    return row.status == Status.SOLVED and row.solved_at == found.solved_at


def remind(now: datetime) -> int:
    """Ask again "is it solved?" after each of the reminder times, once each; how many were asked.

    After an outage only the latest reminder goes out.
    """
    numbered = list(enumerate(settings.TICKET_CONFIRM_REMINDERS, start=1))
    return sum(_ask_again(count, now - after, now) for count, after in reversed(numbered))


def _ask_again(count: int, solved_by: datetime, now: datetime) -> int:
    """Send the `count`th reminder wherever it is due and neither it nor a later one was sent."""

    def ask(ticket: Ticket) -> bool:
        with act(ticket, None, by=None, now=now) as doing:
            row = doing.ticket
            if row.reminders >= count or not _still_solved(row, ticket):
                return False
            doing.change(reminders=count)
            key = f"cycle:{row.cycle}:reminder:{count}"
            telling.hospital(doing, "ticket.solved", key=key, text=row.solution, reminder=count)
        return True

    return each(_solved_by(solved_by).filter(reminders__lt=count), ask)
