"""Who works on it, and who answers for it (B1)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from tickets import workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import ColleagueField


class AssignForm(VerbForm):
    verb = "assign"
    heading, submit = gettext_lazy("Assign"), gettext_lazy("Assign")
    done = gettext_lazy("Assigned.")
    hint = gettext_lazy("Whoever is sent changes the expected arrival, never the promise.")

    to = ColleagueField(label=gettext_lazy("Who works on it"), required=False, empty_label=gettext_lazy("Nobody yet"))

    def prepare(self) -> None:
        field = self.fields["to"]
        assert isinstance(field, ColleagueField)
        field.offer(self.ticket, "tickets.own", self.now)
        self.initial.setdefault("to", self.ticket.assignee_id)

    def perform(self) -> None:
        workflow.assign(self.ticket, to=self.cleaned_data["to"], by=self.user, now=self.now)


class TakeForm(VerbForm):
    verb = "take"
    heading, submit = gettext_lazy("Take it on"), gettext_lazy("Take it on")
    done = gettext_lazy("You work on it now.")

    def perform(self) -> None:
        workflow.take(self.ticket, by=self.user, now=self.now)


class OfferOwnerForm(VerbForm):
    verb = "offer_owner"
    heading, submit = gettext_lazy("Hand over first contact"), gettext_lazy("Offer")
    done = gettext_lazy("Offered. Until it is accepted, the owner stays.")
    hint = gettext_lazy("The hand-over counts once the other accepts it; until then the hospital's person stays (B1).")

    to = ColleagueField(label=gettext_lazy("New first-contact owner"), empty_label=gettext_lazy("Choose a person"))

    def prepare(self) -> None:
        field = self.fields["to"]
        assert isinstance(field, ColleagueField)
        field.offer(self.ticket, "tickets.own", self.now, without=(self.ticket.owner_id,))

    def perform(self) -> None:
        workflow.offer_owner(self.ticket, to=self.cleaned_data["to"], by=self.user, now=self.now)


class AcceptOwnerForm(VerbForm):
    verb = "accept_owner"
    heading, submit = gettext_lazy("Accept first contact"), gettext_lazy("Accept")
    done = gettext_lazy("You are the first-contact owner now.")

    def perform(self) -> None:
        workflow.accept_owner(self.ticket, by=self.user, now=self.now)


class DeclineOwnerForm(VerbForm):
    verb = "decline_owner"
    heading, submit = gettext_lazy("Decline first contact"), gettext_lazy("Decline")
    done = gettext_lazy("Declined. The owner stays.")

    def perform(self) -> None:
        workflow.decline_owner(self.ticket, by=self.user, now=self.now)
