"""F06: whatever stood in Redis is gone at once. The database is the schedule: the next tick finds everything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from redis import Redis

from servicedesk.faults.gates import wait_for
from servicedesk.faults.invariants import broken
from sla import tasks
from sla.models import Heartbeat, Page
from sla.sweep import database_now
from tests.faults.many import faults
from tests.faults.processes import worker

QUEUED = 50
pytestmark = pytest.mark.usefixtures("duty", "queue")


def lose_everything() -> int:
    """What FLUSHALL does, for this run's keys only: queues, their bindings, unacknowledged tasks, the cache."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        keys = list(redis.scan_iter(f"{settings.REDIS_NAMESPACE}:*"))
        return int(redis.delete(*keys)) if keys else 0


def test_tasks_queues_and_bindings_lost_before_and_under_a_worker_cost_one_tick_each(
    process_environment: dict[str, str],
) -> None:
    faults([database_now() - timedelta(minutes=31)] * 5)
    for _ in range(QUEUED):
        tasks.sweep.delay()
    assert lose_everything() > 0
    with worker("sweeper", process_environment):
        tasks.sweep.delay()
        wait_for(Heartbeat.objects.exists)
        assert Heartbeat.objects.count() == 1, "none of the lost tasks came back"
        assert pages_sent() == 5

        faults([database_now() - timedelta(minutes=31)] * 5)
        since = database_now()
        assert lose_everything() > 0
        tasks.sweep.delay()
        wait_for(lambda: Heartbeat.objects.count() == 2)
    assert pages_sent() == 10
    assert broken(since) == {}


def pages_sent() -> int:
    return Page.objects.filter(state=Page.State.SENT).count()
