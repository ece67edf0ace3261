"""Real processes that can be killed; `servicedesk.faults.gates` stops one at an exact point."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from django.db import connection

from servicedesk.faults.gates import PATIENCE

SWEEP = "import django; django.setup(); from sla.sweep import sweep; sweep()"


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


def _sessions(name: str, condition: str = "") -> list[tuple[int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pid FROM pg_stat_activity WHERE application_name = %s {condition}", [name])
        return list(cursor.fetchall())
