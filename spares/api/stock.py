"""Parts, what lies where and every change of it, for other programs: a warehouse books through the same verbs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from common.filters import FlagFilter, IdFilter
from common.problems import Conflict
from common.rest import ListView, View
from common.strict import Moment, Row, Strict, Text, Whole
from people import idempotency
from people.access import person, require
from people.api import Named, NamedSerializer
from people.idempotency import ONCE
from spares import stock, stock_list, stocktake
from spares.models import Depot, Part, StockItem, StockMovement
from spares.refusal import Refused
from spares.stock_forms import MOST
from spares.units import LONGEST

MOST_SERIALS = 500


class PartSerializer(serializers.Serializer[Part]):
    """A spare part. `is_serialised`: it is counted by serial numbers, any other by quantity. `fits`: device models.

    `device_model`: it is a whole device of this model.
    """

    id = serializers.IntegerField(source="pk")
    code = serializers.CharField()
    name = serializers.CharField()
    maker = serializers.CharField()
    unit = serializers.CharField()
    price = serializers.DecimalField(max_digits=10, decimal_places=2, allow_null=True)
    is_serialised = serializers.BooleanField()
    is_key = serializers.BooleanField()
    is_active = serializers.BooleanField()
    fits = NamedSerializer(many=True)
    device_model = Named(allow_null=True)


class NamedPartSerializer(serializers.Serializer[Part]):
    id = serializers.IntegerField(source="pk")
    code = serializers.CharField()
    name = serializers.CharField()


class StockSerializer(serializers.Serializer[StockItem]):
    """A part in a depot. `free` is what nobody has reserved; `bin` is its shelf."""

    id = serializers.IntegerField(source="pk")
    depot = Named()
    part = NamedPartSerializer()
    bin = serializers.CharField()
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    free = serializers.IntegerField()
    minimum = serializers.IntegerField()


class MovementSerializer(serializers.Serializer[StockMovement]):
    """One change of a stock: by how many pieces, and what was on hand after it. What one act moved shares a `pair`."""

    id = serializers.IntegerField(source="pk")
    stock = serializers.IntegerField(source="item_id")
    kind = serializers.ChoiceField(StockMovement.Kind.choices)
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    on_hand_after = serializers.IntegerField()
    serial = serializers.CharField(source="unit.serial", default=None, allow_null=True)
    request = serializers.CharField(source="line.request.number", default=None, allow_null=True)
    reason = serializers.CharField()
    pair = serializers.UUIDField(allow_null=True)
    by = Named(allow_null=True)
    at = Moment()


class PartFilter(django_filters.FilterSet):
    """What a list of parts can be narrowed to."""

    code = django_filters.CharFilter(lookup_expr="iexact", max_length=40)
    fits = IdFilter()
    key = FlagFilter(field_name="is_key", label="Key parts (A13)")
    active = FlagFilter(field_name="is_active", label="In use")


class StockFilter(django_filters.FilterSet):
    """What a list of stock can be narrowed to."""

    depot = IdFilter()
    part = IdFilter()
    short = FlagFilter(label="Fewer are free than the minimum", method="only_short")

    def only_short(self, rows: QuerySet[StockItem], _name: str, wanted: bool) -> QuerySet[StockItem]:
        return rows.filter(stock_list.SHORT if wanted else ~Q(stock_list.SHORT))


class MovementFilter(django_filters.FilterSet):
    """What a list of movements can be narrowed to."""

    stock = IdFilter(field_name="item")
    kind = django_filters.ChoiceFilter(choices=StockMovement.Kind.choices)


class Pieces(Strict):
    """`serials` of a part that has serials, `quantity` of any other."""

    quantity = Whole(required=False, min_value=0, max_value=MOST)
    serials = serializers.ListField(child=Text(max_length=LONGEST), required=False, max_length=MOST_SERIALS)
    reason = Text(max_length=200, required=False, allow_blank=True)


class Received(Pieces):
    """A delivery into a depot; a part that never lay there is welcome. `reason`: the delivery note."""

    depot = Row(queryset=Depot.objects.filter(is_active=True))
    part = Row(queryset=Part.objects.filter(is_active=True))


class Counted(Pieces):
    """What was seen, all of it. `expected`: the figure that was counted against; another one by now is a `409`."""

    expected = Whole(required=False, min_value=0, max_value=MOST)


class Moved(Pieces):
    """Free pieces, to another depot."""

    depot = Row(queryset=Depot.objects.filter(is_active=True))


class Parts(ListView):
    """Spare parts, newest first."""

    serializer_class = PartSerializer
    filterset_class = PartFilter
    queryset = Part.objects.none()

    def get_queryset(self) -> QuerySet[Part]:
        return Part.objects.select_related("device_model").prefetch_related("fits")

    @extend_schema(operation_id="parts_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The parts that there are."""
        require(request.user, "spares.stock")
        return self.list(request)


class Stock(ListView):
    """What lies where, newest first; `short` is the start of a reorder list."""

    serializer_class = StockSerializer
    filterset_class = StockFilter
    queryset = StockItem.objects.none()

    def get_queryset(self) -> QuerySet[StockItem]:
        return StockItem.objects.select_related("depot", "part")

    @extend_schema(operation_id="stock_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The stock of every depot."""
        require(request.user, "spares.stock")
        return self.list(request)


class Movements(ListView):
    """The ledger, newest first."""

    serializer_class = MovementSerializer
    filterset_class = MovementFilter
    queryset = StockMovement.objects.none()

    def get_queryset(self) -> QuerySet[StockMovement]:
        return StockMovement.objects.select_related("unit", "line__request", "by")

    @extend_schema(operation_id="stock_movements_list")
    def get(self, request: Request) -> HttpResponseBase:
        """Every change of the stock, for those who keep it."""
        require(request.user, "spares.work")
        return self.list(request)


class Receive(View):
    """A delivery."""

    @extend_schema(operation_id="stock_receive", request=Received, responses={200: StockSerializer}, parameters=[ONCE])
    def post(self, request: Request) -> HttpResponseBase:
        """Take pieces into stock; answers with the stock as it is then."""
        require(request.user, "spares.work")
        return _change(
            request, Received, lambda said, who: stock.receive(said.pop("depot"), said.pop("part"), **said, **who)
        )


class Count(View):
    """A stocktake."""

    @extend_schema(operation_id="stock_count", request=Counted, responses={200: StockSerializer}, parameters=[ONCE])
    def post(self, request: Request, pk: int) -> HttpResponseBase:
        """Put what was seen into the books; a difference wants a reason."""
        item = _item_to_change(request, pk)
        return _change(request, Counted, lambda said, who: stocktake.count(item.depot, item.part, **said, **who), item)


class Transfer(View):
    """Pieces for another depot."""

    @extend_schema(operation_id="stock_transfer", request=Moved, responses={200: StockSerializer}, parameters=[ONCE])
    def post(self, request: Request, pk: int) -> HttpResponseBase:
        """Move free pieces; answers with the stock that they were taken from."""
        item = _item_to_change(request, pk)
        return _change(
            request,
            Moved,
            lambda said, who: stock.transfer(item.depot, said.pop("depot"), item.part, **said, **who),
            item,
        )


class Scrap(View):
    """Pieces that are gone for good."""

    @extend_schema(operation_id="stock_scrap", request=Pieces, responses={200: StockSerializer}, parameters=[ONCE])
    def post(self, request: Request, pk: int) -> HttpResponseBase:
        """Scrap free pieces or faulty units; wants a reason."""
        item = _item_to_change(request, pk)
        return _change(
            request,
            Pieces,
            lambda said, who: stock.scrap(item.depot, item.part, reason=said.pop("reason", ""), **said, **who),
            item,
        )


def _item_to_change(request: Request, pk: int) -> StockItem:
    require(request.user, "spares.work")
    return _item(pk)


def _item(pk: int) -> StockItem:
    return get_object_or_404(StockItem.objects.select_related("depot", "part"), pk=pk)


def _change(
    request: Request,
    shape: type[Pieces],
    act: Callable[[dict[str, Any], dict[str, Any]], tuple[StockMovement, ...]],
    item: StockItem | None = None,
) -> HttpResponseBase:
    """Do what was asked for, once; 403 for a clerk of another depot, 409 for what the stock does not allow."""
    now, user = timezone.now(), person(request)

    def do() -> Response:
        asked = shape(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        if not stock_list.may_work(user, item.depot if item else said["depot"]):
            raise PermissionDenied
        try:
            first, *_others = act(said, {"by": user, "now": now})
        except Refused as refused:
            raise Conflict(str(refused)) from refused
        return Response(StockSerializer(_item(first.item_id)).data)

    return idempotency.once(request, now, do)
