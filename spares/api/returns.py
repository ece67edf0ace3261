"""Faulty parts on their way back, for other programs (A13)."""

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
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from common.filters import IdFilter
from common.problems import Conflict
from common.rest import ListView, View
from common.strict import Choice, Moment, Strict, Text
from people import idempotency
from people.access import person, require
from people.api import Named
from people.idempotency import ONCE
from spares import returns, stock_list
from spares.api.stock import NamedPartSerializer
from spares.models import Return
from spares.refusal import Refused
from spares.requests.asking import REASON
from spares.units import LONGEST


class ReturnSerializer(serializers.Serializer[Return]):
    """Good out, faulty in; of kind `unused` the good one itself comes back. `is_advance`: the maker ships first."""

    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    kind = serializers.ChoiceField(Return.Kind.choices)
    quantity = serializers.IntegerField()
    hospital = Named()
    part = NamedPartSerializer()
    depot = Named()
    state = serializers.ChoiceField(Return.State.choices)
    faulty_serial = serializers.CharField()
    good_serial = serializers.CharField(source="good_unit.serial", default=None, allow_null=True)
    is_advance = serializers.BooleanField()
    maker_case = serializers.CharField()
    owed_since = Moment()
    received_at = Moment(allow_null=True)
    sent_at = Moment(allow_null=True)
    maker_shipped_at = Moment(allow_null=True)
    replaced_at = Moment(allow_null=True)
    closed_at = Moment(allow_null=True)
    resolution = serializers.CharField()


class ReturnFilter(django_filters.FilterSet):
    """What a list of returns can be narrowed to."""

    kind = django_filters.ChoiceFilter(choices=Return.Kind.choices)
    state = django_filters.ChoiceFilter(choices=Return.State.choices)
    depot = IdFilter()
    hospital = IdFilter()


def whole(rows: QuerySet[Return]) -> QuerySet[Return]:
    """With every row that the serializer names."""
    return rows.select_related("hospital", "part", "depot", "good_unit")


class Returns(ListView):
    """Returns, newest first."""

    serializer_class = ReturnSerializer
    filterset_class = ReturnFilter
    queryset = Return.objects.none()

    def get_queryset(self) -> QuerySet[Return]:
        return whole(Return.objects.for_user(self.request.user))

    @extend_schema(operation_id="returns_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The returns that the asker may see."""
        require(request.user, "spares.see")
        return self.list(request)


class OneReturn(View):
    """One return."""

    @extend_schema(operation_id="returns_read", responses=ReturnSerializer)
    def get(self, request: Request, number: str) -> HttpResponseBase:
        """Both legs of one pair."""
        require(request.user, "spares.see")
        return Response(ReturnSerializer(_find(request, number)).data)


class Serial(Strict):
    """What the label says."""

    serial = Text(max_length=LONGEST, required=False, allow_blank=True, default="")


class Sent(Strict):
    """`maker_case`: the maker's own number of it."""

    maker_case = Text(max_length=60, required=False, allow_blank=True, default="")
    waybill = Text(max_length=40, required=False, allow_blank=True, default="")


class Announced(Strict):
    """`maker_case`: the maker's own number of it."""

    maker_case = Text(max_length=60, required=False, allow_blank=True, default="")


class Settled(Strict):
    resolution = Choice(choices=[(end.value, end.label) for end in returns.ENDS])
    reason = Text(max_length=REASON, required=False, allow_blank=True, default="")


class WrittenOff(Strict):
    reason = Text(max_length=REASON)


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of `spares.returns` and what it takes."""

    name: str
    takes: type[Strict]
    does: Callable[..., Return]

    @property
    def slug(self) -> str:
        return self.name.replace("_", "-")


VERBS = (
    Verb("receive", Serial, returns.receive),
    Verb("send_to_maker", Sent, returns.send_to_maker),
    Verb("maker_shipped", Announced, returns.maker_shipped),
    Verb("replacement_in", Serial, returns.replacement_in),
    Verb("close", Settled, returns.close),
    Verb("write_off", WrittenOff, returns.write_off),
)


class ReturnVerb(View):
    """One verb on one return; the return as it is then is the answer."""

    verb: ClassVar[Verb]

    def post(self, request: Request, number: str) -> HttpResponseBase:
        require(request.user, "spares.work")
        row, now, user = _find(request, number), timezone.now(), person(request)
        if not stock_list.may_work(user, row.depot):
            raise PermissionDenied

        def do() -> Response:
            takes = self.verb.takes(data=request.data)
            takes.is_valid(raise_exception=True)
            said: dict[str, Any] = takes.validated_data
            try:
                self.verb.does(row, by=user, now=now, **said)
            except Refused as refused:
                raise Conflict(str(refused)) from refused
            return Response(ReturnSerializer(_find(request, number)).data)

        return idempotency.once(request, now, do)


def door(verb: Verb) -> type[ReturnVerb]:
    """The view of one verb, described by the verb's own words."""

    @extend_schema(
        operation_id=f"returns_{verb.name}",
        description=(verb.does.__doc__ or "").partition("\n")[0],
        request=verb.takes,
        responses=ReturnSerializer,
        parameters=[ONCE],
    )
    def post(self: ReturnVerb, request: Request, number: str) -> HttpResponseBase:
        return ReturnVerb.post(self, request, number)

    name = "".join(part.title() for part in verb.name.split("_"))
    return type(f"Return{name}", (ReturnVerb,), {"verb": verb, "post": post})


def _find(request: Request, number: str) -> Return:
    return get_object_or_404(whole(Return.objects.for_user(request.user)), number=number)
