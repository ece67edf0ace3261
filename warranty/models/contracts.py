"""Contracts, the devices that they cover, and the services with the hours of each (B2, B5)."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from devices.models import Device, DeviceModel, Project
from people.access import ScopedQuerySet
from people.models import Hospital, User
from sla.models import Calendar, Policy
from warranty.wording import CAUSES


class KindsField(ArrayField):
    """Kinds of device; empty: all."""

    def __init__(self, verbose_name: Any = None, **options: Any) -> None:
        options.pop("base_field", None)
        kind = models.CharField(max_length=12, choices=DeviceModel.Kind.choices)
        super().__init__(kind, **{"default": list, "blank": True, **options, "verbose_name": verbose_name})


class ContractQuerySet(ScopedQuerySet["Contract"]):
    sight = "contracts.see"

    def signed(self) -> ContractQuerySet:
        """What is in force, was, or will be; drafts promise nothing."""
        return self.filter(activated_at__isnull=False)


class Contract(models.Model):
    """What a hospital and the company agreed on for a span of days, both ends included (B2).

    One row is one phase: the free year from the implementation, then a paid one that `follows` it. `version` counts
    the changes since it was activated. `policy` says by which clocks its tickets are answered (B4, B5).
    """

    class Phase(models.TextChoices):
        FREE = "free", _("free phase")
        PAID = "paid", _("paid phase")

    class Scope(models.TextChoices):
        ALL = "all", _("all devices of the hospital")
        PROJECT = "project", _("the devices of a project")
        LISTED = "listed", _("the devices that are listed")

    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="contracts", verbose_name=_("hospital"))
    number = models.CharField(_("number"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    clause = models.CharField(_("clause"), max_length=40)
    phase = models.CharField(_("phase"), max_length=4, choices=Phase.choices)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    follows = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name=_("follows")
    )
    scope = models.CharField(_("covers"), max_length=8, choices=Scope.choices, default=Scope.ALL)
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="contracts", verbose_name=_("project")
    )
    devices = models.ManyToManyField(Device, blank=True, related_name="contracts", verbose_name=_("devices"))
    device_kinds = KindsField(_("kinds of device"), help_text=_("Empty: all."))
    excluded_causes = ArrayField(
        models.CharField(max_length=16, choices=CAUSES), default=list, blank=True, verbose_name=_("not these causes")
    )
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="contracts", verbose_name=_("policy"))
    activated_at = models.DateTimeField(_("activated"), null=True, editable=False)
    activated_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("activated by")
    )

    objects = ContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ("hospital", "-starts_on", "number")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="warranty_contract_ends_after_start"),
            models.CheckConstraint(
                condition=Q(scope="project", project__isnull=False) | (~Q(scope="project") & Q(project__isnull=True)),
                name="warranty_contract_project_if_by_project",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=("hospital", "starts_on"), name="warranty_contract_hospital"),
            models.Index(fields=("ends_on",), name="warranty_contract_ends"),
            models.Index(fields=("starts_on",), name="warranty_contract_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def clean(self) -> None:
        """What concerns two rows: project and earlier contract are the same hospital's, and nothing overlaps."""
        others = {"project": self.project, "follows": self.follows}
        for name, other in others.items():
            if other is not None and self.hospital_id and other.hospital_id != self.hospital_id:
                raise ValidationError({name: _("This belongs to another hospital.")})
        if self.follows is not None and self.starts_on and self.follows.ends_on >= self.starts_on:
            raise ValidationError({"starts_on": _("The contract before it has not ended on this day.")})

    def runs(self, on: date) -> bool:
        """Whether it is in force on that day of the site."""
        return self.activated_at is not None and self.starts_on <= on <= self.ends_on


class ServiceLine(models.Model):
    """A service of the catalogue that a contract grants, with its own hours (B5)."""

    class Service(models.TextChoices):
        HOTLINE = "hotline", _("hotline")
        REMOTE = "remote", _("remote service")
        ONSITE = "onsite", _("on-site service")
        ONLINE = "online", _("online service")
        SELF_SERVICE = "self_service", _("self-service")
        GREEN_CHANNEL = "green_channel", _("green channel")
        SPARES = "spares", _("spare parts")

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="lines", verbose_name=_("contract"))
    service = models.CharField(_("service"), max_length=16, choices=Service.choices)
    clause = models.CharField(_("clause"), max_length=40)
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="+", verbose_name=_("hours"))
    terms = models.CharField(_("terms"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("service of a contract")
        verbose_name_plural = _("services of a contract")
        ordering = ("contract", "position")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("contract", "service"), name="warranty_service_once_per_contract")
        ]

    def __str__(self) -> str:
        return f"{self.get_service_display()} ({self.clause})"
