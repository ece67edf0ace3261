"""The page to read and try the API: our own files only, under our own policy, with the reader's session."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.factories import OperatorFactory
from tests.safety.programs import operations

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_page_shows_every_operation_and_tries_one_with_the_readers_session(
    live_server: LiveServer, page: Page
) -> None:
    complaints: list[str] = []
    strangers: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: "Content Security" in line.text and complaints.append(line.text))
    page.on("request", lambda request: request.url.startswith(("http", "ws")) and strangers.append(request.url))
    client, operator = Client(), OperatorFactory()
    client.force_login(operator)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/api/v1/docs/")
    expect(page.locator(".opblock")).to_have_count(len(operations()), timeout=30_000)
    page.locator("#operations-me-me_read .opblock-summary").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .microlight").first).to_contain_text(operator.name, timeout=30_000)
    assert complaints == []
    assert [url for url in strangers if not url.startswith(live_server.url)] == []
