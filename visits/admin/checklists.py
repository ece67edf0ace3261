"""Lists of checks: written as drafts, published once, and never edited after that."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.admin import Audited
from people.access import person
from visits import checklists
from visits.models import Checklist


@admin.register(Checklist)
class ChecklistAdmin(Audited):
    list_display = ("name", "code", "version", "device_kind", "fault_class", "published_at")
    list_filter = ("device_kind",)
    search_fields = ("name", "code")
    actions = ("publish", "next_version")
    readonly_fields = ("version", "published_at", "published_by")

    def has_change_permission(self, request: HttpRequest, obj: Checklist | None = None) -> bool:
        """What is out stays as engineers were shown it."""
        return super().has_change_permission(request, obj) and (obj is None or obj.published_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Checklist | None = None) -> bool:
        return obj is not None and self.has_change_permission(request, obj)

    @admin.action(description=gettext_lazy("Publish: engineers get it from now on"))
    def publish(self, request: HttpRequest, chosen: QuerySet[Checklist]) -> None:
        for draft in chosen:
            try:
                checklists.publish(draft, by=person(request), now=timezone.now())
            except checklists.Refused as refused:
                self.message_user(request, f"{draft}: {refused}", messages.ERROR)
            else:
                self.message_user(request, _("%(list)s is published.") % {"list": draft})

    @admin.action(description=gettext_lazy("Begin the next version"))
    def next_version(self, request: HttpRequest, chosen: QuerySet[Checklist]) -> None:
        for checklist in chosen:
            draft = checklists.draft_of(checklist, by=person(request), now=timezone.now())
            self.message_user(request, _("%(list)s is a draft now.") % {"list": draft})
