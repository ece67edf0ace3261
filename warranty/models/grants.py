"""What a contract grants and demands in each of its years: quotas, what was taken of them, duties and their proof."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from attachments.models import Attachment
from people.access import ScopedQuerySet
from people.models import Hospital, User
from warranty.models.contracts import Contract


class EntitlementQuerySet(ScopedQuerySet["Entitlement"]):
    sight = "contracts.see"
    hospital_path = "contract__hospital"
    region_path = "contract__hospital__region"


class UseQuerySet(ScopedQuerySet["Use"]):
    sight = "contracts.see"


class DutyEntryQuerySet(ScopedQuerySet["DutyEntry"]):
    sight = "contracts.see"


class Entitlement(models.Model):
    """So many a contract year (A9, A10, B5, B6). `is_owed`: the company has to bring them about by itself."""

    class Kind(models.TextChoices):
        URGENT = "urgent", _("urgent response")
        MEETING = "meeting", _("meeting guarantee")
        INSPECTION = "inspection", _("inspection")
        TRAINING = "training", _("training")
        REPORT = "report", _("telephone support report")

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="entitlements", verbose_name=_("contract"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    clause = models.CharField(_("clause"), max_length=40)
    per_year = models.PositiveSmallIntegerField(
        _("per contract year"), validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    is_owed = models.BooleanField(_("owed by the company"), default=False)
    lead_days = models.PositiveSmallIntegerField(
        _("days that one takes to arrange"), default=14, validators=[MinValueValidator(1), MaxValueValidator(180)]
    )

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")
        ordering = ("contract", "kind")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("contract", "kind"), name="warranty_entitlement_once_per_contract")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ×{self.per_year}"


class EntitlementYear(models.Model):
    """The quota of one contract year, made when it is first asked for. `used` never passes `granted`."""

    entitlement = models.ForeignKey(Entitlement, models.PROTECT, related_name="years", verbose_name=_("entitlement"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    granted = models.PositiveSmallIntegerField(_("granted"))
    used = models.PositiveSmallIntegerField(_("used"), default=0)

    class Meta:
        verbose_name = _("year of an entitlement")
        verbose_name_plural = _("years of entitlements")
        ordering = ("entitlement", "-starts_on")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("entitlement", "starts_on"), name="warranty_year_once"),
            models.CheckConstraint(condition=Q(used__lte=F("granted")), name="warranty_used_within_granted"),
        ]
        indexes: ClassVar = [models.Index(fields=("ends_on",), name="warranty_year_ends")]

    def __str__(self) -> str:
        return f"{self.entitlement} {self.starts_on}: {self.used}/{self.granted}"


class Use(models.Model):
    """One taking. Beyond the quota it is billable; given back, it stays on record (B6).

    `reference` says what for, once per year of the entitlement: the same one again gives the same row.
    """

    year = models.ForeignKey(EntitlementYear, models.PROTECT, related_name="uses", verbose_name=_("year"))
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="+", verbose_name=_("hospital"))
    reference = models.CharField(_("for"), max_length=80)
    on = models.DateField(pgettext_lazy("day", "on"))
    is_billable = models.BooleanField(_("billable"))
    taken_at = models.DateTimeField(_("taken"))
    taken_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    returned_at = models.DateTimeField(_("given back"), null=True)
    returned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("given back by"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = UseQuerySet.as_manager()

    class Meta:
        verbose_name = _("use of an entitlement")
        verbose_name_plural = _("uses of entitlements")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("year", "reference"), name="warranty_use_once", condition=Q(returned_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.on}"


class DutyEntry(models.Model):
    """One thing that the company owes in a contract year: planned for a day, then done with its proof (N3)."""

    entitlement = models.ForeignKey(Entitlement, models.PROTECT, related_name="duties", verbose_name=_("duty"))
    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="+", verbose_name=_("hospital"))
    use = models.OneToOneField(Use, models.PROTECT, related_name="duty", verbose_name=_("taken from the quota"))
    year_starts_on = models.DateField(_("first day of its year"))
    planned_on = models.DateField(_("planned for"))
    planned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("planned by"))
    done_on = models.DateField(_("done on"), null=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("done by"))
    recorded_at = models.DateTimeField(_("recorded"))
    proof = models.ForeignKey(Attachment, models.PROTECT, null=True, related_name="+", verbose_name=_("proof"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    dropped_at = models.DateTimeField(_("dropped"), null=True)

    objects = DutyEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("duty")
        verbose_name_plural = _("duties")
        ordering = ("planned_on", "id")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, proof__isnull=True)
                | Q(done_on__isnull=False, proof__isnull=False, dropped_at__isnull=True),
                name="warranty_duty_done_with_proof",
            )
        ]
        indexes: ClassVar = [models.Index(fields=("entitlement", "year_starts_on"), name="warranty_duty_year")]

    def __str__(self) -> str:
        return f"{self.entitlement} {self.done_on or self.planned_on}"
