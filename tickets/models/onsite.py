"""What a ticket has to do with visits and spare parts: the links live with the app that knows both sides."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from spares.models import PartRequest
from tickets.models.ticket import Ticket
from visits.models import Visit


class TicketVisit(models.Model):
    """A visit for a ticket, in its cycle."""

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="visits", verbose_name=_("ticket"))
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="ticket_link", verbose_name=_("visit"))
    cycle = models.PositiveSmallIntegerField(_("cycle"), default=1)

    class Meta:
        verbose_name = _("visit for a ticket")
        verbose_name_plural = _("visits for tickets")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.visit_id}"


class TicketPart(models.Model):
    """A request for parts for a ticket, in its cycle. `told` is how far its story has told of it."""

    class Step(models.TextChoices):
        DRAFTED = "drafted", _("Drafted")
        ASKED = "asked", _("Asked for")
        SHIPPED = "shipped", _("On the way")
        DELIVERED = "delivered", _("Delivered")
        FITTED = "fitted", _("Fitted")
        UNUSED = "unused", pgettext_lazy("request for parts", "Not needed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="parts", verbose_name=_("ticket"))
    request = models.OneToOneField(PartRequest, models.PROTECT, related_name="ticket_link", verbose_name=_("request"))
    cycle = models.PositiveSmallIntegerField(_("cycle"), default=1)
    told = models.CharField(_("told"), max_length=10, choices=Step.choices, blank=True)

    class Meta:
        verbose_name = _("parts for a ticket")
        verbose_name_plural = _("parts for tickets")
        ordering = ("id",)
        indexes: ClassVar = [
            models.Index(
                fields=("told",),
                name="tickets_parts_in_motion",
                condition=Q(told__in=["drafted", "asked", "shipped", "delivered"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.request_id}"
