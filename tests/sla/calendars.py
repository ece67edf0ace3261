"""Random calendars for hypothesis: each as plain data, for the reference and for the engine."""

import os
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sla.clock import Pause
from sla.hours import WorkingHours
from sla.slots import slots
from tests.sla.reference import WEEK, Reference, Row, days_around

examples = settings(
    max_examples=int(os.environ.get("SLA_EXAMPLES", "30")),
    deadline=None,
    # Calendars that never open are part of the search; how many come first is chance, and so is a loaded machine.
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
"""How often each property is tried; SLA_EXAMPLES=5000 for a night's search."""

# A zone and a date around which something happens to its clock.
HARD_PLACES = [
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour back
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Casablanca", date(2026, 2, 15)),  # Ramadan
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("America/Havana", date(2026, 11, 1)),  # 01:00 → 00:00
    ("Asia/Beirut", date(2026, 10, 25)),  # 00:00 → 23:00 of the day before
    ("America/Asuncion", date(2023, 10, 1)),  # a day without 00:00
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that never was
    ("Asia/Kathmandu", date(1986, 1, 1)),  # a quarter of an hour lost at New Year
    ("Asia/Shanghai", date(1986, 5, 4)),  # China had summer time once
    ("Asia/Shanghai", date(2026, 10, 1)),
    ("Asia/Kathmandu", date(2027, 1, 1)),
    ("America/New_York", date(2025, 12, 31)),
    ("UTC", date(2024, 12, 31)),
]


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """Up to three slots of a day, at odd minutes too, touching ones included."""
    edge = st.one_of(st.integers(0, 96).map(lambda n: n * 15), st.integers(0, 1440))
    edges = sorted(draw(st.lists(edge, unique=True, max_size=6)))
    row = [[face(a), face(b)] for a, b in zip(edges[::2], edges[1::2], strict=False)]
    if row and draw(st.booleans()):  # a break of no length
        row.append([row[-1][1], "24:00"]) if row[-1][1] != "24:00" else None
    return draw(st.permutations(row))


def face(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Reference, date]:
    """A calendar and the date that makes it hard."""
    zone, day = draw(st.sampled_from(HARD_PLACES))
    near = st.sampled_from(list(days_around(day, 3)))
    names = st.sampled_from((*WEEK, "extra"))
    hours = draw(st.one_of(st.dictionaries(names, rows()), rows().map(lambda row: dict.fromkeys(WEEK, row))))
    return Reference(
        timezone=zone,
        hours=hours,
        holidays=draw(st.sets(near, max_size=3)),
        extra_workdays=draw(st.sets(near, max_size=2)),
        date_hours=draw(st.dictionaries(near, rows(), max_size=2)),
    ), day


def engine(reference: Reference) -> WorkingHours:
    """The same calendar for the engine under test."""
    week = {name: slots(*((a, b) for a, b in row)) for name, row in reference.hours.items()}
    return WorkingHours(
        zone=reference.timezone,
        weekly=tuple(week.get(name, ()) for name in WEEK),
        holidays=frozenset(reference.holidays),
        extra_workdays=frozenset(reference.extra_workdays),
        date_hours=tuple((day, slots(*((a, b) for a, b in row))) for day, row in reference.date_hours.items()),
        on_extra_workday=week.get("extra"),
    )


def instants(day: date, hours: int, step: timedelta) -> st.SearchStrategy[datetime]:
    """Whole steps within some hours of noon UTC of that day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    most = timedelta(hours=hours) // step
    return st.integers(-most, most).map(lambda n: noon + n * step)


def pauses(day: date, hours: int, step: timedelta) -> st.SearchStrategy[list[tuple[datetime, datetime | None]]]:
    """Pauses in any order, overlapping, of no length, and now and then without an end."""
    at = instants(day, hours, step)
    closed = st.tuples(at, at).map(lambda pair: (min(pair), max(pair)))
    return st.lists(st.one_of(closed, closed, at.map(lambda begin: (begin, None))), max_size=4)


def as_pauses(pairs: list[tuple[datetime, datetime | None]]) -> list[Pause]:
    return [Pause(begin, end) for begin, end in pairs]
