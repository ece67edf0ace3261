"""One line in the log for every task, and its count; the id of the request that caused it goes along.

Celery's own lines about tasks repeat what an error quotes, so `LOGGING` keeps them quiet.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import Token
from typing import Any

import structlog
from celery import Task, signals
from structlog.contextvars import bind_contextvars, get_contextvars, reset_contextvars

from servicedesk import metrics

log = structlog.get_logger("desk.tasks")

# What this process is at: by task, what was bound to its lines, and since when.
running: dict[str, tuple[Mapping[str, Token[Any]], float]] = {}


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery leaves logging alone when somebody else sets it up: `LOGGING` has, in every process."""


@signals.before_task_publish.connect
def send_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Put the id of the request at hand, or of the task's own cause, on a task that it sends."""
    request_id = get_contextvars().get("request_id")
    if headers is not None and request_id:
        headers["request_id"] = request_id


@signals.task_prerun.connect
def begin(task_id: str, task: Task, **_: Any) -> None:
    """From here on every line of this process belongs to the task."""
    about = {"task_id": task_id, "task": task.name}
    if request_id := getattr(task.request, "request_id", None):
        about["request_id"] = str(request_id)
    running[task_id] = bind_contextvars(**about), time.perf_counter()


@signals.task_postrun.connect
def end(task_id: str, task: Task, state: str | None = None, **_: Any) -> None:
    """The task's line and its count; one that failed has had both."""
    bound, started = running.pop(task_id)
    if state == "SUCCESS":
        metrics.count_task(task.name, "done")
        log.info("task done", ms=round((time.perf_counter() - started) * 1000, 1))
    reset_contextvars(**bound)


@signals.task_failure.connect
def fail(sender: Task, task_id: str, exception: BaseException, **_: Any) -> None:
    """What went wrong. A worker that died in its task is told by the process above it."""
    metrics.count_task(sender.name, "failed", type(exception).__name__)
    log.error("task failed", task=sender.name, task_id=task_id, exc_info=exception)


@signals.task_revoked.connect
def drop(request: Any, **_: Any) -> None:
    """A tick that waited longer than its period: the next one does its work."""
    metrics.count_task(request.task, "dropped")
    log.warning("task dropped", task=request.task, task_id=request.id)
