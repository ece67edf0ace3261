"""What a phone asks before it sends, and what it says of itself."""

from __future__ import annotations

from datetime import datetime

from django.middleware.csrf import get_token
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from field import phones
from field.bodies import About
from field.views.doors import Door
from people.access import person


class Clock(Door):
    """The server's time, a token for what is sent next, and who is signed in."""

    def get(self, request: Request) -> Response:
        now = timezone.now()
        phones.seen(person(request), self.phone, now)
        return self.answer(request, now)

    def answer(self, request: Request, now: datetime) -> Response:
        who = person(request)
        about = {"id": who.pk, "name": who.name, "phone": who.phone or ""}
        return Response({"now": now, "csrf": get_token(request._request), "person": about})


class Announce(Clock):
    """Its name, how far its clock is ahead, what still waits in it."""

    http_method_names = ["post"]

    def post(self, request: Request) -> Response:
        now = timezone.now()
        said = About(data=request.data)
        said.is_valid(raise_exception=True)
        phones.announce(person(request), self.phone, **said.validated_data, now=now)
        return self.answer(request, now)
