"""How a web process answers: every page in one go on a thread that is kept, and so is its database connection.

Django's own handler runs each request on a thread of its own and changes threads at every middleware. A
connection kept for such a thread dies with it, so each page began with a new one, and PostgreSQL read its
catalogs anew for it: more than the page's own queries (docs/decisions/0007).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase


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

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The whole chain and the view, on one of the kept threads."""
        answer = sync_to_async(self._answer, thread_sensitive=False, executor=self.threads)
        return await answer(request)

    def _answer(self, request: Any) -> HttpResponseBase:
        # Django's signals do this on the threads that it would have used itself.
        close_old_connections()
        try:
            return self.get_response(request)
        finally:
            close_old_connections()
