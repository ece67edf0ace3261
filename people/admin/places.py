"""Regions, bases, hospitals, sites and the travel table."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from audit.admin import Audited
from people import travel
from people.models import Department, Hospital, Region, ServiceBase, Site, Team, TravelFactor, TravelTime


@admin.register(Region)
class RegionAdmin(Audited):
    list_display = ("name", "code")
    search_fields = ("name", "code")


@admin.register(ServiceBase)
class ServiceBaseAdmin(Audited):
    list_display = ("name", "city", "region")
    list_filter = ("region",)
    list_select_related = ("region",)
    search_fields = ("name", "city")


@admin.register(Team)
class TeamAdmin(Audited):
    list_display = ("name", "tier", "region", "base")
    list_filter = ("tier", "region")
    list_select_related = ("region", "base")
    search_fields = ("name",)


class DepartmentInline(admin.TabularInline[Department, Hospital]):
    model = Department
    extra = 1


class SiteInline(admin.TabularInline[Site, Hospital]):
    """The hospital's sites at a glance; each is edited on its own page."""

    model = Site
    fields = ("name", "city", "address", "base")
    readonly_fields = fields
    show_change_link = True
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Hospital)
class HospitalAdmin(Audited):
    list_display = ("name", "city", "region", "is_active")
    list_filter = ("is_active", "region")
    list_select_related = ("region",)
    search_fields = ("name", "short_name", "city")
    inlines = (SiteInline, DepartmentInline)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A hospital's rows are kept as proof; it is switched off instead."""
        return False


class TravelTimeInline(admin.TabularInline[TravelTime, Site]):
    """Figures are added, never edited: a promise made from an old one must stay countable (A2)."""

    model = TravelTime
    autocomplete_fields = ("base",)
    formfield_overrides = {models.CharField: {"widget": forms.TextInput(attrs={"size": 16})}}
    extra = 1
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Site)
class SiteAdmin(Audited):
    list_display = ("name", "hospital", "city", "base")
    list_filter = ("hospital__region", "base")
    list_select_related = ("hospital", "base")
    search_fields = ("name", "hospital__name", "city", "address")
    autocomplete_fields = ("hospital", "base")
    inlines = (TravelTimeInline,)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A site without a figure gets a marked estimate, so that its promises can be counted (A2)."""
        super().save_related(request, form, formsets, change)
        travel.ensure(form.instance, timezone.now())


@admin.register(Department)
class DepartmentAdmin(Audited):
    list_display = ("name", "hospital")
    list_filter = ("hospital__region",)
    list_select_related = ("hospital",)
    search_fields = ("name", "hospital__name")
    autocomplete_fields = ("hospital",)


@admin.register(TravelFactor)
class TravelFactorAdmin(Audited):
    """Slow hours, for the expected arrival alone."""

    list_display = ("name", "weekdays", "starts_at", "ends_at", "factor")
