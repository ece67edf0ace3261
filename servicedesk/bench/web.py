"""The web server as `./desk up` starts it, on the scratch database."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from servicedesk import up
from servicedesk.bench.scratch import ROOT

READY_SECONDS = 60


@dataclass(frozen=True)
class Web:
    """A running server: where it listens, and its processes."""

    port: int
    process: subprocess.Popen[bytes]

    def memory(self) -> list[float]:
        """Resident megabytes of each worker. What they share with the master counts in each of them."""
        return [_memory(pid, "Rss") for pid in self._workers()]

    def share(self) -> list[float]:
        """Megabytes of each worker, of what several share only its share."""
        return [_memory(pid, "Pss") for pid in self._workers()]

    def cpu(self) -> float:
        """Milliseconds of processor that the workers have used so far; what else runs here changes them little."""
        return sum(map(_used, self._workers()))

    def _workers(self) -> list[int]:
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]


def _memory(pid: int, what: str) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:"))


def _used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving() -> Iterator[Web]:
    """Start the server, wait for its first answer, stop it in the end."""
    port = up.any_free_port()
    environment = {"SITE_URL": f"http://localhost:{port}", **os.environ, "LOG_LEVEL": "INFO", "SERVER_TIMING": "1"}
    log = (settings.RUN_DIR / "bench-web.log").open("wb")
    command = up.commands(port, catch_mail=False)["web"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        until = time.monotonic() + READY_SECONDS
        while not up.answers(f"http://127.0.0.1:{port}/healthz"):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the web server did not start; see {log.name}")
            time.sleep(0.1)
        yield Web(port, process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        log.close()
