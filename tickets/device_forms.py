"""What a person fills in before something happens to a device: one form per verb of `devices.lifecycle`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from devices import lifecycle
from devices.models import Device, DeviceModel, Project
from people.models import Hospital, Site, User
from tickets.console_forms.fields import DescribedField, joined


class DayField(forms.DateField):
    """A day, typed or picked."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _day() -> DayField:
    return DayField(label=_("On"), required=False, help_text=_("Empty: today."))


def _reason(*, required: bool = True) -> forms.CharField:
    return forms.CharField(label=_("Reason"), max_length=200, required=required)


def _version(**more: Any) -> forms.CharField:
    return forms.CharField(label=_("Software version"), max_length=40, **more)


class _Form(forms.Form):
    """`heading` is the dialog's, `submit` its button, `done` the answer."""

    heading: ClassVar[Any]
    submit: ClassVar[Any]
    done: ClassVar[Any]
    hint: ClassVar[Any] = ""

    def offer(self, name: str, rows: Any) -> None:
        """Fill the choices of a field."""
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows


def _mcus(hospital_id: int | None) -> Any:
    """What devices of the hospital can be connected to."""
    mcus = Device.objects.in_use().filter(hospital=hospital_id, model__kind=DeviceModel.Kind.MCU)
    return mcus.select_related("site").order_by("name", "pk")


def _connected() -> DescribedField:
    return DescribedField(
        describe=lambda device: joined(device.name, device.site.name, device.serial),
        label=_("Connected to"),
        required=False,
        empty_label=_("Nothing"),
    )


def _site() -> DescribedField:
    return DescribedField(describe=lambda site: joined(site.name), label=_("Site"))


class DeviceForm(_Form):
    """A step in the life of a device that stands in the register."""

    verb: ClassVar[str]
    icon: ClassVar[str]

    def __init__(
        self,
        data: QueryDict | Mapping[str, Any] | None = None,
        *,
        device: Device,
        user: User,
        now: datetime,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.device, self.user, self.now = device, user, now
        self.prepare()

    def prepare(self) -> None:
        """Fill choices and first values from the device."""

    def perform(self) -> Device:
        """Call the verb; what it refuses it raises. Returns the device to go on with."""
        raise NotImplementedError


class SwapForm(DeviceForm):
    verb, icon = "swap", "replace"
    heading, submit = _("Swap the device"), _("Swap")
    done = _("Swapped. The new device keeps place, connections and warranty.")
    hint = _("The new device takes over name, place, what is connected to it, and the day the warranty counts from.")

    serial = forms.CharField(label=_("Serial number of the new device"), max_length=60)
    model = forms.ModelChoiceField(queryset=DeviceModel.objects.none(), label=_("Model"), empty_label=None)
    software_version = _version(required=False)
    reason = _reason()
    on = _day()

    def prepare(self) -> None:
        self.offer("model", DeviceModel.objects.filter(kind=self.device.model.kind))
        self.initial.setdefault("model", self.device.model_id)

    def perform(self) -> Device:
        return lifecycle.swap(self.device, by=self.user, now=self.now, **self.cleaned_data)


class MoveForm(DeviceForm):
    verb, icon = "move", "move-right"
    heading, submit = _("Move the device"), _("Move")
    done = _("Moved.")

    site = _site()
    room = forms.CharField(label=_("Room"), max_length=80, required=False)
    parent = _connected()
    reason = _reason(required=False)
    on = _day()

    def prepare(self) -> None:
        device = self.device
        self.offer("site", Site.objects.filter(hospital=device.hospital_id))
        self.offer("parent", _mcus(device.hospital_id).exclude(pk=device.pk))
        for name, value in (("site", device.site_id), ("room", device.room), ("parent", device.parent_id)):
            self.initial.setdefault(name, value)

    def perform(self) -> Device:
        return lifecycle.move(self.device, by=self.user, now=self.now, **self.cleaned_data)


class UpgradeForm(DeviceForm):
    verb, icon = "upgrade", "circle-arrow-up"
    heading, submit = _("Record a software version"), _("Record")
    done = _("Recorded.")

    version = _version()
    reason = _reason(required=False)
    on = _day()

    def perform(self) -> Device:
        return lifecycle.upgrade(self.device, by=self.user, now=self.now, **self.cleaned_data)


class RetireForm(DeviceForm):
    verb, icon = "retire", "archive"
    heading, submit = _("Take the device out of use"), _("Take out of use")
    done = _("Out of use. Its history stays.")

    children_to = _connected()
    reason = _reason()
    on = _day()

    def prepare(self) -> None:
        if self.device.children.filter(state=self.device.state).exists():
            self.fields["children_to"].label = _("What is connected to it goes to")
            self.offer("children_to", _mcus(self.device.hospital_id).exclude(pk=self.device.pk))
        else:
            del self.fields["children_to"]

    def perform(self) -> Device:
        return lifecycle.retire(self.device, by=self.user, now=self.now, **self.cleaned_data)


class InstallForm(_Form):
    """A new device of one hospital."""

    heading, submit = _("Install a device"), _("Install")
    done = _("Installed. It stands in the register.")

    model = forms.ModelChoiceField(
        queryset=DeviceModel.objects.all(), label=_("Model"), empty_label=_("Choose a model")
    )
    serial = forms.CharField(label=_("Serial number"), max_length=60)
    name = forms.CharField(label=_("Device name"), max_length=60, help_text=_("As people call it: terminal TE-3."))
    site = _site()
    room = forms.CharField(label=_("Room"), max_length=80, required=False)
    parent = _connected()
    project = forms.ModelChoiceField(
        queryset=Project.objects.none(), label=_("Project"), required=False, empty_label=_("None")
    )
    software_version = _version(required=False)
    on = DayField(label=_("Installed on"), required=False, help_text=_("Empty: today."))
    accepted_on = DayField(
        label=_("Accepted on"), required=False, help_text=_("Empty: the day its project was accepted.")
    )

    def __init__(self, data: QueryDict | None = None, *, hospital: Hospital, user: User, now: datetime) -> None:
        super().__init__(data)
        self.hospital, self.user, self.now = hospital, user, now
        sites = Site.objects.filter(hospital=hospital)
        self.offer("site", sites)
        self.offer("parent", _mcus(hospital.pk))
        self.offer("project", Project.objects.filter(hospital=hospital))
        self.initial.setdefault("site", sites.first())

    def clean_accepted_on(self) -> date | None:
        day: date | None = self.cleaned_data["accepted_on"]
        if day is not None and day > self.now.date():
            raise forms.ValidationError(_("That day lies in the future."), code="future")
        return day

    def perform(self) -> Device:
        return lifecycle.install(by=self.user, now=self.now, **self.cleaned_data)


FORMS: tuple[type[DeviceForm], ...] = (SwapForm, MoveForm, UpgradeForm, RetireForm)
"""Every step that a device in use can take."""
