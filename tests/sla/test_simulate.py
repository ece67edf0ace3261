"""`sla_simulate`: one JSON answer for one JSON line, whatever the line holds."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.simulate import answer
from tests.sla.calendars import calendars, examples, instants, pauses
from tests.sla.reference import MINUTE, Reference

ROOT = Path(__file__).parents[2]
WEEK = {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
FRIDAY = "2026-03-13T17:30:00+08:00"
QUESTION = {"id": "q", "op": "add", "timezone": "Asia/Shanghai", "hours": WEEK, "start": FRIDAY, "minutes": 60}


def reply(**changes: Any) -> dict[str, Any]:
    """The answer to QUESTION with some of its fields changed; None takes a field out."""
    question = {key: value for key, value in {**QUESTION, **changes}.items() if value is not None}
    return json.loads(answer(json.dumps(question).encode() + b"\n"))


def result(**changes: Any) -> Any:
    given = reply(**changes)
    assert given.keys() == {"id", "result"}, given
    return given["result"]


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    assert at.utcoffset() == timedelta(0)
    return at


# Answers


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "2026-03-16T01:30:00+00:00"),
        ({"op": "sla"}, "2026-03-16T01:30:00+00:00"),
        ({"minutes": None, "seconds": 1800}, "2026-03-13T10:00:00+00:00"),
        ({"minutes": 0.5}, "2026-03-13T09:30:30+00:00"),
        ({"minutes": 0, "hours": {}}, "2026-03-13T09:30:00+00:00"),
        ({"holidays": ["2026-03-16"]}, "2026-03-17T01:30:00+00:00"),
        ({"extra_workdays": ["2026-03-14"]}, "2026-03-14T01:30:00+00:00"),
        ({"extra_workdays": ["2026-03-14"], "holidays": ["2026-03-14"]}, "2026-03-14T01:30:00+00:00"),
        (
            {"extra_workdays": ["2026-03-14"], "hours": WEEK | {"extra": [["22:00", "24:00"]]}},
            "2026-03-14T14:30:00+00:00",
        ),
        (
            {"extra_workdays": ["2026-03-14"], "date_hours": {"2026-03-14": [["10:00", "11:00"]]}},
            "2026-03-14T02:30:00+00:00",
        ),
        ({"date_hours": {"2026-03-13": []}}, "2026-03-16T02:00:00+00:00"),
        ({"op": "sla", "pauses": [[FRIDAY, "2026-03-16T10:00:00+08:00"]]}, "2026-03-16T03:00:00+00:00"),
        ({"pauses": [["2026-03-16T09:00:00+08:00", None]]}, None),
        ({"pauses": [["2026-03-16T09:30:00+08:00", None]]}, "2026-03-16T01:30:00+00:00"),
        ({"op": "elapsed", "end": "2026-03-16T09:00:30+08:00"}, 30.5),
        ({"op": "elapsed", "end": "2026-03-16T09:01:00+08:00"}, 31),
        ({"op": "elapsed", "end": "2026-03-12T09:00:00+08:00"}, 0),
        ({"op": "elapsed", "end": "2026-03-16T10:00:00+08:00", "pauses": [["2026-03-13T17:45:00+08:00", None]]}, 15),
        ({"op": "is_open"}, True),
        ({"op": "is_open", "start": "2026-03-13T18:00:00+08:00"}, False),
        ({"op": "is_open", "start": "2026-03-13T10:00:00Z"}, False),
        ({"op": "is_open", "pauses": [[FRIDAY, None]]}, False),
        ({"op": "is_open", "pauses": [["2026-03-13T17:00:00+08:00", FRIDAY]]}, True),
        ({"op": "workdays", "days": 2, "close": "18:00"}, "2026-03-17T10:00:00+00:00"),
        ({"op": "workdays", "days": 2, "hours": None}, "2026-03-17T10:00:00+00:00"),
        (
            {"op": "workdays", "days": 1, "close": "24:00", "hours": {"sat": [["09:00", "12:00"]]}},
            "2026-03-14T16:00:00+00:00",
        ),
        ({"op": "workdays", "days": 0}, "2026-03-13T09:30:00+00:00"),
        ({"op": "workdays", "days": 1, "pauses": [["2026-03-16T12:00:00+08:00", None]]}, None),
        (
            {"op": "workdays", "days": 2, "calendar": "cn", "hours": None, "start": "2026-02-13T10:00:00+08:00"},
            "2026-02-24T10:00:00+00:00",
        ),
        ({"calendar": "cn", "start": "2026-02-14T17:30:00+08:00"}, "2026-02-24T01:30:00+00:00"),
        (
            {"minutes": 480_000_000, "hours": {day: [["00:00", "24:00"]] for day in ("sun", *WEEK, "sat")}},
            "2938-10-31T17:30:00+00:00",
        ),
        ({"hours": {}, "date_hours": {"9000-01-01": [["10:00", "12:00"]]}}, "9000-01-01T03:00:00+00:00"),
        (
            {"op": "workdays", "days": 9, "pauses": [[FRIDAY, "9000-01-01T00:00:00+08:00"]]},
            "9000-01-13T10:00:00+00:00",
        ),
    ],
)
def test_a_question_is_answered(changes: dict[str, Any], expected: Any) -> None:
    assert result(**changes) == expected


@examples
@given(calendars(), st.data(), st.integers(0, 1000))
def test_answers_equal_counting_minutes(case: tuple[Reference, date], data: st.DataObject, n: int) -> None:
    reference, day = case
    start, end = data.draw(instants(day, 24, MINUTE)), data.draw(instants(day, 24, MINUTE))
    reference.pauses = data.draw(pauses(day, 48, MINUTE))
    zone = data.draw(
        st.sampled_from([UTC, *[datetime.fromisoformat(f"2026-01-01T00:00{o}").tzinfo for o in ("-03:30", "+14:00")]])
    )
    fields: dict[str, Any] = {
        "timezone": reference.timezone,
        "hours": reference.hours,
        "holidays": [day.isoformat() for day in reference.holidays],
        "extra_workdays": [day.isoformat() for day in reference.extra_workdays],
        "date_hours": {day.isoformat(): row for day, row in reference.date_hours.items()},
        "start": start.astimezone(zone).isoformat(),
        "end": end.isoformat(),
        "pauses": [[a.isoformat(), b and b.isoformat()] for a, b in reference.pauses],
        "minutes": n,
    }
    assert result(op="is_open", **fields) == reference.is_open(start)
    assert result(op="elapsed", **fields) == reference.elapsed(start, end, MINUTE) / MINUTE
    due = reference.add(start, n, MINUTE, 3 * 1440)
    if due:
        assert [instant(result(op=op, **fields)) for op in ("add", "sla")] == [due, due]


# Refusals


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"op": None}, "op"),
        ({"op": "subtract"}, "op"),
        ({"op": ["add"]}, "op"),
        ({"timezone": None}, "timezone"),
        ({"timezone": "Mars/Phobos"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": "a\0b"}, "timezone"),
        ({"timezone": 8}, "timezone"),
        ({"hours": None}, "hours"),
        ({"hours": []}, "hours"),
        ({"hours": {}}, "hours"),
        ({"hours": {"mon": []}}, "hours"),
        ({"hours": {"funday": [["09:00", "12:00"]]}}, "hours"),
        ({"hours": {"Mon": [["09:00", "12:00"]]}}, "hours"),
        ({"hours": {"mon": "09:00-12:00"}}, "hours.mon"),
        ({"hours": {"mon": ["09:00", "12:00"]}}, "hours.mon"),
        ({"hours": {"mon": [["09:00"]]}}, "hours.mon"),
        ({"hours": {"mon": [["09:00", 12]]}}, "hours.mon"),
        ({"hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "hours.mon"),
        ({"hours": {"mon": [["22:00", "02:00"]]}}, "hours.mon"),
        ({"hours": {"mon": [["09:00", "25:00"]]}}, "hours.mon"),
        ({"hours": {"mon": [["24:00", "24:00"]]}}, "hours.mon"),
        ({"hours": {"extra": [["12:00", "12:00"]]}}, "hours.extra"),
        ({"holidays": "2026-10-01"}, "holidays"),
        ({"holidays": ["2026-03-16", "2026-02-30"]}, "holidays[1]"),
        ({"holidays": [20261001]}, "holidays[0]"),
        ({"holidays": ["20261001"]}, "holidays[0]"),
        ({"extra_workdays": [None]}, "extra_workdays[0]"),
        ({"date_hours": {"2026-13-01": []}}, "date_hours"),
        ({"date_hours": {"2026-03-13": [["18:00", "09:00"]]}}, "date_hours.2026-03-13"),
        ({"date_hours": ["2026-03-13"]}, "date_hours"),
        ({"calendar": "us"}, "calendar"),
        ({"start": None}, "start"),
        ({"start": "2026-03-13T17:30:00"}, "start"),
        ({"start": "2026-03-13"}, "start"),
        ({"start": "yesterday"}, "start"),
        ({"start": 1773394200}, "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"start": "9999-12-31T23:00:00-12:00"}, "start"),
        ({"start": "9999-12-31T23:00:00Z"}, "dates"),
        ({"op": "elapsed"}, "end"),
        ({"op": "elapsed", "end": "2026-03-13T18:00:00"}, "end"),
        ({"minutes": None}, "minutes"),
        ({"minutes": "60"}, "minutes"),
        ({"minutes": True}, "minutes"),
        ({"minutes": -1}, "minutes"),
        ({"minutes": float("nan")}, "minutes"),
        ({"minutes": float("inf")}, "minutes"),
        ({"minutes": 10**400}, "minutes"),
        ({"minutes": 1e300}, "minutes"),
        ({"minutes": 10**12}, "dates"),
        ({"minutes": 60, "seconds": 60}, "minutes"),
        ({"minutes": None, "seconds": -0.5}, "seconds"),
        ({"op": "workdays"}, "days"),
        ({"op": "workdays", "days": 1.5}, "days"),
        ({"op": "workdays", "days": -1}, "days"),
        ({"op": "workdays", "days": 10**30}, "dates"),
        ({"op": "workdays", "days": 2, "hours": {}}, "hours"),
        ({"op": "workdays", "days": 2, "close": "6pm"}, "close"),
        ({"op": "workdays", "days": 2, "close": 18}, "close"),
        ({"pauses": "none"}, "pauses"),
        ({"pauses": [FRIDAY]}, "pauses[0]"),
        ({"pauses": [[FRIDAY]]}, "pauses[0]"),
        ({"pauses": [[None, FRIDAY]]}, "pauses[0][0]"),
        ({"pauses": [[FRIDAY, "2026-03-13T18:00:00"]]}, "pauses[0][1]"),
        ({"pauses": [[FRIDAY, "2026-03-13T09:29:59Z"]]}, "pauses[0]"),
        ({"calendar": "cn", "start": "2026-12-31T17:30:00+08:00"}, "calendar"),
        ({"calendar": "cn", "op": "is_open", "start": "2003-12-31T17:30:00+08:00"}, "calendar"),
        ({"calendar": "cn", "op": "workdays", "days": 2, "start": "2026-12-30T09:00:00+08:00"}, "calendar"),
        ({"calendar": "cn", "op": "elapsed", "end": "2027-01-04T09:00:00+08:00"}, "calendar"),
    ],
)
def test_bad_input_is_told_where_it_stands(changes: dict[str, Any], where: str) -> None:
    given = reply(**changes)
    assert given.keys() == {"id", "error"}
    assert given["id"] == "q"
    assert given["error"].startswith(f"{where}: ")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"nonsense",
        b"[1, 2]",
        b"null",
        b'{"id": "q"',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b'{"op": "add"}',
        b'{"id": null}',
        b'{"id": NaN}',
        b'{"id": 1e999}',
        b'{"id": {"a": 1}}',
        b'{"id": true}',
    ],
)
def test_a_line_without_a_usable_id_is_answered_too(line: bytes) -> None:
    given = json.loads(answer(line))
    assert given["id"] is None
    assert given["error"].split(": ")[0] in {"line", "id"}


def test_the_id_comes_back_as_it_was() -> None:
    for name in ("病历", "\ud800", 7, -1.5, ""):
        assert reply(id=name)["id"] == name


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["09:00", FRIDAY, "24:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@examples
@given(
    st.dictionaries(
        st.sampled_from([*QUESTION, "days", "end", "close", "pauses", "date_hours", "op"]), json_values, max_size=3
    )
)
def test_nothing_that_a_line_holds_raises(changes: dict[str, Any]) -> None:
    for op in ("add", "elapsed", "is_open", "workdays"):
        given = json.loads(answer(json.dumps({**QUESTION, "op": op, **changes}).encode()))
        assert given.keys() in ({"id", "result"}, {"id", "error"})


# The command


@pytest.fixture
def command() -> Iterator[subprocess.Popen[bytes]]:
    """The command at work, with a database address where nobody answers."""
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1",
    }
    with subprocess.Popen(
        [sys.executable, "manage.py", "sla_simulate"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        yield process
        process.kill()


def test_the_command_answers_line_by_line_in_order_without_a_database(command: subprocess.Popen[bytes]) -> None:
    assert command.stdin
    assert command.stdout
    lines = [json.dumps({**QUESTION, "id": 1}).encode(), b"nonsense", b"", json.dumps({**QUESTION, "id": 2}).encode()]
    replies = []
    for line in lines:  # each answer is there before the next question is asked
        command.stdin.write(line + b"\n")
        command.stdin.flush()
        replies.append(json.loads(command.stdout.readline()))
    assert [given["id"] for given in replies] == [1, None, None, 2]
    assert ["error" in given for given in replies] == [False, True, True, False]
    rest, errors = command.communicate(json.dumps({**QUESTION, "id": 3}).encode())  # a last line without its end
    assert [json.loads(line)["id"] for line in rest.splitlines()] == [3]
    assert (command.returncode, errors) == (0, b"")


def test_a_reader_that_leaves_early_is_no_error(command: subprocess.Popen[bytes]) -> None:
    assert command.stdin
    assert command.stdout
    assert command.stderr
    command.stdout.close()
    command.stdin.write(json.dumps(QUESTION).encode() + b"\n")
    command.stdin.close()
    assert command.wait(timeout=60) == 0
    assert command.stderr.read() == b""
