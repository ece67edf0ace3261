"""Whether what is owed will be done in its year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warranty.forecast import Forecast, forecast

FIRST, LAST = date(2026, 4, 15), date(2027, 4, 14)
STATES = ["done", "on_track", "at_risk", "missed"]


def ask(today: str, owed: int = 4, done: int = 0, planned: tuple[str, ...] = (), lead: int = 14) -> Forecast:
    days = [date.fromisoformat(day) for day in planned]
    return forecast(
        owed=owed,
        done=done,
        planned=days,
        starts_on=FIRST,
        ends_on=LAST,
        lead_days=lead,
        today=date.fromisoformat(today),
    )


@pytest.mark.parametrize(
    ("today", "owed", "done", "planned", "state", "expected", "plan_by"),
    [
        ("2026-04-15", 4, 0, (), "on_track", 4, "2027-02-17"),
        ("2027-02-12", 4, 0, (), "on_track", 4, "2027-02-17"),
        ("2027-02-13", 4, 0, (), "at_risk", 4, "2027-02-17"),  # 60 days are left: the first warning
        ("2027-02-18", 4, 0, (), "at_risk", 3, "2027-02-17"),  # three can still be arranged, one after the other
        ("2027-03-01", 4, 3, ("2027-04-01",), "on_track", 4, None),
        ("2027-04-02", 4, 3, ("2027-04-01",), "at_risk", 3, "2027-03-31"),  # its day has passed
        ("2027-03-01", 4, 3, ("2027-04-20",), "at_risk", 4, "2027-03-31"),  # planned behind the year's end
        ("2027-04-14", 4, 4, (), "done", 4, None),
        ("2027-04-14", 4, 3, ("2027-04-14",), "on_track", 4, None),
        ("2027-04-15", 4, 3, (), "missed", 3, "2027-03-31"),
        ("2027-04-15", 4, 5, (), "done", 4, None),
        ("2026-12-01", 1, 0, (), "on_track", 1, "2027-03-31"),
    ],
)
def test_how_a_duty_stands(
    today: str, owed: int, done: int, planned: tuple[str, ...], state: str, expected: int, plan_by: str | None
) -> None:
    found = ask(today, owed, done, planned)
    assert (found.state, found.expected) == (state, expected)
    assert found.plan_by == (date.fromisoformat(plan_by) if plan_by else None)


DAYS = st.dates(FIRST - timedelta(days=20), LAST + timedelta(days=20))


@settings(deadline=None)
@given(today=DAYS, owed=st.integers(1, 9), done=st.integers(0, 9), planned=st.lists(DAYS, max_size=6))
def test_waiting_never_helps_and_doing_always_does(today: date, owed: int, done: int, planned: list[date]) -> None:
    def at(day: date, finished: int) -> Forecast:
        return forecast(
            owed=owed, done=finished, planned=planned, starts_on=FIRST, ends_on=LAST, lead_days=14, today=day
        )

    now, later, more = at(today, done), at(today + timedelta(days=1), done), at(today, done + 1)
    assert STATES.index(later.state) >= STATES.index(now.state)
    assert STATES.index(more.state) <= STATES.index(now.state)
    assert later.expected <= now.expected <= more.expected <= owed
    assert now.done + now.planned + now.unplanned >= owed
    assert (now.state == "done") == (done >= owed)
    assert (now.state == "missed") <= (today > LAST)
