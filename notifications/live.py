"""/live/: server-sent events that say "<topic> <ident> changed" and nothing else.

What a person hears is decided here from who they are (T010); the client names nothing. A stream ends
with its session, does not keep it alive, and holds no database connection while it waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import aget_user
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from common import live as updates
from people import sessions
from people.models import User

GAP = 0.5
"""Seconds between two messages: a storm of changes reaches a page at most twice a second."""


@require_GET
async def live(request: HttpRequest) -> HttpResponseBase:
    """The stream; 401 signed out, 429 with too many open, 503 without Redis, 204 where the server cannot
    stream (WSGI): the page then polls."""
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=401)
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    hub = updates.hub()
    if hub.count(user.pk) >= settings.LIVE_STREAMS_PER_PERSON:
        return HttpResponse(status=429)
    try:
        await hub.listen()
    except updates.Away:
        return HttpResponse(status=503, headers={"Retry-After": "30"})
    return StreamingHttpResponse(
        _stream(request, user),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def audiences(user: User) -> set[str]:
    """What a person hears: their own matters, and their hospital's or else the desk's."""
    common = updates.of_tenant(user.hospital_id) if user.hospital_id is not None else updates.STAFF
    return {updates.of_person(user.pk), common}


async def _stream(request: HttpRequest, user: User) -> AsyncIterator[bytes]:
    await _hang_up()
    clock = asyncio.get_running_loop().time
    checked = clock()
    async with updates.hub().stream(user.pk, audiences(user)) as stream:
        yield b"retry: 5000\n\n"
        while not stream.ended:
            news = await stream.news(settings.LIVE_HEARTBEAT)
            if clock() - checked >= settings.LIVE_RECHECK:
                if not await _may_go_on(request, user):
                    return
                checked = clock()
            yield b"".join(_frame(topic, ident) for topic, ident in news) or b": still here\n\n"
            await asyncio.sleep(GAP)


def _frame(topic: str, ident: str) -> bytes:
    return f"event: {topic}\ndata: {ident}\n\n".encode()


async def _may_go_on(request: HttpRequest, user: User) -> bool:
    """Whether the session still stands, for the same person; reading it does not prolong it."""
    again = HttpRequest()
    again.session = type(request.session)(request.session.session_key)
    person = await aget_user(again)
    still = person.is_authenticated and person.pk == user.pk and not sessions.is_over(again, timezone.now())
    await _hang_up()
    return still


@sync_to_async
def _hang_up() -> None:
    """Give this thread's database connection back: the request lasts as long as the page is open."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
