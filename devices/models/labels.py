"""The code on a device's label: a random word that leads to its page, and nothing more."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from devices.models.devices import Device, State
from people.access import ScopedQuerySet
from people.models import Hospital, User


class DeviceLabelQuerySet(ScopedQuerySet["DeviceLabel"]):
    sight = "devices.see"

    def valid(self) -> DeviceLabelQuerySet:
        """Labels that lead somewhere: not revoked, on a device that stands and works, of a hospital we serve."""
        return self.filter(revoked_at=None, device__state=State.IN_USE, hospital__is_active=True)


class DeviceLabel(models.Model):
    """A label's code (T086). Whoever stands before the device can read it, so it opens no more than a fault report;
    it says nothing of the device's key, and a new label makes the old one worthless (T088).
    """

    device = models.ForeignKey(Device, models.CASCADE, related_name="labels", verbose_name=_("device"))
    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="+", verbose_name=_("hospital"))
    token = models.CharField(_("code"), max_length=40, unique=True, editable=False)
    made_at = models.DateTimeField(_("made"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = DeviceLabelQuerySet.as_manager()

    class Meta:
        verbose_name = _("label of a device")
        verbose_name_plural = _("labels of devices")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("device",), name="devices_one_label", condition=Q(revoked_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.made_at:%Y-%m-%d}"
