"""Faults of processes and servers: killed, hung, flushed, restarted."""

from __future__ import annotations

import signal
import time
from collections import Counter
from functools import partial

from django.conf import settings
from django.db import connection
from redis import Redis

from servicedesk import embedded
from servicedesk.faults.drill import Drill, Fault
from servicedesk.faults.gates import gate_before, wait_for
from sla.models import Heartbeat
from sla.sweep import database_now

FEW = 12
QUEUED = 300
REDIS_RESTARTS = 5
CUTS = 4
SILENCE = 15
LEASE_AND_MORE = 150.0


def killed_in_sweep(drill: Drill, table: str) -> None:
    """F01: at the gate the sweep stands exactly before its INSERT into `table`."""
    tickets = drill.file(FEW)
    with gate_before(table) as gate:
        drill.tick()
        wait_for(gate.halted)
        drill.desk.kill("engine")
    drill.until_paged(tickets)


def killed_after_taken(drill: Drill) -> None:
    """F02: the mail server has said 250, the attempt is not written down yet; the repeat has the same Message-ID."""
    before = len(drill.receipts())
    with gate_before("notifications_attempt") as gate:
        drill.file(2)
        wait_for(gate.halted)
        hit = drill.under_way()
        drill.desk.kill("sender")
        hit |= drill.under_way()
    drill.excuse(hit)
    wait_for(lambda: not hit & drill.under_way(), LEASE_AND_MORE)
    copies = Counter(receipt.message_id for receipt in drill.receipts()[before:])
    assert max(copies.values(), default=0) == 2, "the letter in the window did not come a second time"


def beat_killed(drill: Drill) -> None:
    """F04: killed, and again when it is back; the sweeps go on."""
    for _ in range(2):
        drill.desk.kill("beat")
        drill.until_swept()
    drill.until_paged(drill.file(FEW))


def redis_flushed(drill: Drill) -> None:
    """F06: tasks wait, bindings and locks stand in Redis, and all of it goes at once."""
    with drill.desk.halted("engine"):
        tickets = drill.file(FEW)
        for _ in range(QUEUED):
            drill.tick()
        with Redis.from_url(settings.REDIS_URL) as redis:
            redis.flushall()
    drill.until_paged(tickets)
    drill.until_swept()


def redis_restarted(drill: Drill) -> None:
    """F07: five restarts in a row, the last after a while without any Redis; then everybody takes tasks again."""
    redis = embedded.Redis()
    tickets = drill.file(FEW)
    for number in range(REDIS_RESTARTS):
        redis.stop()
        time.sleep(SILENCE if number == REDIS_RESTARTS - 1 else 0.3)
        redis.start()
    drill.until_paged(tickets)
    drill.until_swept()


def postgres_killed_in_sweep(drill: Drill) -> None:
    """F09: an immediate shutdown while a sweep has written pages and not committed them."""
    server = embedded.Postgres()
    tickets = drill.file(FEW)
    with gate_before("sla_page_recipients") as gate:
        drill.tick()
        wait_for(gate.halted)
        server.pg("pg_ctl", "stop", "-w", "-s", "-m", "immediate")
        server.start()
        connection.close()
    drill.excuse()
    drill.until_paged(tickets)


def sessions_cut(drill: Drill) -> None:
    """F10: every session of the desk is terminated, again and again."""
    tickets = drill.file(FEW)
    for _ in range(CUTS):
        drill.tick()
        time.sleep(1)
        with connection.cursor() as cursor:
            cursor.execute("""
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()""")
        drill.excuse()
    drill.until_paged(tickets)


def mail_hangs(drill: Drill) -> None:
    """F15: the mail server takes connections and says nothing; pages are written all the same."""
    with drill.desk.halted("mail"):
        # It may have taken a letter already and not said so.
        drill.excuse()
        drill.until_paged(drill.file(FEW))
        time.sleep(SILENCE)


def mail_killed(drill: Drill) -> None:
    """F16: the mail server is gone in the middle of its work."""
    tickets = drill.file(FEW)
    wait_for(drill.under_way)
    drill.desk.hit("mail", signal.SIGSTOP)
    drill.excuse()
    drill.desk.kill("mail")
    drill.until_paged(tickets)


def worker_hung(drill: Drill) -> None:
    """F03: the engine stands still with its locks held and goes on later; nobody else's work is done twice."""
    tickets = drill.file(FEW)
    with gate_before("sla_page_recipients") as gate:
        drill.tick()
        wait_for(gate.halted)
        beats, now = Heartbeat.objects.count(), database_now()
        with drill.desk.halted("engine"):
            gate.open()
            with drill.desk.sweepers(1):
                drill.until_paged(drill.file(FEW))
        assert Heartbeat.objects.count() > beats, f"nobody else swept since {now}"
    drill.until_paged(tickets)


OUTAGES = (
    Fault(
        "F01a",
        "kill -9 of the engine in a sweep: locks taken, no page written",
        partial(killed_in_sweep, table="sla_page"),
    ),
    Fault(
        "F01b",
        "kill -9 of the engine in a sweep: pages written, nothing committed",
        partial(killed_in_sweep, table="sla_page_recipients"),
    ),
    Fault(
        "F01c",
        "kill -9 of the engine in a sweep: committed, no heartbeat yet",
        partial(killed_in_sweep, table="sla_heartbeat"),
    ),
    Fault("F02", "kill -9 of the sender: letter taken by the server, not written down", killed_after_taken),
    Fault("F03", "SIGSTOP of the engine with its locks held, SIGCONT later", worker_hung),
    Fault("F04", "kill -9 of beat, twice", beat_killed),
    Fault("F06", "Redis flushed with tasks waiting", redis_flushed),
    Fault("F07", "Redis restarted five times, then away", redis_restarted),
    Fault("F09", "PostgreSQL killed in the middle of a sweep", postgres_killed_in_sweep),
    Fault("F10", "all database sessions terminated, again and again", sessions_cut),
    Fault("F15", "mail server takes connections and says nothing", mail_hangs),
    Fault("F16", "kill -9 of the mail server at work", mail_killed),
)
