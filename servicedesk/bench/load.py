"""The load generator: a process of its own with kept connections, as light as a client in Python can be.

`python -m servicedesk.bench.load` reads a job from standard input and prints the answers' times, both as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from itertools import count

from servicedesk.bench.scratch import ROOT
from servicedesk.bench.timing import Times

TIMING = "app;dur="
UNIQUE = "%N%"
"""Stands for a number that no other request of this job has, in headers and body."""


@dataclass(frozen=True)
class Request:
    """What is asked, and the status that the answer must have."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: str = ""
    status: int = 200


@dataclass(frozen=True)
class Job:
    """The requests in turn from `clients` clients, until there were `requests` or `seconds` are over."""

    port: int
    asked: Sequence[Request]
    clients: int = 1
    requests: int = 1_000_000
    seconds: float = 600.0
    mark: str = ""
    """Makes the unique numbers of one job different from another's."""


@dataclass(frozen=True)
class Answers:
    """The times of all answers: `server` as the server tells them, `client` as the client saw them; seconds in all."""

    server: Times
    client: Times
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.client.ms) / self.seconds


class UnexpectedAnswer(RuntimeError):
    """The server answered with another status than it should have."""


def run(job: Job) -> Answers:
    """Put the load on from another process. UnexpectedAnswer when an answer is not what it should be."""
    command = [sys.executable, "-m", "servicedesk.bench.load"]
    done = subprocess.run(command, input=json.dumps(asdict(job)), capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise UnexpectedAnswer(done.stderr.strip().splitlines()[-1])
    found = json.loads(done.stdout)
    return Answers(Times(found["server"]), Times(found["client"]), found["seconds"])


class _Crowd:
    """The clients of one job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.numbers = count()
        self.server: list[float] = []
        self.client: list[float] = []
        self.trouble: list[str] = []

    def go(self) -> float:
        """Run the job; returns its seconds."""
        threads = [threading.Thread(target=self.one) for _ in range(self.job.clients)]
        started = time.perf_counter()
        self.until = started + self.job.seconds
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - started

    def one(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.job.port, timeout=60)
        while (number := next(self.numbers)) < self.job.requests and time.perf_counter() < self.until:
            asked = self.job.asked[number % len(self.job.asked)]
            name = f"{self.job.mark}{number}"
            headers = {key: value.replace(UNIQUE, name) for key, value in asked.headers.items()}
            started = time.perf_counter()
            connection.request(asked.method, asked.path, asked.body.replace(UNIQUE, name).encode() or None, headers)
            answer = connection.getresponse()
            text = answer.read()
            self.client.append((time.perf_counter() - started) * 1000)
            if answer.status != asked.status:
                self.trouble.append(f"{asked.method} {asked.path}: {answer.status} {text[:300]!r}")
                return
            self.server.append(float(answer.headers["Server-Timing"].removeprefix(TIMING)))


def main() -> int:
    """Entry point of the process."""
    given = json.load(sys.stdin)
    given["asked"] = [Request(**asked) for asked in given["asked"]]
    crowd = _Crowd(Job(**given))
    seconds = crowd.go()
    if crowd.trouble:
        print(crowd.trouble[0], file=sys.stderr)
        return 1
    json.dump({"server": crowd.server, "client": crowd.client, "seconds": seconds}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
