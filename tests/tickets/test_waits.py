"""A wait stands on an accepted reason; response never pauses (worked example 7, T030)."""

from __future__ import annotations

import pytest

from sla.models import PauseReason
from tests.tickets.conftest import Scene
from tests.tickets.test_onsite import failed_at
from tickets import workflow
from tickets.models import Ticket
from tickets.states import Refused, Status


@pytest.fixture
def asked_later(scene: Scene) -> PauseReason:
    return PauseReason.objects.get(code="asked_later")


def test_a_pause_freezes_the_rest_and_resuming_counts_it_from_there(scene: Scene, asked_later: PauseReason) -> None:
    ticket = workflow.wait(
        failed_at(scene), by=scene.operator, reason=asked_later, note="手术室在用", now=scene.at("10:40")
    )
    assert (ticket.status, ticket.resume_to) == (Status.WAITING, Status.DISPATCH)
    onsite = scene.clock(ticket, "onsite")
    assert (onsite.state, onsite.remaining_seconds) == ("paused", 127 * 60)
    ticket = workflow.resume(ticket, by=scene.operator, now=scene.at("2026-03-12 08:00"))
    assert (ticket.status, ticket.resume_to, ticket.wait_until) == (Status.DISPATCH, "", None)
    assert scene.due(ticket, "onsite") == "03-12 10:07"


def test_an_agreed_moment_ends_the_wait_by_itself_once(scene: Scene, asked_later: PauseReason) -> None:
    until = scene.at("2026-03-12 08:00")
    ticket = workflow.wait(
        failed_at(scene), by=scene.operator, reason=asked_later, note="", until=until, now=scene.at("10:40")
    )
    assert workflow.end_waits(scene.at("2026-03-12 07:59")) == 0
    assert workflow.end_waits(scene.at("2026-03-12 08:20")) == 1
    assert workflow.end_waits(scene.at("2026-03-12 08:21")) == 0
    ticket.refresh_from_db()
    assert (ticket.status, ticket.wait_until) == (Status.DISPATCH, None)
    assert ticket.events.get(kind="resumed").at == until
    ticket = workflow.note(ticket, by=scene.lead, text="去吧", now=scene.at("2026-03-12 08:30"))
    ticket = workflow.answer(ticket, by=scene.operator, text="出发", now=scene.at("2026-03-12 08:30"))
    assert scene.due(ticket, "onsite") == "03-12 10:07"


def test_the_hospital_sees_why_it_waits(scene: Scene, asked_later: PauseReason) -> None:
    ticket = workflow.wait(
        failed_at(scene), by=scene.operator, reason=asked_later, note="明早八点", now=scene.at("10:40")
    )
    event = ticket.events.get(kind="waiting")
    assert (event.is_public, event.body, event.data["reason"]) == (True, "明早八点", asked_later.name)
    assert scene.told("ticket.waiting") == [scene.nurse]


def test_a_pause_entered_after_the_breach_leaves_the_breach(scene: Scene, asked_later: PauseReason) -> None:
    """T030."""
    ticket = workflow.wait(failed_at(scene), by=scene.operator, reason=asked_later, note="", now=scene.at("13:00"))
    ticket = workflow.resume(ticket, by=scene.operator, now=scene.at("14:00"))
    ticket = workflow.arrive(ticket, by=scene.engineer, now=scene.at("14:10"))
    onsite = scene.clock(ticket, "onsite")
    assert (onsite.state, onsite.due_at) == ("missed", scene.at("12:47"))


def test_a_reason_out_of_use_or_an_end_in_the_past_is_refused(scene: Scene, asked_later: PauseReason) -> None:
    ticket, now = failed_at(scene), scene.at("10:40")
    with pytest.raises(Refused):
        workflow.wait(ticket, by=scene.operator, reason=asked_later, note="", until=now, now=now)
    asked_later.is_active = False
    with pytest.raises(Refused):
        workflow.wait(ticket, by=scene.operator, reason=asked_later, note="", now=now)
    ticket.refresh_from_db()
    assert ticket.status == Status.DISPATCH


def test_what_was_not_answered_cannot_be_made_to_wait(scene: Scene, asked_later: PauseReason) -> None:
    with pytest.raises(Refused):
        workflow.wait(scene.file(), by=scene.operator, reason=asked_later, note="", now=scene.at("09:30"))


def test_a_solved_ticket_expects_no_end_of_a_wait(scene: Scene, asked_later: PauseReason) -> None:
    until = scene.at("2026-03-12 08:00")
    ticket = workflow.wait(
        failed_at(scene), by=scene.operator, reason=asked_later, note="", until=until, now=scene.at("10:40")
    )
    ticket = workflow.resolve(ticket, by=scene.operator, cause="电源", action="更换", now=scene.at("11:00"))
    assert workflow.end_waits(scene.at("2026-03-12 09:00")) == 0
    assert (ticket.status, ticket.wait_until) == (Status.SOLVED, None)


def test_a_ticket_that_cannot_go_on_keeps_no_other_from_its_turn(
    scene: Scene, asked_later: PauseReason, caplog: pytest.LogCaptureFixture
) -> None:
    until = scene.at("12:00")
    broken, sound = (
        workflow.wait(
            failed_at(scene), by=scene.operator, reason=asked_later, note="", until=until, now=scene.at("11:00")
        )
        for _ in range(2)
    )
    Ticket.objects.filter(pk=broken.pk).update(resume_to="")
    assert workflow.end_waits(scene.at("12:01")) == 1
    sound.refresh_from_db()
    assert sound.status == Status.DISPATCH
    assert broken.number in caplog.text


@pytest.mark.parametrize("until", ["2027-03-13 10:00", "9999-12-31 23:59"])
def test_a_wait_of_more_than_a_year_is_a_slip_of_the_keyboard(
    scene: Scene, asked_later: PauseReason, until: str
) -> None:
    """T104."""
    ticket = failed_at(scene)
    slip = {"reason": asked_later, "note": "", "until": scene.at(until), "now": scene.at("10:40")}
    with pytest.raises(Refused):
        workflow.wait(ticket, by=scene.operator, **slip)
    assert scene.clock(ticket, "onsite").state == "running"
