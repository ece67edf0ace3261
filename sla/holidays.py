"""A year's holidays and make-up workdays as somebody wrote them down: lines in, days and complaints out. Pure.

A line is "date, kind, name"; the date may be a span ("2027-10-01~2027-10-07"), as the State Council's notice has it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from sla.chinese import DayKind, SpecialDay

MOST_LINES = 400
MOST_BYTES = 64 * 1024
LONGEST_NAME = 60
LONGEST_SPAN = 31

KINDS: dict[str, DayKind] = {
    **dict.fromkeys(("holiday", "off", "节假日", "放假", "假日", "休", "休息", "法定节假日"), "holiday"),
    **dict.fromkeys(("workday", "work", "make-up", "makeup", "调休", "上班", "补班", "班", "调休上班"), "workday"),
}
HEADS = frozenset({"date", "day", "日期"})
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_UNTIL = re.compile(r"\s*(?:~|～|至|到|\.\.|–|—)\s*")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line, counted from 1; line 0: with the whole."""

    line: int
    text: str

    def __str__(self) -> str:
        return _("Line %(line)s: %(problem)s") % {"line": self.line, "problem": self.text} if self.line else self.text


@dataclass(frozen=True, slots=True)
class Difference:
    """How a year would differ from what stands: days that come, that go, and that become something else."""

    added: tuple[SpecialDay, ...]
    removed: tuple[SpecialDay, ...]
    changed: tuple[tuple[SpecialDay, SpecialDay], ...]
    same: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


class Wrong(ValueError):
    """A line or a day that can't stand; the text says why."""


def decoded(content: bytes) -> tuple[str, tuple[Problem, ...]]:
    """The text of an uploaded file: UTF-8, or the GB 18030 that Chinese Excel writes; what is no text is refused."""
    if len(content) > MOST_BYTES:
        return "", (Problem(0, _("The file is larger than a year's list can be.")),)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "", (Problem(0, _("This is a workbook. Save it as CSV, or paste its cells.")),)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, ()
    return "", (Problem(0, _("This file is not text.")),)


def parse(text: str, year: int) -> tuple[list[SpecialDay], list[Problem]]:
    """The days of `year` in `text`, by date, and every line that is wrong. With problems the days are of no use."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MOST_LINES or len(text) > MOST_BYTES:
        return [], [Problem(0, _("A year has at most %(count)s lines.") % {"count": MOST_LINES})]
    found: dict[date, SpecialDay] = {}
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        try:
            days = _line(line, year, is_first=not found and not problems)
            twice = [day.day for day in days if found.setdefault(day.day, day) is not day]
            problems += [Problem(number, _("%(date)s stands there twice.") % {"date": day}) for day in twice]
        except Wrong as wrong:
            problems.append(Problem(number, str(wrong)))
    if not found and not problems:
        problems.append(Problem(0, _("There is no day in it.")))
    return sorted(found.values()), problems


def _line(line: str, year: int, *, is_first: bool) -> Iterable[SpecialDay]:
    cells = _cells(line)
    if not any(cells) or (is_first and cells[0].lower() in HEADS):
        return ()
    if len(cells) not in (2, 3):
        raise Wrong(_("Write “date, kind, name”."))
    kind = KINDS.get(cells[1].lower())
    if kind is None:
        raise Wrong(_("“%(kind)s” is neither a holiday nor a make-up workday.") % {"kind": cells[1][:30]})
    name = cells[2] if len(cells) == 3 else ""
    if len(name) > LONGEST_NAME:
        raise Wrong(_("The name is longer than %(count)s characters.") % {"count": LONGEST_NAME})
    return [checked(SpecialDay(day, kind, name), year) for day in _days(cells[0])]


def _cells(line: str) -> list[str]:
    line = line.replace("，", ",").replace("、", ",")
    row = next(csv.reader([line], delimiter="\t" if "\t" in line else ","), [])
    cells = [cell.strip() for cell in row]
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    return cells


def _days(text: str) -> list[date]:
    first, *rest = (_date(part) for part in _UNTIL.split(text, maxsplit=1))
    last = rest[0] if rest else first
    if not 0 <= (last - first).days < LONGEST_SPAN:
        raise Wrong(_("“%(span)s” is no span of days.") % {"span": text[:40]})
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _date(text: str) -> date:
    if match := _DATE.fullmatch(text):
        with suppress(ValueError):  # 30 February
            return date(*map(int, match.groups()))
    raise Wrong(_("“%(date)s” is not a date like 2027-10-01.") % {"date": text[:30]})


def checked(day: SpecialDay, year: int) -> SpecialDay:
    """`day` if it may stand in the table of `year`; `Wrong` otherwise."""
    if day.day.year != year:
        raise Wrong(_("%(date)s is not a day of %(year)s.") % {"date": day.day, "year": year})
    if day.kind == "workday" and day.day.weekday() < 5:
        raise Wrong(_("%(date)s is a weekday and needs no make-up workday.") % {"date": day.day})
    return day


def difference(stands: Sequence[SpecialDay], drafted: Sequence[SpecialDay]) -> Difference:
    """What changes when `drafted` takes the place of `stands`; both are days of one year."""
    before, after = {one.day: one for one in stands}, {one.day: one for one in drafted}
    both = sorted(before.keys() & after.keys())
    changed = tuple((before[day], after[day]) for day in both if before[day] != after[day])
    return Difference(
        added=tuple(after[day] for day in sorted(after.keys() - before.keys())),
        removed=tuple(before[day] for day in sorted(before.keys() - after.keys())),
        changed=changed,
        same=len(both) - len(changed),
    )
