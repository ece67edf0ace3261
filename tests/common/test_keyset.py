"""Paging by the last row seen: every row once, in both directions, with equal moments and with none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from common.keyset import Keyset, page
from sla.models import Timeline
from tests.factories import HospitalFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


@pytest.fixture
def rows() -> list[int]:
    """Keys of 25 rows in the order by due time: pairs that are equal, and seven without a due time at the end."""
    hospital = HospitalFactory()
    made = [
        Timeline.objects.create(
            hospital=hospital,
            region=hospital.region,
            next_due_at=NOON + timedelta(minutes=n // 2) if n < 18 else None,
        )
        for n in range(25)
    ]
    return [row.pk for row in sorted(made, key=lambda row: (row.next_due_at is None, row.next_due_at or NOON, -row.pk))]


@pytest.mark.parametrize("size", [1, 3, 4, 7, 24, 25, 40])
@pytest.mark.parametrize("sparse", [0, 5])
@pytest.mark.parametrize("key", ["next_due_at", ""])
def test_every_row_stands_on_one_page_there_and_back(rows: list[int], key: str, size: int, sparse: int) -> None:
    keyset = Keyset(key, sparse=sparse)
    ordered = rows if key else sorted(rows, reverse=True)
    pages = [page(Timeline.objects.all(), keyset, {}, size)]
    while pages[-1].after:
        pages.append(page(Timeline.objects.all(), keyset, {"after": pages[-1].after}, size))
    assert [row.pk for one in pages for row in one.rows] == ordered
    assert not pages[0].before
    back = [pages[-1]]
    while back[-1].before:
        back.append(page(Timeline.objects.all(), keyset, {"before": back[-1].before}, size))
    assert [row.pk for one in reversed(back) for row in one.rows] == ordered


def test_a_row_that_came_before_the_place_does_not_push_others_onto_the_next_page(rows: list[int]) -> None:
    first = page(Timeline.objects.all(), Keyset("next_due_at"), {}, 5)
    moved = Timeline.objects.get(pk=rows[20])
    Timeline.objects.filter(pk=moved.pk).update(next_due_at=NOON - timedelta(hours=1))
    second = page(Timeline.objects.all(), Keyset("next_due_at"), {"after": first.after}, 5)
    assert [row.pk for row in second.rows] == rows[5:10]


def test_without_gaps_only_rows_with_a_moment_are_looked_for(rows: list[int]) -> None:
    found = page(Timeline.objects.all(), Keyset("next_due_at", gaps=False), {}, 30)
    assert [row.pk for row in found.rows] == rows[:18]


def test_a_page_is_one_query(rows: list[int], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        page(Timeline.objects.all(), Keyset("next_due_at", sparse=5), {}, 20)


def test_a_place_with_nothing_behind_it_gives_the_first_page(rows: list[int]) -> None:
    last = page(Timeline.objects.all(), Keyset("next_due_at"), {}, 5)
    Timeline.objects.exclude(pk__in=rows[:5]).delete()
    assert page(Timeline.objects.all(), Keyset("next_due_at"), {"after": last.after}, 5).rows == last.rows


@pytest.mark.parametrize("cursor", ["", "~", "x~1", "~x", "2026-03-11T12:00:00~1", "~-1", "~9" * 30, "٣~٣"])
def test_a_made_up_place_gives_the_first_page(rows: list[int], cursor: str) -> None:
    assert [row.pk for row in page(Timeline.objects.all(), Keyset("next_due_at"), {"after": cursor}, 3).rows] == rows[
        :3
    ]
