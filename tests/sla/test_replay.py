"""Facts in, deadlines out: whatever happens in whatever order, the same facts give the same verdicts."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla import deadlines, defaults
from sla.audit import differences
from sla.models import Deadline, Timeline
from sla.replay import replay
from sla.runs import Run
from tests.sla.cases import FAULT, site_with_travel
from tests.sla.histories import ALWAYS, END, OFFICE, START, Said, Shelf, histories, verdict, views

BOOKS = st.sampled_from([ALWAYS, OFFICE])
QUICK = settings(max_examples=25, deadline=None)


def of(runs: list[Run]) -> list[tuple[object, ...]]:
    return [verdict(run) for run in runs]


@QUICK
@given(histories(), BOOKS, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_recorded_changes_nothing(
    history: list[Said], book: Shelf, chance: random.Random
) -> None:
    facts = views(history)
    expected = of(replay(facts, book, END))
    chance.shuffle(facts)
    assert of(replay(facts, book, END)) == expected
    renumbered = [(fact, number) for number, fact in enumerate(facts, start=100)]
    again = [type(fact)(number, fact.kind, fact.at, fact.recorded_at, fact.data) for fact, number in renumbered]
    assert of(replay(again, book, END)) == expected


@QUICK
@given(histories(), BOOKS, st.integers(0, 3000))
def test_a_verdict_comes_from_when_things_happened_not_from_when_they_were_heard_of(
    history: list[Said], book: Shelf, minutes: int
) -> None:
    late = views(history, late_by=timedelta(minutes=minutes))
    assert of(replay(late, book, END)) == of(replay(views(history), book, END))


@QUICK
@given(histories(), BOOKS, st.integers(0, 5000))
def test_looking_again_later_changes_no_verdict_that_a_fact_has_given(
    history: list[Said], book: Shelf, minutes: int
) -> None:
    now = START + timedelta(minutes=history[-1][0])
    closed = [verdict(run) for run in replay(views(history), book, now) if run.stopped_at]
    later = of(replay(views(history), book, now + timedelta(minutes=minutes)))
    assert [row for row in later if row in closed] == closed


@QUICK
@given(histories(), BOOKS)
def test_every_closed_run_has_a_verdict_that_its_margin_bears_out(history: list[Said], book: Shelf) -> None:
    for run in replay(views(history), book, END):
        assert run.due_at >= run.started_at or run.fixed_due
        assert (run.stopped_at is None) == run.is_open
        if run.state in {"met", "missed"}:
            assert run.stopped_at is not None
            assert run.margin == run.due_at - run.stopped_at
            assert (run.state == "met") == (run.stopped_at <= run.due_at)
        else:
            assert run.margin is None
        if run.state == "cancelled":
            assert run.stopped_at is not None
            assert run.stopped_at <= run.due_at, "what was over when its matter ended was missed"


@QUICK
@given(histories(), BOOKS)
def test_at_most_one_run_of_a_clock_is_open_and_each_has_its_own_key(history: list[Said], book: Shelf) -> None:
    runs = replay(views(history), book, END)
    assert max(Counter((run.rule.code, run.subject) for run in runs if run.is_open).values(), default=0) <= 1
    named = Counter((run.rule.code, run.subject) for run in runs if run.subject and run.state != "superseded")
    assert max(named.values(), default=0) <= 1, "one request has one clock of a kind, for ever"
    assert len({run.key for run in runs}) == len(runs)


@QUICK
@given(histories(), BOOKS)
def test_response_is_never_paused_and_pauses_neither_overlap_nor_outlive_their_run(
    history: list[Said], book: Shelf
) -> None:
    for run in replay(views(history), book, END):
        assert run.rule.code != "response" or run.pauses == []
        assert len(run.pauses) == len(run.pause_facts)
        ends = [pause.end for pause in run.pauses[:-1]]
        starts = [pause.start for pause in run.pauses[1:]]
        assert all(end is not None and end <= start for end, start in zip(ends, starts, strict=True))
        assert all(fact.data["reason"] in run.rule.pause_reasons for fact in run.pause_facts)


def rows(timeline: Timeline) -> list[tuple[object, ...]]:
    """What stands in the database, without what depends on when it was heard of."""
    columns = ("code", "cycle", "turn", "revision", "state", "started_at", "due_at", "stopped_at", "margin_seconds")
    standing = timeline.deadlines.exclude(state=Deadline.State.WITHDRAWN)
    return sorted(standing.values_list(*columns), key=str)


@pytest.mark.django_db
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories(most=8), st.randoms(use_true_random=False))
def test_rows_recorded_in_any_order_are_the_same_and_counting_again_changes_nothing(
    db: None, history: list[Said], chance: random.Random
) -> None:
    defaults.load()
    site = site_with_travel(95, 126)
    shuffled = [history[0], *chance.sample(history[1:], len(history) - 1)]
    told = []
    for order in (history, shuffled):
        timeline = deadlines.open_timeline(hospital=site.hospital, site=site, subject="SR", link="/")
        for minute, kind, data in order:
            at = START + timedelta(minutes=minute)
            deadlines.record(timeline, kind, at=at, now=END, data=data)
        told.append(rows(timeline))
        deadlines.rebuild(deadlines.lock(timeline), now=END)
        assert rows(timeline) == told[-1]
    assert told[0] == told[1]
    assert list(differences()) == []


@pytest.mark.parametrize(("paused_at", "due"), [(40, 430), (100, 460)])
def test_a_clock_that_stands_still_takes_a_new_target_however_long_the_wait(paused_at: int, due: int) -> None:
    """120 minutes from minute 10 become 60 during a wait that lasts until minute 400.

    Paused after 30 minutes: 30 are left. After 90 the new target lies behind: it counts from the change.
    """
    history: list[Said] = [
        (0, "notified", dict(FAULT)),
        (10, "responded", {}),
        (paused_at, "paused", {"reason": "asked_later", "until": None}),
        (300, "terms_changed", {"node_down": True}),
        (400, "resumed", {}),
        (420, "solved", {}),
    ]
    remote = [run for run in replay(views(history), ALWAYS, END) if run.rule.code == "remote"]
    assert [run.state for run in remote] == ["superseded", "met"]
    assert remote[1].due_at == START + timedelta(minutes=due)
