"""What a role may not: internal words, other regions, more than it was given (safety T016 to T021).

T016, the whole table of routes × roles, is `tests/test_permissions.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import Settings

from attachments.models import Attachment
from people.access import ACTS, may
from people.models import Role, User
from sla.models import Deadline, Fact, Timeline
from tests.factories import PERSON_OF, EngineerFactory, LeadFactory
from tests.world import NOTE, NOW, World, routes
from tickets import workflow
from tickets.models import Ticket, TicketAttachment, TicketEvent

pytestmark = pytest.mark.django_db
HOSPITAL = [Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN]


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path) -> Iterator[time_machine.Traveller]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def world() -> World:
    return World()


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def pages(world: World) -> list[str]:
    """Every address that a person of the hospital may open, with the own ticket's number filled in."""
    paths = (re.sub(r"<(str|number):number>", world.ticket.number, path) for path, _ in routes())
    return [f"/{path}" for path in paths if "<" not in path and "(" not in path and path != "live/"]


def test_t017_the_note_is_there_for_colleagues_so_the_search_for_it_can_fail(world: World) -> None:
    assert NOTE in browser(world.operator).get(f"/desk/tickets/{world.ticket.number}/").content.decode()


@pytest.mark.parametrize("role", HOSPITAL)
def test_t017_no_page_shows_the_hospital_an_internal_note(world: World, role: str) -> None:
    client = browser(world.people[role])
    for path in pages(world):
        page = client.get(path)
        body = b"".join(page) if page.streaming else page.content
        assert NOTE not in body.decode(), path


@pytest.mark.parametrize("role", HOSPITAL)
def test_t017_a_file_on_an_internal_note_does_not_exist_for_the_hospital(world: World, role: str) -> None:
    client = browser(world.people[role])
    assert client.get(f"/files/{world.secret_file.key}/").status_code == 404
    assert client.get(f"/files/{world.file.key}/").status_code == 200
    assert browser(world.operator).get(f"/files/{world.secret_file.key}/").status_code == 200


@pytest.mark.parametrize("role", HOSPITAL)
def test_t017_the_hospital_cannot_write_a_note_or_answer_in_the_companys_name(world: World, role: str) -> None:
    before = TicketEvent.objects.count()
    for visibility in ("internal", "public", "note"):
        data = {"visibility": visibility, "text": "x", "body": "x"}
        response = browser(world.people[role]).post(f"/desk/tickets/{world.ticket.number}/say/", data)
        assert response.status_code == 403
    assert TicketEvent.objects.count() == before


def test_t017_no_mail_carries_an_internal_note_to_the_hospital(world: World) -> None:
    to_hospital = {person.email for person in world.people.values() if person.is_hospital}
    assert all(NOTE not in str(message.body) for message in mail.outbox if to_hospital & set(message.to))


def sees(engineer: User, ticket: Ticket) -> bool:
    answers = {browser(engineer).get(f"/desk/tickets/{ticket.number}/").status_code}
    answers.add(200 if Ticket.objects.for_user(engineer).filter(pk=ticket.pk).exists() else 404)
    assert len(answers) == 1, answers
    return answers == {200}


def test_t018_engineer_sees_the_own_region_and_no_other(world: World) -> None:
    assert sees(world.engineer, world.ticket)
    assert not sees(EngineerFactory(), world.ticket)
    assert not sees(EngineerFactory(team=None), world.ticket)


def test_t018_taking_a_ticket_away_ends_the_engineers_access_at_once(world: World) -> None:
    stranger = EngineerFactory()
    workflow.assign(world.ticket, to=stranger, by=world.lead, now=NOW)
    assert sees(stranger, world.ticket)
    workflow.assign(world.ticket, to=world.engineer, by=world.lead, now=NOW + timedelta(minutes=1))
    assert not sees(stranger, world.ticket)


def test_t018_moving_an_engineer_to_another_team_ends_access_to_the_old_region_at_once(world: World) -> None:
    assert sees(world.engineer, world.ticket)
    world.engineer.team = EngineerFactory().team
    world.engineer.save()
    assert not sees(world.engineer, world.ticket)


def test_t019_a_depot_clerk_reads_nothing_of_a_ticket_and_its_pages_still_open(world: World) -> None:
    clerk = world.people[Role.DEPOT]
    client = browser(clerk)
    for model in (Ticket, TicketEvent, TicketAttachment, Attachment, Timeline, Fact, Deadline):
        assert model.objects.exists()
        assert not model.objects.for_user(clerk).exists(), model
    number, words = world.ticket.number, (world.ticket.title, world.ticket.description, NOTE)
    for path in ("/desk/", f"/desk/?q={number}", "/desk/?tab=all", "/inbox/", "/inbox/bell/", "/account/"):
        page = client.get(path)
        assert page.status_code == 200
        shown = page.content.decode().replace(f'value="{number}"', "")
        assert not [word for word in words if word and word in shown], path
    assert client.get(f"/desk/tickets/{number}/").status_code == 404
    assert client.get(f"/files/{world.file.key}/").status_code == 404


@pytest.mark.parametrize("verb", ["resolve", "assign", "take", "cancel", "say", "edit", "phone"])
def test_t019_a_depot_clerk_can_neither_close_nor_reassign_nor_write(world: World, verb: str) -> None:
    before = (world.ticket.version, TicketEvent.objects.count())
    answer = browser(world.people[Role.DEPOT]).post(f"/desk/tickets/{world.ticket.number}/{verb}/", {"text": "x"})
    assert answer.status_code == 403
    assert (Ticket.objects.get(pk=world.ticket.pk).version, TicketEvent.objects.count()) == before


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.ADMIN])
def test_t020_t021_nobody_but_the_administrator_reaches_rules_roles_or_the_trail(world: World, role: str) -> None:
    client = browser(world.people[role])
    for path in (
        "sla/policy/",
        "sla/calendar/",
        "people/user/",
        f"people/user/{world.nurse.pk}/change/",
        "audit/entry/",
    ):
        for response in (client.get(f"/admin/{path}"), client.post(f"/admin/{path}", {"role": "admin"})):
            assert response.status_code == 403
    assert User.objects.get(pk=world.nurse.pk).role == Role.HOSPITAL_STAFF


def test_t023_a_disabled_person_is_out_with_the_next_request(world: World) -> None:
    client = browser(world.operator)
    assert client.get("/desk/").status_code == 200
    User.objects.filter(pk=world.operator.pk).update(is_active=False)
    assert client.get("/desk/")["Location"].startswith("/account/sign-in/")


@pytest.mark.parametrize("act", sorted(ACTS))
def test_every_act_is_granted_by_the_table_alone(act: str) -> None:
    for role in Role.values:
        person = PERSON_OF[role].build(is_superuser=True, hospital=None, team=None)
        assert may(person, act) == (role in ACTS[act])
        person.is_active = False
        assert not may(person, act)


def test_django_permission_rows_and_superuser_flag_grant_nothing() -> None:
    lead = LeadFactory(is_superuser=True)
    assert not lead.has_perm("people.change_user")
    assert not lead.has_module_perms("people")
    assert not lead.is_staff
