"""Set-up of parts, depots and carriers' lead times without a programmer. Stock is no set-up: it has its ledger."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.admin import Audited
from people.models import Role, User
from spares.models import Depot, Lane, Part


class Kept(Audited):
    """What the ledger names is put out of use, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Part)
class PartAdmin(Kept):
    list_display = ("code", "name", "maker", "is_serialised", "is_key", "price", "is_active")
    list_filter = ("is_active", "is_serialised", "is_key", "maker")
    search_fields = ("code", "name", "maker")
    filter_horizontal = ("fits",)

    def get_readonly_fields(self, request: HttpRequest, obj: Part | None = None) -> tuple[str, ...]:
        """How it is counted cannot change once it lies somewhere."""
        return ("is_serialised",) if obj is not None and obj.items.exists() else ()


class LaneInline(admin.TabularInline):
    model = Lane
    extra = 1


@admin.register(Depot)
class DepotAdmin(Kept):
    list_display = ("name", "city", "cut_off", "phone", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "city", "code")
    filter_horizontal = ("clerks",)
    inlines = (LaneInline,)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Clerks are people of the depot."""
        if db_field.name == "clerks":
            people: QuerySet[User] = User.objects.filter(role=Role.DEPOT, is_active=True)
            kwargs["queryset"] = people.order_by("name")
        return super().formfield_for_manytomany(db_field, request, **kwargs)
