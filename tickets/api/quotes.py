"""Quotes of a ticket for other programs: read, drafted, sent, answered; the pages' own verbs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.rest import ListView
from common.strict import Amount, Choice, Day, Moment, Row, Strict, Text
from people import idempotency
from people.access import person, require
from people.idempotency import ONCE
from tickets import quote_card, workflow
from tickets.api.base import IF_MATCH, TicketView, check_unchanged, etag, refusals
from tickets.api.filing import LONG
from tickets.models import Quote, Ticket
from tickets.quote_sums import MOST_LINES, MOST_PRICE, MOST_QUANTITY, Line

WRITTEN = [one for one in Quote.Means.choices if one[0] != Quote.Means.PORTAL]


class QuoteLineSerializer(serializers.Serializer[Any]):
    """An item; amounts in CNY. `net` is rounded half up, and so is `tax` of it."""

    description = serializers.CharField()
    unit = serializers.CharField()
    quantity = serializers.CharField()
    price = serializers.CharField()
    tax_rate = serializers.CharField()
    net = serializers.CharField()
    tax = serializers.CharField()
    total = serializers.CharField()


class PaperSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sha256 = serializers.CharField()
    url = serializers.SerializerMethodField()

    def get_url(self, row: Any) -> str:
        return reverse("api:file", args=[row.key])


class QuoteSerializer(serializers.Serializer[Quote]):
    """A version of a quote: frozen from the moment it is sent. `verbs` are what the asker may do to it now."""

    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(Quote.State.choices)
    lines = QuoteLineSerializer(many=True)
    currency = serializers.CharField()
    net = serializers.DecimalField(12, 2)
    tax = serializers.DecimalField(12, 2)
    total = serializers.DecimalField(12, 2)
    note = serializers.CharField()
    valid_until = serializers.DateField()
    sent_at = Moment(allow_null=True)
    document = PaperSerializer(allow_null=True)
    answered_at = Moment(allow_null=True)
    answered_name = serializers.CharField()
    answered_means = serializers.CharField()
    reason = serializers.CharField()
    verbs = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"type": "string", "enum": sorted(quote_card.VERBS)}})
    def get_verbs(self, quote: Quote) -> list[str]:
        return quote_card.verbs(quote, self.context["user"])


class LineInput(Strict):
    description = Text(max_length=120)
    unit = Text(max_length=20, required=False, allow_blank=True, default="")
    quantity = Amount(max_digits=6, decimal_places=2, min_value=Decimal("0.01"), max_value=MOST_QUANTITY)
    price = Amount(max_digits=9, decimal_places=2, min_value=Decimal(0), max_value=MOST_PRICE)
    tax_rate = Amount(max_digits=4, decimal_places=2, min_value=Decimal(0), max_value=Decimal("99.99"))


class Draft(Strict):
    """The draft as a whole: what is not said is not in it. Prices are before tax, rates in per cent."""

    lines = serializers.ListField(child=LineInput(), allow_empty=False, max_length=MOST_LINES)
    valid_until = Day()
    note = Text(max_length=LONG, required=False, allow_blank=True, default="")


class _QuoteOf(Row):
    """A quote of the ticket that the asker may see."""

    def get_queryset(self) -> QuerySet[Quote]:
        if "ticket" not in self.context:
            return Quote.objects.none()
        return Quote.objects.for_user(self.context["user"]).filter(ticket=self.context["ticket"])


class Which(Strict):
    quote = _QuoteOf(queryset=Quote.objects.none(), help_text="The id of a quote of this ticket.")


class Decline(Which):
    reason = Text(max_length=200, required=False, allow_blank=True, default="")


class Record(Which):
    """What the hospital said elsewhere, who said it and how."""

    answer = Choice(choices=[("accepted", "accepted"), ("declined", "declined")])
    name = Text(max_length=60)
    means = Choice(choices=WRITTEN)
    reason = Text(max_length=200, required=False, allow_blank=True, default="")


class Withdraw(Which):
    reason = Text(max_length=200)


class Quotes(TicketView, ListView):
    """The quotes of a ticket, newest first."""

    serializer_class = QuoteSerializer
    queryset = Quote.objects.none()

    def get_queryset(self) -> QuerySet[Quote]:
        user = person(self.request)
        ticket = get_object_or_404(Ticket.objects.for_user(user).only("pk"), number=self.kwargs["number"])
        return Quote.objects.for_user(user).filter(ticket=ticket).select_related("document", "ticket")

    @extend_schema(operation_id="tickets_quotes")
    def get(self, request: Request, number: str) -> HttpResponseBase:
        """The quotes that one may see; a hospital sees none before it is sent."""
        return self.list(request)

    @extend_schema(
        operation_id="tickets_save_quote",
        request=Draft,
        responses=QuoteSerializer,
        parameters=[ONCE, IF_MATCH],
    )
    def post(self, request: Request, number: str) -> HttpResponseBase:
        """Begin a draft, or put this one in the place of the draft there is. Needs `If-Match`."""
        require(request.user, "quotes.make")
        user, now = person(request), timezone.now()
        ticket = self.find(request, number)

        def do() -> Response:
            said = Draft(data=request.data)
            said.is_valid(raise_exception=True)
            lines = [Line(**line) for line in said.validated_data.pop("lines")]
            with transaction.atomic(), refusals():
                check_unchanged(request, ticket, required=True)
                read = ticket.quotes.filter(state=Quote.State.DRAFT).first()
                saved = workflow.save_quote(ticket, lines=lines, read=read, by=user, now=now, **said.validated_data)
            return _answer(saved, request)

        return idempotency.once(request, now, do)


@dataclass(frozen=True, slots=True)
class Verb:
    """What may be done to a quote, by which right."""

    name: str
    act: str
    takes: type[Which]
    does: Callable[..., Any]

    @property
    def slug(self) -> str:
        return self.name.replace("_", "-")


def _accept(quote: Quote, **said: Any) -> Quote:
    """The hospital's own person accepts the version that they read; it binds the hospital to pay."""
    return workflow.answer_quote(quote, accept=True, **said)


def _decline(quote: Quote, **said: Any) -> Quote:
    """The hospital's own person declines the version that they read."""
    return workflow.answer_quote(quote, accept=False, **said)


def _record(quote: Quote, *, answer: str, **said: Any) -> Quote:
    """Record what the hospital answered elsewhere: who said it and how."""
    return workflow.record_answer(quote, accept=answer == "accepted", **said)


VERBS = (
    Verb("send", "quotes.make", Which, workflow.send_quote),
    Verb("accept", "quotes.answer", Which, _accept),
    Verb("decline", "quotes.answer", Decline, _decline),
    Verb("record_answer", "quotes.make", Record, _record),
    Verb("withdraw", "quotes.make", Withdraw, workflow.withdraw_quote),
)


class QuoteVerb(TicketView):
    """One verb on one quote; the quote as it is then is the answer."""

    verb: ClassVar[Verb]

    def post(self, request: Request, number: str) -> HttpResponseBase:
        require(request.user, self.verb.act)
        now, ticket, user = timezone.now(), self.find(request, number), person(request)

        def do() -> Response:
            takes = self.verb.takes(data=request.data, context={"ticket": ticket, "user": user})
            takes.is_valid(raise_exception=True)
            said = takes.validated_data
            quote = said.pop("quote")
            with transaction.atomic(), refusals():
                check_unchanged(request, ticket, required=False)
                done = self.verb.does(quote, by=user, now=now, **said)
            return _answer(done, request)

        return idempotency.once(request, now, do)


def door(verb: Verb) -> type[QuoteVerb]:
    """The view of one verb, described by the verb's own words."""

    @extend_schema(
        operation_id=f"tickets_quotes_{verb.name}",
        description=(verb.does.__doc__ or "").partition("\n")[0],
        request=verb.takes,
        responses=QuoteSerializer,
        parameters=[ONCE, IF_MATCH],
    )
    def post(self: QuoteVerb, request: Request, number: str) -> HttpResponseBase:
        return QuoteVerb.post(self, request, number)

    name = "".join(part.title() for part in verb.name.split("_"))
    return type(f"Quote{name}", (QuoteVerb,), {"verb": verb, "post": post})


def _answer(quote: Quote, request: Request) -> Response:
    """The quote, with the ticket's ETag as it is after the verb."""
    body = QuoteSerializer(quote, context={"user": person(request)}).data
    return Response(body, headers={"ETag": etag(quote.ticket)})
