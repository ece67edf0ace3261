"""Whom to send: who can still make the deadline, then who knows the device, is on duty and has least to do (N1).

Pure: no Django here. Times are aware datetimes; words for what comes out stand in `visits.wording`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

FAR_AHEAD = timedelta.max


@dataclass(frozen=True, slots=True)
class Place:
    """Where an engineer can set out from: a site (`site`: its key) or, without one, their base."""

    name: str
    site: int | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """A stretch in which an engineer is taken, and where that leaves them."""

    start: datetime
    end: datetime
    place: Place


@dataclass(frozen=True, slots=True)
class Leg:
    """The way from a place to the site in question."""

    minutes: int
    km: int
    is_estimate: bool


@dataclass(frozen=True, slots=True)
class Engineer:
    """What is known of somebody who could be sent.

    `grade`: 0 (none on record) to 3 with the kind of device. `home`: where they start without a visit before; None:
    nobody knows. `booked`: in the order of time. `load`: open visits of the day.
    """

    key: int
    name: str
    grade: int = 0
    is_on_duty: bool = False
    load: int = 0
    home: Place | None = None
    booked: tuple[Booked, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engineer, when they could be there, and how that stands to the deadline.

    `margin`: deadline less arrival; None without either. `free_at`: later than now when another visit comes first
    (`after`: its place). `next_at`: when the visit after it begins, way included.
    """

    key: int
    name: str
    grade: int
    is_on_duty: bool
    load: int
    leaves_at: datetime | None = None
    arrives_at: datetime | None = None
    start: Place | None = None
    leg: Leg | None = None
    after: str = ""
    next_at: datetime | None = None
    margin: timedelta | None = None
    makes_it: bool = False


def rank(
    engineers: Iterable[Engineer],
    leg: Callable[[Engineer, Place, datetime], Leg],
    *,
    now: datetime,
    due_at: datetime | None,
    work: timedelta,
    follows_within: timedelta,
) -> tuple[Candidate, ...]:
    """The candidates, best first. `leg`: the way of an engineer who sets out from a place at a moment.

    A visit of `work` has to fit in before what is booked already. Who ended a visit no longer than `follows_within`
    ago sets out from there, else from home. Of those who miss the deadline the least late stands first: no skill
    makes up for it.
    """
    found = [_candidate(one, leg, now, due_at, work, follows_within) for one in engineers]
    return tuple(sorted(found, key=lambda one: _order(one, now)))


def _order(one: Candidate, now: datetime) -> tuple[object, ...]:
    takes = one.arrives_at - now if one.arrives_at else FAR_AHEAD
    late = max(-one.margin, timedelta(0)) if one.margin is not None else timedelta(0)
    return (
        not one.makes_it,
        one.arrives_at is None,
        late,
        -one.grade,
        not one.is_on_duty,
        one.load,
        takes,
        one.name,
        one.key,
    )


def _candidate(
    one: Engineer,
    leg: Callable[[Engineer, Place, datetime], Leg],
    now: datetime,
    due_at: datetime | None,
    work: timedelta,
    follows_within: timedelta,
) -> Candidate:
    plain = Candidate(one.key, one.name, one.grade, one.is_on_duty, one.load)
    slot = first_slot(one, leg, now, work, follows_within)
    if slot is None:
        return plain
    start, leaves_at, way, after, next_at = slot
    arrives_at = leaves_at + timedelta(minutes=way.minutes)
    margin = due_at - arrives_at if due_at is not None else None
    return Candidate(
        one.key,
        one.name,
        one.grade,
        one.is_on_duty,
        one.load,
        leaves_at=leaves_at,
        arrives_at=arrives_at,
        start=start,
        leg=way,
        after=after,
        next_at=next_at,
        margin=margin,
        makes_it=margin is None or margin >= timedelta(0),
    )


Slot = tuple[Place, datetime, Leg, str, datetime | None]
"""Whence, when, by which way, after which visit (its place, empty for none), and before which moment."""


def first_slot(
    one: Engineer,
    leg: Callable[[Engineer, Place, datetime], Leg],
    now: datetime,
    work: timedelta,
    follows_within: timedelta,
) -> Slot | None:
    """The first stretch from `now` on into which way and work fit; None when nobody knows where they start."""
    start, leaves_at, after = one.home, now, ""
    for booked in one.booked:
        if booked.start > leaves_at and start is not None:
            way = leg(one, start, leaves_at)
            if leaves_at + timedelta(minutes=way.minutes) + work <= booked.start:
                return start, leaves_at, way, after, booked.start
        if booked.end > leaves_at:
            start, leaves_at, after = booked.place, booked.end, booked.place.name
        elif now - booked.end <= follows_within:
            start = booked.place
    return (start, leaves_at, leg(one, start, leaves_at), after, None) if start is not None else None
