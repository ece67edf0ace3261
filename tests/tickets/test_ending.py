"""Solved, confirmed, reopened, withdrawn, and what silence means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.tickets.conftest import Scene
from tickets import workflow
from tickets.models import Ticket
from tickets.states import Refused, Status


def solved(scene: Scene, when: str = "2026-03-10 16:00") -> Ticket:
    """Worked example 9: solved Tue 16:00."""
    ticket = workflow.answer(
        scene.file("2026-03-10 15:00"), by=scene.operator, text="请重启", now=scene.at("2026-03-10 15:10")
    )
    return workflow.resolve(ticket, by=scene.operator, cause="线松了", action="重新插紧", now=scene.at(when))


def test_a_solution_is_told_to_the_hospital_with_cause_and_action(scene: Scene) -> None:
    ticket = solved(scene)
    assert (ticket.status, ticket.solved_at) == (Status.SOLVED, scene.at("2026-03-10 16:00"))
    event = ticket.events.get(kind="solved")
    assert (event.is_public, event.body, event.data["cause"]) == (True, "线松了\n重新插紧", "线松了")
    assert scene.told("ticket.solved") == [scene.nurse]
    assert {row.state for row in ticket.timeline.deadlines.all()} <= {"met", "cancelled"}


def test_solving_before_any_answer_is_the_answer_too(scene: Scene) -> None:
    ticket = workflow.resolve(
        scene.file("09:00"), by=scene.engineer, cause="线松", action="插紧", now=scene.at("09:30")
    )
    assert scene.facts(ticket)[-2:] == ["responded", "solved"]
    assert scene.clock(ticket, "response").margin_seconds == 30 * 60
    assert ticket.owner == scene.engineer


def test_a_solution_names_cause_and_action(scene: Scene) -> None:
    ticket = scene.file()
    for cause, action in (("", "插紧"), ("线松", " ")):
        with pytest.raises(Refused):
            workflow.resolve(ticket, by=scene.operator, cause=cause, action=action, now=scene.at("09:30"))


def test_the_hospital_confirms_and_the_handlers_hear_of_it(scene: Scene) -> None:
    ticket = workflow.confirm(solved(scene), by=scene.nurse, now=scene.at("2026-03-10 17:00"))
    assert (ticket.status, ticket.closed_at) == (Status.CLOSED, scene.at("2026-03-10 17:00"))
    assert ticket.events.get(kind="closed").data["how"] == "confirmed"
    assert scene.told("ticket.closed") == [scene.operator]


def test_reopening_starts_a_new_cycle_whose_answer_is_owed_anew(scene: Scene) -> None:
    ticket = workflow.reopen(solved(scene), by=scene.nurse, reason="又断了", now=scene.at("09:00"))
    assert (ticket.status, ticket.cycle, ticket.solved_at) == (Status.NEW, 2, None)
    assert scene.clock(ticket, "response", cycle=1).state == "met"
    assert scene.due(ticket, "response") == "03-11 10:00"
    ticket = workflow.answer(ticket, by=scene.engineer, text="马上看", now=scene.at("09:30"))
    assert (ticket.status, ticket.owner) == (Status.REMOTE, scene.operator)
    second = scene.clock(ticket, "response", cycle=2)
    assert (second.state, second.margin_seconds) == ("met", 30 * 60)
    assert scene.due(ticket, "remote") == "03-11 11:30"
    assert ticket.timeline.deadlines.filter(code="update", cycle=2, state="running").exists()


def test_reopening_needs_no_reason_and_reaches_the_handlers(scene: Scene) -> None:
    workflow.reopen(solved(scene), by=scene.nurse, now=scene.at("09:00"))
    assert scene.told("ticket.reopened") == [scene.operator]


def test_when_the_desk_reopens_the_hospital_hears_of_it(scene: Scene) -> None:
    workflow.reopen(solved(scene), by=scene.lead, reason="医院来电", now=scene.at("09:00"))
    assert scene.told("ticket.reopened") == [scene.nurse, scene.operator]


def test_a_closed_ticket_can_be_reopened_for_thirty_days(scene: Scene) -> None:
    closed_at = scene.at("2026-03-10 17:00")
    ticket = workflow.confirm(solved(scene), by=scene.nurse, now=closed_at)
    with pytest.raises(Refused):
        workflow.reopen(ticket, by=scene.nurse, now=closed_at + timedelta(days=30, seconds=1))
    ticket = workflow.reopen(ticket, by=scene.nurse, now=closed_at + timedelta(days=30))
    assert (ticket.status, ticket.closed_at) == (Status.NEW, None)


def test_withdrawing_cancels_the_clocks_and_tells_the_hospital_why(scene: Scene) -> None:
    ticket = workflow.cancel(scene.file(), by=scene.operator, reason="与 SR-2026-000001 重复", now=scene.at("09:10"))
    assert (ticket.status, ticket.closed_at) == (Status.CANCELLED, scene.at("09:10"))
    assert {row.state for row in ticket.timeline.deadlines.all()} == {"cancelled"}
    assert scene.told("ticket.cancelled") == [scene.nurse]
    with pytest.raises(Refused):
        workflow.cancel(scene.file(), by=scene.operator, reason="  ", now=scene.at("09:10"))


# Silence


def test_the_hospital_is_asked_again_after_one_and_three_days_once_each(scene: Scene) -> None:
    ticket = solved(scene)
    done = scene.at("2026-03-10 16:00")
    asked = [workflow.remind(done + timedelta(hours=hours)) for hours in (23, 24, 25, 71, 72, 73, 150)]
    assert asked == [0, 1, 0, 0, 1, 0, 0]
    assert scene.told("ticket.solved") == [scene.nurse] * 3
    ticket.refresh_from_db()
    assert ticket.reminders == 2


def test_after_an_outage_only_the_latest_reminder_goes_out(scene: Scene) -> None:
    solved(scene)
    late = scene.at("2026-03-10 16:00") + timedelta(days=4)
    assert [workflow.remind(late), workflow.remind(late)] == [1, 0]


def test_seven_days_of_silence_confirm(scene: Scene) -> None:
    ticket, done = solved(scene), scene.at("2026-03-10 16:00")
    assert workflow.close_silent(done + timedelta(days=7, seconds=-1)) == 0
    week = done + timedelta(days=7)
    assert [workflow.close_silent(week), workflow.close_silent(week)] == [1, 0]
    ticket.refresh_from_db()
    assert (ticket.status, ticket.closed_at) == (Status.CLOSED, week)
    event = ticket.events.get(kind="closed")
    assert (event.by, event.data["how"], event.is_public) == (None, "silence", True)
    assert scene.told("ticket.closed") == [scene.nurse, scene.operator]


def test_a_reopened_ticket_is_neither_asked_about_nor_closed(scene: Scene) -> None:
    ticket = solved(scene)
    assert workflow.remind(scene.at("2026-03-14 08:00")) == 1
    ticket = workflow.reopen(ticket, by=scene.nurse, now=scene.at("2026-03-14 09:00"))
    later = scene.at("2026-03-25 09:00")
    assert [workflow.remind(later), workflow.close_silent(later)] == [0, 0]
    ticket = workflow.resolve(ticket, by=scene.operator, cause="线松", action="换线", now=later)
    assert workflow.remind(later + timedelta(hours=24)) == 1
