"""Solved, opened again, withdrawn; taken over from the hospital."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from tickets import workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import long_text


class ResolveForm(VerbForm):
    verb = "resolve"
    heading, submit = gettext_lazy("Report it solved"), gettext_lazy("It is solved")
    done = gettext_lazy("Solved. The hospital is asked to confirm.")
    hint = gettext_lazy("The hospital reads both and confirms, or says that it is not solved.")
    may_warn = True

    cause = long_text(gettext_lazy("Cause"), rows=2)
    action = long_text(gettext_lazy("What was done"), rows=2)

    def perform(self) -> None:
        workflow.resolve(self.ticket, by=self.user, now=self.now, **self.cleaned_data)


class ReopenForm(VerbForm):
    verb = "reopen"
    heading, submit = gettext_lazy("Reopen"), gettext_lazy("Reopen")
    done = gettext_lazy("Open again. A new round of clocks runs.")
    hint = gettext_lazy("The earlier round keeps its results; new clocks start now.")

    reason = long_text(gettext_lazy("What is not solved"))

    def perform(self) -> None:
        workflow.reopen(self.ticket, by=self.user, reason=self.cleaned_data["reason"], now=self.now)


class CancelForm(VerbForm):
    verb = "cancel"
    heading, submit = gettext_lazy("Withdraw the ticket"), gettext_lazy("Withdraw it")
    done = gettext_lazy("Withdrawn. Its clocks are cancelled.")
    hint = gettext_lazy("For a ticket that was filed by mistake or twice. This can't be undone.")

    reason = long_text(gettext_lazy("Reason"))

    def perform(self) -> None:
        workflow.cancel(self.ticket, by=self.user, reason=self.cleaned_data["reason"], now=self.now)


class PassOnForm(VerbForm):
    verb = "pass_on"
    heading, submit = gettext_lazy("Take it over from the hospital"), gettext_lazy("Take it over")
    done = gettext_lazy("It is the company's now; its clocks run.")
    hint = gettext_lazy("The hospital's technician has it. From now on the response clock runs.")

    reason = long_text(gettext_lazy("Why"), required=False, rows=2)

    def perform(self) -> None:
        workflow.pass_on(self.ticket, by=self.user, reason=self.cleaned_data["reason"], now=self.now)
