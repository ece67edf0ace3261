"""Forms of the account pages and of the roster."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from people.models import HOSPITAL_ROLES, ApiToken, DutyOverride, Role, User
from people.validators import login_name, plain_phone


class SignInForm(AuthenticationForm):
    """E-mail or phone and password; one sentence for every way to be wrong (safety T067)."""

    username = forms.CharField(
        label=_("E-mail or phone"),
        max_length=254,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )
    error_messages = {
        "invalid_login": _("This e-mail or phone and this password do not belong together."),
        "inactive": _("This e-mail or phone and this password do not belong together."),
    }

    def clean_username(self) -> str:
        return login_name(self.cleaned_data["username"])


class ForgotForm(forms.Form):
    """Whoever asks gets the same answer."""

    login = forms.CharField(
        label=_("E-mail or phone"),
        max_length=254,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )


class CurrentPassword(forms.Form):
    """Asks for the current password; wrong ones count like wrong ones at the sign-in (safety T066, T072)."""

    current_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    request: HttpRequest
    person: User

    def clean_current_password(self) -> str:
        value: str = self.cleaned_data["current_password"]
        name = self.person.email or self.person.phone
        if authenticate(self.request, username=name, password=value) != self.person:
            raise ValidationError(_("This is not your current password."))
        return value


class PasswordForm(CurrentPassword, SetPasswordForm):
    """A new password, against the current one."""

    field_order = ("current_password", "new_password1", "new_password2")

    def __init__(self, person: User, request: HttpRequest, data: Any = None) -> None:
        self.person, self.request = person, request
        super().__init__(person, data)


class ProfileForm(forms.ModelForm[User]):
    """What a person may change without further ado."""

    class Meta:
        model = User
        fields = ("name", "language")


class ContactForm(CurrentPassword, forms.ModelForm[User]):
    """What a person signs in with."""

    field_order = ("email", "phone", "current_password")

    class Meta:
        model = User
        fields = ("email", "phone")
        error_messages = {
            "email": {"unique": _("This address cannot be used.")},
            "phone": {"unique": _("This number cannot be used.")},
        }

    def __init__(self, person: User, request: HttpRequest, data: Any = None) -> None:
        self.person, self.request = person, request
        super().__init__(data, instance=User.objects.get(pk=person.pk))

    def clean_email(self) -> str | None:
        return (self.cleaned_data["email"] or "").lower() or None

    def clean_phone(self) -> str | None:
        return plain_phone(self.cleaned_data["phone"] or "") or None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not (cleaned.get("email") or cleaned.get("phone") or self.errors):
            raise ValidationError(_("Keep an e-mail address or a phone number: you sign in with it."))
        return cleaned


TOKEN_DAYS = [(30, _("30 days")), (90, _("90 days")), (365, _("1 year"))]


class TokenForm(CurrentPassword):
    """A key for a program that acts as oneself."""

    name = forms.CharField(
        label=_("Which program uses it?"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    scope = forms.ChoiceField(choices=ApiToken.Scope.choices, label=_("It may"), initial=ApiToken.Scope.READ)
    days = forms.TypedChoiceField(choices=TOKEN_DAYS, coerce=int, label=_("Valid for"), initial=90)

    field_order = ("name", "scope", "days", "current_password")

    def __init__(self, person: User, request: HttpRequest, data: Any = None) -> None:
        self.person, self.request = person, request
        super().__init__(data)

    def wanted(self) -> dict[str, Any]:
        """What `people.tokens.make` asks for."""
        return {name: self.cleaned_data[name] for name in ("name", "scope", "days")}


class OverrideForm(forms.ModelForm[DutyOverride]):
    """Somebody else is on duty for some hours, or nobody."""

    class Meta:
        model = DutyOverride
        fields = ("role", "region", "user", "starts_at", "ends_at", "reason")
        widgets = {
            "starts_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            "ends_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }

    def __init__(self, now: datetime, data: Any = None) -> None:
        self.now = now
        super().__init__(data)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role.value, role.label) for role in Role if role not in HOSPITAL_ROLES
        ]
        people = self.fields["user"]
        people.queryset = User.objects.filter(is_active=True, hospital=None)  # type: ignore[attr-defined]
        people.empty_label = _("Nobody (closed)")  # type: ignore[attr-defined]
        self.fields["region"].empty_label = _("Every region")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("starts_at"), cleaned.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", _("The end lies before the beginning."))
        elif end and end <= self.now:
            self.add_error("ends_at", _("These hours are over already."))
        return cleaned
