"""A request for parts, from the word that one is needed to the signature at the site (A6, A7, A11)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from attachments.models import Attachment
from common.prepared import Given
from devices.models import Device
from people.access import HOSPITAL, ScopedQuerySet
from people.models import Hospital, Site, User
from sla.models import Timeline
from spares.models.parts import Depot, Part


class PartRequestQuerySet(ScopedQuerySet["PartRequest"]):
    """The depot sees every request, but no ticket: what is asked for, where it goes, by when.

    A hospital sees its own from the word that parts are needed; a draft of the engine is for the company to judge.
    """

    sight = "spares.see"

    def seen_by(self, role: str, *, person: int | Given, hospital: int | Given | None) -> Self:
        rows = super().seen_by(role, person=person, hospital=hospital)
        return rows.exclude(state="draft") if role in HOSPITAL else rows


class PartRequest(models.Model):
    """Parts for one site. `spares.requests` is the only writer of `state`.

    `timeline` is that of the matter it serves: PART_NEEDED, PART_SHIPPED and PART_DELIVERED are written there with
    {"request": pk}. `requested_at` is when the part was needed (for a draft of the engine, when the two hours ran
    out), not when somebody typed it. `choice` keeps the depots that were weighed and the hour that each would make.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REQUESTED = "requested", _("Requested")
        RESERVED = "reserved", _("Reserved")
        PICKED = "picked", _("Picked")
        PACKED = "packed", _("Packed")
        SHIPPED = "shipped", _("On the way")
        DELIVERED = "delivered", _("Delivered")
        FITTED = "fitted", _("Fitted")
        UNUSED = "unused", pgettext_lazy("request for parts", "Not needed")
        CANCELLED = "cancelled", _("Withdrawn")

    class Origin(models.TextChoices):
        TICKET = "ticket", _("Ticket")
        VISIT = "visit", _("Visit")
        HOTLINE = "hotline", _("Hotline")
        ENGINE = "engine", _("Two hours on site ran out")

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="part_requests", verbose_name=_("hospital"))
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", verbose_name=_("site"))
    timeline = models.ForeignKey(
        Timeline, models.PROTECT, null=True, blank=True, related_name="part_requests", verbose_name=_("timeline")
    )
    device = models.ForeignKey(
        Device, models.PROTECT, null=True, blank=True, related_name="part_requests", verbose_name=_("device")
    )
    subject = models.CharField(_("subject"), max_length=200)
    origin = models.CharField(_("asked from"), max_length=8, choices=Origin.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.REQUESTED)
    reason = models.CharField(_("what for"), max_length=200, blank=True)
    requested_at = models.DateTimeField(_("needed since"))
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("asked by"))
    ship_by = models.DateTimeField(_("ship by"), null=True, blank=True)
    deliver_by = models.DateTimeField(_("deliver by"), null=True, blank=True)
    depot = models.ForeignKey(
        Depot, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("depot")
    )
    choice = models.JSONField(_("depots weighed"), default=list)
    carrier = models.CharField(_("carrier"), max_length=40, blank=True)
    waybill = models.CharField(_("waybill"), max_length=40, blank=True)
    packed_at = models.DateTimeField(_("packed"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("handed to the carrier"), null=True, blank=True)
    expected_at = models.DateTimeField(_("expected there"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("signed for"), null=True, blank=True)
    received_by = models.CharField(_("signed for by"), max_length=60, blank=True)
    signature = models.OneToOneField(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("signature")
    )
    cancel_reason = models.CharField(_("reason for withdrawing"), max_length=200, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    client_key = models.UUIDField(_("sender's key"), null=True, blank=True, unique=True)
    changed_at = models.DateTimeField(_("changed"))

    objects = PartRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for parts")
        verbose_name_plural = _("requests for parts")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("carrier", "waybill"), condition=~Q(waybill=""), name="spares_waybill_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=("timeline", "-id"), name="spares_requests_of_timeline"),
            models.Index(fields=("hospital", "-id"), name="spares_requests_of_hospital"),
            models.Index(
                fields=("depot", "ship_by", "id"),
                name="spares_to_ship",
                condition=Q(state__in=["draft", "requested", "reserved", "picked", "packed"]),
            ),
            models.Index(fields=("depot", "deliver_by", "id"), name="spares_on_the_way", condition=Q(state="shipped")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"


class RequestLine(models.Model):
    """A part and how many of it; `reserved` and `picked` say how far the depot is.

    Of what was picked, `used` pieces were fitted, and `unused` ones go back as good as they came (A13).
    """

    request = models.ForeignKey(PartRequest, models.CASCADE, related_name="lines", verbose_name=_("request"))
    part = models.ForeignKey(Part, models.PROTECT, related_name="+", verbose_name=_("part"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1, validators=[MinValueValidator(1)])
    reserved = models.PositiveIntegerField(_("reserved"), default=0)
    picked = models.PositiveIntegerField(_("picked"), default=0)
    used = models.PositiveIntegerField(_("used"), default=0)
    unused = models.PositiveIntegerField(_("not needed"), default=0)

    class Meta:
        verbose_name = _("line of a request")
        verbose_name_plural = _("lines of requests")
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("request", "part"), name="spares_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, reserved__lte=F("quantity"), picked__lte=F("quantity")),
                name="spares_line_within_quantity",
            ),
            models.CheckConstraint(
                condition=Q(picked__gte=F("used") + F("unused")), name="spares_line_uses_what_was_picked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part} × {self.quantity}"

    @property
    def left(self) -> int:
        """Pieces at the site that are neither fitted nor on their way back."""
        return self.picked - self.used - self.unused


class CarrierEvent(models.Model):
    """What a carrier (or a person for it) said about a parcel. `external_id` makes a repeated message count once.

    `is_out_of_order`: by its moment it happened before the parcel was handed over. It is kept, and changes nothing.
    """

    class Kind(models.TextChoices):
        HANDED_OVER = "handed_over", _("Handed to the carrier")
        IN_TRANSIT = "in_transit", _("On the way")
        OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
        DELIVERED = "delivered", _("Delivered")
        PROBLEM = "problem", _("Problem")

    class Source(models.TextChoices):
        MANUAL = "manual", _("Entered by hand")
        WEBHOOK = "webhook", _("Message of the carrier")

    request = models.ForeignKey(PartRequest, models.CASCADE, related_name="events", verbose_name=_("request"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    at = models.DateTimeField(_("when"))
    place = models.CharField(_("where"), max_length=80, blank=True)
    text = models.CharField(_("text"), max_length=200, blank=True)
    source = models.CharField(_("from"), max_length=8, choices=Source.choices, default=Source.MANUAL)
    external_id = models.CharField(_("carrier's id"), max_length=80, blank=True)
    is_out_of_order = models.BooleanField(_("out of order"), default=False)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by"))
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        verbose_name = _("event of a parcel")
        verbose_name_plural = _("events of parcels")
        ordering = ("at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("source", "external_id"), condition=~Q(external_id=""), name="spares_event_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.kind}"
