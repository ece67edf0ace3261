"""A ticket comes in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from devices.models import Device
from notifications.outbox import Message
from people.models import Hospital, Role, Site, User
from sla import deadlines
from sla.facts import Kind as FactKind
from tickets import links, priorities, search
from tickets.models import FaultClass, FaultTile, Ticket
from tickets.numbers import next_number
from tickets.states import Refused
from tickets.workflow import telling
from tickets.workflow.act import Act, E, is_urgent, needed, subject


def open_ticket(
    *,
    by: User,
    reporter: User,
    hospital: Hospital,
    site: Site,
    device: Device | None = None,
    kind: str,
    tile: FaultTile | None = None,
    fault_class: FaultClass | None = None,
    title: str,
    description: str = "",
    impact: int,
    urgency: int,
    place: str = "",
    contact_name: str = "",
    contact_phone: str = "",
    channel: str,
    notified_at: datetime | None = None,
    files: Sequence[UploadedFile] = (),
    client_key: UUID | None = None,
    now: datetime,
) -> Ticket:
    """File a ticket and start its clocks (A1).

    `notified_at` is when the hospital first spoke: the call's start, the mail's arrival; staff only,
    never in the future. The same `client_key` from the same reporter gives the same ticket, however
    often it is sent. Raises `states.Refused`.
    """
    if by.is_hospital or notified_at is None:
        notified_at = now
    if notified_at > now:
        raise Refused(_("The time of the report lies in the future."))
    if site.hospital_id != hospital.pk or (device is not None and device.hospital_id != hospital.pk):
        raise Refused(_("This site or device belongs to another hospital."))
    chosen = fault_class or (tile.fault_class if tile else None)
    ticket = Ticket(
        kind=kind,
        channel=channel,
        hospital=hospital,
        site=site,
        device=device,
        place=place or (device.room if device else ""),
        reporter=reporter,
        contact_name=contact_name or reporter.name,
        contact_phone=contact_phone or reporter.phone or "",
        fault_class=chosen,
        tile=tile,
        title=needed(title, _("Say in a few words what happens.")),
        description=description.strip(),
        impact=impact,
        urgency=urgency,
        priority=priorities.priority(impact, urgency, chosen),
        created_at=notified_at,
        changed_at=now,
        client_key=client_key,
    )
    try:
        with transaction.atomic():
            return _filed_before(ticket) or _file(Act(ticket, by, now), files)
    except IntegrityError:
        # The same form sent twice at the same moment: the other one was faster.
        if (earlier := _filed_before(ticket)) is None:
            raise
        return earlier


def _filed_before(ticket: Ticket) -> Ticket | None:
    if ticket.client_key is None:
        return None
    return Ticket.objects.filter(reporter=ticket.reporter, client_key=ticket.client_key).first()


def _file(act: Act, files: Sequence[UploadedFile]) -> Ticket:
    ticket, now = act.ticket, act.now
    ticket.number = next_number(now, ticket.site.timezone)
    ticket.timeline = deadlines.open_timeline(
        hospital=ticket.hospital,
        site=ticket.site,
        subject=subject(ticket),
        link=links.console(ticket.number),
        is_urgent=is_urgent(ticket),
    )
    ticket.search = search.index(ticket)
    ticket.save(force_insert=True)
    filed = act.event(E.FILED, public=True, body=ticket.description, at=ticket.created_at, files=files)
    act.fact(FactKind.NOTIFIED, at=ticket.created_at, data=_terms(ticket))
    operators = telling.on_duty(act, Role.OPERATOR, Role.LEAD)
    telling.tell(act, "ticket.filed", operators, key=f"event:{filed.pk}", text=ticket.description)
    act.messages += _receipt(Act(ticket, None, now))
    act.announce()
    return ticket


def _receipt(desk: Act) -> list[Message]:
    """The automatic receipt: the hospital knows that it was heard, and by when it is answered. It stops no clock."""
    event = desk.event(E.RECEIPT, public=True)
    desk.fact(FactKind.RECEIPT)
    response = desk.ticket.timeline.deadlines.filter(code="response").first()
    due_at = response.due_at.isoformat() if response else ""
    telling.hospital(desk, "ticket.receipt", key=f"event:{event.pk}", due_at=due_at)
    return desk.messages


def _terms(ticket: Ticket) -> dict[str, object]:
    """What the clocks' targets depend on."""
    device_kind = ticket.device.model.kind if ticket.device else ""
    return {
        "policy": deadlines.policy_for(ticket.hospital, device_kind, ticket.created_at).code,
        "kind": ticket.kind,
        **priorities.terms(ticket),
    }
