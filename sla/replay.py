"""Facts in, deadlines out: the pure replay that every deadline comes from.

`replay(facts, book, now)` walks the facts of one timeline in the order in which they happened and returns
every run of every clock, with its verdict. It reads nothing but its arguments: the same facts, the same book
and the same `now` give the same runs for ever (house rule 2). `now` matters only for clocks that start by
themselves because another ran out (promise book: "nobody escapes the promise by not declaring").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sla import clock
from sla.clock import Pause
from sla.hours import UnknownYear, WorkingHours
from sla.runs import Book, FactView, Rule, Run, Target, Travel


def replay(facts: Sequence[FactView], book: Book, now: datetime) -> list[Run]:
    """Every run of every clock that `facts` give rise to, as known at `now`, in the order of their starts."""
    machine = _Machine(book, now)
    for fact in _effective(facts):
        machine.run_out_before(fact.at)
        machine.take(fact)
    machine.run_out_before(now)
    return machine.runs


def _effective(facts: Sequence[FactView]) -> list[FactView]:
    """The facts that count, in the order in which they happened.

    What the engine itself announced is derived anew. Late evidence counts from when the server heard of it
    until a lead confirms the time that the device gave (example 10; safety T029). The word of somebody whose matter
    it is no more is only kept: it counts when a lead confirms it (T101).
    """
    confirmed = {f.data["fact"] for f in facts if f.kind == "evidence_confirmed"}
    rejected = {f.data["fact"] for f in facts if f.kind == "evidence_rejected"}

    def is_heard(fact: FactView) -> bool:
        return not fact.data.get("implied") and (not fact.data.get("kept") or fact.id in confirmed)

    def counted(fact: FactView) -> FactView:
        if not fact.disputed:
            return fact
        if fact.id in confirmed:
            return replace(fact, disputed=False)
        return replace(fact, at=fact.recorded_at, disputed=fact.id not in rejected)

    return sorted((counted(fact) for fact in facts if is_heard(fact)), key=lambda fact: (fact.at, fact.id))


class _Machine:
    """The state between two facts. One instance serves one replay."""

    def __init__(self, book: Book, now: datetime) -> None:
        self.book, self.now = book, now
        self.runs: list[Run] = []
        self.open: dict[tuple[str, str], Run] = {}
        self.named: set[tuple[str, str]] = set()
        self.turns: dict[str, int] = {}
        self.terms: dict[str, Any] = {}
        self.critical: dict[str, Any] | None = None
        self.cycle = 1
        self.seen: set[str] = set()

    # What the clocks do by themselves

    def run_out_before(self, until: datetime) -> None:
        """Announce, in order, each clock with an expiry fact that ran out before `until`.

        At the very instant a stop beats the expiry, so strictly before.
        """
        while True:
            over = [run for run in self.open.values() if run.runs_out_before(until)]
            if not over:
                return
            run = min(over, key=lambda r: r.due_at)
            run.expired = True
            self.take(FactView(0, run.rule.expiry_fact, run.due_at, run.due_at, {"implied": True}))

    # What facts do

    def take(self, fact: FactView) -> None:
        if fact.kind == "reopened":
            self._close_cycle(fact)
        if fact.kind in {"notified", "terms_changed", "reopened"}:
            self.terms.update({k: v for k, v in fact.data.items() if k in TERMS})
            self.critical = fact.data.get("critical", self.critical)
        self.seen.add(fact.kind)
        change = {
            "paused": self._pause,
            "resumed": self._resume,
            "terms_changed": self._apply_terms,
            "calendar_changed": self._apply_calendar,
            "retargeted": self._retarget,
        }.get(fact.kind)
        if change is not None:
            change(fact)
        for run in list(self.open.values()):
            if self._concerns(fact, run):
                self._stop_or_cancel(run, fact)
        for rule in self._rules(fact.at):
            if fact.kind in rule.starts_on and not self._runs_already(rule, fact):
                self._start(rule, fact)

    def _concerns(self, fact: FactView, run: Run) -> bool:
        """Whether a fact speaks of what the clock runs for. The one without a name is meant where none had the name."""
        named = run.rule.subject(fact)
        if not named or named == run.subject:
            return True
        return not run.subject and (run.rule.code, named) not in self.named

    def _runs_already(self, rule: Rule, fact: FactView) -> bool:
        """Whether the clock that a fact would start is there: each name has one. One without a name takes the fact's.

        A draft whose parcel was gone before somebody wrote down what it is for has had its clock, too.
        """
        named = rule.subject(fact)
        if (rule.code, named) in self.open or (rule.code, named) in self.named:
            return True
        nameless = self.open.pop((rule.code, ""), None) if named else None
        if nameless is None:
            return False
        self._name(nameless, named)
        self.open[rule.code, named] = nameless
        return True

    def _name(self, run: Run, named: str) -> None:
        run.subject = named
        self.named.add((run.rule.code, named))

    def _rules(self, at: datetime) -> list[Rule]:
        policy = self.terms.get("policy")
        rules = self.book.rules(policy, at) if policy else ()
        terms = self._terms(at)
        return [rule for rule in rules if _matches(dict(rule.when), terms)]

    def _terms(self, at: datetime) -> dict[str, Any]:
        """The terms of a clock that starts at `at`; `critical` while the hospital's critical period lasts (N12)."""
        return {**self.terms, "critical": self._critical(at) is not None}

    def _critical(self, at: datetime) -> dict[str, Any] | None:
        period = self.critical
        return period if period and at < datetime.fromisoformat(period["until"]) else None

    def _close_cycle(self, fact: FactView) -> None:
        for run in list(self.open.values()):
            # A parcel on its way is owed as before, whatever round of talk the matter is in.
            if not run.rule.per:
                self._close(run, fact, cancelled=True)
        self.cycle += 1
        self.turns.clear()
        self.seen.clear()

    def _start(self, rule: Rule, fact: FactView) -> None:
        self.turns[rule.code] = turn = self.turns.get(rule.code, 0) + 1
        target = self._target(rule, fact.at)
        if target is None:
            return
        version, hours = self.book.hours(rule.calendar, fact.at)
        due, provisional = self._due(rule, target, hours, fact.at, [])
        run = Run(rule, self.cycle, turn, 1, fact.at, fact, target, fact.at, version, hours, due, provisional)
        run.critical = self._critical(fact.at)
        if named := rule.subject(fact):
            self._name(run, named)
        self.runs.append(run)
        self.open[rule.code, run.subject] = run

    def _stop_or_cancel(self, run: Run, fact: FactView) -> None:
        if run.started_by is fact or run.started_at > fact.at:
            return
        if fact.kind in run.rule.stops_on or (run.rule.restarts and fact.kind in run.rule.starts_on):
            self._close(run, fact)
        elif fact.kind in run.rule.cancels_on or (_is_nameless(run) and fact.kind == "solved"):
            self._close(run, fact, cancelled=True)

    def _close(self, run: Run, fact: FactView, *, cancelled: bool = False) -> None:
        """Give the verdict. A clock that is already over when its matter ends was missed, not cancelled."""
        self._end_pause(run, fact.at)
        run.stopped_at, run.stopped_by = fact.at, fact
        if fact.at > run.due_at:
            run.state = "missed"
        else:
            run.state = "cancelled" if cancelled else "met"
        del self.open[run.rule.code, run.subject]
        if not run.subject and (named := run.rule.subject(fact)):
            self._name(run, named)

    # Pauses

    def _pause(self, fact: FactView) -> None:
        until = fact.data.get("until")
        end = datetime.fromisoformat(until) if until else None
        if end is not None and end <= fact.at:
            return  # a pause that was over before it began stops nothing
        for run in self.open.values():
            accepted = fact.data.get("reason") in run.rule.pause_reasons
            standing = run.pause_at(fact.at)
            if not accepted or (standing is None and fact.at >= run.due_at):
                continue
            if standing is not None:
                number = run.pauses.index(standing)
                run.pauses[number], run.pause_facts[number] = Pause(standing.start, end), fact
            else:
                run.pauses.append(Pause(fact.at, end))
                run.pause_facts.append(fact)
            self._recount(run)

    def _resume(self, fact: FactView) -> None:
        for run in self.open.values():
            self._end_pause(run, fact.at)

    def _end_pause(self, run: Run, at: datetime) -> None:
        pause = run.pause_at(at)
        if pause is not None:
            run.pauses[run.pauses.index(pause)] = Pause(pause.start, at)
            self._recount(run)

    def _recount(self, run: Run) -> None:
        """Count the due time again with the run's pauses. An open end keeps the due time of the pause's start."""
        ended = [p for p in run.pauses if p.end is not None]
        if run.fixed_due and run.revised_by is not None:
            stood = sum((p.end - p.start for p in ended if p.end), timedelta())
            run.due_at = datetime.fromisoformat(run.revised_by.data["due_at"]) + stood
        else:
            run.due_at, run.is_provisional = self._due(run.rule, run.target, run.hours, run.counts_from, ended)

    # New targets for running clocks

    def _apply_terms(self, fact: FactView) -> None:
        """Changed terms re-target what runs; what is already over stays as it is (example 8)."""
        rules = {rule.code: rule for rule in self._rules(fact.at)}
        running = {code for code, _subject in self.open}
        for run in list(self.open.values()):
            rule = rules.get(run.rule.code)
            if rule is None:
                self._close(run, fact, cancelled=True)
            elif not run.is_over(fact.at) and not run.fixed_due:
                same_policy = "policy" not in fact.data
                self._revise(run, run.rule if same_policy else rule, fact)
        closed = {run.rule.code for run in self.runs if run.cycle == self.cycle and not run.is_dropped}
        for rule in rules.values():
            if rule.code not in closed | running and self.seen & rule.starts_on and not self.seen & rule.stops_on:
                self._start(rule, fact)

    def _apply_calendar(self, fact: FactView) -> None:
        for run in list(self.open.values()):
            if run.rule.calendar == fact.data["calendar"] and not run.is_over(fact.at) and not run.fixed_due:
                self._revise(run, run.rule, fact)

    def _revise(self, run: Run, rule: Rule, fact: FactView) -> None:
        """Supersede `run` when its target or its hours differ now.

        The new target counts from the start again; where that lies behind the change, from the change.
        """
        target = self._target(rule, run.started_at)
        version, hours = run.calendar_version, run.hours
        if fact.kind == "calendar_changed" or rule.calendar != run.rule.calendar:
            version, hours = self.book.hours(rule.calendar, fact.at)
        if target is None or (target == run.target and hours == run.hours):
            return
        successor = self._supersede(
            run, fact, rule=rule, target=target, hours=hours, calendar_version=version, counts_from=run.started_at
        )
        self._recount(successor)
        standing = successor.pause_at(fact.at)
        if successor.due_at <= (standing.start if standing else fact.at):
            successor.counts_from = fact.at
            successor.forget_pauses_before(fact.at)
            self._recount(successor)

    def _retarget(self, fact: FactView) -> None:
        run = self.open.get((fact.data["code"], fact.data.get("subject", "")))
        if run is not None and not run.is_over(fact.at):
            due = datetime.fromisoformat(fact.data["due_at"])
            successor = self._supersede(run, fact, due_at=due, fixed_due=True, is_provisional=False)
            successor.forget_pauses_before(fact.at)

    def _supersede(self, run: Run, fact: FactView, **changes: Any) -> Run:
        copies: dict[str, Any] = {"pauses": list(run.pauses), "pause_facts": list(run.pause_facts)}
        successor = replace(run, revision=run.revision + 1, revised_by=fact, **copies, **changes)
        run.state, run.stopped_at, run.stopped_by = "superseded", fact.at, fact
        self.runs.append(successor)
        self.open[run.rule.code, run.subject] = successor
        return successor

    # Targets

    def _target(self, rule: Rule, at: datetime) -> Target | None:
        """What `rule` grants under the terms of now to a clock that starts at `at`; None: nothing promised."""
        if rule.bands:
            return self._band(rule, self.book.travel(at))
        terms = self._terms(at)
        chosen = next((t for t in rule.targets if _matches(t.get("when", {}), terms)), None)
        if chosen is None:
            return None
        urgent = any(one.get("urgent") is True for one in (dict(rule.when), chosen.get("when", {})))
        if "days" in chosen:
            return Target(days=chosen["days"], urgent=urgent)
        minutes = chosen["minutes"]
        if not rule.adds_travel:
            return Target(timedelta(minutes=minutes), parts=(("clause", float(minutes)),), urgent=urgent)
        # Without a figure on file nothing is added: the tightest reading, shown as such by `explain`.
        travel = self.book.travel(at)
        on_the_way = travel.minutes if travel else 0
        parts = (("travel", float(on_the_way)), ("clause", float(minutes)))
        return Target(timedelta(minutes=minutes + on_the_way), parts=parts, travel=travel, urgent=urgent)

    def _band(self, rule: Rule, travel: Travel | None) -> Target:
        """The bound of the site's distance (A11); without a figure on file the widest, which always holds."""
        inside = [b for b in rule.bands if travel and travel.km <= b.get("up_to_km", travel.km)]
        minutes = (inside[0] if inside else rule.bands[-1])["minutes"]
        return Target(timedelta(minutes=minutes), parts=(("band", float(minutes)),), travel=travel)

    def _due(
        self, rule: Rule, target: Target, hours: WorkingHours, start: datetime, pauses: list[Pause]
    ) -> tuple[datetime, bool]:
        """The due time and whether it is provisional: it touches a year whose table is not published."""
        try:
            return self._count(rule, target, hours, start, pauses), False
        except UnknownYear:
            return self._count(rule, target, hours.in_any_year(), start, pauses), True

    def _count(self, rule: Rule, target: Target, hours: WorkingHours, start: datetime, pauses: list[Pause]) -> datetime:
        due = clock.due_at(start, target.of(rule), hours, pauses)
        assert due is not None, "pauses without an end are left out"
        return due


def _is_nameless(run: Run) -> bool:
    """Whether it runs for something that nobody has asked for yet: solved, nobody will."""
    return bool(run.rule.per) and not run.subject


TERMS = frozenset({"policy", "kind", "priority", "node_down", "urgent"})
"""Terms that a commitment's conditions may name, beside `critical`; other data of a fact are for people."""


def _matches(conditions: dict[str, Any], terms: dict[str, Any]) -> bool:
    """Whether every condition holds; a list means "one of these"."""
    return all(
        terms.get(name) in wanted if isinstance(wanted, list) else terms.get(name) == wanted
        for name, wanted in conditions.items()
    )
