"""What an incident's changes tell: facts for the clocks, lines for the story, and where the ticket stands. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sla.facts import Kind as F
from tickets.history.map import LogMap
from tickets.history.reading import Change
from tickets.models import TicketEvent
from tickets.states import Status

E = TicketEvent.EventKind

WORK: dict[F, tuple[Status, str]] = {
    F.REMOTE_FAILED: (Status.DISPATCH, E.REMOTE_FAILED),
    F.DEPARTED: (Status.TRAVEL, E.DEPARTED),
    F.ARRIVED: (Status.ON_SITE, E.ARRIVED),
}
"""Steps after the answer: where they lead and what the story calls them."""
OVER = frozenset({Status.SOLVED, Status.CLOSED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class ToldFact:
    """A fact for the timeline."""

    kind: F
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """A line for the ticket's story. Texts are the log's own words, so that the same log gives the same lines."""

    kind: str
    at: datetime
    is_public: bool
    body: str
    data: dict[str, Any]


@dataclass
class Told:
    """An incident as this desk knows matters; `fields` are those of the ticket."""

    key: str
    opened: datetime
    facts: list[ToldFact] = field(default_factory=list)
    events: list[ToldEvent] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)


def tell(changes: Sequence[Change], log: LogMap) -> Told:
    """Tell an incident from its changes, oldest first (at least one).

    It was notified when it was opened. Any state but the first says that somebody has answered; "closed" says that
    it was solved at the latest then; work after an end is a reopening. A wait ends with the next state.
    """
    first = changes[0]
    teller = _Teller(log, first)
    for change in changes:
        teller.hear(change)
    told = teller.told
    told.fields = {
        "kind": log.kind,
        "title": _first(change.title for change in changes) or first.key,
        "description": "\n".join(filter(None, (f"{log.name} {first.key}", _first(c.description for c in changes)))),
        "contact_name": _first(change.contact for change in changes),
        "place": _first(change.place for change in changes),
        "created_at": first.opened,
        "changed_at": told.events[-1].at,
        **teller.standing(),
    }
    return told


def _first(texts: Any) -> str:
    """The first text that is given at all."""
    return next(filter(None, texts), "")


class _Teller:
    """Where the incident stands between two changes. One instance tells one incident."""

    def __init__(self, log: LogMap, first: Change) -> None:
        self.log = log
        self.told = Told(first.key, first.opened)
        self.state, self.resume_to = Status.NEW, ""
        self.step = F.NOTIFIED
        self.word, self.group, self.priority = "", "", first.priority
        self.cycle, self.solution = 1, ""
        self.solved_at: datetime | None = None
        self.closed_at: datetime | None = None
        terms = {"policy": log.policy, "kind": log.kind, "priority": self._figure, "node_down": False}
        self._fact(F.NOTIFIED, first.opened, **terms)
        self._event(E.FILED, first.opened)

    @property
    def _figure(self) -> int:
        return self.log.priorities[self.priority]

    def standing(self) -> dict[str, Any]:
        """The ticket's fields that follow from its states."""
        return {
            "status": self.state,
            "resume_to": self.resume_to,
            "priority": self._figure,
            "priority_reason": self.priority[:200],
            "cycle": self.cycle,
            "solution": self.solution,
            "solved_at": self.solved_at,
            "closed_at": self.closed_at,
        }

    def hear(self, change: Change) -> None:
        """Terms first: a target of the same moment is the new one."""
        if self.log.priorities[change.priority] != self._figure:
            old, self.priority = self._figure, change.priority
            self._fact(F.TERMS_CHANGED, change.at, priority=self._figure)
            self._event(E.PRIORITY, change.at, public=False, old=old, new=self._figure)
        if change.group and change.group != self.group:
            self._event(E.ASSIGNED, change.at, public=False, old=self.group, to=change.group)
            self.group = change.group
        if change.state != self.word:
            self.word = change.state
            self._enter(change)

    def _enter(self, change: Change) -> None:
        meaning = self.log.states[change.state]
        if meaning.fact == F.SOLVED:
            self._solve(change)
        elif meaning.fact == F.CLOSED:
            self._close(change)
        elif meaning.fact == F.CANCELLED:
            self._cancel(change)
        else:
            self._work(change, meaning.fact, meaning.reason)

    def _work(self, change: Change, fact: F, reason: str) -> None:
        """A state in which work goes on or waits."""
        if self.state in OVER:
            self._reopen(change.at)
        if self.state == Status.WAITING:
            self._resume(change.at)
        if fact == F.NOTIFIED:
            return
        self._respond(change)
        if fact == F.PAUSED:
            self.state, self.resume_to = Status.WAITING, self.state
            self._fact(F.PAUSED, change.at, reason=reason, note="", until=None)
            self._event(E.WAITING, change.at, reason=self.log.pauses[reason], until=None)
        elif fact in WORK and fact != self.step:
            self.step = fact
            self.state, event = WORK[fact]
            self._fact(fact, change.at)
            self._event(event, change.at, body=change.state)

    def _respond(self, change: Change) -> None:
        """The first answer of the cycle, once."""
        if self.state == Status.NEW:
            self.state = Status.REMOTE
            self._fact(F.RESPONDED, change.at)
            self._event(E.ANSWER, change.at, body=change.state)

    def _resume(self, at: datetime) -> None:
        self.state, self.resume_to = Status(self.resume_to), ""
        self._fact(F.RESUMED, at)
        self._event(E.RESUMED, at)

    def _reopen(self, at: datetime) -> None:
        self.cycle += 1
        self.state, self.step = Status.NEW, F.NOTIFIED
        self.solved_at = self.closed_at = None
        self._fact(F.REOPENED, at)
        self._event(E.REOPENED, at, cycle=self.cycle)

    def _solve(self, change: Change) -> None:
        """The end of a wait too; not answered before: this is the answer."""
        if self.state in OVER:
            return
        if self.state == Status.NEW:
            self._fact(F.RESPONDED, change.at)
        self.solution = change.solution or change.state
        self.state, self.resume_to, self.solved_at = Status.SOLVED, "", change.at
        self._fact(F.SOLVED, change.at)
        self._event(E.SOLVED, change.at, body=self.solution)

    def _close(self, change: Change) -> None:
        if self.state in {Status.CLOSED, Status.CANCELLED}:
            return
        self._solve(change)
        self.state, self.closed_at = Status.CLOSED, change.at
        self._fact(F.CLOSED, change.at)
        self._event(E.CLOSED, change.at, how="imported")

    def _cancel(self, change: Change) -> None:
        if self.state in {Status.CLOSED, Status.CANCELLED}:
            return
        self.state, self.resume_to, self.closed_at = Status.CANCELLED, "", change.at
        self._fact(F.CANCELLED, change.at)
        self._event(E.CANCELLED, change.at, body=change.state)

    def _fact(self, kind: F, at: datetime, /, **data: Any) -> None:
        self.told.facts.append(ToldFact(kind, at, data))

    def _event(self, kind: str, at: datetime, *, public: bool = True, body: str = "", **data: Any) -> None:
        self.told.events.append(ToldEvent(kind, at, public, body, data))
