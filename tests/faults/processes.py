"""Real processes that can be killed, and a gate in the database that stops one at an exact point.

None of our code is patched: the gate is a trigger that waits for an advisory lock, which the test holds.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from django.db import connection

SWEEP = "import django; django.setup(); from sla.sweep import sweep; sweep()"
GATE = 73_001
PATIENCE = 60.0


@dataclass
class Process:
    """A child with a session of its own; `name` is what PostgreSQL calls its connections."""

    name: str
    child: subprocess.Popen[bytes]

    def kill(self) -> None:
        """kill -9 it and everything it started; nothing if it has ended (its number may be another's by now)."""
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def finished(self) -> int:
        return self.child.wait(PATIENCE)

    def is_halted(self) -> bool:
        """Whether one of its transactions waits at the gate."""
        return bool(_sessions(self.name, "AND wait_event_type = 'Lock' AND wait_event = 'advisory'"))

    def is_forgotten(self) -> bool:
        """Whether PostgreSQL has noticed that it is gone: nothing of it holds a lock any more."""
        return not _sessions(self.name)


@contextmanager
def process(name: str, arguments: list[str], environment: dict[str, str]) -> Iterator[Process]:
    """A Python process that never outlives the test."""
    child = subprocess.Popen(
        [sys.executable, *arguments], env={**environment, "PGAPPNAME": name}, start_new_session=True
    )
    started = Process(name, child)
    try:
        yield started
    finally:
        started.kill()


def sweeper(name: str, environment: dict[str, str], code: str = SWEEP) -> AbstractContextManager[Process]:
    """One sweep in a process of its own."""
    return process(name, ["-c", code], environment)


def worker(name: str, environment: dict[str, str], children: int = 1) -> AbstractContextManager[Process]:
    """A Celery worker on the engine's queue, as `./desk up` starts it."""
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING"]
    queue = ["-Q", "engine", "-c", str(children), "-n", f"{name}@%h"]
    return process(name, ["-m", "celery", "-A", "servicedesk", "worker", *queue, *quiet], environment)


class Gate:
    """Closed while the test holds its lock; whoever inserts into the table has to wait."""

    def open(self) -> None:
        """Let everybody through from now on."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")


@contextmanager
def gate_before(table: str) -> Iterator[Gate]:
    """Every INSERT into `table` by another session stops before its first row until the gate opens."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        cursor.execute(f"""
            CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock({GATE}); RETURN NULL; END'""")
        cursor.execute(f"""
            CREATE TRIGGER gate BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION wait_at_gate()""")
    gate = Gate()
    try:
        yield gate
    finally:
        gate.open()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER gate ON {table}")
            cursor.execute("DROP FUNCTION wait_at_gate()")


def wait_for(what: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Look again and again until it is so; AssertionError when patience (s) runs out."""
    deadline = time.monotonic() + patience
    while not what():
        assert time.monotonic() < deadline, f"{what} did not come true within {patience} s"
        time.sleep(0.05)


def _sessions(name: str, condition: str = "") -> list[tuple[int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pid FROM pg_stat_activity WHERE application_name = %s {condition}", [name])
        return list(cursor.fetchall())
