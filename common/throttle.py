"""How often a person's programs may ask (T105)."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView

log = logging.getLogger(__name__)
REDIS_TIMEOUT = 0.5
PAUSE = 5.0
"""Seconds without counting after Redis was not there, or every request would wait for it."""


class PersonThrottle(BaseThrottle):
    """At most `settings.API_REQUESTS_PER_MINUTE` (0: any number) by one person, in each minute of the clock.

    Counted per person: a second token is no second share. Without Redis nobody is refused: a fault
    report must come in on a bad day too (F06-F08).
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        most: int = settings.API_REQUESTS_PER_MINUTE
        person = request.user.pk
        if not most or person is None:
            return True
        self.now = time.time()  # noqa: TID251 - a throttle is as much an edge as a view
        key = f"{settings.REDIS_NAMESPACE}:api:{person}:{int(self.now // 60)}"
        return _counter(settings.REDIS_URL).up(key) <= most

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return 60 - self.now % 60


def count(what: str, now: datetime) -> int:
    """How often `what` has happened in this minute of the clock, this time included; 0 while Redis is away."""
    key = f"{settings.REDIS_NAMESPACE}:count:{what}:{int(now.timestamp() // 60)}"
    return _counter(settings.REDIS_URL).up(key)


class _Counter:
    def __init__(self, url: str) -> None:
        self.redis = redis.Redis.from_url(url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT)
        self.paused_until = 0.0

    def up(self, key: str) -> int:
        """Count one more under `key` and say how many there are; 0 while Redis is away."""
        if time.monotonic() < self.paused_until:
            return 0
        try:
            with self.redis.pipeline(transaction=False) as pipe:
                pipe.incr(key)
                pipe.expire(key, 120)
                return int(pipe.execute()[0])
        except (redis.RedisError, OSError) as error:
            self.paused_until = time.monotonic() + PAUSE
            log.warning("requests are not counted: %s", error)
            return 0


@cache
def _counter(url: str) -> _Counter:
    return _Counter(url)
