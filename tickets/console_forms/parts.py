"""Spare parts for a ticket: asked for with the depot in sight, followed, fitted, withdrawn (A6, A7, A11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.wording import labelled
from people.models import Role
from sla.evidence import Evidence
from spares import requests, sourcing
from spares import wording as depot_words
from spares.models import CarrierEvent, Depot, Part, PartRequest, RequestLine
from spares.requests import Wanted
from spares.states import CHANGEABLE
from tickets import workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import DescribedField, MomentField, joined, not_after
from tickets.parts_card import Weighed
from tickets.states import Refused as TicketRefused

LINES = 3
MOST_OTHERS = 200
"""Parts that fit other models and are offered too; any other is asked for by its number."""
State = PartRequest.State


class PartField(forms.ModelChoiceField):
    """A part; those that fit the device come first, under their own heading."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Part.objects.filter(is_active=True), **kwargs)

    def offer(self, groups: Iterable[tuple[str, list[Part]]]) -> None:
        self.choices = [
            ("", "—"),
            *((name, [(part.pk, str(part)) for part in parts]) for name, parts in groups if parts),
        ]


class AskPartForm(VerbForm):
    verb = "ask_part"
    heading, submit = gettext_lazy("Ask for parts"), gettext_lazy("Ask for them")
    done = gettext_lazy("Asked for. 24 hours to ship and two working days to the site run.")
    shows_depots: ClassVar[bool] = True

    part = PartField(label=gettext_lazy("Part"), required=False)
    quantity = forms.IntegerField(label=gettext_lazy("Pieces"), min_value=1, max_value=99, initial=1)
    part_2 = PartField(label=gettext_lazy("Second part"), required=False)
    quantity_2 = forms.IntegerField(label=gettext_lazy("Pieces"), min_value=1, max_value=99, initial=1, required=False)
    part_3 = PartField(label=gettext_lazy("Third part"), required=False)
    quantity_3 = forms.IntegerField(label=gettext_lazy("Pieces"), min_value=1, max_value=99, initial=1, required=False)
    code = forms.CharField(
        label=gettext_lazy("Number of a part that is not in the list"), max_length=40, required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("What for"), max_length=200, required=False, help_text=gettext_lazy("The depot reads this.")
    )

    def prepare(self) -> None:
        groups = self._groups()
        for name in self.names("part"):
            field = self.fields[name]
            assert isinstance(field, PartField)
            field.offer(groups)
        if not self.is_bound:
            self.depots = self._preview(self._wanted_of(self.initial))

    @staticmethod
    def names(field: str) -> tuple[str, ...]:
        """The fields of the lines: part, part_2, part_3."""
        return (field, *(f"{field}_{number}" for number in range(2, LINES + 1)))

    def _groups(self) -> list[tuple[str, list[Part]]]:
        parts = Part.objects.filter(is_active=True)
        device = self.ticket.device
        if device is None:
            return [(_("Parts"), list(parts[:MOST_OTHERS]))]
        fitting = list(parts.filter(fits=device.model_id))
        others = parts.exclude(pk__in=[part.pk for part in fitting])[:MOST_OTHERS]
        return [(_("Fits %(model)s") % {"model": device.model}, fitting), (_("Other parts"), list(others))]

    def _wanted_of(self, values: Mapping[str, Any]) -> list[Wanted]:
        """What the address asks to look at: whatever is no part or no number is left out."""
        wanted = []
        for part, quantity in zip(self.names("part"), self.names("quantity"), strict=True):
            try:
                found = self.fields[part].clean(values.get(part))
                pieces = self.fields[quantity].clean(values.get(quantity) or 1)
            except forms.ValidationError:
                continue
            if found is not None:
                wanted.append(Wanted(found, pieces))
        return wanted

    def _preview(self, wanted: list[Wanted]) -> list[Weighed]:
        """What each depot would make of it, in words."""
        if not wanted:
            return []
        row = self.ticket
        seen = requests.preview(
            wanted, hospital=row.hospital, site=row.site, timeline=row.timeline, device=row.device, now=self.now
        )
        codes = {one.part.pk: one.part.code for one in wanted}
        return [
            Weighed(one.name, depot_words.option(one, codes, self.now), False, one.makes_it) for one in seen.options
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        pairs = zip(self.names("part"), self.names("quantity"), strict=True)
        wanted = [Wanted(data[part], data.get(quantity) or 1) for part, quantity in pairs if data.get(part)]
        if code := data.get("code", "").strip():
            part = Part.objects.filter(code__iexact=code, is_active=True).first()
            if part is None:
                self.add_error("code", _("There is no part with this number."))
            else:
                wanted.append(Wanted(part))
        if not wanted and not self.errors:
            self.add_error("part", _("Say which parts are needed."))
        self.depots = self._preview(wanted)
        return {**data, "wanted": wanted}

    def perform(self) -> None:
        origin = PartRequest.Origin.HOTLINE if self.user.role == Role.OPERATOR else PartRequest.Origin.TICKET
        data = self.cleaned_data
        workflow.ask_part(self.ticket, data["wanted"], by=self.user, reason=data["reason"], origin=origin, now=self.now)


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
