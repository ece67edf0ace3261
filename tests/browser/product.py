"""A small demo behind a server that lasts for a file, with a ticket in every state; also the refusals as routes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone
from django.views import csrf, defaults
from pytest_django.live_server_helper import LiveServer

import servicedesk.urls
from notifications import caught
from people import lockout
from people.models import User
from servicedesk.demo import cast, history, texts
from servicedesk.demo.world import read
from sla.evidence import Evidence
from sla.models import Fact
from tickets import workflow
from tickets.models import FaultTile, SavedFilter, Ticket

MINUTE = timedelta(minutes=1)
MAIL = b"""\
Subject: =?utf-8?b?5Yy75pyN5Y+w77ya5bey5Y+X55CG?=
From: desk@desk.example
Content-Type: text/plain; charset=utf-8

\xe4\xbd\x95\xe9\x9d\x99 10:21 \xe5\x89\x8d\xe7\xad\x94\xe5\xa4\x8d\xe6\x82\xa8\xe3\x80\x82
"""


def refused(_request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [
    path("refused/400/", lambda request: defaults.bad_request(request, ValueError())),
    path("refused/403/", refused),
    path("refused/csrf/", lambda request: csrf.csrf_failure(request, REASON_NO_CSRF_COOKIE)),
    path("refused/429/", lockout.refuse),
    path("refused/500/", defaults.server_error),
    path("refused/offline/", lambda request: render(request, "offline.html")),
    *servicedesk.urls.urlpatterns,
]


@dataclass(frozen=True)
class Product:
    """Where the pages are, and one ticket per state and story."""

    url: str
    tickets: dict[str, Ticket]
    evidence: Fact
    mail: str

    @cached_property
    def people(self) -> dict[str, User]:
        """The demo's people by login."""
        return read().people

    def cookies(self, login: str, language: str) -> list[dict[str, str]]:
        """What the browser of a signed-in person carries; of a visitor's when there is no `login`."""
        named = {settings.LANGUAGE_COOKIE_NAME: language}
        if login:
            client = Client()
            client.force_login(self.people[login])
            named[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
        return [{"name": name, "value": value, "url": self.url} for name, value in named.items()]


@contextmanager
def serve(mail_folder: Path) -> Iterator[Product]:
    """Load the demo, serve it, empty the tables again."""
    with override_settings(DEMO=True, ROOT_URLCONF=__name__, MAIL_CATCHER_DIR=mail_folder, ALLOWED_HOSTS=["*"]):
        call_command("demo", tickets=6, verbosity=0)
        tickets = Stories(timezone.now()).tell()
        evidence = Fact.objects.get(timeline=tickets["disputed"].timeline_id, is_disputed=True)
        mail = caught.keep(MAIL, ["zhoumin@yifutai.example"], timezone.now())
        server = LiveServer("127.0.0.1")
        yield Product(server.url, tickets, evidence, mail.stem)
        server.stop()
        call_command("flush", interactive=False, verbosity=0)


class Stories:
    """Tickets of the first hospital in the states that the demo does not show there, at minutes before `now`."""

    def __init__(self, now: datetime) -> None:
        self.now, self.world = now, read()
        self.people = self.world.people
        self.site = self.world.sites[cast.PEOPLE[0].hospital]
        self.tiles = {tile.code: tile for tile in FaultTile.objects.select_related("fault_class")}

    def ago(self, minutes: float) -> datetime:
        return self.now - minutes * MINUTE

    def filed(self, tile: str, minutes: float) -> Ticket:
        story = next(story for story in texts.STORIES if story.tile == tile)
        return history.file(self.world, self.site, story, self.tiles, history.random.Random(1), self.ago(minutes))

    def answered(self, tile: str, minutes: float) -> Ticket:
        by = self.people["hejing"]
        return workflow.answer(self.filed(tile, minutes), by=by, text="您好，正在远程检查。", now=self.ago(minutes - 9))

    def solved(self, tile: str, minutes: float) -> Ticket:
        words = {"cause": "接口松动。", "action": "已插紧并复测。"}
        ticket = self.answered(tile, minutes)
        return workflow.resolve(ticket, by=self.people["hejing"], **words, now=self.ago(minutes - 60))

    def failed(self, tile: str, minutes: float) -> Ticket:
        """Remote repair failed, an engineer is named."""
        ticket, operator = self.answered(tile, minutes), self.people["hejing"]
        workflow.remote_failed(ticket, by=operator, reason="重启无效。", now=self.ago(minutes - 20))
        return workflow.assign(ticket, to=self.people["lihang"], by=operator, now=self.ago(minutes - 21))

    def disputed(self) -> Ticket:
        """An arrival from a phone whose clock runs an hour ahead waits for a lead's word."""
        ticket, engineer = self.failed("no_power", 150), self.people["lihang"]
        workflow.depart(ticket, by=engineer, now=self.ago(100))
        said = Evidence(self.ago(-50), "phone", 3_600_000)
        return workflow.arrive(ticket, by=engineer, evidence=said, now=self.now)

    def tell(self) -> dict[str, Ticket]:
        nurse, lead = self.people["zhoumin"], self.people["linxiao"]
        told = {
            "new": self.filed("no_sound", 20),
            "dispatch": self.failed("no_picture", 90),
            "closed": workflow.confirm(self.solved("choppy", 500), by=nurse, now=self.ago(400)),
            "again": workflow.reopen(self.solved("choppy", 600), by=nurse, reason="又断了。", now=self.ago(30)),
            "cancelled": workflow.cancel(
                self.answered("other", 200), by=self.people["hejing"], reason="医院来电撤回。", now=self.ago(150)
            ),
            "disputed": self.disputed(),
        }
        ours = Ticket.objects.filter(hospital=self.site.hospital).exclude(pk__in=[t.pk for t in told.values()])
        told |= {state: ours.get(status=state) for state in ("remote", "travel")}
        told["solved"] = ours.filter(status="solved").latest("created_at")
        told |= {state: Ticket.objects.filter(status=state).earliest("created_at") for state in ("waiting", "on_site")}
        told["late"] = Ticket.objects.filter(status="travel", hospital__city="德阳").get()
        workflow.offer_owner(told["remote"], to=self.people["chensiyuan"], by=self.people["hejing"], now=self.now)
        SavedFilter.objects.create(person=lead, name="绵阳的", query="q=绵阳", is_shared=True)
        SavedFilter.objects.create(person=lead, name="一级", query="priority=1")
        return told
