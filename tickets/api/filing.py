"""Reporting a fault from another program."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.prepared import Given, Prepared
from common.strict import Choice, Code, Moment, Row, Strict, Text
from devices.models import Device
from people.access import person, require
from people.models import Site, User
from tickets import workflow
from tickets.api import serializers as shapes
from tickets.api.base import etag, refusals
from tickets.console_forms.call import OLDEST_CALL
from tickets.models import FaultClass, FaultTile, Kind, Ticket
from tickets.portal_forms import SEVERITIES
from warranty.cases import with_facts

LONG = 8000
PHONE = r"^[0-9+() -]{3,20}$"


# With what filing asks of them, so that it reads nothing again.
# In no order: that of devices joins their hospitals once more.
_DEVICES = with_facts(Device.objects.in_use()).select_related("site__hospital").order_by()
_SITES = Site.objects.select_related("hospital")
_tiles = Prepared(lambda: FaultTile.objects.filter(is_active=True, code=Given("code")).select_related("fault_class"))


@cache
def _scoped(rows: Any, role: str) -> Prepared[Any]:
    """One of `rows`, if somebody with this role may see it."""
    person, hospital = Given("person"), Given("hospital")
    return Prepared(lambda: rows.seen_by(role, person=person, hospital=hospital).filter(pk=Given("pk")))


def _seen(rows: Any, user: User, key: int) -> Any:
    return _scoped(rows, user.role).first(pk=key, person=user.pk, hospital=user.hospital_id)


class _OwnDevice(Row):
    """A device in use that the asker may see."""

    def find(self, key: int) -> Any:
        return _seen(_DEVICES, self.context["user"], key)


class _OwnSite(Row):
    """A site that the asker may see."""

    def find(self, key: int) -> Any:
        return _seen(_SITES, self.context["user"], key)


class _Tile(Code):
    def find(self, code: str) -> Any:
        return _tiles.first(code=code)


class _Report(Strict):
    kind = Choice(choices=Kind.choices, default=Kind.FAULT)
    title = Text(max_length=120)
    description = Text(max_length=LONG, required=False, allow_blank=True)
    device = _OwnDevice(
        queryset=Device.objects.none(),
        required=False,
        allow_null=True,
    )
    site = _OwnSite(
        queryset=Site.objects.none(),
        required=False,
        help_text="Not needed with a device, or where the hospital has one site only.",
    )
    place = Text(max_length=120, required=False, allow_blank=True)
    contact_name = Text(max_length=60, required=False, allow_blank=True)
    contact_phone = serializers.RegexField(PHONE, required=False)

    def to_internal_value(self, data: Any) -> Any:
        # DRF would read a number as a phone number.
        if isinstance(data, dict) and not isinstance(data.get("contact_phone", ""), str):
            raise serializers.ValidationError({"contact_phone": [_("This is not a text.")]})
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A device says where it stands; without one the site is needed where there are several."""
        device, site = attrs.get("device"), attrs.get("site")
        if device is not None and site is not None and device.site_id != site.pk:
            raise serializers.ValidationError({"device": [_("This device stands at another site.")]})
        if device is not None:
            attrs["site"] = device.site
        elif site is None:
            attrs["site"] = self._only_site()
        return attrs

    def _only_site(self) -> Site:
        user = self.context["user"]
        found = list(_SITES.filter(hospital=user.hospital_id)[:2])
        if len(found) != 1:
            raise serializers.ValidationError({"site": [_("Say at which site it is.")]})
        return found[0]

    def about(self) -> dict[str, Any]:
        """What `workflow.open_ticket` asks for."""
        return {**self.validated_data, "hospital": self.validated_data["site"].hospital}


class HospitalReport(_Report):
    """What a hospital reports. How bad it is, it says in its own words; the desk judges the priority (T027)."""

    severity = Choice(choices=[(one.code, one.label) for one in SEVERITIES], default="today")
    tile = _Tile(
        queryset=FaultTile.objects.none(),
        required=False,
        help_text="A kind of fault in everyday words; see `/fault-classes/`.",
    )

    def about(self) -> dict[str, Any]:
        data = super().about()
        said = data.pop("severity")
        severity = next(one for one in SEVERITIES if one.code == said)
        return {**data, "impact": severity.impact, "urgency": severity.urgency}


class DeskReport(_Report):
    """What the company's people take in for a hospital."""

    impact = Choice(choices=Ticket.Impact.choices)
    urgency = Choice(choices=Ticket.Urgency.choices)
    fault_class = Code(queryset=FaultClass.objects.filter(is_active=True), required=False)
    notified_at = Moment(
        required=False, help_text="When the hospital first spoke of it, when earlier than now: the clocks start there."
    )

    def validate_notified_at(self, at: datetime) -> datetime:
        if at > self.context["now"]:
            raise serializers.ValidationError(_("This time lies in the future."))
        if at < self.context["now"] - OLDEST_CALL:
            raise serializers.ValidationError(_("This lies more than a week back; check the date."))
        return at


REPORTS = PolymorphicProxySerializer(
    component_name="Report", serializers=[HospitalReport, DeskReport], resource_type_field_name=None
)


class Edit(Strict):
    """What a ticket says of itself; what is left out stays."""

    title = Text(max_length=120, required=False)
    description = Text(max_length=LONG, required=False, allow_blank=True)
    place = Text(max_length=120, required=False, allow_blank=True)


class TileSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # declared fields are no attributes
    example = serializers.CharField()


class StepSerializer(serializers.Serializer[Any]):
    do = serializers.CharField()
    how = serializers.CharField(required=False)


class ScriptSerializer(serializers.Serializer[Any]):
    """What is tried on the phone, step by step, in the version that is valid now."""

    version = serializers.IntegerField()
    steps = StepSerializer(many=True)


class FaultClassSerializer(serializers.Serializer[Any]):
    """A fault class of the hotline plan (A7), with its tiles: what it is called in everyday words.

    `asks_for_part`: its script ends in a request for a spare part.
    """

    code = serializers.CharField()
    name = serializers.CharField()
    plain_name = serializers.CharField()
    clause = serializers.CharField()
    asks_for_part = serializers.BooleanField()
    script = serializers.SerializerMethodField()
    tiles = serializers.SerializerMethodField()

    @extend_schema_field(ScriptSerializer(allow_null=True))
    def get_script(self, row: FaultClass) -> Any:
        version = next(iter(row.procedures.all()), None)
        return ScriptSerializer(version).data if version else None

    @extend_schema_field(TileSerializer(many=True))
    def get_tiles(self, row: FaultClass) -> Any:
        return TileSerializer([tile for tile in row.tiles.all() if tile.is_active], many=True).data


def report_of(user: User) -> type[HospitalReport | DeskReport]:
    """What this person's report may say; PermissionDenied for those who file none."""
    require(user, "tickets.file" if user.is_hospital else "tickets.log")
    return HospitalReport if user.is_hospital else DeskReport


def file(report: type[HospitalReport | DeskReport], request: Request, now: datetime) -> Response:
    """File what the request says; 201 with the ticket."""
    user = person(request)
    said = report(data=request.data, context={"user": user, "now": now})
    said.is_valid(raise_exception=True)
    with refusals():
        ticket = workflow.open_ticket(by=user, reporter=user, channel=Ticket.Channel.API, now=now, **said.about())
    # The row as it was just written, with all that its page names: nothing is read back.
    page = shapes.ticket_page(ticket, user, now)
    headers = {"ETag": etag(ticket), "Location": f"{request.path}{ticket.number}/"}
    return Response(page, status=201, headers=headers)
