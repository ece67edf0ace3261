"""A ticket: one matter that a hospital brings, from the first word to its confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from devices.models import Device
from people.models import Hospital, Site, Team, User
from sla.models import Timeline
from tickets.models.catalogue import FaultClass, FaultTile
from tickets.querysets import TicketQuerySet
from tickets.states import Status
from warranty.models import Use

if TYPE_CHECKING:
    from tickets.models.verdict import TicketVerdict


class Kind(models.TextChoices):
    FAULT = "fault", _("Fault")
    QUESTION = "question", _("Question")
    REQUEST = "request", _("Request")


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
        LABEL = "label", _("Label on the device")

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
    reporter = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reported",
        verbose_name=_("reported by"),
        help_text=_("Empty: somebody without an account; name and phone are the contact's."),
    )
    is_unverified = models.BooleanField(
        _("unverified"), default=False, help_text=_("Nobody has called back yet; the hospital does not see it.")
    )
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
    critical_reason = models.CharField(_("critical period"), max_length=80, blank=True)
    critical_until = models.DateTimeField(
        _("critical until"), null=True, blank=True, help_text=_("Filed in a critical period of its hospital (N12).")
    )
    urgent_use = models.ForeignKey(
        Use,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # `tickets_urgent_use_once` serves it
        related_name="+",
        verbose_name=_("urgent response"),
        help_text=_("What it took of its contract's quota (B6)."),
    )
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
        _("reminders to confirm"),
        default=0,
        editable=False,
        help_text=_("Sent since it was solved, or since the technician has it."),
    )
    client_key = models.UUIDField(_("sender's key"), null=True, blank=True, editable=False)
    search = SearchVectorField(null=True, editable=False)

    verdict: TicketVerdict
    """Who pays, where it was read along or just given: ask `workflow.verdicts.current`."""
    has_quotes: bool
    has_open_quote: bool
    """Only of rows read `with_quotes`."""
    has_visits: bool
    has_parts: bool
    """Only of rows read `with_onsite`."""
    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("reporter", "client_key"), name="tickets_filed_once"),
            models.UniqueConstraint(
                fields=("urgent_use",), name="tickets_urgent_use_once", condition=Q(urgent_use__isnull=False)
            ),
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
            models.Index(fields=("created_at",), name="tickets_at_hospital", condition=Q(status="hospital")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def is_urgent(self) -> bool:
        """Whether it has an urgent response of its contract (B6)."""
        return self.urgent_use_id is not None


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
