"""A ticket comes in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from common.prepared import insert
from devices.models import Device
from people import travel
from people.models import Hospital, Role, Site, User
from sla import critical, deadlines
from sla.facts import Kind as FactKind
from sla.models import Deadline, Fact
from tickets import links, priorities, search, triage
from tickets.models import FaultClass, FaultTile, Kind, Ticket, TriageSetting
from tickets.numbers import next_number
from tickets.states import Refused
from tickets.workflow import telling, verdicts
from tickets.workflow.act import Act, E, is_urgent, needed, subject
from tickets.workflow.terms import clock_terms


class About(TypedDict):
    """What whoever files a ticket says of it."""

    reporter: User | None
    hospital: Hospital
    site: Site
    kind: str
    title: str
    impact: int
    urgency: int
    channel: str
    device: NotRequired[Device | None]
    tile: NotRequired[FaultTile | None]
    fault_class: NotRequired[FaultClass | None]
    description: NotRequired[str]
    place: NotRequired[str]
    contact_name: NotRequired[str]
    contact_phone: NotRequired[str]
    is_unverified: NotRequired[bool]


def open_ticket(
    *,
    by: User | None,
    now: datetime,
    notified_at: datetime | None = None,
    files: Sequence[UploadedFile] = (),
    client_key: UUID | None = None,
    **about: Unpack[About],
) -> Ticket:
    """File a ticket and start its clocks (A1), unless the hospital's technician looks at it first (A3).

    `notified_at` is when the hospital first spoke: the call's start, the mail's arrival; staff only,
    never in the future. The same `client_key` from the same reporter gives the same ticket, however
    often it is sent. Raises `states.Refused`.
    """
    said_at = now if by is None or by.is_hospital or notified_at is None else notified_at
    if said_at > now:
        raise Refused(_("The time of the report lies in the future."))
    ticket = Ticket(**about, created_at=said_at, changed_at=now, client_key=client_key)
    _complete(ticket)
    try:
        # A savepoint only for whom the error is expected: to go on in a caller's transaction.
        with transaction.atomic(savepoint=client_key is not None):
            return _filed_before(ticket) or _file(Act(ticket, by, now), files)
    except IntegrityError:
        # The same form sent twice at the same moment: the other one was faster.
        if (earlier := _filed_before(ticket)) is None:
            raise
        return earlier


def _complete(ticket: Ticket) -> None:
    """Check what was said, and fill in what follows from it: class, priority, place, contact."""
    device, reporter = ticket.device, ticket.reporter
    if ticket.site.hospital_id != ticket.hospital_id or (device and device.hospital_id != ticket.hospital_id):
        raise Refused(_("This site or device belongs to another hospital."))
    ticket.title = needed(ticket.title, _("Say in a few words what happens."))
    ticket.description = ticket.description.strip()
    ticket.fault_class = ticket.fault_class or (ticket.tile.fault_class if ticket.tile else None)
    if ticket.kind == Kind.FAULT:
        priorities.raise_impact(ticket, critical.on(ticket.hospital, ticket.created_at))
    ticket.priority = priorities.priority(ticket.impact, ticket.urgency, ticket.fault_class)
    ticket.place = ticket.place or (device.room if device else "")
    if reporter is not None:
        ticket.contact_name = ticket.contact_name or reporter.name
        ticket.contact_phone = ticket.contact_phone or reporter.phone or ""


def _filed_before(ticket: Ticket) -> Ticket | None:
    if ticket.client_key is None:
        return None
    return Ticket.objects.filter(reporter=ticket.reporter, client_key=ticket.client_key).first()


def _file(act: Act, files: Sequence[UploadedFile]) -> Ticket:
    ticket, now = act.ticket, act.now
    roads = travel.Roads([ticket.site])
    roads.ensure(ticket.site, ticket.created_at)
    ticket.number = next_number(now, ticket.site.timezone)
    matter: deadlines.About = {
        "hospital": ticket.hospital,
        "site": ticket.site,
        "subject": subject(ticket),
        "link": links.console(ticket.number),
        "is_urgent": is_urgent(ticket),
    }
    ticket.search = search.index(ticket)
    if act.by and (setting := triage.applies(ticket, act.by)):
        return _keep_here(act, matter, setting, files)
    ticket.timeline, clocks = deadlines.begin(
        [
            Fact(kind=FactKind.NOTIFIED, at=ticket.created_at, by=act.by, data=clock_terms(ticket, ticket.created_at)),
            Fact(kind=FactKind.RECEIPT, at=now),
        ],
        now=now,
        roads=roads,
        **matter,
    )
    ticket.save(force_insert=True)
    desk = Act(ticket, None, now)
    filed = act.line(E.FILED, public=True, body=ticket.description, at=ticket.created_at)
    receipt = desk.line(E.RECEIPT, public=True)
    insert([filed, receipt, *verdicts.first(desk)])
    act.keep(files, filed)
    operators = telling.on_duty(act, Role.OPERATOR, Role.LEAD)
    doubt = {"unverified": True} if ticket.is_unverified else {}
    telling.tell(act, "ticket.filed", operators, key=f"event:{filed.pk}", text=ticket.description, **doubt)
    _receipt(desk, key=f"event:{receipt.pk}", clocks=clocks)
    act.messages += desk.messages
    act.announce()
    return ticket


def _keep_here(act: Act, matter: deadlines.About, setting: TriageSetting, files: Sequence[UploadedFile]) -> Ticket:
    """It waits for the hospital's technician: no fact, so no clock of the company (A3)."""
    ticket, now = act.ticket, act.now
    act.move("keep_here")
    ticket.timeline = deadlines.open_timeline(**matter)
    ticket.save(force_insert=True)
    filed = act.event(E.FILED, public=True, body=ticket.description, files=files)
    version = triage.procedure(ticket.fault_class, now)
    until = (now + setting.passing).isoformat()
    Act(ticket, None, now).event(E.TRIAGE, public=True, procedure=version.pk if version else None, until=until)
    verdicts.judge(Act(ticket, None, now))
    telling.tell(
        act, "ticket.triage", triage.technicians(ticket.hospital), key=f"event:{filed.pk}", text=ticket.description
    )
    act.announce()
    return ticket


def _receipt(desk: Act, *, key: str, clocks: Sequence[Deadline]) -> None:
    """The automatic receipt: the hospital knows that it was heard, and by when it is answered. It stops no clock."""
    due_at = next((clock.due_at.isoformat() for clock in clocks if clock.code == "response"), "")
    telling.hospital(desk, "ticket.receipt", key=key, due_at=due_at)
