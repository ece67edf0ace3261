"""Products of makers, the projects that brought them, and the devices themselves."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Trim
from django.utils.translation import gettext_lazy as _

from attachments.models import Attachment
from devices.serials import tidy
from people.access import ScopedQuerySet
from people.models import Hospital, Site


class DeviceModel(models.Model):
    """A product of a maker. Three years after `discontinued_on` its repair is no longer promised (A12)."""

    class Kind(models.TextChoices):
        MCU = "mcu", _("MCU")
        TERMINAL = "terminal", _("Terminal")
        HIS_SERVER = "his_server", _("HIS server")
        SOFTWARE = "software", _("Software module")
        OTHER = "other", _("Other")

    maker = models.CharField(_("maker"), max_length=60)
    name = models.CharField(_("model"), max_length=60)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    discontinued_on = models.DateField(_("discontinued on"), null=True, blank=True)

    class Meta:
        verbose_name = _("device model")
        verbose_name_plural = _("device models")
        ordering = ("maker", "name")
        constraints: ClassVar = [models.UniqueConstraint(fields=("maker", "name"), name="devices_model_once_per_maker")]

    def __str__(self) -> str:
        return f"{self.maker} {self.name}"


class ProjectQuerySet(ScopedQuerySet["Project"]):
    sight = "devices.see"


class Project(models.Model):
    """What a hospital ordered and accepted together: warranty counts from the acceptance (A4), HIS from the start of
    the implementation (B2). `proof` is the signed acceptance protocol.
    """

    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="projects", verbose_name=_("hospital"))
    name = models.CharField(_("name"), max_length=80)
    started_on = models.DateField(_("implementation started on"), null=True, blank=True)
    accepted_on = models.DateField(_("accepted on"), null=True, blank=True)
    proof = models.ForeignKey(
        Attachment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("acceptance protocol")
    )

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ("hospital", "name")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("hospital", "name"), name="devices_project_once_per_hospital"),
            models.CheckConstraint(
                condition=Q(started_on__isnull=True)
                | Q(accepted_on__isnull=True)
                | Q(accepted_on__gte=F("started_on")),
                name="devices_project_accepted_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class State(models.TextChoices):
    """Where a device is in its life; `devices.lifecycle` is the only one that moves it."""

    IN_USE = "in_use", _("In use")
    REPLACED = "replaced", _("Replaced")
    RETIRED = "retired", _("Retired")


class DeviceQuerySet(ScopedQuerySet["Device"]):
    sight = "devices.see"

    def in_use(self) -> DeviceQuerySet:
        """What stands and works; replaced and retired devices are history."""
        return self.filter(state=State.IN_USE)

    def for_pages(self) -> DeviceQuerySet:
        """With every row that a list names, in one query."""
        return self.select_related("hospital", "site", "model", "project", "parent")


class Device(models.Model):
    """An installed item of a hospital; terminals name the MCU that carries their calls.

    `maker` is its model's, held equal by the database, so that a serial number is unique per maker; project and MCU
    are of the same hospital and no chain of MCUs closes, by the database too (migration 0003).
    """

    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="devices", verbose_name=_("hospital"))
    site = models.ForeignKey(Site, models.PROTECT, related_name="devices", verbose_name=_("site"))
    model = models.ForeignKey(DeviceModel, models.PROTECT, related_name="devices", verbose_name=_("device model"))
    maker = models.CharField(_("maker"), max_length=60, editable=False)
    name = models.CharField(_("name"), max_length=60, help_text=_("As people call it: terminal TE-3."))
    room = models.CharField(_("room"), max_length=80, blank=True)
    serial = models.CharField(_("serial number"), max_length=60)
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="devices", verbose_name=_("project")
    )
    parent = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="children", verbose_name=_("connected to")
    )
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    installed_on = models.DateField(_("installed on"), null=True, blank=True)
    accepted_on = models.DateField(
        _("accepted on"), null=True, blank=True, help_text=_("Empty: the day its project was accepted.")
    )
    software_version = models.CharField(_("software version"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.IN_USE)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ("hospital", "name")
        constraints: ClassVar = [
            models.UniqueConstraint(Lower(Trim("serial")), Lower("maker"), name="devices_serial_once_per_maker"),
            models.CheckConstraint(condition=~Q(serial=""), name="devices_serial_given"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="devices_parent_is_another"),
        ]
        indexes: ClassVar = [
            models.Index(Lower("serial"), name="devices_by_serial"),
            models.Index(fields=("hospital", "name", "id"), name="devices_by_hospital"),
            # Warranties that end soon are found by the day that they count from.
            models.Index(fields=("accepted_on",), name="devices_by_acceptance", condition=Q(accepted_on__isnull=False)),
            models.Index(fields=("installed_on",), name="devices_by_install", condition=Q(installed_on__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.serial})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.maker, self.serial = self.model.maker, tidy(self.serial)
        super().save(*args, **kwargs)

    @property
    def place(self) -> str:
        return " · ".join(part for part in (self.site.name, self.room) if part)

    @property
    def acceptance(self) -> date | None:
        """The day its warranty counts from (A4): its own, else its project's."""
        return self.accepted_on or (self.project.accepted_on if self.project else None)

    @property
    def implementation(self) -> date | None:
        """The day its implementation began (B2): its project's, else the day it was installed."""
        return (self.project.started_on if self.project else None) or self.installed_on
