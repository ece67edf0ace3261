"""A hospital at a glance for other programs, the company's and its own."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.rest import View
from common.strict import Moment
from devices.models import DeviceModel
from people.access import person, require
from people.api import Named
from people.models import Hospital
from reports import hospital_page
from reports.coverage import NAMES, Row
from sla import critical
from sla.models import CriticalPeriod
from warranty.api.reading import DutySerializer, NamedContractSerializer
from warranty.entitlements import Left
from warranty.models import Contract, Entitlement


class HospitalSerializer(serializers.Serializer[Hospital]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    short_name = serializers.CharField()
    region = Named()
    city = serializers.CharField()


class DevicesSerializer(serializers.Serializer[Row]):
    """The devices of a kind. `coverage`: who would pay today for those in use, the fault's cause being unknown."""

    kind = serializers.ChoiceField(DeviceModel.Kind.choices)
    in_use = serializers.IntegerField()
    replaced = serializers.IntegerField()
    retired = serializers.IntegerField()
    coverage = serializers.SerializerMethodField()

    @extend_schema_field(
        {
            "type": "object",
            "required": [outcome.value for outcome in NAMES],
            "properties": {outcome.value: {"type": "integer"} for outcome in NAMES},
        }
    )
    def get_coverage(self, row: Row) -> dict[str, int]:
        return {share.outcome.value: share.count for share in row.shares}


class EndSerializer(serializers.Serializer[Any]):
    """The last day of the warranty or contract of so many devices."""

    day = serializers.DateField()
    devices = serializers.IntegerField()


class RunningSerializer(serializers.Serializer[Contract]):
    """A contract in force."""

    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    name = serializers.CharField()
    phase = serializers.ChoiceField(Contract.Phase.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()


class LeftSerializer(serializers.Serializer[Left]):
    """A quota of the running contract year. `used` holds what is planned too."""

    id = serializers.IntegerField(source="entitlement.pk")
    kind = serializers.ChoiceField(Entitlement.Kind.choices, source="entitlement.kind")
    clause = serializers.CharField(source="entitlement.clause")
    contract = NamedContractSerializer(source="entitlement.contract")
    is_owed = serializers.BooleanField(source="entitlement.is_owed")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    granted = serializers.IntegerField()
    used = serializers.IntegerField()
    left = serializers.IntegerField()


class PeriodSerializer(serializers.Serializer[critical.Line]):
    """A critical period that is on or comes next; `proposed` ones count once the desk has confirmed them."""

    id = serializers.IntegerField(source="period.pk")
    kind = serializers.ChoiceField(CriticalPeriod.PeriodKind.choices, source="period.kind")
    reason = serializers.CharField(source="period.reason")
    state = serializers.ChoiceField(CriticalPeriod.State.choices, source="period.state")
    starts_at = Moment(source="window.starts_at")
    ends_at = Moment(source="window.ends_at")
    is_on = serializers.BooleanField()


class OpenSerializer(serializers.Serializer[dict[str, int]]):
    """Tickets that the company still owes work on; `over`: with a promise that is broken now."""

    open = serializers.IntegerField()
    over = serializers.IntegerField()


class OverviewSerializer(serializers.Serializer[Any]):
    """What stands at a hospital on `today`, its own date; contracts, quotas and duties are those in force."""

    hospital = HospitalSerializer(source="overview.hospital")
    today = serializers.DateField(source="overview.today")
    devices = DevicesSerializer(source="coverage.rows", many=True)
    ends = EndSerializer(many=True)
    contracts = RunningSerializer(source="overview.running", many=True)
    entitlements = LeftSerializer(source="overview.quotas", many=True)
    duties = DutySerializer(source="overview.duties", many=True)
    tickets = OpenSerializer()
    critical_periods = PeriodSerializer(source="periods", many=True)


class HospitalOverview(View):
    """A hospital at a glance."""

    @extend_schema(operation_id="hospitals_overview", responses=OverviewSerializer)
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """What stands at a hospital, who pays, what its contracts grant, what is owed to it, what is open."""
        require(request.user, "contracts.see")
        user, now = person(request), timezone.now()
        hospital = get_object_or_404(Hospital.objects.for_user(user).select_related("region"), pk=pk)
        today = hospital_page.today(hospital, user, now)
        return Response(OverviewSerializer(hospital_page.figures(hospital, user, now, today)).data)
