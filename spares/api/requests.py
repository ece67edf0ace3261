"""Requests for parts for other programs: a depot's own system picks, packs and ships through the same verbs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.filters import IdFilter
from common.problems import Conflict
from common.rest import ListView, View
from common.strict import Choice, Flag, Moment, Row, Strict, Text, Whole
from people import idempotency
from people.access import person, require
from people.api import Named
from people.idempotency import ONCE
from sla.evidence import Evidence
from spares import depot_board, requests
from spares.api.stock import NamedPartSerializer
from spares.models import CarrierEvent, Depot, Part, PartRequest, RequestLine
from spares.refusal import Refused
from spares.requests import Wanted
from spares.requests.asking import MOST_PIECES, REASON
from spares.units import LONGEST

EventKind = CarrierEvent.Kind


class PartLineSerializer(serializers.Serializer[RequestLine]):
    """A part and how many of it: held in the depot, in hand there, fitted at the site, not needed there."""

    id = serializers.IntegerField(source="pk")
    part = NamedPartSerializer()
    quantity = serializers.IntegerField()
    reserved = serializers.IntegerField()
    picked = serializers.IntegerField()
    used = serializers.IntegerField()
    unused = serializers.IntegerField()


class ParcelEventSerializer(serializers.Serializer[CarrierEvent]):
    """What a carrier, or a person for it, said of the parcel. `is_out_of_order`: from before it was handed over."""

    kind = serializers.ChoiceField(EventKind.choices)
    at = Moment()
    place = serializers.CharField()
    text = serializers.CharField()
    told_by = serializers.ChoiceField(CarrierEvent.Source.choices, source="source")
    is_out_of_order = serializers.BooleanField()


class PartRequestSerializer(serializers.Serializer[PartRequest]):
    """Parts for a site. `ship_by`, `deliver_by`: what is promised (A11, A6); `expected_at`: what the lane says."""

    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    hospital = Named()
    site = Named()
    subject = serializers.CharField()
    origin = serializers.ChoiceField(PartRequest.Origin.choices)
    state = serializers.ChoiceField(PartRequest.State.choices)
    requested_at = Moment()
    ship_by = Moment(allow_null=True)
    deliver_by = Moment(allow_null=True)
    depot = Named(allow_null=True)
    carrier = serializers.CharField()
    waybill = serializers.CharField()
    shipped_at = Moment(allow_null=True)
    expected_at = Moment(allow_null=True)
    delivered_at = Moment(allow_null=True)
    received_by = serializers.CharField()
    lines = PartLineSerializer(many=True)
    events = ParcelEventSerializer(many=True)


class PartRequestFilter(django_filters.FilterSet):
    """What a list of requests can be narrowed to."""

    state = django_filters.ChoiceFilter(choices=PartRequest.State.choices)
    depot = IdFilter()
    hospital = IdFilter()


def whole(rows: QuerySet[PartRequest]) -> QuerySet[PartRequest]:
    """With every row that the serializer names: three queries for any number."""
    return rows.select_related("hospital", "site", "timeline", "depot").prefetch_related("lines__part", "events")


class PartRequests(ListView):
    """Requests for parts, newest first."""

    serializer_class = PartRequestSerializer
    filterset_class = PartRequestFilter
    queryset = PartRequest.objects.none()

    def get_queryset(self) -> QuerySet[PartRequest]:
        return whole(PartRequest.objects.for_user(self.request.user))

    @extend_schema(operation_id="part_requests_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The requests that the asker may see."""
        require(request.user, "spares.see")
        return self.list(request)


class OnePartRequest(View):
    """One request for parts."""

    @extend_schema(operation_id="part_requests_read", responses=PartRequestSerializer)
    def get(self, request: Request, number: str) -> HttpResponseBase:
        """A request with its lines and what the carrier said."""
        require(request.user, "spares.see")
        return Response(PartRequestSerializer(_find(request, number)).data)


class WantedPiece(Strict):
    """`part`: its id."""

    part = Row(queryset=Part.objects.filter(is_active=True))
    quantity = Whole(min_value=1, max_value=MOST_PIECES, required=False, default=1)


class TakenUp(Strict):
    """Which parts a draft of the engine is for."""

    parts: Any = WantedPiece(many=True, allow_empty=False)
    reason = Text(max_length=REASON, required=False, allow_blank=True, default="")


class Chosen(Strict):
    """A depot that does not keep the promise needs a `reason`."""

    depot = Row(queryset=Depot.objects.filter(is_active=True))
    reason = Text(max_length=REASON, required=False, allow_blank=True, default="")


class Scanned(Strict):
    """The serial of a unit, or the number of a part that has no serials."""

    scanned = Text(max_length=LONGEST)


class _OwnLine(Row):
    """A line of the request itself (T007)."""

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.filter(request=self.context["request_row"]) if "request_row" in self.context else rows.none()


class PutBack(Strict):
    """`serial` of a part that has serials, `quantity` of any other."""

    line = _OwnLine(queryset=RequestLine.objects.all())
    serial = Text(max_length=LONGEST, required=False, allow_blank=True, default="")
    quantity = Whole(min_value=1, max_value=MOST_PIECES, required=False, default=1)


class NotNeeded(PutBack):
    """`serial` of a part that has serials, `quantity` of any other."""

    reason = Text(max_length=REASON, required=False, allow_blank=True, default="")


class SentAgain(Strict):
    """`came_back`: its pieces are good and lie in the depot again; else they are lost."""

    reason = Text(max_length=REASON)
    came_back = Flag(required=False, default=False)


class HandedOver(Strict):
    """`at`: when the carrier took it, if that is told later."""

    carrier = Text(max_length=40)
    waybill = Text(max_length=40, required=False, allow_blank=True, default="")
    at = Moment(required=False, allow_null=True, default=None)


class Heard(Strict):
    """What the carrier said."""

    kind = Choice(choices=[(one.value, one.label) for one in EventKind if one != EventKind.HANDED_OVER])
    at = Moment()
    place = Text(max_length=80, required=False, allow_blank=True, default="")
    text = Text(max_length=200, required=False, allow_blank=True, default="")


class SignedFor(Strict):
    """`at`: when it was signed for, if that is told later."""

    received_by = Text(max_length=60)
    at = Moment(required=False, allow_null=True, default=None)


class Because(Strict):
    reason = Text(max_length=REASON)


class Nothing(Strict):
    """An empty object, or no body at all."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of `spares.requests` and what it takes."""

    name: str
    takes: type[Strict]
    does: Callable[..., Any]

    @property
    def slug(self) -> str:
        return self.name.replace("_", "-")


def _adopt(row: PartRequest, *, parts: list[dict[str, Any]], **said: Any) -> None:
    """Take up a draft: these are the parts. Its clocks go on as they run."""
    requests.adopt(row, [Wanted(**one) for one in parts], **said)


def _choose(row: PartRequest, *, depot: Depot, **said: Any) -> None:
    """Send it from another depot; what was held is free again."""
    requests.choose(row, depot, **said)


def _scan(row: PartRequest, *, scanned: str, **said: Any) -> None:
    """Pick what the scanner read; refused with what was scanned and what is wanted, and nothing is counted then."""
    requests.scan(row, scanned, **said)


def _unpick(row: PartRequest, *, line: RequestLine, **said: Any) -> None:
    """Put back what was picked; it stays held for the request."""
    requests.unpick(row, line, **said)


def _unused(row: PartRequest, *, line: RequestLine, **said: Any) -> None:
    """A delivered piece is not needed: it is owed to the depot as good stock from then on (A13)."""
    requests.unused(row, line, **said)


def _ship(row: PartRequest, *, at: Any, **said: Any) -> None:
    """Hand it to the carrier: the 24 hours stop (A11)."""
    requests.ship(row, evidence=Evidence(at=at), **said)


def _note_event(row: PartRequest, *, kind: str, **said: Any) -> None:
    """Note what the carrier said; its delivery is the signature at the site."""
    requests.note_event(row, kind, **said)


def _deliver(row: PartRequest, *, at: Any, **said: Any) -> None:
    """Signed for at the site: the two working days stop (A6)."""
    requests.deliver(row, evidence=Evidence(at=at), **said)


VERBS = (
    Verb("adopt", TakenUp, _adopt),
    Verb("choose", Chosen, _choose),
    Verb("reserve", Nothing, requests.reserve),
    Verb("scan", Scanned, _scan),
    Verb("unpick", PutBack, _unpick),
    Verb("pack", Nothing, requests.pack),
    Verb("unpack", Nothing, requests.unpack),
    Verb("ship", HandedOver, _ship),
    Verb("note_event", Heard, _note_event),
    Verb("deliver", SignedFor, _deliver),
    Verb("send_again", SentAgain, requests.send_again),
    Verb("unused", NotNeeded, _unused),
    Verb("cancel", Because, requests.cancel),
)


class RequestVerb(View):
    """One verb on one request; the request as it is then is the answer. 400 for what was filled in wrong, 409 else."""

    verb: ClassVar[Verb]

    def post(self, request: Request, number: str) -> HttpResponseBase:
        require(request.user, "spares.work")
        row, now, user = _find(request, number), timezone.now(), person(request)
        depot_board.require_work(row.depot_id, user)

        def do() -> Response:
            takes = self.verb.takes(data=request.data, context={"request_row": row})
            takes.is_valid(raise_exception=True)
            try:
                self.verb.does(row, by=user, now=now, **takes.validated_data)
            except Refused as refused:
                if refused.field in takes.fields:
                    raise ValidationError({refused.field: [str(refused)]}) from refused
                raise Conflict(str(refused)) from refused
            return Response(PartRequestSerializer(_find(request, number)).data)

        return idempotency.once(request, now, do)


def door(verb: Verb) -> type[RequestVerb]:
    """The view of one verb, described by the verb's own words."""

    @extend_schema(
        operation_id=f"part_requests_{verb.name}",
        description=(verb.does.__doc__ or "").partition("\n")[0],
        request=verb.takes if verb.takes is not Nothing else None,
        responses=PartRequestSerializer,
        parameters=[ONCE],
    )
    def post(self: RequestVerb, request: Request, number: str) -> HttpResponseBase:
        return RequestVerb.post(self, request, number)

    name = "".join(part.title() for part in verb.name.split("_"))
    return type(f"PartRequest{name}", (RequestVerb,), {"verb": verb, "post": post})


def _find(request: Request, number: str) -> PartRequest:
    return get_object_or_404(whole(PartRequest.objects.for_user(request.user)), number=number)
