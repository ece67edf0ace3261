"""F20: rows that cannot be handled. Their neighbours are paged in time, somebody hears of them, they come back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications.models import Notification
from people.models import Role, User
from servicedesk.faults.invariants import broken
from sla import deadlines
from sla.facts import Kind
from sla.models import Calendar, CalendarVersion, Deadline, EngineEvent, Page, Timeline
from sla.sweep import database_now, sweep
from tests.factories import NurseFactory, RotationFactory
from tests.faults.many import faults

pytestmark = pytest.mark.usefixtures("duty")
NEVER = [{"step": 1, "percent": 50, "at": "never", "roles": ["assignee"]}]


def ago(minutes: float) -> datetime:
    return database_now() - timedelta(minutes=minutes)


def response(timeline: Timeline) -> Deadline:
    return timeline.deadlines.get(code="response")


def spoil(timeline: Timeline, code: str = "response") -> None:
    timeline.deadlines.filter(code=code).update(milestones=NEVER)


def is_paged(timeline: Timeline, code: str = "response") -> bool:
    return Page.objects.filter(deadline__timeline=timeline, deadline__code=code, state=Page.State.SENT).exists()


def test_forty_neighbours_of_five_broken_rows_are_paged_in_the_same_sweep(duty: dict[str, User]) -> None:
    timelines = faults([ago(31)] * 45)
    sick = timelines[::9]
    for timeline in sick:
        spoil(timeline)
    swept = sweep()
    assert (swept.fired, swept.set_aside) == (40, 5)
    assert [timeline for timeline in timelines if not is_paged(timeline)] == sick
    assert broken(database_now()) == {}


def test_a_broken_row_is_alarmed_to_manager_and_administrator_with_what_is_wrong(duty: dict[str, User]) -> None:
    timeline = faults([ago(31)])[0]
    spoil(timeline)
    sweep()
    event = EngineEvent.objects.get(deadline__timeline=timeline)
    assert "never" in event.detail
    alarms = Notification.objects.filter(kind="sla.set_aside", is_urgent=True)
    assert {row.person for row in alarms} == {duty[Role.MANAGER], duty[Role.ADMIN]}
    assert {row.context["promise"] for row in alarms} == {"response"}


def test_a_broken_clock_does_not_silence_the_other_clocks_of_its_ticket() -> None:
    timeline = faults([ago(250)])[0]
    spoil(timeline, "response")
    sweep()
    assert not is_paged(timeline, "response")
    assert is_paged(timeline, "onsite_bound")
    assert broken(database_now()) == {}


def test_a_row_that_stays_broken_is_tried_less_and_less_often_and_alarmed_each_time() -> None:
    timeline = faults([ago(31)])[0]
    spoil(timeline)
    for wait in (1, 2, 4):
        before = database_now()
        sweep()
        again = response(timeline).next_action_at
        assert again is not None
        assert timedelta(minutes=wait) <= again - before < timedelta(minutes=wait, seconds=30)
        assert broken(database_now()) == {}
        timeline.deadlines.filter(code="response").update(next_action_at=ago(1))
    assert Notification.objects.filter(kind="sla.set_aside").count() == 3 * 2


def test_a_repaired_row_is_paged_at_its_next_try_and_is_sound_again() -> None:
    timeline = faults([ago(31)])[0]
    milestones = response(timeline).milestones
    spoil(timeline)
    sweep()
    timeline.deadlines.filter(code="response").update(milestones=milestones, next_action_at=ago(1))
    sweep()
    assert is_paged(timeline)
    assert (response(timeline).failures, response(timeline).failure) == (0, "")
    assert broken(database_now()) == {}


BROKEN_HOURS: list[dict[str, Any]] = [
    {"timezone": None, "hours": {}},
    {"timezone": "Mars/Olympus", "hours": {}},
    {"timezone": "Asia/Shanghai", "hours": {"mon": [["25:00", "noon"]]}},
    {"timezone": "Asia/Shanghai"},
]


@pytest.mark.parametrize("content", BROKEN_HOURS, ids=["null zone", "unknown zone", "broken slot", "no hours"])
def test_a_calendar_that_cannot_be_read_sets_aside_only_what_has_to_be_counted_by_it(content: dict[str, Any]) -> None:
    """The clock whose remote limit ran out must be counted again; one with a milestone must not."""
    counted, plain = faults([ago(400), ago(31)])
    answered = ago(390)
    deadlines.record(counted, Kind.RESPONDED, at=answered, now=answered)
    calendar = Calendar.objects.get(code="always")
    CalendarVersion.objects.create(calendar=calendar, number=2, content=content, active_from=ago(10_000))
    swept = sweep()
    assert swept.set_aside >= 1
    assert is_paged(plain)
    assert counted.deadlines.get(code="remote").failures == 1
    assert broken(database_now()) == {}


@pytest.mark.parametrize("zone", ["", "Mars/Olympus"])
def test_a_rotation_without_a_readable_zone_silences_only_itself(zone: str, duty: dict[str, User]) -> None:
    RotationFactory(role=Role.OPERATOR, people=[duty[Role.ADMIN]], timezone=zone)
    timeline = faults([ago(31)])[0]
    sweep()
    assert list(Page.objects.get(deadline__timeline=timeline).recipients.all()) == [duty[Role.OPERATOR]]
    assert broken(database_now()) == {}


def test_a_recipient_who_must_not_hear_of_it_sets_the_row_aside_instead_of_telling_a_hospital() -> None:
    """An assignee from a hospital is a broken row: company matters never reach them."""
    sick, sound = faults([ago(31)] * 2)
    Timeline.objects.filter(pk=sick.pk).update(assignee=NurseFactory(hospital=sick.hospital))
    assert sweep().set_aside == 1
    assert is_paged(sound)
    assert broken(database_now()) == {}
