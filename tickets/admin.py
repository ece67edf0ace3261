"""Fault classes and tiles as set-up; tickets themselves are moved by verbs, never edited here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from audit.admin import Audited, ReadOnly
from people.access import person
from tickets.models import FaultClass, FaultTile, Procedure, Ticket, TicketEvent, Training, TriageSetting


@admin.register(FaultClass)
class FaultClassAdmin(Audited):
    list_display = ("name", "plain_name", "clause", "as_node_down", "asks_for_part", "is_active", "position")
    list_editable = ("position",)
    search_fields = ("name", "code")
    filter_horizontal = ("parts",)


@admin.register(FaultTile)
class FaultTileAdmin(Audited):
    list_display = ("label", "example", "fault_class", "is_active", "position")
    list_editable = ("position",)
    list_select_related = ("fault_class",)


@admin.register(Procedure)
class ProcedureAdmin(Audited):
    """A version is what technicians were shown: saving a changed one makes the next."""

    list_display = ("fault_class", "version", "valid_from")
    list_filter = ("fault_class",)
    list_select_related = ("fault_class",)
    readonly_fields = ("version",)

    def save_model(self, request: HttpRequest, obj: Procedure, form: ModelForm[Any], change: bool) -> None:
        newest = Procedure.objects.filter(fault_class=obj.fault_class_id).order_by("-version").first()
        if newest is not None and (not change or form.changed_data):
            obj.pk, obj._state.adding = None, True
            obj.version = newest.version + 1
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(TriageSetting)
class TriageSettingAdmin(Audited):
    list_display = ("hospital", "is_on", "keeps_urgent", "remind_after", "pass_on_after")
    list_select_related = ("hospital",)
    autocomplete_fields = ("hospital",)
    exclude = ("changed_by", "changed_at")


@admin.register(Training)
class TrainingAdmin(Audited):
    list_display = ("topic", "hospital", "who", "held_on", "trainer")
    list_filter = ("topic",)
    list_select_related = ("hospital", "person")
    autocomplete_fields = ("hospital", "person")
    exclude = ("proof", "recorded_by", "recorded_at")

    def save_model(self, request: HttpRequest, obj: Training, form: ModelForm[Any], change: bool) -> None:
        if not change:
            obj.recorded_by, obj.recorded_at = person(request), timezone.now()
        super().save_model(request, obj, form, change)


class EventInline(admin.TabularInline[TicketEvent, Ticket]):
    model = TicketEvent
    fields = ("at", "kind", "by", "is_public", "body")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        return False


@admin.register(Ticket)
class TicketAdmin(ReadOnly):
    list_display = ("number", "title", "hospital", "status", "priority", "owner", "assignee", "created_at")
    list_filter = ("status", "kind", "priority")
    list_select_related = ("hospital", "owner", "assignee")
    search_fields = ("number", "title")
    inlines = (EventInline,)
    show_full_result_count = False
