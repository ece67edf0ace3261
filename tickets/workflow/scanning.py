"""A fault reported by a device's label without signing in: filed at once, believed after a call back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from devices.models import DeviceLabel
from people.models import User
from sla.facts import Kind as FactKind
from tickets.models import Kind, ScanReport, Ticket
from tickets.states import Refused
from tickets.workflow import telling
from tickets.workflow.act import Act, E, act, needed
from tickets.workflow.ending import NOTHING_AHEAD
from tickets.workflow.intake import open_ticket

WINDOW = timedelta(hours=1)
TITLE = 60
REPORTS_LOCK = 5_240_014


class TooMany(Refused):
    """More reports than the limits allow; whoever is in need is told to call."""


def report(
    label: DeviceLabel,
    *,
    name: str,
    phone: str,
    text: str,
    photos: Sequence[UploadedFile] = (),
    key: UUID,
    address: str | None,
    now: datetime,
) -> Ticket:
    """File an unverified ticket; its response clock runs from now (A1). The same `key` gives the same ticket.

    Raises TooMany, and `attachments.storage.Refused` for a photo.
    """
    text = needed(text, _("Say in a few words what happens."))
    with transaction.atomic():
        # One at a time: forms sent twice at the same moment meet here, and so does a flood by many labels.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REPORTS_LOCK])
        earlier = ScanReport.objects.select_related("ticket").filter(label=label, key=key).first()
        if earlier is not None:
            return earlier.ticket
        _keep_limits(label, address, now)
        device = label.device
        ticket = open_ticket(
            by=None,
            now=now,
            files=photos,
            reporter=None,
            is_unverified=True,
            hospital=device.hospital,
            site=device.site,
            device=device,
            kind=Kind.FAULT,
            channel=Ticket.Channel.LABEL,
            title=Truncator(text.partition("\n")[0]).chars(TITLE),
            description=text,
            impact=Ticket.Impact.ROOM,
            urgency=Ticket.Urgency.TODAY,
            contact_name=name,
            contact_phone=phone,
        )
        ScanReport.objects.create(
            label=label, hospital=device.hospital, ticket=ticket, key=key, address=address, at=now
        )
    return ticket


def _keep_limits(label: DeviceLabel, address: str | None, now: datetime) -> None:
    """Within an hour: so many by one label, from one address, and from everywhere."""
    recent = ScanReport.objects.filter(at__gt=now - WINDOW)
    counts = (
        (recent.filter(label=label), settings.SCANS_PER_LABEL),
        (recent.filter(address=address), settings.SCANS_PER_ADDRESS),
        (recent, settings.SCANS_IN_ALL),
    )
    for rows, most in counts:
        if rows.order_by().values("pk")[:most].count() >= most:
            raise TooMany(
                _("Too many reports came in at once. Please call the hotline: %(number)s.")
                % {"number": settings.HOTLINE_NUMBER}
            )


def verify(ticket: Ticket, *, by: User, reporter: User | None = None, now: datetime) -> Ticket:
    """It is true: the hospital sees it from now on. `reporter`: who of the hospital it was, if they have an account."""
    with act(ticket, "verify", by=by, now=now) as doing:
        _unverified(doing)
        if reporter is not None and reporter.hospital_id != doing.ticket.hospital_id:
            raise Refused(_("This person belongs to another hospital."))
        doing.change(is_unverified=False)
        if reporter is not None:
            doing.change(reporter=reporter)
        event = doing.event(E.VERIFIED, public=True)
        telling.hospital(doing, "ticket.receipt", key=f"event:{event.pk}", due_at="")
    return doing.ticket


def discard(ticket: Ticket, *, by: User, reason: str, now: datetime) -> Ticket:
    """It is not true, or nobody can be reached: its clocks are cancelled, and the hospital never sees it."""
    reason = needed(reason, _("Say why it is discarded."))
    with act(ticket, "discard", by=by, now=now) as doing:
        _unverified(doing)
        doing.move("discard")
        doing.change(closed_at=now, offered_to=None, **NOTHING_AHEAD)
        doing.event(E.CANCELLED, public=False, body=reason)
        doing.fact(FactKind.CANCELLED)
    return doing.ticket


def _unverified(doing: Act) -> None:
    if not doing.ticket.is_unverified:
        raise Refused(_("It is verified already."))
