"""Tasks in the log and in the count: which one, for which request, how it ended."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from celery import shared_task
from django.conf import settings
from redis import Redis
from structlog.contextvars import bound_contextvars

from servicedesk import metrics
from servicedesk.celery import app
from tests.watching.heard import listening

QUEUE = "watching"


@shared_task(name="tests.watching.good")
def good() -> None:
    pass


@shared_task(name="tests.watching.bad")
def bad(password: str) -> None:
    raise LookupError(f"'{password}' opens nothing")


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as redis:
        keys = [metrics._tasks_key(), f"{settings.REDIS_NAMESPACE}:celery:{QUEUE}"]
        redis.delete(*keys)
        yield redis
        redis.delete(*keys)


def counts() -> dict[tuple[str, str, str], float]:
    samples = (sample for family in metrics.tasks() for sample in family.samples)
    return {(s.labels["task"], s.labels["outcome"], s.labels["error"]): s.value for s in samples}


def test_a_task_carries_the_id_of_the_request_that_sent_it(counted_anew: Redis) -> None:
    with bound_contextvars(request_id="edge-4711"):
        app.send_task("tests.watching.good", queue=QUEUE)
    (raw,) = counted_anew.lrange(f"{settings.REDIS_NAMESPACE}:celery:{QUEUE}", 0, -1)
    message = json.loads(raw)
    assert message["headers"]["request_id"] == "edge-4711"
    assert json.loads(base64.b64decode(message["body"]))[1] == {}


def test_a_task_leaves_one_line_with_both_ids() -> None:
    with listening() as log:
        result = good.apply(headers={"request_id": "edge-4711"})
    line = log.only("desk.tasks")
    assert (line["event"], line["task"], line["task_id"]) == ("task done", "tests.watching.good", result.id)
    assert line["ms"] >= 0
    assert counts() == {("tests.watching.good", "done", ""): 1}


def test_lines_after_a_task_do_not_belong_to_it() -> None:
    with listening() as log, bound_contextvars(request_id="edge-4711"):
        good.apply()
        metrics.log.warning("later")
    assert "task_id" not in log.only("servicedesk.metrics")
    assert log.only("servicedesk.metrics")["request_id"] == "edge-4711"


def test_a_task_that_fails_is_told_and_counted_by_its_error_without_its_arguments() -> None:
    with listening() as log:
        bad.apply(args=["hunter2"], throw=False)
    line = log.only("desk.tasks")
    assert (line["event"], line["level"], line["task"]) == ("task failed", "error", "tests.watching.bad")
    assert "in bad" in line["exception"]
    assert "hunter2" not in log.text
    assert counts() == {("tests.watching.bad", "failed", "LookupError"): 1}


def test_a_worker_finds_every_task_of_the_schedule() -> None:
    """In a process of its own: a worker imports tasks before any page."""
    code = (
        "import servicedesk.celery as c; c.app.loader.import_default_modules();"
        "print({row['task'] for row in c.app.conf.beat_schedule.values()} - set(c.app.tasks))"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "servicedesk.settings", "CELERY_SKIP_CHECKS": "true"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_without_redis_a_task_goes_uncounted_and_does_its_work(settings: pytest.FixtureRequest) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"  # type: ignore[attr-defined]
    with listening() as log:
        assert good.apply().state == "SUCCESS"
    assert log.only("desk.tasks")["event"] == "task done"
    assert counts() == {}
