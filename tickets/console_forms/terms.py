"""What the ticket says about itself, and what its targets follow from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.access import may
from sla.deadlines import OPEN_STATES
from sla.models import Deadline
from tickets import workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import DescribedField, MomentField, long_text
from tickets.models import FaultClass, Ticket
from tickets.priorities import priority


class PriorityForm(VerbForm):
    verb = "change_priority"
    heading, submit = gettext_lazy("Change the priority"), gettext_lazy("Change")
    done = gettext_lazy("The priority is changed.")
    hint = gettext_lazy("Clocks that run are set to the new targets; the old ones stay on record.")

    impact = forms.TypedChoiceField(choices=Ticket.Impact.choices, coerce=int, label=gettext_lazy("Impact"))
    urgency = forms.TypedChoiceField(choices=Ticket.Urgency.choices, coerce=int, label=gettext_lazy("Urgency"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, required=False, help_text=gettext_lazy("Needed when lowering.")
    )

    def prepare(self) -> None:
        self.initial.setdefault("impact", self.ticket.impact)
        self.initial.setdefault("urgency", self.ticket.urgency)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "impact" not in data or "urgency" not in data:
            return data
        if priority(data["impact"], data["urgency"], self.ticket.fault_class) > self.ticket.priority:
            if not may(self.user, "tickets.lower_priority"):
                self.add_error(None, _("Lowering the priority is for operators and leads."))
            elif not data.get("reason"):
                self.add_error("reason", _("Say why the priority is lowered."))
        return data

    def perform(self) -> None:
        workflow.change_priority(self.ticket, by=self.user, now=self.now, **self.cleaned_data)


class FaultClassForm(VerbForm):
    verb = "change_class"
    heading, submit = gettext_lazy("Change the fault class"), gettext_lazy("Change")
    done = gettext_lazy("The fault class is changed.")
    hint = PriorityForm.hint

    fault_class = forms.ModelChoiceField(
        queryset=FaultClass.objects.filter(is_active=True), label=gettext_lazy("Fault class"), empty_label=None
    )

    def prepare(self) -> None:
        self.initial.setdefault("fault_class", self.ticket.fault_class_id)

    def perform(self) -> None:
        to = self.cleaned_data["fault_class"]
        workflow.change_class(self.ticket, fault_class=to, by=self.user, now=self.now)


class EditForm(VerbForm):
    """Carries the version that was read, so a colleague's change in between is shown, never overwritten."""

    verb = "edit"
    heading, submit = gettext_lazy("Edit the wording"), gettext_lazy("Save")
    done = gettext_lazy("Saved.")

    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    description = long_text(gettext_lazy("Description"), required=False, rows=5)
    place = forms.CharField(label=gettext_lazy("Place"), max_length=120, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def prepare(self) -> None:
        for name in ("title", "description", "place", "version"):
            self.initial.setdefault(name, getattr(self.ticket, name))

    @classmethod
    def merging(cls, mine: VerbForm, conflict: workflow.Conflict) -> EditForm:
        """The form again after a conflict: one's own words, and the version that would now be replaced."""
        initial = {**mine.cleaned_data, "version": conflict.version}
        return cls(ticket=mine.ticket, user=mine.user, now=mine.now, initial=initial)

    def perform(self) -> None:
        workflow.edit(self.ticket, by=self.user, now=self.now, **self.cleaned_data)


class RetargetForm(VerbForm):
    """For one running clock of the ticket; another ticket's clock is no choice (T007)."""

    verb = "retarget"
    heading, submit = gettext_lazy("Set another deadline"), gettext_lazy("Set it")
    done = gettext_lazy("The deadline is changed; the old one stays on record.")

    deadline = DescribedField(
        describe=lambda row: f"{row.commitment} · {timezone.localtime(row.due_at):%m-%d %H:%M}",
        label=gettext_lazy("Clock"),
        empty_label=gettext_lazy("Choose a clock"),
    )
    due_at = MomentField(label=gettext_lazy("New deadline"))
    reason = long_text(gettext_lazy("Reason"), rows=2)

    def prepare(self) -> None:
        field = self.fields["deadline"]
        assert isinstance(field, forms.ModelChoiceField)
        clocks = Deadline.objects.filter(timeline=self.ticket.timeline_id, state__in=OPEN_STATES)
        field.queryset = clocks.select_related("commitment").order_by("due_at")

    def clean_due_at(self) -> datetime:
        due_at: datetime = self.cleaned_data["due_at"]
        if due_at <= self.now:
            raise ValidationError(_("The new deadline lies in the past."), code="past")
        return due_at

    def perform(self) -> None:
        workflow.retarget(self.ticket, by=self.user, now=self.now, **self.cleaned_data)
