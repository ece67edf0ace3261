"""What stands where, for other programs: devices, what happened to them, products, projects."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.filters import IdFilter
from common.rest import ListView, View
from common.strict import Moment
from devices import radius
from devices.models import Device, DeviceEvent, DeviceModel, Project, State
from people.access import require
from people.api import Named, NamedSerializer


class ModelSerializer(serializers.Serializer[DeviceModel]):
    """A product of a maker; `discontinued_on` is the day from which support runs out (A12)."""

    id = serializers.IntegerField(source="pk")
    maker = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(DeviceModel.Kind.choices)
    discontinued_on = serializers.DateField(allow_null=True)


class ProjectSerializer(serializers.Serializer[Project]):
    """What was ordered and accepted together; warranty counts from its acceptance (A4)."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    started_on = serializers.DateField(allow_null=True)
    accepted_on = serializers.DateField(allow_null=True)


class DeviceSerializer(serializers.Serializer[Device]):
    """An installed item. `parent` is the MCU that carries a terminal's calls, `replaces` the device it came for;
    `accepted_on` is its own day or its project's.
    """

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    serial = serializers.CharField()
    model = ModelSerializer()
    hospital = Named()
    site = Named()
    room = serializers.CharField()
    parent = Named(allow_null=True)  # type: ignore[assignment]  # declared fields are no attributes
    project = ProjectSerializer(allow_null=True)
    replaces = serializers.IntegerField(source="replaces_id", allow_null=True)
    installed_on = serializers.DateField(allow_null=True)
    accepted_on = serializers.DateField(source="acceptance", allow_null=True)
    software_version = serializers.CharField()
    state = serializers.ChoiceField(State.choices)


class DeviceEventSerializer(serializers.Serializer[DeviceEvent]):
    """A step in a device's life: the day it happened, when it was recorded, and what it changed, by column."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.ChoiceField(DeviceEvent.Kind.choices)
    on = serializers.DateField()
    at = Moment()
    by = Named(allow_null=True)
    old = serializers.DictField(child=serializers.CharField())
    new = serializers.DictField(child=serializers.CharField())
    reason = serializers.CharField()


class DarkRoomSerializer(serializers.Serializer[Any]):
    site = Named()
    room = serializers.CharField(source="name")
    devices = NamedSerializer(many=True)


class RadiusSerializer(serializers.Serializer[Any]):
    """What stands still with a device (N15)."""

    terminals = serializers.SerializerMethodField()
    rooms = DarkRoomSerializer(many=True)
    sites = NamedSerializer(many=True)

    def get_terminals(self, found: radius.Radius) -> int:
        return len(found.terminals)


class DeviceFilter(django_filters.FilterSet):
    """What a list of devices can be narrowed to."""

    hospital = IdFilter()
    site = IdFilter()
    model = IdFilter()
    parent = IdFilter()
    project = IdFilter()
    kind = django_filters.ChoiceFilter(field_name="model__kind", choices=DeviceModel.Kind.choices)
    serial = django_filters.CharFilter(max_length=60, lookup_expr="iexact")
    state = django_filters.ChoiceFilter(choices=State.choices)


class ModelFilter(django_filters.FilterSet):
    """What a list of products can be narrowed to."""

    maker = django_filters.CharFilter(max_length=60)
    kind = django_filters.ChoiceFilter(choices=DeviceModel.Kind.choices)


def visible(request: Request) -> QuerySet[Device]:
    """The devices that the asker may see, with every row that an answer names."""
    return Device.objects.for_user(request.user).for_pages()


def answer(device: Device, status: int = 200) -> Response:
    """The device as it is now."""
    return Response(DeviceSerializer(Device.objects.for_pages().get(pk=device.pk)).data, status=status)


class OneDevice(View):
    """One device."""

    @extend_schema(operation_id="devices_read", responses=DeviceSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One device."""
        return Response(DeviceSerializer(get_object_or_404(visible(request), pk=pk)).data)


class Events(View):
    """A device's life."""

    @extend_schema(operation_id="devices_events", responses=DeviceEventSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """What happened to a device, newest first."""
        device = get_object_or_404(visible(request), pk=pk)
        rows: Any = device.events.select_related("by")
        return Response(DeviceEventSerializer(rows, many=True).data)


class Radius(View):
    """What hangs on a device."""

    @extend_schema(operation_id="devices_radius", responses=RadiusSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """The terminals, rooms and sites that stand still while a device is down."""
        device = get_object_or_404(visible(request), pk=pk)
        return Response(RadiusSerializer(radius.behind(device)).data)


class Models(ListView):
    """Products, newest first."""

    serializer_class = ModelSerializer
    filterset_class = ModelFilter
    queryset = DeviceModel.objects.none()

    def get_queryset(self) -> QuerySet[DeviceModel]:
        require(self.request.user, "devices.see")
        return DeviceModel.objects.all()

    @extend_schema(operation_id="device_models_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The products that devices can be of."""
        return self.list(request)


class OneModel(View):
    """One product."""

    @extend_schema(operation_id="device_models_read", responses=ModelSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One product."""
        require(request.user, "devices.see")
        return Response(ModelSerializer(get_object_or_404(DeviceModel, pk=pk)).data)
