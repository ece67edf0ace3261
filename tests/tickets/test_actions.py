"""Which buttons a person finds on a ticket, one of them filled, and what is not possible yet."""

from __future__ import annotations

import pytest
from django.utils import translation

from people.access import ACTS
from people.models import Role, User
from tests.factories import PERSON_OF
from tests.tickets.conftest import Scene
from tests.tickets.test_ending import solved
from tests.tickets.test_onsite import failed_at, on_the_way
from tickets import actions, workflow
from tickets.models import Ticket
from tickets.states import VERBS

STEPS = {"respond", "turn_back", "come_again", "keep_here", "evidence", "follow_part"}
"""Moves that other verbs make."""
QUOTES = {"quote", "answer_quote", "withdraw_quote"}
"""Rules of what is done to a quote on a ticket; its rights are those of `quotes`."""


def verbs(ticket: Ticket, user: User, scene: Scene) -> list[str]:
    return [action.verb for action in actions.allowed(ticket, user, scene.at("13:00"))]


def filled(ticket: Ticket, user: User, scene: Scene) -> list[str]:
    return [action.verb for action in actions.allowed(ticket, user, scene.at("13:00")) if action.primary]


def test_every_verb_has_a_right_and_every_right_exists() -> None:
    assert set(actions.ACTS) == set(VERBS) - STEPS - QUOTES
    assert set(actions.ACTS.values()) <= set(ACTS)
    assert set(actions.BUTTONS) <= set(actions.ACTS)


def test_each_state_has_one_filled_button_for_who_goes_on(scene: Scene) -> None:
    new = scene.file()
    assert filled(new, scene.operator, scene) == ["take"]
    taken = workflow.take(new, by=scene.operator, now=scene.at("09:05"))
    answered = workflow.answer(taken, by=scene.operator, text="在查", now=scene.at("09:10"))
    assert filled(answered, scene.operator, scene) == ["resolve"]
    assert filled(failed_at(scene), scene.engineer, scene) == ["depart"]
    assert filled(failed_at(scene), scene.operator, scene) == ["send"]
    assert filled(on_the_way(scene), scene.engineer, scene) == ["arrive"]
    assert filled(solved(scene), scene.nurse, scene) == ["confirm"]


def test_the_filled_button_comes_first(scene: Scene) -> None:
    assert verbs(on_the_way(scene), scene.engineer, scene)[0] == "arrive"


def test_who_is_asked_to_own_it_is_asked_first(scene: Scene) -> None:
    ticket = workflow.take(scene.file(), by=scene.operator, now=scene.at("09:05"))
    ticket = workflow.offer_owner(ticket, to=scene.engineer, by=scene.operator, now=scene.at("09:10"))
    assert verbs(ticket, scene.engineer, scene)[0] == "accept_owner"
    assert "accept_owner" not in verbs(ticket, scene.lead, scene)


def test_a_hospital_finds_only_its_own_verbs_at_its_own_page(scene: Scene) -> None:
    assert verbs(scene.file(), scene.nurse, scene) == []
    ticket = solved(scene)
    assert verbs(ticket, scene.nurse, scene) == ["confirm", "reopen"]
    urls = [action.url for action in actions.allowed(ticket, scene.nurse, scene.at("13:00"))]
    assert urls[0] == f"/requests/{ticket.number}/confirm/"


def test_a_depot_clerk_can_neither_close_nor_reassign(scene: Scene) -> None:
    """T019."""
    clerk = PERSON_OF[Role.DEPOT]()
    for ticket in (scene.file(), on_the_way(scene), solved(scene)):
        assert verbs(ticket, clerk, scene) == []
        assert not actions.can(ticket, clerk, "answer", scene.at("13:00"))


def test_an_administrator_does_not_answer(scene: Scene) -> None:
    assert not actions.can(scene.file(), PERSON_OF[Role.ADMIN](), "answer", scene.at("09:10"))


def test_hospital_people_cannot_judge_the_priority(scene: Scene) -> None:
    """T027."""
    for role in (Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN):
        person = PERSON_OF[role](hospital=scene.hospital)
        assert not actions.can(scene.file(), person, "change_priority", scene.at("09:10"))


@pytest.mark.parametrize(("who", "says"), [("engineer", "answer the hospital first"), ("manager", ""), ("nurse", "")])
def test_one_sentence_says_what_is_not_possible_yet(scene: Scene, who: str, says: str) -> None:
    with translation.override("en"):
        sentence = actions.refused(scene.file(), getattr(scene, who), scene.at("09:10"))
    assert says in sentence if says else sentence == ""


def test_a_ticket_closed_long_ago_says_that_it_cannot_be_reopened(scene: Scene) -> None:
    ticket = workflow.confirm(solved(scene), by=scene.nurse, now=scene.at("2026-03-10 17:00"))
    later = scene.at("2026-05-01 09:00")
    assert [action.verb for action in actions.allowed(ticket, scene.lead, later)] == []
    assert actions.refused(ticket, scene.lead, later)
    assert actions.refused(ticket, scene.engineer, later) == ""
