"""Faults that somebody filed by a device's label without signing in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from devices.models import DeviceLabel
from people.access import ScopedQuerySet
from people.models import Hospital
from tickets.models.ticket import Ticket


class ScanReportQuerySet(ScopedQuerySet["ScanReport"]):
    sight = "tickets.log"


class ScanReport(models.Model):
    """One report by a label's code. `key` is the sender's form, which sent twice files once; `address` counts for the
    limits. Rows, not a cache, hold the count: a lost Redis opens no flood gate.
    """

    label = models.ForeignKey(DeviceLabel, models.PROTECT, related_name="reports", verbose_name=_("label"))
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="+", verbose_name=_("hospital"))
    ticket = models.OneToOneField(Ticket, models.CASCADE, related_name="scan", verbose_name=_("ticket"))
    key = models.UUIDField(_("sender's key"), editable=False)
    address = models.GenericIPAddressField(_("from address"), null=True)
    at = models.DateTimeField(_("when"))

    objects = ScanReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report by a label")
        verbose_name_plural = _("reports by labels")
        ordering = ("-id",)
        constraints: ClassVar = [models.UniqueConstraint(fields=("label", "key"), name="tickets_scan_once")]
        indexes: ClassVar = [
            models.Index(fields=("at",), name="tickets_scans_by_time"),
            models.Index(fields=("address", "at"), name="tickets_scans_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.at:%Y-%m-%d %H:%M}"
