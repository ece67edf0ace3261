"""Requests for parts of a ticket: followed, fitted, withdrawn (A6, A11). `asking` has how they are asked for."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.wording import labelled
from sla.evidence import Evidence
from spares import sourcing
from spares import wording as depot_words
from spares.models import CarrierEvent, Depot, PartRequest, RequestLine
from spares.states import CHANGEABLE
from tickets import workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import DescribedField, MomentField, joined, not_after
from tickets.states import Refused as TicketRefused

State = PartRequest.State


class OfRequestForm(VerbForm):
    """For one request of the ticket: the one that its address names, else the newest in one of `states`."""

    states: ClassVar[frozenset[str]]
    right: ClassVar[str] = "spares.ask"
    request = forms.ModelChoiceField(queryset=PartRequest.objects.none(), widget=forms.HiddenInput)

    @classmethod
    def act(cls) -> str:
        return cls.right

    def prepare(self) -> None:
        field = self.fields["request"]
        assert isinstance(field, forms.ModelChoiceField)
        mine = PartRequest.objects.filter(ticket_link__ticket=self.ticket).select_related("depot", "site")
        field.queryset = mine
        named = str(self.data.get("request") if self.is_bound else self.initial.get("request", ""))
        rows = mine.filter(state__in=self.states)
        self.row = (rows.filter(pk=named).first() if named.isdecimal() and len(named) < 18 else None) or rows.first()
        self.initial["request"] = self.row
        if self.row is None:
            self.hint = _("There is no request for parts that this could be said of.")
            self.submit = ""
            for one in self.fields.values():
                if isinstance(one, DescribedField):
                    one.queryset = mine.none()
        else:
            self.hint = joined(self.row.number, self.row.get_state_display(), type(self).hint)
            self.show(self.row)

    def show(self, row: PartRequest) -> None:
        """Fill choices from the request."""


class ChooseDepotForm(OfRequestForm):
    verb, right = "choose_depot", "spares.work"
    heading, submit = gettext_lazy("Send it from another depot"), gettext_lazy("Send it from there")
    done = gettext_lazy("The other depot has it now.")
    states = CHANGEABLE

    depot = DescribedField(describe=str, label=gettext_lazy("Depot"), widget=forms.RadioSelect, empty_label=None)
    reason = forms.CharField(
        label=gettext_lazy("Why from there"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Needed when that depot does not keep the promise."),
    )

    def show(self, row: PartRequest) -> None:
        lines = list(row.lines.select_related("part"))
        needs, codes = (
            {line.part_id: line.quantity for line in lines},
            {line.part_id: line.part.code for line in lines},
        )
        due = {"ship_by": row.ship_by, "deliver_by": row.deliver_by}
        found = sourcing.options(needs, row.site.city, asked_at=self.now, **due)
        said = {one.depot: depot_words.option(one, codes, self.now) for one in found}
        field = self.fields["depot"]
        assert isinstance(field, DescribedField)
        field.describe = lambda depot: labelled(depot.name, said.get(depot.pk, ""))
        others = Depot.objects.filter(is_active=True)
        field.queryset = others.exclude(pk=row.depot_id) if row.depot_id else others

    def perform(self) -> None:
        data = self.cleaned_data
        workflow.choose_depot(
            self.ticket, data["request"], data["depot"], reason=data["reason"], by=self.user, now=self.now
        )


class WithdrawPartForm(OfRequestForm):
    verb = "withdraw_part"
    heading, submit = gettext_lazy("Withdraw the request for parts"), gettext_lazy("Withdraw it")
    done = gettext_lazy("Withdrawn. What the depot held is free again.")
    states = frozenset({State.DRAFT, State.REQUESTED, State.RESERVED, State.PICKED, State.PACKED})

    reason = forms.CharField(
        label=gettext_lazy("Why it is not needed"), max_length=200, help_text=gettext_lazy("The depot reads this.")
    )

    def perform(self) -> None:
        data = self.cleaned_data
        workflow.withdraw_part(self.ticket, data["request"], reason=data["reason"], by=self.user, now=self.now)


class PartEventForm(OfRequestForm):
    verb = "part_event"
    heading, submit = gettext_lazy("What the carrier says"), gettext_lazy("Note it")
    done = gettext_lazy("Noted.")
    states = frozenset({State.SHIPPED})
    KINDS = (CarrierEvent.Kind.IN_TRANSIT, CarrierEvent.Kind.OUT_FOR_DELIVERY, CarrierEvent.Kind.PROBLEM)

    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=[(kind.value, kind.label) for kind in KINDS])
    at = MomentField(label=gettext_lazy("When"), required=False, help_text=gettext_lazy("Empty: now."))
    place = forms.CharField(label=gettext_lazy("Where"), max_length=80, required=False)
    text = forms.CharField(label=gettext_lazy("Words of the carrier"), max_length=200, required=False)

    def clean_at(self) -> datetime:
        at: datetime | None = self.cleaned_data["at"]
        return not_after(at, self.now) if at else self.now

    def perform(self) -> None:
        data = self.cleaned_data
        said = {name: data[name] for name in ("at", "place", "text")}
        workflow.note_part_event(self.ticket, data["request"], data["kind"], **said, by=self.user, now=self.now)


class DeliverPartForm(OfRequestForm):
    verb = "deliver_part"
    heading, submit = gettext_lazy("Signed for at the site"), gettext_lazy("It was signed for")
    done = gettext_lazy("Delivered. The two working days stopped then.")
    states = frozenset({State.SHIPPED})

    received_by = forms.CharField(label=gettext_lazy("Who signed for it"), max_length=60)
    at = MomentField(label=gettext_lazy("When"), required=False, help_text=gettext_lazy("Empty: now."))
    signature = forms.FileField(label=gettext_lazy("Picture of the signature"), required=False)

    def perform(self) -> None:
        data = self.cleaned_data
        workflow.deliver_part(
            self.ticket,
            data["request"],
            received_by=data["received_by"],
            signature=data["signature"],
            by=self.user,
            now=self.now,
            evidence=Evidence(at=data["at"]),
        )


class OfLineForm(OfRequestForm):
    """For one part of a delivered request."""

    states = frozenset({State.DELIVERED})

    line = DescribedField(describe=str, label=gettext_lazy("Part"), empty_label=None)

    def show(self, row: PartRequest) -> None:
        field = self.fields["line"]
        assert isinstance(field, DescribedField)
        field.describe = lambda line: str(line.part)
        field.queryset = RequestLine.objects.filter(request=row).select_related("part")


class SplitPartForm(OfLineForm):
    verb = "split_part"
    heading, submit = gettext_lazy("Send a part of it apart"), gettext_lazy("Send it apart")
    done = gettext_lazy("Sent apart under the same clocks; each gets the depot that keeps them, if one does.")
    hint = gettext_lazy("Where no depot has it all. What was picked is put back first.")
    states = CHANGEABLE

    quantity = forms.IntegerField(label=gettext_lazy("Pieces"), min_value=1, max_value=99, initial=1)

    def perform(self) -> None:
        data = self.cleaned_data
        said = {"quantity": data["quantity"], "by": self.user, "now": self.now}
        workflow.split_part(self.ticket, data["request"], data["line"], **said)


class FitPartForm(OfLineForm):
    verb = "fit_part"
    heading, submit = gettext_lazy("Part fitted"), gettext_lazy("It is in its place")
    done = gettext_lazy("Noted. The faulty part is owed to the depot now.")

    serial = forms.CharField(label=gettext_lazy("Serial number of the new one"), max_length=60, required=False)
    faulty_serial = forms.CharField(
        label=gettext_lazy("Serial number of the faulty one"), max_length=60, required=False
    )
    quantity = forms.IntegerField(label=gettext_lazy("Pieces"), min_value=1, max_value=99, initial=1)

    def perform(self) -> None:
        data = self.cleaned_data
        if not (data["line"].part.is_serialised or data["faulty_serial"]):
            self.done = gettext_lazy("Noted.")
        if data["line"].request_id != data["request"].pk:
            raise TicketRefused(_("This line belongs to another request."))
        workflow.fit_part(
            self.ticket,
            data["request"],
            data["line"],
            serial=data["serial"],
            quantity=data["quantity"],
            faulty_serial=data["faulty_serial"],
            by=self.user,
            now=self.now,
        )


class UnusedPartForm(OfLineForm):
    verb = "unused_part"
    heading, submit = gettext_lazy("Part not needed"), gettext_lazy("It goes back")
    done = gettext_lazy("Noted. The good part is owed to the depot now.")

    serial = forms.CharField(label=gettext_lazy("Serial number"), max_length=60, required=False)
    quantity = forms.IntegerField(
        label=gettext_lazy("Pieces"), min_value=1, max_value=99, initial=1,
        help_text=gettext_lazy("Of a part without serial numbers."),
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("Why it is not needed"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The depot reads this."),
    )

    def perform(self) -> None:
        said = {name: self.cleaned_data[name] for name in ("serial", "quantity", "reason")}
        row, line = self.cleaned_data["request"], self.cleaned_data["line"]
        workflow.unused_part(self.ticket, row, line, **said, by=self.user, now=self.now)
