"""What a hospital writes: a fault, words to a ticket, "it is not solved"."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.forms.boundfield import BoundWidget
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices.models import Device
from people.models import Site, User
from tickets.models import FaultTile, Kind, Ticket, TriageSetting
from tickets.script import already_tried

UNKNOWN = "unknown"
"""Value of the device field for "I don't know which one"."""

TEXT = 4000
TITLE_WORDS = 60
DEVICES = 7
"""Devices that are on the page at once."""
FIRST_STEPS = 3
"""First steps of a tile that are offered; more would not be read in a hurry."""


@dataclass(frozen=True, slots=True)
class Severity:
    """How bad it is in the hospital's words, and what that means for the priority."""

    code: str
    label: Any
    hint: Any
    impact: Ticket.Impact
    urgency: Ticket.Urgency


SEVERITIES: tuple[Severity, ...] = (
    Severity(
        "now",
        gettext_lazy("In a consultation, stopped"),
        gettext_lazy("Comes first; please also call us"),
        Ticket.Impact.SYSTEM,
        Ticket.Urgency.NOW,
    ),
    Severity(
        "today",
        gettext_lazy("Needed today"),
        gettext_lazy("This room or device can't be used"),
        Ticket.Impact.ROOM,
        Ticket.Urgency.TODAY,
    ),
    Severity(
        "later",
        gettext_lazy("Not urgent"),
        gettext_lazy("Still works, or there is another device"),
        Ticket.Impact.PART,
        Ticket.Urgency.LATER,
    ),
)


class PhotosInput(forms.FileInput):
    """File field that takes several at once; phones offer their camera."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """Several files. Only their number is judged here; content and size at the one door (attachments)."""

    widget = PhotosInput
    max_files = settings.ATTACHMENT_MAX_FILES
    max_bytes = settings.ATTACHMENT_MAX_BYTES

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [super(PhotosField, self).clean(item, initial) for item in data or ()]
        if len(files) > self.max_files:
            raise forms.ValidationError(_("At most %(count)d photos.") % {"count": self.max_files}, code="many")
        return files


class DeviceField(forms.ModelChoiceField):
    """One of the hospital's devices, or the explicit answer that nobody knows which (`None`)."""

    def clean(self, value: Any) -> Device | None:
        if value == UNKNOWN:
            return None
        device: Device | None = super().clean(value)
        return device


class SiteField(forms.ModelChoiceField):
    """One of the hospital's sites, which need not be told whose they are."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


def _photos() -> PhotosField:
    return PhotosField(label=gettext_lazy("Photos"), required=False)


class FaultForm(forms.Form):
    """A fault in three choices (device, what happens, how bad); all else may be left out.

    Devices and sites are those of the person's own hospital: any other id is a field error (T003).
    """

    device = DeviceField(
        queryset=Device.objects.none(),
        widget=forms.RadioSelect,
        label=gettext_lazy("Which device"),
        error_messages={
            "required": gettext_lazy("Choose the device, or “I don't know which”."),
            "invalid_choice": gettext_lazy("This device is not on your hospital's list. Choose another one."),
        },
    )
    site = SiteField(
        queryset=Site.objects.none(),
        required=False,
        empty_label=gettext_lazy("Choose the site"),
        label=gettext_lazy("Site"),
    )
    place = forms.CharField(max_length=120, required=False, label=gettext_lazy("Room"))
    tile = forms.ModelChoiceField(
        queryset=FaultTile.objects.none(),
        widget=forms.RadioSelect,
        label=gettext_lazy("What is wrong"),
        error_messages={
            "required": gettext_lazy("Choose the picture that fits best."),
            "invalid_choice": gettext_lazy("Choose one of the pictures."),
        },
    )
    severity = forms.ChoiceField(
        choices=[(item.code, item.label) for item in SEVERITIES],
        label=gettext_lazy("How bad is it"),
        error_messages={"required": gettext_lazy("Say how bad it is.")},
    )
    text = forms.CharField(
        max_length=TEXT,
        required=False,
        label=gettext_lazy("In your words"),
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "placeholder": gettext_lazy("Add a sentence (optional), e.g. “black since it was switched on”"),
            }
        ),
    )
    tried = forms.TypedMultipleChoiceField(
        choices=[(number, number) for number in range(FIRST_STEPS)],
        coerce=int,
        required=False,
        label=gettext_lazy("Already tried"),
    )
    photos = _photos()
    contact_name = forms.CharField(
        max_length=60,
        label=gettext_lazy("Whom to ask for"),
        error_messages={"required": gettext_lazy("Say whom we should ask for.")},
    )
    contact_phone = forms.CharField(
        max_length=20,
        required=False,
        label=gettext_lazy("Phone"),
        validators=[RegexValidator(r"^[0-9+() -]{3,20}$", gettext_lazy("Only digits, spaces, + and -."))],
    )
    client_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, devices: QuerySet[Device], sites: QuerySet[Site], **kwargs: Any) -> None:
        kwargs["initial"] = {
            "contact_name": user.name,
            "contact_phone": user.phone or "",
            "client_key": uuid.uuid4(),
            **(kwargs.get("initial") or {}),
        }
        super().__init__(*args, **kwargs)
        self._choices("device", devices)
        self._choices("site", sites)
        self._choices("tile", FaultTile.objects.filter(is_active=True).select_related("fault_class"))

    @property
    def severities(self) -> tuple[Severity, ...]:
        """For the template, which shows their hints too."""
        return SEVERITIES

    @property
    def device_options(self) -> tuple[list[BoundWidget], list[BoundWidget]]:
        """The devices as options: those on the page, and those behind a fold. One chosen already stands alone."""
        options = sorted(self["device"], key=lambda option: not option.data["selected"])
        shown = 1 if options and options[0].data["selected"] else DEVICES
        return options[:shown], options[shown:]

    def _choices(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows

    def clean(self) -> dict[str, Any]:
        """A known device says where it stands; otherwise the site is asked for where there are several."""
        data = super().clean() or {}
        sites = self.fields["site"].queryset  # type: ignore[attr-defined]
        if (device := data.get("device")) is not None:
            data["site"] = device.site
        elif data.get("site") is None and "site" not in self.errors:
            data["site"] = sites.first() if sites.count() == 1 else None
            if data["site"] is None:
                self.add_error("site", _("Say at which site it is."))
        return data

    def fault(self) -> dict[str, Any]:
        """What `workflow.open_ticket` asks for, of a valid form."""
        data = self.cleaned_data
        severity = next(item for item in SEVERITIES if item.code == data["severity"])
        return {
            "kind": Kind.FAULT,
            "channel": Ticket.Channel.PORTAL,
            "title": self._title(),
            "description": self._description(),
            "impact": severity.impact,
            "urgency": severity.urgency,
            "files": data["photos"],
            **{name: data[name] for name in ("device", "site", "tile", "place", "client_key")},
            **{name: data[name] for name in ("contact_name", "contact_phone")},
        }

    def _title(self) -> str:
        """The tile's words and the beginning of the person's own."""
        tile, text = self.cleaned_data["tile"], self.cleaned_data["text"]
        first = Truncator(text.partition("\n")[0].strip()).chars(TITLE_WORDS)
        return _("%(fault)s: %(words)s") % {"fault": tile.label, "words": first} if first else str(tile.label)

    def _description(self) -> str:
        """The person's own words, and which first steps they have tried already."""
        steps = self.cleaned_data["tile"].first_steps
        said = already_tried(steps[number]["do"] for number in self.cleaned_data["tried"] if number < len(steps))
        return "\n".join(part for part in (self.cleaned_data["text"], said) if part)


class WordsForm(forms.Form):
    """Something to add to a ticket: words, photos or both."""

    text = forms.CharField(
        max_length=TEXT,
        required=False,
        label=gettext_lazy("What do you want to add?"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    photos = _photos()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("text") and "text" not in self.errors:
            if data.get("photos"):
                data["text"] = _("See the photo.")
            else:
                self.add_error("text", _("Write something or add a photo."))
        return data


class ReopenForm(forms.Form):
    """ "It is not solved." No reason has to be given."""

    reason = forms.CharField(
        max_length=TEXT,
        required=False,
        label=gettext_lazy("What is still wrong?"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AcceptQuoteForm(forms.Form):
    """The hospital accepts a quote: one deliberate tick more than a button."""

    agreed = forms.BooleanField(
        label=gettext_lazy("I may order this for our hospital, and the hospital pays the total."),
        error_messages={"required": gettext_lazy("Tick that you may order this for your hospital.")},
    )


class DeclineQuoteForm(forms.Form):
    """The hospital declines a quote; no reason has to be given."""

    reason = forms.CharField(
        max_length=200,
        required=False,
        label=gettext_lazy("Why not?"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SolvedHereForm(forms.Form):
    """The hospital's technician solved it."""

    text = forms.CharField(
        max_length=TEXT,
        label=gettext_lazy("What helped?"),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Say what helped; your colleague reads this.")},
    )


class PassOnForm(forms.Form):
    """Send it to the company. No reason has to be given."""

    reason = forms.CharField(
        max_length=TEXT,
        required=False,
        label=gettext_lazy("What was tried?"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class TriageForm(forms.ModelForm[TriageSetting]):
    """Whether and how the technician goes first."""

    class Meta:
        model = TriageSetting
        fields = ("is_on", "keeps_urgent", "remind_after", "pass_on_after")
