"""Whose tickets and which lines of their story a person may see (T017, T018)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import JSONObject

from common.prepared import Given
from people.access import HOSPITAL, ScopedQuerySet
from tickets.states import OPEN, Status

if TYPE_CHECKING:
    from people.models import User
    from tickets.models import SavedFilter, Ticket, TicketAttachment, TicketEvent  # noqa: F401 (named in strings)

_Row = TypeVar("_Row", bound=models.Model)


class TicketQuerySet(ScopedQuerySet["Ticket"]):
    """An engineer also sees what is assigned to them or owned by them, in any region."""

    sight = "tickets.see"
    own_paths = ("assignee", "owner")

    def seen_by(self, role: str, *, person: int | Given, hospital: int | Given | None) -> Self:
        """A hospital sees no report of its own that nobody has verified: anybody may have sent it."""
        rows = super().seen_by(role, person=person, hospital=hospital)
        return rows.filter(is_unverified=False) if role in HOSPITAL else rows

    def unfinished(self) -> Self:
        """The company still owes work."""
        return self.filter(status__in=OPEN)

    def in_progress(self) -> Self:
        """Not over: open, or solved and waiting for the hospital's word."""
        return self.exclude(status__in=[Status.CLOSED, Status.CANCELLED])

    def with_quotes(self) -> Self:
        """With `has_quotes` (drafts too) and `has_open_quote` (one waits for the hospital), in the same query."""
        # Asked from this side of the key: the models stand above their querysets.
        same = self.model._default_manager.filter(pk=OuterRef("pk"))
        return self.annotate(
            has_quotes=Exists(same.filter(quotes__isnull=False)),
            has_open_quote=Exists(same.filter(quotes__state="sent")),
        )

    def with_onsite(self) -> Self:
        """With `has_visits`, `has_open_visit` (not over yet) and `has_parts`: most tickets need none."""
        same = self.model._default_manager.filter(pk=OuterRef("pk"))
        return self.annotate(
            has_visits=Exists(same.filter(visits__isnull=False)),
            has_open_visit=Exists(same.filter(visits__visit__state__in=["planned", "travel", "on_site", "working"])),
            has_parts=Exists(same.filter(parts__isnull=False)),
        )

    def for_pages(self) -> Self:
        """With every row that a list names, in one query."""
        return self.select_related("hospital", "site", "device", "fault_class", "owner", "assignee", "timeline").defer(
            "search"
        )

    def for_queue(self) -> Self:
        """With what a row of the queue says and nothing else: thirty rows of eight tables take their time to read."""
        return self.select_related("hospital", "site", "device", "fault_class", "owner", "assignee", "timeline").only(
            *("number", "title", "place", "priority", "priority_reason", "impact", "urgency", "status"),
            *("is_unverified", "contact_phone", "urgent_use"),
            *("hospital__name", "hospital__short_name", "site__name", "device__name", "fault_class__as_node_down"),
            *("owner__name", "assignee__name", "timeline__next_due_at"),
        )


class _StoryQuerySet(ScopedQuerySet[_Row]):
    sight = "tickets.see"
    hospital_path = "ticket__hospital"
    region_path = "ticket__hospital__region"
    own_paths = ("ticket__assignee", "ticket__owner")

    def seen_by(self, role: str, *, person: int | Given, hospital: int | Given | None) -> Self:
        """Hospital people never get an internal row."""
        rows = super().seen_by(role, person=person, hospital=hospital)
        return rows.filter(is_public=True, ticket__is_unverified=False) if role in HOSPITAL else rows


class TicketEventQuerySet(_StoryQuerySet["TicketEvent"]):
    """Lines of the story of the tickets that a person may see."""

    def with_files(self) -> Self:
        """With `attached`: name, key and type of the files on each line, in the same query."""
        # Asked from this side of the key: the models stand above their querysets.
        file = JSONObject(
            name="files__attachment__name", key="files__attachment__key", type="files__attachment__content_type"
        )
        lines = self.model._default_manager.filter(pk=OuterRef("pk"), files__isnull=False).order_by("files__id")
        return self.annotate(attached=ArraySubquery(lines.values(file=file)))


class TicketAttachmentQuerySet(_StoryQuerySet["TicketAttachment"]):
    """Files of the tickets that a person may see; files of internal notes stay internal."""


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def for_user(self, user: User | Any) -> Self:
        """One's own, and what colleagues share; nobody at a hospital has any."""
        if not user.is_authenticated or not user.is_active or user.is_hospital:
            return self.none()
        return self.filter(models.Q(person=user) | models.Q(is_shared=True))
