"""What a phone takes along."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from audit import trail
from common.problems import BadParameters
from common.strict import LARGEST_KEY
from field import pack, phones
from field.views.doors import Door
from people.access import person

MOST = 200


class Pack(Door):
    """The jobs of the person who asks, with all they need. Which were handed to which phone is on record."""

    parameters = ("have",)

    def get(self, request: Request) -> Response:
        now, who = timezone.now(), person(request)
        have = _keys(request.query_params.get("have", ""))
        found = pack.read(who, now, have)
        phones.seen(who, self.phone, now)
        tag = {"ETag": pack.etag(found)}
        if tag["ETag"] in request.headers.get("If-None-Match", ""):
            return Response(status=304, headers=tag)
        if new := [job["id"] for job in found["jobs"] if job["id"] not in have]:
            trail.note("field.packed", who, by=who, now=now, phone=str(self.phone), visits=new)
        return Response(found, headers=tag)


def _keys(text: str) -> set[int]:
    """`41,44` → the keys; nothing for nothing."""
    words = text.split(",") if text else []
    if len(words) > MOST or not all(word.isascii() and word.isdigit() and len(word) < 19 for word in words):
        raise BadParameters({"have": [_("At most %(most)d keys, with commas between them.") % {"most": MOST}]})
    return {key for word in words if (key := int(word)) <= LARGEST_KEY}
