"""What can be done to a ticket from another program: the verbs of the pages, one address each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.fields import ListField
from rest_framework.request import Request
from rest_framework.response import Response

from audit import trail
from common.network import client_address
from common.strict import Choice, Code, Flag, Moment, Row, Strict, Text, Whole
from people import idempotency
from people.access import person, require
from people.idempotency import ONCE
from people.models import User
from sla import evidence
from sla.deadlines import OPEN_STATES
from sla.models import Deadline, Fact, PauseReason
from spares.models import Part
from spares.requests import Wanted
from spares.requests.asking import MOST_PIECES, REASON
from tickets import workflow
from tickets.actions import ACTS
from tickets.api import serializers
from tickets.api.base import IF_MATCH, TicketView, answer, check_unchanged, refusals
from tickets.api.filing import LONG
from tickets.api.visits import Send
from tickets.console_forms.fields import colleagues
from tickets.models import FaultClass, Ticket
from tickets.workflow.urgent import LONGEST
from tickets.workflow.verdicts import CHOICES
from warranty.wording import CAUSES, OUTCOMES

A_DAY_MS = 24 * 3600 * 1000
MOST_STEPS = 50
"""Steps of a script."""


class Nothing(Strict):
    """An empty object, or no body at all."""


class Said(Strict):
    text = Text(max_length=LONG)


class Why(Strict):
    reason = Text(max_length=LONG)


class Reopen(Strict):
    reason = Text(max_length=LONG, required=False, allow_blank=True)


class Call(Strict):
    """A call that was made. `answered`: the caller was told something of substance."""

    started_at = Moment()
    seconds = Whole(min_value=0, max_value=36_000)
    summary = Text(max_length=LONG)
    answered = Flag()
    hang_up_reason = Text(max_length=200, required=False, allow_blank=True)


class _Colleague(Row):
    """Who may take work for the ticket's region."""

    def get_queryset(self) -> QuerySet[User]:
        if "ticket" not in self.context:
            return User.objects.none()
        return colleagues(self.context["ticket"], "tickets.own")


class Assign(Strict):
    to = _Colleague(queryset=User.objects.none(), allow_null=True, help_text="A person's id; null: nobody.")


class Offer(Strict):
    to = _Colleague(queryset=User.objects.none(), help_text="A person's id.")


class Depart(Strict):
    expected_arrival_at = Moment(required=False, allow_null=True)


class Arrive(Strict):
    """`at` is what the engineer's device said; without it, now. A late or doubtful one waits for a lead's word."""

    at = Moment(required=False, allow_null=True)
    device_id = Text(max_length=80, required=False, allow_blank=True)
    clock_offset_ms = Whole(required=False, min_value=-A_DAY_MS, max_value=A_DAY_MS)


class _OfTicket(Row):
    """A row of the ticket's own timeline (T007)."""

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.filter(timeline=self.context["ticket"].timeline_id) if "ticket" in self.context else rows.none()


class Evidence(Strict):
    fact = _OfTicket(queryset=Fact.objects.filter(is_disputed=True), help_text="`fact` of the deadlines' `evidence`.")
    accept = Flag()


class Wait(Strict):
    """A wait that the contract accepts; `until` is the moment agreed with the hospital."""

    reason = Code(queryset=PauseReason.objects.filter(is_active=True))
    note = Text(max_length=LONG)
    until = Moment(required=False, allow_null=True)


class Resolve(Strict):
    cause = Text(max_length=LONG)
    action = Text(max_length=LONG)


class _OfHospital(Row):
    """A person of the ticket's own hospital."""

    def get_queryset(self) -> QuerySet[User]:
        if "ticket" not in self.context:
            return User.objects.none()
        return User.objects.filter(hospital=self.context["ticket"].hospital_id, is_active=True)


class Verify(Strict):
    """`reporter`: who of the hospital sent it, if they have an account."""

    reporter = _OfHospital(queryset=User.objects.none(), required=False, allow_null=True, help_text="A person's id.")


class Judge(Strict):
    """Lowering the priority needs a reason."""

    impact = Choice(choices=Ticket.Impact.choices)
    urgency = Choice(choices=Ticket.Urgency.choices)
    reason = Text(max_length=200, required=False, allow_blank=True, default="")


class Classify(Strict):
    fault_class = Code(queryset=FaultClass.objects.filter(is_active=True))


class SetCause(Strict):
    cause = Choice(choices=CAUSES)


class Override(Strict):
    outcome = Choice(choices=[(str(one), OUTCOMES[one]) for one in OUTCOMES if one in CHOICES])
    reason = Text(max_length=200)


class Urgent(Strict):
    """Beyond the contract year's quota it is refused (409, nothing taken) unless `may_bill`: then it is billable."""

    reason = Text(max_length=LONGEST)
    may_bill = Flag(required=False, default=False)


class NotUrgent(Strict):
    reason = Text(max_length=LONGEST)


class Retarget(Strict):
    deadline = _OfTicket(queryset=Deadline.objects.filter(state__in=OPEN_STATES), help_text="The id of a deadline.")
    due_at = Moment()
    reason = Text(max_length=LONG)


class WantedPart(Strict):
    """`part`: a part number."""

    part = Code(queryset=Part.objects.filter(is_active=True))
    quantity = Whole(min_value=1, max_value=MOST_PIECES, required=False, default=1)


class AskPart(Strict):
    """The depot that makes the promise is chosen by itself; it reads `reason`."""

    parts: Any = WantedPart(many=True, allow_empty=False)
    reason = Text(max_length=REASON, required=False, allow_blank=True, default="")
    tried = ListField(
        child=Whole(min_value=1, max_value=MOST_STEPS),
        required=False,
        max_length=MOST_STEPS,
        help_text="Steps of the fault class's script, counted from 1, that did not help: the depot reads them.",
    )


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb, what it takes, and whether it overwrites what somebody else may just have set (`If-Match` needed)."""

    name: str
    takes: type[Strict]
    does: Callable[..., Ticket]
    overwrites: bool = False

    @property
    def slug(self) -> str:
        return self.name.replace("_", "-")


def _retarget(ticket: Ticket, *, deadline: Deadline, **said: Any) -> Ticket:
    return workflow.retarget(ticket, deadline, **said)


def _confirm_evidence(ticket: Ticket, *, fact: Fact, **said: Any) -> Ticket:
    return workflow.confirm_evidence(ticket, fact, **said)


def _arrive(ticket: Ticket, *, by: User, now: datetime, **told: Any) -> Ticket:
    """Check in at the site: the on-site clocks stop (A2, A11)."""
    return workflow.arrive(ticket, evidence=evidence.Evidence(**told), by=by, now=now)


def _ask_part(ticket: Ticket, *, parts: list[dict[str, Any]], **said: Any) -> Ticket:
    """Ask for parts: 24 hours to ship and two working days to the site run (A11)."""
    workflow.end_script(ticket, [Wanted(**one) for one in parts], **said)
    return Ticket.objects.for_pages().get(pk=ticket.pk)


VERBS = (
    Verb("answer", Said, workflow.answer),
    Verb("note", Said, workflow.note),
    Verb("words", Said, workflow.words),
    Verb("log_call", Call, workflow.log_call),
    Verb("take", Nothing, workflow.take),
    Verb("assign", Assign, workflow.assign),
    Verb("offer_owner", Offer, workflow.offer_owner),
    Verb("accept_owner", Nothing, workflow.accept_owner),
    Verb("decline_owner", Nothing, workflow.decline_owner),
    Verb("remote_failed", Why, workflow.remote_failed),
    Verb("send", Send, workflow.send),
    Verb("confirm_arrival", Nothing, workflow.confirm_arrival),
    Verb("depart", Depart, workflow.depart),
    Verb("arrive", Arrive, _arrive),
    Verb("confirm_evidence", Evidence, _confirm_evidence),
    Verb("wait", Wait, workflow.wait),
    Verb("resume", Nothing, workflow.resume),
    Verb("resolve", Resolve, workflow.resolve),
    Verb("confirm", Nothing, workflow.confirm),
    Verb("reopen", Reopen, workflow.reopen),
    Verb("cancel", Why, workflow.cancel),
    Verb("verify", Verify, workflow.verify),
    Verb("discard", Why, workflow.discard),
    Verb("pass_on", Reopen, workflow.pass_on),
    Verb("solve_here", Said, workflow.solve_here),
    Verb("change_priority", Judge, workflow.change_priority, overwrites=True),
    Verb("change_class", Classify, workflow.change_class, overwrites=True),
    Verb("set_cause", SetCause, workflow.set_cause, overwrites=True),
    Verb("override_verdict", Override, workflow.override_verdict, overwrites=True),
    Verb("ask_part", AskPart, _ask_part),
    Verb("mark_urgent", Urgent, workflow.mark_urgent),
    Verb("unmark_urgent", NotUrgent, workflow.unmark_urgent),
    Verb("retarget", Retarget, _retarget, overwrites=True),
)
"""Every verb of `tickets.actions` but `edit`, which is the ticket's PATCH."""


class TicketVerb(TicketView):
    """One verb on one ticket; the ticket as it is then is the answer."""

    verb: ClassVar[Verb]

    def post(self, request: Request, number: str) -> HttpResponseBase:
        require(request.user, ACTS[self.verb.name])
        now, ticket = timezone.now(), self.find(request, number)

        def do() -> Response:
            takes = self.verb.takes(data=request.data, context={"ticket": ticket})
            takes.is_valid(raise_exception=True)
            with transaction.atomic(), refusals():
                check_unchanged(request, ticket, required=self.verb.overwrites)
                done = self.verb.does(ticket, by=person(request), now=now, **takes.validated_data)
            return answer(done, person(request), now)

        return idempotency.once(request, now, do)


def door(verb: Verb) -> type[TicketVerb]:
    """The view of one verb, described by the verb's own words."""
    words = (verb.does.__doc__ or getattr(workflow, verb.name).__doc__ or "").partition("\n")[0]

    @extend_schema(
        operation_id=f"tickets_{verb.name}",
        description=words,
        request=verb.takes if verb.takes is not Nothing else None,
        responses=serializers.TicketSerializer,
        parameters=[ONCE, IF_MATCH],
    )
    def post(self: TicketVerb, request: Request, number: str) -> HttpResponseBase:
        return TicketVerb.post(self, request, number)

    name = "".join(part.title() for part in verb.name.split("_"))
    return type(f"Ticket{name}", (TicketVerb,), {"verb": verb, "post": post})


class Phone(TicketView):
    """The contact's whole number."""

    @extend_schema(
        operation_id="tickets_phone",
        request=None,
        responses=serializers.PhoneSerializer,
    )
    def post(self, request: Request, number: str) -> Response:
        """The whole number for the company's people; who looked is on record."""
        require(request.user, "tickets.answer")
        ticket, address = self.find(request, number), client_address(request._request) or None
        trail.note("tickets.phone_shown", ticket.number, by=person(request), now=timezone.now(), address=address)
        return Response({"contact_phone": ticket.contact_phone})
