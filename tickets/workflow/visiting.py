"""Plans and the end of visits for a ticket (A2, A8): whom to send and when, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from people import travel
from people.models import User
from sla.evidence import NOW, Evidence
from sla.models import PauseReason
from tickets import service_report
from tickets.models import Ticket, TicketEvent
from tickets.states import Refused, Status, allows
from tickets.workflow import telling
from tickets.workflow.act import Act, E, act, subject
from tickets.workflow.ending import solve
from tickets.workflow.onsite import end_visits, is_kept, is_repeated, keep, link, said, standing
from tickets.workflow.waits import stand_still
from visits import dispatch, signing, ways
from visits.models import Visit

NO_ACCESS = "no_access"
"""The code of the reason to wait when nobody let the engineer in."""


def send(
    ticket: Ticket,
    *,
    engineer: User,
    starts_at: datetime,
    ends_at: datetime | None = None,
    crew: Sequence[User] = (),
    minutes: int | None = None,
    reason: str = "",
    by: User,
    now: datetime,
) -> Ticket:
    """Plan a visit: the engineer has the work and is booked, the hospital is told who comes when.

    `starts_at`: at the site. `minutes`: a way that the dispatcher knows better, with its `reason`.
    """
    if minutes is not None and not reason.strip():
        raise Refused(_("Say why the way takes another time than the table says."), field="reason")
    with act(ticket, "send", by=by, now=now) as doing:
        row = doing.ticket
        if standing(doing) is not None:
            raise Refused(_("A visit is planned already. Move it, or call it off first."))
        with said():
            dispatch.check_start(starts_at, now)
        travel.ensure(row.site, now)
        found = ways.way(engineer, row.site, starts_at)
        way = found if minutes is None else ways.by_hand(found, minutes, reason.strip())
        with said():
            visit = dispatch.plan(
                row.site,
                purpose=Visit.Purpose.REPAIR,
                subject=subject(row),
                engineer=engineer,
                starts_at=starts_at,
                ends_at=ends_at,
                crew=crew,
                timeline=row.timeline,
                way=way,
                by=by,
                now=now,
            )
        link(doing, visit)
        _give(doing, engineer)
        _announce(doing, visit, "planned", engineer, crew)
    return doing.ticket


def move_visit(
    ticket: Ticket, visit: Visit, *, starts_at: datetime, ends_at: datetime | None = None, by: User, now: datetime
) -> Ticket:
    """Move a planned visit to another time; the hospital is told."""
    with act(ticket, None, by=by, now=now) as doing:
        _check_own(doing, visit)
        with said():
            moved = dispatch.replan(visit, starts_at=starts_at, ends_at=ends_at, by=by, now=now)
        _announce(doing, moved, "moved", _lead(moved))
    return doing.ticket


def reassign_visit(ticket: Ticket, visit: Visit, *, engineer: User, by: User, now: datetime) -> Ticket:
    """Give a visit to another engineer, also one that is on the way; the hospital is told."""
    with act(ticket, None, by=by, now=now) as doing:
        row = doing.ticket
        _check_own(doing, visit)
        before = _lead(visit)
        way = ways.way(engineer, row.site, max(visit.starts_at, now), apart_from=visit)
        with said():
            given = dispatch.reassign(visit, engineer, way=way, by=by, now=now)
        if row.status == Status.TRAVEL:
            doing.move("turn_back")
        _give(doing, engineer)
        event = _announce(doing, given, "reassigned", engineer)
        telling.tell(doing, "ticket.visit_off", [before], key=f"event:{event.pk}")
    return doing.ticket


def call_off(ticket: Ticket, visit: Visit, *, reason: str, by: User, now: datetime) -> Ticket:
    """Nobody comes; the hospital and the engineer read the reason."""
    with act(ticket, None, by=by, now=now) as doing:
        _check_own(doing, visit)
        before = _lead(visit)
        with said():
            dispatch.cancel(visit, reason=reason, by=by, now=now)
        if doing.ticket.status == Status.TRAVEL:
            doing.move("turn_back")
        doing.change(expected_arrival_at=None)
        event = doing.event(E.VISIT, public=True, body=reason.strip(), how="called_off", visit=visit.pk)
        telling.tell(doing, "ticket.visit_off", [before], key=f"event:{event.pk}", reason=reason.strip())
        telling.hospital(doing, "ticket.visit_off", key=f"event:{event.pk}", reason=reason.strip())
    return doing.ticket


def start_work(ticket: Ticket, visit: Visit, *, by: User, evidence: Evidence = NOW, now: datetime) -> Ticket:
    """The engineer begins to work."""
    with act(ticket, None, by=by, now=now) as doing:
        _check_own(doing, visit)
        if not is_repeated(doing, evidence):
            with said():
                at_work = dispatch.start(visit, by=by, now=now, evidence=evidence)
            _note(doing, at_work, "started")
    return doing.ticket


def finish_visit(
    ticket: Ticket,
    visit: Visit,
    *,
    outcome: str,
    found: str = "",
    done: str = "",
    by: User,
    evidence: Evidence = NOW,
    now: datetime,
) -> Ticket:
    """The work there is over. Solved: the ticket is. Needs a part, or has to come again: a visit is owed once more.

    Could not get in: it waits for the hospital (`NO_ACCESS`). A ticket that went on meanwhile is left as it is.
    """
    with act(ticket, None, by=by, now=now) as doing:
        _check_own(doing, visit)
        if is_repeated(doing, evidence):
            return doing.ticket
        if outcome == Visit.Outcome.SOLVED and not (found.strip() and done.strip()) and not evidence.is_told:
            raise Refused(_("Say what was found and what was done; the hospital reads this."))
        with said():
            row = dispatch.finish(visit, outcome=outcome, found=found, done=done, by=by, now=now, evidence=evidence)
        if is_kept(row):
            keep(doing, row)
            return doing.ticket
        _note(doing, row, "finished", public=True, outcome=outcome)
        if row.state == Visit.State.DONE and row.step_line.data["moved"] and _waits_for(doing.ticket, outcome):
            _go_on(doing, row, evidence)
    return doing.ticket


def leave_site(ticket: Ticket, visit: Visit, *, by: User, evidence: Evidence = NOW, now: datetime) -> Ticket:
    """The engineer leaves."""
    with act(ticket, None, by=by, now=now) as doing:
        _check_own(doing, visit)
        if not is_repeated(doing, evidence):
            with said():
                dispatch.leave(visit, by=by, now=now, evidence=evidence)
    return doing.ticket


def sign_visit(
    ticket: Ticket, visit: Visit, *, by: User, evidence: Evidence = NOW, now: datetime, **said_: Any
) -> Ticket:
    """The customer's word, and the report that is made from what stands now; `signing.sign` names the rest."""
    with act(ticket, None, by=by, now=now) as doing:
        _check_own(doing, visit)
        if is_repeated(doing, evidence):
            return doing.ticket
        with said():
            signature = signing.sign(visit, by=by, now=now, evidence=evidence, **said_)
        doing.event(
            E.VISIT,
            public=True,
            body=signature.refusal,
            at=signature.signed_at,
            how="unsigned" if signature.refusal else "signed",
            to=signature.name,
            visit=visit.pk,
        )
        service_report.freeze(doing.ticket, visit, now=now)
    return doing.ticket


def _check_own(doing: Act, visit: Visit) -> None:
    if not doing.ticket.visits.filter(visit=visit).exists():
        raise Refused(_("This visit belongs to another ticket."))


def _lead(visit: Visit) -> User | None:
    row = visit.crew.filter(is_lead=True, released_at=None).select_related("engineer").first()
    return row.engineer if row else None


def _give(doing: Act, engineer: User) -> None:
    """Whoever is sent has the work."""
    if doing.ticket.assignee_id != engineer.pk:
        doing.change(assignee=engineer, team=engineer.team)


def _announce(doing: Act, visit: Visit, step: str, engineer: User | None, crew: Sequence[User] = ()) -> TicketEvent:
    """Who comes when: on the story, to the crew, to the hospital."""
    doing.change(expected_arrival_at=visit.expected_arrival_at)
    who, starts_at = engineer.name if engineer else "", visit.starts_at.isoformat()
    event = doing.event(E.VISIT, public=True, how=step, to=who, starts_at=starts_at, visit=visit.pk)
    context = {"key": f"event:{event.pk}", "engineer": who, "starts_at": starts_at}
    telling.tell(doing, "ticket.visit_planned", [engineer, *crew], **context)
    telling.hospital(doing, "ticket.visit_planned", **context)
    return event


def _note(doing: Act, visit: Visit, step: str, *, public: bool = False, **more: Any) -> None:
    told = visit.step_line
    if is_kept(visit):
        keep(doing, visit)
    else:
        doing.event(E.VISIT, public=public, at=told.at, how=step, visit=visit.pk, **more)


def _waits_for(ticket: Ticket, outcome: str) -> bool:
    """Whether the ticket still waits for what came of the visit."""
    if outcome == Visit.Outcome.SOLVED:
        return ticket.status in {Status.DISPATCH, Status.TRAVEL, Status.ON_SITE}
    return allows(ticket.status, "come_again")


def _go_on(doing: Act, visit: Visit, evidence: Evidence) -> None:
    if visit.outcome == Visit.Outcome.SOLVED:
        cause = visit.found or _("See the report of the visit.")
        solve(doing, cause, visit.done or _("Solved on site."), evidence)
        end_visits(doing, _("Solved meanwhile."))
        return
    doing.move("come_again")
    doing.change(expected_arrival_at=None)
    if visit.outcome == Visit.Outcome.NO_ACCESS:
        reason = PauseReason.objects.get(code=NO_ACCESS)
        event = stand_still(doing, reason, note=visit.found, until=None)
        telling.hospital(doing, "ticket.waiting", key=f"event:{event.pk}", text=visit.found, reason=reason.name)
