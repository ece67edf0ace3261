"""Acts of a phone that were kept and not done, because somebody has to decide first (T101)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import trail
from field import replay
from field.models import Held
from notifications import outbox
from people import roster
from people.models import Role, User
from tickets.states import Refused
from visits.models import Visit, VisitRecord

DESK, PHONE = "/desk/field/", "/m/"
"""Where leads decide, and where the engineer sees what became of it."""
TOLD = timedelta(days=7)
"""So long the phone is told."""


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
def decide(held: Held, choice: str, *, by: User, now: datetime) -> str:
    """A lead decides: as the phone says, or as it stands. Both versions stay on record, and the engineer is told.

    Answers in a sentence what could not be done of it. `Refused`: somebody has decided already, or the verb says no
    again; then it goes on waiting.
    """
    row = Held.objects.select_for_update(of=("self",)).select_related("visit", "record", "person").get(pk=held.pk)
    if row.decided_at is not None:
        raise Refused(_("Somebody has decided about this already."))
    chosen = Held.Choice(choice)
    left_over = replay.replay(row, by=by, now=now) if chosen == Held.Choice.MINE else ""
    if "kept" in row.record.data:
        row.record.data["kept"] = chosen
        row.record.save(update_fields=["data"])
    row.choice, row.decided_at, row.decided_by = chosen, now, by
    row.save(update_fields=["choice", "decided_at", "decided_by"])
    trail.note("field.decided", row, by=by, now=now, id=row.pk, choice=choice)
    context = {"who": by.name, "title": row.visit.subject}
    kind, once = f"visit.held_{chosen}", f"held:{row.visit_id}:{chosen}"
    outbox.tell(row.person, kind, context=context, link=PHONE, dedupe_key=once, now=now)
    return left_over


def decided(person: User, now: datetime) -> list[dict[str, Any]]:
    """What leads decided lately about acts of this person, for the phone that sent them."""
    rows = Held.objects.filter(person=person, decided_at__gte=now - TOLD, record__client_key__isnull=False)
    return [
        {"key": row.record.client_key, "choice": row.choice, "by": row.decided_by.name if row.decided_by else "",
         "at": row.decided_at}
        for row in rows.select_related("record", "decided_by")
    ]  # fmt: skip
