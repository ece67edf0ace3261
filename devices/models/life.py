"""What happened to a device: dated rows that `devices.lifecycle` writes and nobody edits."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from devices.models.devices import Device
from people.access import ScopedQuerySet
from people.models import Hospital, User


class DeviceEventQuerySet(ScopedQuerySet["DeviceEvent"]):
    sight = "devices.see"


class DeviceEvent(models.Model):
    """One step in a device's life. `on`: the day it happened; `at`: when it was recorded.

    `old` and `new` hold what changed, in words by column name (`{"room": "三楼会诊室"}`), so that they still read
    right when the rows they name are gone.
    """

    class Kind(models.TextChoices):
        INSTALLED = "installed", pgettext_lazy("device", "Installed")
        SWAPPED = "swapped", pgettext_lazy("device", "Swapped")
        MOVED = "moved", pgettext_lazy("device", "Moved")
        UPGRADED = "upgraded", pgettext_lazy("device", "Upgraded")
        RETIRED = "retired", pgettext_lazy("device", "Retired")
        PART = "part", pgettext_lazy("device", "Part replaced")

    device = models.ForeignKey(Device, models.CASCADE, related_name="events", verbose_name=_("device"))
    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="+", verbose_name=_("hospital"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    on = models.DateField(pgettext_lazy("day", "on"))
    at = models.DateTimeField(_("recorded"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    old = models.JSONField(_("before"), default=dict)
    new = models.JSONField(_("after"), default=dict)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = DeviceEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("device event")
        verbose_name_plural = _("device events")
        ordering = ("-on", "-id")
        indexes: ClassVar = [models.Index(fields=("device", "-on", "-id"), name="devices_events")]

    def __str__(self) -> str:
        return f"{self.on} {self.kind} {self.device_id}"


class SoftwareVersionQuerySet(ScopedQuerySet["SoftwareVersion"]):
    sight = "devices.see"


class SoftwareVersion(models.Model):
    """A version that ran on a device from `since` on; the newest is the device's `software_version` (A15)."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="versions", verbose_name=_("device"))
    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="+", verbose_name=_("hospital"))
    version = models.CharField(_("version"), max_length=40)
    since = models.DateField(_("since"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    objects = SoftwareVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("software version")
        verbose_name_plural = _("software versions")
        ordering = ("-since", "-id")
        indexes: ClassVar = [models.Index(fields=("device", "-since", "-id"), name="devices_versions")]

    def __str__(self) -> str:
        return self.version
