"""A clerk with a hand scanner, which types and ends with Enter, in a real browser on a phone (A11)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from people.models import User
from sla import defaults
from spares.models import PartRequest
from tests.spares.request_case import Matter

pytestmark = pytest.mark.django_db(transaction=True)
BUZZES = "window.buzzes = []; navigator.vibrate = (length) => window.buzzes.push(length);"


@pytest.fixture
def matter(transactional_db: None) -> Matter:
    defaults.load()
    return Matter()


@pytest.fixture
def page(matter: Matter, live_server: LiveServer, browser: Browser) -> Iterator[Page]:
    User.objects.filter(pk=matter.clerk.pk).update(language="en")
    client = Client()
    client.force_login(User.objects.get(pk=matter.clerk.pk))
    context = browser.new_context(
        locale="en-US", timezone_id="Asia/Shanghai", base_url=live_server.url, viewport={"width": 390, "height": 844}
    )
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    context.add_init_script(BUZZES)
    yield context.new_page()
    context.close()


def test_from_the_first_scan_to_the_carrier(matter: Matter, page: Page) -> None:
    row = matter.ask((matter.board, 1), (matter.fan, 2))
    said = page.locator("#scan-said")
    page.goto("/desk/depot/")
    expect(page.locator("#id_code")).to_be_focused()

    # The wrong one: said and felt, and nothing is counted. The field hears it wherever the clerk has touched the page.
    page.locator("h1").click()
    page.keyboard.type("Z9\n")
    expect(said.locator(".dep-said-wrong")).to_contain_text("Unknown: Z9.")
    page.wait_for_function("window.buzzes.join() == '400'")

    # Faster than the desk answers: both count.
    page.keyboard.type("A1\nFAN-01*2\n")
    expect(said.locator(".dep-said-right")).to_contain_text("All 3 are picked, pack them.")
    expect(page.locator("#id_code")).to_be_focused()
    expect(page.locator("#id_code")).to_have_value("")

    said.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text("Put back")
    page.keyboard.type("FAN-01*2\n")
    expect(said).to_contain_text("All 3 are picked")

    page.context.set_offline(True)
    page.keyboard.type("A2\n")
    expect(said).to_contain_text("A2 was not counted")
    page.context.set_offline(False)

    page.get_by_role("button", name="Packed").click()
    page.get_by_role("link", name="Hand it to the carrier").click()
    page.get_by_label("Waybill").fill("SF1560001")
    page.get_by_role("button", name="Handed over").click()
    expect(page.get_by_text("It is on its way.")).to_be_visible()
    row.refresh_from_db()
    assert (row.state, row.waybill) == (PartRequest.State.SHIPPED, "SF1560001")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
