"""The benchmark: what it fills is consistent, what it prints is complete. Its figures are not judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg2
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from servicedesk.bench import scratch
from servicedesk.bench.report import markdown

TICKETS = 300
SMALL = ["--tickets", str(TICKETS), "--quick", "--templates", "13", "--copies", "2", "--parts", "20"]
CHECK = """
from collections import Counter
from django.utils import timezone
from sla.audit import differences
from sla.models import Deadline
from tickets.models import Ticket
from tickets.search import index
import json
tickets = Ticket.objects.select_related("hospital", "device").filter(reporter__is_demo=False, channel="portal")
indexed = lambda t: Ticket.objects.filter(pk=t.pk).annotate(made=index(t)).values_list("search", "made")[0]
unlike = [pair for pair in map(indexed, tickets.order_by("?")[:50]) if pair[0] != pair[1]]
print(json.dumps({
    "tickets": tickets.count(),
    "differences": [str(one) for one in differences()][:5],
    "unlike": unlike[:5],
    "states": Counter(tickets.values_list("status", flat=True)),
    "due": Deadline.objects.filter(next_action_at__lt=timezone.now()).count(),
}))
"""
FIGURES = {
    "sweep, nothing due",
    "hours.add",
    "hello world, eight clients",
    "queue: queries",
    "queue: server time, one client",
    "queue: eight clients",
    "ticket: server time, one client",
    "wall: server time, one client",
    "search: server time, one client",
    "ticket with a visit and parts: queries",
    "dispatch board, a week: server time, one client",
    "phone's pack: server time, one client",
    "which depot, 20 parts: all a person waits for",
    "whom to send: queries",
    "create by API: eight clients",
    "web process: memory",
}


def run(*command: str, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=settings.BASE_DIR,
        env={**os.environ, "DESK_ENV": "test", **more},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The URL of the scratch database, which is gone afterwards."""
    base, name = os.environ["DATABASE_URL"], f"{scratch.PREFIX}{TICKETS}"
    yield scratch.url_of(base, name)
    connection = psycopg2.connect(scratch.url_of(base, "postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    connection.close()


def test_a_small_run_fills_what_the_audit_finds_nothing_in_and_prints_every_figure(database: str) -> None:
    printed = json.loads(run("-m", "servicedesk.bench", *SMALL))
    figures = {figure["name"]: figure for figure in printed["figures"]}
    assert set(figures) >= FIGURES
    assert printed["tickets"] == TICKETS
    assert {"cores", "cpu", "memory_gb", "postgresql", "python"} <= set(printed["machine"])
    for figure in figures.values():
        assert figure["value"] > 0
        assert (figure["met"] is None) == (figure["goal"] is None)
    table = markdown(printed)
    assert all(f"| {name} |" in table for name in figures)
    found = json.loads(run("manage.py", "shell", "-v", "0", "-c", CHECK, DATABASE_URL=database))
    assert found["differences"] == []
    assert found["unlike"] == []
    assert found["tickets"] == TICKETS
    assert {"new", "remote", "dispatch", "travel", "on_site", "waiting", "solved", "closed"} <= set(found["states"])


@pytest.mark.django_db
def test_only_a_scratch_database_is_filled() -> None:
    with pytest.raises(CommandError, match="is no scratch database"):
        call_command("bench", tickets=10)
