"""The trail, to read only; and the admin that leaves a line in it for every change of a set-up row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import ForeignKey
from django.forms import JSONField, ModelForm
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest
from django.utils import timezone

from audit import trail
from audit.models import Entry
from common.network import client_address


class ReadOnly(admin.ModelAdmin[Any]):
    """Rows that nobody edits by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class KeySelect(AutocompleteSelect):
    """A searched choice that shows nothing for what is no key; Django's own fails over it (T104)."""

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        keys = [one for one in value if one.isascii() and one.isdigit() and len(one) <= 18]
        return super().optgroups(name, keys, attrs)


class JsonField(JSONField):
    """Calls a figure that is too long to be read a mistake; Django's own fails over it (T104)."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except ValueError:
            return InvalidJSONInput(data)


class Audited(admin.ModelAdmin[Any]):
    """Set-up rows: who changed which fields stands in the trail, in the same transaction as the change."""

    formfield_overrides: ClassVar[dict[Any, Any]] = {models.JSONField: {"form_class": JsonField}}

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KeySelect(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def note(self, request: HttpRequest, act: str, subject: Any, **detail: Any) -> None:
        """One line of the trail: `act` of the signed-in administrator on `subject`."""
        by = request.user if isinstance(request.user, AbstractBaseUser) else None
        address = client_address(request) or None
        trail.note(act, subject, by=by, now=timezone.now(), address=address, **detail)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        super().save_model(request, obj, form, change)
        act = f"{obj._meta.label_lower}.{'changed' if change else 'added'}"
        self.note(request, act, obj, id=obj.pk, fields=form.changed_data)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        label = formset.model._meta.label_lower
        for row in formset.new_objects:
            self.note(request, f"{label}.added", row, id=row.pk)
        for row, fields in formset.changed_objects:
            self.note(request, f"{label}.changed", row, id=row.pk, fields=fields)
        for row in formset.deleted_objects:
            self.note(request, f"{label}.deleted", row)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.note(request, f"{obj._meta.label_lower}.deleted", obj, id=obj.pk)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            self.note(request, f"{row._meta.label_lower}.deleted", row, id=row.pk)
        super().delete_queryset(request, queryset)


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    list_display = ("at", "actor", "act", "subject", "address")
    list_filter = ("act", "at")
    list_select_related = ("actor",)
    search_fields = ("subject", "act", "actor__name")
    date_hierarchy = "at"
    show_full_result_count = False
