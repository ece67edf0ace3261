"""Everybody's API tokens, for the administrator: one for a hospital's program, and the end of any."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.admin import Audited
from common.network import client_address
from people import tokens
from people.forms import TOKEN_DAYS
from people.models import ApiToken, User


class ApiTokenForm(forms.ModelForm[ApiToken]):
    """A token in somebody's name: it may what they may."""

    days = forms.TypedChoiceField(choices=TOKEN_DAYS, coerce=int, label=gettext_lazy("Valid for"))

    class Meta:
        model = ApiToken
        fields = ("user", "name", "scope")

    def clean_user(self) -> User:
        person: User = self.cleaned_data["user"]
        if not person.is_active:
            raise forms.ValidationError(_("This account is switched off."))
        return person


@admin.register(ApiToken)
class ApiTokenAdmin(Audited):
    form = ApiTokenForm
    list_display = ("name", "user", "scope", "token_key", "created", "expiry", "last_used_at")
    list_filter = ("scope",)
    list_select_related = ("user",)
    search_fields = ("name", "user__name", "token_key")
    autocomplete_fields = ("user",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Revoke it and make another."""
        return False

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("user", "name", "scope", "days")
        return ("user", "name", "scope", "token_key", "created", "expiry", "last_used_at")

    def save_model(self, request: HttpRequest, obj: ApiToken, form: ModelForm[ApiToken], change: bool) -> None:
        made, text = tokens.make(
            obj.user, name=obj.name, scope=obj.scope, days=form.cleaned_data["days"], **self._who(request)
        )
        obj.pk = made.pk
        messages.warning(request, _("The token, shown this once: %(token)s") % {"token": text})

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        tokens.revoke(obj, **self._who(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for token in queryset.select_related("user"):
            self.delete_model(request, token)

    def _who(self, request: HttpRequest) -> dict[str, Any]:
        return {"by": request.user, "now": timezone.now(), "address": client_address(request) or None}
