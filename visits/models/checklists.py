"""What an engineer goes through at a device: versioned lists of checks (A8, A9)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from devices.models import DeviceModel
from people.models import User
from visits.validators import checks


class Checklist(models.Model):
    """One version of a list; a published one is never edited, a new one takes its place.

    `items`: [{"key": "psu", "text": "…", "kind": "check"|"number"|"photo"|"text", "required": true, "unit": "℃",
    "low": null, "high": 70, "hint": "…"}]. The newest published version with the device's kind and, if it names one,
    the fault class's code is the one that is used; what was used stays with the visit.
    """

    code = models.SlugField(_("code"))
    version = models.PositiveIntegerField(_("version"), default=1)
    name = models.CharField(_("name"), max_length=80)
    device_kind = models.CharField(
        _("kind of device"), max_length=12, choices=DeviceModel.Kind.choices, blank=True, help_text=_("Empty: all.")
    )
    fault_class = models.CharField(_("fault class"), max_length=50, blank=True, help_text=_("Its code. Empty: all."))
    procedure = models.TextField(_("procedure"), blank=True)
    items = models.JSONField(_("checks"), default=list, blank=True, validators=[checks])
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("checklist")
        verbose_name_plural = _("checklists")
        ordering = ("code", "-version")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("code", "version"), name="visits_checklist_version_once"),
            models.UniqueConstraint(
                fields=("code",), condition=Q(published_at__isnull=True), name="visits_checklist_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"
