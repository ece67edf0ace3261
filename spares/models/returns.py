"""A part on its way back: the faulty one for which a good one came, or a good one that was not needed (A13)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from devices.models import Device
from people.access import ScopedQuerySet
from people.models import Hospital, User
from spares.models.parts import Depot, Part, Unit
from spares.models.requests import RequestLine


class ReturnQuerySet(ScopedQuerySet["Return"]):
    sight = "spares.see"


class Return(models.Model):
    """Good out, faulty in: one pair (A13). The faulty part is owed from when the good one was fitted or sent.

    UNUSED: the good one itself comes back, `good_unit` or `quantity` pieces of `line`, and ends as stock of its depot.
    A faulty part is one piece.
    Two legs: hospital → depot (`owed_since`, `received_at`) and depot ↔ maker (`sent_at`; `replaced_at`, when the
    maker's good unit is in stock). With `is_advance` the maker ships first. `chased` counts the reminders at
    10, 20 and 30 days.
    """

    class Kind(models.TextChoices):
        FAULTY = "faulty", pgettext_lazy("part that comes back", "Faulty")
        UNUSED = "unused", pgettext_lazy("part that comes back", "Good, not needed")

    class State(models.TextChoices):
        OWED = "owed", _("The hospital still has it")
        RECEIVED = "received", _("Back in the depot")
        AT_MAKER = "at_maker", _("With the maker")
        CLOSED = "closed", _("Settled")
        LOST = "lost", _("Written off")

    class Resolution(models.TextChoices):
        REPLACED = "replaced", _("Replaced by the maker")
        REPAIRED = "repaired", _("Repaired")
        CREDITED = "credited", _("Credited")
        SCRAPPED = "scrapped", _("Scrapped")
        RESTOCKED = "restocked", _("Good stock again")
        KEPT = "kept", _("Fitted after all")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices, default=Kind.FAULTY)
    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="part_returns", verbose_name=_("hospital"))
    device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="+")
    line = models.ForeignKey(
        RequestLine, models.PROTECT, null=True, blank=True, related_name="returns", verbose_name=_("good part out")
    )
    part = models.ForeignKey(Part, models.PROTECT, related_name="+", verbose_name=_("part"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    good_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("good unit")
    )
    faulty_serial = models.CharField(_("faulty serial"), max_length=60, blank=True)
    faulty_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("faulty unit")
    )
    depot = models.ForeignKey(Depot, models.PROTECT, related_name="returns", verbose_name=_("depot"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OWED)
    is_advance = models.BooleanField(_("the maker ships first"), default=False)
    maker_case = models.CharField(_("maker's case"), max_length=60, blank=True)
    owed_since = models.DateTimeField(_("owed since"))
    received_at = models.DateTimeField(_("back in the depot"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent to the maker"), null=True, blank=True)
    sent_waybill = models.CharField(_("waybill to the maker"), max_length=40, blank=True)
    maker_shipped_at = models.DateTimeField(_("maker shipped"), null=True, blank=True)
    replaced_at = models.DateTimeField(_("good unit from the maker"), null=True, blank=True)
    replacement = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("maker's unit")
    )
    resolution = models.CharField(_("settled by"), max_length=10, choices=Resolution.choices, blank=True)
    closed_at = models.DateTimeField(_("settled"), null=True, blank=True)
    chased = models.PositiveSmallIntegerField(_("reminders"), default=0)
    reason = models.CharField(_("remark"), max_length=200, blank=True)
    opened_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("part", "faulty_serial"),
                condition=~Q(faulty_serial="") & ~Q(state__in=["closed", "lost"]),
                name="spares_return_open_once",
            ),
            models.UniqueConstraint(
                fields=("good_unit",),
                condition=Q(kind="unused") & ~Q(state__in=["closed", "lost"]),
                name="spares_unused_unit_open_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="faulty", quantity=1) | Q(kind="unused", quantity__gte=1, line__isnull=False),
                name="spares_return_of_its_kind",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("owed_since",), name="spares_returns_open", condition=~Q(state__in=["closed", "lost"])
            ),
            models.Index(fields=("hospital", "-id"), name="spares_returns_of_hospital"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.part}"
