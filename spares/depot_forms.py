"""What a clerk fills in at each step of a request: one form per step, each calling its verb of `spares.requests`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.evidence import NOW, Evidence
from spares import choice, requests, sourcing, wording
from spares.choice import Option
from spares.models import CarrierEvent, Depot, Part, PartRequest, RequestLine
from spares.requests import Wanted
from spares.states import allows
from spares.step_form import StepForm

LINES = 4
"""Parts that a draft is given at once; further ones join it later."""


class MomentField(forms.DateTimeField):
    """A moment of the site's day, typed or picked; empty: now."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(input_formats=["%Y-%m-%dT%H:%M"], **kwargs)


class RequestStep(StepForm[PartRequest]):
    """A step of a request for parts."""

    @classmethod
    def is_offered(cls, row: PartRequest) -> bool:
        return allows(row.state, cls.verb)

    def when(self) -> Evidence:
        """The moment that was told, if any."""
        at = self.cleaned_data["at"]
        return Evidence(at=at) if at else NOW


class AdoptForm(RequestStep):
    """Which parts a draft of the engine needs; those that fit its device come first."""

    slug, verb, leads, icon = "adopt", "adopt", True, "clipboard-check"
    heading, submit = gettext_lazy("Take up the draft"), gettext_lazy("Ask for these parts")
    said = gettext_lazy("Taken up. Its clocks go on as they ran.")

    reason = forms.CharField(label=gettext_lazy("What for"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hint = _("Nobody fixed it within two hours on site. Ask the engineer which parts are needed.")
        choices = self._choices()
        for number in range(1, LINES + 1):
            self.fields[f"part{number}"] = forms.ChoiceField(
                label=_("Part %(number)d") % {"number": number}, choices=choices, required=number == 1
            )
            self.fields[f"quantity{number}"] = forms.IntegerField(
                label=_("Pieces of part %(number)d") % {"number": number}, min_value=1, max_value=99, initial=1,
                required=False,
            )  # fmt: skip
        self.order_fields([name for name in self.fields if name != "reason"])

    def _choices(self) -> list[tuple[Any, Any]]:
        model = self.row.device.model_id if self.row.device else None
        parts = Part.objects.filter(is_active=True)
        fitting = set(parts.filter(fits=model).values_list("pk", flat=True)) if model else set()
        named = [(part.pk in fitting, (str(part.pk), str(part))) for part in parts]
        groups = [
            (_("Fits the device"), [row for fits, row in named if fits]),
            (_("All other parts"), [row for fits, row in named if not fits]),
        ]
        return [("", "—"), *((name, rows) for name, rows in groups if rows)]

    def perform(self) -> PartRequest:
        said = self.cleaned_data
        pieces = {said[f"part{n}"]: said[f"quantity{n}"] or 1 for n in range(1, LINES + 1) if said[f"part{n}"]}
        parts = Part.objects.in_bulk([int(key) for key in pieces])
        wanted = [Wanted(parts[int(key)], count) for key, count in pieces.items()]
        return requests.adopt(self.row, wanted, reason=said["reason"], by=self.user, now=self.now)


class ChooseForm(RequestStep):
    """From which depot it is sent, with the hour that each would make or miss (N10)."""

    slug, verb, icon = "choose", "choose", "warehouse"
    heading, submit = gettext_lazy("Choose the depot"), gettext_lazy("Send it from there")
    said = gettext_lazy("The depot is chosen, and its clerks are told.")

    @classmethod
    def leads_on(cls, row: PartRequest) -> bool:
        return row.depot_id is None

    depot = forms.ChoiceField(label=gettext_lazy("Depot"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Needed for a depot that does not make the promise."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines = list(self.row.lines.select_related("part"))
        codes = {line.part_id: line.part.code for line in lines}
        if any(line.picked for line in lines):
            self.hint = _("Put what is picked back on its shelf when another depot sends it.")
        found = options(self.row, self.now)
        field = self.fields["depot"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(one.depot), f"{one.name} · {wording.option(one, codes, self.now)}") for one in found]
        self.initial.setdefault("depot", str(self.row.depot_id or (found[0].depot if found else "")))

    def perform(self) -> PartRequest:
        depot = Depot.objects.get(pk=self.cleaned_data["depot"])
        return requests.choose(self.row, depot, reason=self.cleaned_data["reason"], by=self.user, now=self.now)


class ReserveForm(RequestStep):
    slug, verb, is_plain, leads, icon = "reserve", "reserve", True, True, "lock"
    heading, submit = gettext_lazy("Hold the stock"), gettext_lazy("Hold the stock")
    said = gettext_lazy("The stock is held. Scan what you take off the shelf.")

    @classmethod
    def is_offered(cls, row: PartRequest) -> bool:
        return super().is_offered(row) and row.depot_id is not None

    def perform(self) -> PartRequest:
        return requests.reserve(self.row, by=self.user, now=self.now)


class PackForm(RequestStep):
    slug, verb, is_plain, leads, icon = "pack", "pack", True, True, "package-check"
    heading, submit = gettext_lazy("Pack it"), gettext_lazy("Packed")
    said = gettext_lazy("Packed. Stick the label on it and hand it to the carrier.")

    def perform(self) -> PartRequest:
        return requests.pack(self.row, by=self.user, now=self.now)


class UnpackForm(RequestStep):
    slug, verb, is_plain, icon = "unpack", "unpack", True, "package-open"
    heading, submit = gettext_lazy("Open the parcel again"), gettext_lazy("Opened")
    said = gettext_lazy("It is not packed any more; pieces can be put back, or another depot be chosen.")

    def perform(self) -> PartRequest:
        return requests.unpack(self.row, by=self.user, now=self.now)


class ShipForm(RequestStep):
    """Carrier and waybill; the 24 hours stop (A11)."""

    slug, verb, leads, icon = "ship", "ship", True, "truck"
    heading, submit = gettext_lazy("Hand it to the carrier"), gettext_lazy("Handed over")
    said = gettext_lazy("It is on its way.")

    carrier = forms.CharField(label=gettext_lazy("Carrier"), max_length=40)
    waybill = forms.CharField(
        label=gettext_lazy("Waybill"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Scan it. Empty when somebody carries it there themselves."),
    )
    at = MomentField(label=gettext_lazy("Handed over at"), help_text=gettext_lazy("Empty: just now."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        carriers = [one["carrier"] for one in self.row.choice if one["chosen"]]
        self.initial.setdefault("carrier", carriers[0] if carriers else "")
        if self.row.depot is not None:
            said = {"depot": self.row.depot.name, "time": f"{self.row.depot.cut_off:%H:%M}"}
            self.hint = _("%(depot)s: what is handed over by %(time)s leaves the same working day.") % said

    def perform(self) -> PartRequest:
        said = self.cleaned_data
        return requests.ship(
            self.row,
            carrier=said["carrier"],
            waybill=said["waybill"],
            by=self.user,
            now=self.now,
            evidence=self.when(),
        )


class EventForm(RequestStep):
    """What the carrier says of the parcel, entered by hand."""

    slug, verb, icon = "event", "note_event", "map-pin"
    heading, submit = gettext_lazy("Record a parcel event"), gettext_lazy("Record it")
    said = gettext_lazy("Recorded.")
    KINDS = (CarrierEvent.Kind.IN_TRANSIT, CarrierEvent.Kind.OUT_FOR_DELIVERY, CarrierEvent.Kind.PROBLEM)

    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=[(kind.value, kind.label) for kind in KINDS])
    place = forms.CharField(label=gettext_lazy("Where"), max_length=80, required=False)
    text = forms.CharField(label=gettext_lazy("Text"), max_length=200, required=False)
    at = MomentField(label=gettext_lazy("When"), help_text=gettext_lazy("Empty: just now."))

    def perform(self) -> PartRequest:
        said = self.cleaned_data
        at = said["at"] or self.now
        return requests.note_event(
            self.row, said["kind"], at=at, place=said["place"], text=said["text"], by=self.user, now=self.now
        )


class DeliverForm(RequestStep):
    """Who signed for it; the two working days stop (A6)."""

    slug, verb, leads, icon = "deliver", "deliver", True, "signature"
    heading, submit = gettext_lazy("Signed for at the hospital"), gettext_lazy("Signed for")
    said = gettext_lazy("Delivered.")

    received_by = forms.CharField(label=gettext_lazy("Signed for by"), max_length=60)
    at = MomentField(label=gettext_lazy("Signed for at"), help_text=gettext_lazy("Empty: just now."))
    signature = forms.FileField(
        label=gettext_lazy("Photo of the signed slip"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*"}),
    )

    def perform(self) -> PartRequest:
        said = self.cleaned_data
        return requests.deliver(
            self.row,
            received_by=said["received_by"],
            signature=said["signature"],
            by=self.user,
            now=self.now,
            evidence=self.when(),
        )


class SendAgainForm(RequestStep):
    """The parcel is lost, or came back: the way out when a carrier fails."""

    slug, verb, icon = "send-again", "send_again", "repeat"
    heading, submit = gettext_lazy("Lost or come back: send it again"), gettext_lazy("Send it again")
    said = gettext_lazy("Its parts are asked of the depots again; its clocks run on.")
    hint = gettext_lazy("The promise to the hospital stands. Depots are weighed anew.")
    FATES = (
        ("lost", gettext_lazy("The carrier lost it")),
        ("back", gettext_lazy("It came back, its pieces are good and on their shelf")),
    )

    fate = forms.ChoiceField(label=gettext_lazy("What became of it"), choices=FATES, widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("Words of the carrier"), max_length=120)

    def perform(self) -> PartRequest:
        said = self.cleaned_data
        came_back = said["fate"] == "back"
        return requests.send_again(self.row, reason=said["reason"], came_back=came_back, by=self.user, now=self.now)


class UnusedForm(RequestStep):
    """What was delivered and nobody needs: owed to the depot as good stock (A13)."""

    slug, verb, icon = "unused", "unused", "undo-2"
    heading, submit = gettext_lazy("Not needed, goes back"), gettext_lazy("It goes back")
    said = gettext_lazy("Noted. It is owed to the depot as good stock.")

    line = forms.ModelChoiceField(RequestLine.objects.none(), label=gettext_lazy("Part"), empty_label=None)
    serial = forms.CharField(label=gettext_lazy("Serial number"), max_length=60, required=False)
    quantity = forms.IntegerField(
        label=gettext_lazy("Pieces"), min_value=1, max_value=99, initial=1,
        help_text=gettext_lazy("Of a part without serial numbers."),
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Why it is not needed"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["line"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = self.row.lines.select_related("part")

    def perform(self) -> PartRequest:
        return requests.unused(self.row, **self.cleaned_data, by=self.user, now=self.now)


class CancelForm(RequestStep):
    slug, verb, icon = "cancel", "cancel", "x"
    heading, submit = gettext_lazy("Withdraw the request"), gettext_lazy("Withdraw it")
    said = gettext_lazy("Withdrawn; what was held is free again.")

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def perform(self) -> PartRequest:
        return requests.cancel(self.row, reason=self.cleaned_data["reason"], by=self.user, now=self.now)


STEPS: dict[str, type[RequestStep]] = {
    form.slug: form
    for form in (
        AdoptForm,
        ReserveForm,
        PackForm,
        ShipForm,
        DeliverForm,
        EventForm,
        SendAgainForm,
        UnusedForm,
        UnpackForm,
        ChooseForm,
        CancelForm,
    )
}
"""The last part of a step's address → its form, in the order in which they are offered."""


def options(row: PartRequest, now: datetime) -> tuple[Option, ...]:
    """What every depot would make of a request now; what it holds itself counts as free in its own depot."""
    lines = list(row.lines.all())
    needs = {line.part_id: line.quantity for line in lines}
    stores: Sequence[choice.Store] = sourcing.load(needs, row.site.city, now)
    held = {line.part_id: line.reserved for line in lines}
    stores = [
        replace(store, free={part: count + held.get(part, 0) for part, count in store.free.items()})
        if store.key == row.depot_id
        else store
        for store in stores
    ]
    return choice.weigh(
        needs, stores, asked_at=now, ship_by=row.ship_by, deliver_by=row.deliver_by, packing=settings.PACKING_TIME
    )
