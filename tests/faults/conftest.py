"""What every fault test stands on: people on duty, and an empty queue of the engine's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from redis import Redis

from people.models import User
from tests.sla.cases import staff


@pytest.fixture
def duty(db: None) -> dict[str, User]:
    """The promise book loaded, one person on duty for each role that the ladder pages."""
    return staff()


@pytest.fixture
def queue() -> Iterator[None]:
    """The engine's queue in this run's Redis namespace, empty before and after."""
    empty_queue()
    yield
    empty_queue()


def empty_queue() -> None:
    """The tasks that wait and those that a killed worker took along; the queue's own bindings stay."""
    keys = [f"{settings.REDIS_NAMESPACE}:celery:{name}" for name in ("engine", "unacked", "unacked_index")]
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete(*keys)
