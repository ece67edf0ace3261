"""The offline day: an engineer's phone against a server process that is killed and comes back (A8, T100, T101)."""

from __future__ import annotations

import io
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image
from playwright.sync_api import BrowserContext, BrowserType, Locator, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from field.models import Phone
from people.models import User
from spares import requests
from spares.models import Lane, Unit
from spares.requests import Wanted
from tests.factories import DepotClerkFactory
from tests.faults.processes import Process, process
from tests.field import field_case
from tests.field.field_case import Day
from tests.notifications.conftest import free_port
from tests.spares.stock_case import depot, part, stocked
from tickets import workflow
from tickets.models import FaultClass, Ticket
from tickets.states import Status
from tickets.workflow import parts
from visits.models import Visit

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 60
PICTURES = os.environ.get("PICTURES")
"""A folder that keeps a picture of each screen."""
SENT = 20_000
"""Five seconds in which an act can be taken back, and its way (ms)."""
NUMBERS = {"board_temp": "83", "fan": "3100", "room_temp": "22", "rejoined": "12"}


@dataclass
class Server:
    """The product as a process of its own, on a port that it keeps when it comes back."""

    environment: dict[str, str]
    port: int
    running: AbstractContextManager[Process] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        arguments = ["manage.py", "runserver", str(self.port), "--noreload", "--insecure", "--skip-checks"]
        self.running = process("phone-server", arguments, self.environment)
        self.running.__enter__()
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            assert time.monotonic() < deadline, "the server did not come up"
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            return bool(urllib.request.urlopen(f"{self.url}/m/manifest.webmanifest", timeout=2).status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def kill(self) -> None:
        if self.running:
            self.running.__exit__(None, None, None)
            self.running = None


@pytest.fixture
def server(process_environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    made = Server({**process_environment, "MEDIA_ROOT": str(tmp_path / "media")}, free_port())
    made.start()
    yield made
    made.kill()


@pytest.fixture
def day() -> Day:
    """A planned visit of today, with a board on its way to it."""
    made = field_case.make(datetime.now(UTC))
    User.objects.filter(pk=made.engineer.pk).update(language="en")
    clerk = DepotClerkFactory()
    store = depot("chengdu", "成都备件库", [clerk])
    Lane.objects.create(depot=store, carrier="顺丰", days=1, arrives_by=datetime.min.replace(hour=18).time())
    board = part("MX8-MB-03", serials=True, name="主控板")
    assert made.case.mcu.model is not None
    board.fits.add(made.case.mcu.model)
    stocked(store, board, ["MB03-2611-0042"])
    now = made.case.now
    request = parts.ask_part(made.ticket, [Wanted(board, 1)], by=made.lead, reason="主控板", now=now)
    request = requests.choose(request, store, by=clerk, now=now) if request.depot_id is None else request
    requests.scan(request, "MB03-2611-0042", by=clerk, now=now)
    requests.pack(request, by=clerk, now=now)
    requests.ship(request, carrier="顺丰", waybill="SF1", by=clerk, now=now)
    return made


Open = Callable[[str], Page]


@pytest.fixture
def phone(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], day: Day, tmp_path: Path
) -> Iterator[Open]:
    """Opens the engineer's phone at a server; again, when it was closed, as the same phone."""
    complaints: list[str] = []
    opened: list[BrowserContext] = []

    def go(url: str) -> Page:
        while opened:
            opened.pop().close()
        context = browser_type.launch_persistent_context(
            str(tmp_path / "phone"), **browser_type_launch_args, locale="en-US", timezone_id="Asia/Shanghai",
            viewport={"width": 390, "height": 844}, geolocation={"latitude": 31.47, "longitude": 104.68},
            permissions=["geolocation"], has_touch=True,
        )  # fmt: skip
        opened.append(context)
        page = context.pages[0]
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        if not context.cookies():
            client = Client()
            client.force_login(day.engineer)
            named = {
                settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value,
                settings.LANGUAGE_COOKIE_NAME: "en",
            }
            expires = time.time() + 86400
            context.add_cookies(
                [{"name": name, "value": value, "url": url, "expires": expires} for name, value in named.items()]
            )
        page.goto(f"{url}/m/")
        return page

    yield go
    while opened:
        opened.pop().close()
    assert complaints == []


def look(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"field {name}.png")


def strip(page: Page) -> Locator:
    return page.locator("#strip")


def prepared(page: Page) -> None:
    """Today's jobs are on the phone, and so is the page itself."""
    page.get_by_role("link", name="Me", exact=True).click()
    page.get_by_role("button", name="Prepare for offline").click()
    expect(page.locator(".m-toast")).to_contain_text("Jobs are stored")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def to_job(page: Page) -> None:
    page.get_by_role("link", name="MCU 主节点不通").click()


def picture(side: int = 2600) -> Any:
    out = io.BytesIO()
    Image.new("RGB", (side, side // 2), "#355").save(out, "JPEG")
    return {"name": "panel.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def dock(page: Page, name: str) -> None:
    page.locator("#dock").get_by_role("button", name=name).click()


def fill_in(page: Page) -> None:
    """Every check of the list, one of them out of range."""
    items = page.locator(".m-item-gap")
    expect(items).to_have_count(11)
    for key, value in NUMBERS.items():
        field = page.locator(f"#item-{key} input").first
        field.fill(value)
        field.press("Tab")
        expect(page.locator(f"#item-{key}.m-item-gap")).to_have_count(0)
    expect(page.locator("#item-board_temp")).to_contain_text("Out of range +13")
    page.locator("#item-panel input[type=file]").set_input_files(picture())
    expect(page.locator("#item-panel .m-thumb img")).to_have_count(1)
    while count := page.locator(".m-item-gap").count():
        page.locator(".m-item-gap").first.get_by_role("button", name="Good", exact=True).click()
        expect(page.locator(".m-item-gap")).to_have_count(count - 1)


def use_part(page: Page) -> None:
    page.get_by_role("button", name="Part used").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("Serial number of the new one").fill("MB03-2611-0042")
    sheet.get_by_label("Serial number of the faulty one").fill("MB03-2306-0187")
    sheet.get_by_role("button", name="Keep").click()
    expect(page.locator("#part-parts")).to_contain_text("Used")


def draw(page: Page, name: str) -> None:
    """A stroke in the box of this name."""
    box = page.get_by_role("img", name=name)
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 30, place["y"] + 60)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(place["x"] + 30 + 15 * step, place["y"] + 60 + 20 * (step % 2))
    page.mouse.up()


def end_and_sign(page: Page) -> None:
    dock(page, "Finish and sign")
    page.get_by_text("Solved", exact=True).click()
    page.get_by_label("What was found").fill("主控板电容鼓包。")
    page.get_by_label("What was done").fill("换主控板，12 个会场恢复入会。")
    look(page, "finish")
    dock(page, "To the signature")
    look(page, "report")
    page.get_by_text("It is solved").click()
    draw(page, "Please sign in the box")
    page.get_by_label("Department").fill("信息科")
    dock(page, "Sign and send")
    expect(page.get_by_role("alert")).to_have_text("The engineer's signature is missing.")
    draw(page, "Engineer 李航 signs")
    look(page, "sign")
    dock(page, "Sign and send")
    expect(page.locator("#dock")).to_contain_text("Leave the site")


def test_a_day_without_a_server_arrives_whole_once_and_in_order(phone: Open, server: Server, day: Day) -> None:
    page = phone(server.url)
    prepared(page)
    server.kill()

    page.goto(f"{server.url}/m/#/")
    page.reload()
    expect(strip(page)).to_contain_text("Offline")
    look(page, "jobs")
    dock(page, "Depart, to 涪滨医院")
    look(page, "undo")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".m-toast")).to_contain_text("Taken back")
    dock(page, "Depart, to 涪滨医院")
    to_job(page)
    look(page, "travel")
    dock(page, "Check in")
    expect(page.locator("#dock")).to_contain_text("Start the work")
    page.reload()
    dock(page, "Start the work")
    expect(page.locator(".m-toast")).to_contain_text("Work began, stored on the phone")
    page.get_by_label("Write a note").fill("主控板电容鼓包")
    page.reload()
    expect(page.get_by_label("Write a note")).to_have_value("主控板电容鼓包")
    page.get_by_role("button", name="Internal only").click()
    expect(page.locator("#part-notes")).to_contain_text("not sent yet")
    fill_in(page)
    look(page, "checks")

    page = phone(server.url)  # the browser was closed and is opened again
    to_job(page)
    expect(page.locator("#part-checks")).to_contain_text("11 / 12")
    use_part(page)
    look(page, "parts")
    end_and_sign(page)
    dock(page, "Leave the site")
    expect(page.locator("#dock")).to_be_hidden()
    page.goto(f"{server.url}/m/#/me")
    page.get_by_role("button", name="Sign out and empty").click()
    expect(page.get_by_role("alert")).to_contain_text("Not yet sent: 19")

    strip(page).click()
    look(page, "waiting")
    assert Visit.objects.get().departed_at is None
    server.start()
    page.reload()
    expect(strip(page)).to_contain_text("Everything is sent", timeout=SENT)
    assert_everything_is_there(day)


def assert_everything_is_there(day: Day) -> None:
    visit = Visit.objects.get()
    kinds = list(visit.records.order_by("id").values_list("kind", flat=True))
    assert kinds.count("reading") == 10
    assert [kinds.count(kind) for kind in ("note", "photo", "part", "signature")] == [1, 1, 1, 1]
    steps = [visit.departed_at, visit.arrived_at, visit.started_at, visit.finished_at, visit.left_at]
    assert None not in steps
    assert steps == sorted(steps, key=lambda at: at or datetime.max.replace(tzinfo=UTC))
    assert (visit.state, visit.distance_m, visit.outcome) == ("done", 0, "solved")
    assert not visit.records.get(kind="note").is_public
    assert visit.records.get(kind="reading", data__item="board_temp").data["ok"] is False
    photo = visit.records.get(kind="photo").file
    assert photo is not None
    assert photo.size < 2_000_000
    signature = visit.signature
    assert (signature.is_solved, signature.department) == (True, "信息科")
    assert None not in (signature.image, signature.engineer_image)
    assert Ticket.objects.get(pk=day.ticket.pk).status == Status.SOLVED
    assert Unit.objects.get(serial="MB03-2611-0042").state == Unit.State.INSTALLED
    assert Phone.objects.get(person=day.engineer).pending == []


def test_a_lost_answer_doubles_nothing_and_a_clash_is_shown_with_both_versions(
    phone: Open, live_server: LiveServer, day: Day
) -> None:
    page = phone(live_server.url)
    prepared(page)
    page.goto(f"{live_server.url}/m/#/visit/{day.visit.pk}")
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/m/push", lose, times=1)
    other = FaultClass.objects.get(code="hardware_total")
    workflow.change_class(day.ticket, fault_class=other, by=day.case.operator, now=datetime.now(UTC))
    page.get_by_label("Write a note").fill("两路电源都亮")
    page.get_by_role("button", name="Internal only").click()
    page.get_by_role("button", name="Change: Fault class").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("New").select_option("main_module")
    sheet.get_by_label("Why").fill("现场看是主控板坏")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/m/push"), timeout=SENT):
        sheet.get_by_role("button", name="Keep").click()
    assert lost == [200]
    page.reload()
    expect(strip(page)).to_contain_text("Needs you · 1", timeout=SENT)
    assert Visit.objects.get().records.filter(kind="note").count() == 1

    strip(page).click()
    versions = page.locator(".m-version")
    expect(versions).to_have_count(2)
    expect(page.locator(".m-version input:checked")).to_have_count(0)
    expect(versions.first).to_contain_text("主模块故障")
    expect(versions.last).to_contain_text("何静")
    look(page, "clash")
    versions.last.click()
    dock(page, "Send the choice")
    expect(strip(page)).to_contain_text("Everything is sent", timeout=SENT)
    assert Ticket.objects.get(pk=day.ticket.pk).fault_class == other
