"""Faults that other programs file through the API."""

from __future__ import annotations

import json
import random
from datetime import datetime

from django.urls import reverse

from people import tokens
from people.models import ApiToken, Role, User
from servicedesk.bench import floor
from servicedesk.bench.load import UNIQUE, Answers, Job, Request, run
from servicedesk.bench.pages import CLIENTS, Effort
from servicedesk.bench.report import Figure, of_times
from servicedesk.bench.web import Web
from servicedesk.bench.world import vocabulary
from servicedesk.demo import texts
from tickets.models import Ticket

PERSONS = 60
"""So many hospitals file: none of them comes near the number of requests that one person is allowed."""
LEAST = 100


class Lost(RuntimeError):
    """Not every answered request made a ticket, or some made two."""


def measure(server: Web, effort: Effort, now: datetime) -> list[Figure]:
    """One client, then eight; each with an idempotency key, as a program should."""
    port, asked = server.port, requests(server.port, now)
    _file(Job(port, asked, clients=CLIENTS, requests=min(len(asked), effort.requests), mark="warm"))
    one = _file(Job(port, asked, requests=effort.requests, mark="one"))
    used = server.cpu()
    eight = _file(Job(port, asked, clients=CLIENTS, seconds=effort.seconds, mark="eight"))
    used = server.cpu() - used
    alone, _ = floor.inserts(1, min(effort.seconds, 3))
    _, together = floor.inserts(CLIENTS, min(effort.seconds, 3))
    return [
        of_times("create by API: server time, one client", one.server, floor=alone.p95, floor_of="one insert, p95"),
        Figure("create by API: one client", "tickets/s", one.per_second, floor=1000 / alone.p50, floor_of="inserts"),
        Figure(
            "create by API: eight clients",
            "tickets/s",
            eight.per_second,
            p50=eight.client.p50,
            p95=eight.client.p95,
            goal=LEAST,
            at_least=True,
            floor=together,
            floor_of="inserts, eight clients",
        ),
        Figure("create by API: processor time of the web process", "ms", used / len(eight.client.ms)),
    ]


def requests(port: int, now: datetime) -> list[Request]:
    """One request of each of `PERSONS` hospitals."""
    nurses = User.objects.filter(role=Role.HOSPITAL_STAFF, is_demo=False).select_related("hospital").order_by("pk")
    stories = [story for story in texts.STORIES if story.kind == "fault" and story.device == "terminal"]
    symptoms, chance = vocabulary()["symptoms"], random.Random(5)  # noqa: S311 - made-up faults
    found = []
    for nurse in nurses[:PERSONS]:
        story = chance.choice(stories)
        device = nurse.hospital.devices.filter(model__kind="terminal").first() if nurse.hospital else None
        body = {
            "title": f"{story.title} {UNIQUE}",
            "description": f"{story.words}{chance.choice(symptoms)}。",
            "tile": story.tile,
            "device": device.pk if device else None,
        }
        _token, text = tokens.make(nurse, name="bench", scope=ApiToken.Scope.WRITE, days=1, by=nurse, now=now)
        headers = {
            "Host": f"localhost:{port}",
            "Authorization": f"Bearer {text}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"bench-{now.timestamp():.0f}-{UNIQUE}",
        }
        content = json.dumps(body, ensure_ascii=False)
        found.append(Request(reverse("api:tickets"), headers, "POST", content, status=201))
    return found


def _file(job: Job) -> Answers:
    before = Ticket.objects.order_by("-pk").values_list("pk", flat=True)[0]
    answers = run(job)
    made = Ticket.objects.filter(pk__gt=before).count()
    if made != len(answers.client.ms):
        raise Lost(f"{len(answers.client.ms)} answers, {made} tickets")
    return answers
