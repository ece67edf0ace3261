"""What can be done to devices from another program: the steps of `devices.lifecycle`, one address each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.problems import Conflict
from common.rest import LOCATION, ListView, View
from common.strict import Day, Row, Strict, Text
from devices import lifecycle
from devices.api.reading import DeviceFilter, DeviceSerializer, answer, visible
from devices.models import Device, DeviceModel, Project
from people import idempotency
from people.access import person, require
from people.idempotency import ONCE
from people.models import Site


class _Seen(Row):
    """A row that the asker may see."""

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.for_user(self.context["user"]) if "user" in self.context else rows.none()


class Install(Strict):
    """A new device. `on` is the day it was installed (default: today); `parent` an MCU of the same hospital."""

    model = Row(queryset=DeviceModel.objects.all())
    serial = Text(max_length=60)
    name = Text(max_length=60)
    site = _Seen(queryset=Site.objects.all())
    room = Text(max_length=80, required=False, allow_blank=True)
    parent = _Seen(queryset=Device.objects.all(), required=False, allow_null=True)  # type: ignore[assignment]  # declared fields are no attributes
    project = _Seen(queryset=Project.objects.all(), required=False, allow_null=True)
    accepted_on = Day(required=False, allow_null=True)
    software_version = Text(max_length=40, required=False, allow_blank=True)
    on = Day(required=False, allow_null=True)
    reason = Text(max_length=200, required=False, allow_blank=True)


class Swap(Strict):
    """The new unit; `model` only when it is another product of the same kind."""

    serial = Text(max_length=60)
    reason = Text(max_length=200)
    model = Row(queryset=DeviceModel.objects.all(), required=False, allow_null=True)
    software_version = Text(max_length=40, required=False, allow_blank=True)
    on = Day(required=False, allow_null=True)


class Move(Strict):
    """The whole place as it is from now on; `parent` null: connected to nothing."""

    site = _Seen(queryset=Site.objects.all())
    room = Text(max_length=80, allow_blank=True)
    parent = _Seen(queryset=Device.objects.all(), allow_null=True)  # type: ignore[assignment]  # declared fields are no attributes
    reason = Text(max_length=200, required=False, allow_blank=True)
    on = Day(required=False, allow_null=True)


class Upgrade(Strict):
    version = Text(max_length=40)
    reason = Text(max_length=200, required=False, allow_blank=True)
    on = Day(required=False, allow_null=True)


class Retire(Strict):
    """`children_to`: the MCU that what is connected to it goes to."""

    reason = Text(max_length=200)
    children_to = _Seen(queryset=Device.objects.all(), required=False, allow_null=True)
    on = Day(required=False, allow_null=True)


def _done(verb: Callable[..., Device], takes: type[Strict], request: Request, *about: Device) -> HttpResponseBase:
    """Do it once; what the verb refuses is a 409 with its sentence. A device that came to be is a 201."""
    now, user = timezone.now(), person(request)

    def do() -> Response:
        said = takes(data=request.data, context={"user": user})
        said.is_valid(raise_exception=True)
        try:
            device = verb(*about, by=user, now=now, **said.validated_data)
        except lifecycle.Refused as refused:
            raise Conflict(str(refused)) from refused
        is_new = not about or device.pk != about[0].pk
        response = answer(device, 201 if is_new else 200)
        if is_new:
            response["Location"] = reverse("api:device", args=[device.pk])
        return response

    return idempotency.once(request, now, do)


class Devices(ListView):
    """Devices, newest first; a new one is installed here."""

    serializer_class = DeviceSerializer
    filterset_class = DeviceFilter
    queryset = Device.objects.none()

    def get_queryset(self) -> QuerySet[Device]:
        return visible(self.request)

    @extend_schema(operation_id="devices_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The devices that one may see."""
        return self.list(request)

    @extend_schema(
        operation_id="devices_install",
        request=Install,
        responses={201: DeviceSerializer},
        parameters=[ONCE, LOCATION],
        filters=False,
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Put a device into the register, in use at a site."""
        require(request.user, "devices.change")
        return _done(lifecycle.install, Install, request)


@dataclass(frozen=True, slots=True)
class Verb:
    """A step in the life of a device, and what it takes. `makes`: a new device is the answer."""

    name: str
    takes: type[Strict]
    does: Callable[..., Device]
    makes: bool = False


VERBS = (
    Verb("swap", Swap, lifecycle.swap, makes=True),
    Verb("move", Move, lifecycle.move),
    Verb("upgrade", Upgrade, lifecycle.upgrade),
    Verb("retire", Retire, lifecycle.retire),
)


class DeviceVerb(View):
    """One step of one device; the device as it is then is the answer."""

    verb: ClassVar[Verb]

    def post(self, request: Request, pk: int) -> HttpResponseBase:
        require(request.user, "devices.change")
        return _done(self.verb.does, self.verb.takes, request, get_object_or_404(visible(request), pk=pk))


def door(verb: Verb) -> type[DeviceVerb]:
    """The view of one step, described by the verb's own words."""

    @extend_schema(
        operation_id=f"devices_{verb.name}",
        description=(verb.does.__doc__ or "").partition("\n")[0],
        request=verb.takes,
        responses={201 if verb.makes else 200: DeviceSerializer},
        parameters=[ONCE, LOCATION] if verb.makes else [ONCE],
    )
    def post(self: DeviceVerb, request: Request, pk: int) -> HttpResponseBase:
        return DeviceVerb.post(self, request, pk)

    return type(f"Device{verb.name.title()}", (DeviceVerb,), {"verb": verb, "post": post})
