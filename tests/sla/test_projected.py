"""Promises that lie ahead, projected by the engine itself from what is promised now (N2)."""

from __future__ import annotations

from datetime import datetime

import pytest

from sla import deadlines, defaults, projected
from sla.book import Tables, TimelineBook
from sla.facts import Kind
from tests.sla.cases import FAULT, Case, declared_failed, local

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def promise_book(db: None) -> None:
    defaults.load()


def ahead(case: Case, now: str, **expected: datetime) -> dict[str, str]:
    views = [deadlines.view_of(fact) for fact in case.timeline.facts.all()]
    book = TimelineBook(Tables.current(), case.site)
    runs = projected.ahead(views, book, case.at(now), expected)
    legs = ("remote", "onsite", "fix", "spare_shipped", "spare_delivered")
    return {
        code: f"{runs[code].due_at.astimezone(local('2026-01-01').tzinfo):%m-%d %H:%M}" for code in legs if code in runs
    }


def test_each_leg_ahead_starts_when_the_one_before_has_used_its_whole_time() -> None:
    case = Case("2026-03-11")
    case.say(Kind.NOTIFIED, "09:00", **FAULT)
    assert ahead(case, "09:10") == {
        "remote": "03-11 12:00",
        "onsite": "03-11 14:35",
        "fix": "03-11 16:35",
        "spare_shipped": "03-12 16:35",
        "spare_delivered": "03-13 18:00",
    }


def test_an_expected_arrival_moves_what_follows_and_a_passed_promise_counts_from_now() -> None:
    case = declared_failed()
    early = ahead(case, "11:00", onsite=case.at("12:16"))
    assert early == {"fix": "03-11 14:16", "spare_shipped": "03-12 14:16", "spare_delivered": "03-13 18:00"}
    assert ahead(case, "13:00")["fix"] == "03-11 15:00"


def test_nothing_is_projected_past_a_clock_that_stands_still_nor_what_runs_already() -> None:
    case = declared_failed()
    case.say(Kind.PAUSED, "10:40", reason="asked_later")
    assert ahead(case, "11:00") == {}
    case.say(Kind.RESUMED, "11:00")
    case.say(Kind.ARRIVED, "11:20")
    assert list(ahead(case, "11:30")) == ["spare_shipped", "spare_delivered"]
    case.say(Kind.PART_NEEDED, "11:40", request=7)
    assert ahead(case, "11:50") == {}
