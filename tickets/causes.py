"""What lost the time of a broken promise (A2, A6, A8, A11). Pure: instants in, losses out, no Django, no clock read.

A leg that is 23 min late lost 23 min: they are given to causes in the order of the functions below, each as many as it
took, until none are left. What nobody and nothing on record explains is the work itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Cause = Literal[
    "hospital", "nobody", "unsent", "left_late", "way", "stock", "choice", "depot", "pickup", "carrier", "work"
]
"""Waiting for the hospital · nobody took it on · nobody was sent · left too late · a longer way than the table says ·
no depot had it · a depot was chosen that could not make it · packed too late · fetched late by the carrier · carried
too long · the work took longer."""

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Way:
    """One engineer's way to the site; `minutes` is the stored figure that it was planned with."""

    departed_at: datetime | None
    arrived_at: datetime | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One request for parts. `options`: the depots weighed, as the request keeps them."""

    ship_by: datetime | None
    packed_at: datetime | None
    shipped_at: datetime | None
    depot: str = ""
    carrier: str = ""
    is_taken: bool = True
    options: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Late:
    """A promise that was broken at `due_at` and kept at `ended_at`, or not yet: then that is now.

    `waits`: when the matter stood still for the hospital while this clock ran on. `taken_at`: when somebody took it
    on who had been paged, or nobody was paged at all and it was assigned; None: nobody did.
    """

    code: str
    started_at: datetime
    due_at: datetime
    ended_at: datetime
    waits: Sequence[Span] = ()
    taken_at: datetime | None = None
    way: Way | None = None
    parcel: Parcel | None = None

    @property
    def seconds(self) -> float:
        """By how much it is late."""
        return max((self.ended_at - self.due_at).total_seconds(), 0.0)


@dataclass(frozen=True, slots=True)
class Loss:
    """So many seconds went to a cause. `name`: the depot or carrier; `planned`, `took`: minutes of a way."""

    cause: Cause
    seconds: float
    name: str = ""
    planned: int = 0
    took: int = 0


def losses(late: Late) -> tuple[Loss, ...]:
    """What lost the time, at most as many seconds together as it is late; empty when it is not."""
    left, found = late.seconds, []
    for loss in _candidates(late):
        if (seconds := min(loss.seconds, left)) > 0:
            left -= seconds
            found.append(Loss(loss.cause, seconds, loss.name, loss.planned, loss.took))
    if left > 0:
        found.append(Loss("work", left))
    return tuple(sorted(found, key=lambda loss: -loss.seconds))


def _candidates(late: Late) -> Iterable[Loss]:
    yield Loss("hospital", _overlap(late.waits, late.started_at, late.ended_at))
    if late.code == "response":
        yield Loss("nobody", _after(late.taken_at or late.ended_at, late.due_at))
    elif late.code in {"onsite", "onsite_bound"}:
        yield from _travel(late)
    elif late.parcel is not None and late.code == "spare_shipped":
        yield from _shipping(late, late.parcel, late.due_at)
    elif late.parcel is not None and late.code == "spare_delivered":
        yield from _delivery(late, late.parcel)


def _after(at: datetime, limit: datetime) -> float:
    return max((at - limit).total_seconds(), 0.0)


def _overlap(spans: Iterable[Span], start: datetime, end: datetime) -> float:
    """Seconds that `spans` cover between `start` and `end`; they do not overlap each other."""
    return sum(max((min(stop, end) - max(begin, start)).total_seconds(), 0.0) for begin, stop in spans)


def _travel(late: Late) -> Iterable[Loss]:
    """Set out too late for the way, and a way that took longer than its figure."""
    way = late.way
    if way is None:
        yield Loss("unsent", late.seconds)
        return
    planned = way.minutes or 0
    latest = late.due_at.timestamp() - planned * 60
    set_out = way.departed_at or late.ended_at
    yield Loss("left_late", max(set_out.timestamp() - latest, 0.0), planned=planned)
    if way.departed_at is not None:
        took = ((way.arrived_at or late.ended_at) - way.departed_at).total_seconds()
        yield Loss("way", max(took - planned * 60, 0.0), planned=planned, took=round(took / 60))


def _shipping(late: Late, parcel: Parcel, due: datetime) -> Iterable[Loss]:
    """Why it had not left by `due`."""
    seconds = _after(parcel.shipped_at or late.ended_at, due)
    if not parcel.is_taken:
        yield Loss("nobody", seconds)
        return
    if short := _stock(parcel, "ships_late_s"):
        yield Loss(short.cause, seconds, short.name)
        return
    packed = _after(parcel.packed_at or late.ended_at, due)
    yield Loss("depot", packed, parcel.depot)
    yield Loss("pickup", seconds - packed, parcel.carrier)


def _delivery(late: Late, parcel: Parcel) -> Iterable[Loss]:
    """Late already when it left; from a depot too far away or without the part; else the carrier's."""
    if parcel.ship_by is not None:
        yield from _shipping(late, parcel, parcel.ship_by)
    if short := _stock(parcel, "late_s"):
        yield Loss(short.cause, late.seconds, short.name)
    elif parcel.shipped_at is not None:
        yield Loss("carrier", late.seconds, parcel.carrier)


def _stock(parcel: Parcel, late: str) -> Loss | None:
    """What the stock made impossible from the beginning: no depot could make it, or another one than was chosen."""

    def makes(option: Mapping[str, Any]) -> bool:
        return option.get("verdict") in {"makes", "late"} and not option.get(late)

    chosen = next((one for one in parcel.options if one.get("chosen")), None)
    if not parcel.options or (chosen is not None and makes(chosen)):
        return None
    if not any(makes(one) for one in parcel.options):
        return Loss("stock", 0.0)
    return Loss("choice", 0.0, parcel.depot) if chosen is not None else None
