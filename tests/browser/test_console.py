"""The company's pages in a real browser: walked by keys, kept in place by live updates, usable without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from people.models import User
from sla.models import Deadline
from tests.browser import axe
from tests.tickets import desk_case
from tests.tickets.desk_case import Desk
from tickets import workflow
from tickets.models import Ticket
from tickets.states import Status

pytestmark = pytest.mark.django_db(transaction=True)

WIDTHS = (1440, 390, 320)


@pytest.fixture
def desk() -> Desk:
    made = desk_case.make()
    desk_case.fill(made)
    return made


@pytest.fixture(scope="session")
def browser_context_args(live_server: LiveServer) -> dict[str, object]:
    """An English browser on Shanghai time that knows where the desk is."""
    viewport = {"width": 1440, "height": 900}
    return {"locale": "en-US", "timezone_id": "Asia/Shanghai", "viewport": viewport, "base_url": live_server.url}


def let_in(context: BrowserContext, person: User, url: str) -> None:
    client = Client()
    client.force_login(person)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])


@pytest.fixture
def lead(desk: Desk, live_server: LiveServer, context: BrowserContext, page: Page) -> Iterator[Page]:
    """The lead's browser, signed in; no page may break its policy or throw."""
    let_in(context, desk.lead, live_server.url)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    yield page
    assert complaints == []


def at(ticket: Ticket, verb: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/" + (f"{verb}/" if verb else "")


def chosen(page: Page) -> str:
    """The ticket whose row has the focus."""
    return str(page.evaluate("document.activeElement.closest('[data-row]')?.dataset.row ?? ''"))


def refresh(page: Page) -> None:
    """What a page does when it hears of a change it may have missed."""
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live:refresh'))")


def local(minutes: int) -> str:
    return f"{timezone.localtime(timezone.now() + timedelta(minutes=minutes)):%Y-%m-%dT%H:%M}"


class TestQueue:
    def test_it_is_walked_searched_and_left_by_keys(self, desk: Desk, lead: Page) -> None:
        lead.goto("/desk/")
        rows = lead.locator("[data-row]").evaluate_all("rows => rows.map(row => row.dataset.row)")
        for key, number in (("j", rows[0]), ("j", rows[1]), ("j", rows[2]), ("k", rows[1])):
            lead.keyboard.press(key)
            assert chosen(lead) == number
        lead.keyboard.press("o")
        lead.wait_for_url(f"**/{rows[1]}/")
        lead.keyboard.press("g")
        lead.keyboard.press("q")
        lead.wait_for_url("**/desk/")
        lead.keyboard.press("?")
        expect(lead.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Next ticket in the list")
        lead.keyboard.press("Escape")
        lead.keyboard.press("/")
        expect(lead.get_by_role("searchbox")).to_be_focused()

    def test_a_live_update_brings_new_rows_and_keeps_selection_and_place(self, desk: Desk, lead: Page) -> None:
        for _ in range(14):
            desk.case.file(10)
        lead.set_viewport_size({"width": 1440, "height": 600})
        lead.goto("/desk/")
        for _ in range(12):
            lead.keyboard.press("j")
        lead.wait_for_timeout(600)  # the page scrolls smoothly
        before, place = chosen(lead), lead.evaluate("scrollY")
        assert place > 0
        filed = desk.case.file(30, title="新报的故障")
        refresh(lead)
        expect(lead.locator(f"[data-row='{filed.number}']")).to_be_visible()
        assert chosen(lead) == before
        assert lead.evaluate("scrollY") == place

    def test_typing_narrows_it_and_the_address_can_be_kept(self, desk: Desk, lead: Page) -> None:
        lead.goto("/desk/")
        lead.get_by_role("searchbox").press_sequentially("MCU 主节点", delay=20)
        expect(lead.locator("[data-row]")).to_have_count(1)
        expect(lead.get_by_role("searchbox")).to_be_focused()
        expect(lead.get_by_role("searchbox")).to_have_value("MCU 主节点")
        lead.reload()
        expect(lead.locator("[data-row]")).to_have_count(1)
        lead.get_by_role("textbox", name="Name of the filter").fill("MCU")
        lead.get_by_role("button", name="Save", exact=True).click()
        expect(lead.get_by_role("navigation", name="Queues").get_by_role("link", name="MCU")).to_have_attribute(
            "aria-current", "page"
        )

    def test_a_hospital_is_found_by_a_part_of_its_name(self, desk: Desk, lead: Page) -> None:
        lead.goto("/desk/")
        field = lead.get_by_role("combobox", name="Hospital")
        field.press_sequentially("旌湖", delay=20)
        expect(lead.locator("#hospital-names option")).to_have_attribute("value", "德阳旌湖中医院")
        field.fill("德阳旌湖中医院")
        lead.keyboard.press("Tab")
        expect(lead.locator("[data-row]")).to_have_count(2)
        expect(field).to_have_value("德阳旌湖中医院")
        field.fill("")
        lead.keyboard.press("Enter")
        expect(lead.locator("[data-row]")).to_have_count(7)

    def test_without_scripts_a_part_of_a_hospitals_name_narrows_it(
        self, desk: Desk, browser: Browser, live_server: LiveServer
    ) -> None:
        context = browser.new_context(java_script_enabled=False, base_url=live_server.url, locale="en-US")
        let_in(context, desk.lead, live_server.url)
        plain = context.new_page()
        plain.goto("/desk/")
        plain.get_by_label("Hospital").fill("旌湖")
        plain.get_by_role("button", name="Search").click()
        expect(plain.locator("[data-row]")).to_have_count(2)
        expect(plain.get_by_label("Hospital")).to_have_value("德阳旌湖中医院")
        context.close()


class TestWorkspace:
    def test_a_verb_opens_in_a_dialog_keeps_what_was_written_and_is_done(self, desk: Desk, lead: Page) -> None:
        lead.goto(at(desk.story))
        lead.get_by_role("button", name="More actions").click()
        lead.get_by_role("link", name="Wait for the hospital").click()
        dialog = lead.get_by_role("dialog", name="Wait for the hospital")
        dialog.get_by_label("Reason").select_option(label="医院要求改约时间")
        dialog.get_by_label("What was agreed").fill("手术室明早才空")
        dialog.get_by_label("Until").fill(local(-30))
        dialog.get_by_role("button", name="Stop the clocks").click()
        expect(dialog).to_contain_text("The agreed time lies in the past.")
        expect(dialog.get_by_label("What was agreed")).to_have_value("手术室明早才空")
        dialog.get_by_label("Until").fill(local(180))
        dialog.get_by_role("button", name="Stop the clocks").click()
        expect(lead.locator("#sd-messages")).to_contain_text("Waiting.")
        desk.story.refresh_from_db()
        assert desk.story.status == Status.WAITING

    def test_a_stale_edit_shows_both_versions_in_the_dialog(self, desk: Desk, lead: Page) -> None:
        lead.goto(at(desk.story))
        lead.get_by_role("button", name="More actions").click()
        lead.get_by_role("link", name="Edit", exact=True).click()
        dialog = lead.get_by_role("dialog", name="Edit the wording")
        dialog.get_by_label("Title").fill("我写的标题")
        workflow.edit(
            desk.story,
            title="同事写的标题",
            description=desk.story.description,
            place=desk.story.place,
            version=desk.story.version,
            by=desk.colleague,
            now=timezone.now(),
        )
        dialog.get_by_role("button", name="Save", exact=True).click()
        expect(dialog.get_by_role("row", name="Title 我写的标题 同事写的标题")).to_be_visible()
        dialog.get_by_role("button", name="Save what stands here").click()
        expect(lead.get_by_role("heading", level=1)).to_have_text("我写的标题")

    def test_a_text_survives_a_reload_and_goes_when_it_is_sent(self, desk: Desk, lead: Page) -> None:
        lead.goto(at(desk.story))
        lead.keyboard.press("i")
        expect(lead.get_by_role("textbox", name="Text")).to_be_focused()
        lead.keyboard.type("先量 12 V")
        lead.reload()
        expect(lead.get_by_role("textbox", name="Text")).to_have_value("先量 12 V")
        lead.get_by_text("Internal note", exact=True).first.click()
        lead.get_by_role("button", name="For colleagues only").click()
        expect(lead.locator(".sd-entry-internal").first).to_contain_text("先量 12 V")
        expect(lead.get_by_role("textbox", name="Text")).to_have_value("")
        assert not desk.story.events.filter(body="先量 12 V", is_public=True).exists()

    def test_a_live_update_brings_the_news_and_disturbs_nothing(self, desk: Desk, lead: Page) -> None:
        lead.goto(at(desk.story))
        lead.get_by_role("textbox", name="Text").fill("还没写完")
        workflow.answer(desk.story, by=desk.colleague, text="李航已到高速口。", now=timezone.now())
        refresh(lead)
        expect(lead.locator(".sd-entry-public").first).to_contain_text("李航已到高速口。")
        expect(lead.get_by_role("textbox", name="Text")).to_have_value("还没写完")
        expect(lead.get_by_role("textbox", name="Text")).to_be_focused()

    def test_a_live_update_keeps_the_filter_of_the_story(self, desk: Desk, lead: Page) -> None:
        lead.goto(at(desk.story))
        lead.get_by_role("link", name="Internal 1").click()
        expect(lead.locator(".sd-entry")).to_have_count(1)
        workflow.note(desk.story, by=desk.colleague, text="第二条备注", now=timezone.now())
        refresh(lead)
        expect(lead.locator(".sd-entry")).to_have_count(2)
        expect(lead.get_by_role("link", name="Internal 2")).to_have_attribute("aria-current", "true")

    def test_what_was_unfolded_stays_unfolded(self, desk: Desk, lead: Page) -> None:
        again = Ticket.objects.get(cycle=2)
        lead.goto(at(again))
        lead.locator(".desk-round > summary").click()
        workflow.note(again, by=desk.colleague, text="新的备注", now=timezone.now())
        refresh(lead)
        expect(lead.locator(".sd-entry-internal")).to_contain_text("新的备注")
        expect(lead.locator(".desk-round")).to_have_attribute("open", "")

    def test_paging_is_taken_on_and_the_clock_keeps_running(self, desk: Desk, lead: Page) -> None:
        over = Ticket.objects.get(title__startswith="MCU")
        lead.goto(at(over))
        lead.get_by_role("button", name="I follow this up").first.click()
        expect(lead.locator("#t-now")).to_contain_text("follows it up since")
        assert over.timeline.deadlines.get(code="response").state == Deadline.State.RUNNING

    def test_the_number_appears_when_it_is_asked_for(self, desk: Desk, lead: Page) -> None:
        lead.goto(at(desk.story))
        lead.locator("#t-head").get_by_role("button", name="138****2217").click()
        expect(lead.get_by_role("link", name="13800002217")).to_have_attribute("href", "tel:13800002217")

    def test_without_scripts_a_verb_has_its_own_page(
        self, desk: Desk, browser: Browser, live_server: LiveServer
    ) -> None:
        context = browser.new_context(java_script_enabled=False, base_url=live_server.url, locale="en-US")
        let_in(context, desk.lead, live_server.url)
        plain = context.new_page()
        plain.goto(at(desk.story))
        plain.get_by_role("link", name="Assign", exact=True).click()
        plain.get_by_label("Who works on it").select_option(str(desk.colleague.pk))
        plain.get_by_role("button", name="Assign").click()
        expect(plain.locator(".desk-people")).to_contain_text("陈思远")
        plain.goto("/desk/new/")
        plain.get_by_label("Caller's number").fill("2217")
        plain.get_by_role("button", name="Who is this?").click()
        expect(plain.get_by_label("Hospital")).to_have_value(str(desk.case.hospital.pk))
        context.close()
        desk.story.refresh_from_db()
        assert desk.story.assignee == desk.colleague


def test_a_call_is_logged_without_leaving_the_keyboard(desk: Desk, lead: Page) -> None:
    lead.goto("/desk/")
    lead.keyboard.press("n")
    lead.wait_for_url("**/desk/new/")
    lead.keyboard.type("13800002217")
    lead.keyboard.press("Tab")
    expect(lead.get_by_role("radio", name="周敏")).to_be_checked()
    expect(lead.get_by_label("Site")).to_have_value(str(desk.case.site.pk))
    lead.get_by_label("Fault class").focus()
    lead.keyboard.press("ArrowDown")
    expect(lead.locator("#call-beside")).to_contain_text("Do not hang up")
    lead.get_by_label("What happens").focus()
    lead.keyboard.type("12 个会场全部掉线")
    lead.keyboard.press("Control+Enter")
    expect(lead.get_by_role("heading", level=1)).to_have_text("12 个会场全部掉线")
    assert Ticket.objects.latest("id").reporter == desk.case.nurse


def dialog_of(verb: str) -> Callable[[Page, Desk], None]:
    def show(page: Page, desk: Desk) -> None:
        page.goto(at(desk.story))
        page.locator(f'a[href$="/{verb}/"]').first.evaluate("link => link.click()")
        expect(page.locator("#desk-form")).to_be_visible()

    return show


def refused(page: Page, desk: Desk) -> None:
    page.goto("/desk/new/")
    page.get_by_role("button", name="File the ticket").click()
    expect(page.locator(".sd-errors")).to_be_visible()


def conflict(page: Page, desk: Desk) -> None:
    page.goto(at(desk.story, "edit"))
    page.get_by_label("Title").fill("我的标题")
    page.locator("[name=version]").evaluate("field => { field.value = 0 }")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".desk-conflict")).to_be_visible()


def opened(address: Callable[[Desk], str]) -> Callable[[Page, Desk], None]:
    def show(page: Page, desk: Desk) -> None:
        page.goto(address(desk))

    return show


SCENES: dict[str, Callable[[Page, Desk], None]] = {
    "queue": opened(lambda _: "/desk/"),
    "queue without rows": opened(lambda _: "/desk/?q=nothing"),
    "ticket": opened(lambda desk: at(desk.story)),
    "reopened ticket": opened(lambda _: at(Ticket.objects.get(cycle=2))),
    "waiting ticket": opened(lambda _: at(Ticket.objects.get(status=Status.WAITING))),
    "call": opened(lambda _: "/desk/new/"),
    "call refused": refused,
    "dialog": dialog_of("assign"),
    "verb's page": opened(lambda desk: at(desk.story, "wait")),
    "conflict": conflict,
}


def test_every_page_has_no_accessibility_finding_and_fits_the_screen(desk: Desk, lead: Page) -> None:
    wrong: list[Any] = []
    for name, show in SCENES.items():
        lead.set_viewport_size({"width": WIDTHS[0], "height": 844})
        show(lead, desk)
        wrong += axe.wrong(lead, name, [(width, 844) for width in WIDTHS])
    assert wrong == []
