"""The register, a device's page and its steps in a real browser: both languages, desk and phone, axe finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from devices import lifecycle
from devices.models import Device
from people.models import User
from tests.browser import axe
from tests.browser.test_portal import TOO_SMALL
from tests.factories import DeviceFactory
from tests.tickets import desk_case
from tests.tickets.desk_case import Desk
from tickets.models import FaultClass

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk() -> Desk:
    """The morning, with an MCU that carries terminals in three rooms, one of which was swapped."""
    made = desk_case.make()
    case = made.case
    Device.objects.filter(pk=case.terminal.pk).update(parent=case.mcu, installed_on="2024-05-20")
    for number, room in ((4, "手术示教室"), (5, "急诊抢救室")):
        DeviceFactory(site=case.site, name=f"终端 TE-{number}", room=room, parent=case.mcu, model=case.terminal.model)
    lifecycle.swap(
        Device.objects.get(name="终端 TE-5"), serial="TE5-NEW", by=made.lead, now=timezone.now(), reason="编码板损坏"
    )
    return made


@pytest.fixture(scope="session")
def browser_context_args(live_server: LiveServer) -> dict[str, object]:
    viewport = {"width": 1440, "height": 900}
    return {"locale": "en-US", "timezone_id": "Asia/Shanghai", "viewport": viewport, "base_url": live_server.url}


@pytest.fixture
def complaints(page: Page) -> Iterator[None]:
    """No page may break its policy or throw."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda line: found.append(line.text) if "Content Security" in line.text else None)
    yield
    assert found == []


def let_in(context: BrowserContext, person: User, url: str, language: str) -> None:
    User.objects.filter(pk=person.pk).update(language=language)
    client = Client()
    client.force_login(person)
    cookies = {"sessionid": client.cookies["sessionid"].value, settings.LANGUAGE_COOKIE_NAME: language}
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])


@pytest.mark.parametrize(("language", "widths"), [("zh-hans", (1440, 390)), ("en", (390, 320))])
def test_no_page_has_an_accessibility_finding_or_scrolls_sideways(
    language: str,
    widths: tuple[int, ...],
    desk: Desk,
    live_server: LiveServer,
    context: BrowserContext,
    page: Page,
    complaints: None,
) -> None:
    case, sizes = desk.case, [(width, 844) for width in widths]
    down = case.file(5, device=case.mcu, tile=None, fault_class=FaultClass.objects.filter(as_node_down=True)[0])
    at = f"/desk/devices/{case.mcu.pk}/"
    pages = {
        "register": "/desk/devices/?state=all",
        "none": "/desk/devices/?q=没有这样的",
        "mcu": at,
        "terminal": f"/desk/devices/{case.terminal.pk}/",
        "install": f"/desk/devices/install/?hospital={case.hospital.pk}",
        **{verb: f"{at}{verb}/" for verb in ("swap", "move", "upgrade", "retire")},
        "node down": f"/desk/tickets/{down.number}/",
    }
    hospital = {"register": "/devices/", "mcu": f"/devices/{case.mcu.pk}/", "ticket": f"/requests/{down.number}/"}
    found: list[Any] = []
    let_in(context, desk.lead, live_server.url, language)
    for name, path in pages.items():
        page.goto(path)
        found += axe.wrong(page, name, sizes)
    let_in(context, case.nurse, live_server.url, language)
    for name, path in hospital.items():
        page.goto(path)
        found += axe.wrong(page, f"hospital's {name}", sizes)
        page.set_viewport_size({"width": 390, "height": 844})
        found += page.evaluate(TOO_SMALL)
    assert found == []


def test_a_device_is_found_while_typing_and_swapped_in_the_dialog(
    desk: Desk, live_server: LiveServer, context: BrowserContext, page: Page, complaints: None
) -> None:
    let_in(context, desk.lead, live_server.url, "en")
    page.goto("/desk/devices/")
    page.get_by_role("searchbox").press_sequentially("TE3-2024")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="终端 TE-3").click()
    page.get_by_role("link", name="Swap").click()
    page.get_by_label("Serial number of the new device").fill(desk.case.mcu.serial)
    page.get_by_label("Reason").fill("broken")
    page.get_by_role("button", name="Swap").click()
    expect(page.get_by_role("dialog")).to_contain_text("stands in the register already")
    page.get_by_label("Serial number of the new device").fill("TE3-NEW")
    page.get_by_role("button", name="Swap").click()
    expect(page.get_by_role("status")).to_contain_text("Swapped")
    assert Device.objects.get(serial="TE3-NEW").replaces == desk.case.terminal
