"""Lists of devices from another program: hand rows in, read what each would do, apply, take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.keyset import Keyset
from common.network import client_address
from common.problems import Conflict
from common.rest import LOCATION, ListView, View
from common.strict import Strict, Text
from devices.importing import batches, columns, reading, report
from devices.models import ImportBatch, ImportRow
from people import idempotency
from people.access import person, require
from people.idempotency import ONCE

MOST_ROWS = 1000


def _cell(column: columns.Column) -> Text:
    return Text(max_length=reading.LONGEST_CELL, required=column.required, allow_blank=True)


NewRow = type(
    "NewImportRow",
    (Strict,),
    {
        "__doc__": "A device, in words: names of hospital, site, model as the register or a label has them.",
        **{column.code: _cell(column) for column in columns.ALL},
    },
)


class NewImport(Strict):
    """A list: at most 1000 rows. It is checked at once; nothing is written before it is applied."""

    name = Text(max_length=120)
    rows = serializers.ListField(child=NewRow(), min_length=1, max_length=MOST_ROWS)


class ImportSerializer(serializers.Serializer[ImportBatch]):
    """A list: `planned` rows are to be written (or taken back), `done` of them are."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    state = serializers.ChoiceField(ImportBatch.State.choices)
    total = serializers.IntegerField()
    planned = serializers.IntegerField()
    done = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)


class ImportRowSerializer(serializers.Serializer[ImportRow]):
    """What a row would do, or has done. `changes`: column, what stands, what is to stand."""

    number = serializers.IntegerField()
    verdict = serializers.ChoiceField(ImportRow.Verdict.choices, allow_blank=True)
    outcome = serializers.ChoiceField(ImportRow.Outcome.choices, allow_blank=True)
    device = serializers.IntegerField(source="device_id", allow_null=True)
    changes = serializers.DictField(
        source="diff", child=serializers.ListField(child=serializers.CharField(allow_blank=True))
    )
    errors = serializers.SerializerMethodField()  # type: ignore[assignment]  # declared fields are no attributes
    warnings = serializers.SerializerMethodField()

    def get_errors(self, row: ImportRow) -> list[str]:
        return list(report.errors(row))

    def get_warnings(self, row: ImportRow) -> list[str]:
        return list(report.notes(row))


def _find(request: Request, pk: int) -> ImportBatch:
    require(request.user, "devices.import")
    return get_object_or_404(ImportBatch.objects.for_user(request.user), pk=pk)


class Imports(ListView):
    """Lists, newest first; a new one is handed in here."""

    serializer_class = ImportSerializer
    queryset = ImportBatch.objects.none()

    def get_queryset(self) -> QuerySet[ImportBatch]:
        return ImportBatch.objects.for_user(self.request.user)

    @extend_schema(operation_id="imports_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The lists that were handed in."""
        require(request.user, "devices.import")
        return self.list(request)

    @extend_schema(
        operation_id="imports_create",
        request=NewImport,
        responses={201: ImportSerializer},
        parameters=[ONCE, LOCATION],
        filters=False,
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Hand rows in and have them checked."""
        require(request.user, "devices.import")
        return idempotency.once(request, timezone.now(), lambda: _create(request))


def _create(request: Request) -> Response:
    now, user = timezone.now(), person(request)
    said = NewImport(data=request.data)
    said.is_valid(raise_exception=True)
    codes = [column.code for column in columns.ALL]
    rows = [
        reading.Line(number, [row.get(code, "") for code in codes], [])
        for number, row in enumerate(said.validated_data["rows"], start=1)
    ]
    table = reading.Table(codes, rows)
    address = client_address(request) or None
    batch = batches.keep(table, name=said.validated_data["name"], by=user, now=now, address=address)
    batch = batches.check(batch, batch.mapping, by=user)
    location = {"Location": reverse("api:import", args=[batch.pk])}
    return Response(ImportSerializer(batch).data, status=201, headers=location)


class OneImport(View):
    """One list: how far it is."""

    @extend_schema(operation_id="imports_read", responses=ImportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One list."""
        return Response(ImportSerializer(_find(request, pk)).data)


class ImportRows(ListView):
    """The report of one list, row by row."""

    serializer_class = ImportRowSerializer
    queryset = ImportRow.objects.none()
    orders: ClassVar = {"new": Keyset()}

    def get_queryset(self) -> QuerySet[ImportRow]:
        return _find(self.request, self.kwargs["pk"]).rows.all()

    @extend_schema(operation_id="imports_rows")
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """What each row does, the last row first."""
        return self.list(request)


class ImportVerb(View):
    """Apply a list, or take it back."""

    does: ClassVar[Callable[..., ImportBatch]]

    def post(self, request: Request, pk: int) -> HttpResponseBase:
        batch, now = _find(request, pk), timezone.now()

        def answer() -> Response:
            try:
                done = type(self).does(batch, by=person(request), now=now, address=client_address(request) or None)
            except batches.Refused as refused:
                raise Conflict(str(refused)) from refused
            return Response(ImportSerializer(done).data)

        return idempotency.once(request, now, answer)


def door(name: str, does: Callable[..., ImportBatch]) -> type[ImportVerb]:
    """The view of `batches.apply` or `batches.undo`, described by the verb's own words."""

    @extend_schema(
        operation_id=f"imports_{name}",
        description=(does.__doc__ or "").partition("\n")[0],
        request=None,
        responses=ImportSerializer,
        parameters=[ONCE],
    )
    def post(self: ImportVerb, request: Request, pk: int) -> HttpResponseBase:
        return ImportVerb.post(self, request, pk)

    return type(f"Import{name.title()}", (ImportVerb,), {"does": staticmethod(does), "post": post})
