"""Deadlines as chips: the one place that says in which of its looks a clock is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from common.present import Chip, closed_chip, open_chip, paused_chip
from common.wording import clock
from sla.models import Deadline

State = Deadline.State
LAST_WARNING = 80


def soon_at(deadline: Deadline) -> datetime | None:
    """When the last warning before the breach falls: from there the chip says "soon"."""
    warnings = [m for m in deadline.milestones if m.get("percent", 100) < 100 and "at" in m]
    return datetime.fromisoformat(warnings[-1]["at"]) if warnings else None


def chip(deadline: Deadline, now: datetime) -> Chip:
    """The chip of one clock as seen at `now`."""
    if deadline.state == State.RUNNING:
        return open_chip(deadline.due_at, now, soon_at(deadline))
    if deadline.state == State.PAUSED:
        return paused_chip(float(deadline.remaining_seconds or 0))
    if deadline.state in {State.MET, State.MISSED}:
        return closed_chip(float(deadline.margin_seconds or 0))
    if deadline.state == State.SUPERSEDED:
        return Chip("superseded", _("was due %(time)s") % {"time": clock(deadline.due_at, now)})
    return Chip("superseded", _("cancelled") if deadline.state == State.CANCELLED else _("withdrawn"))


def governing(deadlines: Iterable[Deadline]) -> Deadline | None:
    """The clock that bites next: the running one that falls due first, else the first that stands still."""
    open_ones = [d for d in deadlines if d.state in {State.RUNNING, State.PAUSED}]
    return min(open_ones, key=lambda d: (d.state == State.PAUSED, d.due_at), default=None)


def is_over(deadline: Deadline, now: datetime) -> bool:
    """A promise broken right now: running, and its due time lies behind `now`."""
    return deadline.state == State.RUNNING and deadline.due_at < now
