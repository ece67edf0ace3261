"""Who is on duty for a role, a region and a moment; and where nobody will be.

A `Roster` is loaded with two queries for a span of time and then answers from memory, so the sweep
can ask it for every deadline of a batch. Turns are pure sums over dates; nothing here reads the clock.

Order of precedence, the first that names somebody counts: the region's overrides, overrides of every
region, the region's rotations, rotations of every region. An override without a person says that
nobody is on duty and ends the search; one whose person is no longer active does not count.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from common.nested import Nested
from common.prepared import Given, Prepared
from people.models import DutyOverride, Region, Role, Rotation, RotationMember, User

logger = logging.getLogger(__name__)

ALWAYS_ON: tuple[str, ...] = (Role.OPERATOR, Role.LEAD, Role.MANAGER)
"""Roles that the default ladder pages round the clock (7×24, A1): an hour without one is a gap."""

ONE_DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
"""The shortest span that a time of the database can tell."""

_turns = Prepared(lambda: RotationMember.objects.select_related("rotation", "user").order_by("rotation_id", "position"))
_OVERRIDES = DutyOverride.objects.select_related("user").filter(ends_at__gt=Given("start")).order_by("starts_at", "id")
_ROWS = Nested(
    _OVERRIDES.filter(role=Given("role"), starts_at__lt=Given("end")),
    *[f"user__{field.attname}" for field in User._meta.concrete_fields if not field.primary_key],
)
_turns_of: Prepared[Any] = Prepared(
    lambda: (
        RotationMember.objects.filter(rotation__role=Given("role"))
        .select_related("rotation", "user")
        .annotate(overrides=_ROWS.inside())
        .order_by("rotation_id", "position")
    )
)
_overrides_of = Prepared(lambda: _OVERRIDES.filter(role=Given("role"), starts_at__lt=Given("end")))
_overrides_at = Prepared(lambda: _OVERRIDES.filter(starts_at__lte=Given("start")))
_overrides_in = Prepared(lambda: _OVERRIDES.filter(starts_at__lt=Given("end")))
_regions = Prepared(Region.objects.all)

Post = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """A rotation as plain values. `weekdays` are ISO numbers; equal hours mean round the clock."""

    role: str
    region_id: int | None
    zone: ZoneInfo
    starts_on: date
    turn_days: int
    weekdays: frozenset[int]
    starts_at: time
    ends_at: time
    members: tuple[User, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of duty of one person, in UTC, half-open: on duty at `start`, not at `end`."""

    person: User
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch [start, end) in which the same people hold a post; empty `people`: nobody."""

    start: datetime
    end: datetime
    people: tuple[User, ...]
    overrides: tuple[DutyOverride, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody is on duty for `role` in [start, end). `region` None: every region without its own roster."""

    role: str
    region: Region | None
    start: datetime
    end: datetime

    @property
    def role_name(self) -> str:
        return str(Role(self.role).label)


@dataclass(frozen=True, slots=True)
class Duty:
    """Who holds a post now and until when; `until` is at most a day ahead."""

    role: str
    region: Region | None
    people: tuple[User, ...]
    until: datetime

    @property
    def role_name(self) -> str:
        return str(Role(self.role).label)


def plan_of(rotation: Rotation, members: Iterable[User]) -> Plan:
    """The plain values of a rotation row and its members in the order of their turns."""
    return Plan(
        role=rotation.role,
        region_id=rotation.region_id,
        zone=ZoneInfo(rotation.timezone),
        starts_on=rotation.starts_on,
        turn_days=rotation.turn_days,
        weekdays=frozenset(int(digit) for digit in rotation.weekdays),
        starts_at=rotation.starts_at,
        ends_at=rotation.ends_at,
        members=tuple(members),
        name=rotation.name,
    )


def readable_plans(rotations: Iterable[tuple[Rotation, list[User]]]) -> Iterator[Plan]:
    """Plans of rotations; a broken row is logged and left out, so that it silences only itself."""
    for rotation, members in rotations:
        try:
            yield plan_of(rotation, members)
        except (ZoneInfoNotFoundError, ValueError):
            logger.exception("rotation %s cannot be read", rotation.pk)


def turn_on(plan: Plan, day: date) -> Turn | None:
    """The turn that begins on the local date `day`, or None when the rotation has none that day.

    A disabled member keeps the place in the order, so that nobody else's turns move.
    """
    if day < plan.starts_on or day.isoweekday() not in plan.weekdays or not plan.members:
        return None
    number = (day - plan.starts_on).days // plan.turn_days
    last = day if plan.ends_at > plan.starts_at else day + ONE_DAY
    return Turn(
        person=plan.members[number % len(plan.members)],
        start=datetime.combine(day, plan.starts_at, plan.zone).astimezone(UTC),
        end=datetime.combine(last, plan.ends_at, plan.zone).astimezone(UTC),
    )


def turn_at(plan: Plan, at: datetime) -> Turn | None:
    """The turn that runs at the instant `at`: one of today's or one that began last evening."""
    today = at.astimezone(plan.zone).date()
    for day in (today, today - ONE_DAY):
        turn = turn_on(plan, day)
        if turn is not None and turn.start <= at < turn.end:
            return turn
    return None


def edges(plan: Plan, start: datetime, end: datetime) -> Iterator[datetime]:
    """Every instant in the span at which a turn begins or ends (some may lie just outside)."""
    day = start.astimezone(plan.zone).date() - ONE_DAY
    last = end.astimezone(plan.zone).date()
    while day <= last:
        turn = turn_on(plan, day)
        if turn is not None:
            yield turn.start
            yield turn.end
        day += ONE_DAY


@dataclass(frozen=True)
class Roster:
    """Everything that decides duty in a span of time; build it with `load`."""

    plans: tuple[Plan, ...]
    overrides: tuple[DutyOverride, ...]

    @classmethod
    def load(cls, start: datetime, end: datetime | None = None) -> Roster:
        """The roster for the instant `start`, or for [start, end): two queries, then none."""
        overrides = _overrides_at(start=start) if end is None else _overrides_in(start=start, end=end)
        return cls._of(_turns(), overrides)

    @classmethod
    def of_role(cls, role: str, at: datetime) -> Roster:
        """What decides who holds the posts of one role at `at`: as `of_role_in`."""
        return cls.of_role_in(role, at, at + MOMENT)

    @classmethod
    def of_role_in(cls, role: str, start: datetime, end: datetime) -> Roster:
        """What decides who holds the posts of one role in [start, end): one query, two while nobody takes turns."""
        turns = _turns_of(role=role, start=start, end=end)
        overrides = _ROWS.rows(turns[0].overrides) if turns else _overrides_of(role=role, start=start, end=end)
        return cls._of(turns, overrides)

    @classmethod
    def _of(cls, turns: Iterable[RotationMember], overrides: Iterable[DutyOverride]) -> Roster:
        members: dict[int, tuple[Rotation, list[User]]] = {}
        for row in turns:
            members.setdefault(row.rotation_id, (row.rotation, []))[1].append(row.user)
        return cls(plans=tuple(readable_plans(members.values())), overrides=tuple(overrides))

    @cached_property
    def _plans(self) -> dict[Post, list[Plan]]:
        table: dict[Post, list[Plan]] = {}
        for plan in self.plans:
            table.setdefault((plan.role, plan.region_id), []).append(plan)
        return table

    @cached_property
    def _overrides(self) -> dict[Post, list[DutyOverride]]:
        table: dict[Post, list[DutyOverride]] = {}
        for row in self.overrides:
            if row.user is None or row.user.is_active:
                table.setdefault((row.role, row.region_id), []).append(row)
        return table

    def on_duty(self, role: str, region_id: int | None, at: datetime) -> list[User]:
        """Active people who hold the post at `at`, each once; empty when nobody does."""
        people, _ = self._holders(role, region_id, at)
        return list(people)

    def segments(self, role: str, region_id: int | None, start: datetime, end: datetime) -> list[Segment]:
        """[start, end) cut where the people on duty change, in order, without holes."""
        posts = self._posts(role, region_id)
        found = {moment for post in posts for plan in self._plans.get(post, ()) for moment in edges(plan, start, end)}
        for post in posts:
            for row in self._overrides.get(post, ()):
                found |= {row.starts_at, row.ends_at}
        cuts = [start, *sorted(moment for moment in found if start < moment < end), end]
        merged: list[Segment] = []
        for left, right in pairwise(cuts):
            holders = self._holders(role, region_id, left)
            if merged and (merged[-1].people, merged[-1].overrides) == holders:
                merged[-1] = Segment(merged[-1].start, right, *holders)
            else:
                merged.append(Segment(left, right, *holders))
        return merged

    def posts(self, regions: Iterable[Region]) -> list[tuple[str, Region | None]]:
        """Role and region pairs to look at: those with an own roster, then None for all the others."""
        regions = list(regions)
        known = {*self._plans, *self._overrides}
        result: list[tuple[str, Region | None]] = []
        for role in Role.values:
            if role not in ALWAYS_ON and not any(role == post[0] for post in known):
                continue
            own = [region for region in regions if (role, region.pk) in known]
            result += [(role, region) for region in own]
            shared = role in ALWAYS_ON or (role, None) in known
            if shared and (len(own) < len(regions) or not regions):
                result.append((role, None))
        return result

    def is_always_on(self, role: str) -> bool:
        """Whether an hour without anybody is a gap: paged roles, and roles with a round-the-clock plan."""
        return role in ALWAYS_ON or any(
            plan.role == role and plan.starts_at == plan.ends_at and len(plan.weekdays) == 7 for plan in self.plans
        )

    @staticmethod
    def _posts(role: str, region_id: int | None) -> tuple[Post, ...]:
        return ((role, None),) if region_id is None else ((role, region_id), (role, None))

    def _holders(
        self, role: str, region_id: int | None, at: datetime
    ) -> tuple[tuple[User, ...], tuple[DutyOverride, ...]]:
        posts = self._posts(role, region_id)
        for post in posts:
            rows = tuple(row for row in self._overrides.get(post, ()) if row.starts_at <= at < row.ends_at)
            if rows:
                return _each_once(row.user for row in rows if row.user is not None), rows
        for post in posts:
            turns = (turn_at(plan, at) for plan in self._plans.get(post, ()))
            people = _each_once(turn.person for turn in turns if turn and turn.person.is_active)
            if people:
                return people, ()
        return (), ()


def _each_once(people: Iterable[User]) -> tuple[User, ...]:
    return tuple({person.pk: person for person in people}.values())


def on_duty(role: str, region_id: int | None, at: datetime) -> list[User]:
    """Active people on duty for `role` in the region at `at`. In a loop, load one `Roster` instead."""
    return Roster.of_role(role, at).on_duty(role, region_id, at)


def gaps(start: datetime, end: datetime, now: datetime | None = None) -> list[Gap]:
    """Hours in [start, end), none before `now`, in which a page would find nobody; soonest first."""
    start = max(start, now) if now is not None else start
    if start >= end:
        return []
    return gaps_of(Roster.load(start, end), Region.objects.all(), start, end)


def gaps_of(roster: Roster, regions: Iterable[Region], start: datetime, end: datetime) -> list[Gap]:
    """As `gaps`, from a roster already loaded for the span."""
    found = [
        Gap(role, region, segment.start, segment.end)
        for role, region in roster.posts(regions)
        if roster.is_always_on(role)
        for segment in roster.segments(role, region.pk if region else None, start, end)
        if not segment.people
    ]
    return sorted(found, key=lambda gap: (gap.start, gap.role))


def who(at: datetime, roster: Roster | None = None) -> list[Duty]:
    """Every post and who holds it at `at`, for the wall. `roster`: one already loaded for the day after `at`."""
    end = at + ONE_DAY
    roster = roster or Roster.load(at, end)
    result = []
    for role, region in roster.posts(_regions()):
        now = roster.segments(role, region.pk if region else None, at, end)[0]
        result.append(Duty(role, region, now.people, now.end))
    return result
