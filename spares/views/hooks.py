"""The door for carriers' messages. No session, no cookie: a message is known by its signature."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common import throttle
from common.network import client_address
from spares import carriers

log = logging.getLogger(__name__)
MOST_BYTES = 64 * 1024
MOST_PER_MINUTE = 600
"""Messages from one address."""


@csrf_exempt
@require_POST
def carrier(request: HttpRequest, code: str) -> HttpResponse:
    """Take a signed message of a carrier: 202 with how many events were taken.

    404 for one that is not connected, 413, 429, 401 for a wrong or old signature (the same answer for both), 400.
    """
    adapter, secret = carriers.CARRIERS.get(code), settings.CARRIER_SECRETS.get(code)
    if adapter is None or not secret:
        raise Http404
    now = timezone.now()
    if throttle.count(f"carrier:{client_address(request)}", now) > MOST_PER_MINUTE:
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    if (body := _body(request)) is None:
        return HttpResponse(status=413)
    stamp, given = request.headers.get("X-Timestamp", ""), request.headers.get("X-Signature", "")
    if not carriers.is_theirs(secret, stamp, given, body, now):
        log.warning("a message for carrier %s was not signed by it", code)
        return HttpResponse(status=401)
    try:
        events = adapter.parse(body)
    except carriers.Unreadable as error:
        return JsonResponse({"detail": str(error)}, status=400)
    return JsonResponse({"taken": carriers.take(adapter, events, now)}, status=202)


def _body(request: HttpRequest) -> bytes | None:
    """The body; None when it is larger than any message of a carrier."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MOST_BYTES:
        return None
    try:
        body = request.read(MOST_BYTES + 1)
    except RequestDataTooBig:
        return None
    return body if len(body) <= MOST_BYTES else None
