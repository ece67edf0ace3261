"""What a phone sends, one act at a time."""

from __future__ import annotations

import hashlib
import io
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from common.problems import BadHeaders
from common.strict import JSONParser
from field import bodies, push
from field.views.doors import Door
from people import idempotency
from people.access import person

FILES = frozenset({"photo", "signature", "engineer_signature"})


class Push(Door):
    """One act. Sent again, however often and at once, it is answered as the first time."""

    parser_classes = (JSONParser, MultiPartParser)
    http_method_names = ["post"]

    def post(self, request: Request) -> HttpResponseBase:
        now, who = timezone.now(), person(request)
        key = _key(request)
        said, files = _sent(request)
        body = bodies.read(said)

        def do() -> Response:
            status, answer = push.push(body, files, key=key, phone=self.phone, by=who, now=now)
            return Response(answer, status=status)

        return idempotency.once(request, now, do, sent=_fingerprint(said, files))


def _key(request: Request) -> UUID:
    try:
        return UUID(request.headers.get(idempotency.HEADER, ""))
    except ValueError as error:
        raise BadHeaders({idempotency.HEADER: [_("The UUID of the act is needed.")]}) from error


def _sent(request: Request) -> tuple[Any, dict[str, UploadedFile]]:
    """The act as JSON, and the pictures beside it."""
    if not (request.content_type or "").startswith("multipart/"):
        return request.data, {}
    files = {name: file for name, file in request.FILES.items() if isinstance(file, UploadedFile)}
    if unknown := sorted(set(files) - FILES):
        raise ParseError(_("There is no file %(name)s in an act.") % {"name": unknown[0]})
    act = request.POST.get("act", "")
    return JSONParser().parse(io.BytesIO(act.encode(errors="replace"))), files


def _fingerprint(said: Any, files: dict[str, UploadedFile]) -> list[Any]:
    """What makes it the same act: not the time of the phone at this try."""
    same = {name: value for name, value in said.items() if name != "sent_at"}
    return [same, {name: _digest(file) for name, file in sorted(files.items())}]


def _digest(file: UploadedFile) -> str:
    found = hashlib.sha256()
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()
