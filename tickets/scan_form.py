"""What somebody without an account says by a device's label."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from tickets.portal_forms import PhotosField

TEXT = 1000
PHOTOS = 3


class ScanPhotos(PhotosField):
    """Few: the door is open to everybody."""

    max_files = PHOTOS


class ScanForm(forms.Form):
    """Name, phone, words, photos. `key` makes a form that is sent twice one report."""

    name = forms.CharField(
        max_length=60,
        label=_("Your name"),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Say whom we should ask for.")},
    )
    phone = forms.CharField(
        max_length=20,
        label=_("Phone on which we call you back"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        validators=[RegexValidator(r"^(?=(?:[^0-9]*[0-9]){5})[0-9+() -]{5,20}$", _("Only digits, spaces, + and -."))],
        error_messages={"required": _("Without a number nobody can call you back.")},
    )
    text = forms.CharField(
        max_length=TEXT,
        label=_("What happens?"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say in a few words what happens.")},
    )
    photos = ScanPhotos(
        label=_("Photos"),
        required=False,
        widget=PhotosField.widget(attrs={"accept": "image/*"}),
        help_text=_("At most three. No patients, please, and nothing about them."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    too_many = False

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, initial={"key": uuid.uuid4()})
