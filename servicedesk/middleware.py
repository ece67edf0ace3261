"""Around every request: how long the server took."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


@sync_and_async_middleware
def watch(get_response: Callable[[HttpRequest], Answer]) -> Callable[[HttpRequest], Answer]:
    """Stands outermost, so that its time is the server's whole time. Takes no thread of its own under ASGI."""

    async def watched(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        answer = get_response(request)
        return _end(await answer if isawaitable(answer) else answer, started)

    def watched_sync(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = get_response(request)
        assert isinstance(response, HttpResponseBase)
        return _end(response, started)

    return watched if iscoroutinefunction(get_response) else watched_sync


def _end(response: HttpResponseBase, started: float) -> HttpResponseBase:
    seconds = time.perf_counter() - started
    if settings.SERVER_TIMING:
        response["Server-Timing"] = f"app;dur={seconds * 1000:.1f}"
    return response
