"""Pure: what a device's faults say about it, how long it works between two of them and which of them came back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

AGAIN = timedelta(days=30)
"""A fault so soon after the one before it was solved is the same trouble, says the desk's rule of thumb."""


@dataclass(frozen=True, slots=True)
class Fault:
    """When a device failed, and when that was solved (`None`: not yet)."""

    number: str
    at: datetime
    solved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """`mean`: the mean time between faults; `None` where too little is known to say. `repeats`: numbers of the faults
    that came within 30 days after the one before was solved, or while it was open.
    """

    faults: int
    mean: timedelta | None
    repeats: frozenset[str]


def figures(faults: Iterable[Fault], since: datetime | None, until: datetime) -> Figures:
    """What `faults` say of a device that has worked from `since` (`None`: unknown) to `until`.

    The mean is time in use over the number of faults; without a day of installation, the time between the first
    and the last fault over the steps from one to the next.
    """
    found = sorted(faults, key=lambda fault: (fault.at, fault.number))
    return Figures(len(found), _mean(found, since, until), frozenset(_repeats(found)))


def _mean(faults: list[Fault], since: datetime | None, until: datetime) -> timedelta | None:
    if not faults:
        return None
    first, last = faults[0].at, faults[-1].at
    if since is not None and since <= first:
        return (max(until, last) - since) / len(faults)
    return (last - first) / (len(faults) - 1) if len(faults) > 1 else None


def _repeats(faults: list[Fault]) -> list[str]:
    return [
        fault.number
        for before, fault in pairwise(faults)
        if before.solved_at is None or fault.at - before.solved_at <= AGAIN
    ]
