"""Who pays: what the fault came from, and a manager's word against the rules."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from tickets import workflow
from tickets.console_forms.base import VerbForm
from tickets.workflow.verdicts import CHOICES, current
from warranty.wording import CAUSES, OUTCOMES


class CauseForm(VerbForm):
    verb = "set_cause"
    heading, submit = gettext_lazy("What did the fault come from?"), gettext_lazy("Save")
    done = gettext_lazy("Saved. Who pays was asked again.")
    hint = gettext_lazy("Who pays may change with it; the earlier verdict stays on record.")

    cause = forms.ChoiceField(choices=CAUSES, label=gettext_lazy("Cause"))

    def prepare(self) -> None:
        row = current(self.ticket) if not self.is_bound else None
        if row is not None:
            self.initial.setdefault("cause", row.cause)

    def perform(self) -> None:
        workflow.set_cause(self.ticket, cause=self.cleaned_data["cause"], by=self.user, now=self.now)


class OverrideForm(VerbForm):
    verb = "override_verdict"
    heading, submit = gettext_lazy("Decide who pays"), gettext_lazy("Decide")
    done = gettext_lazy("Decided. What the rules said stays on record.")
    hint = gettext_lazy("It holds until the cause, the device or a contract changes.")

    outcome = forms.ChoiceField(
        choices=[(str(one), OUTCOMES[one]) for one in OUTCOMES if one in CHOICES], label=gettext_lazy("Who pays")
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, help_text=gettext_lazy("The hospital reads this.")
    )

    def perform(self) -> None:
        workflow.override_verdict(self.ticket, by=self.user, now=self.now, **self.cleaned_data)
