"""The pages under load: time on the server with one client, answers a second with eight, queries, bare SQL."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
PHONE = "5a1f3d1e-7f0a-4c8e-9a53-1b6e0f2d4c70"
"""What the phone that asks calls itself."""
COMMON_WORDS = ("画面", "没有声音", "会诊", "蓝屏")


@dataclass(frozen=True)
class Effort:
    """How much is measured: requests of one client, seconds of load by eight, addresses whose queries are counted."""

    requests: int
    seconds: float
    counted: int


@dataclass(frozen=True)
class Page:
    """A page by its addresses, each different, and its goals; `login` and `headers`: who asks for it, and how."""

    name: str
    paths: Sequence[str]
    queries: int | None = None
    p95: float | None = None
    per_second: float | None = None
    login: str = f"chensiyuan@{cast.MAIL_DOMAIN}"
    headers: Mapping[str, str] = field(default_factory=dict)


def pages(chance: random.Random) -> list[Page]:
    """The pages that the company looks at all day."""
    numbers = list(Ticket.objects.order_by("?").values_list("number", flat=True)[:30])
    numbers += Ticket.objects.unfinished().order_by("?").values_list("number", flat=True)[:30]
    tickets = [reverse("console:ticket", args=[number]) for number in numbers]
    onsite = Ticket.objects.filter(parts__isnull=False).values_list("number", flat=True)
    board, engineer = reverse("console:dispatch"), User.objects.filter(bookings__isnull=False).order_by("pk")[0]
    searches = [f"{reverse('console:queue')}?q={quote(text)}" for text in _asked_for(chance)]
    return [
        Page("queue", [reverse("console:queue")], 10, 60, 40),
        Page("ticket", tickets, 10, 60, 40),
        Page("wall", [reverse("wall")], 10, 60, 40),
        Page("search", searches, None, 100, None),
        Page("ticket with a visit and parts", [reverse("console:ticket", args=[number]) for number in onsite], 10, 60),
        Page("dispatch board, a week", [f"{board}?view=week"], 8, 120),
        Page("dispatch board, a day", [board], 8),
        Page("phone's pack", [reverse("field:pack")], login=str(engineer.email), headers={"X-Phone": PHONE}),
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


def signed_in(email: str) -> Client:
    """Whoever has this address, signed in."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(email=email))
    return client


def measure(server: Web, effort: Effort) -> list[Figure]:
    """Every page's figures, and the hello-world page's before them."""
    port = server.port
    plain = {"Host": f"localhost:{port}"}
    hello = [Request(reverse("health"), plain)]
    run(Job(port, hello, clients=CLIENTS, requests=50))
    one = run(Job(port, hello, requests=effort.requests))
    eight = run(Job(port, hello, clients=CLIENTS, seconds=effort.seconds))
    found = [
        of_times("hello world, one client", one.server),
        Figure("hello world, eight clients", "requests/s", eight.per_second),
    ]
    for page in pages(random.Random(1)):  # noqa: S311 - which words are searched for
        client = signed_in(page.login)
        cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        asked = [Request(path, {**plain, "Cookie": cookie, **page.headers}) for path in page.paths]
        run(Job(port, asked, clients=CLIENTS, requests=min(2 * len(asked), effort.requests)))
        found += _figures(page, client, asked, server, effort, eight)
    return found


def _figures(
    page: Page, client: Client, asked: Sequence[Request], server: Web, effort: Effort, hello: Answers
) -> Iterator[Figure]:
    texts = [queries(client, path, page.headers) for path in page.paths[:: -(-len(page.paths) // effort.counted)]]
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


def queries(client: Client, path: str, headers: Mapping[str, str]) -> list[str]:
    """The statements of one page, asked for twice: what a process keeps in memory is there the second time."""
    client.get(path, headers=headers)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path, headers=headers)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}")
    return [query["sql"] for query in captured]
