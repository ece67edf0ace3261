"""Tickets to read: the list, one of them, its events, its deadlines, its files."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

import django_filters
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from attachments import storage
from common.filters import FlagFilter, IdFilter
from common.rest import ListView, View
from people import idempotency
from people.access import may, person, require
from people.idempotency import ONCE
from sla.models import Deadline, Fact, PauseReason
from tickets import clocks, search, triage, workflow
from tickets.actions import ACTS
from tickets.api import filing, serializers
from tickets.api.base import IF_MATCH, TicketView, answer, check_unchanged, etag, refusals
from tickets.models import FaultClass, Kind, Ticket, TicketAttachment, TicketEvent
from tickets.queue import ORDERS, PRIORITIES
from tickets.states import OPEN, Status
from tickets.workflow.terms import EDITABLE


class TicketFilter(django_filters.FilterSet):
    """What a list of tickets can be narrowed to."""

    q = django_filters.CharFilter(label="Number, serial, phone or words", method="find", max_length=search.MAX_INPUT)
    status = django_filters.MultipleChoiceFilter(choices=Status.choices)
    open = FlagFilter(label="The company still owes work", method="only_open")
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    priority = django_filters.ChoiceFilter(choices=list(PRIORITIES.items()))
    hospital = IdFilter()
    site = IdFilter()
    device = IdFilter()
    assignee = IdFilter()
    owner = IdFilter()
    fault_class = django_filters.CharFilter(field_name="fault_class__code", max_length=50)

    def find(self, tickets: QuerySet[Ticket], _name: str, text: str) -> QuerySet[Ticket]:
        return tickets & search.find(self.request.user, text)

    def only_open(self, tickets: QuerySet[Ticket], _name: str, wanted: bool) -> QuerySet[Ticket]:
        return tickets.filter(status__in=OPEN) if wanted else tickets.exclude(status__in=OPEN)


class Tickets(ListView):
    """Tickets, newest first or by the deadline that falls due next (`ordering=due`)."""

    serializer_class = serializers.TicketRowSerializer
    filterset_class = TicketFilter
    queryset = Ticket.objects.none()
    orders: ClassVar = {"new": ORDERS["new"], "due": ORDERS["due"]}

    def get_queryset(self) -> QuerySet[Ticket]:
        return serializers.with_names(Ticket.objects.for_user(self.request.user)).defer(
            "search", "description", "solution"
        )

    @extend_schema(operation_id="tickets_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The tickets that one may see."""
        return self.list(request)

    @extend_schema(
        operation_id="tickets_create",
        request=filing.REPORTS,
        responses={201: serializers.TicketSerializer},
        parameters=[ONCE],
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Report a fault, a question or a request. Its clocks start at once."""
        now, report = timezone.now(), filing.report_of(person(request))
        return idempotency.once(request, now, lambda: filing.file(report, request, now))


class OneTicket(TicketView):
    """One ticket."""

    @extend_schema(operation_id="tickets_read", responses=serializers.TicketSerializer)
    def get(self, request: Request, number: str) -> Response:
        """One ticket with its texts, and what the asker may do to it now."""
        row = get_object_or_404(serializers.whole(Ticket.objects.for_user(request.user)), number=number)
        body = serializers.ticket_page(row, person(request), timezone.now())
        return Response(body, headers={"ETag": etag(row)})

    @extend_schema(
        operation_id="tickets_edit", request=filing.Edit, responses=serializers.TicketSerializer, parameters=[IF_MATCH]
    )
    def patch(self, request: Request, number: str) -> Response:
        """Correct title, description or place. Needs `If-Match`."""
        require(request.user, ACTS["edit"])
        now, row = timezone.now(), self.find(request, number)
        edit = filing.Edit(data=request.data)
        edit.is_valid(raise_exception=True)
        with transaction.atomic(), refusals():
            check_unchanged(request, row, required=True)
            row.refresh_from_db(fields=[*EDITABLE, "version"])
            texts = {name: edit.validated_data.get(name, getattr(row, name)) for name in EDITABLE}
            workflow.edit(row, version=row.version, by=person(request), now=now, **texts)
        return answer(row, person(request), now)


class Events(ListView):
    """What happened to a ticket, newest first."""

    serializer_class = serializers.EventSerializer
    queryset = TicketEvent.objects.none()

    def get_queryset(self) -> QuerySet[TicketEvent]:
        user = person(self.request)
        ticket = get_object_or_404(Ticket.objects.for_user(user).only("pk"), number=self.kwargs["number"])
        return serializers.with_files(TicketEvent.objects.for_user(user).filter(ticket=ticket), user)

    @extend_schema(operation_id="tickets_events")
    def get(self, request: Request, number: str) -> HttpResponseBase:
        """The lines of a ticket's story that one may read."""
        return self.list(request)


class Deadlines(TicketView):
    """What is promised, until when, and why."""

    @extend_schema(operation_id="tickets_deadlines", responses=serializers.DeadlinesSerializer)
    def get(self, request: Request, number: str) -> Response:
        """Every clock of a ticket with its sum, oldest first."""
        now, ticket = timezone.now(), self.find(request, number)
        rows = Deadline.objects.filter(timeline=ticket.timeline_id).exclude(state=Deadline.State.WITHDRAWN)
        found = rows.select_related("commitment__calendar", "timeline__site")
        judge = may(request.user, "sla.confirm_evidence")
        body = {
            "ticket": ticket.number,
            "cycle": ticket.cycle,
            "now": now,
            "deadlines": found,
            "evidence": clocks.undecided(Fact.objects.filter(timeline=ticket.timeline_id)) if judge else [],
        }
        reasons = dict(PauseReason.objects.values_list("code", "name"))
        return Response(serializers.DeadlinesSerializer(body, context={"now": now, "reasons": reasons}).data)


class File(View):
    """A file of a ticket."""

    @extend_schema(operation_id="files_read", responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, key: UUID) -> HttpResponse:
        """The file itself, to keep."""
        links = TicketAttachment.objects.for_user(request.user).select_related("attachment")
        link = get_object_or_404(links, attachment__key=key)
        return storage.serve(link.attachment, inline=False)


class FaultClasses(View):
    """The fault classes in use."""

    @extend_schema(operation_id="fault_classes_list", responses=filing.FaultClassSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What `fault_class` and `tile` may be when a fault is reported."""
        scripts = Prefetch("procedures", triage.in_force(timezone.now()))
        rows = FaultClass.objects.filter(is_active=True).prefetch_related("tiles", scripts)
        return Response(filing.FaultClassSerializer(rows, many=True).data)
