"""Around every request: its id, how long the server took, its one line in the log; and the door to the metrics."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import empty
from prometheus_client import CONTENT_TYPE_LATEST
from structlog.contextvars import bound_contextvars

from servicedesk import metrics, redaction
from servicedesk.exposition import exposition, may_scrape

log = structlog.get_logger("desk.requests")

REQUEST_ID = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Asked every few seconds by machines and by open pages.
POLLS = {"health", "ready", "sla:health", "heartbeat", metrics.STATIC}

View = Callable[[HttpRequest], HttpResponseBase]


def metrics_door(get_response: View) -> View:
    """Stands before everything: whoever may read `/metrics` is answered here, whatever name they call the server by
    (Prometheus takes an address) and without TLS. For everybody else there is no such page.
    """

    def opened(request: HttpRequest) -> HttpResponseBase:
        if request.path == "/metrics" and request.method == "GET" and may_scrape(request):
            return HttpResponse(exposition(timezone.now()), content_type=CONTENT_TYPE_LATEST)
        return get_response(request)

    return opened


def watch(get_response: View) -> View:
    """Stands around all the rest: its time is the server's whole time, its id is in every line that the request causes.

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
