"""From "it cannot be done remotely" to the engineer at the door (A2, A8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from people import travel
from people.models import Role, User
from sla.facts import Kind as FactKind
from sla.models import Fact
from tickets.models import Ticket
from tickets.states import Refused, Status, allows
from tickets.workflow import telling
from tickets.workflow.act import Act, E, act, needed


def remote_failed(ticket: Ticket, *, by: User, reason: str, now: datetime) -> Ticket:
    """Declare that it cannot be solved remotely; the on-site clock starts (A2). The hospital reads `reason`."""
    reason = needed(reason, _("Say why it cannot be solved remotely; the hospital reads this."))
    with act(ticket, "remote_failed", by=by, now=now) as doing:
        doing.move("remote_failed")
        event = doing.event(E.REMOTE_FAILED, public=True, body=reason)
        doing.fact(FactKind.REMOTE_FAILED)
        people = telling.on_duty(doing, Role.LEAD, Role.OPERATOR)
        telling.tell(doing, "ticket.visit_needed", people, key=f"event:{event.pk}", reason=reason)
    return doing.ticket


def depart(ticket: Ticket, *, by: User, expected_arrival_at: datetime | None = None, now: datetime) -> Ticket:
    """The engineer sets out. Without an expected arrival, the travel time from their own base is added to `now`.

    Whoever is sent changes the expected arrival, never the promise (worked example 3).
    """
    if expected_arrival_at is not None and expected_arrival_at <= now:
        raise Refused(_("The expected arrival must lie ahead."))
    with act(ticket, "depart", by=by, now=now) as doing:
        doing.move("depart")
        _goes(doing, by)
        expected = expected_arrival_at or _expected(doing.ticket, now)
        doing.change(expected_arrival_at=expected)
        expected_at = expected.isoformat() if expected else ""
        event = doing.event(E.DEPARTED, public=True, expected_at=expected_at)
        doing.fact(FactKind.DEPARTED)
        who = _engineer(doing.ticket)
        telling.hospital(doing, "ticket.engineer_sent", key=f"event:{event.pk}", who=who, expected_at=expected_at)
    return doing.ticket


def _goes(doing: Act, by: User) -> None:
    """An engineer who goes has the work; a lead who presses the button for one does not take it."""
    row = doing.ticket
    if row.assignee_id != by.pk and (row.assignee is None or by.role == Role.ENGINEER):
        doing.change(assignee=by, team=by.team)


def _expected(ticket: Ticket, now: datetime) -> datetime | None:
    base = ticket.assignee.team.base if ticket.assignee and ticket.assignee.team else None
    figure = travel.figure(ticket.site, now, base)
    return now + timedelta(minutes=figure.minutes) if figure else None


def _engineer(ticket: Ticket) -> str:
    return ticket.assignee.name if ticket.assignee else ""


def arrive(
    ticket: Ticket,
    *,
    by: User,
    at: datetime | None = None,
    device_id: str = "",
    clock_offset_ms: int = 0,
    client_key: UUID | None = None,
    now: datetime,
) -> Ticket:
    """Check in at the site: the on-site clocks stop (A2, A11).

    `at`: what the engineer's device said when it happened, `clock_offset_ms` how far it runs ahead of
    ours; without it, now. It may be sent late, even when the ticket went on: then it is evidence and
    moves nothing. A device clock too far off, or too old an arrival, waits for a lead (worked example
    10). The same `client_key` counts once. `Refused` for a time ahead of now or before the report.
    """
    offset = timedelta(milliseconds=clock_offset_ms)
    happened = (at or now) - offset
    with act(ticket, "evidence", by=by, now=now) as doing:
        row = doing.ticket
        if client_key and row.timeline.facts.filter(client_key=client_key).exists():
            return row
        if not row.created_at <= happened <= now:
            raise Refused(_("This arrival lies in the future or before the report; check the clock of the device."))
        _be_there(doing, by, late=at is not None)
        disputed = abs(offset) > settings.EVIDENCE_CLOCK_TOLERANCE or now - happened > settings.EVIDENCE_MAX_AGE
        sent = {"device_id": device_id, "clock_offset_ms": clock_offset_ms, "client_key": client_key}
        doing.fact(FactKind.ARRIVED, at=at, disputed=disputed, **sent)
        event = doing.event(E.ARRIVED, public=True, at=happened, device=device_id, disputed=disputed)
        said = {"key": f"event:{event.pk}", "who": _engineer(row), "arrived_at": happened.isoformat()}
        telling.hospital(doing, "ticket.arrived", **said)
        if disputed:
            telling.tell(doing, "ticket.evidence", telling.on_duty(doing, Role.LEAD, Role.MANAGER), **said)
    return doing.ticket


def _be_there(doing: Act, by: User, *, late: bool) -> None:
    """Move the ticket to "on site", unless a late report finds that it went on already."""
    row = doing.ticket
    if row.status == Status.WAITING and late and allows(row.resume_to, "arrive"):
        doing.change(resume_to=Status.ON_SITE)
    elif not late or allows(row.status, "arrive"):
        doing.move("arrive")
        _goes(doing, by)
        doing.change(expected_arrival_at=None)


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
