"""Contracts, what they grant and what is owed, and who pays for a device, for other programs."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.filters import FlagFilter, IdFilter
from common.problems import BadParameters
from common.rest import ListView, View
from common.strict import Moment
from devices.models import Device
from people.access import require
from people.api import Named, NamedSerializer
from warranty import cases, entitlements, wording
from warranty.cases import desk_day
from warranty.coverage import Change, EstimateLine, Finding, Link, Outcome, Verdict, local_day
from warranty.duties import Duty, line_of
from warranty.forecast import State
from warranty.models import Contract, DutyEntry, Entitlement, EntitlementYear, PriceRow, ServiceLine

CURRENCY = "CNY"


class ServiceLineSerializer(serializers.Serializer[ServiceLine]):
    """A service of the catalogue. `calendar` names the hours in which it is offered."""

    service = serializers.ChoiceField(ServiceLine.Service.choices)
    clause = serializers.CharField()
    terms = serializers.CharField()
    calendar = serializers.CharField(source="calendar.code")
    hours = serializers.CharField(source="calendar.name")


class ContractRowSerializer(serializers.Serializer[Contract]):
    """A contract: one phase, both days included. `policy` is the code of the clocks that its tickets run by."""

    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    clause = serializers.CharField()
    hospital = Named()
    phase = serializers.ChoiceField(Contract.Phase.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    follows = serializers.CharField(source="follows.number", default=None, allow_null=True)
    scope = serializers.ChoiceField(Contract.Scope.choices)
    project = Named(allow_null=True)
    device_kinds = serializers.ListField(child=serializers.CharField())
    excluded_causes = serializers.ListField(child=serializers.CharField())
    policy = serializers.CharField(source="policy.code")
    activated_at = Moment()


class ContractSerializer(ContractRowSerializer):
    """A contract with its services, and the devices that it lists, if it lists any."""

    services = ServiceLineSerializer(source="lines", many=True)
    devices = NamedSerializer(many=True)


class ContractFilter(django_filters.FilterSet):
    """What a list of contracts can be narrowed to."""

    hospital = IdFilter()
    phase = django_filters.ChoiceFilter(choices=Contract.Phase.choices)
    running = FlagFilter(label="In force today", method="only_running")

    def only_running(self, contracts: QuerySet[Contract], _name: str, wanted: bool) -> QuerySet[Contract]:
        running = {"starts_on__lte": (today := desk_day(timezone.now())), "ends_on__gte": today}
        return contracts.filter(**running) if wanted else contracts.exclude(**running)


def _contracts(request: Request) -> QuerySet[Contract]:
    signed = Contract.objects.for_user(request.user).signed()
    return signed.select_related("hospital", "project", "policy", "follows")


class Contracts(ListView):
    """Contracts, newest first."""

    serializer_class = ContractRowSerializer
    filterset_class = ContractFilter
    queryset = Contract.objects.none()

    def get_queryset(self) -> QuerySet[Contract]:
        return _contracts(self.request)

    @extend_schema(operation_id="contracts_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The signed contracts that one may see."""
        return self.list(request)


class OneContract(View):
    """One contract."""

    @extend_schema(operation_id="contracts_read", responses=ContractSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One contract with its services."""
        rows = _contracts(request).prefetch_related("devices", Prefetch("lines", _lines()))
        return Response(ContractSerializer(get_object_or_404(rows, pk=pk)).data)


def _lines() -> QuerySet[ServiceLine]:
    return ServiceLine.objects.select_related("calendar")


class NamedContractSerializer(serializers.Serializer[Contract]):
    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()


class EntitlementSerializer(serializers.Serializer[Entitlement]):
    """A quota in the contract year of today. The fifth of four is served too, and billable."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.ChoiceField(Entitlement.Kind.choices)
    clause = serializers.CharField()
    contract = NamedContractSerializer()
    hospital = Named(source="contract.hospital")
    is_owed = serializers.BooleanField()
    per_year = serializers.IntegerField()
    year = serializers.SerializerMethodField()

    @extend_schema_field(
        {
            "type": "object",
            "required": ["starts_on", "ends_on", "granted", "used", "left"],
            "properties": {
                **{name: {"type": "string", "format": "date"} for name in ("starts_on", "ends_on")},
                **{name: {"type": "integer"} for name in ("granted", "used", "left")},
            },
        }
    )
    def get_year(self, row: Entitlement) -> dict[str, Any]:
        found = entitlements.left_from(row, row.contract, row.years.all(), self.context["today"])
        span = {"starts_on": found.starts_on.isoformat(), "ends_on": found.ends_on.isoformat()}
        return {**span, "granted": found.granted, "used": found.used, "left": found.left}


class DutyEntrySerializer(serializers.Serializer[DutyEntry]):
    id = serializers.IntegerField(source="pk")
    planned_on = serializers.DateField()
    done_on = serializers.DateField(allow_null=True)
    done_by = Named(allow_null=True)
    is_billable = serializers.BooleanField(source="use.is_billable")
    note = serializers.CharField()


class DutySerializer(serializers.Serializer[Duty]):
    """What the company owes in the contract year of today. `expected`: how many will be done by its last day."""

    id = serializers.IntegerField(source="entitlement.pk")
    kind = serializers.ChoiceField(Entitlement.Kind.choices, source="entitlement.kind")
    clause = serializers.CharField(source="entitlement.clause")
    contract = NamedContractSerializer()
    hospital = Named(source="contract.hospital")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    state = serializers.ChoiceField([state.value for state in State], source="forecast.state")
    owed = serializers.IntegerField(source="forecast.owed")
    done = serializers.IntegerField(source="forecast.done")
    planned = serializers.IntegerField(source="forecast.planned")
    overdue = serializers.IntegerField(source="forecast.overdue")
    unplanned = serializers.IntegerField(source="forecast.unplanned")
    expected = serializers.IntegerField(source="forecast.expected")
    plan_by = serializers.DateField(source="forecast.plan_by", allow_null=True)
    entries = DutyEntrySerializer(many=True)


class EntitlementFilter(django_filters.FilterSet):
    """What a list of entitlements or duties can be narrowed to."""

    hospital = IdFilter(field_name="contract__hospital")
    contract = IdFilter()
    kind = django_filters.ChoiceFilter(choices=Entitlement.Kind.choices)


class Running(ListView):
    """Rows of contracts that are in force on the desk's own date."""

    filterset_class = EntitlementFilter
    queryset = Entitlement.objects.none()

    def get_queryset(self) -> QuerySet[Entitlement]:
        today = desk_day(timezone.now())
        rows = Entitlement.objects.for_user(self.request.user).filter(
            contract__activated_at__isnull=False, contract__starts_on__lte=today, contract__ends_on__gte=today
        )
        years = EntitlementYear.objects.filter(starts_on__lte=today, ends_on__gte=today)
        return rows.select_related("contract__hospital").prefetch_related(Prefetch("years", years))

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "today": desk_day(timezone.now())}


class Entitlements(Running):
    """What contracts grant, newest first."""

    serializer_class = EntitlementSerializer

    @extend_schema(operation_id="entitlements_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The quotas of contracts in force, and what is left of each this contract year."""
        return self.list(request)


class Duties(Running):
    """What is owed, newest contracts first."""

    serializer_class = DutySerializer

    def get_queryset(self) -> QuerySet[Entitlement]:
        entries = DutyEntry.objects.filter(dropped_at=None).select_related("done_by", "use")
        return super().get_queryset().filter(is_owed=True).prefetch_related(Prefetch("duties", entries))

    def paginate_queryset(self, queryset: Any) -> Any:
        today = desk_day(timezone.now())
        return [_duty(row, today) for row in super().paginate_queryset(queryset) or ()]

    @extend_schema(operation_id="duties_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The duties of contracts in force: owed, done, planned, and how they will end this contract year."""
        return self.list(request)


def _duty(row: Entitlement, today: date) -> Duty:
    year = entitlements.year_of(row.contract, today)
    return line_of(row, row.contract, year, [one for one in row.duties.all() if one.year_starts_on == year[0]], today)


class LinkSerializer(serializers.Serializer[Link]):
    """One link of the chain that was asked: a rule (`term`) or a contract, and what it came to. Empty: no rule."""

    kind = serializers.ChoiceField(["term", "contract", ""], source="source")
    code = serializers.CharField()
    version = serializers.IntegerField()
    clause = serializers.CharField()
    finding = serializers.ChoiceField([finding.value for finding in Finding])
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)


class ChangeSerializer(serializers.Serializer[Change]):
    """What would lead elsewhere: another `cause`, a later `day`, or a `date` to be entered (`value` is its field)."""

    what = serializers.ChoiceField(["cause", "day", "date"])
    value = serializers.CharField()
    outcome = serializers.ChoiceField([outcome.value for outcome in Outcome], allow_null=True)
    clause = serializers.CharField()
    text = serializers.SerializerMethodField()

    def get_text(self, change: Change) -> str:
        return wording.change(change)


class EstimateSerializer(serializers.Serializer[EstimateLine]):
    """Units × price of a unit. Not a quote: what a usual visit costs."""

    code = serializers.CharField(source="price.code")
    name = serializers.SerializerMethodField()
    unit = serializers.SerializerMethodField()
    quantity = serializers.DecimalField(6, 2, source="price.quantity")
    amount = serializers.DecimalField(10, 2, source="price.amount")
    sum = serializers.DecimalField(16, 2)

    def get_name(self, line: EstimateLine) -> str:
        return str(self.context["prices"][line.price.key].name)

    def get_unit(self, line: EstimateLine) -> str:
        return str(self.context["prices"][line.price.key].unit)


class VerdictSerializer(serializers.Serializer[Verdict]):
    """Who pays, in words and in parts. `until`: the last day on which it holds; null: without end."""

    device = serializers.SerializerMethodField()
    on = serializers.SerializerMethodField()
    cause = serializers.SerializerMethodField()
    outcome = serializers.ChoiceField([outcome.value for outcome in Outcome])
    sentence = serializers.SerializerMethodField()
    clause = serializers.CharField()
    rule = LinkSerializer()
    until = serializers.DateField(allow_null=True)
    decider = serializers.CharField()
    chain = LinkSerializer(many=True)
    changes = ChangeSerializer(many=True)
    estimate = EstimateSerializer(many=True)
    total = serializers.DecimalField(16, 2)
    currency = serializers.SerializerMethodField()

    def get_device(self, _verdict: Verdict) -> int:
        return int(self.context["device"].pk)

    @extend_schema_field(OpenApiTypes.DATE)
    def get_on(self, _verdict: Verdict) -> str:
        return str(self.context["on"])

    @extend_schema_field({"type": "string", "enum": [code for code, _ in wording.CAUSES]})
    def get_cause(self, _verdict: Verdict) -> str:
        return str(self.context["cause"])

    def get_sentence(self, verdict: Verdict) -> str:
        return wording.sentence(verdict)

    def get_currency(self, _verdict: Verdict) -> str:
        return CURRENCY


class WhatIf(serializers.Serializer[Any]):
    """The question: a cause, and the day on which the fault is notified."""

    cause = serializers.ChoiceField(wording.CAUSES, required=False, default="unknown")
    on = serializers.DateField(input_formats=["%Y-%m-%d"], required=False)


class DeviceVerdict(View):
    """Who pays for a fault of a device."""

    parameters = ("cause", "on")

    @extend_schema(
        operation_id="devices_verdict",
        responses=VerdictSerializer,
        parameters=[
            OpenApiParameter("cause", enum=[code for code, _ in wording.CAUSES], default="unknown"),
            OpenApiParameter("on", OpenApiTypes.DATE, description="The site's date; without it today."),
        ],
    )
    def get(self, request: Request, pk: int) -> Response:
        """Who would pay, why, and what would change it. Asking stores nothing."""
        require(request.user, "contracts.see")
        device = get_object_or_404(Device.objects.for_user(request.user).select_related("site", "model"), pk=pk)
        asked = WhatIf(data=request.query_params.dict())
        if not asked.is_valid():
            raise BadParameters(asked.errors)
        cause = asked.validated_data["cause"]
        on = asked.validated_data.get("on") or local_day(timezone.now(), device.site.timezone)
        found = cases.verdict(device, cause=cause, on=on)
        prices = PriceRow.objects.in_bulk([line.price.key for line in found.estimate])
        context = {"device": device, "cause": cause, "on": on, "prices": prices}
        return Response(VerdictSerializer(found, context=context).data)
