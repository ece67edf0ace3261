"""The main job from end to end: several people in their own browsers, the engine's own sweep, real mail.

Time is moved by filing a fault in the past; nothing of the product is patched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from django.contrib.sessions.models import Session
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from notifications.tasks import deliver
from people.models import User
from sla.models import Deadline
from sla.sweep import sweep
from tests.factories import PASSWORD
from tests.notifications.conftest import Server, free_port, point_at
from tests.tickets import desk_case
from tests.tickets.desk_case import Desk
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], Page]


@pytest.fixture
def desk() -> Desk:
    return desk_case.make()


@pytest.fixture
def sign_in(browser: Browser, live_server: LiveServer) -> Iterator[SignIn]:
    """Opens a browser of one's own and signs in by password; no page may throw or break its policy."""
    complaints: list[str] = []
    contexts = []

    def go(person: User) -> Page:
        User.objects.filter(pk=person.pk).update(language="en")
        context = browser.new_context(locale="en-US", timezone_id="Asia/Shanghai", base_url=live_server.url)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        page.goto("/")
        give_password(page, person)
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def post(settings: Settings) -> Iterator[Server]:
    """A mail server that keeps what it takes."""
    server = Server()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    point_at(settings, controller.port)
    yield server
    controller.stop()


def give_password(page: Page, person: User) -> None:
    page.get_by_label("E-mail or phone").fill(str(person.email))
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Log in").click()
    expect(page.get_by_label("Password")).to_have_count(0)


def engine() -> None:
    """What beat does every ten seconds."""
    assert sweep().set_aside == 0


def hears(page: Page) -> None:
    """What a page does by itself at the latest after a minute."""
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live:refresh'))")


def asked(page: Page, verb: str) -> Locator:
    """Choose a verb of the ticket; its form opens over the page."""
    acts = page.locator("#t-actions")
    if not acts.get_by_role("link", name=verb, exact=True).is_visible():
        acts.get_by_role("button", name="More actions").click()
    acts.get_by_role("link", name=verb, exact=True).click()
    form = page.get_by_role("dialog")
    expect(form.get_by_role("heading")).to_be_visible()
    return form


def leg(page: Page, name: str) -> Locator:
    """One promise in the chain."""
    return page.locator(".sd-leg").filter(has=page.get_by_role("heading", name=name)).first


def clock(ticket: Ticket, code: str) -> Deadline:
    return Deadline.objects.get(timeline=ticket.timeline_id, code=code)


def photo(folder: Path) -> Path:
    path = folder / "screen.jpg"
    Image.new("RGB", (640, 480), "navy").save(path)
    return path


def test_a_fault_goes_from_the_nurse_to_the_desk_to_the_engineer_and_back(
    desk: Desk, sign_in: SignIn, tmp_path: Path
) -> None:
    operator = sign_in(desk.operator)
    operator.wait_for_url("**/desk/")

    nurse = sign_in(desk.case.nurse)
    nurse.get_by_role("link", name="File a fault").and_(nurse.locator(".sd-big-act:visible")).click()
    for choice in (desk.case.terminal.name, "没有画面", "Needed today"):
        nurse.get_by_role("radio", name=choice).check()
    nurse.get_by_role("textbox", name="In your words").fill("Black since noon, the lamp is green")
    nurse.locator("[name=photos]").set_input_files(photo(tmp_path))
    nurse.get_by_role("button", name="Send the report").click()
    expect(nurse.get_by_role("status")).to_contain_text("A technician answers you by")
    ticket = Ticket.objects.latest("pk")
    expect(nurse.locator(".sd-portal-photos img")).to_have_js_property("complete", True)
    engine()

    hears(operator)
    row = operator.locator(f"[data-row='{ticket.number}']")
    expect(row).to_be_visible()
    row.get_by_role("link").first.click()
    operator.get_by_role("textbox", name="Text").fill("We look at the output of the terminal now.")
    operator.get_by_role("button", name="Send to the hospital").click()
    expect(leg(operator, "1 小时响应").locator(".sd-chip-met")).to_be_visible()
    assert clock(ticket, "response").state == "met"
    engine()

    hears(nurse)
    expect(nurse.get_by_text("We look at the output of the terminal now.")).to_be_visible()

    form = asked(operator, "Remote repair failed")
    form.get_by_role("textbox").fill("Restarted twice, the panel stays dark")
    form.get_by_role("button", name="Send an engineer").click()
    expect(operator.get_by_role("status")).to_contain_text("The clock for being on site runs.")
    onsite = leg(operator, "车程 + 1 小时到场")
    expect(onsite.locator(".sd-chip-running")).to_be_visible()
    expect(onsite).to_contain_text("+ 95 min")
    expect(onsite).to_contain_text("+ 60 min")
    form = asked(operator, "Assign")
    form.get_by_label("Who works on it").select_option(str(desk.case.engineer.pk))
    form.get_by_role("button", name="Assign").click()
    expect(operator.locator(".desk-people")).to_contain_text(desk.case.engineer.name)
    engine()

    engineer = sign_in(desk.case.engineer)
    engineer.get_by_role("link", name=ticket.title).first.click()
    form = asked(engineer, "Set out")
    expected = timezone.localtime(timezone.now() + timedelta(minutes=80))
    form.get_by_label("Expected arrival").fill(f"{expected:%Y-%m-%dT%H:%M}")
    form.get_by_role("button", name="Set off now").click()
    expect(engineer.get_by_role("status")).to_contain_text("On the way.")
    hears(nurse)
    expect(nurse.locator(".sd-columns").first).to_contain_text(f"{expected:%H:%M}")
    form = asked(engineer, "Check in on site")
    form.get_by_role("button", name="I have arrived").click()
    expect(leg(engineer, "车程 + 1 小时到场").locator(".sd-chip-met")).to_be_visible()
    form = asked(engineer, "Solved")
    form.get_by_label("Cause").fill("The power board was weak")
    form.get_by_label("What was done").fill("Board exchanged, one hour of test call")
    form.get_by_role("button", name="It is solved").click()
    expect(engineer.get_by_role("status")).to_contain_text("The hospital is asked to confirm.")
    engine()

    nurse.goto("/")
    nurse.get_by_role("button", name="It works again").first.click()
    expect(nurse.get_by_role("status")).to_contain_text("Thank you.")
    ticket.refresh_from_db()
    assert ticket.status == "closed"
    states = dict(ticket.timeline.deadlines.values_list("code", "state"))
    assert {states[code] for code in ("response", "remote", "onsite", "fix")} == {"met"}


def test_when_nobody_answers_the_pages_climb_to_the_manager_who_takes_it_on(
    desk: Desk, sign_in: SignIn, post: Server
) -> None:
    operator, manager = sign_in(desk.operator), sign_in(desk.manager)
    engine()
    deliver("mail")
    before = [int(page.locator(".sd-bell").first.inner_text() or 0) for page in (operator, manager)]
    post.mails.clear()

    warned = desk.case.file(49, title="快到时限的故障")
    engine()
    hears(operator)
    expect(operator.locator(".sd-bell:visible")).to_have_text(str(before[0] + 2))  # the fault, and that it presses
    operator.locator(".sd-bell:visible").click()
    expect(operator.get_by_role("main")).to_contain_text(re.compile(f"{warned.number}.* is due by .* left"))
    assert desk.manager.pk not in warned.timeline.deadlines.get(code="response").pages.values_list(
        "recipients", flat=True
    )

    late = desk.case.file(62, title="没人接的故障")
    engine()
    hears(manager)
    expect(manager.locator(".sd-bell:visible")).to_have_text(str(before[1] + 1))
    deliver("mail")
    mine = [mail for mail in post.mails if str(desk.manager.email) in str(mail["To"])]
    assert [late.number in str(mail["Subject"]) or late.number in mail.as_string() for mail in mine] == [True]

    manager.goto("/desk/wall/")
    row = manager.get_by_role("row").filter(has_text=late.title)
    expect(row).to_have_class("sd-wall-row sd-wall-over")
    row.get_by_role("button", name="I take it on").click()
    expect(row).to_contain_text(f"{desk.manager.name} follows up")
    response = clock(late, "response")
    assert (response.acknowledged_by, response.state) == (desk.manager, "running")


def test_a_sign_in_that_ends_while_writing_costs_no_word(desk: Desk, sign_in: SignIn) -> None:
    operator = sign_in(desk.operator)
    page = f"/desk/tickets/{desk.story.number}/"
    words = "The engineer stands at the toll gate. " * 40
    operator.goto(page)
    operator.get_by_role("textbox", name="Text").fill(words)
    Session.objects.all().delete()
    operator.get_by_role("button", name="Send to the hospital").click()
    give_password(operator, desk.operator)
    operator.wait_for_url(f"**{page}")
    expect(operator.get_by_role("textbox", name="Text")).to_have_value(words)
    operator.get_by_role("button", name="Send to the hospital").click()
    expect(operator.locator(".sd-entry-public").first).to_contain_text(words.strip())
    assert desk.story.events.filter(body=words.strip()).count() == 1


def test_two_who_edit_at_once_see_both_versions(desk: Desk, sign_in: SignIn) -> None:
    forms = {}
    for name, person in (("first", desk.lead), ("second", desk.colleague)):
        page = sign_in(person)
        page.goto(f"/desk/tickets/{desk.story.number}/")
        forms[name] = asked(page, "Edit")
        forms[name].get_by_label("Title").fill(f"The {name} title")
    forms["first"].get_by_role("button", name="Save", exact=True).click()
    expect(forms["first"].page.get_by_role("heading", level=1)).to_have_text("The first title")
    second = forms["second"]
    second.get_by_role("button", name="Save", exact=True).click()
    expect(second.get_by_role("alert")).to_contain_text(f"{desk.lead.name} saved at")
    expect(second.get_by_role("row", name="Title The second title The first title")).to_be_visible()
    desk.story.refresh_from_db()
    assert desk.story.title == "The first title"
    second.get_by_role("button", name="Save what stands here").click()
    expect(second.page.get_by_role("heading", level=1)).to_have_text("The second title")
