"""Nobody escapes the on-site promise by not declaring (worked example 4): tickets follow the engine."""

from __future__ import annotations

from sla import deadlines
from sla.models import PauseReason
from tests.tickets.conftest import SHANGHAI, Scene
from tickets import workflow
from tickets.models import Ticket
from tickets.states import Status


def answered(scene: Scene) -> Ticket:
    """Answered at 09:20: the remote limit runs out at 11:20."""
    return workflow.answer(scene.file("09:00"), by=scene.operator, text="请重启", now=scene.at("09:20"))


def recount(ticket: Ticket, scene: Scene, when: str) -> None:
    """What the sweep does at the clock's end."""
    deadlines.rebuild(deadlines.lock(ticket.timeline), now=scene.at(when))


def test_a_remote_limit_that_ran_out_makes_a_visit_needed_at_its_own_instant(scene: Scene) -> None:
    ticket = answered(scene)
    recount(ticket, scene, "11:25")
    assert workflow.follow_engine(scene.at("11:25")) == 1
    ticket.refresh_from_db()
    assert ticket.status == Status.DISPATCH
    event = ticket.events.get(kind="remote_limit")
    assert (f"{event.at.astimezone(SHANGHAI):%H:%M:%S}", event.by, event.is_public) == ("11:20:00", None, True)
    assert scene.due(ticket, "onsite") == "03-11 13:55"
    assert scene.told("ticket.visit_needed") == [scene.operator, scene.lead]


def test_following_twice_moves_nothing_twice(scene: Scene) -> None:
    ticket = answered(scene)
    recount(ticket, scene, "11:25")
    workflow.follow_engine(scene.at("11:25"))
    assert workflow.follow_engine(scene.at("11:26")) == 0
    assert scene.kinds(ticket).count("remote_limit") == 1


def test_a_limit_that_still_runs_moves_nothing(scene: Scene) -> None:
    ticket = answered(scene)
    recount(ticket, scene, "11:20")
    assert workflow.follow_engine(scene.at("11:20")) == 0


def test_a_ticket_solved_in_time_stays_solved(scene: Scene) -> None:
    ticket = workflow.resolve(answered(scene), by=scene.operator, cause="线松", action="插紧", now=scene.at("11:00"))
    recount(ticket, scene, "12:00")
    assert workflow.follow_engine(scene.at("12:00")) == 0
    ticket.refresh_from_db()
    assert ticket.status == Status.SOLVED


def test_the_limit_of_an_earlier_cycle_does_not_move_a_reopened_ticket(scene: Scene) -> None:
    ticket = answered(scene)
    recount(ticket, scene, "11:25")
    workflow.follow_engine(scene.at("11:25"))
    ticket = workflow.resolve(ticket, by=scene.operator, cause="线松", action="插紧", now=scene.at("12:00"))
    ticket = workflow.reopen(ticket, by=scene.nurse, reason="又黑了", now=scene.at("13:00"))
    ticket = workflow.answer(ticket, by=scene.operator, text="马上看", now=scene.at("13:10"))
    assert workflow.follow_engine(scene.at("13:11")) == 0
    recount(ticket, scene, "15:11")
    assert workflow.follow_engine(scene.at("15:11")) == 1
    ticket.refresh_from_db()
    assert (ticket.status, ticket.cycle) == (Status.DISPATCH, 2)


def test_a_waiting_ticket_whose_limit_was_not_paused_comes_back_as_visit_needed(scene: Scene) -> None:
    """The contract's clocks accept only their own reasons; for another one the limit runs on."""
    other = PauseReason.objects.create(code="other", name="其他")
    ticket = workflow.wait(answered(scene), by=scene.operator, reason=other, note="", now=scene.at("09:30"))
    recount(ticket, scene, "11:25")
    assert workflow.follow_engine(scene.at("11:25")) == 1
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resume_to) == (Status.WAITING, Status.DISPATCH)
    assert workflow.follow_engine(scene.at("11:26")) == 0
