"""Whether what is owed in a contract year will be done in it (N3). Pure: no Django, no reading of the time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

WARN_DAYS = (60, 30, 7)
"""Days before the year's last day on which what is not done is said (promise book, inspection due)."""


class State(StrEnum):
    """How it stands with a duty. AT_RISK: not all will be done in time as it is planned now."""

    DONE = "done"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    MISSED = "missed"


AT_RISK = frozenset({State.AT_RISK, State.MISSED})
"""Not all is, or will be, done in time."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """`expected`: how many will be done by the last day, as it is planned and as fast as they can be arranged.

    `overdue`: planned for a day that has passed. `unplanned`: neither done nor planned ahead. `plan_by`: the last
    day on which arranging the rest can begin; None when nothing is left to plan.
    """

    state: State
    owed: int
    done: int
    planned: int
    overdue: int
    unplanned: int
    expected: int
    plan_by: date | None


def forecast(
    *, owed: int, done: int, planned: Iterable[date], starts_on: date, ends_on: date, lead_days: int, today: date
) -> Forecast:
    """How a duty of the year from `starts_on` to `ends_on` (both included) stands on `today`.

    `planned` are the days of those planned and not done; `lead_days` is how long one takes to arrange, one after
    the other. At risk: planned days have passed, or fall behind the year's end, or the rest cannot be arranged any
    more, or its first warning has come and it is still not planned.
    """
    days = list(planned)
    ahead = sum(1 for day in days if today <= day <= ends_on)
    overdue = sum(1 for day in days if day < today)
    unplanned = max(0, owed - done - ahead)
    days_left = max(0, (ends_on - max(today, starts_on)).days) if today <= ends_on else 0
    expected = min(owed, done + ahead + min(unplanned, days_left // lead_days))
    plan_by = ends_on - timedelta(days=unplanned * lead_days) if unplanned else None
    if done >= owed:
        state = State.DONE
    elif today > ends_on:
        state = State.MISSED
    elif expected < owed or overdue or (unplanned and days_left <= WARN_DAYS[0]):
        state = State.AT_RISK
    else:
        state = State.ON_TRACK
    return Forecast(state, owed, done, ahead, overdue, unplanned, expected, plan_by)
