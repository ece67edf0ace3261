"""A person's wishes: which mails, and whether in bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.models import Preference

if TYPE_CHECKING:
    Base = forms.ModelForm[Preference]
else:
    Base = forms.ModelForm


class WishForm(Base):
    class Meta:
        model = Preference
        fields = ("is_on", "bundle")
        labels = {
            "is_on": _("Send me mails"),
            "bundle": _("Put what is not urgent into one mail"),
        }
        help_texts = {
            "is_on": _("Urgent matters are always mailed. Everything is in your inbox here, whatever you choose."),
            "bundle": _("Waits up to two minutes. Urgent matters never wait."),
        }
