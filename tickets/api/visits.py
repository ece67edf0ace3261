"""Visits for other programs: read, planned for a ticket, moved, begun, ended; the pages' own verbs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import django_filters
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.filters import FlagFilter, IdFilter
from common.keyset import Keyset
from common.rest import ListView, View
from common.shapes import Shape
from common.strict import Choice, Moment, Row, Strict, Text, Whole
from people import idempotency
from people.access import person, require
from people.api import Named
from people.idempotency import ONCE
from people.models import User
from tickets import sending, workflow
from tickets.api.base import TicketView, refusals
from tickets.api.filing import LONG
from tickets.console_forms.fields import colleagues
from tickets.models import Ticket
from visits.models import Crew, Visit
from visits.ranking import Candidate
from visits.states import OPEN
from visits.wording import reason

INTERNAL = ("travel", "distance_m", "accuracy_m", "check_in_reason")
"""Fields that a hospital does not get: they are not there at all."""


class CrewSerializer(serializers.Serializer[Crew]):
    id = serializers.IntegerField(source="engineer_id")
    name = serializers.CharField(source="engineer.name")
    is_lead = serializers.BooleanField()


class WaySerializer(serializers.Serializer[Visit]):
    """The engineer's own way: it gives the expected arrival, never the promise. Minutes and kilometres."""

    start = serializers.CharField(source="travel_from")
    minutes = serializers.IntegerField(source="travel_minutes", allow_null=True)
    km = serializers.IntegerField(source="travel_km", allow_null=True)
    origin = serializers.CharField(source="travel_source")
    is_estimate = serializers.BooleanField(source="travel_is_estimate")
    reason = serializers.CharField(source="travel_reason")


class VisitSerializer(Shape[Visit]):
    """A visit. The way, and how near somebody checked in, are there for the company only."""

    id = serializers.IntegerField(source="pk")
    ticket = serializers.SerializerMethodField()
    hospital = Named()
    site = Named()
    purpose = serializers.ChoiceField(Visit.Purpose.choices)
    subject = serializers.CharField()
    state = serializers.ChoiceField(Visit.State.choices)
    starts_at = Moment()
    ends_at = Moment()
    crew = CrewSerializer(source="standing", many=True)
    travel = WaySerializer(source="*", required=False)
    departed_at = Moment(allow_null=True)
    expected_arrival_at = Moment(allow_null=True)
    arrived_at = Moment(allow_null=True)
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    left_at = Moment(allow_null=True)
    check_in = serializers.ChoiceField(Visit.CheckIn.choices, allow_blank=True)
    distance_m = serializers.IntegerField(allow_null=True, required=False)
    accuracy_m = serializers.IntegerField(allow_null=True, required=False)
    check_in_reason = serializers.CharField(required=False)
    outcome = serializers.ChoiceField(Visit.Outcome.choices, allow_blank=True)
    found = serializers.CharField()
    done = serializers.CharField()
    cancel_reason = serializers.CharField()
    version = serializers.IntegerField()

    def get_ticket(self, visit: Visit) -> str | None:
        link = getattr(visit, "ticket_link", None)
        return link.ticket.number if link else None

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if (user := self.context.get("user")) is not None and user.is_hospital:
            for name in INTERNAL:
                del fields[name]
        return fields


def _whole(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    """With all that `VisitSerializer` says, in two queries."""
    crew = Crew.objects.filter(released_at=None).select_related("engineer").order_by("-is_lead", "pk")
    return visits.select_related("hospital", "site", "ticket_link__ticket").prefetch_related(
        Prefetch("crew", crew, to_attr="standing")
    )


class VisitFilter(django_filters.FilterSet):
    """What a list of visits can be narrowed to."""

    state = django_filters.MultipleChoiceFilter(choices=Visit.State.choices)
    open = FlagFilter(label="Somebody still has to go there or is there", method="only_open")
    hospital = IdFilter()
    site = IdFilter()
    engineer = IdFilter(label="Who is booked for it", method="of_engineer")

    def only_open(self, visits: QuerySet[Visit], _name: str, wanted: bool) -> QuerySet[Visit]:
        return visits.filter(state__in=OPEN) if wanted else visits.exclude(state__in=OPEN)

    def of_engineer(self, visits: QuerySet[Visit], _name: str, key: int) -> QuerySet[Visit]:
        return visits.filter(pk__in=Crew.objects.filter(engineer=key, released_at=None).values("visit"))


class Visits(ListView):
    """Visits, newest first or by their planned beginning (`ordering=starts`)."""

    serializer_class = VisitSerializer
    filterset_class = VisitFilter
    queryset = Visit.objects.none()
    orders: ClassVar = {"new": Keyset(), "starts": Keyset("starts_at", gaps=False)}

    def get_queryset(self) -> QuerySet[Visit]:
        return _whole(Visit.objects.for_user(self.request.user))

    @extend_schema(operation_id="visits_list")
    def get(self, request: Request) -> HttpResponseBase:
        """The visits that one may see."""
        return self.list(request)


class OneVisit(View):
    """One visit."""

    @extend_schema(operation_id="visits_read", responses=VisitSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One visit, with its way and its times."""
        return _answer(get_object_or_404(Visit.objects.for_user(request.user).only("pk"), pk=pk), person(request))


def _answer(visit: Visit, user: User) -> Response:
    row = _whole(Visit.objects.all()).get(pk=visit.pk)
    return Response(VisitSerializer(row, context={"user": user}).data)


class _Engineer(Row):
    """Who may be sent for the ticket's region."""

    def get_queryset(self) -> QuerySet[User]:
        return colleagues(self.context["ticket"], "visits.work") if "ticket" in self.context else User.objects.none()


class Send(Strict):
    """Who comes, with whom, and the planned window at the site. Own `minutes` on the way need a `reason`."""

    engineer = _Engineer(queryset=User.objects.none(), help_text="A person's id.")
    crew = serializers.ListField(child=_Engineer(queryset=User.objects.none()), required=False, max_length=5)
    starts_at = Moment()
    ends_at = Moment(required=False, allow_null=True)
    minutes = Whole(required=False, allow_null=True, min_value=1, max_value=2880)
    reason = Text(max_length=200, required=False, allow_blank=True)


class Replan(Strict):
    """The planned window at the site; without an end it keeps its length."""

    starts_at = Moment()
    ends_at = Moment(required=False, allow_null=True)


class Reassign(Strict):
    engineer = _Engineer(queryset=User.objects.none(), help_text="A person's id.")


class CallOff(Strict):
    reason = Text(max_length=200)


class Start(Strict):
    """An empty object, or no body at all."""


class Finish(Strict):
    """What came of it. Solved needs both texts, and the ticket is solved with them."""

    outcome = Choice(choices=Visit.Outcome.choices)
    found = Text(max_length=LONG, required=False, allow_blank=True, default="")
    done = Text(max_length=LONG, required=False, allow_blank=True, default="")


@dataclass(frozen=True, slots=True)
class Verb:
    """What may be done to a visit of a ticket, by which right."""

    name: str
    act: str
    takes: type[Strict]
    does: Callable[..., Ticket]

    @property
    def slug(self) -> str:
        return self.name.replace("_", "-")


VERBS = (
    Verb("move", "visits.dispatch", Replan, workflow.move_visit),
    Verb("reassign", "visits.dispatch", Reassign, workflow.reassign_visit),
    Verb("call_off", "visits.dispatch", CallOff, workflow.call_off),
    Verb("start", "visits.work", Start, workflow.start_work),
    Verb("finish", "visits.work", Finish, workflow.finish_visit),
)
"""Setting out and arriving are verbs of the ticket."""


class VisitVerb(View):
    """One verb on one visit of a ticket; the visit as it is then is the answer."""

    verb: ClassVar[Verb]

    def post(self, request: Request, pk: int) -> HttpResponseBase:
        require(request.user, self.verb.act)
        now, user = timezone.now(), person(request)
        seen = Visit.objects.for_user(user).filter(ticket_link__ticket__in=Ticket.objects.for_user(user).values("pk"))
        row = get_object_or_404(seen.select_related("ticket_link__ticket__hospital", "timeline"), pk=pk)
        ticket = row.ticket_link.ticket

        def do() -> Response:
            takes = self.verb.takes(data=request.data, context={"ticket": ticket})
            takes.is_valid(raise_exception=True)
            with transaction.atomic(), refusals():
                self.verb.does(ticket, row, by=user, now=now, **takes.validated_data)
            return _answer(row, user)

        return idempotency.once(request, now, do)


def door(verb: Verb) -> type[VisitVerb]:
    """The view of one verb, described by the verb's own words."""

    @extend_schema(
        operation_id=f"visits_{verb.name}",
        description=(verb.does.__doc__ or "").partition("\n")[0],
        request=verb.takes if verb.takes is not Start else None,
        responses=VisitSerializer,
        parameters=[ONCE],
    )
    def post(self: VisitVerb, request: Request, pk: int) -> HttpResponseBase:
        return VisitVerb.post(self, request, pk)

    name = "".join(part.title() for part in verb.name.split("_"))
    return type(f"Visit{name}", (VisitVerb,), {"verb": verb, "post": post})


class CandidateSerializer(serializers.Serializer[Any]):
    """An engineer who could be sent. `margin_seconds`: deadline less arrival; null without either."""

    id = serializers.IntegerField(source="key")
    name = serializers.CharField()
    makes_it = serializers.BooleanField()
    leaves_at = Moment(allow_null=True)
    arrives_at = Moment(allow_null=True)
    margin_seconds = serializers.SerializerMethodField()
    grade = serializers.IntegerField(min_value=0, max_value=3)
    is_on_duty = serializers.BooleanField()
    load = serializers.IntegerField()
    start = serializers.CharField(source="start.name", allow_null=True, default=None)
    minutes = serializers.IntegerField(source="leg.minutes", allow_null=True, default=None)
    km = serializers.IntegerField(source="leg.km", allow_null=True, default=None)
    is_estimate = serializers.BooleanField(source="leg.is_estimate", allow_null=True, default=None)
    reason = serializers.SerializerMethodField()

    def get_margin_seconds(self, one: Candidate) -> int | None:
        return round(one.margin.total_seconds()) if one.margin is not None else None

    def get_reason(self, one: Candidate) -> str:
        return reason(one, self.context["now"])


class Candidates(TicketView):
    """Whom to send for a ticket."""

    @extend_schema(operation_id="tickets_candidates", responses=CandidateSerializer(many=True))
    def get(self, request: Request, number: str) -> Response:
        """The engineers of its region, best first: who can still make the deadline, then grade, duty and load."""
        require(request.user, "visits.dispatch")
        now, ticket = timezone.now(), self.find(request, number)
        found = sending.candidates_for(ticket, now)
        return Response(CandidateSerializer(found, many=True, context={"now": now}).data)
