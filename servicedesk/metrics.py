"""What the processes count themselves: requests in files that all workers of a web server share, tasks in Redis.

Prometheus' client keeps what a process counts in its memory, or, when the environment names a folder (`asgi.py`
does) before this is loaded, in files there, from which any web worker can answer for all. Tasks run in other
containers; they come through Redis, so whoever runs one can count it there.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.core.signals import got_request_exception
from django.db import Error
from django.http import HttpRequest
from prometheus_client import Counter, Histogram
from prometheus_client.core import CounterMetricFamily

log = logging.getLogger(__name__)

# The client's own variable.
FILES = "PROMETHEUS_MULTIPROC_DIR"
SHARED = FILES in os.environ
"""Whether this process counts into files: settled when the client was loaded, whatever is set later."""
STATIC = "static"
NOWHERE = "none"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
REDIS_SECONDS = 0.5

REQUESTS = Histogram(
    "desk_request_seconds", "Time in the server, by route and class of status.", ["route", "status"], buckets=BUCKETS
)
DATABASE_ERRORS = Counter("desk_request_database_errors", "Requests that a database error ended.", ["error"])


def route_of(request: HttpRequest) -> str:
    """The route's name: a fixed set, whatever paths strangers try."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name
    return STATIC if request.path.startswith(settings.STATIC_URL) else NOWHERE


def count_request(route: str, status: int, seconds: float) -> None:
    """One answer."""
    REQUESTS.labels(route, f"{status // 100}xx").observe(seconds)


def count_database_error(**_: Any) -> None:
    """Hears of every request that an exception ended."""
    error = sys.exc_info()[1]
    if isinstance(error, Error):
        DATABASE_ERRORS.labels(type(error).__name__).inc()


got_request_exception.connect(count_database_error)


@cache
def quick_redis(url: str) -> redis.Redis:
    """A client that gives up soon: nothing here is worth waiting for."""
    return redis.Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)


def _tasks_key() -> str:
    return f"{settings.REDIS_NAMESPACE}:tasks"


def count_task(task: str, outcome: str, error: str = "") -> None:
    """One task: `done`, `failed` (with its error's class) or `dropped`. Without Redis it goes uncounted."""
    try:
        quick_redis(settings.REDIS_URL).hincrby(_tasks_key(), f"{task} {outcome} {error}", 1)
    except (redis.RedisError, OSError) as gone:
        log.warning("a task goes uncounted: %s", gone)


def tasks() -> Iterator[CounterMetricFamily]:
    """Tasks so far; begins anew with an empty Redis, as Prometheus' counters may. Nothing without Redis."""
    family = CounterMetricFamily("desk_tasks", "Tasks run, by name and outcome.", labels=["task", "outcome", "error"])
    try:
        counts: dict[bytes, bytes] = quick_redis(settings.REDIS_URL).hgetall(_tasks_key())  # type: ignore[assignment]
    except (redis.RedisError, OSError):
        return
    for field, count in counts.items():
        family.add_metric(field.decode().split(" "), int(count))
    yield family
