"""`./desk up --clock`: a later day on a copy of the demo; its present is left alone, production refuses it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django import Settings

from servicedesk import moved_clock
from servicedesk.moved_clock import ClockError, days_ahead
from servicedesk.up import days_of_clock
from tests.factories import OperatorFactory

ROOT = Path(settings.BASE_DIR)
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TELL_TIME = """
import django, os, time
django.setup()
from datetime import datetime
from django.utils import timezone
assert abs(timezone.now().timestamp() - time.time()) < 1
if os.fork() == 0:  # as the web server and Celery make their workers
    print(timezone.now().isoformat(), flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.parametrize(("text", "days"), [("2026-11-23", 1), ("2027-08-01", 252), ("+90d", 90), ("+7", 7)])
def test_a_day_or_a_number_of_days_says_how_far_ahead(text: str, days: int) -> None:
    assert days_ahead(text, TODAY) == days


@pytest.mark.parametrize("text", ["2026-11-22", "2026-11-21", "+0d", "+99999999999", "2099-01-01", "-5d", "soon", "+d"])
def test_the_past_and_what_is_no_day_are_refused(text: str) -> None:
    with pytest.raises(ClockError):
        days_ahead(text, TODAY)


def test_only_a_whole_demo_on_the_embedded_servers_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DESK_ENV", "demo")
    assert days_of_clock("+5d", [], NOW) == 5
    assert days_of_clock("", ["web"], NOW) == 0
    with pytest.raises(ClockError):
        days_of_clock("+5d", ["web"], NOW)
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example.org/desk")
    with pytest.raises(ClockError):
        days_of_clock("+5d", [], NOW)


def process(**variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "servicedesk.settings", **variables}
    return subprocess.run(
        [sys.executable, "-c", TELL_TIME], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_process_of_the_moved_demo_and_its_children_live_ahead() -> None:
    before = datetime.now(UTC)
    done = process(DESK_ENV="demo", DEMO_CLOCK_DAYS="252")
    told = datetime.fromisoformat(done.stdout.strip()) - timedelta(days=252)
    assert before < told < datetime.now(UTC)


@pytest.mark.parametrize("kind", ["production", "test"])
def test_nothing_but_the_demo_starts_with_a_moved_clock(kind: str) -> None:
    done = process(DESK_ENV=kind, SECRET_KEY="k" * 60, DEMO_CLOCK_DAYS="1")
    assert "ImproperlyConfigured: DEMO_CLOCK_DAYS" in done.stderr


@contextmanager
def source_database() -> Iterator[tuple[str, str]]:
    """A database beside the tests' own, and its address."""
    name = f"{connection.settings_dict['NAME']}_src"
    url = os.environ["DATABASE_URL"].replace("/desk?", f"/{name}?")
    server = url.replace(f"/{name}?", "/postgres?")
    moved_clock._execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
    try:
        yield url, name
    finally:
        moved_clock._execute(server, *(f"DROP DATABASE IF EXISTS {one} WITH (FORCE)" for one in (name, f"{name}_to")))


def ask(url: str, question: str) -> tuple[object, ...]:
    with closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
        cursor.execute(question)
        row: tuple[object, ...] = cursor.fetchone()  # type: ignore[assignment]
        return row


@pytest.mark.skipif("/desk?" not in os.environ.get("DATABASE_URL", ""), reason="needs the embedded server")
@pytest.mark.django_db
def test_the_copy_holds_the_demo_and_its_database_lives_ahead_while_the_demo_does_not() -> None:
    clocks = "SELECT word, clock_timestamp() - pg_catalog.clock_timestamp(), now() - pg_catalog.now() FROM kept"
    with source_database() as (url, name):
        moved_clock._execute(url, "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('once')")
        for days in (252, 3):  # a second move begins with the demo again
            target = f"{name}_to"
            moved_clock.copy_database(url, name, target, days)
            copy = url.replace(f"/{name}?", f"/{target}?")
            word, ticking, begun = ask(copy, clocks)
            assert (word, begun) == ("once", timedelta(days=days))
            assert isinstance(ticking, timedelta)
            assert abs(ticking - timedelta(days=days)) < SECOND
            moved_clock._execute(copy, "UPDATE kept SET word = 'changed in the future'")
        assert ask(url, clocks)[0] == "once"
        assert ask(url, clocks)[2] == timedelta(0)


@pytest.mark.django_db
def test_every_page_says_that_the_clock_is_moved(client: Client, settings: Settings) -> None:
    client.force_login(OperatorFactory())
    settings.DEMO_CLOCK_DAYS = 252
    assert "252 days ahead" in client.get("/desk/", headers={"accept-language": "en"}).text
    assert "252" in client.get("/account/login/").text
    settings.DEMO_CLOCK_DAYS = 0
    assert "sd-moved-clock" not in client.get("/desk/").text
