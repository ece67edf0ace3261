"""The duty roster's rows; its calendar is the page /desk/roster/."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.admin import Audited
from people.models import HOSPITAL_ROLES, DutyOverride, Role, Rotation, RotationMember, User

DUTY_ROLES = [(role.value, role.label) for role in Role if role not in HOSPITAL_ROLES]


class DutyForm(forms.ModelForm[Any]):
    """Only company people and their roles are on duty."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=DUTY_ROLES)

    def clean_user(self) -> User | None:
        user: User | None = self.cleaned_data["user"]
        if user is not None and (user.is_hospital or not user.is_active):
            raise forms.ValidationError(_("Choose an active person of the company."))
        return user


class TurnForm(forms.ModelForm[RotationMember]):
    clean_user = DutyForm.clean_user


class TurnInline(admin.TabularInline[RotationMember, Rotation]):
    model = RotationMember
    form = TurnForm
    autocomplete_fields = ("user",)
    extra = 1


@admin.register(Rotation)
class RotationAdmin(Audited):
    form = DutyForm
    list_display = ("name", "role", "region", "hours", "turn_days", "people")
    list_filter = ("role", "region")
    list_select_related = ("region",)
    search_fields = ("name", "turns__user__name")
    inlines = (TurnInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rotation]:
        turns = RotationMember.objects.select_related("user")
        return super().get_queryset(request).prefetch_related(Prefetch("turns", queryset=turns))

    @admin.display(description=gettext_lazy("hours"))
    def hours(self, rotation: Rotation) -> str:
        if rotation.starts_at == rotation.ends_at:
            return _("round the clock")
        return f"{rotation.starts_at:%H:%M}–{rotation.ends_at:%H:%M}"

    @admin.display(description=gettext_lazy("people"))
    def people(self, rotation: Rotation) -> str:
        return " → ".join(turn.user.name for turn in rotation.turns.all())


@admin.register(DutyOverride)
class DutyOverrideAdmin(Audited):
    form = DutyForm
    list_display = ("role", "region", "user", "starts_at", "ends_at", "reason")
    list_filter = ("role", "region")
    list_select_related = ("region", "user")
    search_fields = ("user__name", "reason")
    autocomplete_fields = ("user",)
    date_hierarchy = "starts_at"
