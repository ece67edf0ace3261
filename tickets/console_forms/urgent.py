"""An urgent response: what it takes or costs is said on the form, and asked again when that has changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.present import Quota
from tickets import urgent, workflow
from tickets.console_forms.base import VerbForm
from tickets.workflow.urgent import LONGEST, WouldBill


class UrgentForm(VerbForm):
    """`may_bill` is what its reader was told; the button says the same."""

    verb = "mark_urgent"
    heading = gettext_lazy("Urgent response")
    submit: Any = gettext_lazy("Take one of the quota")
    done: Any = gettext_lazy("Urgent response: the clocks are tightened.")
    quota: Quota | None = None

    reason = forms.CharField(
        label=gettext_lazy("What makes it urgent"),
        max_length=LONGEST,
        help_text=gettext_lazy("How pressing it is, and what stands still. The hospital reads this."),
    )
    may_bill = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        offer = urgent.offer(self.ticket, self.now)
        if offer is None:
            self.fields.clear()
            self.hint, self.submit = _("No contract in force grants an urgent response for this."), ""
            return
        self.quota = offer.quota
        self.hint, self.warning = ("", offer.sentence) if offer.is_billable else (offer.sentence, "")
        if self.user.is_hospital:
            self.fields["reason"].help_text = _("How pressing it is, and what stands still.")
        self.initial["may_bill"] = offer.is_billable
        if offer.is_billable:
            self.submit = _("Go ahead, billable")

    def perform(self) -> None:
        try:
            ticket = workflow.mark_urgent(self.ticket, by=self.user, now=self.now, **self.cleaned_data)
        except WouldBill:
            # The last one went while this was being read: what is sent next was told so.
            self.prepare()
            self.data = {**{name: self.data.get(name) for name in self.data}, "may_bill": "on"}
            raise
        if ticket.urgent_use is not None and ticket.urgent_use.is_billable:
            self.done = _("Urgent response, billable: the clocks are tightened.")


class NotUrgentForm(VerbForm):
    verb = "unmark_urgent"
    heading, submit = gettext_lazy("Give the urgent response back"), gettext_lazy("Give it back")
    done = gettext_lazy("Given back. The clocks go on as without it.")
    hint = gettext_lazy("The quota has it again, or its bill falls away; the hospital is told.")

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=LONGEST, help_text=gettext_lazy("The hospital reads this.")
    )

    def perform(self) -> None:
        workflow.unmark_urgent(self.ticket, reason=self.cleaned_data["reason"], by=self.user, now=self.now)
