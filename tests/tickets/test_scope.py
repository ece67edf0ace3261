"""Whose tickets a person sees (T001, T018)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from people.models import Role
from tests.factories import PERSON_OF, EngineerFactory, NurseFactory, TicketFactory
from tests.tickets.conftest import Scene
from tickets import workflow
from tickets.models import SavedFilter, Ticket, TicketEvent


def seen(user) -> set[Ticket]:
    return set(Ticket.objects.for_user(user))


def test_hospital_people_see_their_hospital_only(scene: Scene) -> None:
    ours, theirs = scene.file(), TicketFactory()
    colleague = NurseFactory(hospital=scene.hospital)
    assert seen(colleague) == {ours}
    assert seen(theirs.reporter) == {theirs}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEAD, Role.MANAGER, Role.ADMIN])
def test_the_desk_sees_all(scene: Scene, role: str) -> None:
    everything = {scene.file(), TicketFactory()}
    assert seen(PERSON_OF[role]()) == everything


def test_an_engineer_sees_the_own_region_and_what_is_theirs_elsewhere(scene: Scene) -> None:
    here, elsewhere, assigned, owned = scene.file(), *(TicketFactory() for _ in range(3))
    workflow.assign(assigned, to=scene.engineer, by=scene.lead, now=scene.at("09:10"))
    workflow.answer(owned, by=scene.engineer, text="在查", now=scene.at("09:10"))
    assert seen(scene.engineer) == {here, assigned, owned}
    assert elsewhere not in seen(scene.engineer)


def test_unassigning_takes_the_sight_away_at_once(scene: Scene) -> None:
    ticket = TicketFactory()
    ticket = workflow.assign(ticket, to=scene.engineer, by=scene.lead, now=scene.at("09:10"))
    assert seen(scene.engineer) == {ticket}
    workflow.assign(ticket, to=None, by=scene.lead, now=scene.at("09:20"))
    assert seen(scene.engineer) == set()


def test_an_engineer_without_a_team_sees_only_what_is_theirs(scene: Scene) -> None:
    scene.file()
    assert seen(EngineerFactory(team=None)) == set()


def test_nobody_and_the_switched_off_see_nothing(scene: Scene) -> None:
    scene.file()
    gone = PERSON_OF[Role.OPERATOR](is_active=False)
    for user in (AnonymousUser(), gone):
        assert seen(user) == set()
        assert not TicketEvent.objects.for_user(user).exists()


def test_events_and_files_follow_their_ticket(scene: Scene) -> None:
    theirs = TicketFactory()
    assert not TicketEvent.objects.for_user(scene.nurse).filter(ticket=theirs).exists()
    assert not TicketEvent.objects.for_user(scene.engineer).filter(ticket=theirs).exists()
    assert TicketEvent.objects.for_user(scene.operator).filter(ticket=theirs).exists()


def test_saved_filters_are_ones_own_and_the_shared_ones_of_colleagues(scene: Scene) -> None:
    own = SavedFilter.objects.create(person=scene.operator, name="我的", query="tab=mine")
    shared = SavedFilter.objects.create(person=scene.lead, name="川北", query="region=1", is_shared=True)
    SavedFilter.objects.create(person=scene.lead, name="私", query="")
    assert set(SavedFilter.objects.for_user(scene.operator)) == {own, shared}
    assert not SavedFilter.objects.for_user(scene.nurse).exists()
