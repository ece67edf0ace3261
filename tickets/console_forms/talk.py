"""What people say: to the hospital, among colleagues, on the phone."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.access import may
from tickets import workflow
from tickets.actions import ACTS
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import FilesField, MomentField, long_text, not_after
from tickets.models import Ticket
from tickets.states import Status


class SayForm(VerbForm):
    """The composer: an answer to the hospital, a note among colleagues, or a call that was made."""

    verb = "note"
    heading, submit = gettext_lazy("Write"), gettext_lazy("Send")
    done = gettext_lazy("Saved.")
    VERBS: ClassVar[dict[str, str]] = {"answer": "answer", "note": "note", "call": "log_call"}
    DONE: ClassVar[dict[str, Any]] = {
        "answer": gettext_lazy("Sent to the hospital."),
        "note": gettext_lazy("Noted, for colleagues only."),
        "call": gettext_lazy("The call is recorded."),
    }

    kind = forms.ChoiceField(
        choices=[
            ("answer", gettext_lazy("Answer the hospital")),
            ("note", gettext_lazy("Internal note")),
            ("call", gettext_lazy("Record a call")),
        ],
        label=gettext_lazy("For whom"),
        initial="answer",
    )
    text = long_text(gettext_lazy("Text"))
    uploads = FilesField(label=gettext_lazy("Files"), required=False)
    started_at = MomentField(label=gettext_lazy("Call started at"), required=False)
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=0, max_value=600, required=False)
    missed = forms.BooleanField(label=gettext_lazy("Nobody answered"), required=False)
    hang_up_reason = forms.CharField(
        label=gettext_lazy("Reason for hanging up unsolved"), max_length=200, required=False
    )

    def prepare(self) -> None:
        # The call that brought the ticket is the one whose end is recorded first.
        if self.ticket.channel == Ticket.Channel.PHONE and self.ticket.status == Status.NEW:
            self.initial.setdefault("started_at", self.ticket.created_at)

    @property
    def call_fields(self) -> tuple[forms.BoundField, forms.BoundField]:
        """When it began and how long it was: what every call has."""
        return self["started_at"], self["minutes"]

    def clean_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        if not may(self.user, ACTS[self.VERBS[kind]]):
            raise PermissionDenied(kind)
        return kind

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") == "call":
            if data.get("started_at") is None and "started_at" not in self.errors:
                self.add_error("started_at", _("Say when the call began."))
            elif data.get("started_at"):
                try:
                    data["started_at"] = not_after(data["started_at"], self.now)
                except ValidationError as error:
                    self.add_error("started_at", error)
        return data

    def perform(self) -> None:
        data = self.cleaned_data
        self.done = self.DONE[data["kind"]]
        if data["kind"] == "call":
            workflow.log_call(
                self.ticket,
                by=self.user,
                started_at=data["started_at"],
                seconds=60 * (data["minutes"] or 0),
                summary=data["text"],
                answered=not data["missed"],
                hang_up_reason=data["hang_up_reason"],
                now=self.now,
            )
            return
        say = workflow.answer if data["kind"] == "answer" else workflow.note
        say(self.ticket, by=self.user, text=data["text"], files=data["uploads"], now=self.now)
