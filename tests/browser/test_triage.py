"""The three steps of a fault that a hospital tries by itself, in two browsers (A3)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from people.models import User
from tests.factories import TechnicianFactory
from tests.tickets import hospital_case
from tests.tickets.hospital_case import Case
from tickets import workflow
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def case() -> Case:
    return hospital_case.make()


@pytest.fixture
def technician(case: Case) -> User:
    person: User = TechnicianFactory(hospital=case.nurse.hospital, language="en")
    assert person.hospital is not None
    choice = {"is_on": True, "keeps_urgent": False, "remind_after": 30, "pass_on_after": 240}
    workflow.configure(person.hospital, by=person, now=timezone.now(), **choice)
    return person


@pytest.fixture
def pages(case: Case, technician: User, live_server: LiveServer, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """The nurse's page and the technician's, each signed in, in English."""
    User.objects.filter(pk=case.nurse.pk).update(language="en")
    contexts = []
    for person in (case.nurse, technician):
        client = Client()
        client.force_login(User.objects.get(pk=person.pk))
        context = browser.new_context(locale="en-US", timezone_id="Asia/Shanghai", base_url=live_server.url)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
        contexts.append(context)
    nurse, other = (context.new_page() for context in contexts)
    yield nurse, other
    for context in contexts:
        context.close()


def test_filed_by_a_nurse_tried_by_the_technician_and_sent_on(
    case: Case, pages: tuple[Page, Page], technician: User
) -> None:
    (nurse, page), person = pages, technician
    nurse.goto("/report/")
    expect(nurse.locator("#portal-promise")).to_contain_text("technician looks at it first")
    nurse.get_by_role("radio", name=case.terminal.name).check()
    nurse.get_by_role("radio", name="没有画面").check()
    nurse.get_by_role("radio", name="Needed today").check()
    nurse.get_by_role("button", name="Send the report").click()
    expect(nurse.get_by_role("status")).to_contain_text("technician looks at it first")
    ticket = Ticket.objects.get()
    assert not ticket.timeline.deadlines.exists()

    page.goto("/technician/")
    page.get_by_role("link", name="Look at it").click()
    expect(page.locator("#triage")).to_contain_text("version 1 of")
    workflow.words(ticket, by=person, text="Is the cable in?", now=timezone.now())
    nurse.goto(f"/requests/{ticket.number}/")
    expect(nurse.locator("#story")).to_contain_text("Is the cable in?")

    page.locator("#id_reason").last.fill("Changed the cable, still black")
    page.get_by_role("button", name="Send it to the service centre now").click()
    expect(page.get_by_role("status")).to_contain_text("A technician answers you by")
    nurse.reload()
    expect(nurse.locator("#promises")).to_contain_text("A technician answers")
    assert {row.code for row in ticket.timeline.deadlines.all()} == {"response", "onsite_bound"}


def test_solved_by_the_technician_is_told_to_the_nurse(case: Case, pages: tuple[Page, Page]) -> None:
    nurse, technician = pages
    ticket = workflow.open_ticket(
        by=case.nurse, reporter=case.nurse, hospital=case.nurse.hospital, site=case.terminal.site,
        device=case.terminal, kind="fault", title="没有画面", impact=2, urgency=2, channel="portal", now=timezone.now(),
    )  # fmt: skip
    technician.goto(f"/requests/{ticket.number}/")
    technician.get_by_role("textbox", name="What helped?").fill("New cable")
    technician.get_by_role("button", name="Solved by ourselves").click()
    expect(technician.get_by_role("status")).to_contain_text("solved by your hospital")
    nurse.goto(f"/requests/{ticket.number}/")
    expect(nurse.locator("#content")).to_contain_text("by your hospital")
    expect(nurse.locator("#story")).to_contain_text("New cable")
