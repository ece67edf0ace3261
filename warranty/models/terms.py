"""The rules that a verdict is found by, what billable work costs, and the papers behind both."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from attachments.models import Attachment
from devices.models import Device
from people.access import ScopedQuerySet
from people.models import Hospital, User
from warranty import coverage
from warranty.models.contracts import Contract, KindsField
from warranty.wording import CAUSES

LONGEST = 30
"""Years of the longest term: more is a slip of the keyboard."""


class CoverageTerm(models.Model):
    """A version of a rule: who pays, for how many years from which day (A4, B2, A12). Never edited, only followed.

    Read by `warranty.coverage`, which explains the fields.
    """

    class Outcome(models.TextChoices):
        INHERENT = coverage.Outcome.INHERENT.value, _("free: inherent defect of the software")
        FREE = coverage.Outcome.FREE.value, _("free: warranty")
        BILLABLE = coverage.Outcome.BILLABLE.value, _("repaired at the hospital's cost")

    class Basis(models.TextChoices):
        ACCEPTANCE = coverage.Basis.ACCEPTANCE.value, _("acceptance")
        IMPLEMENTATION = coverage.Basis.IMPLEMENTATION.value, _("implementation")
        DISCONTINUATION = coverage.Basis.DISCONTINUATION.value, _("the model's discontinuation")
        ALWAYS = coverage.Basis.ALWAYS.value, pgettext_lazy("a warranty's basis", "none, it always holds")

    code = models.SlugField(_("rule"))
    version = models.PositiveIntegerField(_("version"), default=1)
    name = models.CharField(_("name"), max_length=80)
    clause = models.CharField(_("clause"), max_length=40)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices)
    basis = models.CharField(_("counts from"), max_length=16, choices=Basis.choices)
    years = models.PositiveSmallIntegerField(
        _("years"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(LONGEST)]
    )
    device_kinds = KindsField(_("kinds of device"), help_text=_("Empty: all."))
    causes = ArrayField(
        models.CharField(max_length=16, choices=CAUSES), default=list, blank=True, verbose_name=_("only these causes")
    )
    excluded_causes = ArrayField(
        models.CharField(max_length=16, choices=CAUSES), default=list, blank=True, verbose_name=_("not these causes")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("warranty rule")
        verbose_name_plural = _("warranty rules")
        ordering = ("position", "code", "-version")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("code", "version"), name="warranty_term_version_once"),
            models.CheckConstraint(
                condition=Q(basis="always", years__isnull=True) | (~Q(basis="always") & Q(years__gte=1)),
                name="warranty_term_has_years",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.clause})"


class PriceRow(models.Model):
    """What a unit of billable work costs; a contract may have its own. A new figure is a new row."""

    contract = models.ForeignKey(
        Contract, models.CASCADE, null=True, blank=True, related_name="prices", verbose_name=_("contract")
    )
    code = models.SlugField(_("code"))
    version = models.PositiveIntegerField(_("version"), default=1)
    name = models.CharField(_("name"), max_length=80)
    unit = models.CharField(_("unit"), max_length=20)
    amount = models.DecimalField(
        _("price of a unit (CNY)"), max_digits=10, decimal_places=2, validators=[MinValueValidator(0)]
    )
    quantity = models.DecimalField(
        _("units of a usual visit"), max_digits=6, decimal_places=2, default=1, validators=[MinValueValidator(0)]
    )
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ("code", "-valid_from", "-version")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("contract", "code", "version"), name="warranty_price_version_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(amount__gte=0, quantity__gte=0), name="warranty_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.amount}/{self.unit}"


class WarrantyProofQuerySet(ScopedQuerySet["WarrantyProof"]):
    sight = "contracts.see"


class WarrantyProof(models.Model):
    """The paper behind a device's warranty: its acceptance protocol, or a longer term of its maker (A4)."""

    class Kind(models.TextChoices):
        ACCEPTANCE = "acceptance", _("acceptance protocol")
        MAKER = "maker", _("maker's warranty")

    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="+", verbose_name=_("hospital"))
    device = models.ForeignKey(Device, models.CASCADE, related_name="proofs", verbose_name=_("device"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    until = models.DateField(_("warranty until"), null=True, blank=True)
    paper = models.ForeignKey(Attachment, models.PROTECT, related_name="+", verbose_name=_("paper"))
    added_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("from"))
    added_at = models.DateTimeField(_("added"))

    objects = WarrantyProofQuerySet.as_manager()

    class Meta:
        verbose_name = _("proof of a warranty")
        verbose_name_plural = _("proofs of warranties")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="acceptance", until__isnull=True) | Q(kind="maker", until__isnull=False),
                name="warranty_proof_until_of_a_maker",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.until or ''}".strip()
