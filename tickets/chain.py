"""The chain of promises of one ticket: what each leg promised, what came of it, who holds it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import wording
from common.prepared import Given, Prepared
from common.present import Chip, GoverningClock, Holder, Leg, LegState, SumLine, ahead_chip, bar_between
from people.models import User
from sla import present
from sla.explain import explain
from sla.facts import Kind as FactKind
from sla.models import Deadline, Fact, Page, PauseReason
from tickets.models import Kind, Ticket
from tickets.states import OPEN

State = Deadline.State
HIDDEN = {State.SUPERSEDED, State.WITHDRAWN}
DECISIONS = {FactKind.EVIDENCE_CONFIRMED, FactKind.EVIDENCE_REJECTED}
LIVE = {State.RUNNING, State.PAUSED}

# Clock → icon, its name before it has started, and what would start it.
LEGS: dict[str, tuple[str, Any, Any]] = {
    "response": ("message-square", gettext_lazy("First answer"), gettext_lazy("starts with the report")),
    "remote": ("headset", gettext_lazy("Remote handling"), gettext_lazy("starts with the answer")),
    "onsite": ("truck", gettext_lazy("On site: travel + 1 h"), gettext_lazy("if remote repair fails")),
    "fix": ("wrench", gettext_lazy("Fixed after arrival"), gettext_lazy("starts on arrival")),
}
"""The legs of a fault, in order. Parts come with the depot."""

WHOLE_WAY = "solution"
"""A clock of imported policies: one leg from the report to the end, instead of those of the visit."""
ICONS = {code: icon for code, (icon, _name, _starts) in LEGS.items()} | {WHOLE_WAY: "circle-check"}

BESIDE = {"update": "bell-ring", "onsite_bound": "milestone", "urgent": "zap"}
"""Clocks that run beside the chain, and their icons."""

LEG_STATES: dict[str, LegState] = {
    State.RUNNING: "now",
    State.PAUSED: "paused",
    State.MET: "done",
    State.MISSED: "late",
    State.CANCELLED: "skipped",
    State.SUPERSEDED: "superseded",
}


@dataclass(frozen=True, slots=True)
class Beside:
    """A clock under the chain: the update clock, the outer bound."""

    deadline: Deadline
    icon: str
    name: str
    chip: Chip
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """Who was paged about a clock that is not over with, and who took it on."""

    deadline: Deadline
    name: str
    pages: tuple[Page, ...]
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Round:
    """One cycle of the chain: number, legs top to bottom, and a line of verdicts for when it is folded."""

    number: int
    legs: tuple[Leg, ...]
    summary: tuple[Chip, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything the card shows. `earlier` is newest first."""

    current: Round
    earlier: tuple[Round, ...]
    beside: tuple[Beside, ...]
    told: tuple[Told, ...]
    governing: GoverningClock | None
    governing_id: int | None


_deadlines = Prepared(
    lambda: (
        Deadline.objects.filter(timeline=Given("timeline"))
        .exclude(state=State.WITHDRAWN)
        .select_related("commitment__calendar", "acknowledged_by")
    )
)
_facts: Prepared[Any] = Prepared(
    lambda: (
        Fact.objects.filter(timeline=Given("timeline"))
        .select_related("by")
        .annotate(reason=KT("data__reason"))
        .annotate(reason_name=Subquery(PauseReason.objects.filter(code=OuterRef("reason")).values("name")))
    )
)
_pages = Prepared(lambda: Page.objects.filter(deadline__timeline=Given("timeline")).with_names())


class Clocks:
    """A ticket's deadlines, their pages, and the facts that stopped them: three queries, whatever their number."""

    def __init__(self, ticket: Ticket, now: datetime) -> None:
        self.ticket, self.now = ticket, now
        timeline = ticket.timeline
        timeline.site = ticket.site
        self.deadlines = _deadlines(timeline=timeline.pk)
        for row in self.deadlines:
            row.timeline = timeline
        facts = _facts(timeline=timeline.pk)
        self.facts: list[Fact] = facts
        self.who = {(fact.kind, fact.at): fact.by for fact in self.facts if fact.by is not None}
        self.pages: dict[int, list[Page]] = {}
        for page in _pages(timeline=timeline.pk):
            self.pages.setdefault(page.deadline_id, []).append(page)
        self.reasons: dict[str, str] = {fact.reason: fact.reason_name for fact in facts if fact.reason_name}

    def of(self, code: str, cycle: int) -> Deadline | None:
        """The run of a clock that counts in a cycle: its last turn's last target."""
        rows = [row for row in self.deadlines if row.code == code and row.cycle == cycle and row.state not in HIDDEN]
        return max(rows, key=lambda row: (row.turn, row.revision), default=None)

    def live(self) -> list[Deadline]:
        """Clocks that run or stand still, the one that falls due first on top."""
        return sorted((row for row in self.deadlines if row.state in LIVE), key=lambda row: row.due_at)

    def earlier(self, row: Deadline) -> list[Deadline]:
        """The targets that `row` replaced, oldest first."""
        run = (row.code, row.cycle, row.turn)
        rows = [one for one in self.deadlines if (one.code, one.cycle, one.turn) == run and one.revision < row.revision]
        return sorted(rows, key=lambda one: one.revision)

    def disputed(self) -> list[Fact]:
        """Evidence that waits for a lead's word."""
        return undecided(self.facts)

    def stopped_by(self, row: Deadline) -> User | None:
        """Who did what stopped the clock."""
        at = row.stopped_at
        return self.who.get((row.inputs.get("stopped_by"), at)) if at is not None else None


def undecided(facts: Iterable[Fact]) -> list[Fact]:
    """The disputed ones among the facts of a timeline on which nobody has decided yet."""
    facts = list(facts)
    decided = {fact.data.get("fact") for fact in facts if fact.kind in DECISIONS}
    return [fact for fact in facts if fact.is_disputed and fact.pk not in decided]


def build(clocks: Clocks) -> Chain:
    """The chain, its side clocks and the governing one, worded for the company's people."""
    ticket, now = clocks.ticket, clocks.now
    governing = present.governing(clocks.deadlines)
    beside = (clocks.of(code, ticket.cycle) for code in BESIDE)
    return Chain(
        current=_round(clocks, ticket.cycle),
        earlier=tuple(_round(clocks, cycle) for cycle in range(ticket.cycle - 1, 0, -1)),
        beside=tuple(_beside(row, now) for row in beside if row is not None and row.state in LIVE),
        told=_told(clocks),
        governing=_governing(clocks, governing) if governing else None,
        governing_id=governing.pk if governing else None,
    )


def _round(clocks: Clocks, cycle: int) -> Round:
    rows = {code: clocks.of(code, cycle) for code in ICONS}
    ticket = clocks.ticket
    by_legs = ticket.kind == Kind.FAULT and rows[WHOLE_WAY] is None
    may_come = cycle == ticket.cycle and ticket.status in OPEN and by_legs
    legs = [
        _leg(clocks, row) if row is not None else _ahead(code)
        for code, row in rows.items()
        if row is not None or (may_come and code in LEGS)
    ]
    summary = [present.chip(row, clocks.now) for row in rows.values() if row is not None]
    return Round(cycle, tuple(legs), tuple(summary))


def _leg(clocks: Clocks, row: Deadline) -> Leg:
    now, icon = clocks.now, ICONS[row.code]
    state = "over" if present.is_over(row, now) else LEG_STATES[row.state]
    explanation = explain(row, zone=timezone.get_current_timezone_name(), reasons=clocks.reasons)
    return Leg(
        name=row.commitment.name,
        clause=row.commitment.clause,
        chip=present.chip(row, now),
        state=state,
        icon=icon,
        # While it stands still its due time moves on: only the frozen rest is true.
        promised=wording.clock(row.due_at, now) if row.paused_at is None else "",
        actual=wording.clock(row.stopped_at, now) if row.stopped_at else "",
        expected=_expected(clocks, row),
        holder=_holder(clocks, row),
        bar=bar_between(row.started_at, row.due_at, row.stopped_at or row.paused_at or now, _expected_at(clocks, row)),
        why=_lost(clocks, row),
        explanation=tuple(SumLine(line.figure, line.text, line.detail, line.is_result) for line in explanation.lines),
        notes=(*_bound(clocks, row), *_replaced(clocks, row), *explanation.notes),
    )


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


def _ahead(code: str) -> Leg:
    icon, name, starts = LEGS[code]
    return Leg(name=name, clause="", chip=ahead_chip(starts), state="ahead", icon=icon)


def _expected_at(clocks: Clocks, row: Deadline) -> datetime | None:
    """Only the way to the site has an expected time: the arrival that the engineer gave."""
    return clocks.ticket.expected_arrival_at if row.code == "onsite" and row.state in LIVE else None


def _expected(clocks: Clocks, row: Deadline) -> str:
    at = _expected_at(clocks, row)
    return wording.clock(at, clocks.now) if at else ""


def _holder(clocks: Clocks, row: Deadline) -> Holder | None:
    """Who stopped it; while it runs, who speaks with the hospital or else who works on it."""
    person, ticket = clocks.stopped_by(row), clocks.ticket
    if person is None and row.state in LIVE:
        speaks, works = ticket.owner or ticket.assignee, ticket.assignee or ticket.owner
        person = speaks if row.code in {"response", "update"} else works
    return Holder(person.name) if person else None


def _lost(clocks: Clocks, row: Deadline) -> str:
    """What is on record about a broken promise: who was told, and whether anybody took it on."""
    if row.state != State.MISSED and not present.is_over(row, clocks.now):
        return ""
    sent = [page for page in clocks.pages.get(row.pk, ()) if page.state == Page.State.SENT]
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


def _beside(row: Deadline, now: datetime) -> Beside:
    due = wording.clock(row.due_at, now)
    if row.paused_at is not None:
        words = f"{row.commitment.clause} · {_standing(row, now)}"
    elif row.code == "update":
        last = wording.clock(row.started_at, now)
        words = _("%(clause)s · last told %(last)s · next by %(due)s") % {
            "clause": row.commitment.clause, "last": last, "due": due,
        }  # fmt: skip
    else:
        words = _("%(clause)s · at the latest %(due)s") % {"clause": row.commitment.clause, "due": due}
    return Beside(row, BESIDE[row.code], row.commitment.name, present.chip(row, now), words)


def _told(clocks: Clocks) -> tuple[Told, ...]:
    """Clocks that somebody was paged about and that are not over with."""
    result = []
    for row in clocks.live():
        if pages := [page for page in clocks.pages.get(row.pk, ()) if page.state == Page.State.SENT]:
            until = row.acknowledged_until
            result.append(Told(row, row.commitment.name, tuple(pages), until is not None and until > clocks.now))
    return tuple(result)


def _governing(clocks: Clocks, row: Deadline) -> GoverningClock:
    now, expected = clocks.now, _expected_at(clocks, row)
    return GoverningClock(
        name=f"{row.commitment.name} {row.commitment.clause}",
        chip=present.chip(row, now),
        bar=bar_between(row.started_at, row.due_at, row.paused_at or now, expected),
        started=_("from %(time)s") % {"time": wording.clock(row.started_at, now)},
        now=_("now %(time)s") % {"time": wording.clock(now, now)} if row.paused_at is None else "",
        promised=_standing(row, now),
        expected=_("expected %(time)s") % {"time": wording.clock(expected, now)} if expected else "",
        margin=wording.margin((row.due_at - expected).total_seconds()) if expected else "",
        holder=_holder(clocks, row),
    )


def _standing(row: Deadline, now: datetime) -> str:
    """When it falls due, or since when it stands still."""
    if row.paused_at is None:
        return _("due %(time)s") % {"time": wording.clock(row.due_at, now)}
    return _("stands still since %(time)s") % {"time": wording.clock(row.paused_at, now)}


def sending(clocks: Clocks, *, responds: bool) -> str:
    """Which clock an answer would stop or start again, for the composer; empty when none.

    `responds`: the writer's word counts as the first answer (a technician's does, a manager's is an update).
    """
    live = {row.code: row for row in clocks.live()}
    if responds and (row := live.get("response")) is not None:
        return _("Sending stops “%(clock)s”.") % {"clock": row.commitment.name}
    if (row := live.get("update")) is not None:
        span = wording.duration(row.target_seconds or 0)
        return _("Sending starts “%(clock)s” again: %(span)s.") % {"clock": row.commitment.name, "span": span}
    return ""
