"""The dispatch board in a real browser: a ticket dragged or picked, a losing choice, the booking that stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from people.models import User
from tests.factories import EngineerFactory, TeamFactory
from tests.tickets import desk_case
from tests.tickets.desk_case import Desk
from tickets import workflow
from tickets.models import Ticket
from visits.models import Visit

pytestmark = pytest.mark.django_db(transaction=True)
BOARD = "/desk/dispatch/?view=week"
DAYS = 7


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    return desk_case.make()


@pytest.fixture
def near(desk: Desk) -> User:
    """An engineer at the service base, 95 minutes from the hospital, with nothing to do."""
    person: User = EngineerFactory(name="许诺", team=TeamFactory(region=desk.case.hospital.region, base=desk.case.base))
    return person


@pytest.fixture
def page(desk: Desk, live_server: LiveServer, browser: Browser) -> Iterator[Page]:
    """The lead's browser; no page may break its policy or throw."""
    client = Client()
    User.objects.filter(pk=desk.lead.pk).update(language="en")
    client.force_login(User.objects.get(pk=desk.lead.pk))
    view = {"width": 1440, "height": 900}
    context = browser.new_context(locale="en-US", timezone_id="Asia/Tokyo", base_url=live_server.url, viewport=view)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    found, complaints = context.new_page(), list[str]()
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    yield found
    context.close()
    assert complaints == []


def failed(desk: Desk, title: str) -> Ticket:
    """A ticket that nobody was sent for, declared five minutes ago: 95 minutes by road and an hour are promised."""
    case = desk.case
    ticket = case.file(60, title=title)
    workflow.answer(ticket, by=case.operator, text="请重启", now=case.at(40))
    return workflow.remote_failed(ticket, by=case.operator, reason="重启无效", now=case.at(5))


def row_of(page: Page, person: User) -> Locator:
    return page.locator(f'[data-engineer="{person.pk}"]')


def drag(page: Page, ticket: Locator, track: Locator, share: float) -> None:
    """Carry a ticket to that share of a row's hours, over the text of other tickets and rows."""
    start, end = ticket.bounding_box(), track.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + start["width"] - 12, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 60, steps=4)
    page.mouse.move(end["x"] + end["width"] * share, end["y"] + end["height"] / 2, steps=4)
    expect(page.locator(".dp-ghost")).to_be_visible()
    page.mouse.up()
    expect(page.locator(".dp-ghost")).to_have_count(0)


def test_ticket_is_dragged_to_an_hour_and_a_losing_choice_goes_only_with_a_second_word(
    desk: Desk, near: User, page: Page
) -> None:
    ticket = failed(desk, "会诊终端 TE-4 无画面")
    page.goto(BOARD)
    waiting = page.locator("[data-send]", has_text=ticket.number)
    drag(page, waiting, row_of(page, near).locator("ol"), 1.5 / DAYS)

    form = page.locator("dialog[open]")
    expect(form.get_by_role("radio", name=near.name)).to_be_checked()
    tomorrow = timezone.localdate() + timedelta(days=1)
    # A pixel of a week is some minutes: noon, give or take one step.
    expect(form.get_by_label("At the site from")).to_have_value(re.compile(rf"{tomorrow}T1[12]:(00|15|45)"))
    assert page.evaluate("getSelection().toString()") == ""

    form.get_by_role("button", name="Send them").click()
    expect(form.locator(".sd-errors")).to_contain_text(f"{near.name} would be there at tomorrow")
    assert form.locator(".sd-errors").evaluate("box => getComputedStyle(box).color") == "rgb(180, 35, 24)"
    assert not Visit.objects.filter(ticket_link__ticket=ticket).exists()
    form.get_by_role("checkbox", name="Send all the same").check()
    form.get_by_role("button", name="Send them").click()

    expect(row_of(page, near).locator(".dp-block.dp-warn")).to_have_count(1)
    expect(waiting).to_have_count(0)


def test_ticket_is_picked_and_given_by_keys(desk: Desk, near: User, page: Page) -> None:
    ticket, other = failed(desk, "会诊终端 TE-4 无画面"), failed(desk, "会诊终端 TE-5 无声音")
    page.goto(BOARD)
    expect(page.get_by_role("button", name=f"Send {near.name}")).to_have_count(0)
    pick = page.locator("[data-send]", has_text=ticket.number).get_by_role("button", name="Pick")
    pick.focus()
    page.keyboard.press("Enter")
    expect(pick).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status").filter(has_text="Picked")).to_have_count(1)
    expect(page.locator("[data-here]").first).to_be_focused()
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live:refresh'))")
    expect(pick).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name=f"Send {near.name}").focus()
    page.keyboard.press("Enter")
    form = page.locator("dialog[open]")
    expect(form.get_by_role("radio", name=near.name)).to_be_focused()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(pick).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name=f"Send {near.name}").focus()
    page.keyboard.press("Enter")
    form.get_by_role("button", name="Send them").focus()
    page.keyboard.press("Enter")
    block = row_of(page, near).locator(".dp-block a")
    expect(block).to_contain_text(desk.case.hospital.short_name or desk.case.hospital.name)
    expect(page.locator("[data-send]")).to_have_count(1)
    expect(page.locator("[data-send]")).to_contain_text(other.number)
    block.click()
    expect(page.locator("dialog[open]")).to_contain_text(ticket.number)
