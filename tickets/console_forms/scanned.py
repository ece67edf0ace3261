"""A report that came by a label's code: is it true?"""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from people.models import User
from tickets import workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import DescribedField, joined, long_text


class VerifyForm(VerbForm):
    verb = "verify"
    heading, submit = gettext_lazy("The report is true"), gettext_lazy("It is true")
    done = gettext_lazy("Verified. The hospital sees it now.")
    hint = gettext_lazy("Call back first. The hospital sees the ticket from then on.")

    reporter = DescribedField(
        describe=lambda person: joined(person.name, person.title),
        label=gettext_lazy("Who it was, if they have an account"),
        required=False,
        empty_label=gettext_lazy("Somebody without an account"),
    )

    def prepare(self) -> None:
        field = self.fields["reporter"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(hospital=self.ticket.hospital, is_active=True).order_by("name")

    def perform(self) -> None:
        workflow.verify(self.ticket, by=self.user, reporter=self.cleaned_data["reporter"], now=self.now)


class DiscardForm(VerbForm):
    verb = "discard"
    heading, submit = gettext_lazy("Discard the report"), gettext_lazy("Discard it")
    done = gettext_lazy("Discarded. Its clocks are cancelled; the hospital never saw it.")
    hint = gettext_lazy("For a joke, a test, or somebody who can't be reached. This can't be undone.")

    reason = long_text(gettext_lazy("Reason"), rows=2)

    def perform(self) -> None:
        workflow.discard(self.ticket, by=self.user, reason=self.cleaned_data["reason"], now=self.now)
