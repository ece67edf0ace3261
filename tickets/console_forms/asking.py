"""Asking for parts: those that fit come first, the depot is in sight, the hotline's script stands beside (A7, A11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices.models import Device
from spares import requests
from spares import wording as depot_words
from spares.models import Part, PartRequest, RequestLine
from spares.requests import Wanted
from tickets import script, workflow
from tickets.console_forms.base import VerbForm
from tickets.console_forms.fields import joined
from tickets.models import FaultClass
from tickets.parts_card import Weighed
from tickets.script import Script

LINES = 3
MOST_OTHERS = 200
"""Parts that fit other models and are offered too; any other is asked for by its number."""
Groups = list[tuple[str, list[Part]]]


class PartField(forms.ModelChoiceField):
    """A part; those that fit the device come first, under their own heading."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Part.objects.filter(is_active=True), **kwargs)

    def offer(self, groups: Iterable[tuple[str, list[Part]]]) -> None:
        self.choices = [
            ("", "—"),
            *((name, [(part.pk, str(part)) for part in parts]) for name, parts in groups if parts),
        ]


def offered(device: Device | None, scripted: list[Part]) -> Groups:
    """What may be asked for, in groups: what the script replaces, what fits the device, the others."""
    parts = Part.objects.filter(is_active=True).exclude(pk__in=[part.pk for part in scripted])
    first = (_("What the script replaces"), scripted)
    if device is None:
        return [first, (_("Other parts") if scripted else _("Parts"), list(parts[:MOST_OTHERS]))]
    fitting = list(parts.filter(fits=device.model_id))
    others = parts.exclude(pk__in=[part.pk for part in fitting])[:MOST_OTHERS]
    return [first, (_("Fits %(model)s") % {"model": device.model}, fitting), (_("Other parts"), list(others))]


class ScriptForm(forms.Form):
    """The steps of a script, ticked off on the phone, and the part that it ends in."""

    tried = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Tried, and it did not help"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    part = PartField(label=gettext_lazy("Part"), required=False)
    quantity = forms.IntegerField(label=gettext_lazy("Pieces"), min_value=1, max_value=99, initial=1)

    script: Script | None = None

    def show_script(self, followed: Script | None) -> None:
        """Offer the steps; without any there is nothing to tick off."""
        self.script = followed
        field = self.fields["tried"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        steps = followed.steps if followed else ()
        field.choices = [(place, joined(step["do"], step.get("how"))) for place, step in enumerate(steps, start=1)]

    def offer_parts(self, fault_class: FaultClass | None, device: Device | None, asked: Collection[int] = ()) -> Groups:
        """Offer the parts; the only one that the script replaces in this device is chosen, unless it is `asked` for."""
        scripted = script.parts(fault_class, device)
        if device is not None and len(scripted) == 1 and scripted[0].pk not in asked:
            self.initial.setdefault("part", scripted[0].pk)
        groups = offered(device, scripted)
        field = self.fields["part"]
        assert isinstance(field, PartField)
        field.offer(groups)
        return groups


class AskPartForm(ScriptForm, VerbForm):
    verb = "ask_part"
    heading, submit = gettext_lazy("Ask for parts"), gettext_lazy("Ask for them")
    done = gettext_lazy("Asked for. 24 hours to ship and two working days to the site run.")
    shows_depots: ClassVar[bool] = True

    part_2 = PartField(label=gettext_lazy("Second part"), required=False)
    quantity_2 = forms.IntegerField(label=gettext_lazy("Pieces"), min_value=1, max_value=99, initial=1, required=False)
    part_3 = PartField(label=gettext_lazy("Third part"), required=False)
    quantity_3 = forms.IntegerField(label=gettext_lazy("Pieces"), min_value=1, max_value=99, initial=1, required=False)
    code = forms.CharField(
        label=gettext_lazy("Number of a part that is not in the list"), max_length=40, required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("What for"), max_length=200, required=False, help_text=gettext_lazy("The depot reads this.")
    )

    def prepare(self) -> None:
        fault_class = self.ticket.fault_class
        ends_here = fault_class is not None and fault_class.asks_for_part
        self.show_script(script.of(fault_class, self.now) if ends_here else None)
        if not (self.script and self.script.steps):
            del self.fields["tried"]
        lines = RequestLine.objects.filter(request__ticket_link__ticket=self.ticket)
        asked = lines.exclude(request__state=PartRequest.State.CANCELLED).values_list("part", flat=True)
        groups = self.offer_parts(fault_class, self.ticket.device, asked)
        for name in self.names("part")[1:]:
            field = self.fields[name]
            assert isinstance(field, PartField)
            field.offer(groups)
        if not self.is_bound:
            self.depots = self._preview(self._wanted_of(self.initial))

    @staticmethod
    def names(field: str) -> tuple[str, ...]:
        """The fields of the lines: part, part_2, part_3."""
        return (field, *(f"{field}_{number}" for number in range(2, LINES + 1)))

    def _wanted_of(self, values: Mapping[str, Any]) -> list[Wanted]:
        """What the address asks to look at: whatever is no part or no number is left out."""
        wanted = []
        for part, quantity in zip(self.names("part"), self.names("quantity"), strict=True):
            try:
                found = self.fields[part].clean(values.get(part))
                pieces = self.fields[quantity].clean(values.get(quantity) or 1)
            except forms.ValidationError:
                continue
            if found is not None:
                wanted.append(Wanted(found, pieces))
        return wanted

    def _preview(self, wanted: list[Wanted]) -> list[Weighed]:
        """What each depot would make of it, in words."""
        if not wanted:
            return []
        row = self.ticket
        seen = requests.preview(
            wanted, hospital=row.hospital, site=row.site, timeline=row.timeline, device=row.device, now=self.now
        )
        codes = {one.part.pk: one.part.code for one in wanted}
        return [
            Weighed(one.name, depot_words.option(one, codes, self.now), False, one.makes_it) for one in seen.options
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        pairs = zip(self.names("part"), self.names("quantity"), strict=True)
        wanted = [Wanted(data[part], data.get(quantity) or 1) for part, quantity in pairs if data.get(part)]
        if code := data.get("code", "").strip():
            part = Part.objects.filter(code__iexact=code, is_active=True).first()
            if part is None:
                self.add_error("code", _("There is no part with this number."))
            else:
                wanted.append(Wanted(part))
        if not wanted and not self.errors:
            self.add_error("part", _("Say which parts are needed."))
        self.depots = self._preview(wanted)
        return {**data, "wanted": wanted}

    def perform(self) -> None:
        data = self.cleaned_data
        workflow.end_script(
            self.ticket, data["wanted"], tried=data.get("tried", ()), reason=data["reason"], by=self.user, now=self.now
        )
