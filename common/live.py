"""Live updates: "<topic> <ident> changed", said to every open page that may know, never what changed.

`publish()` is called by verbs in any process and leaves through Redis after the commit. A page
that hears it fetches its fragment with the usual rights checks. Live updates are a comfort: when
Redis is away nothing fails and nothing waits, and the pages poll.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)

STAFF = "desk"
# A publisher that found no Redis keeps quiet for so long, or every request would wait for it.
SILENT_SECONDS = 5.0
REDIS_TIMEOUT = 0.5
SILENCE = 10.0


class Away(Exception):
    """Redis cannot be reached: no live updates for now."""


def of_tenant(tenant: int) -> str:
    """Name of the audience that is one hospital's people."""
    return f"tenant:{tenant}"


def of_person(person: int) -> str:
    """Name of the audience that is one person."""
    return f"person:{person}"


@dataclass(frozen=True, slots=True)
class Event:
    """`topic` `ident` changed. The desk's own people hear it, unless it is for one `person` alone.

    `tenant`: that hospital's people hear it too; leave it out for what they cannot see.
    """

    topic: str
    ident: str
    tenant: int | None = None
    person: int | None = None

    @property
    def audiences(self) -> tuple[str, ...]:
        """Who hears it."""
        if self.person is not None:
            return (of_person(self.person),)
        return (STAFF,) if self.tenant is None else (STAFF, of_tenant(self.tenant))


def publish(topic: str, ident: str, *, tenant: int | None = None, person: int | None = None) -> None:
    """Say after the commit that `topic` `ident` changed: `publish("ticket", number, tenant=hospital_id)`."""
    publish_many([Event(topic, ident, tenant, person)])


def publish_many(events: Sequence[Event]) -> None:
    """Say several changes in one go after the commit."""
    transaction.on_commit(lambda: _publisher(settings.REDIS_URL).send(events), robust=True)


class _Publisher:
    def __init__(self, url: str) -> None:
        self.redis = redis.Redis.from_url(url, socket_timeout=REDIS_TIMEOUT, socket_connect_timeout=REDIS_TIMEOUT)
        self.silent_until = 0.0

    def send(self, events: Sequence[Event]) -> None:
        if time.monotonic() < self.silent_until:
            return
        try:
            with self.redis.pipeline(transaction=False) as pipe:
                for event in events:
                    pipe.publish(_wire(), json.dumps([event.audiences, event.topic, event.ident]))
                pipe.execute()
        except (redis.RedisError, OSError) as error:
            self.silent_until = time.monotonic() + SILENT_SECONDS
            log.warning("live updates pause: %s", error)


@cache
def _publisher(url: str) -> _Publisher:
    return _Publisher(url)


def _wire() -> str:
    """The one Redis channel; the audience travels inside, so no client ever names a channel (T010)."""
    return f"{settings.REDIS_NAMESPACE}:live"


@dataclass(eq=False)
class Stream:
    """What one open page has not heard yet. Repeats merge, so a slow reader holds little."""

    person: int
    audiences: frozenset[str]
    pending: dict[tuple[str, str], None] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def hear(self, topic: str, ident: str) -> None:
        self.pending[topic, ident] = None
        self.wake.set()

    def end(self) -> None:
        self.ended = True
        self.wake.set()

    async def news(self, patience: float) -> list[tuple[str, str]]:
        """The changes since the last call; empty after `patience` seconds without any."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.wake.wait(), patience)
        self.wake.clear()
        news, self.pending = list(self.pending), {}
        return news


class Hub:
    """All streams of one process, fed by a single Redis subscription that lives while streams do."""

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.reader: asyncio.Task[None] | None = None
        self.starting = asyncio.Lock()

    def count(self, person: int) -> int:
        """How many streams a person has."""
        return sum(stream.person == person for stream in self.streams)

    @asynccontextmanager
    async def stream(self, person: int, audiences: Collection[str]) -> AsyncIterator[Stream]:
        """Listen for `audiences`. Raises Away without Redis."""
        stream = Stream(person, frozenset(audiences))
        self.streams.add(stream)
        try:
            await self.listen()
            yield stream
        finally:
            self.leave(stream)

    def leave(self, stream: Stream) -> None:
        self.streams.discard(stream)
        if not self.streams and self.reader is not None:
            self.reader.cancel()
            self.reader = None

    async def listen(self) -> None:
        """Make sure that the subscription stands."""
        async with self.starting:
            if self.reader is not None and not self.reader.done():
                return
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=REDIS_TIMEOUT)
            pubsub = client.pubsub(ignore_subscribe_messages=True)
            try:
                await pubsub.subscribe(_wire())
            except (redis.RedisError, OSError) as error:
                await client.aclose()
                raise Away(str(error)) from error
            self.reader = asyncio.create_task(self.read(client, pubsub))

    async def read(self, client: redis.asyncio.Redis, pubsub: redis.asyncio.client.PubSub) -> None:
        """Hand on what Redis says; when Redis goes away every stream ends and its page polls."""
        try:
            async for message in _heard(pubsub):
                audiences, topic, ident = json.loads(message)
                for stream in self.streams:
                    if not stream.audiences.isdisjoint(audiences):
                        stream.hear(topic, ident)
        except (redis.RedisError, OSError) as error:
            log.warning("live updates end: %s", error)
            for stream in self.streams:
                stream.end()
        finally:
            with suppress(redis.RedisError, OSError):
                await pubsub.aclose()  # type: ignore[no-untyped-call]
                await client.aclose()


async def _heard(pubsub: redis.asyncio.client.PubSub) -> AsyncIterator[bytes]:
    """What is published. Raises ConnectionError when Redis leaves a ping unanswered: a line can be dead
    without anybody saying so."""
    asked = False
    while True:
        message = await pubsub.get_message(timeout=SILENCE)
        if message is None and asked:
            raise redis.ConnectionError("Redis does not answer")
        asked = message is None
        if message is None:
            await pubsub.ping()
        elif message["type"] == "message":
            yield message["data"]


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop: one per worker process."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
