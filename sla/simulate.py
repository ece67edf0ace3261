"""Trying a calendar or a rule before using it: one question in JSON, one answer in JSON. Pure, no database.

How a question looks and how it counts is written in the help of `manage.py sla_simulate`. One that can't be answered
gives {"id": …, "error": "where: what is wrong"}; nothing that a line holds makes `answer` raise.
"""

import json
import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, TypeVar
from zoneinfo import available_timezones

from sla import chinese, clock
from sla.clock import Pause, Workdays
from sla.hours import CLOSE_OF_BUSINESS, HoursError, NeverOpens, OutOfRange, UnknownYear, WorkingHours, to_utc
from sla.slots import Slots, minute_of, slots

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CALENDAR_KEYS = ("timezone", "hours", "holidays", "extra_workdays", "date_hours", "calendar")
OFFICE_WEEK = {day: [["00:00", "24:00"]] for day in WEEK[:5]}
"""Monday to Friday: the working days of a question about `workdays` that names no hours."""

_MINUTE = timedelta(minutes=1)
_PLACES = {UnknownYear: "calendar", NeverOpens: "hours", OutOfRange: "dates"}

Json = Any  # whatever json.loads gives: every use is behind a check
Question = dict[str, Json]
T = TypeVar("T")


class Refused(ValueError):
    """A part of a question that makes no sense, and where it stands."""

    def __init__(self, where: str, what: object) -> None:
        super().__init__(f"{where}: {what}")


def answer(line: bytes) -> str:
    """One line of input → one line of JSON, without its end."""
    reply: dict[str, Json] = {"id": None}
    try:
        question = _question(line)
        reply["id"] = _id(question.get("id"))
        reply["result"] = _result(question)
    except HoursError as error:
        reply["error"] = f"{_PLACES[type(error)]}: {error}"
    except ValueError as error:
        reply["error"] = str(error)[:300]
    return json.dumps(reply)


def _result(question: Question) -> Json:
    op = question.get("op")
    if not isinstance(op, str) or op not in OPS:
        raise Refused("op", f"{_shown(op)} is none of {', '.join(OPS)}")
    if question.get("hours") is None and op != "workdays":
        raise Refused("hours", "missing")
    hours = _compiled(json.dumps([question.get(key) for key in CALENDAR_KEYS]))
    return OPS[op](question, hours, _instant(question.get("start"), "start"), _pauses(question.get("pauses")))


def _due(question: Question, hours: WorkingHours, start: datetime, pauses: list[Pause]) -> str | None:
    due = clock.due_at(start, _amount(question), hours, pauses)
    return None if due is None else due.isoformat()


def _workdays(question: Question, hours: WorkingHours, start: datetime, pauses: list[Pause]) -> str | None:
    days = _number(question.get("days"), "days")
    if days != int(days):
        raise Refused("days", f"{days} is not a whole number")
    close = question.get("close")
    minute = CLOSE_OF_BUSINESS if close is None else _read(minute_of, close, "close")
    due = clock.due_at(start, Workdays(int(days), minute), hours, pauses)
    return None if due is None else due.isoformat()


def _elapsed(question: Question, hours: WorkingHours, start: datetime, pauses: list[Pause]) -> float:
    passed = clock.elapsed(start, _instant(question.get("end"), "end"), hours, pauses)
    return passed / _MINUTE if passed % _MINUTE else passed // _MINUTE


def _is_open(_: Question, hours: WorkingHours, start: datetime, pauses: list[Pause]) -> bool:
    return clock.is_running(start, hours, pauses)


OPS: dict[str, Callable[[Question, WorkingHours, datetime, list[Pause]], Json]] = {
    "add": _due,
    "elapsed": _elapsed,
    "is_open": _is_open,
    "sla": _due,
    "workdays": _workdays,
}


# Reading a question


def _question(line: bytes) -> Question:
    try:
        question = json.loads(line.strip().decode())
    except RecursionError:
        raise Refused("line", "nested too deeply") from None
    except ValueError as error:
        raise Refused("line", f"not JSON in UTF-8: {error}") from None
    if not isinstance(question, dict):
        raise Refused("line", f"must be an object, not {_shown(question)}")
    return question


def _id(given: Json) -> str | float:
    if isinstance(given, str):
        return given
    if isinstance(given, bool | list | dict):
        raise Refused("id", "must be a text or a number")
    return _number(given, "id", least=-math.inf)


def _instant(given: Json, where: str) -> datetime:
    return _read(lambda text: to_utc(datetime.fromisoformat(text)), given, where)


def _amount(question: Question) -> timedelta:
    given = {unit: question[unit] for unit in ("minutes", "seconds") if question.get(unit) is not None}
    if len(given) != 1:
        raise Refused("minutes", "give either minutes or seconds")
    [(unit, amount)] = given.items()
    try:
        return timedelta(**{unit: _number(amount, unit)})
    except OverflowError:
        raise Refused(unit, "too large") from None


def _number(given: Json, where: str, least: float = 0) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise Refused(where, "missing" if given is None else f"{_shown(given)} is not a number")
    if isinstance(given, float) and not math.isfinite(given):
        raise Refused(where, f"{given} is not a finite number")
    if given < least:
        raise Refused(where, f"{_shown(given)} is negative")
    return given


def _pauses(given: Json) -> list[Pause]:
    found = []
    for index, pair in enumerate(_list(given, "pauses")):
        where = f"pauses[{index}]"
        if not isinstance(pair, list) or len(pair) != 2:
            raise Refused(where, f"{_shown(pair)} is not a [start, end] pair; end may be null")
        start = _instant(pair[0], f"{where}[0]")
        end = None if pair[1] is None else _instant(pair[1], f"{where}[1]")
        if end is not None and end < start:
            raise Refused(where, "ends before it starts")
        found.append(Pause(start, end))
    return found


@lru_cache(maxsize=256)
def _compiled(calendar: str) -> WorkingHours:
    """The working hours of the JSON list of the values of CALENDAR_KEYS."""
    zone, hours, holidays, extra_workdays, date_hours, national = json.loads(calendar)
    week = _rows(OFFICE_WEEK if hours is None else hours, "hours")
    if strange := week.keys() - {*WEEK, "extra"}:
        raise Refused("hours", f"{_shown(min(strange))} is none of {', '.join(WEEK)}, extra")
    dates = {_date(day, "date_hours"): row for day, row in _rows(date_hours, "date_hours").items()}
    if national not in (None, "cn"):
        raise Refused("calendar", f'{_shown(national)} is not "cn"')
    days_off, workdays = _chinese_days() if national else (frozenset[date](), frozenset[date]())
    return WorkingHours(
        zone=_zone(zone),
        weekly=tuple(week.get(day, ()) for day in WEEK),
        holidays=days_off | _dates(holidays, "holidays"),
        extra_workdays=workdays | _dates(extra_workdays, "extra_workdays"),
        date_hours=tuple(sorted(dates.items())),
        known_years=chinese.published_years() if national else None,
        on_extra_workday=week.get("extra"),
    )


@cache
def _chinese_days() -> tuple[frozenset[date], frozenset[date]]:
    """All published days off and make-up workdays."""
    days = [special for year in chinese.published_years() for special in chinese.special_days(year)]
    off = frozenset(special.day for special in days if special.kind == "holiday")
    return off, frozenset(special.day for special in days) - off


def _zone(given: Json) -> str:
    zone = _read(str, given, "timezone")
    if zone not in _zones():
        raise Refused("timezone", f"{_shown(zone)} is not an IANA time zone")
    return zone


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _rows(given: Json, where: str) -> dict[str, Slots]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise Refused(where, f"{_shown(given)} is not an object of lists of slots")
    return {name: _slots(row, f"{where}.{name}") for name, row in given.items()}


def _slots(given: Json, where: str) -> Slots:
    pairs = [given] if given is None else _list(given, where)
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
            raise Refused(where, f'{_shown(pair)} is not a slot ["HH:MM", "HH:MM"]')
    try:
        return slots(*pairs)
    except ValueError as error:
        raise Refused(where, error) from None


def _dates(given: Json, where: str) -> frozenset[date]:
    return frozenset(_date(day, f"{where}[{index}]") for index, day in enumerate(_list(given, where)))


def _date(given: Json, where: str) -> date:
    day = _read(date.fromisoformat, given, where)
    if given != day.isoformat():  # 20261001 and 2026-W40-4 are ISO 8601 too, and here most likely a slip
        raise Refused(where, f"{_shown(given)} is not a date YYYY-MM-DD")
    return day


def _list(given: Json, where: str) -> list[Json]:
    if given is None:
        return []
    if not isinstance(given, list):
        raise Refused(where, f"{_shown(given)} is not a list")
    return given


def _read(convert: Callable[[str], T], given: Json, where: str) -> T:
    if not isinstance(given, str):
        raise Refused(where, "missing" if given is None else f"{_shown(given)} is not a text")
    try:
        return convert(given)
    except ValueError as error:
        raise Refused(where, error) from None


def _shown(given: Json) -> str:
    text = json.dumps(given)
    return text if len(text) <= 60 else f"{text[:57]}..."
