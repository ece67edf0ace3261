"""The hospital's pages in a real browser: filed in under a minute, nothing lost, followed to the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser import axe
from tests.factories import PASSWORD
from tests.tickets import hospital_case
from tests.tickets.hospital_case import Case
from tickets import workflow
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)

SIZES = {"desk": (1440, 900), "phone": (390, 844), "small": (320, 640)}


@pytest.fixture
def case() -> Case:
    return hospital_case.make()


@pytest.fixture(scope="session")
def browser_context_args(live_server: LiveServer) -> dict[str, object]:
    """An English browser on Shanghai time that knows where the desk is."""
    viewport = dict(zip(("width", "height"), SIZES["desk"], strict=True))
    return {"locale": "en-US", "timezone_id": "Asia/Shanghai", "viewport": viewport, "base_url": live_server.url}


@pytest.fixture
def nurse(case: Case, live_server: LiveServer, context: BrowserContext, page: Page) -> Iterator[Page]:
    """The nurse's browser, signed in, in English; the page's policy must not be broken by any page."""
    case.nurse.language = "en"
    case.nurse.save()
    client = Client()
    client.force_login(case.nurse)
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    yield page
    assert complaints == []


def choose(page: Page, case: Case) -> None:
    """The three choices."""
    page.get_by_role("radio", name=case.terminal.name).check()
    page.get_by_role("radio", name="没有画面").check()
    page.get_by_role("radio", name="Needed today").check()


def picture(folder: Path) -> Path:
    path = folder / "screen.jpg"
    Image.new("RGB", (640, 480), "navy").save(path)
    return path


def test_a_fault_is_filed_with_three_choices_a_sentence_and_a_photo(case: Case, nurse: Page, tmp_path: Path) -> None:
    nurse.goto("/")
    nurse.get_by_role("link", name="File a fault").and_(nurse.locator(".sd-big-act:visible")).click()
    choose(nurse, case)
    nurse.get_by_role("textbox", name="In your words").fill("Black since noon")
    nurse.locator("[name=photos]").set_input_files(picture(tmp_path))
    expect(nurse.locator(".sd-photos figure img")).to_be_visible()
    nurse.get_by_role("button", name="Send the report").click()
    expect(nurse.get_by_role("status")).to_contain_text("A technician answers you by")
    ticket = Ticket.objects.get()
    expect(nurse.get_by_role("heading", level=1)).to_have_text(ticket.title)
    expect(nurse.locator(".sd-portal-photos img")).to_have_js_property("complete", True)


def test_choosing_a_picture_brings_its_first_steps_and_ticking_one_is_reported(case: Case, nurse: Page) -> None:
    nurse.goto("/report/")
    # On a busy machine the second choice may fall between the answer to the first one and the end of its update.
    nurse.evaluate("htmx.config.defaultSettleDelay = 1000")
    with nurse.expect_response("**/hints/**"):
        nurse.get_by_role("radio", name=case.terminal.name).check()
    nurse.wait_for_timeout(100)
    choose(nurse, case)
    step = case.tile("no_picture").first_steps[0]["do"]
    nurse.get_by_role("checkbox", name=step).check()
    nurse.get_by_role("button", name="Send the report").click()
    nurse.wait_for_url("**/requests/**")
    assert step in Ticket.objects.get().description


def test_pressing_send_twice_files_one_fault(case: Case, nurse: Page) -> None:
    nurse.goto("/report/")
    choose(nurse, case)
    nurse.get_by_role("button", name="Send the report").dblclick()
    nurse.wait_for_url("**/requests/**")
    assert Ticket.objects.count() == 1


def test_a_forgotten_choice_is_named_and_the_link_leads_to_it(case: Case, nurse: Page) -> None:
    nurse.goto("/report/")
    nurse.get_by_role("textbox", name="In your words").fill("Black since noon")
    nurse.get_by_role("radio", name=case.terminal.name).check()
    nurse.get_by_role("button", name="Send the report").click()
    errors = nurse.get_by_role("alert").first
    expect(errors).to_contain_text("Choose the picture that fits best.")
    errors.get_by_role("link", name="What is wrong").click()
    expect(nurse.locator("#id_tile")).to_be_in_viewport()
    expect(nurse.get_by_role("textbox", name="In your words")).to_have_value("Black since noon")
    expect(nurse.get_by_role("radio", name=case.terminal.name)).to_be_checked()


def test_a_session_that_ends_while_typing_loses_nothing(case: Case, nurse: Page) -> None:
    nurse.goto("/report/")
    choose(nurse, case)
    nurse.get_by_role("textbox", name="In your words").fill("Black since noon")
    nurse.context.clear_cookies(name="sessionid")
    nurse.get_by_role("button", name="Send the report").click()
    nurse.wait_for_url("**/sign-in/**")
    nurse.locator("[name=username]").fill(str(case.nurse.email))
    nurse.locator("[name=password]").fill(PASSWORD)
    nurse.locator("form:has([name=password]) button[type=submit]").click()
    nurse.wait_for_url("**/report/")
    expect(nurse.get_by_role("textbox", name="In your words")).to_have_value("Black since noon")
    for choice in (case.terminal.name, "没有画面", "Needed today"):
        expect(nurse.get_by_role("radio", name=choice)).to_be_checked()
    expect(nurse.locator("#portal-hints")).to_contain_text(case.tile("no_picture").first_steps[0]["do"])
    nurse.get_by_role("button", name="Send the report").click()
    nurse.wait_for_url("**/requests/**")
    assert "Black since noon" in Ticket.objects.get().description


def test_the_cards_follow_what_the_desk_does(case: Case, nurse: Page) -> None:
    ticket = case.file(5)
    nurse.goto("/")
    card = nurse.get_by_role("article")
    expect(card).to_contain_text("A technician answers you by")
    workflow.answer(ticket, by=case.operator, text="Looking", now=case.now)
    nurse.evaluate("document.body.dispatchEvent(new CustomEvent('live:ticket'))")
    expect(card).to_contain_text("何静 is looking into it remotely.")


def test_a_refresh_leaves_the_focus_and_what_is_being_typed(case: Case, nurse: Page) -> None:
    ticket = case.solved()
    nurse.goto(f"/requests/{ticket.number}/")
    box = nurse.get_by_label("What is still wrong?")
    box.fill("It is bl")
    with nurse.expect_response("**/progress/**"):
        nurse.evaluate("document.body.dispatchEvent(new CustomEvent('live:refresh'))")
    nurse.wait_for_timeout(100)
    expect(box).to_be_focused()
    expect(box).to_have_value("It is bl")


def test_a_solved_fault_is_confirmed_from_its_card(case: Case, nurse: Page) -> None:
    ticket = case.solved()
    nurse.goto("/")
    nurse.get_by_role("button", name="It works again").click()
    expect(nurse.get_by_role("status")).to_contain_text("Thank you.")
    ticket.refresh_from_db()
    assert ticket.status == "closed"


def test_not_solved_takes_two_taps_on_a_phone_and_no_reason(case: Case, nurse: Page) -> None:
    ticket = case.solved()
    nurse.set_viewport_size({"width": 390, "height": 844})
    nurse.goto("/")
    nurse.get_by_role("link", name="Still a problem").click()
    nurse.get_by_role("region", name="What you can do").get_by_role("button", name="Not solved").click()
    expect(nurse.get_by_role("status")).to_contain_text("It is open again.")
    ticket.refresh_from_db()
    assert ticket.cycle == 2


def test_the_sum_behind_a_promise_is_one_click_away(case: Case, nurse: Page) -> None:
    case.under_way()
    nurse.goto("/")
    nurse.get_by_role("link", name="How is this worked out?").click()
    expect(nurse.locator("#why-onsite")).to_contain_text("+ 95 min")


@pytest.fixture
def pages(case: Case) -> dict[str, str]:
    """Every page in its telling states."""
    solved, way = case.solved(17 * 60), case.under_way()
    late = case.file(100)
    again = workflow.reopen(case.solved(6 * 60), by=case.nurse, reason="again", now=case.at(60))
    workflow.confirm(case.solved(3000), by=case.nurse, now=case.at(2900))
    return {
        "home": "/",
        "form": "/report/",
        "form scanned": f"/report/?device={case.terminal.serial}",
        "list": "/requests/?whose=all&show=all",
        "nothing found": "/requests/?q=nothing",
        "solved": f"/requests/{solved.number}/",
        "on the way": f"/requests/{way.number}/?why=onsite",
        "late": f"/requests/{late.number}/",
        "opened again": f"/requests/{again.number}/",
    }


@pytest.fixture
def midnight() -> Iterator[None]:
    """Forty minutes before it in Shanghai: what comes next is told with its day, the longest words that pages have."""
    with time_machine.travel(datetime(2026, 11, 18, 15, 20, tzinfo=UTC)):
        yield


@pytest.mark.parametrize(("language", "sizes"), [("zh-hans", ("desk", "phone")), ("en", ("desk", "phone", "small"))])
def test_no_page_has_an_accessibility_finding_or_scrolls_sideways(
    midnight: None, language: str, sizes: tuple[str, ...], case: Case, nurse: Page, pages: dict[str, str]
) -> None:
    case.nurse.language = language
    case.nurse.save()
    found: list[Any] = []
    for name, path in pages.items():
        nurse.goto(path)
        found += axe.wrong(nurse, name, [SIZES[size] for size in sizes])
    assert found == []


def test_on_a_phone_everything_to_tap_is_big_enough(case: Case, nurse: Page, pages: dict[str, str]) -> None:
    nurse.set_viewport_size({"width": 390, "height": 844})
    small = []
    for name, path in pages.items():
        nurse.goto(path)
        small += [(name, *one) for one in nurse.evaluate(TOO_SMALL)]
    assert small == []


TOO_SMALL = """() => [...document.querySelectorAll("a, button, summary, select, input:not([type=hidden])")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => !one.closest("p, small, .visually-hidden, .sd-skip, .sd-q-main"))
  .map((one) => [one, (one.closest("label") || one).getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
  .map(([one, box]) => [one.outerHTML.slice(0, 120), Math.round(box.width), Math.round(box.height)])"""
"""What a thumb would miss: under 44 by 44; links inside sentences and whole rows aside."""
