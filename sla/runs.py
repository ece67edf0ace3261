"""The nouns of a replay, plain and pure: facts, rules, travel figures, targets, and the runs they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, Literal, Protocol

from sla import clock
from sla.clock import Pause
from sla.hours import WorkingHours

State = Literal["running", "paused", "met", "missed", "cancelled", "superseded"]


@dataclass(frozen=True)
class FactView:
    """A recorded fact; `at` is when it happened by the server's clock, `recorded_at` when the server heard of it."""

    id: int
    kind: str
    at: datetime
    recorded_at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    disputed: bool = False


@dataclass(frozen=True)
class Rule:
    """One version of a commitment, plain: see `sla.models.Commitment` for the meaning of each field."""

    id: int
    code: str
    version: int
    clause: str
    name: str
    calendar: int
    starts_on: frozenset[str]
    stops_on: frozenset[str]
    cancels_on: frozenset[str] = frozenset()
    restarts: bool = False
    per: str = ""
    when: tuple[tuple[str, Any], ...] = ()
    targets: tuple[dict[str, Any], ...] = ()
    adds_travel: bool = False
    bands: tuple[dict[str, Any], ...] = ()
    closes_at: int = 18 * 60
    pause_reasons: frozenset[str] = frozenset()
    expiry_fact: str = ""

    def subject(self, fact: FactView) -> str:
        """What a fact is about, where each such thing has a clock of its own; empty when it names none."""
        return str(fact.data.get(self.per, "")) if self.per else ""


@dataclass(frozen=True)
class Travel:
    """Travel from a service base to the site: minutes, kilometres, and where the figures come from.

    An empty `source`: an estimate by distance.
    """

    minutes: int
    km: int
    base: str
    source: str
    row: int | None = None


class Book(Protocol):
    """What a replay looks up. Each answer depends only on its arguments, never on when it is asked."""

    def rules(self, policy: str, at: datetime) -> Sequence[Rule]:
        """The commitments of `policy` in force at `at`."""

    def hours(self, calendar: int, at: datetime) -> tuple[int, WorkingHours]:
        """Version number and hours of a calendar in force at `at`."""

    def travel(self, at: datetime) -> Travel | None:
        """The travel figure of the timeline's site in force at `at`."""


@dataclass(frozen=True)
class Target:
    """How much a clock grants: open time (`parts` name its addends in minutes), or whole working days.

    `urgent`: an urgent response made it so (B6); of two equal targets it says why, not how much.
    """

    time: timedelta | None = None
    days: int | None = None
    parts: tuple[tuple[str, float], ...] = ()
    travel: Travel | None = None
    urgent: bool = field(default=False, compare=False)

    def of(self, rule: Rule) -> clock.Target:
        """The target as the clock counts it."""
        if self.days is not None:
            return clock.Workdays(self.days, rule.closes_at)
        assert self.time is not None, "a target is a time or a number of days"
        return self.time


@dataclass
class Run:
    """One target of one run of one clock; superseded ones stay beside their successor.

    `subject`: what it runs for, where the rule has a clock for each: the request "12". Empty until a fact names it.
    `critical`: {"reason", "until"} of the critical period in which it started (N12).
    """

    rule: Rule
    cycle: int
    turn: int
    revision: int
    started_at: datetime
    started_by: FactView
    target: Target
    counts_from: datetime
    calendar_version: int
    hours: WorkingHours
    due_at: datetime
    is_provisional: bool
    state: State = "running"
    stopped_at: datetime | None = None
    stopped_by: FactView | None = None
    pauses: list[Pause] = field(default_factory=list)
    pause_facts: list[FactView] = field(default_factory=list)
    revised_by: FactView | None = None
    fixed_due: bool = False
    expired: bool = False
    critical: dict[str, Any] | None = None
    subject: str = ""

    @property
    def key(self) -> tuple[str, int, int, int]:
        return self.rule.code, self.cycle, self.turn, self.revision

    @property
    def is_open(self) -> bool:
        return self.state == "running"

    @property
    def is_dropped(self) -> bool:
        """Ended by terms that promise no such clock: later ones may start it again."""
        stop = self.stopped_by
        return self.state == "cancelled" and stop is not None and stop.kind == "terms_changed"

    @property
    def margin(self) -> timedelta | None:
        """How early (negative: how late) the clock was stopped; None while it runs or without a verdict."""
        if self.state not in {"met", "missed"} or self.stopped_at is None:
            return None
        return self.due_at - self.stopped_at

    @property
    def is_late_evidence(self) -> bool:
        """Stopped in time by a fact that the server heard of only after the due time (example 10)."""
        stop = self.stopped_by
        return self.state == "met" and stop is not None and stop.recorded_at > self.due_at >= stop.at

    @property
    def is_disputed(self) -> bool:
        """The verdict waits for a lead to confirm the time of the stop."""
        return self.stopped_by is not None and self.stopped_by.disputed

    def pause_at(self, now: datetime) -> Pause | None:
        """The pause in which the clock stands at `now`, if any."""
        if self.state != "running":
            return None
        return next((p for p in self.pauses if p.start <= now and (p.end is None or now < p.end)), None)

    def is_over(self, at: datetime) -> bool:
        """Whether the target was used up before `at`. While it stands still it is not: its due time moves on."""
        return self.due_at < at and self.pause_at(at) is None

    def forget_pauses_before(self, at: datetime) -> None:
        """Keep what is left of the pauses from `at` on, each with the fact that began it."""
        both = zip(self.pauses, self.pause_facts, strict=True)
        left = [(Pause(max(p.start, at), p.end), fact) for p, fact in both if p.end is None or p.end > at]
        self.pauses = [pause for pause, _ in left]
        self.pause_facts = [fact for _, fact in left]

    def runs_out_before(self, until: datetime) -> bool:
        """Whether it ends without a stop before `until`, not standing still, and that has to be announced."""
        announces = bool(self.rule.expiry_fact) and not self.expired
        return announces and self.due_at < until and self.pause_at(self.due_at) is None

    def instant(self, percent: int) -> datetime:
        """When `percent` of the target is used: a milestone of the ladder. Of a target set by hand, of plain time."""
        if percent >= 100:
            return self.due_at
        if self.fixed_due:
            return self.counts_from + clock.scaled(self.due_at - self.counts_from, Fraction(percent, 100))
        ended = [p for p in self.pauses if p.end is not None]
        hours = self.hours.in_any_year() if self.is_provisional else self.hours
        at = clock.instant_of(self.counts_from, self.target.of(self.rule), hours, ended, Fraction(percent, 100))
        assert at is not None, "every pause that is counted has an end"
        return at

    def rest(self, pause: Pause) -> timedelta:
        """What was left of the target when `pause` began: the figure that stays in sight while it stands."""
        ended = [p for p in self.pauses if p.end is not None and p.start < pause.start]
        if self.fixed_due or self.target.days is not None:
            return self.due_at - pause.start
        return clock.remaining(self.counts_from, self.target.of(self.rule), pause.start, self.hours, ended)
