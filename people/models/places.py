"""The hospitals and their sites, the company's bases, and how far one is from the other (A2, A11)."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.access import ScopedQuerySet
from people.validators import known_zone


class HospitalQuerySet(ScopedQuerySet["Hospital"]):
    hospital_path = "pk"
    region_path = "region"


class SiteQuerySet(ScopedQuerySet["Site"]):
    pass


class DepartmentQuerySet(ScopedQuerySet["Department"]):
    pass


class Region(models.Model):
    """A part of the country that one group of teams and one roster look after."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class ServiceBase(models.Model):
    """Where engineers start from; the on-site promise counts travel from here (A2)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    city = models.CharField(_("city"), max_length=40)
    region = models.ForeignKey(Region, models.PROTECT, related_name="bases", verbose_name=_("region"))
    latitude = models.FloatField(_("latitude"), validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(_("longitude"), validators=[MinValueValidator(-180), MaxValueValidator(180)])

    class Meta:
        verbose_name = _("service base")
        verbose_name_plural = _("service bases")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Hospital(models.Model):
    """The customer and the tenant boundary: every row that belongs to one carries its key."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="hospitals", verbose_name=_("region"))
    city = models.CharField(_("city"), max_length=40)
    is_active = models.BooleanField(_("active"), default=True)

    objects = HospitalQuerySet.as_manager()

    class Meta:
        verbose_name = _("hospital")
        verbose_name_plural = _("hospitals")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """An address of a hospital with a travel time from each service base (A2, A11)."""

    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="sites", verbose_name=_("hospital"))
    name = models.CharField(_("name"), max_length=80)
    address = models.CharField(_("address"), max_length=200)
    city = models.CharField(_("city"), max_length=40)
    latitude = models.FloatField(_("latitude"), validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(_("longitude"), validators=[MinValueValidator(-180), MaxValueValidator(180)])
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai", validators=[known_zone])
    base = models.ForeignKey(
        ServiceBase,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sites",
        verbose_name=_("contract's service base"),
        help_text=_("Empty: the base with the shortest travel time."),
    )
    access_notes = models.TextField(_("how to get in"), blank=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ("hospital", "name")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("hospital", "name"), name="people_site_once_per_hospital")
        ]

    def __str__(self) -> str:
        return f"{self.hospital} · {self.name}"


class Department(models.Model):
    """A department or room group of a hospital that faults are reported from."""

    hospital = models.ForeignKey(Hospital, models.CASCADE, related_name="departments", verbose_name=_("hospital"))
    name = models.CharField(_("name"), max_length=80)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ("hospital", "name")
        constraints: ClassVar = [models.UniqueConstraint(fields=("hospital", "name"), name="people_department_once")]

    def __str__(self) -> str:
        return self.name


class TravelTime(models.Model):
    """Travel minutes from a service base to a site, with source and date (A2).

    Rows are never edited: a new figure is a new row with its own `valid_from`, so a promise
    made from the old one can be recomputed for ever.
    """

    class Mode(models.TextChoices):
        ROAD = "road", _("by road")
        RAIL = "rail", _("by rail")
        AIR = "air", _("by air")

    site = models.ForeignKey(Site, models.CASCADE, related_name="travel_times", verbose_name=_("site"))
    base = models.ForeignKey(ServiceBase, models.CASCADE, related_name="travel_times", verbose_name=_("service base"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), validators=[MinValueValidator(1), MaxValueValidator(2880)])
    km = models.PositiveSmallIntegerField(_("kilometres"))
    mode = models.CharField(_("mode"), max_length=8, choices=Mode.choices, default=Mode.ROAD)
    source = models.CharField(_("source"), max_length=120, help_text=_("For example: road table 2026-03"))
    source_date = models.DateField(_("date of the figure"))
    is_estimate = models.BooleanField(_("estimate"), default=False, editable=False)
    valid_from = models.DateTimeField(_("valid from"))

    class Meta:
        verbose_name = _("travel time")
        verbose_name_plural = _("travel times")
        ordering = ("site", "base", "-valid_from")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("site", "base", "valid_from"), name="people_travel_once")
        ]

    def __str__(self) -> str:
        return f"{self.base} → {self.site}: {self.minutes} min"


class TravelFactor(models.Model):
    """Hours in which the roads are slower: minutes on the way times `factor`.

    For the expected arrival only. The promise counts the table's plain figure, whatever the hour (worked example 3).
    A span that ends before it begins goes on past midnight; where spans overlap the largest factor counts.
    """

    name = models.CharField(_("name"), max_length=40)
    weekdays = models.CharField(
        _("weekdays"),
        max_length=7,
        default="1234567",
        help_text=_("1 is Monday, 7 is Sunday."),
        validators=[RegexValidator(r"^[1-7]{1,7}$", _("Digits 1 to 7, at least one."))],
    )
    starts_at = models.TimeField(pgettext_lazy("of a time span", "from"))
    ends_at = models.TimeField(_("until"))
    factor = models.DecimalField(
        _("factor"), max_digits=3, decimal_places=2, validators=[MinValueValidator(0.5), MaxValueValidator(5)]
    )

    class Meta:
        verbose_name = _("travel factor")
        verbose_name_plural = _("travel factors")
        ordering = ("starts_at", "name")

    def __str__(self) -> str:
        return f"{self.name} × {self.factor}"
