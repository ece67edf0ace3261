"""What a person fills in before something happens to a contract or a duty: one form per verb."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from devices.models import Device, DeviceModel, Project
from people.models import User
from warranty import duties, entitlements
from warranty.models import Contract, DutyEntry
from warranty.outlook import left_words
from warranty.refusal import WouldBill
from warranty.wording import CAUSES

Data = QueryDict | Mapping[str, Any] | None
Files = MultiValueDict[str, UploadedFile] | None


class DayField(forms.DateField):
    """A day, typed or picked."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DutyForm(forms.Form):
    """A step of a duty. `heading` is the dialog's, `submit` its button, `said` the answer."""

    verb: ClassVar[str]
    heading: ClassVar[Any]
    submit: ClassVar[Any]
    said: ClassVar[Any]
    hint: Any = ""

    def __init__(
        self, data: Data = None, files: Files = None, *, user: User, now: datetime, today: date, **kwargs: Any
    ) -> None:
        super().__init__(data, files, **kwargs)
        self.user, self.now, self.today = user, now, today

    def perform(self) -> DutyEntry:
        """Call the verb; what it refuses it raises."""
        raise NotImplementedError


class PlanForm(DutyForm):
    """One more of what the contract demands; `agreed` is asked only when it would cost the hospital something."""

    verb = "plan"
    heading, submit = gettext_lazy("Plan a duty"), gettext_lazy("Plan it")
    said = gettext_lazy("Planned, and taken from the quota of its contract year.")

    kind = forms.ChoiceField(label=gettext_lazy("What"))
    on = DayField(label=gettext_lazy("Planned for"))
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For example what has been agreed on with the hospital. The hospital may read it."),
    )
    agreed = forms.BooleanField(
        label=gettext_lazy("The hospital knows that this one is billable"), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        owed = contract.entitlements.filter(is_owed=True).order_by("kind")
        day = min(max(self.today, contract.starts_on), contract.ends_on)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.kind, capfirst(one.get_kind_display())) for one in owed]
        self.hint = left_words(
            entitlements.left_from(one, contract, one.years.all(), day) for one in owed.prefetch_related("years")
        )

    def perform(self) -> DutyEntry:
        said = self.cleaned_data
        try:
            return duties.plan(
                self.contract,
                said["kind"],
                on=said["on"],
                note=said["note"],
                may_bill=said["agreed"],
                by=self.user,
                now=self.now,
            )
        except WouldBill:
            self.fields["agreed"].widget = forms.CheckboxInput()
            raise


class _EntryForm(DutyForm):
    def __init__(self, *args: Any, entry: DutyEntry, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entry = entry


class DoneForm(_EntryForm):
    verb = "done"
    heading, submit = gettext_lazy("Record it as done"), gettext_lazy("Record")
    said = gettext_lazy("On record as done, with its proof.")
    hint = gettext_lazy("The proof stays with it, and the hospital can read it.")

    on = DayField(label=gettext_lazy("Done on"))
    proof = forms.FileField(
        label=gettext_lazy("Proof"), help_text=gettext_lazy("The signed sheet or report: PDF, photo or plain text.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("on", self.today)

    def perform(self) -> DutyEntry:
        said = self.cleaned_data
        return duties.done(self.entry, on=said["on"], proof=said["proof"], by=self.user, today=self.today, now=self.now)


class DropForm(_EntryForm):
    verb = "drop"
    heading, submit = gettext_lazy("It will not take place"), gettext_lazy("Drop it")
    said = gettext_lazy("Dropped; what it took from the quota is given back.")
    hint = gettext_lazy("It goes back to what is still owed. To move it, drop it and plan it anew.")

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def perform(self) -> DutyEntry:
        return duties.drop(self.entry, reason=self.cleaned_data["reason"], by=self.user, now=self.now)


class ChangeForm(forms.ModelForm[Contract]):
    """What may change of a contract in force (`contracts.CHANGEABLE`)."""

    device_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of device"),
        choices=DeviceModel.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: all kinds."),
    )
    excluded_causes = forms.MultipleChoiceField(
        label=gettext_lazy("Not for these causes"),
        choices=CAUSES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Contract
        fields = ("name", "ends_on", "policy", "scope", "project", "device_kinds", "excluded_causes")
        field_classes: ClassVar = {"ends_on": DayField}
        labels: ClassVar = {
            "name": pgettext_lazy("contract", "Name"),
            "ends_on": gettext_lazy("Last day"),
            "policy": gettext_lazy("Policy of its clocks"),
            "scope": gettext_lazy("Covers"),
            "project": gettext_lazy("Project"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contract = self.instance
        project = self.fields["project"]
        assert isinstance(project, forms.ModelChoiceField)
        project.queryset = Project.objects.filter(hospital=contract.hospital_id)
        if contract.scope != Contract.Scope.LISTED and not Device.objects.filter(contracts=contract).exists():
            # A list that nobody has made would cover nothing; the set-up makes one.
            scope = self.fields["scope"]
            assert isinstance(scope, forms.ChoiceField)
            scope.choices = [one for one in Contract.Scope.choices if one[0] != Contract.Scope.LISTED]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("scope") != Contract.Scope.PROJECT:
            found["project"] = None
        elif found.get("project") is None and "project" not in self.errors:
            self.add_error("project", _("Choose the project."))
        if not self.errors and not self.values():
            self.add_error(None, _("Nothing differs from what stands."))
        return found

    def _post_clean(self) -> None:
        """The verb itself checks the row, on its own copy."""

    def values(self) -> dict[str, Any]:
        """What is to be changed, as `contracts.change` takes it."""
        return {name: self.cleaned_data[name] for name in self.cleaned_data if self._differs(name)}

    def fingerprint(self) -> str:
        """Names the change that somebody looked at: of which version, to what."""
        told = sorted((name, str(value)) for name, value in self.values().items())
        return hashlib.sha256(repr((self.instance.version, told)).encode()).hexdigest()[:20]

    def _differs(self, name: str) -> bool:
        before, after = getattr(self.instance, name), self.cleaned_data[name]
        return sorted(before) != sorted(after) if isinstance(before, list) else bool(before != after)
