"""What the ticket's addresses share: finding it, its ETag, and turning a verb's "no" into an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from common.problems import Conflict, PreconditionFailed, PreconditionRequired
from common.rest import View
from people.models import User
from sla import deadlines
from tickets import states
from tickets.api import serializers
from tickets.models import Ticket

IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The `ETag` of what you read."
)


class TicketView(View):
    """An address under a ticket."""

    def find(self, request: Request, number: str) -> Ticket:
        """The ticket as the verbs need it; 404 for one that the asker may not see."""
        return get_object_or_404(Ticket.objects.for_user(request.user).defer("search"), number=number)


def etag(ticket: Ticket) -> str:
    """Changes with every act on the ticket."""
    return f'"{ticket.version}-{int(ticket.changed_at.timestamp() * 1_000_000):x}"'


def check_unchanged(request: Request, ticket: Ticket, *, required: bool) -> None:
    """Lock the ticket and compare it with `If-Match` (T031).

    Raises `PreconditionFailed` when it changed since, `PreconditionRequired` when the header is missing but `required`.
    """
    if (given := request.headers.get("If-Match")) is None:
        if required:
            raise PreconditionRequired
        return
    row = Ticket.objects.select_for_update(no_key=True).only("version", "changed_at").get(pk=ticket.pk)
    if given.strip() != "*" and etag(row) not in {tag.strip() for tag in given.split(",")}:
        raise PreconditionFailed


def answer(ticket: Ticket, user: User, now: datetime, status: int = 200) -> Response:
    """The ticket as it is now. Whoever just handed it on may read it once more."""
    row = serializers.whole(Ticket.objects.all()).get(pk=ticket.pk)
    return Response(serializers.ticket_page(row, user, now), status=status, headers={"ETag": etag(row)})


@contextmanager
def refusals() -> Iterator[None]:
    """What a verb refuses is a 409 with its sentence."""
    try:
        yield
    except states.Refused as refused:
        raise Conflict(refused.sentence) from refused
    except deadlines.Refused as refused:
        raise Conflict(str(refused)) from refused
