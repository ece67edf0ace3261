"""The book that a replay looks things up in, read from the database once per batch of timelines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from common.prepared import Prepared
from people import travel
from people.models import Site
from sla import calendars
from sla.hours import WorkingHours
from sla.models import CalendarVersion, Commitment, Edition, EscalationStep, Ladder
from sla.runs import Rule, Travel

_kept: dict[datetime, Tables] = {}
_edition = Prepared(Edition.objects.all)


def rule_of(row: Commitment) -> Rule:
    """A commitment row as the replay reads it."""
    return Rule(
        id=row.pk,
        code=row.code,
        version=row.version,
        clause=row.clause,
        name=row.name,
        calendar=row.calendar_id,
        starts_on=frozenset(row.starts_on),
        stops_on=frozenset(row.stops_on),
        cancels_on=frozenset(row.cancels_on),
        restarts=row.restarts,
        per=row.per,
        when=tuple(sorted(row.when.items())),
        targets=tuple(row.targets),
        adds_travel=row.adds_travel,
        bands=tuple(row.bands),
        closes_at=row.day_closes_at.hour * 60 + row.day_closes_at.minute,
        pause_reasons=frozenset(row.pause_reasons),
        expiry_fact=row.expiry_fact,
    )


class Tables:
    """Policies, calendars and ladders: five queries, whatever the number of timelines."""

    def __init__(self) -> None:
        self._rules: dict[str, list[tuple[datetime, Rule]]] = defaultdict(list)
        self.ladder_of: dict[int, int | None] = {}
        for row in Commitment.objects.select_related("policy").order_by("position", "code", "-version"):
            self._rules[row.policy.code].append((row.valid_from, rule_of(row)))
            self.ladder_of[row.pk] = row.ladder_id
        self._versions: dict[int, list[CalendarVersion]] = defaultdict(list)
        for version in CalendarVersion.objects.defer("content").order_by("calendar_id", "-number"):
            self._versions[version.calendar_id].append(version)
        self._ladders = _ladders()
        self._critical = dict(Ladder.objects.filter(critical__isnull=False).values_list("pk", "critical"))

    @classmethod
    def current(cls) -> Tables:
        """The tables as they stand: one small query, and only after a change all of them (see `Edition`)."""
        edition = _edition.first()
        return cls.of(edition.at if edition else None)

    @classmethod
    def of(cls, edition: datetime | None) -> Tables:
        """The tables of an edition that was read along with something else."""
        if edition is None:
            return cls()
        if edition not in _kept:
            _kept.clear()
            _kept[edition] = cls()
        return _kept[edition]

    def rules(self, policy: str, at: datetime) -> list[Rule]:
        """The newest version of each commitment of `policy` that was valid at `at`, in their order."""
        newest: dict[str, Rule] = {}
        for valid_from, rule in self._rules[policy]:
            if valid_from <= at:
                newest.setdefault(rule.code, rule)
        return list(newest.values())

    def hours(self, calendar: int, at: datetime) -> tuple[int, WorkingHours]:
        version = calendars.in_force(self._versions[calendar], at)
        return version.number, calendars.hours_of(version)

    def ladder(self, commitment: int, *, critical: bool = False) -> tuple[int, list[dict[str, Any]]]:
        """Minutes after which an acknowledgement lapses, and the milestones, repeats written out.

        `critical`: of the ladder that stands in while the hospital is in a critical period (N12).
        """
        ladder = self.ladder_of.get(commitment)
        if critical and ladder is not None:
            ladder = self._critical.get(ladder, ladder)
        return self._ladders[ladder] if ladder is not None else (15, [])


def _ladders() -> dict[int, tuple[int, list[dict[str, Any]]]]:
    steps: dict[int, list[EscalationStep]] = defaultdict(list)
    for step in EscalationStep.objects.order_by("ladder_id", "number"):
        steps[step.ladder_id].append(step)
    return {ladder.pk: (ladder.ack_minutes, written_out(steps[ladder.pk])) for ladder in Ladder.objects.all()}


def written_out(steps: Sequence[EscalationStep]) -> list[dict[str, Any]]:
    """A ladder as a flat list of milestones: {"step", "percent" or "after", "roles"}, repeats included."""
    flat: list[dict[str, Any]] = []
    for step in steps:
        roles = list(step.recipients)
        if step.percent is not None:
            flat.append({"percent": step.percent, "roles": roles})
            continue
        first, every = step.after_minutes or 0, step.repeat_minutes or 0
        repeats = step.repeats if every else 0
        flat += [{"after": first + every * n, "roles": roles} for n in range(repeats + 1)]
    return [{"step": number, **milestone} for number, milestone in enumerate(flat, start=1)]


class TimelineBook:
    """`Tables` as one timeline sees them: with the travel figures of its site."""

    def __init__(self, tables: Tables, site: Site | None, roads: travel.Roads | None = None) -> None:
        self.tables, self.site = tables, site
        self._roads = roads or travel.Roads([site] if site else [])
        self._travel: dict[datetime, Travel | None] = {}

    def rules(self, policy: str, at: datetime) -> list[Rule]:
        return self.tables.rules(policy, at)

    def hours(self, calendar: int, at: datetime) -> tuple[int, WorkingHours]:
        return self.tables.hours(calendar, at)

    def travel(self, at: datetime) -> Travel | None:
        if at not in self._travel:
            self._travel[at] = self._look_up(at)
        return self._travel[at]

    def _look_up(self, at: datetime) -> Travel | None:
        row = self._roads.figure(self.site, at) if self.site is not None else None
        if row is None:
            return None
        source = "" if row.is_estimate else f"{row.source} ({row.source_date})"
        return Travel(row.minutes, row.km, row.base_name, source, row.row_id)
