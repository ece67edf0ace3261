"""Reading a log row by row: what is good, what is reported, and in which order an incident's rows happened."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.foreign_log import COLUMNS, MAP, changed_map, incident, moment, row, simple, text, write
from tickets.history.map import MapError, load
from tickets.history.reading import Bad, Change, Incidents, Unreadable, in_order, read
from tickets.history.telling import tell

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def read_all(path: Path, log_map: Path = MAP) -> list[Change | Bad]:
    return list(read(path, load(log_map), NOW))


def gathered(path: Path, log_map: Path = MAP) -> tuple[dict[str, list[Change]], list[str]]:
    incidents, bad = Incidents(), []
    for one in read_all(path, log_map):
        if isinstance(one, Bad):
            bad.append(str(one))
        else:
            incidents.add(one)
    found = {}
    for changes, odd in incidents:
        found[changes[0].key] = changes
        bad += map(str, odd)
    return found, bad


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"number": "?"}, "no number"),
        ({"number": "N" * 201}, "number too long: " + "N" * 60 + "…"),
        ({"incident_state": "Frozen"}, "unknown incident_state: Frozen"),
        ({"incident_state": "?"}, "no incident_state"),
        ({"priority": "9 - Odd"}, "unknown priority: 9 - Odd"),
        ({"sys_updated_at": "06/01/2026 09:05"}, "bad date in sys_updated_at: 06/01/2026 09:05"),
        ({"sys_updated_at": "31-02-2026 09:05"}, "bad date in sys_updated_at: 31-02-2026 09:05"),
        ({"opened_at": "?"}, "no opened_at"),
        ({"opened_at": "01-06-1926 09:05"}, "date in opened_at is before 1970 or in the future: 01-06-1926 09:05"),
        ({"sys_updated_at": "01-06-2027 09:05"}, "date in sys_updated_at is before 1970 or in the future"),
        ({"sys_updated_at": "01-06-2026 08:00"}, "changed before it was opened: 2026-06-01 08:00 < 2026-06-01 09:00"),
        ({"sys_mod_count": "minus"}, "bad number in sys_mod_count: minus"),
        ({"sys_mod_count": "?"}, "no sys_mod_count"),
        ({"incident_state": "\x1b[31mred"}, "unknown incident_state: [31mred"),
    ],
)
def test_a_bad_row_is_reported_with_its_line_and_the_rest_goes_on(
    tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    rows = simple()
    rows[2] = {**rows[2], **wrong}
    good, bad = gathered(write(tmp_path / "log.csv", rows))
    assert len(bad) == 1
    assert bad[0].startswith(f"line 4: {said}")
    assert [change.line for change in good["INC0000001"]] == [2, 3, 5, 6, 7]


def test_rows_that_are_too_long_cut_short_or_not_text_do_not_stop_the_reading(tmp_path: Path) -> None:
    lines = text([*simple("INC1"), *simple("INC2")]).encode().splitlines(keepends=True)
    lines[2] = b"INC1," + b"x" * 200_000 + b"\n"
    lines[4] = b"INC1,Active\n"
    lines[7] = lines[7].replace(b"Caller", b"Call\xff")
    path = tmp_path / "log.csv"
    path.write_bytes(b"".join(lines))
    good, bad = gathered(path)
    assert bad == [
        "line 3: row too long: more than 65536 characters",
        "line 5: wrong number of fields: 2 instead of 36",
        "line 8: not UTF-8",
    ]
    assert (len(good["INC1"]), len(good["INC2"])) == (4, 5)


def test_a_quote_that_is_never_closed_costs_some_rows_and_not_the_file(tmp_path: Path) -> None:
    rows = [line for number in range(900) for line in simple(f"INC{number}")]
    lines = text(rows).splitlines(keepends=True)
    lines[1] = 'INC0,"' + lines[1]
    path = tmp_path / "log.csv"
    path.write_text("".join(lines))
    good, bad = gathered(path)
    assert len(bad) == 1
    assert bad[0].startswith("line 2: row too long")
    assert "INC899" in good


@pytest.mark.parametrize(("packed", "mark"), [(False, True), (True, False), (True, True)])
def test_gzip_and_a_byte_order_mark_make_no_difference(tmp_path: Path, packed: bool, mark: bool) -> None:
    plain = gathered(write(tmp_path / "plain.csv", simple()))
    assert gathered(write(tmp_path / "log", simple(), packed=packed, mark=mark)) == plain


def test_a_file_that_breaks_off_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "log.csv.gz", simple(), packed=True)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Unreadable, match=r"log\.csv\.gz"):
        read_all(path)


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "\x00\x01\x02"])
def test_a_file_without_the_columns_is_refused_and_says_which(tmp_path: Path, content: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(content)
    with pytest.raises(MapError, match="columns: the file has no column number, incident_state"):
        read_all(path)


def test_texts_lose_control_characters_and_what_a_column_cannot_hold(tmp_path: Path) -> None:
    odd = {"category": "Bild\x00\x07 weg\r\nhier", "subcategory": "=2+2", "caller_id": "N" * 500, "u_symptom": "?"}
    path = write(tmp_path / "log.csv", [row("INC1", 0, "09:05", "New", **odd)])
    (change,) = read_all(path)
    assert isinstance(change, Change)
    assert change.title == "Bild weg hier · =2+2"
    assert change.contact == "N" * 60
    assert change.description == ""


def test_rows_may_lie_anywhere_in_the_file(tmp_path: Path) -> None:
    rows = [*simple("INC1"), *simple("INC2")]
    scattered = [rows[n] for n in (9, 3, 0, 11, 5, 7, 2, 8, 1, 10, 4, 6)]
    log = load(MAP)
    sorted_, _bad = gathered(write(tmp_path / "sorted.csv", rows))
    found, bad = gathered(write(tmp_path / "scattered.csv", scattered))
    assert bad == []
    assert [tell(found[key], log) for key in ("INC1", "INC2")] == [tell(sorted_[key], log) for key in ("INC1", "INC2")]


def test_without_numbers_the_times_order_the_rows(tmp_path: Path) -> None:
    log_map = changed_map(tmp_path / "map.toml", ('sequence = "sys_mod_count"', ""))
    found, bad = gathered(write(tmp_path / "log.csv", simple()[::-1]), log_map)
    assert bad == []
    assert [change.at for change in found["INC0000001"]] == sorted(change.at for change in found["INC0000001"])


def test_where_time_runs_backwards_the_fewest_rows_are_left_out(tmp_path: Path) -> None:
    rows = incident("INC1", ("11:10", "New"), ("09:52", "Active"), ("11:03", "Resolved"), ("12:00", "Closed"))
    found, bad = gathered(write(tmp_path / "log.csv", rows))
    assert bad == ["line 2: time runs backwards: 2026-06-01 11:10"]
    assert [change.state for change in found["INC1"]] == ["Active", "Resolved", "Closed"]


def test_a_row_that_was_opened_at_another_time_than_the_first_is_left_out(tmp_path: Path) -> None:
    rows = simple()
    rows[3]["opened_at"] = "01-06-2026 08:00"
    _found, bad = gathered(write(tmp_path / "log.csv", rows))
    assert bad == ["line 5: another opening time: 2026-06-01 08:00"]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_what_is_kept_never_runs_backwards_and_nothing_longer_would_do(minutes: list[int]) -> None:
    opened = moment("09:00")
    changes = [
        Change("INC1", n, opened + timedelta(minutes=m), opened, "New", "p", n, "", "", "", "", "", "")
        for n, m in enumerate(minutes)
    ]
    kept, bad = in_order(changes)
    times = [change.at for change in kept]
    assert times == sorted(times)
    assert len(kept) + len(bad) == len(changes)
    best = [1] * len(minutes)
    for n in range(len(minutes)):
        best[n] += max((best[before] for before in range(n) if minutes[before] <= minutes[n]), default=0)
    assert len(kept) == max(best)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """1,000 rows are 3 MB of text; what stays in memory is SQLite's own, which is bounded, and one row."""
    path = tmp_path / "log.csv"
    with path.open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        line = text([row("KEY", 0, "09:05", "New", u_symptom="S" * 3000)]).splitlines()[1]
        file.writelines(line.replace("KEY", f"INC{number}") + "\n" for number in range(1_000))
    tracemalloc.start()
    try:
        incidents = Incidents()
        for one in read(path, load(MAP), NOW):
            assert isinstance(one, Change)
            incidents.add(one)
        assert sum(1 for _incident in incidents) == 1_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
