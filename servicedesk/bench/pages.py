"""The pages under load: time on the server with one client, answers a second with eight, queries, bare SQL."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people.models import User
from servicedesk.bench import floor
from servicedesk.bench.load import Answers, Job, Request, run
from servicedesk.bench.report import Figure, of_times
from servicedesk.bench.web import Web
from servicedesk.bench.world import vocabulary
from servicedesk.demo import cast
from tickets.models import Ticket

CLIENTS = 8
COMMON_WORDS = ("画面", "没有声音", "会诊", "蓝屏")


@dataclass(frozen=True)
class Effort:
    """How much is measured: requests of one client, seconds of load by eight, addresses whose queries are counted."""

    requests: int
    seconds: float
    counted: int


@dataclass(frozen=True)
class Page:
    """A page by its addresses, each different, and its goals."""

    name: str
    paths: Sequence[str]
    queries: int | None
    p95: float
    per_second: float | None


def pages(chance: random.Random) -> list[Page]:
    """The pages that the company looks at all day."""
    numbers = list(Ticket.objects.order_by("?").values_list("number", flat=True)[:30])
    numbers += Ticket.objects.unfinished().order_by("?").values_list("number", flat=True)[:30]
    tickets = [reverse("console:ticket", args=[number]) for number in numbers]
    searches = [f"{reverse('console:queue')}?q={quote(text)}" for text in _asked_for(chance)]
    return [
        Page("queue", [reverse("console:queue")], 10, 60, 40),
        Page("ticket", tickets, 10, 60, 40),
        Page("wall", [reverse("wall")], 10, 60, 40),
        Page("search", searches, None, 100, None),
    ]


def _asked_for(chance: random.Random) -> Iterator[str]:
    """What people type: a phone number, a serial, a hospital, a fault in a hospital, and words that are everywhere."""
    symptoms, departments = vocabulary()["symptoms"], vocabulary()["departments"]
    for ticket in Ticket.objects.select_related("hospital", "device").order_by("?")[:12]:
        yield ticket.contact_phone
        yield ticket.device.serial if ticket.device else ticket.number
        yield ticket.hospital.name
        yield f"{ticket.hospital.short_name} {chance.choice(symptoms)}"
        yield f"{chance.choice(departments)} {chance.choice(symptoms)}"
    yield from COMMON_WORDS


def operator() -> Client:
    """Somebody of the hotline, signed in."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(email=f"chensiyuan@{cast.MAIL_DOMAIN}"))
    return client


def measure(server: Web, effort: Effort) -> list[Figure]:
    """Every page's figures, and the hello-world page's before them."""
    client, port = operator(), server.port
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    headers = {"Host": f"localhost:{port}", "Cookie": cookie}
    hello = [Request(reverse("health"), headers)]
    run(Job(port, hello, clients=CLIENTS, requests=50))
    one = run(Job(port, hello, requests=effort.requests))
    eight = run(Job(port, hello, clients=CLIENTS, seconds=effort.seconds))
    found = [
        of_times("hello world, one client", one.server),
        Figure("hello world, eight clients", "requests/s", eight.per_second),
    ]
    for page in pages(random.Random(1)):  # noqa: S311 - which words are searched for
        asked = [Request(path, headers) for path in page.paths]
        run(Job(port, asked, clients=CLIENTS, requests=min(2 * len(asked), effort.requests)))
        found += _figures(page, client, asked, server, effort, eight)
    return found


def _figures(
    page: Page, client: Client, asked: Sequence[Request], server: Web, effort: Effort, hello: Answers
) -> Iterator[Figure]:
    texts = [queries(client, path) for path in page.paths[:: -(-len(page.paths) // effort.counted)]]
    most = max(map(len, texts))
    yield Figure(f"{page.name}: queries", "queries", most, goal=page.queries)
    bare = floor.statements(max(texts, key=len), effort.requests // 4)
    one = run(Job(server.port, asked, requests=effort.requests))
    yield of_times(
        f"{page.name}: server time, one client", one.server, goal=page.p95, floor=bare.p95, floor_of="bare SQL, p95"
    )
    used = server.cpu()
    eight = run(Job(server.port, asked, clients=CLIENTS, seconds=effort.seconds))
    used = server.cpu() - used
    yield Figure(
        f"{page.name}: eight clients",
        "requests/s",
        eight.per_second,
        p50=eight.client.p50,
        p95=eight.client.p95,
        goal=page.per_second,
        at_least=True,
        floor=hello.per_second,
        floor_of="hello world",
    )
    yield Figure(f"{page.name}: processor time of the web process", "ms", used / len(eight.client.ms))


def queries(client: Client, path: str) -> list[str]:
    """The statements of one page, asked for twice: what a process keeps in memory is there the second time."""
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}")
    return [query["sql"] for query in captured]
