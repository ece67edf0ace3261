"""From a file to incidents: rows are read one by one, checked, and gathered by incident on disk. Knows no database.

Memory holds one row while reading and one incident while giving back, whatever the size of the file: what was
read lies in a private temporary SQLite file, which sorts it by incident.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import sqlite3
import zlib
from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from io import TextIOWrapper
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TextIO

from tickets.history.map import LogMap, MapError

LONGEST_LINE = 64 * 1024
"""Characters of a line; a field that quotes line breaks may be twice as long (`csv.field_size_limit`)."""
MOST_CHANGES = 5_000
"""Changes of one incident, which is held in memory; later ones are reported."""
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
SURROGATE = re.compile(r"[\ud800-\udfff]")
SHOWN = 60


class Unreadable(Exception):
    """The file as a whole cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that was left out: its line, why in fixed words, and what stood there."""

    line: int
    reason: str
    detail: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" + (f": {self.detail}" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Change:
    """A good row: an incident's state from `at` on. Texts are free of control characters; empty: not given."""

    key: str
    line: int
    at: datetime
    opened: datetime
    state: str
    priority: str
    sequence: int | None
    title: str
    description: str
    contact: str
    place: str
    group: str
    solution: str


STORED = [field.name for field in fields(Change)][2:]


class _Lines:
    """The lines of a file, numbered; one that is too long raises, and the next call goes on behind it."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.number = stream, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            while (rest := self.stream.readline(LONGEST_LINE)) and not rest.endswith("\n"):
                pass
            raise csv.Error(f"more than {LONGEST_LINE} characters")
        return line


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """The file as text, unpacked when it is gzip, without a byte order mark; wrong bytes become lone surrogates."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        plain = gzip.GzipFile(fileobj=raw) if packed else raw
        with TextIOWrapper(plain, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            yield text


def read(path: Path, log: LogMap, now: datetime) -> Iterator[Change | Bad]:
    """Each row of the file, in its order. `Unreadable` for a broken file, MapError for columns it lacks."""
    try:
        with _opened(path) as stream:
            yield from _rows(_Lines(stream), log, now)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"{path.name}: {error}") from error


def _rows(lines: _Lines, log: LogMap, now: datetime) -> Iterator[Change | Bad]:
    reader = csv.reader(lines, delimiter=log.delimiter)
    try:
        header = [CONTROL.sub(" ", name).strip() for name in next(reader, [])]
    except csv.Error as error:
        raise Unreadable(f"line 1: {error}") from None
    if missing := [name for name in log.columns.named() if name not in header]:
        raise MapError("columns", f"the file has no column {', '.join(missing)}")
    row = _Row(log, {name: number for number, name in enumerate(header)}, now)
    while True:
        line = lines.number + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Bad(line, "row too long", str(error))
            continue
        if values:
            yield row.check(line, values)


class _Row:
    """Checks rows against the map."""

    def __init__(self, log: LogMap, places: dict[str, int], now: datetime) -> None:
        self.log, self.places, self.now = log, places, now
        self.line, self.values = 0, [""]

    def check(self, line: int, values: list[str]) -> Change | Bad:
        self.line, self.values = line, values
        try:
            return self._change()
        except _Wrong as wrong:
            reason, detail = wrong.args
            return Bad(line, reason, _shown(detail))

    def _change(self) -> Change:
        log, columns = self.log, self.log.columns
        if len(self.values) != len(self.places):
            raise _Wrong("wrong number of fields", f"{len(self.values)} instead of {len(self.places)}")
        if any(SURROGATE.search(value) for value in self.values):
            raise _Wrong("not UTF-8", "")
        at, opened = self._moment(columns.at), self._moment(columns.opened)
        if at < opened:
            raise _Wrong("changed before it was opened", f"{at:%Y-%m-%d %H:%M} < {opened:%Y-%m-%d %H:%M}")
        return Change(
            key=self._needed(columns.key, 200),
            line=self.line,
            at=at,
            opened=opened,
            state=self._known(columns.state, log.states),
            priority=self._known(columns.priority, log.priorities),
            sequence=self._sequence(),
            title=" · ".join(filter(None, (self._text(name, 120) for name in columns.title)))[:120],
            description=self._description(),
            contact=self._text(columns.contact, 60),
            place=self._text(columns.place, 120),
            group=self._text(columns.group, 60),
            solution=self._text(columns.solution, 10_000),
        )

    def _text(self, column: str, most: int) -> str:
        if not column:
            return ""
        value = " ".join(CONTROL.sub(" ", self.values[self.places[column]]).split())
        return "" if value in self.log.missing else value[:most].rstrip()

    def _description(self) -> str:
        told = ((name, self._text(name, 10_000)) for name in self.log.columns.description)
        return "\n".join(f"{name}: {value}" for name, value in told if value)

    def _needed(self, column: str, most: int = LONGEST_LINE) -> str:
        value = self._text(column, most + 1)
        if not value:
            raise _Wrong(f"no {column}", "")
        if len(value) > most:
            raise _Wrong(f"{column} too long", value)
        return value

    def _known(self, column: str, known: Container[str]) -> str:
        value = self._needed(column)
        if value not in known:
            raise _Wrong(f"unknown {column}", value)
        return value

    def _moment(self, column: str) -> datetime:
        value = self._needed(column)
        try:
            iso = self.log.dates == "iso"
            read = datetime.fromisoformat(value) if iso else datetime.strptime(value, self.log.dates)  # noqa: DTZ007
            moment = (read if read.tzinfo else read.replace(tzinfo=self.log.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise _Wrong(f"bad date in {column}", value) from None
        if not OLDEST <= moment <= self.now:
            raise _Wrong(f"date in {column} is before 1970 or in the future", value)
        return moment

    def _sequence(self) -> int | None:
        """Missing in one row although the log has such a column: bad, since numbers and times do not mix."""
        if not self.log.columns.sequence:
            return None
        value = self._needed(self.log.columns.sequence)
        if not value.isascii() or not value.isdigit() or len(value) > 18:
            raise _Wrong(f"bad number in {self.log.columns.sequence}", value)
        return int(value)


class _Wrong(Exception):
    """Reason and detail of a bad row."""


def _shown(text: str) -> str:
    """A value as it may stand on a terminal."""
    return ascii(text[:SHOWN])[1:-1] + ("…" if len(text) > SHOWN else "") if text else ""


class Incidents:
    """Good rows, put in as they come and given back by incident, in the order in which incidents first appear."""

    def __init__(self) -> None:
        self.store = sqlite3.connect("")
        self.store.execute("CREATE TABLE change (key TEXT, line INTEGER, content TEXT)")

    def add(self, change: Change) -> None:
        content = json.dumps([getattr(change, name) for name in STORED], default=datetime.isoformat)
        self.store.execute("INSERT INTO change VALUES (?, ?, ?)", (change.key, change.line, content))

    def __iter__(self) -> Iterator[tuple[list[Change], list[Bad]]]:
        """Changes of an incident in the order in which they happened, and its rows that do not fit in."""
        found = self.store.execute(
            "SELECT key, line, content FROM"
            " (SELECT *, min(line) OVER (PARTITION BY key) AS first FROM change) ORDER BY first, line"
        )
        for _key, rows in groupby(found, key=itemgetter(0)):
            changes, bad = [], []
            for number, row in enumerate(rows):
                if number < MOST_CHANGES:
                    changes.append(_change(*row))
                else:
                    bad.append(Bad(row[1], "too many changes of one incident", row[0]))
            kept, odd = in_order(changes)
            yield kept, odd + bad

    def close(self) -> None:
        self.store.close()


def _change(key: str, line: int, content: str) -> Change:
    at, opened, *rest = json.loads(content)
    return Change(key, line, datetime.fromisoformat(at), datetime.fromisoformat(opened), *rest)


def in_order(changes: Sequence[Change]) -> tuple[list[Change], list[Bad]]:
    """Sort the changes of one incident (at least one) by sequence number, without numbers by time.

    Where time runs backwards against the numbers, the fewest rows are left out that put it right. A row with
    another opening time than the first is left out too.
    """
    numbered = sorted(changes, key=lambda c: (c.sequence, c.line) if c.sequence is not None else (c.at, c.line))
    kept = _longest_rise(numbered)
    opened = kept[0].opened
    stays = {change.line for change in kept}
    bad = [Bad(c.line, "time runs backwards", f"{c.at:%Y-%m-%d %H:%M}") for c in numbered if c.line not in stays]
    bad += [Bad(c.line, "another opening time", f"{c.opened:%Y-%m-%d %H:%M}") for c in kept if c.opened != opened]
    return [change for change in kept if change.opened == opened], bad


def _longest_rise(changes: Sequence[Change]) -> list[Change]:
    """The longest part of `changes` whose times never fall (patience sorting)."""
    ends: list[datetime] = []
    piles: list[int] = []
    before: list[int] = []
    for number, change in enumerate(changes):
        pile = bisect_right(ends, change.at)
        before.append(piles[pile - 1] if pile else -1)
        ends[pile : pile + 1] = [change.at]
        piles[pile : pile + 1] = [number]
    kept, number = [], piles[-1]
    while number >= 0:
        kept.append(changes[number])
        number = before[number]
    return kept[::-1]
