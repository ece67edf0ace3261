"""Every page of the product in a real browser, in both languages, on a desk and on a phone.

One demo serves the whole file. `PICTURES=folder` keeps a picture of each page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.urls import reverse
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pytest_django import DjangoDbBlocker

from people import links
from sla.models import Deadline, Policy
from sla.sweep import sweep
from tests.browser import product, special_days
from tests.browser.product import Product
from tickets.console_forms import FORMS
from tickets.models import Ticket

AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {1440: 900, 390: 844}
LOCALES = {"zh-hans": "zh-CN", "en": "en-US"}
PICTURES = os.environ.get("PICTURES")

Deed = Callable[[Page], Any]


@dataclass(frozen=True)
class Visit:
    """A page: who opens it, what is done there before it is looked at, and what it answers."""

    who: str
    path: str
    deed: Deed | None = None
    status: int = 200


def click(selector: str) -> Deed:
    return lambda page: page.locator(selector).locator("visible=true").first.click()


def send(form: str) -> Deed:
    """Send a form as it is, past the browser's own checks."""

    def deed(page: Page) -> None:
        with page.expect_navigation():
            page.locator(form).evaluate("form => { form.noValidate = true; form.requestSubmit(); }")

    return deed


def press(key: str) -> Deed:
    return lambda page: page.keyboard.press(key)


def portal(made: Product) -> dict[str, Visit]:
    numbers = {state: ticket.number for state, ticket in made.tickets.items()}
    mine = ("new", "remote", "dispatch", "travel", "disputed", "solved", "again", "closed", "cancelled")
    return {
        "home": Visit("zhoumin", "/"),
        "home of the technician": Visit("liuhaiyan", "/"),
        "home, nothing going on": Visit("nurse12", "/"),
        "report": Visit("zhoumin", "/report/"),
        "report, nothing chosen": Visit("zhoumin", "/report/", send("form.sd-ask"), 400),
        "report, picture chosen": Visit("zhoumin", "/report/", click("[name=tile]")),
        "requests": Visit("zhoumin", "/requests/?whose=all&show=all"),
        "requests, none": Visit("zhoumin", "/requests/?q=没有这样的"),
        **{f"request {state}": Visit("zhoumin", f"/requests/{numbers[state]}/") for state in mine},
        "request, the sum": Visit("zhoumin", f"/requests/{numbers['travel']}/?why=onsite"),
        "service": Visit("zhoumin", "/service/"),
        "no such request": Visit("zhoumin", f"/requests/{numbers['late']}/", status=404),
    }


def console(made: Product) -> dict[str, Visit]:
    numbers = {state: ticket.number for state, ticket in made.tickets.items()}
    tabs = ("open", "mine", "unassigned", "soon", "over", "waiting", "solved", "all")
    return {
        **{f"queue {tab}": Visit("linxiao", f"/desk/?tab={tab}") for tab in tabs},
        "queue, none": Visit("linxiao", "/desk/?q=没有这样的"),
        "queue, keys": Visit("linxiao", "/desk/", press("?")),
        "queue of an engineer": Visit("lihang", "/desk/"),
        "queue of the depot": Visit("chenxiulan", "/desk/"),
        "depot": Visit("chenxiulan", "/desk/depot/"),
        "depot, dialog": Visit("chenxiulan", "/desk/depot/", click(".dep-foot [data-dialog]")),
        "returns of the depot": Visit("chenxiulan", "/desk/depot/returns/"),
        **{f"ticket {state}": Visit("linxiao", f"/desk/tickets/{number}/") for state, number in numbers.items()},
        "ticket of the engineer": Visit("lihang", f"/desk/tickets/{numbers['dispatch']}/"),
        "ticket, offered": Visit("chensiyuan", f"/desk/tickets/{numbers['remote']}/"),
        "ticket, more": Visit("linxiao", f"/desk/tickets/{numbers['travel']}/", click(".desk-more")),
        "ticket, note": Visit("linxiao", f"/desk/tickets/{numbers['travel']}/", click(".sd-composer-internal")),
        "ticket, call": Visit("linxiao", f"/desk/tickets/{numbers['travel']}/", click(".desk-composer-call")),
        "ticket, dialog": Visit("linxiao", f"/desk/tickets/{numbers['new']}/", click(".desk-acts [data-dialog]")),
        "hospitals": Visit("linxiao", "/desk/hospitals/"),
        "hospital": Visit("lihang", f"/desk/hospitals/{made.tickets['dispatch'].hospital_id}/"),
        "call": Visit("hejing", "/desk/new/"),
        "call, empty": Visit("hejing", "/desk/new/", send("form#call"), 422),
    }


PANELS = {
    "assign": "new",
    "take": "new",
    "offer_owner": "remote",
    "accept_owner": "remote",
    "decline_owner": "remote",
    "remote_failed": "remote",
    "send": "dispatch",
    "move_visit": "travel",
    "reassign_visit": "travel",
    "call_off": "travel",
    "depart": "dispatch",
    "arrive": "travel",
    "confirm_evidence": "disputed",
    "wait": "travel",
    "resume": "waiting",
    "resolve": "on_site",
    "reopen": "solved",
    "cancel": "new",
    "pass_on": "new",
    "change_priority": "travel",
    "change_class": "travel",
    "edit": "travel",
    "retarget": "travel",
    "set_cause": "travel",
    "override_verdict": "travel",
    "ask_part": "on_site",
}
"""Verbs with a form, and a state in which each is asked for."""
CASES = {
    "verify": Q(is_unverified=True),
    "discard": Q(is_unverified=True),
    "draft_quote": Q(verdicts__outcome="billable"),
    "send_quote": Q(verdicts__outcome="billable"),
    "record_answer": Q(quotes__state="sent"),
    "withdraw_quote": Q(quotes__state="sent"),
    "discard_quote": Q(quotes__state="sent"),
    "mark_urgent": Q(device__model__kind="his_server", hospital__city="宜宾"),
    "unmark_urgent": Q(device__model__kind="his_server", hospital__city="宜宾"),
    "choose_depot": Q(parts__request__state="requested"),
    "withdraw_part": Q(parts__request__state="reserved"),
    "part_event": Q(parts__request__state="shipped"),
    "deliver_part": Q(parts__request__state="shipped"),
    "fit_part": Q(parts__request__state="delivered"),
    "unused_part": Q(parts__request__state="delivered"),
    "split_part": Q(parts__request__state="requested"),
}
"""The other verbs with a form, and the demo's tickets that they are asked for."""


def panels(made: Product) -> dict[str, Visit]:
    assert PANELS.keys() | CASES.keys() == {form.verb for form in FORMS}
    cases = {verb: Ticket.objects.unfinished().filter(case).latest("pk") for verb, case in CASES.items()}
    clock = Deadline.objects.filter(timeline=made.tickets["travel"].timeline_id, state="running").latest("due_at")
    who = {"depart": "lihang", "arrive": "lihang", "retarget": "wanglei", "accept_owner": "chensiyuan",
           "decline_owner": "chensiyuan", "resolve": "zhouqian", "override_verdict": "wanglei",
           **dict.fromkeys(CASES, "wanglei"), "verify": "hejing", "discard": "hejing"}  # fmt: skip
    given = {"confirm_evidence": f"?fact={made.evidence.pk}", "retarget": f"?deadline={clock.pk}"}
    visits = {}
    for form in FORMS:
        ticket = cases.get(form.verb) or made.tickets[PANELS[form.verb]]
        page = f"/desk/tickets/{ticket.number}/{form.slug()}/"
        visits[form.verb] = Visit(who.get(form.verb, "linxiao"), page + given.get(form.verb, ""))
    visits["wait, empty"] = Visit("linxiao", visits["wait"].path, send("form.desk-verb"), 422)
    return visits


def frame(made: Product) -> dict[str, Visit]:
    """Wall, roster, inbox, accounts, the demo's doors, refusals."""
    reset = links.link_for(made.people["zhoumin"]).removeprefix(settings.SITE_URL)
    accounts = {name: Visit("linxiao", reverse(f"account:{name}")) for name in ("me", "contact", "password", "tokens")}
    doors = ("login", "forgot", "forgot-sent", "signed-out")
    refusals = (400, 403, 429, 500)
    return {
        "wall": Visit("wanglei", "/desk/wall/"),
        "roster": Visit("linxiao", "/desk/roster/"),
        "roster, empty form": Visit("linxiao", "/desk/roster/", send("main form[method=post]")),
        "field phones": Visit("linxiao", "/desk/field/"),
        "inbox": Visit("linxiao", "/inbox/"),
        "inbox of the nurse": Visit("zhoumin", "/inbox/"),
        "inbox, empty": Visit("nurse12", "/inbox/?show=unread"),
        "notification preferences": Visit("linxiao", "/account/notifications/"),
        **accounts,
        "account of the nurse": Visit("zhoumin", "/account/"),
        **{name: Visit("", reverse(f"account:{name}")) for name in doors},
        "login, wrong": Visit("", reverse("account:login"), send("form:has([name=password])")),
        "reset": Visit("", reset),
        "reset, used": Visit("", "/account/reset/MQ/abc-def/"),
        "demo": Visit("", "/demo/"),
        "demo mails": Visit("linxiao", "/demo/mail/"),
        "demo mail": Visit("linxiao", f"/demo/mail/{made.mail}/"),
        **{str(status): Visit("zhoumin", f"/refused/{status}/", status=status) for status in refusals},
        "csrf": Visit("zhoumin", "/refused/csrf/", status=403),
        "404": Visit("linxiao", "/nowhere/", status=404),
        "404 of a visitor": Visit("", "/nowhere/", status=404),
        "offline": Visit("", "/refused/offline/"),
    }


def setup(made: Product) -> dict[str, Visit]:
    """The administrator's pages."""
    policy = Policy.objects.latest("pk")
    return {
        "index": Visit("gaoyuan", "/admin/"),
        "people": Visit("gaoyuan", "/admin/people/user/"),
        "hospitals": Visit("gaoyuan", "/admin/people/hospital/"),
        "person": Visit("gaoyuan", f"/admin/people/user/{made.people['lihang'].pk}/change/"),
        "policy": Visit("gaoyuan", f"/admin/sla/policy/{policy.pk}/change/"),
        "audit": Visit("gaoyuan", "/admin/audit/entry/"),
    }


def rules(made: Product) -> dict[str, Visit]:
    """Calendars with a draft that moves a clock, critical periods, and the technician who goes first."""
    case = special_days.made(made)
    year = f"/desk/calendars/{case.draft.year}/"
    at_home, at_desk = f"/requests/{case.ticket.number}/", f"/desk/tickets/{case.ticket.number}/"
    return {
        "calendars": Visit("gaoyuan", "/desk/calendars/"),
        "calendars, empty form": Visit("gaoyuan", "/desk/calendars/", send("main form[method=post]"), 422),
        "calendar draft": Visit("gaoyuan", year),
        "calendar draft of a manager": Visit("wanglei", year),
        "critical periods": Visit("linxiao", "/desk/critical/"),
        "critical, empty form": Visit("linxiao", "/desk/critical/", send("form[data-draft]"), 422),
        "technician": Visit("liuhaiyan", "/technician/"),
        "technician, propose": Visit("liuhaiyan", "/technician/", click("#critical summary")),
        "request at the technician": Visit("liuhaiyan", at_home),
        "request at the technician, of the nurse": Visit("zhoumin", at_home),
        "report, technician first": Visit("zhoumin", "/report/"),
        "ticket at the hospital": Visit("linxiao", at_desk),
        "ticket in a critical period": Visit("linxiao", f"/desk/tickets/{case.critical.number}/"),
        "request in a critical period": Visit("zhoumin", f"/requests/{case.critical.number}/"),
        "wall": Visit("wanglei", "/desk/wall/"),
    }


GROUPS = {"portal": portal, "console": console, "panels": panels, "frame": frame, "set-up": setup, "rules": rules}


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database for the file instead of for each test: its rows are committed and stay between tests."""
    with django_db_blocker.unblock():
        yield
        connection.close()


@pytest.fixture(scope="module")
def made(db: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with product.serve(tmp_path_factory.mktemp("mail")) as served:
        yield served


@dataclass
class Looker:
    """Opens pages as their people do, and writes down what is wrong with them."""

    browser: Browser
    made: Product
    language: str
    group: str
    pages: dict[str, Page] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    found: list[tuple[Any, ...]] = field(default_factory=list)

    def page(self, who: str) -> Page:
        """One context per person."""
        if who not in self.pages:
            context = self.browser.new_context(
                locale=LOCALES[self.language],
                timezone_id="Asia/Shanghai",
                base_url=self.made.url,
                reduced_motion="reduce",
            )
            context.add_cookies(self.made.cookies(who, self.language))
            context.add_init_script(path=AXE)
            page = self.pages[who] = context.new_page()
            page.on("pageerror", lambda error: self.said.append(str(error)))
            page.on("console", self.hear)
        return self.pages[who]

    def hear(self, line: ConsoleMessage) -> None:
        """Errors and warnings, but for the browser's own line about an answer that is meant to be a refusal."""
        if line.type in {"error", "warning"} and "the server responded with a status of" not in line.text:
            self.said.append(line.text)

    def look(self, name: str, visit: Visit) -> None:
        page = self.page(visit.who)
        statuses = []
        listen = lambda answer: answer.request.is_navigation_request() and statuses.append(answer.status)  # noqa: E731
        page.on("response", listen)
        page.set_viewport_size({"width": 1440, "height": WIDTHS[1440]})
        page.goto(visit.path)
        if visit.deed:
            visit.deed(page)
            page.wait_for_load_state()
            # A button whose answer is still on its way is shown paler; that is no state to judge a page in.
            expect(page.locator(".htmx-request")).to_have_count(0)
        page.remove_listener("response", listen)
        if statuses[-1] != visit.status:
            self.found.append((name, f"answered {statuses[-1]}"))
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            self.measure(page, name, width)
        self.read(page, name)
        self.found += [(name, "console", line) for line in self.said]
        self.said.clear()

    def measure(self, page: Page, name: str, width: int) -> None:
        if PICTURES:
            shot = f"{self.group}-{name}-{self.language}-{width}.png".replace(" ", "_").replace(",", "")
            page.screenshot(path=Path(PICTURES) / shot, full_page=True)
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            self.found.append((name, width, f"scrolls sideways: {wide}"))
        if self.language == "en" and width != min(WIDTHS):
            return
        for one in page.evaluate(AXE_RUN, AXE_RULES[self.language]):
            places = [(node["html"][:140], node["failureSummary"][:220]) for node in one["nodes"][:3]]
            self.found.append((name, width, one["id"], len(one["nodes"]), places))

    def read(self, page: Page, name: str) -> None:
        lang = page.locator("html").get_attribute("lang")
        if lang != self.language:
            self.found.append((name, f"lang is {lang}"))
        if self.language == "zh-hans":
            words = {text for text in page.evaluate(TEXTS) if english(text)}
            self.found += [(name, "not translated", text) for text in sorted(words)]

    def close(self) -> None:
        for page in self.pages.values():
            page.context.close()


AXE_RUN = f"""(rules) => axe.run({{exclude: [".select2-container"]}},
  {{runOnly: {RULES}, rules, preload: false, resultTypes: ["violations"]}}).then((found) => found.violations)"""
"""Select2 is Django admin's own picker; its fields have no names for screen readers, and we cannot give them any."""
AXE_RULES: dict[str, dict[str, Any]] = {"zh-hans": {}, "en": {"color-contrast": {"enabled": False}}}
"""Colours do not depend on the language, and measuring them takes most of the time; so English is judged on a phone."""

TEXTS = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [document.title];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest("script, style, kbd, code, [lang=en]")) texts.push(walker.currentNode.data.trim());
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"])
    for (const one of document.querySelectorAll(`[${name}]`))
      if (!one.closest("[lang=en]")) texts.push(one.getAttribute(name));
  return texts.filter((text) => /[a-z]{2}/i.test(text));
}"""
"""Everything a page says, whether it shows yet or is only read out."""

NAMES = re.compile(
    r"""[\w.+-]+@[\w.-]+                    # addresses
      | https?://\S+ | \d+[A-Za-z]+\b
      | \b[A-Z0-9]+(-[A-Za-z0-9.]+)+\b      # SR-2026-000123, TE50-2401-001
      | \b[A-Z][A-Z0-9]+s?\b                 # MCU, HIS, PDF
      | ^[a-z]+\.[a-z_]+$                   # acts of the trail, as programs look for them
      | \b(Message-ID|Ctrl|Esc|Tab|English|km|ms)\b
      | ^(Add\ link|Change\ or\ view\ list\ link|Model\ name|Search|True|False)$  # Django admin's own gaps""",
    re.VERBOSE,
)
"""What stays Latin in Chinese text."""


def english(text: str) -> bool:
    """Whether a sentence is left in English."""
    return bool(re.search(r"[A-Za-z]{2,}", NAMES.sub("", text)))


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("group", GROUPS)
def test_every_page_opens_reads_and_fits(group: str, language: str, made: Product, browser: Browser) -> None:
    sweep()
    looker = Looker(browser, made, language, group)
    for person in made.people.values():
        person.language = language
        person.save(update_fields=["language"])
    for name, visit in GROUPS[group](made).items():
        looker.look(name, visit)
    looker.close()
    assert not looker.found, "\n".join(str(one) for one in looker.found)
