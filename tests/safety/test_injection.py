"""T052–T055, T057: whatever people type is text, on every page, in every mail, for every reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path

import pytest
import time_machine
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from notifications import inbox, letters
from people.models import Role, User
from tests import permissions
from tests.world import NOW, World
from tickets import workflow
from tickets.models import Ticket, TicketEvent

MARK = "zq7"
"""Stands in every evil text, so that a test can see that a page shows it at all."""

CORPUS = {
    "script": f"{MARK}<script>hacked=1</script>",
    "event": f"{MARK}<img src=x onerror=hacked=1>",
    "attribute": f'{MARK}" onmouseover="hacked=1" x=\'',
    "link": f"{MARK}<a href=javascript:hacked=1>x</a>",
    "data link": f"{MARK}<a href=data:text/html,x>x</a>",
    "newline link": f"{MARK}[x](java\nscript:hacked=1)",
    "nested": f"{MARK}<scr<script>ipt>hacked=1</script>",
    "mutation": f"{MARK}<svg><style><img src=x onerror=hacked=1>",
    "entities": f"{MARK}&lt;script&gt;hacked=1&#60;/script&#62;",
    "mixed case": f"{MARK}<ScRiPt>hacked=1</sCrIpT>",
    "closing": f"{MARK}</textarea></title><script>hacked=1",
    "math": f"{MARK}<math><mtext><base href=//x><meta http-equiv=refresh>",
    "frame": f"{MARK}<iframe srcdoc=x></iframe><form action=//x>",
    "json": f"{MARK}</script><!--<script>hacked=1",
    "template": f"{MARK}{{{{ 7|add:7 }}}}{{% now 'Y' %}}",
    "format": f"{MARK}%(ticket)s {{0}} ${{7*7}} %s",
}
NAMES = list(CORPUS)

FORBIDDEN = {"iframe", "object", "embed", "base", "math", "style", "frame", "applet", "marquee"}
LINKS = {"href", "src", "action", "formaction", "xlink:href", "srcdoc", "data", "hx-get", "hx-post"}


class Reader(HTMLParser):
    """Reads a page as a browser would and notes everything that the project itself never writes."""

    def __init__(self) -> None:
        super().__init__()
        self.strange: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in FORBIDDEN or (tag == "script" and not values.get("src", "").startswith("/")):
            self.strange.append(f"<{tag}>")
        if tag == "meta" and "http-equiv" in values:
            self.strange.append("<meta http-equiv>")
        for name, value in values.items():
            address = re.sub(r"[\x00-\x20]", "", value).lower()
            if name.startswith("on") or (
                name in LINKS and address.startswith(("javascript:", "data:", "vbscript:", "//"))
            ):
                self.strange.append(f"{tag} {name}={value}")


def strange_in(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    return reader.strange


def text(turn: int) -> str:
    """One of the corpus, another for each place."""
    return CORPUS[NAMES[turn % len(NAMES)]]


def poison(world: World, turn: int) -> None:
    """Write evil into everything that a person may name or say."""
    names = iter(range(turn, turn + 100))
    hospital, site, device, ticket = world.hospital, world.site, world.device, world.ticket
    type(hospital).objects.filter(pk=hospital.pk).update(name=text(next(names)), short_name=text(next(names))[:40])
    type(site).objects.filter(pk=site.pk).update(name=text(next(names)), address=text(next(names)))
    type(device).objects.filter(pk=device.pk).update(
        name=text(next(names)), room=text(next(names)), serial=text(next(names))
    )
    for person in world.people.values():
        User.objects.filter(pk=person.pk).update(name=text(next(names))[:60], title=text(next(names))[:60])
    Ticket.objects.filter(pk=ticket.pk).update(
        title=text(turn), description=text(turn + 1), place=text(turn + 2), contact_name=text(turn + 3)[:60]
    )
    type(world.file).objects.filter(pk=world.file.pk).update(name=text(next(names)))
    type(world.filter).objects.filter(pk=world.filter.pk).update(name=text(next(names))[:40])
    ticket = Ticket.objects.get(pk=ticket.pk)
    for turns in range(turn, turn + len(NAMES)):
        workflow.note(ticket, by=world.operator, text=text(turns), now=NOW)
    workflow.answer(ticket, by=world.operator, text=text(turn), now=NOW + timedelta(minutes=1))
    workflow.words(ticket, by=world.nurse, text=text(turn + 1), now=NOW + timedelta(minutes=2))


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    if "page" in request.fixturenames:
        yield
        return
    with time_machine.travel(NOW + timedelta(minutes=3), tick=False):
        yield


@pytest.fixture
def world() -> World:
    return World()


def pages(world: World, role: str) -> Iterator[str]:
    """Addresses of all pages and fragments that a role may open."""
    for row in permissions.load():
        if "*" not in row.route and row.expected("GET", role) == "ok":
            yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found, row=row: world.thing(row.things[found[1]]), row.route)


def browser(person: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person)
    return client


def is_html(answer: HttpResponse) -> bool:
    return answer.headers.get("Content-Type", "").startswith("text/html")


# The others are evil only where somebody filters, renders Markdown or fills templates.
RAW = [name for name in NAMES if name not in {"newline link", "entities", "template", "format", "nested", "json"}]


@pytest.mark.parametrize("name", RAW)
def test_evil_text_written_raw_would_be_noticed(name: str) -> None:
    assert strange_in(f'<p title="{CORPUS[name]}">{CORPUS[name]}</p>')


@pytest.mark.django_db
@pytest.mark.parametrize("turn", range(0, len(NAMES), 4))
def test_t052_t053_t054_evil_text_is_inert_on_every_page(world: World, turn: int) -> None:
    poison(world, turn)
    shown = 0
    for role in Role.values:
        client = browser(world.people[role])
        # Of the pages every second one in each turn: two turns each, and most have several readers.
        for path in islice(pages(world, role), turn // 4 % 2, None, 2):
            answer = client.get(path)
            if not is_html(answer):
                continue
            html = answer.content.decode()
            assert strange_in(html) == [], path
            shown += MARK in html
    assert shown > 40


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_t052_each_evil_title_and_answer_reads_as_it_was_typed(world: World, name: str) -> None:
    evil = CORPUS[name]
    Ticket.objects.filter(pk=world.ticket.pk).update(title=evil)
    workflow.answer(Ticket.objects.get(pk=world.ticket.pk), by=world.operator, text=evil, now=NOW)
    for person, path in (
        (world.nurse, f"/requests/{world.ticket.number}/"),
        (world.lead, f"/desk/tickets/{world.ticket.number}/"),
    ):
        words = re.sub(r"\s+", " ", _text_of(browser(person).get(path).content.decode()))
        assert words.count(re.sub(r"\s+", " ", evil)) >= 2


@pytest.mark.django_db
def test_t052_evil_text_is_inert_in_the_set_up_pages(world: World) -> None:
    poison(world, 0)
    client = browser(world.people[Role.ADMIN])
    User.objects.filter(pk=world.people[Role.ADMIN].pk).update(is_superuser=True)
    shown = 0
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths = [reverse(f"{name}_changelist")]
        if (row := model._default_manager.first()) is not None:
            paths.append(reverse(f"{name}_change", args=[row.pk]))
        for path in paths:
            answer = client.get(path)
            assert answer.status_code in {200, 302, 403}, path
            html = answer.content.decode()
            shown += MARK in html
            # Django's own pages carry one inline piece of data, which is no script.
            assert [found for found in strange_in(html) if found != "<script>"] == [], path
            assert "hacked=1</script>" not in html
    assert shown


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_t052_t057_evil_text_is_inert_in_mail(world: World, name: str) -> None:
    evil = CORPUS[name]
    User.objects.filter(pk=world.operator.pk).update(name=evil[:60])
    Ticket.objects.filter(pk=world.ticket.pk).update(title=evil)
    world.operator.refresh_from_db()
    workflow.answer(Ticket.objects.get(pk=world.ticket.pk), by=world.operator, text=evil, now=NOW)
    told = list(inbox.of(world.nurse).filter(kind="ticket.answered"))
    letter = letters.write(1, told, NOW)
    assert strange_in(letter.html.replace("<!doctype html>", "")) == []
    assert evil in letter.text
    assert "\n" not in letter.subject


@pytest.mark.django_db
def test_t057_template_syntax_is_shown_as_typed(world: World) -> None:
    evil = CORPUS["template"]
    Ticket.objects.filter(pk=world.ticket.pk).update(title=evil)
    html = browser(world.nurse).get(f"/requests/{world.ticket.number}/").content.decode()
    assert "{{ 7|add:7 }}" in html
    assert f"{MARK}14" not in html


@pytest.mark.django_db
def test_t055_every_answer_has_a_policy_without_inline_scripts(world: World) -> None:
    seen = 0
    for role in (permissions.ANONYMOUS, *Role.values):
        client = browser(world.people.get(role))
        for path in [*pages(world, role), "/nothing/here/", "/admin/", "/desk/", "/report/", "/files/x/"]:
            answer = client.get(path)
            if not is_html(answer) and "/files/" not in path:
                continue
            policy = answer.headers.get("Content-Security-Policy", "")
            script = re.search(r"script-src ([^;]*)", policy) or re.search(r"default-src ([^;]*)", policy)
            assert script, f"{path} {answer.status_code}"
            assert "unsafe" not in script[1], path
            assert "*" not in script[1], path
            seen += 1
    assert seen > 100


@pytest.mark.django_db
def test_t055_error_pages_have_the_policy_too(world: World) -> None:
    client = browser(world.nurse)
    answers = {
        403: client.get("/desk/wall/"),
        404: client.get("/requests/SR-1999-000001/"),
        400: client.get("/", headers={"Host": "evil.example"}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert "script-src" in answer["Content-Security-Policy"] or "default-src" in answer["Content-Security-Policy"]
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(world.nurse)
    assert "Content-Security-Policy" in forged.post("/inbox/read/").headers


@pytest.mark.django_db(transaction=True)
def test_t052_a_real_browser_runs_nothing_of_it(live_server: LiveServer, context: BrowserContext, page: Page) -> None:
    world = World()
    poison(world, 0)
    alarms: list[str] = []
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda line: alarms.append(line.text) if "Content Security" in line.text else None)
    number = world.ticket.number
    for person, paths in (
        (world.nurse, ("/", "/requests/", f"/requests/{number}/", "/report/", "/inbox/", "/account/")),
        (world.lead, ("/desk/", f"/desk/tickets/{number}/", "/desk/wall/", "/desk/new/", "/desk/roster/", "/inbox/")),
    ):
        session = browser(person).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        for path in paths:
            page.goto(live_server.url + path)
            page.mouse.move(300, 300)
            assert page.evaluate("typeof hacked") == "undefined", path
            assert MARK in page.content() or path in {"/account/", "/desk/new/"}, path
    assert alarms == []
    assert TicketEvent.objects.filter(body__contains="<script>").exists()


def _text_of(html: str) -> str:
    """The words of a page."""
    words: list[str] = []
    parser = HTMLParser()
    parser.handle_data = words.append  # type: ignore[method-assign]
    parser.feed(html)
    return " ".join(words)
