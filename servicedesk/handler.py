"""How a web process answers: every page in one go on a thread that is kept, and so is its database connection.

Django's own handler runs each request on a thread of its own, and changes threads at every middleware, at its
signals and when it closes the answer. A connection kept for such a thread dies with it, so each page began with a
new one, and PostgreSQL read its catalogs anew for it: more than the page's own queries (docs/decisions/0007).
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix


class KeptThreadsHandler(ASGIHandler):
    """ASGI outside (slow senders and readers, and live streams, hold no thread), Django's synchronous way inside.

    An async view still runs on the event loop; the database connections of a process are at most
    `settings.WEB_THREADS`, and those of live streams for the moment in which they look something up.
    """

    def __init__(self) -> None:
        super().__init__()
        # Starts no thread before the first request: the server forks its workers after this.
        self.threads = ThreadPoolExecutor(settings.WEB_THREADS, thread_name_prefix="page")

    def load_middleware(self, is_async: bool = False) -> None:
        """The synchronous chain, whatever the server speaks."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Read the request, have a kept thread answer it, send the answer."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        response = await self._on_thread(self._answer, scope, body)
        if not response.streaming:
            await self.send_response(response, send)
            return
        async with ThreadSensitiveContext():
            try:
                await self._stream(response, receive, send)
            finally:
                await self._on_thread(response.close)

    async def _on_thread(self, do: Any, *given: Any) -> Any:
        return await sync_to_async(do, thread_sensitive=False, executor=self.threads)(*given)

    def _answer(self, scope: Any, body: Any) -> Any:
        """The whole chain and the view, and around them Django's signals: they look after the connection.

        An answer that is not a stream is closed: it is whole.
        """
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
        return response

    async def _stream(self, response: HttpResponseBase, receive: Any, send: Any) -> None:
        """Send until the end, or until the reader has left."""
        tasks = [
            asyncio.create_task(self.listen_for_disconnect(receive)),
            asyncio.create_task(self.send_response(response, send)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError, RequestAborted):
                    await task
