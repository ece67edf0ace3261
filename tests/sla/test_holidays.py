"""A year's list as people write it: what is read, and what is refused by its line."""

from __future__ import annotations

from datetime import date

import pytest

from sla import chinese
from sla.chinese import SpecialDay
from sla.holidays import MOST_BYTES, decoded, difference, parse

NOTICE = """日期,类型,名称
2027-01-01,放假,元旦
2027-10-01~2027-10-03, 放假, 国庆节

2027-10-09，调休上班，国庆节
"""


def test_a_notice_as_it_is_pasted_becomes_the_days_of_the_year() -> None:
    days, problems = parse(NOTICE, 2027)
    assert problems == []
    assert days == [
        SpecialDay(date(2027, 1, 1), "holiday", "元旦"),
        *[SpecialDay(date(2027, 10, n), "holiday", "国庆节") for n in (1, 2, 3)],
        SpecialDay(date(2027, 10, 9), "workday", "国庆节"),
    ]


@pytest.mark.parametrize(
    "line", ["2027/2/5\tholiday\t春节", "2027年2月5日,休,春节", '2027-02-05,holiday,"春节"', "2027.2.5,放假,春节,"]
)
def test_each_way_of_writing_a_day_is_read(line: str) -> None:
    assert parse(line, 2027) == ([SpecialDay(date(2027, 2, 5), "holiday", "春节")], [])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2026-10-01,放假,国庆节", "not a day of 2027"),
        ("2027-02-30,放假,春节", "not a date"),
        ("tomorrow,放假,春节", "not a date"),
        ("2027-02-05,party,春节", "neither a holiday"),
        ("2027-02-05", "date, kind, name"),
        ("2027-02-05,放假,春节,x", "date, kind, name"),
        ("2027-10-11,上班,国庆节", "is a weekday"),
        ("2027-10-07~2027-10-01,放假,国庆节", "no span"),
        ("2027-01-01~2027-12-31,放假,太长", "no span"),
        ("2027-02-05,放假," + "长" * 61, "longer than"),
        ("=1+1,放假,春节", "not a date"),
    ],
)
def test_a_wrong_line_is_named(line: str, says: str) -> None:
    _days, problems = parse(f"2027-01-01,放假,元旦\n{line}", 2027)
    assert [problem.line for problem in problems] == [2]
    assert says in str(problems[0])


def test_a_day_twice_is_named_by_its_second_line() -> None:
    _days, problems = parse("2027-10-01~2027-10-03,放假\n2027-10-02,放假", 2027)
    assert [problem.line for problem in problems] == [2]


@pytest.mark.parametrize("text", ["", "\n\n", "日期,类型,名称", "2027-01-01,放假\n" * 401])
def test_nothing_and_too_much_are_said_of_the_whole(text: str) -> None:
    days, problems = parse(text, 2027)
    assert days == []
    assert [problem.line for problem in problems] == [0]


def test_files_of_chinese_excel_are_read_and_other_files_refused() -> None:
    assert decoded(NOTICE.encode("gb18030")) == (NOTICE, ())
    assert decoded(b"\xef\xbb\xbf" + NOTICE.encode()) == (NOTICE, ())
    for content in (b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0", b"\x00\x01\x02", b"a" * (MOST_BYTES + 1), b"\xff\xff\xff"):
        text, problems = decoded(content)
        assert text == ""
        assert problems


def test_the_published_years_pass_their_own_check_and_differ_from_nothing() -> None:
    for year in sorted(chinese.published_years())[-5:]:
        days = list(chinese.special_days(year))
        text = "\n".join(f"{one.day},{one.kind},{one.name}" for one in days)
        assert parse(text, year) == (days, [])
        assert not difference(days, days)


def test_a_difference_tells_what_comes_goes_and_changes() -> None:
    holiday = [SpecialDay(date(2027, 10, n), "holiday", "国庆节") for n in range(1, 5)]
    work = SpecialDay(date(2027, 10, 3), "workday", "")
    found = difference(holiday[:3], [holiday[0], work, holiday[3]])
    assert found.added == (holiday[3],)
    assert found.removed == (holiday[1],)
    assert found.changed == ((holiday[2], work),)
    assert found.same == 1
