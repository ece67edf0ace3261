"""From "it cannot be done remotely" to the engineer at the door (A2, A8).

Who is booked and what happens on a visit is `visits.dispatch`; here stands what it means for the ticket. Plans and the
end of a visit are in `visiting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils.translation import gettext as _

from attachments.models import Attachment
from people import travel
from people.models import Role, User
from sla.evidence import NOW, Evidence
from sla.facts import Kind as FactKind
from sla.models import Fact
from tickets.models import Ticket, TicketEvent, TicketVisit
from tickets.states import Refused, Status, allows
from tickets.workflow import telling
from tickets.workflow.act import Act, E, act, needed, subject
from visits import dispatch, ways
from visits import states as visit_states
from visits.dispatch import AHEAD, Presence
from visits.models import Visit, VisitRecord


def remote_failed(ticket: Ticket, *, by: User, reason: str, now: datetime) -> Ticket:
    """Declare that it cannot be solved remotely; the on-site clock starts (A2). The hospital reads `reason`."""
    reason = needed(reason, _("Say why it cannot be solved remotely; the hospital reads this."))
    with act(ticket, "remote_failed", by=by, now=now) as doing:
        doing.move("remote_failed")
        event = doing.event(E.REMOTE_FAILED, public=True, body=reason)
        travel.ensure(doing.ticket.site, now)
        doing.fact(FactKind.REMOTE_FAILED)
        people = telling.on_duty(doing, Role.LEAD, Role.OPERATOR)
        telling.tell(doing, "ticket.visit_needed", people, key=f"event:{event.pk}", reason=reason)
    return doing.ticket


def depart(
    ticket: Ticket,
    *,
    by: User,
    expected_arrival_at: datetime | None = None,
    visit: Visit | None = None,
    evidence: Evidence = NOW,
    now: datetime,
) -> Ticket:
    """The engineer sets out, on the visit that is planned or on one made now.

    Without an expected arrival, it is reckoned from where they are. Whoever is sent changes the expected arrival,
    never the promise (worked example 3). `visit` and `evidence`: what a phone tells of afterwards.
    """
    if expected_arrival_at is not None and expected_arrival_at <= now:
        raise Refused(_("The expected arrival must lie ahead."))
    if expected_arrival_at is not None and expected_arrival_at > now + dispatch.LONGEST:
        raise Refused(_("Nobody is on the way for more than two weeks; look at the expected arrival."))
    with act(ticket, None if evidence.is_told else "depart", by=by, now=now) as doing:
        if is_repeated(doing, evidence):
            return doing.ticket
        at = evidence.happened(now)
        going = _of_ticket(doing, visit) or _going(doing, by, at)
        with said():
            going = dispatch.depart(going, by=by, now=now, evidence=evidence, expected_arrival_at=expected_arrival_at)
        if is_kept(going):
            keep(doing, going)
        elif going.state == Visit.State.TRAVEL and allows(doing.ticket.status, "depart"):
            doing.move("depart")
            _goes(doing, by, evidence)
            _on_the_way(doing, going, at, _who(doing, by, evidence))
        else:
            doing.event(E.DEPARTED, public=True, at=at)
    return doing.ticket


def _on_the_way(doing: Act, visit: Visit, at: datetime, who: str) -> None:
    expected = visit.expected_arrival_at
    doing.change(expected_arrival_at=expected)
    expected_at = expected.isoformat() if expected else ""
    event = doing.event(E.DEPARTED, public=True, at=at, expected_at=expected_at)
    telling.hospital(doing, "ticket.engineer_sent", key=f"event:{event.pk}", who=who, expected_at=expected_at)


def arrive(
    ticket: Ticket,
    *,
    by: User,
    visit: Visit | None = None,
    evidence: Evidence = NOW,
    presence: Presence | None = None,
    file: Attachment | None = None,
    now: datetime,
) -> Ticket:
    """Check in at the site: the on-site clocks stop (A2, A11).

    It may be told afterwards (`evidence`), even when the ticket went on: then it moves nothing. A device clock too far
    off, or too old an arrival, waits for a lead (worked example 10). `Refused` for a time ahead of now or before the
    report. `presence`, `file` (a photo): how it is shown that somebody is there.
    """
    with act(ticket, "evidence", by=by, now=now) as doing:
        row, at = doing.ticket, evidence.happened(now)
        if is_repeated(doing, evidence):
            return row
        if not row.created_at <= at <= now:
            raise Refused(_("This arrival lies in the future or before the report; check the clock of the device."))
        if not evidence.is_told:
            doing.check("arrive")
        if presence is None:
            presence = Presence(Visit.CheckIn.BUTTON if by.role == Role.ENGINEER else Visit.CheckIn.DESK)
        there = _of_ticket(doing, visit) or _arriving(doing, by, evidence)
        with said():
            there = dispatch.arrive(there, by=by, now=now, evidence=evidence, presence=presence, file=file)
        disputed = "disputed" in there.step_line.data["flags"]
        if is_kept(there):
            event = keep(doing, there)
        else:
            if there.state != Visit.State.CANCELLED:
                _be_there(doing, by, evidence)
            event = doing.event(E.ARRIVED, public=True, at=at, device=evidence.device_id, disputed=disputed)
            telling.hospital(doing, "ticket.arrived", **_arrived(event, _who(doing, by, evidence)))
        if disputed:
            people = telling.on_duty(doing, Role.LEAD, Role.MANAGER)
            telling.tell(doing, "ticket.evidence", people, **_arrived(event, _who(doing, by, evidence)))
    return doing.ticket


def confirm_arrival(ticket: Ticket, *, by: User, now: datetime) -> Ticket:
    """Somebody of the hospital says that the engineer is here. The engineer's own earlier word still counts."""
    with act(ticket, "confirm_arrival", by=by, now=now) as doing:
        row = doing.ticket
        there = standing(doing, AHEAD)
        if there is None:
            if row.assignee is None:
                raise Refused(_("Nobody was sent yet."))
            there = _unplanned(doing, row.assignee, now, None)
        with said():
            dispatch.arrive(there, by=by, now=now, presence=Presence(Visit.CheckIn.HOSPITAL))
        doing.move("confirm_arrival")
        doing.change(expected_arrival_at=None)
        event = doing.event(E.ARRIVED, public=True, how="hospital")
        telling.handlers(doing, "ticket.arrived", **_arrived(event, _who(doing)))
    return doing.ticket


def _arrived(event: TicketEvent, who: str) -> dict[str, str]:
    return {"key": f"event:{event.pk}", "who": who, "arrived_at": event.at.isoformat()}


def _be_there(doing: Act, by: User, evidence: Evidence) -> None:
    """Move the ticket to "on site", unless it went on already."""
    row = doing.ticket
    if row.status == Status.WAITING and allows(row.resume_to, "arrive"):
        doing.change(resume_to=Status.ON_SITE)
    elif allows(row.status, "arrive"):
        doing.move("arrive")
        _goes(doing, by, evidence)
        doing.change(expected_arrival_at=None)


def _goes(doing: Act, by: User, evidence: Evidence) -> None:
    """An engineer who goes has the work; a lead who presses the button for one does not take it.

    Nor does an engineer who has lost it since and whose word a lead lets count.
    """
    row = doing.ticket
    if not evidence.is_granted and row.assignee_id != by.pk and (row.assignee is None or by.role == Role.ENGINEER):
        doing.change(assignee=by, team=by.team)


def _who(doing: Act, by: User | None = None, evidence: Evidence = NOW) -> str:
    """The name of who goes: the one who has the work, or `by`, who has lost it since and whom a lead lets count."""
    person = by if by and evidence.is_granted else doing.ticket.assignee
    return person.name if person else ""


# The visits of a ticket


@contextmanager
def said() -> Iterator[None]:
    """What the visit refuses, the ticket refuses in the same words."""
    try:
        yield
    except visit_states.Refused as refused:
        raise Refused(refused.sentence, field=refused.field) from refused


def standing(doing: Act, states: Iterable[str] = visit_states.OPEN) -> Visit | None:
    """The ticket's newest visit in one of `states`."""
    found = Visit.objects.filter(ticket_link__ticket=doing.ticket, state__in=states)
    return found.select_related("site", "timeline").order_by("-pk").first()


def link(doing: Act, visit: Visit) -> Visit:
    """Hang a new visit on the ticket."""
    TicketVisit.objects.create(ticket=doing.ticket, visit=visit, cycle=doing.ticket.cycle)
    return visit


def is_repeated(doing: Act, evidence: Evidence) -> bool:
    """Whether this very message came before: it counts once."""
    if (key := evidence.client_key) is None:
        return False
    return (
        doing.ticket.timeline.facts.filter(client_key=key).exists()
        or VisitRecord.objects.filter(by=doing.by, client_key=key).exists()
    )


def is_kept(visit: Visit) -> bool:
    """Whether the step just told is only kept, since the visit is somebody else's now."""
    return "reassigned" in visit.step_line.data["flags"]


def keep(doing: Act, visit: Visit) -> TicketEvent:
    """A line for the desk: somebody who lost the visit told of it."""
    told = visit.step_line
    who = told.by.name if told.by else ""
    return doing.event(E.VISIT, public=False, at=told.at, how="kept", who=who, visit=visit.pk)


def end_visits(doing: Act, reason: str, *, found: str = "", done: str = "") -> None:
    """The ticket is solved or withdrawn: nobody sets out any more, and whoever is there is done."""
    rows = Visit.objects.filter(ticket_link__ticket=doing.ticket, state__in=visit_states.OPEN)
    for visit in rows.select_related("timeline").order_by("pk"):
        if visit.state in AHEAD:
            dispatch.cancel(visit, reason=reason, by=doing.by, now=doing.now)
        else:
            dispatch.finish(
                visit,
                outcome=Visit.Outcome.SOLVED,
                found=visit.found or found,
                done=visit.done or done,
                by=None,
                now=doing.now,
            )


def turn_back(doing: Act, to: User | None) -> None:
    """The work went to somebody else: whoever was sent, and has not arrived, does not go."""
    visit = standing(doing, AHEAD)
    if visit is None or (to is not None and visit.crew.filter(engineer=to, released_at=None).exists()):
        return
    reason = _("Given to %(name)s.") % {"name": to.name} if to else _("Taken back.")
    dispatch.cancel(visit, reason=reason, by=doing.by, now=doing.now)
    doing.change(expected_arrival_at=None)


def _of_ticket(doing: Act, visit: Visit | None) -> Visit | None:
    if visit is not None and not doing.ticket.visits.filter(visit=visit).exists():
        raise Refused(_("This visit belongs to another ticket."))
    return visit


def _going(doing: Act, by: User, at: datetime) -> Visit:
    """The visit on which `by` sets out, or for which a lead presses the button."""
    planned = standing(doing, (Visit.State.PLANNED,))
    if planned is not None:
        is_own = by.role != Role.ENGINEER or planned.crew.filter(engineer=by, released_at=None).exists()
        if is_own:
            return planned
        turn_back(doing, by)
    engineer = by if by.role == Role.ENGINEER or doing.ticket.assignee is None else doing.ticket.assignee
    return _unplanned(doing, engineer, at, ways.way(engineer, doing.ticket.site, at))


def _arriving(doing: Act, by: User, evidence: Evidence) -> Visit:
    """The visit that an arrival belongs to: the one that is on its way, told afterwards also one that went on."""
    there = standing(doing, AHEAD)
    if there is None and evidence.is_told:
        there = standing(doing, Visit.State.values)
    is_own = there is None or by.role != Role.ENGINEER or there.crew.filter(engineer=by).exists()
    if there is not None and (is_own or evidence.is_told):
        return there
    if there is not None:
        turn_back(doing, by)
    engineer = by if by.role == Role.ENGINEER or doing.ticket.assignee is None else doing.ticket.assignee
    return _unplanned(doing, engineer, evidence.happened(doing.now), None)


def _unplanned(doing: Act, engineer: User, at: datetime, way: ways.Way | None) -> Visit:
    row = doing.ticket
    visit = dispatch.open_now(
        row.site,
        purpose=Visit.Purpose.REPAIR,
        subject=subject(row),
        engineer=engineer,
        at=at,
        timeline=row.timeline,
        way=way,
        by=doing.by,
        now=doing.now,
    )
    return link(doing, visit)


def confirm_evidence(ticket: Ticket, fact: Fact, *, accept: bool, by: User, now: datetime) -> Ticket:
    """A lead accepts or rejects a disputed arrival; the verdicts are counted again (worked example 10)."""
    with act(ticket, "confirm_evidence", by=by, now=now) as doing:
        facts = doing.ticket.timeline.facts
        verdicts = (FactKind.EVIDENCE_CONFIRMED, FactKind.EVIDENCE_REJECTED)
        if not facts.filter(pk=fact.pk, is_disputed=True).exists():
            raise Refused(_("This time does not wait for a confirmation."))
        if facts.filter(kind__in=verdicts, data__fact=fact.pk).exists():
            raise Refused(_("Somebody has decided about this time already."))
        doing.event(E.EVIDENCE, public=False, fact=fact.pk, accepted=accept, at_device=fact.at.isoformat())
        doing.fact(verdicts[0] if accept else verdicts[1], data={"fact": fact.pk})
    return doing.ticket
