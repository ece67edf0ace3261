"""What Docker, a balancer or a monitor asks a web process."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache


@never_cache
def web(_request: HttpRequest) -> HttpResponse:
    """200 `ok`: this process answers. It asks nobody else: restarting a web process cures no database."""
    return HttpResponse("ok\n", content_type="text/plain")
