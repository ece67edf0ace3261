"""What the words of another desk's log mean here: the map of an import, TOML checked to the last key. Pure."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sla.facts import Kind

STATE_FACTS = frozenset(
    {
        Kind.NOTIFIED, Kind.RESPONDED, Kind.REMOTE_FAILED, Kind.DEPARTED, Kind.ARRIVED,
        Kind.SOLVED, Kind.CLOSED, Kind.CANCELLED,
    }
)  # fmt: skip
"""What a state of the log may mean, waits apart."""
CLOCK_FACTS = STATE_FACTS | {Kind.REOPENED}
"""What a clock may start on or stop on: facts that an import writes."""
TICKET_KINDS = ("fault", "question", "request")
PRIORITIES = (1, 2, 3, 4)
CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
PROBE = datetime(2001, 12, 31, 23, 58)  # noqa: DTZ001 - dates of a log are naive until its zone is known
REQUIRED: Any = object()


class MapError(ValueError):
    """The map cannot be used; the text says where and why."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a state says has happened; `reason` is that of a wait, whose fact is PAUSED."""

    fact: Kind
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise of the other desk; `minutes` maps a priority (1 to 4) to working minutes."""

    code: str
    name: str
    clause: str
    starts_on: tuple[str, ...]
    stops_on: tuple[str, ...]
    cancels_on: tuple[str, ...]
    pauses: tuple[str, ...]
    minutes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns. The first five must be filled in each row; an empty name: the log has no such column."""

    key: str
    state: str
    at: str
    opened: str
    priority: str
    title: tuple[str, ...]
    sequence: str
    contact: str
    place: str
    group: str
    solution: str
    description: tuple[str, ...]

    def named(self) -> list[str]:
        """Every column that the map reads, each once."""
        values = (getattr(self, field.name) for field in fields(self))
        return list(dict.fromkeys(name for v in values for name in ((v,) if isinstance(v, str) else v) if name))


@dataclass(frozen=True, slots=True)
class CalendarOf:
    """The calendar of all clocks: `hours` as `sla.models.Calendar`, or None for one that stands already."""

    code: str
    name: str = ""
    timezone: str = ""
    hours: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class HospitalOf:
    """Where the incidents are filed: hospital and site by name, made when they are missing."""

    name: str
    city: str
    region: str
    site: str
    address: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class LogMap:
    """A whole map; `dates` is a format of `strptime`, or "iso"."""

    source: str
    name: str
    kind: str
    timezone: str
    dates: str
    delimiter: str
    missing: frozenset[str]
    ladder: str
    calendar: CalendarOf
    hospital: HospitalOf
    columns: Columns
    states: dict[str, Meaning]
    pauses: dict[str, str]
    priorities: dict[str, int]
    clocks: tuple[Clock, ...]

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def policy(self) -> str:
        """Code of the policy that holds the clocks."""
        return f"import-{self.source}"


def load(path: Path) -> LogMap:
    """Read and check a map; MapError names the key at fault, OSError when there is no such file."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MapError(path.name, str(error)) from None
    return _map(_Table(values, ""))


class _Table:
    """One table of the map, emptied key by key; what is left in the end is unknown."""

    def __init__(self, values: Any, where: str) -> None:
        if not isinstance(values, dict):
            raise MapError(where, "must be a table")
        self.values, self.where = dict(values), where

    def path(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name

    def take(self, name: str, kind: type | tuple[type, ...], words: str, default: Any = REQUIRED) -> Any:
        value = self.values.pop(name, default)
        if value is REQUIRED:
            raise MapError(self.path(name), "is missing")
        if value is not default and (not isinstance(value, kind) or isinstance(value, bool)):
            raise MapError(self.path(name), f"must be {words}")
        return value

    def text(self, name: str, most: int = 80, default: Any = REQUIRED) -> str:
        value: str = self.take(name, str, "a text", default)
        if value is not default and not 0 < len(value) <= most:
            raise MapError(self.path(name), f"must have 1 to {most} characters")
        return value

    def code(self, name: str) -> str:
        return _code(self.text(name), self.path(name))

    def texts(self, name: str, default: Any = REQUIRED, allowed: Any = None) -> tuple[str, ...]:
        values = self.take(name, list, "a list of texts", default)
        for value in values:
            if not isinstance(value, str) or not value:
                raise MapError(self.path(name), "must be a list of texts")
            if allowed is not None and value not in allowed:
                raise MapError(self.path(name), f"unknown “{value}”; known are {', '.join(sorted(allowed))}")
        return tuple(values)

    def one_of(self, name: str, allowed: Any, default: Any = REQUIRED) -> str:
        value = self.text(name, default=default)
        if value not in allowed:
            raise MapError(self.path(name), f"unknown “{value}”; known are {', '.join(sorted(allowed))}")
        return value

    def zone(self, name: str) -> str:
        value = self.text(name)
        if value not in available_timezones():
            raise MapError(self.path(name), f"“{value}” is no time zone of the IANA list")
        return value

    def degrees(self, name: str, most: int) -> float:
        value = float(self.take(name, (int, float), "a number"))
        if not -most <= value <= most:
            raise MapError(self.path(name), f"must lie between -{most} and {most}")
        return value

    def table(self, name: str) -> _Table:
        return _Table(self.take(name, dict, "a table"), self.path(name))

    def each(self, name: str) -> list[tuple[str, Any, str]]:
        """Key, value and path of a table whose keys are free; it has to have some."""
        table = self.table(name)
        if not table.values:
            raise MapError(table.where, "is empty")
        return [(key, value, table.path(key)) for key, value in table.values.items()]

    def finish(self) -> None:
        for name in self.values:
            raise MapError(self.path(name), "unknown key")


def _map(top: _Table) -> LogMap:
    waits = top.each("pauses") if "pauses" in top.values else []
    pauses = {code: _pause(code, value, where) for code, value, where in waits}
    made = LogMap(
        source=top.code("source"),
        name=top.text("name", 40),
        kind=top.one_of("kind", TICKET_KINDS, "fault"),
        timezone=top.zone("timezone"),
        dates=_dates(top.text("dates"), "dates"),
        delimiter=_delimiter(top.text("delimiter", 1, ",")),
        missing=frozenset(top.texts("missing", ())) | {""},
        ladder=top.text("ladder", default=""),
        calendar=_calendar(top),
        hospital=_hospital(top.table("hospital")),
        columns=_columns(top.table("columns")),
        states={word: _meaning(value, where, pauses) for word, value, where in top.each("states")},
        pauses=pauses,
        priorities={word: _priority(value, where) for word, value, where in top.each("priorities")},
        clocks=tuple(_clock(code, value, where, pauses) for code, value, where in top.each("clocks")),
    )
    top.finish()
    return made


def _code(value: str, where: str) -> str:
    if not CODE.fullmatch(value):
        raise MapError(where, "must be a code of small letters, digits, - and _, 40 at most")
    return value


def _dates(value: str, where: str) -> str:
    """A format must bring back day, month, year, hour and minute, or dates would be guessed."""
    if value == "iso":
        return value
    try:
        read = datetime.strptime(PROBE.strftime(value), value)  # noqa: DTZ007 - as above
    except ValueError as error:
        raise MapError(where, str(error)) from None
    if read.replace(tzinfo=None) != PROBE:
        raise MapError(where, "must name day, month, year, hour and minute")
    return value


def _delimiter(value: str) -> str:
    if value in {'"', "\r", "\n"}:
        raise MapError("delimiter", "cannot be a quote or an end of line")
    return value


def _calendar(top: _Table) -> CalendarOf:
    if isinstance(top.values.get("calendar"), str):
        return CalendarOf(top.text("calendar"))
    table = top.table("calendar")
    hours = table.take("hours", dict, "a table of days")
    made = CalendarOf(table.code("code"), table.text("name"), table.zone("timezone"), hours)
    table.finish()
    return made


def _hospital(table: _Table) -> HospitalOf:
    made = HospitalOf(
        name=table.text("name", 120),
        city=table.text("city", 40),
        region=table.text("region"),
        site=table.text("site"),
        address=table.text("address", 200),
        latitude=table.degrees("latitude", 90),
        longitude=table.degrees("longitude", 180),
    )
    table.finish()
    return made


def _columns(table: _Table) -> Columns:
    def must(name: str) -> str:
        return table.text(name, 200)

    def may(name: str) -> str:
        return table.text(name, 200, "")

    made = Columns(
        key=must("key"),
        state=must("state"),
        at=must("at"),
        opened=must("opened"),
        priority=must("priority"),
        title=table.texts("title"),
        sequence=may("sequence"),
        contact=may("contact"),
        place=may("place"),
        group=may("group"),
        solution=may("solution"),
        description=table.texts("description", ()),
    )
    table.finish()
    return made


def _meaning(value: Any, where: str, pauses: dict[str, str]) -> Meaning:
    if isinstance(value, str):
        return Meaning(_fact(value, where))
    table = _Table(value, where)
    reason = table.one_of("pause", pauses)
    table.finish()
    return Meaning(Kind.PAUSED, reason)


def _fact(value: str, where: str) -> Kind:
    if value not in STATE_FACTS:
        raise MapError(where, f"unknown fact “{value}”; known are {', '.join(sorted(STATE_FACTS))}")
    return Kind(value)


def _pause(code: str, value: Any, where: str) -> str:
    _code(code, where)
    if not isinstance(value, str) or not 0 < len(value) <= 80:
        raise MapError(where, "must be a name of 1 to 80 characters")
    return value


def _priority(value: Any, where: str) -> int:
    if isinstance(value, bool) or value not in PRIORITIES:
        raise MapError(where, "must be 1, 2, 3 or 4")
    return int(value)


def _clock(code: str, value: Any, where: str, pauses: dict[str, str]) -> Clock:
    table = _Table(value, where)
    made = Clock(
        code=_code(code, where),
        name=table.text("name"),
        clause=table.text("clause", 40),
        starts_on=table.texts("starts_on", allowed=CLOCK_FACTS),
        stops_on=table.texts("stops_on", allowed=CLOCK_FACTS),
        cancels_on=table.texts("cancels_on", (Kind.CANCELLED.value, Kind.CLOSED.value), CLOCK_FACTS),
        pauses=table.texts("pauses", (), pauses),
        minutes=tuple(sorted(_target(*given) for given in table.each("minutes"))),
    )
    table.finish()
    return made


def _target(priority: str, value: Any, where: str) -> tuple[int, int]:
    if priority not in map(str, PRIORITIES):
        raise MapError(where, "unknown priority; known are 1, 2, 3 and 4")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 5_256_000:
        raise MapError(where, "must be whole minutes, 1 to 5256000")
    return int(priority), value
