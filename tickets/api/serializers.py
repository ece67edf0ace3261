"""What the interface says of a ticket, its events and its deadlines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.shapes import Shape
from common.strict import Moment
from common.wording import phone_masked
from people.api import Named, NamedSerializer
from people.models import User
from sla.explain import explain
from sla.models import Deadline
from sla.present import is_over
from tickets import actions, verdict_card
from tickets.models import Kind, Ticket, TicketAttachment, TicketEvent, TicketVerdict
from tickets.querysets import TicketQuerySet
from tickets.states import Status
from tickets.workflow.verdicts import current, with_current
from warranty.models import Use
from warranty.wording import CAUSES, OUTCOMES

INTERNAL = ("assignee", "team", "offered_to", "priority_reason", "fault_class")
"""Fields that a hospital does not get: they are not there at all."""

PUBLIC_DETAILS = {
    "owner": ("step", "to"),
    "departed": ("expected_at",),
    "waiting": ("reason", "until"),
    "solved": ("cause", "action"),
    "closed": ("how",),
    "reopened": ("cycle",),
    "edited": ("changes",),
    "call": ("seconds",),
    "triage": ("until",),
    "passed_on": ("how",),
    "quote": ("how", "quote", "total", "name", "means", "sha256"),
    "urgent": ("how", "used", "granted"),
    "report": ("code",),
    "visit": ("how", "to", "starts_at", "outcome"),
}
"""Kind of event → what of its details a hospital may read."""


class NamedDeviceSerializer(NamedSerializer):
    serial = serializers.CharField()


@extend_schema_field(NamedDeviceSerializer)
class NamedDevice(Named):
    def to_representation(self, row: Any) -> dict[str, Any]:
        return {**super().to_representation(row), "serial": row.serial}


class TicketRowSerializer(Shape[Ticket]):
    """A ticket as lists show it. `assignee`, `team` and what else is internal is there for the company only."""

    number = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    channel = serializers.ChoiceField(Ticket.Channel.choices)
    status = serializers.ChoiceField(Status.choices)
    priority = serializers.IntegerField(min_value=1, max_value=4)
    impact = serializers.ChoiceField(Ticket.Impact.choices)
    urgency = serializers.ChoiceField(Ticket.Urgency.choices)
    title = serializers.CharField()
    hospital = Named()
    site = Named()
    device = NamedDevice(allow_null=True)
    place = serializers.CharField()
    reporter = Named(allow_null=True)
    is_unverified = serializers.BooleanField()
    is_urgent = serializers.BooleanField()
    owner = Named(allow_null=True)
    assignee = Named(allow_null=True, required=False)
    team = Named(allow_null=True, required=False)
    fault_class = serializers.CharField(source="fault_class.code", default=None, allow_null=True, required=False)
    cycle = serializers.IntegerField()
    created_at = Moment()
    changed_at = Moment()
    next_due_at = Moment(source="timeline.next_due_at", allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if "user" in self.context and self.context["user"].is_hospital:
            for name in INTERNAL:
                fields.pop(name, None)
        return fields


class TicketVerdictSerializer(Shape[TicketVerdict]):
    """Who pays, by which version of which rule, and what it would cost; `reason` is a manager's word against it."""

    version = serializers.IntegerField()
    cause = serializers.ChoiceField(CAUSES)
    outcome = serializers.ChoiceField([(str(code), label) for code, label in OUTCOMES.items()])
    sentence = serializers.SerializerMethodField()
    rule = serializers.CharField(source="rule_code", help_text="Empty: no rule speaks of such a device.")
    rule_version = serializers.IntegerField()
    clause = serializers.CharField()
    until = serializers.DateField(allow_null=True)
    decider = serializers.CharField()
    total = serializers.SerializerMethodField()
    reason = serializers.CharField()
    at = Moment()

    def get_sentence(self, row: TicketVerdict) -> str:
        return verdict_card.sentence(row)

    def get_total(self, row: TicketVerdict) -> str:
        return str(verdict_card.total(row))


class UrgentSerializer(serializers.Serializer[Use]):
    """An urgent response: taken from the contract year's quota, or beyond it and billable (B6)."""

    at = Moment(source="taken_at")
    on = serializers.DateField()
    is_billable = serializers.BooleanField()


class TicketSerializer(TicketRowSerializer):
    """A ticket with its texts. Send `ETag` back as `If-Match` to change what you have read, and nothing newer."""

    description = serializers.CharField()
    solution = serializers.CharField()
    contact_name = serializers.CharField()
    contact_phone = serializers.SerializerMethodField()
    priority_reason = serializers.CharField(required=False)
    critical_reason = serializers.CharField()
    critical_until = Moment(allow_null=True)
    offered_to = Named(allow_null=True, required=False)
    wait_until = Moment(allow_null=True)
    expected_arrival_at = Moment(allow_null=True)
    solved_at = Moment(allow_null=True)
    closed_at = Moment(allow_null=True)
    urgent = UrgentSerializer(source="urgent_use", allow_null=True)
    verdict = serializers.SerializerMethodField()
    verbs = serializers.SerializerMethodField()

    @extend_schema_field(TicketVerdictSerializer(allow_null=True))
    def get_verdict(self, ticket: Ticket) -> Any:
        row = current(ticket)
        return TicketVerdictSerializer(row).data if row else None

    def get_contact_phone(self, ticket: Ticket) -> str:
        """Masked for the company, whose looking at the whole number is on record (POST …/phone/)."""
        return ticket.contact_phone if self.context["user"].is_hospital else phone_masked(ticket.contact_phone)

    @extend_schema_field({"type": "array", "items": {"type": "string", "enum": sorted(actions.ACTS)}})
    def get_verbs(self, ticket: Ticket) -> list[str]:
        """What the asker may do to it now."""
        return [verb for verb in actions.ACTS if actions.can(ticket, self.context["user"], verb, self.context["now"])]


def with_names(tickets: TicketQuerySet) -> QuerySet[Ticket]:
    """With every row that the shapes name, in one query."""
    return tickets.for_pages().select_related("reporter", "offered_to", "urgent_use").defer("search")


def whole(tickets: TicketQuerySet) -> QuerySet[Ticket]:
    """With all that `ticket_page` says, in one query."""
    return with_current(with_names(tickets))


def ticket_page(ticket: Ticket, user: User, now: datetime) -> dict[str, Any]:
    """The whole ticket as `user` may read it."""
    return dict(TicketSerializer(ticket, context={"user": user, "now": now}).data)


class FileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="attachment.name")
    content_type = serializers.CharField(source="attachment.content_type")
    size = serializers.IntegerField(source="attachment.size")
    url = serializers.SerializerMethodField()

    def get_url(self, link: TicketAttachment) -> str:
        return reverse("api:file", args=[link.attachment.key])


class EventSerializer(serializers.Serializer[TicketEvent]):
    """One line of a ticket's story. A hospital gets the public ones only."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.ChoiceField(TicketEvent.EventKind.choices)
    at = Moment()
    recorded_at = Moment()
    by = Named(allow_null=True)
    is_public = serializers.BooleanField()
    body = serializers.CharField()
    details = serializers.SerializerMethodField()
    files = serializers.SerializerMethodField()

    def get_details(self, event: TicketEvent) -> dict[str, Any]:
        kept = PUBLIC_DETAILS.get(event.kind, ()) if self.context["user"].is_hospital else tuple(event.data)
        return {name: event.data[name] for name in kept if name in event.data}

    @extend_schema_field(FileSerializer(many=True))
    def get_files(self, event: TicketEvent) -> Any:
        return FileSerializer(event.files.all(), many=True).data


def with_files(events: QuerySet[TicketEvent], user: User) -> QuerySet[TicketEvent]:
    """With who did it and the files that `user` may see."""
    files = TicketAttachment.objects.for_user(user).select_related("attachment")
    return events.select_related("by").prefetch_related(Prefetch("files", files))


class LineSerializer(serializers.Serializer[Any]):
    figure = serializers.CharField()
    text = serializers.CharField()
    detail = serializers.CharField()
    is_result = serializers.BooleanField()


class WhySerializer(serializers.Serializer[Any]):
    """The sum behind a deadline: rule, clause, calendar, each addend and pause."""

    code = serializers.CharField()
    name = serializers.CharField()
    clause = serializers.CharField()
    version = serializers.IntegerField()
    calendar = serializers.CharField()
    calendar_version = serializers.IntegerField()
    due_at = Moment()
    is_provisional = serializers.BooleanField()
    lines = LineSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class DeadlineSerializer(serializers.Serializer[Deadline]):
    """One clock. Spans are seconds; `state` is `over` when its due time passed unmet."""

    id = serializers.IntegerField(source="pk")
    code = serializers.CharField()
    cycle = serializers.IntegerField()
    turn = serializers.IntegerField()
    revision = serializers.IntegerField()
    state = serializers.SerializerMethodField()
    started_at = Moment()
    due_at = Moment()
    stopped_at = Moment(allow_null=True)
    margin_seconds = serializers.FloatField(allow_null=True)
    remaining_seconds = serializers.FloatField(allow_null=True)
    is_disputed = serializers.BooleanField()
    is_late_evidence = serializers.BooleanField()
    why = serializers.SerializerMethodField()

    @extend_schema_field({"type": "string", "enum": ["over", *Deadline.State.values]})
    def get_state(self, row: Deadline) -> str:
        return "over" if is_over(row, self.context["now"]) else row.state

    @extend_schema_field(WhySerializer)
    def get_why(self, row: Deadline) -> Any:
        return WhySerializer(explain(row, reasons=self.context["reasons"])).data


class PhoneSerializer(serializers.Serializer[Any]):
    contact_phone = serializers.CharField()


class EvidenceSerializer(serializers.Serializer[Any]):
    fact = serializers.IntegerField(source="pk")
    at = Moment()
    device_id = serializers.CharField()


class DeadlinesSerializer(serializers.Serializer[Any]):
    """The clocks of a ticket, and the evidence that waits for a lead's word (for those who may give it)."""

    ticket = serializers.CharField()
    cycle = serializers.IntegerField()
    now = Moment()
    deadlines = DeadlineSerializer(many=True)
    evidence = EvidenceSerializer(many=True)
