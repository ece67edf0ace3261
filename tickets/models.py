"""A ticket: one matter that a hospital brings, from the first word to its confirmation."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attachments.models import Attachment
from devices.models import Device
from people.models import Hospital, Site, Team, User
from sla.models import Timeline
from tickets.querysets import (
    SavedFilterQuerySet,
    TicketAttachmentQuerySet,
    TicketEventQuerySet,
    TicketQuerySet,
)
from tickets.states import Status
from tickets.validators import first_steps as check_first_steps
from tickets.validators import known_icon


class Kind(models.TextChoices):
    FAULT = "fault", _("Fault")
    QUESTION = "question", _("Question")
    REQUEST = "request", _("Request")


class FaultClass(models.Model):
    """A fault class of the hotline plan (A7). `as_node_down`: handled and clocked as a node down."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=60)
    plain_name = models.CharField(_("in plain words"), max_length=60)
    clause = models.CharField(_("clause"), max_length=20, default="A7")
    as_node_down = models.BooleanField(_("clocks as for a node down"), default=False)
    hint = models.TextField(_("what the hotline does"), blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("fault class")
        verbose_name_plural = _("fault classes")
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name


class FaultTile(models.Model):
    """A picture on the hospital's form: everyday words for a class the hotline may correct."""

    code = models.SlugField(_("code"), unique=True)
    label = models.CharField(_("label"), max_length=40)
    example = models.CharField(_("example"), max_length=80)
    icon = models.CharField(_("icon"), max_length=40, validators=[known_icon], help_text=_("A name of lucide.dev."))
    fault_class = models.ForeignKey(FaultClass, models.PROTECT, related_name="tiles", verbose_name=_("fault class"))
    first_steps = models.JSONField(_("first steps to try"), default=list, blank=True, validators=[check_first_steps])
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("fault tile")
        verbose_name_plural = _("fault tiles")
        ordering = ("position",)

    def __str__(self) -> str:
        return self.label


class Ticket(models.Model):
    """One matter with one first-contact owner to its end (B1) and one timeline of facts (A1, A2)."""

    class Impact(models.IntegerChoices):
        SYSTEM = 1, _("Whole system, or a consultation running")
        ROOM = 2, _("One room or device down")
        PART = 3, _("Works with limits")
        NONE = 4, _("No effect on work")

    class Urgency(models.IntegerChoices):
        NOW = 1, _("In use right now, stopped")
        TODAY = 2, _("Needed today")
        LATER = 3, _("Not urgent")

    class Channel(models.TextChoices):
        PORTAL = "portal", _("Portal")
        PHONE = "phone", _("Hotline")
        MAIL = "mail", _("Mail")
        API = "api", _("Interface")
        IMPORT = "import", _("Import")

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.FAULT)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices, default=Channel.PORTAL)
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="tickets", verbose_name=_("hospital"))
    site = models.ForeignKey(Site, models.PROTECT, related_name="tickets", verbose_name=_("site"))
    device = models.ForeignKey(
        Device,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # `tickets_by_device` serves it
        related_name="tickets",
        verbose_name=_("device"),
    )
    place = models.CharField(_("place"), max_length=120, blank=True)
    reporter = models.ForeignKey(User, models.PROTECT, related_name="reported", verbose_name=_("reported by"))
    contact_name = models.CharField(_("contact"), max_length=60, blank=True)
    contact_phone = models.CharField(_("contact's phone"), max_length=20, blank=True)
    fault_class = models.ForeignKey(
        FaultClass, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("fault class")
    )
    tile = models.ForeignKey(
        FaultTile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("fault tile")
    )
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    impact = models.PositiveSmallIntegerField(_("impact"), choices=Impact.choices, default=Impact.ROOM)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency.choices, default=Urgency.TODAY)
    priority = models.PositiveSmallIntegerField(_("priority"), default=3)
    priority_reason = models.CharField(_("reason for the priority"), max_length=200, blank=True)
    status = models.CharField(_("state"), max_length=12, choices=Status.choices, default=Status.NEW)
    resume_to = models.CharField(_("state after the wait"), max_length=12, choices=Status.choices, blank=True)
    owner = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned",
        verbose_name=_("first-contact owner"),
    )
    wait_until = models.DateTimeField(_("waits until"), null=True, blank=True)
    offered_to = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="offered", verbose_name=_("ownership offered to")
    )
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="assigned", verbose_name=_("assignee")
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("team")
    )
    expected_arrival_at = models.DateTimeField(_("expected arrival"), null=True, blank=True)
    solution = models.TextField(_("cause and solution"), blank=True)
    cycle = models.PositiveSmallIntegerField(_("cycle"), default=1)
    version = models.PositiveIntegerField(_("version"), default=1)
    timeline = models.OneToOneField(Timeline, models.PROTECT, related_name="+", verbose_name=_("timeline"))
    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("changed"))
    solved_at = models.DateTimeField(_("solved"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(
        _("reminders to confirm"), default=0, editable=False, help_text=_("Sent since it was solved.")
    )
    client_key = models.UUIDField(_("sender's key"), null=True, blank=True, editable=False)
    search = SearchVectorField(null=True, editable=False)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("reporter", "client_key"), name="tickets_filed_once"),
            models.CheckConstraint(condition=Q(priority__gte=1, priority__lte=4), name="tickets_priority_1_to_4"),
        ]
        indexes: ClassVar = [
            GinIndex(fields=("search",), name="tickets_search"),
            models.Index(fields=("hospital", "-id"), name="tickets_by_hospital"),
            models.Index(fields=("device", "-id"), name="tickets_by_device"),
            models.Index(
                fields=("assignee", "-id"),
                name="tickets_open_by_assignee",
                condition=~Q(status__in=["closed", "cancelled"]),
            ),
            # Holds what tabs are counted by, so that counting reads no row of the table.
            models.Index(
                fields=("-id",),
                include=(
                    "status",
                    "timeline",
                    "assignee",
                    "owner",
                    "offered_to",
                    "hospital",
                    "fault_class",
                    "priority",
                ),
                name="tickets_open_covering",
                condition=~Q(status__in=["closed", "cancelled"]),
            ),
            models.Index(fields=("wait_until",), name="tickets_waiting", condition=Q(status="waiting")),
            models.Index(fields=("solved_at",), name="tickets_to_confirm", condition=Q(status="solved")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Origin(models.Model):
    """Where an imported ticket comes from: the other desk's log, and the key of the incident there, once each."""

    source = models.SlugField(_("source"), max_length=40)
    key = models.CharField(_("key"), max_length=200)
    ticket = models.OneToOneField(Ticket, models.CASCADE, related_name="origin", verbose_name=_("ticket"))

    class Meta:
        verbose_name = _("origin of a ticket")
        verbose_name_plural = _("origins of tickets")
        ordering = ("source", "key")
        constraints: ClassVar = [models.UniqueConstraint(fields=("source", "key"), name="tickets_imported_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"


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
        RETARGETED = "retargeted", _("Target changed")

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
