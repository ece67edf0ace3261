"""Acts of a phone that were kept and not done, because somebody has to decide first (T101)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import trail
from field import edits
from field.models import Held
from notifications import outbox
from people import roster
from people.models import Role, User
from tickets.models import Ticket
from tickets.states import Refused
from visits.models import Visit, VisitRecord

DESK = "/desk/field/"
"""Where leads decide."""


def hold(record: VisitRecord, reason: str, *, body: dict[str, Any], by: User, now: datetime) -> Held:
    """Keep an act for a lead to decide about, and tell those on duty. Of one visit and person they hear once."""
    visit = record.visit
    row = Held.objects.create(
        person=by,
        visit=visit,
        hospital_id=visit.hospital_id,
        record=record,
        reason=Held.Reason(reason),
        kind=body["kind"],
        body=body,
        at=record.at,
        received_at=now,
    )
    context = {"who": by.name, "title": visit.subject, "hospital": visit.hospital.short_name or visit.hospital.name}
    once = f"held:{visit.pk}:{by.pk}:{reason}"
    outbox.tell_many(leads(visit, now), "visit.held", context=context, link=DESK, dedupe_key=once, now=now)
    return row


def leads(visit: Visit, now: datetime) -> list[User]:
    """Who decides: the leads on duty in the region of the visit."""
    return roster.on_duty(Role.LEAD, visit.hospital.region_id, now)


@transaction.atomic
def decide(held: Held, choice: str, *, by: User, now: datetime) -> Held:
    """A lead decides: as the phone says, or as it stands. Both versions stay on record.

    Only a changed field can still be done as the phone says; `Refused` for another act, and when somebody has
    decided already.
    """
    row = Held.objects.select_for_update(of=("self",)).select_related("visit", "record", "person").get(pk=held.pk)
    if row.decided_at is not None:
        raise Refused(_("Somebody has decided about this already."))
    chosen = Held.Choice(choice)
    if chosen == Held.Choice.MINE:
        if row.kind != "edit":
            raise Refused(_("This cannot be done afterwards; enter it on the ticket if it counts."))
        ticket = Ticket.objects.get(visits__visit=row.visit_id)
        edits.settle(ticket, row.record, by=by, now=now)
    row.choice, row.decided_at, row.decided_by = chosen, now, by
    row.save(update_fields=["choice", "decided_at", "decided_by"])
    trail.note("field.decided", row, by=by, now=now, id=row.pk, choice=choice)
    return row
