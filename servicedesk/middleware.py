"""Around every request: its id, how long the server took, its one line in the log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import empty
from structlog.contextvars import bound_contextvars

from servicedesk import metrics, redaction

log = structlog.get_logger("desk.requests")

REQUEST_ID = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Asked every few seconds by machines and by open pages.
POLLS = {"health", "ready", "engine-health", "metrics", "heartbeat", metrics.STATIC}


def watch(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Stands outermost: its time is the server's whole time, its id is in every line that the request causes.

    A proxy may have given the request an id (`X-Request-ID`); the answer carries it back.
    """

    def watched(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        given = request.headers.get(REQUEST_ID, "")
        request_id = given if WELL_FORMED.fullmatch(given) else uuid4().hex
        with bound_contextvars(request_id=request_id):
            response = get_response(request)
            seconds = time.perf_counter() - started
            _tell(request, response.status_code, seconds)
        response[REQUEST_ID] = request_id
        if settings.SERVER_TIMING:
            response["Server-Timing"] = f"app;dur={seconds * 1000:.1f}"
        return response

    return watched


def _tell(request: HttpRequest, status: int, seconds: float) -> None:
    route = metrics.route_of(request)
    metrics.count_request(route, status, seconds)
    write = log.debug if route in POLLS and status < 500 else log.info
    write(
        "request",
        method=request.method,
        route=route,
        path=redaction.path(request),
        status=status,
        ms=round(seconds * 1000, 1),
        user=_person(request),
    )


def _person(request: HttpRequest) -> Any:
    """The id of who asked, None for a visitor; asks the database nothing that the view did not ask."""
    user = vars(request).get("user")
    if user is None or getattr(user, "_wrapped", user) is empty:
        return None
    return user.pk
