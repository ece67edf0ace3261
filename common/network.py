"""Who is at the other end of a request."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address the request came from, empty when unknown (a Unix socket).

    Behind our own proxy this is the last entry of X-Forwarded-For: the one the proxy itself wrote.
    Entries before it come from the client and may say anything.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_TLS_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
