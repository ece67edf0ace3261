"""The real processes of `./desk up`, to be hit one by one; and more of them than there should be."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from servicedesk.celery import app as celery
from servicedesk.faults.gates import wait_for

STOP_SECONDS = 20
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING")


@dataclass
class Desk:
    """`./desk up` in a process of its own: `folder` is its run directory, `names` its parts (none: all)."""

    environment: dict[str, str]
    folder: Path
    names: Sequence[str] = ()
    up: subprocess.Popen[bytes] = field(init=False)

    @property
    def log(self) -> Path:
        return self.folder / "up.log"

    def start(self) -> None:
        """Start it; its output goes to `log`."""
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "servicedesk.up", *self.names]
            self.up = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, process_group=0
            )

    def until(self, what: Callable[[], object], patience: float) -> None:
        """Wait until it is so. AssertionError when patience (s) runs out, or when the desk has given up."""
        wait_for(lambda: self.up.poll() is not None or what(), patience)
        if self.up.poll() is not None:
            raise AssertionError(f"the desk could not stay up; see {self.log}")

    def stop(self) -> None:
        """Ask it to end, with everything that it started."""
        if self.up.poll() is None:
            self.up.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.up.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self.up.pid, signal.SIGKILL)
        self.up.wait()

    def pid(self, part: str) -> int:
        """The process number of a part; that of its group too. 0 before it was started."""
        with suppress(FileNotFoundError, ValueError):
            return int((self.folder / "pids" / part).read_text())
        return 0

    def hit(self, part: str, number: signal.Signals) -> None:
        """Send a signal to a part and all its children."""
        os.killpg(self.pid(part), number)

    def kill(self, part: str) -> None:
        """kill -9 a part; returns when its successor was started."""
        before = self.pid(part)
        self.hit(part, signal.SIGKILL)
        wait_for(lambda: self.pid(part) != before)

    @contextmanager
    def halted(self, *parts: str) -> Iterator[None]:
        """Some parts stand still, alive and silent."""
        for part in parts:
            self.hit(part, signal.SIGSTOP)
        try:
            yield
        finally:
            for part in parts:
                self.hit(part, signal.SIGCONT)

    @contextmanager
    def sweepers(self, count: int) -> Iterator[None]:
        """So many sweepers too many, all of them ready."""
        name = f"second@{socket.gethostname()}"
        with self.besides("servicedesk", "worker", "-Q", "engine", "-c", str(count), "-n", name, *QUIET):
            # A connection of its own: one that was kept from before may have ended with a Redis that was killed.
            with celery.connection_for_write() as broker:
                wait_for(lambda: celery.control.ping(destination=[name], timeout=1, connection=broker))
            yield

    @contextmanager
    def beats(self, count: int) -> Iterator[None]:
        """So many schedulers too many, with a tick every 0.2 s."""
        with ExitStack() as stack:
            for number in range(count):
                schedule = str(self.folder / f"schedule{number}")
                options = ("beat", "--pidfile=", "-l", "WARNING", "-s", schedule)
                stack.enter_context(self.besides("servicedesk.faults.quick_beat", *options))
            yield

    @contextmanager
    def besides(self, app: str, *arguments: str) -> Iterator[None]:
        """One more Celery process (`worker …` or `beat …`) next to those of the desk."""
        command = [sys.executable, "-W", "ignore:You", "-m", "celery", "-q", "-A", app, *arguments]
        with (self.folder / "besides.log").open("ab") as log:
            child = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0
            )
        try:
            yield
        finally:
            child.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.wait(STOP_SECONDS)
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
