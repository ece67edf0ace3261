"""What stands where, for other programs."""

from __future__ import annotations

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
from devices.models import Device, DeviceModel, State
from people.api import NamedSerializer


class ModelSerializer(serializers.Serializer[DeviceModel]):
    """A product of a maker."""

    maker = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(DeviceModel.Kind.choices)


class DeviceSerializer(serializers.Serializer[Device]):
    """An installed item. `parent` is the MCU that carries a terminal's calls."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    serial = serializers.CharField()
    model = ModelSerializer()
    hospital = NamedSerializer()
    site = NamedSerializer()
    room = serializers.CharField()
    parent = NamedSerializer(allow_null=True)
    installed_on = serializers.DateField(allow_null=True)
    accepted_on = serializers.DateField(allow_null=True)
    software_version = serializers.CharField()
    state = serializers.ChoiceField(State.choices)


class DeviceFilter(django_filters.FilterSet):
    """What a list of devices can be narrowed to."""

    hospital = IdFilter()
    site = IdFilter()
    serial = django_filters.CharFilter(max_length=60)
    state = django_filters.ChoiceFilter(choices=State.choices)


def _visible(request: Request) -> QuerySet[Device]:
    return Device.objects.for_user(request.user).select_related("hospital", "site", "model", "parent")


class Devices(ListView):
    """Devices, newest first."""

    serializer_class = DeviceSerializer
    filterset_class = DeviceFilter
    queryset = Device.objects.none()

    def get_queryset(self) -> QuerySet[Device]:
        return _visible(self.request)

    @extend_schema(operation_id="devices_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The devices that one may see."""
        return self.list(request)


class OneDevice(View):
    """One device."""

    @extend_schema(operation_id="devices_read", responses=DeviceSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One device."""
        return Response(DeviceSerializer(get_object_or_404(_visible(request), pk=pk)).data)
