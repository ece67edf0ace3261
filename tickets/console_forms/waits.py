"""Standing still, for a reason that contracts accept."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sla.models import Deadline, PauseReason
from tickets import workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import MomentField, long_text


class WaitForm(VerbForm):
    verb = "wait"
    heading, submit = gettext_lazy("Wait for the hospital"), gettext_lazy("Stop the clocks")
    done = gettext_lazy("Waiting. The clocks that allow it stand still.")
    hint = gettext_lazy("Only for a reason that the contract accepts; the hospital sees it.")

    reason = forms.ModelChoiceField(
        queryset=PauseReason.objects.none(), label=gettext_lazy("Reason"), empty_label=gettext_lazy("Choose a reason")
    )
    note = long_text(gettext_lazy("What was agreed, and with whom"), rows=2)
    until = MomentField(label=gettext_lazy("Until"), required=False)

    def prepare(self) -> None:
        running = Deadline.objects.filter(timeline=self.ticket.timeline_id, state=Deadline.State.RUNNING)
        accepted = {code for codes in running.values_list("commitment__pause_reasons", flat=True) for code in codes}
        field = self.fields["reason"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = PauseReason.objects.filter(is_active=True, code__in=accepted)

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and until <= self.now:
            raise ValidationError(_("The agreed time lies in the past."), code="past")
        return until

    def perform(self) -> None:
        workflow.wait(self.ticket, by=self.user, now=self.now, **self.cleaned_data)


class ResumeForm(VerbForm):
    verb = "resume"
    heading, submit = gettext_lazy("Go on"), gettext_lazy("Go on")
    done = gettext_lazy("The clocks run again.")

    def perform(self) -> None:
        workflow.resume(self.ticket, by=self.user, now=self.now)
