"""From "it cannot be done remotely" to the engineer at the door (A2)."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.evidence import Evidence
from sla.models import Fact
from tickets import workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import MomentField, long_text, not_after


class RemoteFailedForm(VerbForm):
    verb = "remote_failed"
    heading = gettext_lazy("Declare remote repair failed")
    submit = gettext_lazy("Send an engineer")
    done = gettext_lazy("Declared. The clock for being on site runs.")
    hint = gettext_lazy("From now on: travel time + 1 hour to be on site (A2).")

    reason = long_text(gettext_lazy("What was tried, and why it can't be solved remotely"))

    def perform(self) -> None:
        workflow.remote_failed(self.ticket, by=self.user, reason=self.cleaned_data["reason"], now=self.now)


class DepartForm(VerbForm):
    verb = "depart"
    heading, submit = gettext_lazy("Set off"), gettext_lazy("Set off now")
    done = gettext_lazy("On the way. The hospital sees the expected arrival.")
    may_warn = True

    expected_arrival_at = MomentField(
        label=gettext_lazy("Expected arrival"), required=False, help_text=gettext_lazy("The hospital sees this time.")
    )

    def clean_expected_arrival_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["expected_arrival_at"]
        if at is not None and at < self.now:
            raise ValidationError(_("The expected arrival lies in the past."), code="past")
        return at

    def perform(self) -> None:
        expected = self.cleaned_data["expected_arrival_at"]
        workflow.depart(self.ticket, by=self.user, expected_arrival_at=expected, now=self.now)


class ArriveForm(VerbForm):
    verb = "arrive"
    heading, submit = gettext_lazy("Register arrival"), gettext_lazy("I have arrived")
    done = gettext_lazy("Arrival registered.")
    hint = gettext_lazy("Leave the time empty if you have just arrived.")

    at = MomentField(label=gettext_lazy("Arrived at"), required=False)

    def clean_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"]
        return not_after(at, self.now) if at else None

    def perform(self) -> None:
        workflow.arrive(self.ticket, by=self.user, evidence=Evidence(self.cleaned_data["at"]), now=self.now)


class EvidenceForm(VerbForm):
    """A lead's word on evidence that came late or from a clock that was off (worked example 10)."""

    verb = "confirm_evidence"
    heading, submit = gettext_lazy("Judge late evidence"), gettext_lazy("Confirm")
    done = gettext_lazy("Decided. The clocks were worked out again.")

    fact = forms.ModelChoiceField(queryset=Fact.objects.none(), widget=forms.HiddenInput)
    accept = forms.TypedChoiceField(
        choices=[("yes", gettext_lazy("It counts")), ("no", gettext_lazy("It does not count"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        label=gettext_lazy("Does this evidence count?"),
    )

    def prepare(self) -> None:
        field = self.fields["fact"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Fact.objects.filter(timeline=self.ticket.timeline_id, is_disputed=True)

    def perform(self) -> None:
        data = self.cleaned_data
        workflow.confirm_evidence(self.ticket, data["fact"], accept=data["accept"], by=self.user, now=self.now)
