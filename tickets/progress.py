"""What the hospital sees of a ticket: seven steps with times, and one sentence of what happens next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common import wording
from common.present import Chip, NextStep, Step, StepState
from sla import present
from sla.facts import Kind as FactKind
from sla.models import Deadline, Fact
from tickets.models import Ticket
from tickets.states import Status

S = Status
RANK = {S.HOSPITAL: 1, S.NEW: 2, S.REMOTE: 3, S.DISPATCH: 4, S.TRAVEL: 4, S.ON_SITE: 6, S.SOLVED: 7, S.CLOSED: 8}
"""State → the step that it is at, counted from 1; with the engineer on site that is the repair."""
ICONS = ("inbox", "message-circle", "headset", "truck", "map-pin", "wrench", "user-check")
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
    ours = [d for d in deadlines if d.cycle == ticket.cycle and d.state not in gone]
    clocks = {d.code: d for d in sorted(ours, key=lambda d: (d.turn, d.revision))}
    return Progress(ticket, began, first, clocks, now)


def steps(ticket: Ticket, deadlines: Iterable[Deadline], facts: Iterable[Fact], now: datetime) -> tuple[Step, ...]:
    """The seven steps of the tracker for the current cycle. `deadlines` and `facts`: all of the ticket's."""
    it = of(ticket, deadlines, facts, now)
    parts = (_received(it), _answered(it), _remote(it), _sent(it), _on_site(it), _solved(it), _confirmed(it))
    return tuple(Step(label, state, icon, lines) for (label, state, lines), icon in zip(parts, ICONS, strict=True))


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
        return _("Answered"), state, (*it.done_at(FactKind.RESPONDED), *([late] if late else []))
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
        return _("On site"), state, (*it.done_at(FactKind.ARRIVED), *([late] if late else []))
    return _("On site"), state, _promise(it, "onsite") or _unneeded(state)


def _unneeded(state: StepState) -> tuple[str, ...]:
    return {"skipped": (_("not needed"),), "ahead": (_("if needed"),)}.get(state, NOTHING)


def _solved(it: Progress) -> Part:
    solved_at = it.ticket.solved_at
    if it.ticket.status == S.CLOSED and solved_at and FactKind.NOTIFIED not in it.first:
        return _("Solved"), "done", (it.time(solved_at), _("by your hospital"))
    late = it.missed("fix")
    state = _state(it, 6, happened=FactKind.SOLVED in it.first, late=late)
    if state in {"done", "late"}:
        return _("Solved"), state, (*it.done_at(FactKind.SOLVED), *([late] if late else []))
    return _("Solved"), state, _promise(it, "fix")


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


def next_sentence(ticket: Ticket, deadlines: Iterable[Deadline], facts: Iterable[Fact], now: datetime) -> NextStep:
    """What happens next, in everyday words with bold times; `asks` when it waits for the hospital.

    The caller adds `actions` and `why_url` (dataclasses.replace).
    """
    it = of(ticket, deadlines, facts, now)
    tell = {
        S.NEW: _next_answer,
        S.REMOTE: _next_remote,
        S.DISPATCH: _next_visit,
        S.TRAVEL: _next_arrival,
        S.ON_SITE: _next_fix,
        S.WAITING: _next_wait,
        S.SOLVED: _next_confirm,
        S.HOSPITAL: _next_here,
    }.get(Status(ticket.status), _next_none)
    return tell(it)


def _bold(sentence: str, **values: object) -> SafeString:
    """`sentence` with each value escaped, and times in bold."""
    bold = {name: format_html("<b>{}</b>", value) for name, value in values.items() if name in {"time", "eta"}}
    return format_html(sentence, **{**values, **bold})


def _chip(it: Progress, code: str) -> Chip | None:
    clock = it.clocks.get(code)
    return present.chip(clock, it.now) if clock else None


def _someone(it: Progress) -> str:
    person = it.ticket.assignee or it.ticket.owner
    return person.name if person else _("A technician")


def _next(it: Progress, icon: str, code: str, ahead: str, over: str, without: str) -> NextStep:
    """The sentence for a clock that is running, that is over, or that nobody promised."""
    due = it.due(code)
    sentence = without if due is None else over if due < it.now else ahead
    text = _bold(sentence, who=_someone(it), time=it.time(due) if due else "")
    return NextStep(text, icon, _chip(it, code) if due else None)


def _next_answer(it: Progress) -> NextStep:
    return _next(
        it,
        "message-circle",
        "response",
        _("A technician answers you by {time}."),
        _("We promised you an answer by {time} and are late. The duty manager has been told."),
        _("A technician will answer you."),
    )


def _next_remote(it: Progress) -> NextStep:
    return _next(
        it,
        "headset",
        "remote",
        _("{who} is looking into it remotely. By {time} it is solved, or an engineer is sent."),
        _("{who} could not solve it remotely by {time}. An engineer is being sent."),
        _("{who} is looking into it."),
    )


def _next_visit(it: Progress) -> NextStep:
    return _next(
        it,
        "truck",
        "onsite",
        _("An engineer is being sent; we promise arrival by {time}."),
        _("We promised an engineer by {time} and are late. The duty manager has been told."),
        _("An engineer is being sent."),
    )


def _next_arrival(it: Progress) -> NextStep:
    expected, due = it.ticket.expected_arrival_at, it.due("onsite")
    if expected is None:
        return _next_visit(it)
    if due is None:
        text = _bold(_("{who} is on the way and expects to arrive at {eta}."), who=_someone(it), eta=it.time(expected))
        return NextStep(text, "truck")
    text = _bold(
        _("{who} is on the way, expected at {eta}; we promise arrival by {time}."),
        who=_someone(it),
        eta=it.time(expected),
        time=it.time(due),
    )
    return NextStep(text, "truck", _chip(it, "onsite"))


def _next_fix(it: Progress) -> NextStep:
    return _next(
        it,
        "wrench",
        "fix",
        _("{who} is at work on site. By {time} it is solved, or a spare part is ordered."),
        _("{who} is at work on site. It was to be solved by {time}; a spare part is being ordered."),
        _("{who} is at work on site."),
    )


def _next_wait(it: Progress) -> NextStep:
    until = it.ticket.wait_until
    if until is None:
        return NextStep(_("It rests as agreed with you. Tell us when we can go on."), "pause", asks=True)
    return NextStep(_bold(_("It rests as agreed with you and goes on at {time}."), time=it.time(until)), "pause")


def _next_confirm(it: Progress) -> NextStep:
    action = it.ticket.solution.rpartition("\n")[2]
    text = format_html("<b>{}</b> {}", _("We believe it is solved. Please try it."), action)
    return NextStep(text, "circle-check", asks=True)


def _next_here(_it: Progress) -> NextStep:
    text = _("Your hospital's technician looks at it first. The service centre has not been told yet.")
    return NextStep(text, "stethoscope", asks=True)


def _next_none(it: Progress) -> NextStep:
    if it.ticket.status == S.CANCELLED:
        return NextStep(_("It was withdrawn; nothing more happens."), "ban")
    return NextStep(_("It is closed. If it comes back, reopen it or call us."), "circle-check")
