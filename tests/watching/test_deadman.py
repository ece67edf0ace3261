"""The dead-man's switch (I11): called after good sweeps by nobody's way but its own, silent after all others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection
from django.db.utils import Error
from pytest_django import Settings

from servicedesk.faults.gates import wait_for
from sla import deadman, tasks
from sla.models import Heartbeat
from sla.sweep import Swept
from tests.watching.heard import listening

pytestmark = pytest.mark.django_db
SECRET = "0b1f-the-secret-of-the-address"


class Watcher(ThreadingHTTPServer):
    """Somebody outside who writes down each call, and answers when (and as) the test lets him."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.heard: list[str] = []
        self.status = 200
        self.may_answer = threading.Event()
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/ping/{SECRET}"


class Answer(BaseHTTPRequestHandler):
    server: Watcher

    def do_GET(self) -> None:
        self.server.heard.append(self.path)
        self.server.may_answer.wait(30)
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def watcher(settings: Settings) -> Iterator[Watcher]:
    server = Watcher()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.DEADMAN_URL = server.url
    deadman.switch.cache_clear()
    yield server
    server.may_answer.set()
    finish()
    server.shutdown()
    server.server_close()


def finish() -> None:
    """Wait for a call that is under way."""
    for thread in threading.enumerate():
        if thread.name == "deadman":
            thread.join(30)


def test_each_good_sweep_calls_the_address_but_not_too_often(watcher: Watcher, settings: Settings) -> None:
    tasks.sweep()
    finish()
    assert watcher.heard == [f"/ping/{SECRET}"]
    tasks.sweep()
    finish()
    assert len(watcher.heard) == 1
    settings.DEADMAN_SECONDS = 0
    tasks.sweep()
    finish()
    assert len(watcher.heard) == 2


def test_a_sweep_that_fails_calls_nobody(watcher: Watcher) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sla_heartbeat ADD CONSTRAINT full_disk CHECK (took_ms < 0) NOT VALID")
    with pytest.raises(Error):
        tasks.sweep()
    finish()
    assert watcher.heard == []


def test_a_sweep_that_set_rows_aside_is_no_good_one(watcher: Watcher) -> None:
    deadman.report(Swept(due=3, fired=2, set_aside=1))
    finish()
    assert watcher.heard == []


def test_an_address_that_does_not_answer_holds_up_no_sweep(watcher: Watcher, settings: Settings) -> None:
    settings.DEADMAN_SECONDS = 0
    watcher.may_answer.clear()
    for _ in range(3):
        tasks.sweep()
    # All three have committed while the one call still waits for its answer.
    assert Heartbeat.objects.count() == 3
    wait_for(lambda: watcher.heard == [f"/ping/{SECRET}"])


def test_an_address_that_is_not_there_is_told_in_the_log_without_its_secret(settings: Settings) -> None:
    settings.DEADMAN_URL = f"http://127.0.0.1:1/ping/{SECRET}"
    deadman.switch.cache_clear()
    with listening() as log:
        tasks.sweep()
        finish()
    line = log.only("sla.deadman")
    assert line["event"] == "the dead-man's switch at 127.0.0.1 was not heard: ConnectionError"
    assert SECRET not in log.text


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_other_than_yes_is_told_and_leads_nowhere_else(watcher: Watcher, status: int) -> None:
    watcher.status = status
    with listening() as log:
        tasks.sweep()
        finish()
    assert log.only("sla.deadman")["event"].endswith(f"was not heard: answers {status}")
    assert len(watcher.heard) == 1


def test_without_an_address_nobody_is_called(settings: Settings) -> None:
    settings.DEADMAN_URL = ""
    deadman.switch.cache_clear()
    tasks.sweep()
    assert not [thread for thread in threading.enumerate() if thread.name == "deadman"]
