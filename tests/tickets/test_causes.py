"""What lost the time of a broken promise: tables of legs and the minutes that each cause took (A2, A6, A8, A11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.causes import Late, Parcel, Way, losses

T0 = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def late(code: str, ended: float, due: float = 100, **more: Any) -> Late:
    """A promise from minute 0, due at `due`, kept at `ended`."""
    return Late(code, at(0), at(due), at(ended), **more)


def told(one: Late) -> list[tuple[str, int]]:
    """Causes with their minutes, the one that took most first."""
    return [(loss.cause, round(loss.seconds / 60)) for loss in losses(one)]


MAKES = {"verdict": "makes", "late_s": 0, "ships_late_s": 0}
LATE = {"verdict": "late", "late_s": 3600, "ships_late_s": 1800}
SHORT = {"verdict": "short", "late_s": 0, "ships_late_s": 0}


CHOSEN = {**MAKES, "chosen": True}
FAR = {**LATE, "ships_late_s": 0, "chosen": True}


def parcel(**more: Any) -> Parcel:
    given: dict[str, Any] = {
        "ship_by": at(100),
        "packed_at": at(50),
        "shipped_at": at(60),
        "depot": "成都仓",
        "carrier": "顺丰",
    }
    return Parcel(**{**given, "options": ({**MAKES, "chosen": True},), **more})  # fmt: skip


@pytest.mark.parametrize(
    ("one", "causes"),
    [
        # kept: nothing was lost
        (late("response", 100), []),
        (late("onsite", 99, way=Way(at(0), at(99), 10)), []),
        # an answer (A1): nobody took it on, all the time or part of it
        (late("response", 111), [("nobody", 11)]),
        (late("response", 130, taken_at=at(120)), [("nobody", 20), ("work", 10)]),
        (late("response", 111, taken_at=at(70)), [("work", 11)]),
        # the way to the site (A2)
        (late("onsite", 123), [("unsent", 23)]),
        (late("onsite", 123, way=Way(at(43), at(123), 80)), [("left_late", 23)]),
        (late("onsite", 123, way=Way(at(20), at(123), 80)), [("way", 23)]),
        (late("onsite", 123, way=Way(at(30), at(123), 80)), [("way", 13), ("left_late", 10)]),
        (late("onsite", 123, way=Way(at(10), at(123), 80)), [("way", 23)]),
        (late("onsite", 123, way=Way(None, None, 80)), [("left_late", 23)]),
        (late("onsite", 123, way=Way(at(30), None, 80)), [("way", 13), ("left_late", 10)]),
        # waiting for the hospital comes first, as far as the clock ran on meanwhile
        (
            late("onsite", 123, way=Way(at(43), at(123), 80), waits=[(at(5), at(20))]),
            [("hospital", 15), ("left_late", 8)],
        ),
        (late("fix", 130, waits=[(at(90), at(200))]), [("hospital", 30)]),
        (late("fix", 130, waits=[(at(-50), at(0))]), [("work", 30)]),
        (late("remote", 110), [("work", 10)]),
        # the parcel leaves (A11)
        (late("spare_shipped", 160, parcel=parcel(shipped_at=None, packed_at=None, is_taken=False)), [("nobody", 60)]),
        (
            late("spare_shipped", 160, parcel=parcel(shipped_at=at(160), packed_at=at(150))),
            [("depot", 50), ("pickup", 10)],
        ),
        (late("spare_shipped", 160, parcel=parcel(shipped_at=at(160), packed_at=at(90))), [("pickup", 60)]),
        (late("spare_shipped", 160, parcel=parcel(shipped_at=at(160), options=(SHORT, SHORT))), [("stock", 60)]),
        (
            late("spare_shipped", 160, parcel=parcel(shipped_at=at(160), options=(MAKES, {**LATE, "chosen": True}))),
            [("choice", 60)],
        ),
        (
            late("spare_shipped", 160, parcel=parcel(shipped_at=at(160), options=({**CHOSEN, "ships_late_s": 9},))),
            [("stock", 60)],
        ),
        # the parcel is there (A6, A11)
        (late("spare_delivered", 500, due=400, parcel=parcel()), [("carrier", 100)]),
        (
            late("spare_delivered", 500, due=400, parcel=parcel(shipped_at=at(140), packed_at=at(140))),
            [("carrier", 60), ("depot", 40)],
        ),
        (
            late("spare_delivered", 500, due=400, parcel=parcel(options=(FAR,))),
            [("stock", 100)],
        ),
        (
            late("spare_delivered", 500, due=400, parcel=parcel(options=(MAKES, FAR))),
            [("choice", 100)],
        ),
        (late("spare_delivered", 500, due=400, parcel=parcel(shipped_at=None, packed_at=None)), [("depot", 100)]),
    ],
)
def test_the_minutes_lost_go_to_what_took_them(one: Late, causes: list[tuple[str, int]]) -> None:
    assert told(one) == causes


MINUTES = st.integers(0, 600)
MAYBE = st.none() | MINUTES.map(at)
WAYS = st.none() | st.builds(Way, MAYBE, MAYBE, st.none() | st.integers(0, 300))
PARCELS = st.none() | st.builds(
    Parcel,
    MAYBE,
    MAYBE,
    MAYBE,
    is_taken=st.booleans(),
    options=st.lists(st.sampled_from([MAKES, LATE, SHORT, CHOSEN, FAR]), max_size=3),
)
CODES = st.sampled_from(["response", "remote", "onsite", "fix", "spare_shipped", "spare_delivered"])


@given(CODES, MINUTES, MAYBE, WAYS, PARCELS)
def test_whatever_is_on_record_the_losses_come_to_the_lateness(
    code: str, ended: int, taken: datetime | None, way: Way | None, box: Parcel | None
) -> None:
    one = late(code, ended, taken_at=taken, way=way, parcel=box)
    found = losses(one)
    assert sum(loss.seconds for loss in found) == pytest.approx(one.seconds)
    assert all(loss.seconds > 0 for loss in found)
