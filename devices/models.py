"""What stands where: models of device and the devices themselves (A4, A9)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from people.access import ScopedQuerySet
from people.models import Hospital, Site


class DeviceModel(models.Model):
    """A product of a maker."""

    class Kind(models.TextChoices):
        MCU = "mcu", _("MCU")
        TERMINAL = "terminal", _("Terminal")
        HIS_SERVER = "his_server", _("HIS server")
        SOFTWARE = "software", _("Software module")
        OTHER = "other", _("Other")

    maker = models.CharField(_("maker"), max_length=60)
    name = models.CharField(_("model"), max_length=60)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)

    class Meta:
        verbose_name = _("device model")
        verbose_name_plural = _("device models")
        ordering = ("maker", "name")
        constraints: ClassVar = [models.UniqueConstraint(fields=("maker", "name"), name="devices_model_once_per_maker")]

    def __str__(self) -> str:
        return f"{self.maker} {self.name}"


class DeviceQuerySet(ScopedQuerySet["Device"]):
    pass


class Device(models.Model):
    """An installed item of a hospital; terminals name the MCU that carries their calls."""

    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="devices", verbose_name=_("hospital"))
    site = models.ForeignKey(Site, models.PROTECT, related_name="devices", verbose_name=_("site"))
    model = models.ForeignKey(DeviceModel, models.PROTECT, related_name="devices", verbose_name=_("device model"))
    name = models.CharField(_("name"), max_length=60, help_text=_("As people call it: terminal TE-3."))
    room = models.CharField(_("room"), max_length=80, blank=True)
    serial = models.CharField(_("serial number"), max_length=60)
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children", verbose_name=_("connected to")
    )
    installed_on = models.DateField(_("installed on"), null=True, blank=True)
    accepted_on = models.DateField(_("accepted on"), null=True, blank=True)
    software_version = models.CharField(_("software version"), max_length=40, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ("hospital", "name")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("model", "serial"), name="devices_serial_once_per_model")
        ]
        indexes: ClassVar = [models.Index(fields=("serial",), name="devices_by_serial")]

    def __str__(self) -> str:
        return f"{self.name} ({self.serial})"

    @property
    def place(self) -> str:
        return " · ".join(part for part in (self.site.name, self.room) if part)
