"""One named person answers for a ticket to its end, whoever works on it (B1)."""

from __future__ import annotations

import pytest

from tests.factories import DepotClerkFactory, EngineerFactory, OperatorFactory
from tests.tickets.conftest import Scene
from tickets import workflow
from tickets.states import Refused, Status


def test_the_first_technician_who_answers_becomes_the_owner_and_stays_it(scene: Scene) -> None:
    ticket = workflow.answer(scene.file(), by=scene.operator, text="请看输入源", now=scene.at("09:10"))
    ticket = workflow.answer(ticket, by=scene.engineer, text="我来看", now=scene.at("09:20"))
    assert ticket.owner == scene.operator
    ticket.timeline.refresh_from_db()
    assert ticket.timeline.owner == scene.operator
    assert scene.kinds(ticket, kind="owner", is_public=True) == ["owner"]


def test_taking_a_ticket_makes_owner_and_assignee(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.engineer, now=scene.at("09:10"))
    assert (ticket.owner, ticket.assignee, ticket.team) == (scene.engineer, scene.engineer, scene.engineer.team)
    assert (ticket.status, scene.clock(ticket, "response").state) == (Status.NEW, "running")


def test_a_ticket_that_somebody_took_cannot_be_taken_again(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.engineer, now=scene.at("09:10"))
    with pytest.raises(Refused, match=scene.engineer.name):
        workflow.take(ticket, by=scene.operator, now=scene.at("09:11"))
    assert workflow.take(ticket, by=scene.engineer, now=scene.at("09:12")).assignee == scene.engineer


def test_assigning_moves_the_work_and_never_the_owner(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.operator, now=scene.at("09:10"))
    ticket = workflow.assign(ticket, to=scene.engineer, by=scene.lead, now=scene.at("09:20"))
    assert (ticket.owner, ticket.assignee) == (scene.operator, scene.engineer)
    ticket.timeline.refresh_from_db()
    assert (ticket.timeline.assignee, ticket.timeline.team) == (scene.engineer, scene.engineer.team)
    assert scene.told("ticket.assigned") == [scene.engineer]
    assert ticket.events.get(kind="assigned", data__to=scene.engineer.name).data["old"] == scene.operator.name


def test_assigning_to_nobody_empties_assignee_and_team(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.engineer, now=scene.at("09:10"))
    ticket = workflow.assign(ticket, to=None, by=scene.lead, now=scene.at("09:20"))
    assert (ticket.assignee, ticket.team, ticket.owner) == (None, None, scene.engineer)


def test_work_goes_only_to_active_technicians(scene: Scene) -> None:
    gone = EngineerFactory(is_active=False)
    for person in (gone, scene.nurse, scene.manager, DepotClerkFactory()):
        with pytest.raises(Refused):
            workflow.assign(scene.file(), to=person, by=scene.lead, now=scene.at("09:20"))


def test_an_engineer_on_the_way_who_is_replaced_leaves_a_visit_to_arrange(scene: Scene) -> None:
    ticket = workflow.answer(scene.file(), by=scene.operator, text="好", now=scene.at("09:10"))
    ticket = workflow.remote_failed(ticket, by=scene.operator, reason="重启无效", now=scene.at("09:20"))
    ticket = workflow.depart(ticket, by=scene.engineer, now=scene.at("09:30"))
    other = EngineerFactory()
    ticket = workflow.assign(ticket, to=other, by=scene.lead, now=scene.at("09:40"))
    assert (ticket.status, ticket.expected_arrival_at, ticket.assignee) == (Status.DISPATCH, None, other)


# Hand-over


def test_ownership_moves_only_when_the_person_asked_accepts(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.operator, now=scene.at("09:10"))
    ticket = workflow.offer_owner(ticket, to=scene.engineer, by=scene.operator, now=scene.at("09:20"))
    assert (ticket.owner, ticket.offered_to) == (scene.operator, scene.engineer)
    assert scene.told("ticket.owner_offered") == [scene.engineer]
    ticket = workflow.accept_owner(ticket, by=scene.engineer, now=scene.at("09:30"))
    assert (ticket.owner, ticket.offered_to) == (scene.engineer, None)
    assert scene.told("ticket.owner_accepted") == [scene.nurse, scene.operator]
    steps = [event.data["step"] for event in ticket.events.filter(kind="owner").order_by("id")]
    assert steps == ["named", "offered", "accepted"]
    assert [event.is_public for event in ticket.events.filter(kind="owner").order_by("id")] == [True, False, True]


def test_who_was_not_asked_cannot_accept_or_decline(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.operator, now=scene.at("09:10"))
    for verb in (workflow.accept_owner, workflow.decline_owner):
        with pytest.raises(Refused):
            verb(ticket, by=scene.engineer, now=scene.at("09:20"))


def test_declining_leaves_the_owner_who_hears_of_it(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.operator, now=scene.at("09:10"))
    ticket = workflow.offer_owner(ticket, to=scene.engineer, by=scene.operator, now=scene.at("09:20"))
    ticket = workflow.decline_owner(ticket, by=scene.engineer, now=scene.at("09:30"))
    assert (ticket.owner, ticket.offered_to) == (scene.operator, None)
    assert scene.told("ticket.owner_declined") == [scene.operator]


def test_a_colleague_cannot_give_away_what_another_owns_but_a_lead_can(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.operator, now=scene.at("09:10"))
    with pytest.raises(Refused):
        workflow.offer_owner(ticket, to=OperatorFactory(), by=scene.engineer, now=scene.at("09:20"))
    ticket = workflow.offer_owner(ticket, to=scene.engineer, by=scene.lead, now=scene.at("09:20"))
    assert ticket.offered_to == scene.engineer


def test_ownership_is_offered_to_technicians_who_do_not_have_it(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.operator, now=scene.at("09:10"))
    for person in (scene.nurse, scene.operator):
        with pytest.raises(Refused):
            workflow.offer_owner(ticket, to=person, by=scene.operator, now=scene.at("09:20"))
