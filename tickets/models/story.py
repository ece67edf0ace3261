"""The story of a ticket: its lines, its files, and the queues in which people look for it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from attachments.models import Attachment
from people.models import User
from tickets.models.ticket import Ticket
from tickets.querysets import SavedFilterQuerySet, TicketAttachmentQuerySet, TicketEventQuerySet


class TicketEvent(models.Model):
    """One line of a ticket's story: who did or said what, when, and whether the hospital may see it.

    `kind` `answer`, `note`, `call` and `words` carry text of people; the others name a change, with
    its old and new values in `data`.
    """

    class EventKind(models.TextChoices):
        FILED = "filed", _("Filed")
        RECEIPT = "receipt", _("Receipt sent")
        WORDS = "words", _("Words of the hospital")
        ANSWER = "answer", _("Answer")
        NOTE = "note", _("Internal note")
        CALL = "call", _("Call")
        OWNER = "owner", _("First-contact owner")
        ASSIGNED = "assigned", _("Assigned")
        PRIORITY = "priority", _("Priority")
        FAULT_CLASS = "class", _("Fault class")
        EDITED = "edited", _("Edited")
        REMOTE_FAILED = "remote_failed", _("Remote repair declared failed")
        REMOTE_LIMIT = "remote_limit", _("Remote limit ran out")
        DEPARTED = "departed", _("Departed")
        ARRIVED = "arrived", _("Arrived on site")
        EVIDENCE = "evidence", _("Late evidence decided")
        WAITING = "waiting", _("Waiting")
        RESUMED = "resumed", _("Resumed")
        SOLVED = "solved", _("Solved")
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Reopened")
        CANCELLED = "cancelled", _("Withdrawn")
        VERIFIED = "verified", _("Verified by a call")
        RETARGETED = "retargeted", _("Target changed")
        TRIAGE = "triage", _("At the hospital's technician")
        PASSED_ON = "passed_on", _("Passed on to the company")
        SOLVED_HERE = "solved_here", _("Solved by the hospital")
        VERDICT = "verdict", _("Who pays")
        QUOTE = "quote", _("Quote")
        URGENT = "urgent", _("Urgent response")
        PART = "part", _("Spare part")
        VISIT = "visit", _("Visit")
        REPORT = "report", _("Service report")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="events", verbose_name=_("ticket"))
    kind = models.CharField(_("what"), max_length=16, choices=EventKind.choices)
    at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("recorded"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("who"))
    is_public = models.BooleanField(_("the hospital may see it"), default=False)
    body = models.TextField(_("text"), blank=True)
    data = models.JSONField(_("details"), default=dict)

    attached: list[dict[str, str]]
    """Only of rows read `with_files`."""
    objects = TicketEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")
        ordering = ("-at", "-id")
        indexes: ClassVar = [models.Index(fields=("ticket", "-at", "-id"), name="tickets_event_story")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"


class TicketAttachment(models.Model):
    """The link of a file to a ticket; a file on an internal note is internal."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="files", verbose_name=_("ticket"))
    event = models.ForeignKey(TicketEvent, models.CASCADE, null=True, related_name="files", verbose_name=_("event"))
    attachment = models.OneToOneField(Attachment, models.PROTECT, related_name="+", verbose_name=_("file"))
    is_public = models.BooleanField(_("the hospital may see it"), default=True)

    objects = TicketAttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of a ticket")
        verbose_name_plural = _("files of tickets")
        ordering = ("id",)

    def __str__(self) -> str:
        return str(self.attachment)


class SavedFilter(models.Model):
    """A queue that somebody looks at often: a name for a query string, private or shared."""

    person = models.ForeignKey(User, models.CASCADE, related_name="saved_filters", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(_("query"), max_length=2000)
    is_shared = models.BooleanField(_("shared with colleagues"), default=False)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ("name",)
        constraints: ClassVar = [models.UniqueConstraint(fields=("person", "name"), name="tickets_filter_name_once")]

    def __str__(self) -> str:
        return self.name
