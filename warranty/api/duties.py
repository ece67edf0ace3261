"""Duties one by one, and coverage over the years, for other programs.

That one was done is put on record on its page: its proof is a file, and the interface takes none.
"""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from attachments import storage
from common.filters import FlagFilter, IdFilter
from common.problems import Conflict
from common.rest import LOCATION, ListView, View
from common.strict import Choice, Day, Flag, Moment, Row, Strict, Text
from people import idempotency
from people.access import person, require
from people.api import Named
from people.idempotency import ONCE
from warranty import contract_page, duties, timebar
from warranty.api.reading import NamedContractSerializer
from warranty.cases import desk_day
from warranty.models import Contract, DutyEntry, Entitlement
from warranty.refusal import Refused
from warranty.timebar import Span

LOOKS = ["free", "paid", "warranty"]


class EntrySerializer(serializers.Serializer[DutyEntry]):
    """One thing that is owed: planned, then done with its proof, or dropped. `proof`: where it is read."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.ChoiceField(Entitlement.Kind.choices, source="entitlement.kind")
    clause = serializers.CharField(source="entitlement.clause")
    contract = NamedContractSerializer(source="entitlement.contract")
    hospital = Named()
    planned_on = serializers.DateField()
    done_on = serializers.DateField(allow_null=True)
    done_by = Named(allow_null=True)
    dropped_at = Moment(allow_null=True)
    is_billable = serializers.BooleanField(source="use.is_billable")
    note = serializers.CharField()
    proof = serializers.SerializerMethodField()

    @extend_schema_field({"type": ["string", "null"], "format": "uri-reference"})
    def get_proof(self, entry: DutyEntry) -> str | None:
        return reverse("api:duty-entry-proof", args=[entry.pk]) if entry.proof_id is not None else None


class EntryFilter(django_filters.FilterSet):
    """What a list of entries can be narrowed to."""

    hospital = IdFilter()
    contract = IdFilter(field_name="entitlement__contract")
    kind = django_filters.ChoiceFilter(field_name="entitlement__kind", choices=Entitlement.Kind.choices)
    open = FlagFilter(label="Planned, neither done nor dropped", method="only_open")

    def only_open(self, entries: QuerySet[DutyEntry], _name: str, wanted: bool) -> QuerySet[DutyEntry]:
        still = {"done_on": None, "dropped_at": None}
        return entries.filter(**still) if wanted else entries.exclude(**still)


class _Signed(Row):
    """A contract in force, once or to come, that the asker may see."""

    def get_queryset(self) -> Any:
        rows = Contract.objects.signed()
        return rows.for_user(self.context["user"]) if "user" in self.context else rows.none()


class PlanEntry(Strict):
    """One more of `kind` for a day of the contract. Without `may_bill`, one beyond the quota is refused."""

    contract = _Signed(queryset=Contract.objects.all())
    kind = Choice(Entitlement.Kind.choices)
    on = Day()
    note = Text(max_length=200, required=False, allow_blank=True, default="")
    may_bill = Flag(required=False, default=False)


class DropEntry(Strict):
    reason = Text(max_length=200)


def _entries(request: Request) -> QuerySet[DutyEntry]:
    rows = DutyEntry.objects.for_user(request.user)
    return rows.select_related("entitlement__contract", "hospital", "done_by", "use")


class DutyEntries(ListView):
    """What was planned, newest first; one more is planned here."""

    serializer_class = EntrySerializer
    filterset_class = EntryFilter
    queryset = DutyEntry.objects.none()

    def get_queryset(self) -> QuerySet[DutyEntry]:
        return _entries(self.request)

    @extend_schema(operation_id="duty_entries_list")
    def get(self, request: Request) -> HttpResponseBase:
        """What was planned, done or dropped of what is owed."""
        return self.list(request)

    @extend_schema(
        operation_id="duty_entries_plan",
        request=PlanEntry,
        responses={201: EntrySerializer},
        parameters=[ONCE, LOCATION],
        filters=False,
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Plan one; it is taken from the quota of the contract year that holds its day."""
        require(request.user, "duties.plan")
        now, user = timezone.now(), person(request)

        def do() -> Response:
            asked = PlanEntry(data=request.data, context={"user": user})
            asked.is_valid(raise_exception=True)
            said = dict(asked.validated_data)
            try:
                entry = duties.plan(said.pop("contract"), said.pop("kind"), by=user, now=now, **said)
            except Refused as refused:
                raise Conflict(str(refused)) from refused
            headers = {"Location": reverse("api:duty-entry", args=[entry.pk])}
            return Response(EntrySerializer(_entries(request).get(pk=entry.pk)).data, 201, headers=headers)

        return idempotency.once(request, now, do)


class OneEntry(View):
    """One thing that is owed."""

    @extend_schema(operation_id="duty_entries_read", responses=EntrySerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Where it stands."""
        return Response(EntrySerializer(get_object_or_404(_entries(request), pk=pk)).data)


class DropOne(View):
    """It will not take place."""

    @extend_schema(
        operation_id="duty_entries_drop", request=DropEntry, responses={200: EntrySerializer}, parameters=[ONCE]
    )
    def post(self, request: Request, pk: int) -> HttpResponseBase:
        """Drop it; what it took from the quota is given back. Refused once it is done."""
        require(request.user, "duties.plan")
        now, entry = timezone.now(), get_object_or_404(_entries(request), pk=pk)

        def do() -> Response:
            said = DropEntry(data=request.data)
            said.is_valid(raise_exception=True)
            try:
                duties.drop(entry, by=person(request), now=now, **said.validated_data)
            except Refused as refused:
                raise Conflict(str(refused)) from refused
            return Response(EntrySerializer(_entries(request).get(pk=pk)).data)

        return idempotency.once(request, now, do)


class Proof(View):
    """The proof of one that was done."""

    @extend_schema(operation_id="duty_entries_proof", responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int) -> HttpResponse:
        """The file itself, to keep."""
        entries = DutyEntry.objects.for_user(request.user).select_related("proof")
        entry = get_object_or_404(entries, pk=pk, proof__isnull=False)
        assert entry.proof is not None
        return storage.serve(entry.proof, inline=False)


class SpanSerializer(serializers.Serializer[Span]):
    """A contract (its phase, its number) or a warranty, its first and last day, and how many devices it covers."""

    kind = serializers.ChoiceField(LOOKS, source="look")
    contract = serializers.CharField(source="contract.number", default=None, allow_null=True)
    clause = serializers.CharField()
    since = serializers.DateField()
    until = serializers.DateField()
    devices = serializers.IntegerField()


class CoverageSerializer(serializers.Serializer[Any]):
    """Contracts of the hospital and warranties of its devices in use. `undated`: devices without any such day."""

    on = serializers.DateField()
    spans = SpanSerializer(many=True)
    undated = serializers.IntegerField()


class Coverage(View):
    """Coverage over the years."""

    @extend_schema(operation_id="contracts_coverage", responses=CoverageSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """What covers the devices of the contract's hospital, from when until when."""
        user, today = person(request), desk_day(timezone.now())
        contract = get_object_or_404(Contract.objects.for_user(user).signed(), pk=pk)
        judged, others = contract_page.judged_of(contract, user, today)
        bar = timebar.draw(others, judged, today, of=contract)
        return Response(CoverageSerializer({"on": today, "spans": bar.spans, "undated": bar.undated}).data)
