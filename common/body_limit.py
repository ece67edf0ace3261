"""Refuses a request that is larger than any form of ours before it fills the disk (T048).

Django reads the whole body into a file before it asks who is there, so the limit stands in front of it.
A proxy keeps the same limit in production.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

REFUSAL = "文件太大。 / The files are too large."
# This stands in front of Django, so it says by itself what `common.problems` says elsewhere.
PROBLEM = {"type": "about:blank", "title": "Request Entity Too Large", "status": 413, "detail": REFUSAL}


class BodyLimit:
    """ASGI middleware: 413 above `most` bytes, announced or not."""

    def __init__(self, application: Application, most: int) -> None:
        self.application = application
        self.most = most

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _announced(scope) > self.most:
            await _refuse(scope, send)
            return
        taken, refused, answered = 0, False, False

        async def counted() -> Message:
            nonlocal taken, refused
            message = await receive()
            taken += len(message.get("body", b""))
            if taken <= self.most:
                return message
            # The application gives up as if the sender had gone; the answer is ours.
            refused = True
            return {"type": "http.disconnect"}

        async def noted(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        await self.application(scope, counted, noted)
        if refused and not answered:
            await _refuse(scope, send)


def _announced(scope: dict[str, Any]) -> int:
    """The length that the request's head names; 0 without a readable one."""
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return int(lengths[0]) if lengths and lengths[0].isdigit() else 0


async def _refuse(scope: Mapping[str, Any], send: Send) -> None:
    media_type, body = "text/plain; charset=utf-8", REFUSAL
    if scope["path"].startswith("/api/"):
        media_type, body = "application/problem+json", json.dumps(PROBLEM, ensure_ascii=False)
    headers = [(b"content-type", media_type.encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
