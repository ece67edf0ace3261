"""A call that is being taken: who calls, from where, about what. The clocks count from the call's start (A1)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices.models import Device
from people.models import HOSPITAL_ROLES, Hospital, Site, User
from sla import deadlines
from sla.evidence import Evidence
from spares.requests import Wanted
from tickets import script, workflow
from tickets.console_forms.asking import ScriptForm
from tickets.console_forms.fields import DescribedField, MomentField, joined, long_text, not_after
from tickets.models import FaultClass, Kind, Ticket
from tickets.priorities import priority
from tickets.queue import PRIORITIES

OLDEST_CALL = timedelta(days=7)
"""A call typed in later than this is a slip of the keyboard."""
ENOUGH_DIGITS = 4
FOLLOW = {
    "hospital": ("site", "device", "part"),
    "site": ("device", "part"),
    "device": ("part",),
    "class": ("tried", "part"),
}
"""Field → those whose choices follow from it and start anew when it changes."""
MOST_CALLERS = 6
MOST_KNOWN = 5


class CallForm(ScriptForm):
    """Unbound, it follows what has been filled in so far; bound, it files the ticket, and asks for the part (A7)."""

    client_key = forms.UUIDField(widget=forms.HiddenInput)
    caller_phone = forms.CharField(
        label=gettext_lazy("Caller's number"),
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "autofocus": True, "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Type the number that is calling.")},
    )
    caller = DescribedField(
        describe=lambda person: joined(
            person, person.title, person.department and person.department.name, person.hospital
        ),
        label=gettext_lazy("Caller"),
        required=False,
        blank=True,
        widget=forms.RadioSelect,
        empty_label=gettext_lazy("Another caller"),
    )
    contact_name = forms.CharField(
        label=gettext_lazy("Caller's name"),
        max_length=60,
        error_messages={"required": gettext_lazy("Say who is calling.")},
    )
    started_at = MomentField(
        label=gettext_lazy("Call began"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S"),
    )
    missed = forms.BooleanField(label=gettext_lazy("Missed call, I am calling back"), required=False)
    hospital = forms.ModelChoiceField(
        queryset=Hospital.objects.filter(is_active=True),
        label=gettext_lazy("Hospital"),
        empty_label=gettext_lazy("Choose a hospital"),
        error_messages={"required": gettext_lazy("Choose the hospital.")},
    )
    site = DescribedField(
        describe=lambda site: joined(site.name),
        label=gettext_lazy("Site"),
        empty_label=gettext_lazy("Choose a site"),
        error_messages={"required": gettext_lazy("Choose the site.")},
    )
    device = DescribedField(
        describe=lambda device: joined(device.name, device.room, device.serial),
        label=gettext_lazy("Device"),
        required=False,
        empty_label=gettext_lazy("Not known yet"),
    )
    place = forms.CharField(label=gettext_lazy("Room"), max_length=120, required=False)
    kind = forms.ChoiceField(choices=Kind.choices, label=gettext_lazy("Kind"), initial=Kind.FAULT)
    fault_class = forms.ModelChoiceField(
        queryset=FaultClass.objects.filter(is_active=True),
        label=gettext_lazy("Fault class"),
        required=False,
        empty_label=gettext_lazy("Not known yet"),
    )
    impact = forms.TypedChoiceField(
        choices=Ticket.Impact.choices, coerce=int, label=gettext_lazy("Impact"), initial=Ticket.Impact.ROOM
    )
    urgency = forms.TypedChoiceField(
        choices=Ticket.Urgency.choices, coerce=int, label=gettext_lazy("Urgency"), initial=Ticket.Urgency.TODAY
    )
    title = forms.CharField(
        label=gettext_lazy("What happens"),
        max_length=120,
        error_messages={"required": gettext_lazy("Say in a few words what happens.")},
    )
    description = long_text(gettext_lazy("In the caller's words"), required=False, rows=3)
    needs_part = forms.BooleanField(label=gettext_lazy("It stays broken: ask for the part at once"), required=False)

    def __init__(self, *args: Any, user: User, now: datetime, look: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.now = user, now
        for name in FOLLOW.get(look, ()):
            self.initial.pop(name, None)
        self.initial.setdefault("client_key", uuid.uuid4())
        self.initial.setdefault("started_at", now)
        self._offer("caller", callers(self.value("caller_phone")))
        self._know_caller(look == "caller")
        self.fields["contact_name"].required = self.key("caller") is None
        self._offer("site", Site.objects.filter(hospital=self.key("hospital")))
        self._only_choice("site")
        devices = Device.objects.in_use().filter(hospital=self.key("hospital")).select_related("site")
        self._offer("device", devices.filter(site=self.key("site")) if self.key("site") else devices)
        self.fields["quantity"].required = False
        self.show_script(script.of(self.hint, now))
        if self.asks_for_part:
            chosen = devices.filter(pk=self.key("device") or 0).select_related("model").first()
            self.offer_parts(self.hint, chosen)

    @classmethod
    def asked(cls, request: HttpRequest, user: User, now: datetime) -> CallForm:
        """The form that a request brings: to be filed, or (`look`) to be filled in further."""
        if request.method == "POST" and "look" not in request.POST:
            return cls(request.POST, user=user, now=now)
        sent = request.POST if request.method == "POST" else request.GET
        # An empty caller is an answer ("somebody else"), other empty fields are not filled in yet.
        known: dict[str, Any] = {name: value for name, value in sent.dict().items() if value or name == "caller"}
        known["tried"] = sent.getlist("tried")
        return cls(initial=known, look=sent.get("look", ""), user=user, now=now)

    # What follows from what is filled in

    def value(self, name: str) -> str:
        """What a field holds right now, sent or preset."""
        value = self.data.get(name, "") if self.is_bound else self.initial.get(name, self.fields[name].initial)
        return str(value or "")

    def key(self, name: str) -> int | None:
        """A chosen row's key."""
        value = self.value(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def _know_caller(self, chosen_now: bool) -> None:
        """One person with this number is the caller; whoever was chosen just now brings their hospital along."""
        if len(self.callers) == 1 and "caller" not in self.initial:
            self.initial["caller"] = self.callers[0].pk
        person = next((one for one in self.callers if one.pk == self.key("caller")), None)
        if person is None:
            return
        if chosen_now:
            for name in ("hospital", "contact_name", *FOLLOW["hospital"]):
                self.initial.pop(name, None)
        self.initial.setdefault("hospital", person.hospital_id)
        self.initial.setdefault("contact_name", person.name)

    def _only_choice(self, name: str) -> None:
        """Preset a field that leaves no choice."""
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        rows = list(field.queryset[:2]) if field.queryset is not None else []
        if len(rows) == 1:
            self.initial.setdefault(name, rows[0].pk)

    @cached_property
    def callers(self) -> list[User]:
        """People of hospitals with this number."""
        return list(callers(self.value("caller_phone"))[:MOST_CALLERS])

    @cached_property
    def hint(self) -> FaultClass | None:
        """The chosen fault class, with what the hotline does about it (A7)."""
        return FaultClass.objects.filter(pk=self.key("fault_class") or 0).first()

    @property
    def asks_for_part(self) -> bool:
        """Whether the script of the chosen class ends in a part."""
        return self.hint is not None and self.hint.asks_for_part

    @cached_property
    def known(self) -> list[Ticket]:
        """Open tickets of the hospital: the caller may mean one of them."""
        tickets = Ticket.objects.for_user(self.user).in_progress().filter(hospital=self.key("hospital") or 0)
        return list(tickets.select_related("device").order_by("-id")[:MOST_KNOWN])

    @property
    def priority_words(self) -> str:
        """What impact, urgency and class make of it."""
        impact, urgency = self.key("impact"), self.key("urgency")
        if impact not in Ticket.Impact.values or urgency not in Ticket.Urgency.values:
            return ""
        return str(PRIORITIES[priority(impact, urgency, self.hint)])

    @property
    def answer_by(self) -> datetime | None:
        """When the hospital is promised an answer."""
        hospital = Hospital.objects.filter(pk=self.key("hospital") or 0).first()
        if hospital is None:
            return None
        return deadlines.promise_preview(hospital, "", "response", self.now)

    # Filing

    def clean_started_at(self) -> datetime:
        at = not_after(self.cleaned_data["started_at"], self.now)
        if at < self.now - OLDEST_CALL:
            raise ValidationError(_("This call lies more than a week back; check the date."), code="old")
        return at

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        caller, device = data.get("caller"), data.get("device")
        if caller is not None and data.get("hospital") and caller.hospital_id != data["hospital"].pk:
            self.add_error("hospital", _("%(name)s belongs to another hospital.") % {"name": caller.name})
        if device is not None and data.get("site") and device.site_id != data["site"].pk:
            self.add_error("device", _("This device stands at another site."))
        if self.asks_for_part and data.get("needs_part") and not data.get("part") and "part" not in self.errors:
            self.add_error("part", _("Say which parts are needed."))
        return data

    @transaction.atomic
    def perform(self) -> Ticket:
        """File the ticket with what was tried, and ask for the part; a missed call is on record as one."""
        data = dict(self.cleaned_data)
        caller, missed, started_at = data.pop("caller"), data.pop("missed"), data.pop("started_at")
        tried, needs_part, part = data.pop("tried"), data.pop("needs_part"), data.pop("part")
        quantity = data.pop("quantity") or 1
        said = self.script.tried(tried) if self.script else ""
        data["description"] = "\n".join(text for text in (data["description"], said) if text)
        ticket = workflow.open_ticket(
            by=self.user,
            reporter=caller or self.user,
            channel=Ticket.Channel.PHONE,
            contact_name=data.pop("contact_name") or caller.name,
            contact_phone=data.pop("caller_phone"),
            notified_at=started_at,
            now=self.now,
            **data,
        )
        if missed:
            missing = _("The call was not answered in time.")
            workflow.log_call(
                ticket, by=self.user, started_at=started_at, seconds=0, summary=missing, answered=False,
                hang_up_reason=missing, now=self.now,
            )  # fmt: skip
        if needs_part and self.asks_for_part:
            once = Evidence(client_key=data["client_key"])
            wanted = [Wanted(part, quantity)]
            workflow.end_script(ticket, wanted, tried=tried, by=self.user, now=self.now, evidence=once)
        return ticket


def callers(number: str) -> QuerySet[User]:
    """Active people of hospitals whose number ends with these digits (at least four)."""
    digits = "".join(sign for sign in number if sign.isdigit())
    if len(digits) < ENOUGH_DIGITS:
        return User.objects.none()
    people = User.objects.filter(role__in=HOSPITAL_ROLES, is_active=True, phone__endswith=digits)
    return people.select_related("hospital", "department").order_by("name")
