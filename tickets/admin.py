"""Fault classes and tiles as set-up; tickets themselves are moved by verbs, never edited here."""

from __future__ import annotations

from django.contrib import admin

from audit.admin import Audited, ReadOnly
from tickets.models import FaultClass, FaultTile, Ticket, TicketEvent


@admin.register(FaultClass)
class FaultClassAdmin(Audited):
    list_display = ("name", "plain_name", "clause", "as_node_down", "is_active", "position")
    list_editable = ("position",)
    search_fields = ("name", "code")


@admin.register(FaultTile)
class FaultTileAdmin(Audited):
    list_display = ("label", "example", "fault_class", "is_active", "position")
    list_editable = ("position",)
    list_select_related = ("fault_class",)


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
