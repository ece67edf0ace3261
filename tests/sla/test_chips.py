"""The chip of a clock: one look for each state, and which clock governs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from common.wording import countdown
from sla import defaults
from sla.facts import Kind
from sla.models import Deadline
from sla.present import chip, governing, is_over
from tests.sla.cases import FAULT, Case

pytestmark = pytest.mark.django_db
State = Deadline.State


@pytest.fixture(autouse=True)
def promise_book(db: None) -> Iterator[None]:
    defaults.load()
    with translation.override("en"):
        yield


@pytest.fixture
def case() -> Case:
    """Notified at 09:00: the answer is due at 10:00, its last warning falls at 09:48."""
    case = Case("2026-03-11")
    case.say(Kind.NOTIFIED, "09:00", **FAULT)
    return case


@pytest.mark.parametrize(
    ("now", "state"),
    [("09:47:59", "running"), ("09:48", "soon"), ("10:00", "soon"), ("10:00:01", "over")],
)
def test_a_running_clock_turns_to_soon_at_its_last_warning_and_to_over_past_its_due_time(
    case: Case, now: str, state: str
) -> None:
    clock = case.clock("response")
    shown = chip(clock, case.at(now))
    assert (shown.state, shown.due, shown.counts) == (state, clock.due_at, True)
    assert is_over(clock, case.at(now)) == (state == "over")


@pytest.mark.parametrize(("answered", "state", "text"), [("09:41", "met", "early"), ("10:11", "missed", "11 min late")])
def test_a_stopped_clock_shows_its_verdict_and_margin(case: Case, answered: str, state: str, text: str) -> None:
    case.say(Kind.RESPONDED, answered)
    shown = chip(case.clock("response"), case.at("12:00"))
    assert (shown.state, shown.counts) == (state, False)
    assert text in str(shown.text)


def test_a_paused_clock_shows_the_frozen_rest(case: Case) -> None:
    case.say(Kind.RESPONDED, "09:10")
    case.say(Kind.PAUSED, "10:10", reason="asked_later", until=None)
    shown = chip(case.clock("remote"), case.at("15:00"))
    assert (shown.state, str(shown.text)) == ("paused", f"paused · {countdown(3600)} left")


def test_a_cancelled_clock_says_so(case: Case) -> None:
    case.say(Kind.CANCELLED, "09:30")
    shown = chip(case.clock("response"), case.at("12:00"))
    assert (shown.state, str(shown.text)) == ("superseded", "cancelled")


def test_a_replaced_target_shows_when_it_would_have_been_due(case: Case) -> None:
    case.say(Kind.RESPONDED, "09:10")
    case.say(Kind.TERMS_CHANGED, "09:30", node_down=True)
    old, new = case.clock("remote", revision=1), case.clock("remote")
    assert (old.state, new.state) == (State.SUPERSEDED, State.RUNNING)
    shown = chip(old, case.at("09:40"))
    assert (shown.state, str(shown.text)) == ("superseded", "was due 11:10")


def test_the_running_clock_that_falls_due_first_governs_a_paused_one_only_when_alone(case: Case) -> None:
    case.say(Kind.RESPONDED, "09:10")
    case.say(Kind.PAUSED, "09:30", reason="asked_later", until=None)
    rows = list(case.timeline.deadlines.all())
    assert {row.state for row in rows if row.stopped_at is None} == {State.PAUSED}
    assert governing(rows) == min((row for row in rows if row.state == State.PAUSED), key=lambda row: row.due_at)
    running = case.clock("response")
    running.state = State.RUNNING
    running.due_at = case.at("2026-03-20 09:00")
    assert governing([*rows, running]) == running
    assert governing([]) is None


def test_a_query_picks_the_same_clock_of_each_timeline_and_counts_them(case: Case) -> None:
    def check() -> None:
        rows = list(case.timeline.deadlines.all())
        (found,) = case.timeline.deadlines.governing()
        assert found == governing(rows)
        assert vars(found)["live"] == sum(row.state in {State.RUNNING, State.PAUSED} for row in rows)

    check()
    case.say(Kind.RESPONDED, "09:10")
    check()
    case.say(Kind.PAUSED, "09:30", reason="asked_later", until=None)
    check()
    late = Deadline.objects.filter(pk=case.clock("response").pk)
    late.update(state=State.RUNNING, due_at=case.at("2026-03-20 09:00"))
    check()
    assert list(case.timeline.deadlines.governing()) == list(late)
