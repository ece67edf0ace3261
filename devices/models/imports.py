"""Lists of devices that were handed in, row by row, and what became of each row."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from devices.models.devices import Device
from people.access import may
from people.models import User


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def for_user(self, user: User | Any) -> Self:
        """A list may name every hospital: only who may import sees one."""
        return self.all() if may(user, "devices.import") else self.none()


class ImportBatch(models.Model):
    """One list, from upload to undo. `mapping` says which of its `headings` is which column (`{"serial": 3}`)."""

    class State(models.TextChoices):
        READ = "read", pgettext_lazy("list", "Read")
        CHECKED = "checked", pgettext_lazy("list", "Checked")
        APPLYING = "applying", pgettext_lazy("list", "Being applied")
        APPLIED = "applied", pgettext_lazy("list", "Applied")
        UNDOING = "undoing", pgettext_lazy("list", "Being undone")
        UNDONE = "undone", pgettext_lazy("list", "Undone")

    name = models.CharField(_("file"), max_length=120)
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    headings = models.JSONField(_("headings"), default=list)
    mapping = models.JSONField(_("columns"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.READ)
    total = models.PositiveIntegerField(_("rows"))
    planned = models.PositiveIntegerField(_("rows to write"), default=0)
    done = models.PositiveIntegerField(_("rows written"), default=0)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    made_at = models.DateTimeField(_("handed in"))
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("applied by"))
    applied_at = models.DateTimeField(_("applied"), null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("undone by"))
    undone_at = models.DateTimeField(_("undone"), null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of devices")
        verbose_name_plural = _("imports of devices")
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(
                fields=("id",), name="devices_imports_at_work", condition=models.Q(state__in=["applying", "undoing"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"

    @property
    def named(self) -> str:
        """As a device's life names it."""
        return f"{self.name} #{self.pk}"

    @property
    def is_at_work(self) -> bool:
        return self.state in {self.State.APPLYING, self.State.UNDOING}

    @property
    def percent(self) -> int:
        """How much of the work is done."""
        return self.done * 100 // self.planned if self.planned else 100


class ImportRow(models.Model):
    """One row. `diff`: what it changes, in words (`{"room": ["old", "new"]}`); `before` and `after`: the device's
    fields around the writing, by which undoing knows whether anybody changed it since.
    """

    class Verdict(models.TextChoices):
        NEW = "new", pgettext_lazy("row", "New")
        CHANGED = "changed", pgettext_lazy("row", "Changed")
        SAME = "same", pgettext_lazy("row", "Same")
        ERROR = "error", pgettext_lazy("row", "Error")

    class Outcome(models.TextChoices):
        APPLIED = "applied", pgettext_lazy("row", "Written")
        FAILED = "failed", pgettext_lazy("row", "Not written")
        UNDONE = "undone", pgettext_lazy("row", "Undone")
        LEFT = "left", pgettext_lazy("row", "Left as it is")

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows", verbose_name=_("import"))
    number = models.PositiveIntegerField(_("row"))
    cells = models.JSONField(_("cells"))
    formulas = models.JSONField(_("formulas"), default=list)
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict.choices, blank=True)
    warns = models.BooleanField(_("has warnings"), default=False)
    problems = models.JSONField(_("errors and warnings"), default=list)
    diff = models.JSONField(_("changes"), default=dict)
    rank = models.PositiveSmallIntegerField(_("depth below its MCU"), default=0)
    device = models.ForeignKey(Device, models.SET_NULL, null=True, related_name="+", verbose_name=_("device"))
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices, blank=True)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ("batch", "number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("batch", "number"), name="devices_import_row_once"),
        ]
        indexes: ClassVar = [models.Index(fields=("batch", "outcome", "rank", "number"), name="devices_import_rows")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.number}"
