"""What was told and whether it arrived; a given-up delivery can be sent again once its cause is gone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import trail
from audit.admin import ReadOnly
from notifications import delivery
from notifications.models import Attempt, Delivery
from people.access import person


class AttemptInline(admin.TabularInline[Attempt, Delivery]):
    model = Attempt
    extra = 0
    can_delete = False
    fields = readonly_fields = ("at", "ok", "answer")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("notification", "channel", "state", "tries", "next_try_at", "sent_at")
    list_filter = ("state", "channel")
    list_select_related = ("notification__person",)
    search_fields = ("notification__person__name", "notification__person__email", "notification__kind")
    ordering = ("-id",)
    inlines = (AttemptInline,)
    actions = ("send_again",)
    show_full_result_count = False

    @admin.action(description=_("Send again what was given up"))
    def send_again(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        """Start over with the first try; what was sent or still waits is left alone."""
        now = timezone.now()
        count = delivery.start_over(rows, now)
        trail.note("delivery.sent_again", f"{count}", by=person(request), now=now)
        self.message_user(request, _("%(count)d deliveries go out again.") % {"count": count})
