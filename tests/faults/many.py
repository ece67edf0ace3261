"""Many clocks at once: one fault is counted by the engine, the others are its copies, moved in time.

The audit must find nothing in them: a test that uses them may ask it.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import datetime, timedelta
from itertools import product

from sla import deadlines
from sla.facts import Kind
from sla.models import Deadline, Fact, Timeline
from tests.factories import TravelTimeFactory
from tests.sla.cases import FAULT


def faults(notified: Sequence[datetime]) -> list[Timeline]:
    """A timeline for each moment of notification, as the engine left it at that moment: 30 min later 50 % are used."""
    first = notified[0]
    site = TravelTimeFactory().site
    model = deadlines.open_timeline(hospital=site.hospital, site=site, subject="SR-2026-000001", link="/desk/")
    deadlines.record(model, Kind.NOTIFIED, at=first, now=first, data=FAULT)
    model.refresh_from_db()
    moves = [moment - first for moment in notified[1:]]
    copies = [_timeline(model, number, by) for number, by in enumerate(moves, start=2)]
    Timeline.objects.bulk_create(copies)
    places = list(zip(copies, moves, strict=True))
    Fact.objects.bulk_create(_fact(row, *place) for place, row in product(places, model.facts.all()))
    Deadline.objects.bulk_create(_deadline(row, *place) for place, row in product(places, model.deadlines.all()))
    return [model, *copies]


def _timeline(model: Timeline, number: int, by: timedelta) -> Timeline:
    assert model.derived_at is not None
    assert model.next_due_at is not None
    return Timeline(
        hospital=model.hospital,
        site=model.site,
        region_id=model.region_id,
        subject=f"SR-2026-{number:06d}",
        link=model.link,
        derived_at=model.derived_at + by,
        next_due_at=model.next_due_at + by,
    )


def _fact(model: Fact, timeline: Timeline, by: timedelta) -> Fact:
    row = copy(model)
    row.pk, row.timeline = None, timeline
    row.at, row.recorded_at = model.at + by, model.recorded_at + by
    return row


def _deadline(model: Deadline, timeline: Timeline, by: timedelta) -> Deadline:
    assert model.next_action_at is not None
    row = copy(model)
    row.pk, row.timeline = None, timeline
    row.started_at, row.due_at = model.started_at + by, model.due_at + by
    row.next_action_at = model.next_action_at + by
    row.milestones = [{**m, "at": _moved(m["at"], by)} for m in model.milestones]
    row.inputs = {**model.inputs, "counts_from": _moved(model.inputs["counts_from"], by)}
    return row


def _moved(text: str, by: timedelta) -> str:
    return (datetime.fromisoformat(text) + by).isoformat()
