"""What a request for parts is promised: sent within 24 h, there within two working days (A6, A11).

The clocks are `sla`'s. Requests carry copies of their two due times, so that a depot's list is one query.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import product

from django.db.models import CharField, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast

from devices.models import Device
from people.models import Hospital, Site
from sla import deadlines
from sla.book import Tables, TimelineBook
from sla.facts import Kind
from sla.models import Deadline, Timeline
from sla.replay import replay
from sla.runs import FactView
from spares.models import PartRequest
from spares.states import OPEN

SHIPPED, DELIVERED = "spare_shipped", "spare_delivered"
"""Codes of the commitments (`sla.defaults`)."""
NEW = "new"
"""Stands for the key of a request that nobody has made yet."""


@dataclass(frozen=True, slots=True)
class Promised:
    """Due times; None where the contract promises none. `is_provisional`: a year that is not published is touched."""

    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    is_provisional: bool = False


def foreseen(
    hospital: Hospital, site: Site, *, timeline: Timeline | None, device: Device | None, now: datetime
) -> Promised:
    """What would be promised if parts were asked for at `now`: the engine's own count, with nothing written."""
    if timeline is not None:
        views = [deadlines.view_of(fact) for fact in timeline.facts.order_by("at", "id")]
    else:
        policy = deadlines.policy_for(hospital, device.model.kind if device else "", now)
        terms = {"policy": policy.code, "kind": "fault", "node_down": False}
        views = [FactView(-1, Kind.NOTIFIED, now, now, terms)]
    asked = FactView(0, Kind.PART_NEEDED, now, now, {"request": NEW})
    runs = replay([*views, asked], TimelineBook(Tables.current(), site), now)
    mine = {run.rule.code: run for run in runs if run.subject == NEW and run.is_open}
    ship, deliver = mine.get(SHIPPED), mine.get(DELIVERED)
    return Promised(
        ship.due_at if ship else None,
        deliver.due_at if deliver else None,
        bool(deliver and deliver.is_provisional),
    )


def copy(request: PartRequest) -> Promised:
    """Its due times as its timeline's clocks stand; those of a draft run without a name until somebody takes it up."""
    if request.timeline_id is None:
        return Promised()
    named = str(request.pk)
    mine = Q(subject=named) | Q(subject="") if request.state == PartRequest.State.DRAFT else Q(subject=named)
    rows = Deadline.objects.filter(mine, timeline=request.timeline_id, code__in=(SHIPPED, DELIVERED))
    rows = rows.exclude(state__in=(Deadline.State.SUPERSEDED, Deadline.State.WITHDRAWN))
    found = {row.code: row for row in rows.order_by("subject", "cycle", "turn", "revision")}
    ship, deliver = found.get(SHIPPED), found.get(DELIVERED)
    return Promised(
        ship.due_at if ship else None,
        deliver.due_at if deliver else None,
        bool(deliver and deliver.is_provisional),
    )


def refresh() -> int:
    """Bring the copies in line where a calendar, a manager or late evidence moved a running clock; how many changed.

    A draft's clocks run without a name.
    """
    draft, changed = PartRequest.State.DRAFT, 0
    kinds = ((OPEN - {draft}, Cast(OuterRef("pk"), CharField())), ({draft}, Value("")))
    for (states, subject), (column, code) in product(kinds, (("ship_by", SHIPPED), ("deliver_by", DELIVERED))):
        running = Deadline.objects.filter(
            timeline=OuterRef("timeline"), code=code, subject=subject, state__in=deadlines.OPEN_STATES
        ).exclude(due_at=OuterRef(column))
        rows = PartRequest.objects.filter(Exists(running), state__in=states)
        changed += rows.update(**{column: Subquery(running.values("due_at")[:1])})
    return changed
