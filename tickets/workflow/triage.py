"""The hospital's technician goes first (A3): no clock of the company runs until the fault is passed on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audit import trail
from people.models import Hospital, Role, User
from sla.facts import Kind as FactKind
from tickets import triage
from tickets.models import Ticket, TriageSetting
from tickets.states import Refused, Status
from tickets.workflow import telling
from tickets.workflow.act import Act, E, act, each, needed
from tickets.workflow.terms import clock_terms


def pass_on(ticket: Ticket, *, by: User, reason: str = "", now: datetime) -> Ticket:
    """Send it to the company: this moment is the notification, the response clock starts (A1, A3)."""
    with act(ticket, "pass_on", by=by, now=now) as doing:
        if by.role == Role.HOSPITAL_STAFF and doing.ticket.reporter_id != by.pk:
            raise Refused(_("Only your technician or whoever reported it can send it to the company."))
        how = {Role.HOSPITAL_TECHNICIAN: "technician", Role.HOSPITAL_STAFF: "reporter"}.get(Role(by.role), "company")
        notify(doing, at=now, how=how, reason=reason.strip())
    return doing.ticket


def notify(doing: Act, *, at: datetime, how: str, reason: str = "") -> None:
    """Tell the company of what waited at the hospital; `at` is when it was told, as for any other fault."""
    ticket = doing.ticket
    doing.move("pass_on")
    doing.change(reminders=0)
    event = doing.event(E.PASSED_ON, public=True, body=reason, at=at, how=how)
    doing.fact(FactKind.NOTIFIED, at=at, data=clock_terms(ticket, at))
    due = ticket.timeline.deadlines.filter(code="response").values_list("due_at", flat=True).first()
    operators = telling.on_duty(doing, Role.OPERATOR, Role.LEAD)
    telling.tell(doing, "ticket.filed", operators, key=f"event:{event.pk}", text=reason or ticket.description)
    due_at = due.isoformat() if due else ""
    telling.here(doing, "ticket.passed_on", key=f"event:{event.pk}:hospital", text=reason, due_at=due_at)


def solve_here(ticket: Ticket, *, by: User, text: str, now: datetime) -> Ticket:
    """Solved by the hospital itself: the company was never asked, the case is on record."""
    text = needed(text, _("Say what helped; your colleague reads this."))
    with act(ticket, "solve_here", by=by, now=now) as doing:
        doing.move("solve_here")
        doing.change(solution=text, solved_at=now, closed_at=now, reminders=0)
        event = doing.event(E.SOLVED_HERE, public=True, body=text)
        telling.here(doing, "ticket.solved_here", key=f"event:{event.pk}", text=text)
    return doing.ticket


def configure(
    hospital: Hospital,
    *,
    is_on: bool,
    keeps_urgent: bool,
    remind_after: int,
    pass_on_after: int,
    by: User,
    now: datetime,
) -> TriageSetting:
    """Change whether and how the technician goes first. What waits already follows the new limits."""
    if pass_on_after <= remind_after:
        raise Refused(_("It has to go to the company after the reminder, not before."))
    chosen: dict[str, Any] = {
        "is_on": is_on,
        "keeps_urgent": keeps_urgent,
        "remind_after": remind_after,
        "pass_on_after": pass_on_after,
    }
    setting, _made = TriageSetting.objects.update_or_create(
        hospital=hospital, defaults={**chosen, "changed_by": by, "changed_at": now}
    )
    trail.note("tickets.triage_changed", hospital, by=by, now=now, **chosen)
    return setting


def follow_triage(now: datetime) -> int:
    """Remind technicians, and pass on what waited too long or whose hospital no longer triages; how many tickets."""
    waiting = Ticket.objects.filter(status=Status.HOSPITAL).select_related("hospital__triage").order_by("created_at")

    def follow(ticket: Ticket) -> bool:
        setting = getattr(ticket.hospital, "triage", None)
        if setting is None or not setting.is_on or ticket.created_at + setting.passing <= now:
            return _by_itself(ticket, now)
        return ticket.created_at + setting.reminding <= now and not ticket.reminders and _remind(ticket, now)

    return each(waiting, follow)


def _by_itself(ticket: Ticket, now: datetime) -> bool:
    with act(ticket, None, by=None, now=now) as doing:
        if doing.ticket.status != Status.HOSPITAL:
            return False
        notify(doing, at=now, how="limit")
    return True


def _remind(ticket: Ticket, now: datetime) -> bool:
    with act(ticket, None, by=None, now=now) as doing:
        row = doing.ticket
        if row.status != Status.HOSPITAL or row.reminders:
            return False
        doing.change(reminders=1)
        telling.tell(doing, "ticket.triage", triage.technicians(row.hospital), key="triage:reminder", reminder=1)
    return True
