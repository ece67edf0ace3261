"""T098: mail to a hospital holds nothing internal and nothing of another hospital."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from notifications import inbox, letters
from people.models import Role, User
from tests.world import NOTE, NOW, World
from tickets import workflow

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def mail_of(person: User) -> str:
    """All letters that a person would get, as one text."""
    told = list(inbox.of(person).order_by("id"))
    return "".join(letters.write(row.pk, [row], NOW).text for row in told)


def test_t098_the_reporter_hears_of_answers_and_never_of_notes() -> None:
    world, other = World(), World()
    for at, each in enumerate((world, other)):
        later = NOW + timedelta(minutes=at + 1)
        workflow.answer(each.ticket, by=each.operator, text=f"answer for {each.hospital.name}.", now=later)
        workflow.note(each.ticket, by=each.operator, text=NOTE, now=later)
    text = mail_of(world.nurse)
    assert f"answer for {world.hospital.name}." in text
    assert NOTE not in text
    assert other.hospital.name not in text
    assert other.ticket.number not in text


def test_t098_the_desks_own_matters_reach_no_hospital_person() -> None:
    world = World()
    workflow.assign(world.ticket, to=world.engineer, by=world.lead, now=NOW)
    workflow.words(world.ticket, by=world.nurse, text="noch etwas", now=NOW)
    for role in (Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN):
        kinds = set(inbox.of(world.people[role]).values_list("kind", flat=True))
        assert not kinds & {"ticket.assigned", "ticket.words", "sla.page"}
    assert inbox.of(world.engineer).filter(kind="ticket.assigned").exists()
