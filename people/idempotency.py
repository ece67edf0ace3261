"""A request that is sent again is answered again, not done again (`Idempotency-Key`, T100)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from common.prepared import Given, Prepared, insert
from common.problems import BadHeaders, Unprocessable
from people.access import person
from people.models import StoredReply

HEADER = "Idempotency-Key"
LONGEST = 200
USABLE = re.compile(rf"[!-~]{{1,{LONGEST}}}")
ONCE = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key with the same request is answered again, not done again.",
)
"""How an operation that takes a key describes it."""
KEPT_HEADERS = ("Location", "ETag")

_kept = Prepared(lambda: StoredReply.objects.filter(person=Given("person"), key=Given("key")))


def once(request: Request, now: datetime, do: Callable[[], Response], sent: object = None) -> HttpResponseBase:
    """What `do` answers. With the person's same key and the same request: what it answered then.

    Two statements more than `do` alone. Whoever sends in parallel waits for the first one's reply; what
    raises is not kept. `sent`: what makes it the same request, as JSON; without it, its body.
    Raises `BadHeaders` for a key of no use, `Unprocessable` when it came with another request.
    """
    if (key := request.headers.get(HEADER)) is None:
        return do()
    if not USABLE.fullmatch(key):
        raise BadHeaders({HEADER: [_("1 to %(most)d printable ASCII characters.") % {"most": LONGEST}]})
    fingerprint = _fingerprint(request, sent)
    try:
        with transaction.atomic():
            reply = _find(request, key) or _keep(request, key, fingerprint, do(), now)
    except (IntegrityError, APIException):
        # The same request at the same moment: the other one was faster, and this one's work is undone, or it was
        # refused because the other one had done it.
        if (found := _find(request, key)) is None:
            raise
        reply = found
    if reply.fingerprint != fingerprint:
        raise Unprocessable(_("This Idempotency-Key came with another request before. Use a new one."))
    return HttpResponse(reply.body, status=reply.status, headers=reply.headers, content_type="application/json")


def _fingerprint(request: Request, sent: object) -> str:
    """Who sends what to where. The person's role and hospital belong to it: a reply does not move with them (T011)."""
    asker = person(request)
    body = request.data if sent is None else sent
    what = [asker.role, asker.hospital_id, request.method, request.path, body]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def _find(request: Request, key: str) -> StoredReply | None:
    return _kept.first(person=person(request).pk, key=key)


def _keep(request: Request, key: str, fingerprint: str, response: Response, now: datetime) -> StoredReply:
    reply = StoredReply(
        person=person(request),
        key=key,
        fingerprint=fingerprint,
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if name in response},
        body=JSONRenderer().render(response.data).decode(),
        created_at=now,
    )
    insert([reply])
    return reply


def forget(now: datetime) -> int:
    """Drop replies older than `settings.IDEMPOTENCY_DAYS`; how many."""
    count, _rows = StoredReply.objects.filter(created_at__lt=now - timedelta(days=settings.IDEMPOTENCY_DAYS)).delete()
    return count
