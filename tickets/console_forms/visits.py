"""Send an engineer, and change what is planned: who can still make the deadline is in sight before the choice (A2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.wording import clock, duration
from people.models import User
from tickets import sending, workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import ColleagueField, MomentField, long_text
from visits.models import Visit
from visits.ranking import Candidate
from visits.states import AHEAD
from visits.wording import merits

State = Visit.State


@dataclass(frozen=True, slots=True)
class Card:
    """A candidate as a card: when they are there, what that leaves of the deadline, what speaks for them."""

    one: Candidate
    start: str
    why: str
    margin: str


class CandidateRadios(forms.RadioSelect):
    """The candidates as cards; the browser sends the key of one."""

    template_name = "dispatch/candidates.html"
    cards: Mapping[str, Card]
    now: datetime

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = [option for _group, options, _index in context["widget"]["optgroups"] for option in options]
        return {**context, "now": self.now, "rows": [(row, self.cards[row["value"]]) for row in rows]}


class EngineerForm(VerbForm):
    """Whom to send. Somebody who will be late is sent only when the dispatcher says so a second time."""

    engineer = forms.ChoiceField(label=gettext_lazy("Engineer"), widget=CandidateRadios)
    late_all_the_same = forms.BooleanField(
        label=gettext_lazy("Send all the same, though the deadline is missed"), required=False
    )
    without: frozenset[int] = frozenset()

    def prepare(self) -> None:
        found = sending.candidates_for(self.ticket, self.now)
        self.candidates = {str(one.key): one for one in found if one.key not in self.without}
        self.due_at = sending.due_at(self.ticket)
        field, widget = self.fields["engineer"], self.fields["engineer"].widget
        assert isinstance(field, forms.ChoiceField)
        assert isinstance(widget, CandidateRadios)
        field.choices = [(key, one.name) for key, one in self.candidates.items()]
        widget.cards = {key: self._card(one) for key, one in self.candidates.items()}
        widget.now = self.now
        if self.due_at is not None:
            self.hint = _("Somebody has to be there by %(time)s.") % {"time": clock(self.due_at, self.now)}
        else:
            del self.fields["late_all_the_same"]
        if not self.candidates:
            self.hint, self.submit = _("There is nobody else in the region of this hospital who could be sent."), ""
        elif self.initial.setdefault("engineer", next(iter(self.candidates))) not in self.candidates:
            # Dropped on the row of somebody else's region: nobody is chosen in their stead unasked.
            self.hint = _("Whom you chose cannot be sent to this hospital. These can:")

    def _card(self, one: Candidate) -> Card:
        span = duration(abs(one.margin.total_seconds())) if one.margin is not None else ""
        return Card(one, one.start.name if one.start else "", merits(one, self.now), span)

    def refuse_late(self, one: Candidate, there_at: datetime | None) -> None:
        """Say that the choice will miss, unless the dispatcher has said that they know."""
        if self.due_at is None or there_at is None or there_at <= self.due_at:
            return
        if self.cleaned_data.get("late_all_the_same"):
            return
        words = {
            "name": one.name,
            "time": clock(there_at, self.now),
            "span": duration((there_at - self.due_at).total_seconds()),
            "due": clock(self.due_at, self.now),
        }
        late = _("%(name)s would be there at %(time)s, %(span)s after the promised %(due)s. Tick to send all the same.")
        self.add_error("late_all_the_same", ValidationError(late % words, code="late"))

    def chosen(self) -> User:
        """The engineer of a valid form."""
        return User.objects.select_related("team__base").get(pk=self.cleaned_data["engineer"])


class SendForm(EngineerForm):
    verb = "send"
    heading, submit = gettext_lazy("Send an engineer"), gettext_lazy("Send them")
    done = gettext_lazy("Planned. The engineer and the hospital are told who comes when.")

    starts_at = MomentField(
        label=gettext_lazy("At the site from"),
        required=False,
        help_text=gettext_lazy("Empty: as soon as the engineer can be there."),
    )
    ends_at = MomentField(label=gettext_lazy("Until"), required=False)
    second = ColleagueField(label=gettext_lazy("Second engineer"), required=False, empty_label=gettext_lazy("Nobody"))
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes on the way, if you know better"), min_value=0, max_value=3000, required=False
    )
    reason = forms.CharField(label=gettext_lazy("Why the way takes another time"), max_length=200, required=False)
    field_order = ("engineer", "starts_at", "ends_at", "second", "minutes", "reason", "late_all_the_same")

    def prepare(self) -> None:
        super().prepare()
        field = self.fields["second"]
        assert isinstance(field, ColleagueField)
        field.offer(self.ticket, "visits.work", self.now)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        one = self.candidates.get(data.get("engineer", ""))
        if one is None or "starts_at" in self.errors or "minutes" in self.errors:
            return data
        earliest = one.arrives_at
        if data["minutes"] is not None:
            earliest = (one.leaves_at or self.now) + timedelta(minutes=data["minutes"])
        starts_at = data["starts_at"] or earliest
        if starts_at is None:
            self.add_error("starts_at", _("Nobody knows where they start from: say when they are there."))
        else:
            self.refuse_late(one, max(starts_at, earliest or starts_at))
        return {**data, "starts_at": starts_at}

    def perform(self) -> None:
        data = self.cleaned_data
        workflow.send(
            self.ticket,
            engineer=self.chosen(),
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            crew=[data["second"]] if data["second"] else (),
            minutes=data["minutes"],
            reason=data["reason"],
            by=self.user,
            now=self.now,
        )


class OfVisitForm(VerbForm):
    """For one visit of the ticket: the one that its address names, else the newest in one of `states`."""

    states: ClassVar[frozenset[str]] = AHEAD
    visit = forms.ModelChoiceField(queryset=Visit.objects.none(), widget=forms.HiddenInput)

    @classmethod
    def act(cls) -> str:
        return "visits.dispatch"

    def prepare(self) -> None:
        field = self.fields["visit"]
        assert isinstance(field, forms.ModelChoiceField)
        rows = Visit.objects.filter(ticket_link__ticket=self.ticket, state__in=self.states).order_by("-pk")
        field.queryset = rows
        named = str(self.data.get("visit") if self.is_bound else self.initial.get("visit", ""))
        self.row = (rows.filter(pk=named).first() if named.isdecimal() and len(named) < 18 else None) or rows.first()
        self.initial["visit"] = self.row
        if self.row is None:
            self.hint, self.submit = _("There is no planned visit that this could be said of."), ""


class MoveVisitForm(OfVisitForm):
    verb = "move_visit"
    heading, submit = gettext_lazy("Move the visit"), gettext_lazy("Move it")
    done = gettext_lazy("Moved. The engineer and the hospital are told.")
    states = frozenset({State.PLANNED})

    starts_at = MomentField(label=gettext_lazy("At the site from"))
    ends_at = MomentField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Empty: it lasts as long as it was planned."),
    )

    def prepare(self) -> None:
        super().prepare()
        if self.row is not None:
            self.initial.setdefault("starts_at", self.row.starts_at)

    def perform(self) -> None:
        data = self.cleaned_data
        times = {"starts_at": data["starts_at"], "ends_at": data["ends_at"]}
        workflow.move_visit(self.ticket, data["visit"], **times, by=self.user, now=self.now)


class ReassignVisitForm(OfVisitForm, EngineerForm):
    verb = "reassign_visit"
    heading, submit = gettext_lazy("Send somebody else"), gettext_lazy("Give them the visit")
    done = gettext_lazy("Given on. Both engineers and the hospital are told.")
    field_order = ("visit", "engineer", "late_all_the_same")

    def prepare(self) -> None:
        OfVisitForm.prepare(self)
        if self.row is not None:
            booked = self.row.crew.filter(released_at=None, is_lead=True).values_list("engineer", flat=True)
            self.without = frozenset(booked)
        EngineerForm.prepare(self)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        one = self.candidates.get(data.get("engineer", ""))
        if one is not None and self.row is not None and one.arrives_at is not None:
            self.refuse_late(one, max(one.arrives_at, self.row.starts_at))
        return data

    def perform(self) -> None:
        visit = self.cleaned_data["visit"]
        workflow.reassign_visit(self.ticket, visit, engineer=self.chosen(), by=self.user, now=self.now)


class CallOffForm(OfVisitForm):
    verb = "call_off"
    heading, submit = gettext_lazy("Call the visit off"), gettext_lazy("Call it off")
    done = gettext_lazy("Called off. The engineer and the hospital read why.")

    reason = long_text(gettext_lazy("Why nobody comes; the hospital reads this"))

    def perform(self) -> None:
        data = self.cleaned_data
        workflow.call_off(self.ticket, data["visit"], reason=data["reason"], by=self.user, now=self.now)


VISIT_FORMS: tuple[type[VerbForm], ...] = (SendForm, MoveVisitForm, ReassignVisitForm, CallOffForm)
