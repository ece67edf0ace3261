"""One leg of the chain of promises: both times, what it starts from, who holds it, and what lost the time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import wording
from common.bars import bar_between
from common.present import Holder, Leg, LegState, SumLine, ahead_chip
from sla import present
from sla.explain import explain
from sla.facts import Kind as FactKind
from sla.models import Deadline
from tickets import causes
from tickets.clocks import LIVE, SPARES, Clocks
from tickets.loss import sentence

State = Deadline.State

# Clock → icon, its name before it has started, and what would start it.
LEGS: dict[str, tuple[str, Any, Any]] = {
    "response": ("message-square", gettext_lazy("First answer"), gettext_lazy("starts with the report")),
    "remote": ("headset", gettext_lazy("Remote handling"), gettext_lazy("starts with the answer")),
    "onsite": ("truck", gettext_lazy("On site: travel + 1 h"), gettext_lazy("if remote repair fails")),
    "fix": ("wrench", gettext_lazy("Fixed after arrival"), gettext_lazy("starts on arrival")),
    "spare_shipped": ("package", gettext_lazy("Spare part shipped"), gettext_lazy("if a part is needed")),
    "spare_delivered": ("package-check", gettext_lazy("Spare part delivered"), gettext_lazy("if a part is needed")),
}
"""The legs of a fault, in order."""

WHOLE_WAY = "solution"
"""A clock of imported policies: one leg from the report to the end, instead of those of the visit."""
ICONS = {code: icon for code, (icon, _name, _starts) in LEGS.items()} | {WHOLE_WAY: "circle-check"}

LEG_STATES: dict[str, LegState] = {
    State.RUNNING: "now",
    State.PAUSED: "paused",
    State.MET: "done",
    State.MISSED: "late",
    State.CANCELLED: "skipped",
    State.SUPERSEDED: "superseded",
}


def leg(clocks: Clocks, row: Deadline) -> Leg:
    """The leg of a clock that has started."""
    now, expected = clocks.now, expected_at(clocks, row)
    explanation = explain(row, zone=timezone.get_current_timezone_name(), reasons=clocks.reasons)
    return Leg(
        name=row.commitment.name,
        clause=row.commitment.clause,
        chip=present.chip(row, now),
        state="over" if present.is_over(row, now) else LEG_STATES[row.state],
        icon=ICONS[row.code],
        since=_since(clocks, row),
        # While it stands still its due time moves on: only the frozen rest is true.
        promised=wording.clock(row.due_at, now) if row.paused_at is None else "",
        actual=wording.clock(row.stopped_at, now) if row.stopped_at else "",
        expected=_expected(row, expected, now) if expected else "",
        holder=holder(clocks, row),
        bar=bar_between(row.started_at, row.due_at, row.stopped_at or row.paused_at or now, expected),
        why=_lost(clocks, row),
        explanation=tuple(SumLine(line.figure, line.text, line.detail, line.is_result) for line in explanation.lines),
        notes=(*_bound(clocks, row), *_replaced(clocks, row), *explanation.notes),
    )


def ahead(clocks: Clocks, code: str) -> Leg:
    """A leg that has not started: what would start it, and when it would be due if all before it took its time."""
    icon, name, starts = LEGS[code]
    run = clocks.ahead.get(code)
    if run is None:
        return Leg(name=name, clause="", chip=ahead_chip(starts), state="ahead", icon=icon)
    return Leg(
        name=run.rule.name,
        clause=run.rule.clause,
        chip=ahead_chip(starts),
        state="ahead",
        icon=icon,
        promised=wording.clock(run.due_at, clocks.now),
    )


def _since(clocks: Clocks, row: Deadline) -> str:
    """The fact that started it, which is what ended the leg before; of several requests also which one."""
    fact = f"{wording.clock(row.started_at, clocks.now)} {FactKind(row.inputs['started_by']).label}"
    request = clocks.request_of(row) if row.code in SPARES else None
    return f"{request.number} · {fact}" if request is not None and len(clocks.requests) > 1 else fact


def _expected(row: Deadline, at: datetime, now: datetime) -> str:
    """When it is expected to end, with the slack that is left."""
    return f"{wording.clock(at, now)} · {wording.margin((row.due_at - at).total_seconds())}"


def expected_at(clocks: Clocks, row: Deadline) -> datetime | None:
    """When a running clock is expected to stop: the engineer's arrival, the parcel's leaving or arrival."""
    if row.state not in LIVE:
        return None
    if row.code == "onsite":
        return clocks.ticket.expected_arrival_at
    request = clocks.request_of(row) if row.code in SPARES else None
    if request is None:
        return None
    if row.code == "spare_delivered":
        at: datetime | None = request.expected_at
        return at
    leaves = next((one.get("leaves_at") for one in request.choice if one.get("chosen")), None)
    return datetime.fromisoformat(leaves) if leaves else None


def holder(clocks: Clocks, row: Deadline) -> Holder | None:
    """Who stopped it; while it runs, who has it: the engineer, the depot, the carrier, or whoever answers for it."""
    if row.state in LIVE:
        return _holding(clocks, row)
    person = clocks.stopped_by(row)
    return Holder(person.name) if person else None


def _holding(clocks: Clocks, row: Deadline) -> Holder | None:
    ticket = clocks.ticket
    if row.code in SPARES and (request := clocks.request_of(row)) is not None:
        if request.shipped_at is not None:
            return Holder(request.carrier, request.waybill)
        if request.depot is not None:
            return Holder(request.clerk or request.depot.name, request.depot.name if request.clerk else "")
    if row.code in {"onsite", "fix"} and (visit := clocks.visit_of(row)) is not None and visit.engineer:
        return Holder(visit.engineer, visit.travel_base.name if visit.travel_base else visit.travel_from)
    speaks, works = ticket.owner or ticket.assignee, ticket.assignee or ticket.owner
    person = speaks if row.code in {"response", "update"} else works
    return Holder(person.name) if person else None


def _bound(clocks: Clocks, row: Deadline) -> Iterable[str]:
    """The rule that stands beside the way to the site: the outer bound, with what it changes."""
    bound = clocks.of("onsite_bound", row.cycle) if row.code == "onsite" else None
    if bound is not None:
        text = _("%(name)s %(clause)s: %(due)s, later, no effect.")
        if bound.due_at < row.due_at:
            text = _("%(name)s %(clause)s: %(due)s, earlier, so it warns first.")
        due = wording.clock(bound.due_at, clocks.now)
        yield text % {"name": bound.commitment.name, "clause": bound.commitment.clause, "due": due}


def _replaced(clocks: Clocks, row: Deadline) -> Iterable[str]:
    """Each earlier target of this run and the one that took its place."""
    targets = [*clocks.earlier(row), row]
    for old, new in pairwise(targets):
        moments = {"old": wording.clock(old.due_at, clocks.now), "new": wording.clock(new.due_at, clocks.now)}
        yield _("Target moved: %(old)s → %(new)s.") % moments


def late(clocks: Clocks, row: Deadline) -> causes.Late | None:
    """What is on record about a broken promise; None for one that was kept or that still can be."""
    if row.state != State.MISSED and not present.is_over(row, clocks.now):
        return None
    counted = [(start, end) for start, end, _reason in row.inputs["pauses"]]
    waits = [
        (start, end)
        for start, end in clocks.waits()
        if not any(start < _moment(stop, end) and _moment(begin, start) < end for begin, stop in counted)
    ]
    return causes.Late(
        code=row.code,
        started_at=row.started_at,
        due_at=row.due_at,
        ended_at=row.stopped_at or clocks.now,
        waits=waits,
        taken_at=row.acknowledged_at,
        way=_way(clocks, row) if row.code in {"onsite", "onsite_bound"} else None,
        parcel=_parcel(clocks, row) if row.code in SPARES else None,
    )


def _moment(text: str | None, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(text) if text else otherwise


def _way(clocks: Clocks, row: Deadline) -> causes.Way | None:
    """The way of the visit that it waited for; of older matters, what the timeline says of one."""
    if (visit := clocks.visit_of(row)) is not None:
        return causes.Way(visit.departed_at, visit.arrived_at, visit.travel_minutes)
    left = [fact.at for fact in clocks.facts if fact.kind == FactKind.DEPARTED and fact.at >= row.started_at]
    minutes = (row.inputs["travel"] or {}).get("minutes")
    return causes.Way(left[0], row.stopped_at, minutes) if left else None


def _parcel(clocks: Clocks, row: Deadline) -> causes.Parcel | None:
    request = clocks.request_of(row)
    if request is None:
        return None
    return causes.Parcel(
        ship_by=request.ship_by,
        packed_at=request.packed_at,
        shipped_at=request.shipped_at,
        depot=request.depot.name if request.depot else "",
        carrier=request.carrier,
        is_taken=request.state not in {request.State.DRAFT, request.State.REQUESTED},
        options=request.choice,
    )


def _lost(clocks: Clocks, row: Deadline) -> str:
    """What lost the time of a broken promise, and who was told of it."""
    record = late(clocks, row)
    if record is None:
        return ""
    parts = (sentence(row.code, record.seconds, causes.losses(record)), _told(clocks, row))
    return wording.sentences(part for part in parts if part)


def _told(clocks: Clocks, row: Deadline) -> str:
    """Who was paged about it, and whether anybody took it on."""
    sent = clocks.pages.get(row.pk)
    if not sent:
        return ""
    names = "、".join(dict.fromkeys(name for page in sent for name in page.names))
    if not names:
        return _("Nobody was on duty to be told.")
    if row.acknowledged_by is not None and row.acknowledged_at is not None:
        at = wording.clock(row.acknowledged_at, clocks.now)
        return _("Told: %(names)s. %(who)s took it on at %(at)s.") % {
            "names": names, "who": row.acknowledged_by.name, "at": at,
        }  # fmt: skip
    return _("Told: %(names)s. Nobody took it on.") % {"names": names}
