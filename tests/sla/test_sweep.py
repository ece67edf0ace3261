"""The sweep: who is paged, when, once. Its clock is the database's, so cases are set in the past of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from notifications.models import Notification
from people.models import Role, User
from sla import deadlines, defaults, escalation, heartbeat
from sla.audit import differences
from sla.book import Tables
from sla.facts import Kind
from sla.models import Commitment, Deadline, EngineEvent, EscalationStep, Page, Timeline
from sla.sweep import CLAIM, database_now, sweep
from tests.factories import ManagerFactory, OperatorFactory, TravelTimeFactory
from tests.sla.cases import FAULT, staff

pytestmark = pytest.mark.django_db
State = Deadline.State


@pytest.fixture
def duty() -> dict[str, User]:
    return staff()


def notified(minutes_ago: float, **terms: Any) -> Timeline:
    """A fault notified so long ago, as recorded then."""
    site = TravelTimeFactory().site
    timeline = deadlines.open_timeline(hospital=site.hospital, site=site, subject="SR-2026-000001", link="/desk/")
    at = database_now() - timedelta(minutes=minutes_ago)
    deadlines.record(timeline, Kind.NOTIFIED, at=at, now=at, data={**FAULT, **terms})
    return timeline


def say(timeline: Timeline, kind: Kind, minutes_ago: float = 0, **fields: Any) -> None:
    at = database_now() - timedelta(minutes=minutes_ago)
    deadlines.record(timeline, kind, at=at, now=at, **fields)


def pages(timeline: Timeline, code: str = "response") -> list[tuple[str, str]]:
    rows = Page.objects.filter(deadline__timeline=timeline, deadline__code=code).order_by("step")
    return [(page.label, page.state) for page in rows]


def told(person: User) -> int:
    return Notification.objects.filter(person=person, kind="sla.page").count()


def test_nothing_due_leaves_only_a_heartbeat(duty: dict[str, User]) -> None:
    notified(10)
    swept = sweep()
    assert (swept.due, swept.fired) == (0, 0)
    assert not heartbeat.status(database_now()).stale


def test_half_time_without_an_assignee_pages_the_operator_on_duty(duty: dict[str, User]) -> None:
    timeline = notified(31)
    sweep()
    assert pages(timeline) == [("50 %", "sent")]
    assert told(duty[Role.OPERATOR]) == 1
    assert told(duty[Role.LEAD]) == 0


def test_each_milestone_pages_once_however_often_the_sweep_runs(duty: dict[str, User]) -> None:
    timeline = notified(49)
    for _ in range(3):
        sweep()
    assert pages(timeline) == [("50 %", "skipped"), ("80 %", "sent")]
    assert (told(duty[Role.OPERATOR]), told(duty[Role.LEAD])) == (1, 1)


def test_after_downtime_only_the_highest_step_pages_and_says_how_late_it_is(duty: dict[str, User]) -> None:
    timeline = notified(70)
    sweep()
    assert pages(timeline) == [("50 %", "skipped"), ("80 %", "skipped"), ("100 %", "sent")]
    page = Page.objects.get(deadline__timeline=timeline, state=Page.State.SENT)
    assert 600 <= page.late_seconds < 660
    assert list(page.recipients.all()) == [duty[Role.MANAGER]]


def test_the_assignee_is_paged_before_the_operator(duty: dict[str, User]) -> None:
    timeline = notified(31)
    assignee = OperatorFactory()
    Timeline.objects.filter(pk=timeline.pk).update(assignee=assignee)
    sweep()
    assert (told(assignee), told(duty[Role.OPERATOR])) == (1, 0)


def test_a_stop_at_the_instant_of_a_step_beats_the_step(duty: dict[str, User]) -> None:
    timeline = notified(60)
    half = timeline.deadlines.get(code="response").started_at + timedelta(minutes=30)
    deadlines.record(timeline, Kind.RESPONDED, at=half, now=half)
    sweep()
    assert pages(timeline) == []


def test_after_the_breach_every_thirty_minutes_until_the_clock_stops(duty: dict[str, User]) -> None:
    timeline = notified(61)
    sweep()
    later = timeline.deadlines.get(code="response")
    assert later.next_action_at == later.due_at + timedelta(minutes=30)
    say(timeline, Kind.RESPONDED)
    assert timeline.deadlines.get(code="response").next_action_at is None


def test_an_acknowledgement_stops_paging_and_stops_no_clock(duty: dict[str, User]) -> None:
    timeline = notified(31)
    sweep()
    clock = timeline.deadlines.get(code="response")
    now = database_now()
    row = escalation.acknowledge(clock, by=duty[Role.OPERATOR], now=now)
    assert row.state == State.RUNNING
    assert row.acknowledged_until == now + timedelta(minutes=15)
    assert row.next_action_at is not None
    assert row.next_action_at >= now + timedelta(minutes=15)


def acknowledged(timeline: Timeline, by: User, minutes_ago: float) -> Deadline:
    """The response clock, acknowledged so long ago."""
    at = database_now() - timedelta(minutes=minutes_ago)
    return escalation.acknowledge(timeline.deadlines.get(code="response"), by=by, now=at)


def test_silence_lapses_the_acknowledgement_and_the_highest_step_pages(duty: dict[str, User]) -> None:
    timeline = notified(49)
    acknowledged(timeline, duty[Role.OPERATOR], 16)
    sweep()
    assert pages(timeline)[-1] == ("80 %", "sent")
    assert timeline.deadlines.get(code="response").acknowledged_by is None


def test_a_persons_act_keeps_the_acknowledgement_alive(duty: dict[str, User]) -> None:
    timeline = notified(49)
    acknowledged(timeline, duty[Role.OPERATOR], 16)
    say(timeline, Kind.RECEIPT, 2, by=duty[Role.OPERATOR])
    sweep()
    assert pages(timeline) == []
    assert timeline.deadlines.get(code="response").acknowledged_by == duty[Role.OPERATOR]


def test_a_stopped_clock_cannot_be_acknowledged(duty: dict[str, User]) -> None:
    timeline = notified(31)
    say(timeline, Kind.RESPONDED)
    with pytest.raises(deadlines.Refused):
        acknowledged(timeline, duty[Role.OPERATOR], 0)


def test_nobody_on_duty_goes_to_the_next_rung_at_once_and_says_so_loudly(duty: dict[str, User]) -> None:
    duty[Role.OPERATOR].is_active = False
    duty[Role.OPERATOR].save()
    timeline = notified(31)
    sweep()
    page = Page.objects.get(deadline__timeline=timeline)
    assert list(page.recipients.all()) == [duty[Role.LEAD]]
    assert EngineEvent.objects.get().kind == EngineEvent.EventKind.NOBODY_ON_DUTY
    loud = Notification.objects.filter(kind="sla.nobody_on_duty")
    assert {row.person for row in loud} == {duty[Role.MANAGER], duty[Role.ADMIN]}


def test_an_empty_roster_reaches_every_manager_and_administrator() -> None:
    defaults.load()
    manager = ManagerFactory()
    timeline = notified(31)
    sweep()
    assert list(Page.objects.get(deadline__timeline=timeline).recipients.all()) == [manager]


def test_the_ladder_is_frozen_when_the_clock_starts(duty: dict[str, User]) -> None:
    notified(31)
    EscalationStep.objects.filter(percent=50).update(recipients=[Role.ADMIN])
    sweep()
    assert told(duty[Role.OPERATOR]) == 1
    assert told(duty[Role.ADMIN]) == 0


def test_the_sweep_starts_the_on_site_clock_when_the_remote_limit_passed(duty: dict[str, User]) -> None:
    timeline = notified(90, node_down=True, priority=1)
    say(timeline, Kind.RESPONDED, 70)
    sweep()
    remote, onsite = (timeline.deadlines.get(code=code) for code in ("remote", "onsite"))
    assert onsite.started_at == remote.due_at


def test_a_pause_with_an_end_resumes_in_the_sweep(duty: dict[str, User]) -> None:
    timeline = notified(100)
    say(timeline, Kind.RESPONDED, 90)
    until = (database_now() - timedelta(minutes=1)).isoformat()
    say(timeline, Kind.PAUSED, 80, data={"reason": "asked_later", "until": until})
    assert timeline.deadlines.get(code="remote").state == State.PAUSED
    sweep()
    assert timeline.deadlines.get(code="remote").state == State.RUNNING


def test_a_poisoned_row_is_set_aside_and_the_rest_goes_on(duty: dict[str, User]) -> None:
    broken, sound = notified(31), notified(31)
    Deadline.objects.filter(timeline=broken, code="response").update(milestones=[{"step": 1, "at": "never"}])
    swept = sweep()
    assert swept.set_aside == 1
    assert pages(sound) == [("50 %", "sent")]
    row = broken.deadlines.get(code="response")
    assert row.failures == 1
    assert "never" in row.failure
    assert row.next_action_at is not None
    assert row.next_action_at > database_now()
    assert Notification.objects.filter(kind="sla.set_aside", person=duty[Role.MANAGER]).count() == 1


def test_a_flood_becomes_one_digest_a_person(duty: dict[str, User]) -> None:
    for _ in range(escalation.DIGEST_FROM + 2):
        notified(31)
    sweep()
    assert Page.objects.filter(state=Page.State.SENT).count() == escalation.DIGEST_FROM + 2
    digest = Notification.objects.get(person=duty[Role.OPERATOR])
    assert (digest.kind, digest.context["count"]) == ("sla.digest", escalation.DIGEST_FROM + 2)


def test_the_audit_finds_nothing_after_sweeps_and_a_changed_row(duty: dict[str, User]) -> None:
    timeline = notified(90, node_down=True)
    say(timeline, Kind.RESPONDED, 70)
    sweep()
    assert list(differences()) == []
    Deadline.objects.filter(timeline=timeline, code="onsite").update(due_at=database_now())
    assert [difference.column for difference in differences()] == ["due_at"]


def test_an_idle_sweep_asks_five_questions(duty: dict[str, User], django_assert_num_queries: Any) -> None:
    notified(10)
    sweep()
    transactions = 4  # savepoints, since the test itself is in a transaction
    with django_assert_num_queries(5 + transactions):
        sweep()


def test_the_claim_reads_the_partial_index_whatever_the_size_of_the_table(duty: dict[str, User]) -> None:
    model = notified(10).deadlines.get(code="response")
    Deadline.objects.bulk_create(
        Deadline(
            timeline_id=model.timeline_id,
            commitment_id=model.commitment_id,
            code="old",
            turn=turn,
            state=State.MET,
            started_at=model.started_at,
            due_at=model.due_at,
        )
        for turn in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sla_deadline")
        cursor.execute("EXPLAIN " + CLAIM, [database_now(), 500])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "sla_deadline_next_action" in plan
    assert "Seq Scan on sla_deadline" not in plan


def test_a_change_of_a_row_that_clocks_are_counted_by_is_seen_at_once(duty: dict[str, User]) -> None:
    before = Tables.current()
    assert Tables.current() is before
    Commitment.objects.filter(code="response").update(targets=[{"minutes": 30}])
    timeline = notified(1)
    assert timeline.deadlines.get(code="response").target_seconds == 1800


def test_the_engine_is_stale_after_a_minute_without_a_sweep(duty: dict[str, User]) -> None:
    sweep()
    now: datetime = database_now()
    assert heartbeat.status(now + timedelta(seconds=61)).stale
