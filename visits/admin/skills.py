"""Who can be sent for what."""

from __future__ import annotations

from django.contrib import admin

from audit.admin import Audited
from visits.models import Skill


@admin.register(Skill)
class SkillAdmin(Audited):
    list_display = ("engineer", "device_kind", "grade")
    list_filter = ("device_kind", "grade")
    list_select_related = ("engineer",)
    search_fields = ("engineer__name",)
    autocomplete_fields = ("engineer",)
