"""Random histories of a matter, for hypothesis, and a book to replay them by without a database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from sla.defaults import COMMITMENTS, PAUSES
from sla.facts import IMPLIED, Kind
from sla.hours import WorkingHours
from sla.runs import FactView, Rule, Run, Travel
from sla.slots import slots
from tests.sla.cases import FAULT

START = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
LAST = 3000  # minutes: about two days, long enough for every clock of the book to run out
END = START + timedelta(minutes=LAST + 1)
CODES = [commitment["code"] for commitment in COMMITMENTS]
PLAIN = sorted(
    set(Kind)
    - IMPLIED
    - {Kind.NOTIFIED, Kind.PAUSED, Kind.TERMS_CHANGED, Kind.CALENDAR_CHANGED, Kind.RETARGETED}
    - {Kind.EVIDENCE_CONFIRMED, Kind.EVIDENCE_REJECTED}
)
PARTS = sorted(kind for kind in PLAIN if kind.startswith("part_"))

Said = tuple[int, str, dict[str, Any]]
"""Minutes after the start, kind, data."""


def _until(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


TERMS = st.fixed_dictionaries(
    {},
    optional={
        "node_down": st.booleans(),
        "priority": st.integers(1, 4),
        "kind": st.sampled_from(["fault", "question"]),
        "policy": st.sampled_from(["telemedicine", "his"]),
    },
)
WHAT = st.one_of(
    st.tuples(st.sampled_from(PLAIN).map(str), st.just({})),
    st.tuples(st.sampled_from(PARTS).map(str), st.fixed_dictionaries({"request": st.integers(1, 3)})),
    st.tuples(
        st.just("paused"),
        st.fixed_dictionaries(
            {
                "reason": st.sampled_from([*PAUSES, "of_no_contract"]),
                "until": st.none() | st.integers(0, LAST).map(_until),
            }
        ),
    ),
    st.tuples(st.just("terms_changed"), TERMS),
    st.tuples(
        st.just("retargeted"),
        st.fixed_dictionaries(
            {"code": st.sampled_from(CODES), "due_at": st.integers(0, LAST).map(_until), "reason": st.just("x")}
        ),
    ),
)


@st.composite
def histories(draw: st.DrawFn, most: int = 14) -> list[Said]:
    """A notification, then up to `most` facts at different minutes, in the order in which they happened."""
    minutes = draw(st.lists(st.integers(1, LAST), max_size=most, unique=True))
    return [(0, "notified", dict(FAULT)), *((minute, *draw(WHAT)) for minute in sorted(minutes))]


def views(history: list[Said], *, late_by: timedelta = timedelta(), first_id: int = 1) -> list[FactView]:
    """The history as facts, each heard of `late_by` after it happened."""
    moments = [(START + timedelta(minutes=minute), kind, data) for minute, kind, data in history]
    return [FactView(first_id + n, kind, at, at + late_by, data) for n, (at, kind, data) in enumerate(moments)]


RULES = [
    Rule(
        id=number,
        version=1,
        name=fields["name"],
        code=fields["code"],
        clause=fields["clause"],
        calendar=1,
        starts_on=frozenset(map(str, fields["starts_on"])),
        stops_on=frozenset(map(str, fields["stops_on"])),
        cancels_on=frozenset(map(str, fields["cancels_on"])),
        restarts=fields.get("restarts", False),
        per=fields.get("per", ""),
        when=tuple(fields.get("when", {}).items()),
        targets=tuple(fields.get("targets", ())),
        adds_travel=fields.get("adds_travel", False),
        bands=tuple(fields.get("bands", ())),
        pause_reasons=frozenset(fields.get("pause_reasons", ())),
        expiry_fact=str(fields.get("expiry_fact", "")),
    )
    for number, fields in enumerate(COMMITMENTS, start=1)
]


@dataclass(frozen=True)
class Shelf:
    """A book of one policy; "his" promises only the first three clocks."""

    hours_: WorkingHours

    def rules(self, policy: str, at: datetime) -> list[Rule]:
        return RULES if policy == "telemedicine" else RULES[:3]

    def hours(self, calendar: int, at: datetime) -> tuple[int, WorkingHours]:
        return 1, self.hours_

    def travel(self, at: datetime) -> Travel | None:
        return Travel(95, 126, "成都", "road table")


ALWAYS = Shelf(WorkingHours("Asia/Shanghai", (slots(("00:00", "24:00")),) * 7))
OFFICE = Shelf(WorkingHours("Asia/Shanghai", (slots(("09:00", "12:00"), ("13:00", "18:00")),) * 5 + ((), ())))
"""The same book with every clock in office hours."""


def verdict(run: Run) -> tuple[Any, ...]:
    """What a run says, without who said it when."""
    return (*run.key, run.state, run.started_at, run.due_at, run.stopped_at, run.margin, tuple(run.pauses), run.expired)
