"""What the hospital sees of a ticket: its steps with the times that were promised and kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from common import wording
from common.present import Step, StepState
from sla.facts import Kind as FactKind
from sla.models import Deadline, Fact
from tickets.models import Ticket
from tickets.states import Status

S = Status
RANK = {S.HOSPITAL: 1, S.NEW: 2, S.REMOTE: 3, S.DISPATCH: 4, S.TRAVEL: 4, S.ON_SITE: 6, S.SOLVED: 7, S.CLOSED: 8}
"""State → the step that it is at, counted from 1; with the engineer on site that is the repair."""
LIVE = {Deadline.State.RUNNING, Deadline.State.PAUSED}
NOTHING: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """The current cycle of a ticket, read from its facts and deadlines. Build it with `of()`."""

    ticket: Ticket
    began: datetime
    first: dict[str, Fact]
    clocks: dict[str, Deadline]
    now: datetime

    @property
    def rank(self) -> int:
        """The step that the ticket is at, 1 to 7; 8 when it is over."""
        state = self.ticket.resume_to if self.ticket.status == S.WAITING else self.ticket.status
        return RANK.get(Status(state), 8)

    def time(self, at: datetime) -> str:
        return wording.clock(at, self.now)

    def done_at(self, kind: FactKind) -> tuple[str, ...]:
        """The line of when `kind` happened, if it did."""
        return (self.time(self.first[kind].at),) if kind in self.first else NOTHING

    def due(self, code: str) -> datetime | None:
        """When the clock `code` falls due; None without such a clock, or while it stands still."""
        clock = self.clocks.get(code)
        return clock.due_at if clock and clock.state == Deadline.State.RUNNING else None

    def verdict(self, *codes: str) -> tuple[str, ...]:
        """Under a step that happened: the bad news, else the time that was promised and kept."""
        if late := self.missed(*codes):
            return (late,)
        kept = [c for c in map(self.clocks.get, codes) if c and c.state == Deadline.State.MET]
        return (_("promised by %(time)s") % {"time": self.time(kept[0].due_at)},) if kept else NOTHING

    @property
    def needs_part(self) -> bool:
        """Whether a part was asked for, or is owed since the two hours ran out."""
        return "spare_delivered" in self.clocks or FactKind.PART_NEEDED in self.first

    @property
    def waits_for_part(self) -> bool:
        """Whether a part is owed that has not been signed for."""
        clock = self.clocks.get("spare_delivered")
        return clock is not None and clock.state in LIVE

    @property
    def comes_again(self) -> bool:
        """Whether an engineer was there already and one is owed once more."""
        return self.rank == 4 and FactKind.ARRIVED in self.first

    def missed(self, *codes: str) -> str:
        """The plain bad news about clocks that stopped late; empty when they kept the promise."""
        late = [c for c in map(self.clocks.get, codes) if c and c.state == Deadline.State.MISSED]
        if not late:
            return ""
        if any(clock.is_disputed for clock in late):
            return _("time is being checked")
        worst = min(float(clock.margin_seconds or 0) for clock in late)
        return _("%(span)s later than promised") % {"span": wording.duration(worst)}


def of(ticket: Ticket, deadlines: Iterable[Deadline], facts: Iterable[Fact], now: datetime) -> Progress:
    """The progress of `ticket` in its current cycle, from all its facts and deadlines."""
    in_order = sorted(facts, key=lambda fact: (fact.at, fact.pk))
    starts = [fact for fact in in_order if fact.kind in {FactKind.NOTIFIED, FactKind.REOPENED}]
    began = starts[-1].at if starts else ticket.created_at
    first: dict[str, Fact] = {}
    for fact in in_order:
        if fact.at >= began:
            first.setdefault(fact.kind, fact)
    gone = {Deadline.State.SUPERSEDED, Deadline.State.WITHDRAWN, Deadline.State.CANCELLED}
    ours = [d for d in deadlines if d.state not in gone and (d.cycle == ticket.cycle or _is_owed(d))]
    clocks = {d.code: d for d in sorted(ours, key=_weight)}
    return Progress(ticket, began, first, clocks, now)


def _is_owed(deadline: Deadline) -> bool:
    """A parcel that is still to come is owed whatever round of talk the matter is in."""
    return bool(deadline.subject) and deadline.state in LIVE


def _weight(deadline: Deadline) -> tuple[bool, float, int]:
    """Of the runs of one clock the last counts; of several parcels on their way the one that is due first."""
    if _is_owed(deadline):
        return True, -deadline.due_at.timestamp(), deadline.revision
    return False, deadline.turn, deadline.revision


def steps(ticket: Ticket, deadlines: Iterable[Deadline], facts: Iterable[Fact], now: datetime) -> tuple[Step, ...]:
    """The steps of the tracker for the current cycle: seven, and two more when a part is needed.

    `deadlines` and `facts`: all of the ticket's.
    """
    it = of(ticket, deadlines, facts, now)
    parts = (
        ("inbox", _received(it)),
        ("message-circle", _answered(it)),
        ("headset", _remote(it)),
        ("truck", _sent(it)),
        ("map-pin", _on_site(it)),
        *_parcel(it),
        ("wrench", _solved(it)),
        ("user-check", _confirmed(it)),
    )
    return tuple(Step(label, state, icon, lines) for icon, (label, state, lines) in parts)


Part = tuple[str, StepState, tuple[str, ...]]


def _state(it: Progress, rank: int, *, happened: bool, late: str = "") -> StepState:
    """Done or late when it happened, now when the ticket is at it; passed by without it: not needed."""
    if happened:
        return "late" if late else "done"
    if it.rank == rank:
        return "now"
    return "skipped" if it.rank > rank else "ahead"


def _promise(it: Progress, code: str, otherwise: str = "") -> tuple[str, ...]:
    """When the clock falls due, as the line of a step that lies ahead."""
    due = it.due(code)
    if due is None:
        return (otherwise,) if otherwise else NOTHING
    return (_("promised by %(time)s") % {"time": it.time(due)},)


def _received(it: Progress) -> Part:
    if it.ticket.status == S.HOSPITAL:
        return _("At your technician"), "now", (it.time(it.began),)
    again = (_("reported again"),) if it.ticket.cycle > 1 else NOTHING
    return _("Received"), "done", (it.time(it.began), *again)


def _answered(it: Progress) -> Part:
    late = it.missed("response")
    state = _state(it, 2, happened=FactKind.RESPONDED in it.first, late=late)
    if state in {"done", "late"}:
        return _("Answered"), state, (*it.done_at(FactKind.RESPONDED), *it.verdict("response"))
    return _("Answered"), state, _promise(it, "response")


def _remote(it: Progress) -> Part:
    label, start = _("Remote handling"), it.first.get(FactKind.RESPONDED)
    if it.rank <= 3 or start is None:
        return label, _state(it, 3, happened=False), _promise(it, "remote")
    over = [it.first[k] for k in (FactKind.REMOTE_FAILED, FactKind.REMOTE_LIMIT_PASSED) if k in it.first]
    solved = it.first.get(FactKind.SOLVED)
    end = min([*over, *([solved] if solved else [])], key=lambda fact: fact.at, default=None)
    span = wording.period(start.at, end.at, it.now) if end and end.at > start.at else it.time(start.at)
    return label, "done", (span, *([_("not possible remotely")] if over else []))


def _sent(it: Progress) -> Part:
    label, gone = _("Engineer sent"), it.done_at(FactKind.DEPARTED)
    expected = it.ticket.expected_arrival_at
    if it.comes_again:
        return (label, "done", gone) if it.waits_for_part else (label, "now", (_("comes again"),))
    if it.rank == 4:
        eta = (_("expected %(time)s") % {"time": it.time(expected)},) if gone and expected else NOTHING
        return label, "now", (*gone, *eta) or (_("being arranged"),)
    happened = bool(gone) or FactKind.ARRIVED in it.first
    state = _state(it, 4, happened=happened)
    return label, state, gone or _unneeded(state)


def _on_site(it: Progress) -> Part:
    late = it.missed("onsite", "onsite_bound")
    state = _state(it, 5, happened=FactKind.ARRIVED in it.first, late=late)
    if state in {"done", "late"}:
        return _("On site"), state, (*it.done_at(FactKind.ARRIVED), *it.verdict("onsite", "onsite_bound"))
    return _("On site"), state, _promise(it, "onsite") or _unneeded(state)


def _parcel(it: Progress) -> Iterable[tuple[str, Part]]:
    """The way of a part; of several the one that is due first. Not there when none is needed."""
    if not it.needs_part:
        return
    is_over = it.rank > 6
    before: StepState = "done"
    for icon, label, code in (
        ("package", _("Part sent"), "spare_shipped"),
        ("package-check", _("Part at your site"), "spare_delivered"),
    ):
        clock = it.clocks.get(code)
        state: StepState = "skipped" if is_over else "now" if before in {"done", "late"} else "ahead"
        lines = _promise(it, code) if not is_over else _unneeded("skipped")
        if clock is not None and clock.stopped_at is not None:
            state = "late" if it.missed(code) else "done"
            lines = (it.time(clock.stopped_at), *it.verdict(code))
        elif clock is not None and clock.state in LIVE and is_over:
            state, lines = "ahead", _promise(it, code)
        yield icon, (label, state, lines)
        before = state


def _unneeded(state: StepState) -> tuple[str, ...]:
    return {"skipped": (_("not needed"),), "ahead": (_("if needed"),)}.get(state, NOTHING)


def _solved(it: Progress) -> Part:
    solved_at = it.ticket.solved_at
    if it.ticket.status == S.CLOSED and solved_at and FactKind.NOTIFIED not in it.first:
        return _("Solved"), "done", (it.time(solved_at), _("by your hospital"))
    late = it.missed("fix")
    state = _state(it, 6, happened=FactKind.SOLVED in it.first, late=late)
    if state in {"done", "late"}:
        return _("Solved"), state, (*it.done_at(FactKind.SOLVED), *it.verdict(*_fix(it)))
    if it.waits_for_part and state == "now":
        state = "ahead"
    return _("Solved"), state, _promise(it, "fix")


def _fix(it: Progress) -> tuple[str, ...]:
    """The clock of the repair, unless a part stopped it: then nobody promised when it is solved."""
    clock = it.clocks.get("fix")
    by_part = clock is not None and clock.inputs.get("stopped_by") == FactKind.PART_NEEDED and not it.missed("fix")
    return () if by_part else ("fix",)


def _confirmed(it: Progress) -> Part:
    ticket = it.ticket
    if ticket.status == S.SOLVED and ticket.solved_at:
        waited = wording.duration((it.now - ticket.solved_at).total_seconds())
        return _("Your confirmation"), "now", (_("waiting for %(span)s") % {"span": waited},)
    if ticket.status == S.CANCELLED:
        return _("Withdrawn"), "done", (it.time(ticket.closed_at),) if ticket.closed_at else NOTHING
    if ticket.status == S.CLOSED and ticket.closed_at:
        return _("Confirmed"), "done", (it.time(ticket.closed_at),)
    return _("Your confirmation"), "ahead", NOTHING
