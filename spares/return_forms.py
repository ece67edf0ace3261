"""What a clerk fills in at each step of a return: one form per step, each calling its verb of `spares.returns`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from spares import returns
from spares.models import Return
from spares.step_form import StepForm

State, Kind = Return.State, Return.Kind


class ReturnStep(StepForm[Return]):
    """A step of a return."""

    @classmethod
    def is_offered(cls, row: Return) -> bool:
        return returns.allows(row, cls.verb)


class ReceiveForm(ReturnStep):
    slug, verb, leads, icon = "receive", "receive", True, "package-open"
    heading, submit = gettext_lazy("The faulty part is back"), gettext_lazy("It is back")
    said = gettext_lazy("Received. It lies in the depot as faulty, not as stock.")

    serial = forms.CharField(
        label=gettext_lazy("Serial number of the faulty part"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Scan its label."),
    )

    @classmethod
    def is_offered(cls, row: Return) -> bool:
        return super().is_offered(row) and row.kind == Kind.FAULTY

    def perform(self) -> Return:
        serial = self.cleaned_data.get("serial", "")
        return returns.receive(self.row, serial=serial, by=self.user, now=self.now)


class RestockForm(ReceiveForm):
    """A good part that was not needed."""

    slug = "restock"
    heading = gettext_lazy("The unused part is back")
    said = gettext_lazy("Received. It is good stock again.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["serial"].label = _("Serial number of the unused part")
        if self.row.good_unit is None:
            del self.fields["serial"]
            self.hint = _("Put it back on its shelf: %(count)d pieces.") % {"count": self.row.quantity}
        else:
            self.hint = _("Look whether it is unused. If it is not, take it in and scrap it.")

    @classmethod
    def is_offered(cls, row: Return) -> bool:
        return returns.allows(row, cls.verb) and row.kind == Kind.UNUSED


class SendForm(ReturnStep):
    slug, verb, leads, icon = "send", "send_to_maker", True, "truck"
    heading, submit = gettext_lazy("Send it to the maker"), gettext_lazy("Sent")
    said = gettext_lazy("It is on its way to the maker.")

    maker_case = forms.CharField(label=gettext_lazy("The maker's case number"), max_length=60, required=False)
    waybill = forms.CharField(label=gettext_lazy("Waybill"), max_length=40, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("maker_case", self.row.maker_case)

    def perform(self) -> Return:
        said = self.cleaned_data
        return returns.send_to_maker(
            self.row, maker_case=said["maker_case"], waybill=said["waybill"], by=self.user, now=self.now
        )


class MakerShippedForm(ReturnStep):
    slug, verb, icon = "maker-shipped", "maker_shipped", "plane"
    heading, submit = gettext_lazy("The maker has shipped a good one"), gettext_lazy("The maker has shipped")
    said = gettext_lazy("Noted; it counts as on the way in.")

    maker_case = forms.CharField(label=gettext_lazy("The maker's case number"), max_length=60, required=False)

    @classmethod
    def is_offered(cls, row: Return) -> bool:
        return super().is_offered(row) and row.maker_shipped_at is None and row.replaced_at is None

    def perform(self) -> Return:
        return returns.maker_shipped(self.row, maker_case=self.cleaned_data["maker_case"], by=self.user, now=self.now)


class ReplacementForm(ReturnStep):
    slug, verb, icon = "replacement", "replacement_in", "package-check"
    heading, submit = gettext_lazy("The maker's good one is here"), gettext_lazy("Take it into stock")
    said = gettext_lazy("The maker's unit is in stock.")

    serial = forms.CharField(
        label=gettext_lazy("Serial number of the good one"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("Scan its label."),
    )

    @classmethod
    def is_offered(cls, row: Return) -> bool:
        return super().is_offered(row) and row.replaced_at is None

    @classmethod
    def leads_on(cls, row: Return) -> bool:
        return row.state == State.AT_MAKER

    def perform(self) -> Return:
        return returns.replacement_in(self.row, serial=self.cleaned_data["serial"], by=self.user, now=self.now)


class CloseForm(ReturnStep):
    slug, verb, icon = "close", "close", "circle-check"
    heading, submit = gettext_lazy("Settle it otherwise"), gettext_lazy("Settle it")
    said = gettext_lazy("Settled.")

    resolution = forms.ChoiceField(label=gettext_lazy("How"), choices=[(end.value, end.label) for end in returns.ENDS])
    reason = forms.CharField(label=gettext_lazy("Remark"), max_length=200, required=False)

    def perform(self) -> Return:
        said = self.cleaned_data
        return returns.close(self.row, resolution=said["resolution"], reason=said["reason"], by=self.user, now=self.now)


class WriteOffForm(ReturnStep):
    slug, verb, icon = "write-off", "write_off", "x"
    heading, submit = gettext_lazy("Write it off"), gettext_lazy("Write it off")
    said = gettext_lazy("Written off.")

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def perform(self) -> Return:
        return returns.write_off(self.row, reason=self.cleaned_data["reason"], by=self.user, now=self.now)


STEPS: dict[str, type[ReturnStep]] = {
    form.slug: form
    for form in (ReceiveForm, RestockForm, SendForm, ReplacementForm, MakerShippedForm, CloseForm, WriteOffForm)
}
"""The last part of a step's address → its form, in the order in which they are offered."""
