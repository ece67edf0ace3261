"""Where the time of a whole matter went: its legs one behind the other on one line, from the report to its end (N2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext as _

from common import wording
from sla import present
from sla.models import Deadline
from tickets.clocks import LIVE, Clocks

State = Deadline.State
SHOWN = {State.RUNNING, State.PAUSED, State.MET, State.MISSED}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A drawn part of a leg: per cent of the line where it begins and how wide it is."""

    state: Literal["done", "now", "late"]
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Section:
    """One leg on the line: promised and actual, how long it took, and its margin in words."""

    name: str
    promised: str
    actual: str
    took: str
    margin: str
    is_late: bool
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """The line with its ends, the sections in their order, and the sentence that says which leg lost the time."""

    began: str
    ended: str
    took: str
    finding: str
    sections: tuple[Section, ...]


def build(clocks: Clocks, rows: Iterable[Deadline]) -> Whole | None:
    """The line of one round from its legs' `rows`; None while there are fewer than two legs to compare."""
    shown = sorted((row for row in rows if row.state in SHOWN), key=lambda row: (row.started_at, row.due_at))
    if len(shown) < 2:
        return None
    now = clocks.now
    began = shown[0].started_at
    is_open = any(row.state in LIVE for row in shown)
    ended = now if is_open else max(row.stopped_at or now for row in shown)
    line = (began, max((ended - began).total_seconds(), 1.0))
    return Whole(
        began=wording.clock(began, now),
        ended=_("now %(time)s") % {"time": wording.clock(ended, now)} if is_open else wording.clock(ended, now),
        took=wording.duration((ended - began).total_seconds()),
        finding=_finding(shown, now),
        sections=tuple(_section(row, _from(row, shown), now, line) for row in shown),
    )


def _from(row: Deadline, rows: Sequence[Deadline]) -> datetime:
    """Where its section begins: a parcel is under way from when it left, not from when it was asked for."""
    if row.code != "spare_delivered":
        return row.started_at
    left = (one.stopped_at for one in rows if one.code == "spare_shipped" and one.subject == row.subject)
    return next((at for at in left if at is not None), row.started_at)


def _section(row: Deadline, begins: datetime, now: datetime, line: tuple[datetime, float]) -> Section:
    ends = row.stopped_at or row.paused_at or now
    over = present.is_over(row, now)
    is_late = row.state == State.MISSED or over
    turns = min(max(row.due_at, begins), ends) if is_late else ends
    kept = _stretch("done" if row.stopped_at else "now", begins, turns, line)
    beyond = _stretch("late", turns, ends, line)
    return Section(
        name=row.commitment.name,
        promised=wording.clock(row.due_at, now) if row.paused_at is None else "",
        actual=wording.clock(row.stopped_at, now) if row.stopped_at else "",
        took=wording.duration((ends - begins).total_seconds()),
        margin=wording.margin((row.due_at - ends).total_seconds()) if row.stopped_at or over else "",
        is_late=is_late,
        stretches=tuple(one for one in (kept, beyond) if one.width > 0),
    )


def _stretch(
    state: Literal["done", "now", "late"], start: datetime, end: datetime, line: tuple[datetime, float]
) -> Stretch:
    began, seconds = line
    left = (start - began).total_seconds() / seconds * 100
    width = max((end - start).total_seconds(), 0.0) / seconds * 100
    return Stretch(state, round(left, 2), round(width, 2))


def _finding(rows: Sequence[Deadline], now: datetime) -> str:
    """The leg that lost the most time; that none did is said too."""
    lost = {row.pk: ((row.stopped_at or now) - row.due_at).total_seconds() for row in rows if _is_late(row, now)}
    if not lost:
        return _("No leg has lost time.")
    worst = max((row for row in rows if row.pk in lost), key=lambda row: lost[row.pk])
    values = {"leg": worst.commitment.name, "span": wording.duration(lost[worst.pk])}
    if len(lost) == 1:
        return _("The time was lost in “%(leg)s”: %(span)s.") % values
    return _("Most of the time was lost in “%(leg)s”: %(span)s; %(count)s legs were late.") % {
        **values,
        "count": len(lost),
    }


def _is_late(row: Deadline, now: datetime) -> bool:
    return row.state == State.MISSED or present.is_over(row, now)
