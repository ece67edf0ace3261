"""Set-up of promises, calendars and ladders without a programmer; what the engine wrote is read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.admin import Audited, ReadOnly
from people.access import person
from sla import deadlines
from sla.models import (
    Calendar,
    CalendarVersion,
    Commitment,
    Deadline,
    EngineEvent,
    EscalationStep,
    Fact,
    Ladder,
    NationalDay,
    NationalYear,
    Page,
    PauseReason,
    Policy,
    PolicyAssignment,
    Timeline,
)


class VersionInline(admin.TabularInline):
    model = CalendarVersion
    fields = ("number", "active_from", "activated_by")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Calendar)
class CalendarAdmin(Audited):
    list_display = ("name", "code", "timezone", "follows_national")
    inlines = (VersionInline,)
    actions = ("activate",)

    @admin.action(description=gettext_lazy("Activate: running clocks follow what the calendar says now"))
    def activate(self, request: HttpRequest, chosen: QuerySet[Calendar]) -> None:
        for calendar in chosen:
            try:
                moved = deadlines.activate_calendar(calendar, by=person(request), now=timezone.now())
            except (ValueError, KeyError, TypeError) as error:
                text = _("%(calendar)s was not activated: %(error)s")
                self.message_user(request, text % {"calendar": calendar, "error": error}, messages.ERROR)
                continue
            text = ngettext(
                "%(calendar)s is active; %(count)s running matter follows it.",
                "%(calendar)s is active; %(count)s running matters follow it.",
                moved,
            )
            self.message_user(request, text % {"calendar": calendar, "count": moved})


class NationalDayInline(admin.TabularInline):
    model = NationalDay
    extra = 1


@admin.register(NationalYear)
class NationalYearAdmin(Audited):
    list_display = ("year", "is_published", "source")
    inlines = (NationalDayInline,)


class StepInline(admin.TabularInline):
    model = EscalationStep
    extra = 1


@admin.register(Ladder)
class LadderAdmin(Audited):
    list_display = ("name", "ack_minutes", "critical")
    list_select_related = ("critical",)
    inlines = (StepInline,)


@admin.register(PauseReason)
class PauseReasonAdmin(Audited):
    list_display = ("name", "code", "is_active")


@admin.register(Policy)
class PolicyAdmin(Audited):
    list_display = ("name", "code", "is_default")


@admin.register(PolicyAssignment)
class PolicyAssignmentAdmin(Audited):
    list_display = ("hospital", "policy", "device_kind", "valid_from")
    list_filter = ("policy",)
    autocomplete_fields = ("hospital",)


@admin.register(Commitment)
class CommitmentAdmin(Audited):
    """A commitment that clocks were counted by is never changed: saving it makes the next version."""

    list_display = ("name", "clause", "policy", "code", "version", "valid_from")
    list_filter = ("policy", "code")
    readonly_fields = ("version",)

    def save_model(self, request: HttpRequest, obj: Commitment, form: ModelForm[Any], change: bool) -> None:
        if change and form.changed_data and Deadline.objects.filter(commitment_id=obj.pk).exists():
            newest = Commitment.objects.filter(policy=obj.policy, code=obj.code).order_by("-version")[0]
            obj.pk, obj._state.adding = None, True
            obj.version = newest.version + 1
            obj.valid_from = max(obj.valid_from, timezone.now())
            text = _("Clocks were counted by this version, so it stays; your change is version %(number)s.")
            self.message_user(request, text % {"number": obj.version}, messages.WARNING)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Timeline)
class TimelineAdmin(ReadOnly):
    list_display = ("subject", "hospital", "next_due_at", "derived_at")
    search_fields = ("subject",)


@admin.register(Fact)
class FactAdmin(ReadOnly):
    list_display = ("kind", "at", "recorded_at", "by", "timeline")
    list_filter = ("kind",)
    list_select_related = ("by", "timeline")
    show_full_result_count = False


@admin.register(Deadline)
class DeadlineAdmin(ReadOnly):
    list_display = ("timeline", "code", "cycle", "state", "due_at", "margin_seconds", "failure")
    list_filter = ("state", "code")
    list_select_related = ("timeline",)
    show_full_result_count = False


@admin.register(Page)
class PageAdmin(ReadOnly):
    list_display = ("deadline", "label", "state", "due_at", "fired_at", "late_seconds")
    list_filter = ("state",)
    list_select_related = ("deadline",)
    show_full_result_count = False


@admin.register(EngineEvent)
class EngineEventAdmin(ReadOnly):
    list_display = ("at", "kind", "detail")
    list_filter = ("kind",)
