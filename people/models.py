"""Who and whose: hospitals, their sites and people, the company's bases, teams and people."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The persons of the promise book ("Who works with it"); what each may do stands in `access.ACTS`."""

    HOSPITAL_STAFF = "hospital_staff", _("Hospital staff")
    HOSPITAL_TECHNICIAN = "hospital_technician", _("Hospital technician")
    OPERATOR = "operator", _("Hotline operator")
    LEAD = "lead", _("Dispatcher / team lead")
    ENGINEER = "engineer", _("Field engineer")
    DEPOT = "depot", _("Depot clerk")
    MANAGER = "manager", _("Manager")
    ADMIN = "admin", _("Administrator")


HOSPITAL_ROLES = frozenset({Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN})


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
    longitude = models.FloatField(
        _("longitude"), validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )

    class Meta:
        verbose_name = _("service base")
        verbose_name_plural = _("service bases")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """People who share a queue; B3's three tiers are three kinds of team."""

    class Tier(models.IntegerChoices):
        FRONT = 1, _("Front-line engineers")
        CENTRE = 2, _("Service centre")
        DEVELOPMENT = 3, _("Technical centre")

    name = models.CharField(_("name"), max_length=80, unique=True)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="teams", verbose_name=_("region")
    )
    base = models.ForeignKey(
        ServiceBase, models.PROTECT, null=True, blank=True, related_name="teams", verbose_name=_("service base")
    )
    tier = models.PositiveSmallIntegerField(_("tier"), choices=Tier.choices, default=Tier.CENTRE)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ("tier", "name")

    def __str__(self) -> str:
        return self.name


class Hospital(models.Model):
    """The customer and the tenant boundary: every row that belongs to one carries its key."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="hospitals", verbose_name=_("region"))
    city = models.CharField(_("city"), max_length=40)
    is_active = models.BooleanField(_("active"), default=True)

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
    longitude = models.FloatField(
        _("longitude"), validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
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

    hospital = models.ForeignKey(
        Hospital, models.CASCADE, related_name="departments", verbose_name=_("hospital")
    )
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ("hospital", "name")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("hospital", "name"), name="people_department_once")
        ]

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
    base = models.ForeignKey(
        ServiceBase, models.CASCADE, related_name="travel_times", verbose_name=_("service base")
    )
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(2880)]
    )
    km = models.PositiveSmallIntegerField(_("kilometres"))
    mode = models.CharField(_("mode"), max_length=8, choices=Mode.choices, default=Mode.ROAD)
    source = models.CharField(_("source"), max_length=120, help_text=_("For example: road table 2026-03"))
    source_date = models.DateField(_("date of the figure"))
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


class UserManager(BaseUserManager["User"]):
    def create_user(self, *, name: str, password: str | None = None, **fields: Any) -> User:
        if email := fields.get("email"):
            fields["email"] = self.normalize_email(email).lower()
        user = self.model(name=name, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, *, name: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(name=name, password=password, role=Role.ADMIN, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Log-in name is the e-mail address or the phone number."""
        return self.get(Q(email=(username or "").strip().lower()) | Q(phone=(username or "").strip()))


class User(AbstractBaseUser, PermissionsMixin):
    """A person with one role, who signs in by e-mail or phone."""

    name = models.CharField(_("name"), max_length=60)
    title = models.CharField(_("post"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=20, unique=True, null=True, blank=True)
    role = models.CharField(_("role"), max_length=24, choices=Role.choices, default=Role.HOSPITAL_STAFF)
    hospital = models.ForeignKey(
        Hospital, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("hospital")
    )
    department = models.ForeignKey(
        Department, models.SET_NULL, null=True, blank=True, related_name="people", verbose_name=_("department")
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("team")
    )
    language = models.CharField(
        _("language"), max_length=8, choices=(("zh-hans", "中文"), ("en", "English")), default="zh-hans"
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(_("demo account"), default=False, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ("name",)
        indexes: ClassVar = [models.Index(fields=("role", "team"), name="people_user_role")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(email__isnull=False) | Q(phone__isnull=False), name="people_user_reachable"
            ),
            models.CheckConstraint(
                condition=(
                    Q(role__in=[Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN], hospital__isnull=False)
                    | (~Q(role__in=[Role.HOSPITAL_STAFF, Role.HOSPITAL_TECHNICIAN]) & Q(hospital__isnull=True))
                ),
                name="people_hospital_roles_have_a_hospital",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_staff(self) -> bool:
        """Django admin is for the administrator; set-up rows live there."""
        return self.role == Role.ADMIN

    @property
    def is_hospital(self) -> bool:
        return self.role in HOSPITAL_ROLES

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def _session_hash(self, **kwargs: Any) -> str:
        """Sessions end when password, role, hospital or activity changes (safety T011, T069, T070)."""
        value = f"{self.password}|{self.role}|{self.hospital_id}|{self.is_active}"
        return salted_hmac("people.User.session", value, algorithm="sha256", **kwargs).hexdigest()

    def get_session_auth_hash(self) -> str:
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Any:
        return iter(())

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower() if self.email else None
        self.phone = self.phone or None
        super().save(*args, **kwargs)


class Rotation(models.Model):
    """A standing duty roster: who of `members` is on duty for a role and region, in turn.

    The hand-over happens every `turn_days` at `hand_over` local time, counted from `starts_on`;
    within a turn the duty covers `weekdays` from `starts_at` to `ends_at` (equal: round the clock).
    """

    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    region = models.ForeignKey(
        Region,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="rotations",
        verbose_name=_("region"),
        help_text=_("Empty: every region."),
    )
    name = models.CharField(_("name"), max_length=80)
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    starts_on = models.DateField(_("first day"))
    turn_days = models.PositiveSmallIntegerField(
        _("days per turn"), default=7, validators=[MinValueValidator(1), MaxValueValidator(92)]
    )
    weekdays = models.CharField(
        _("weekdays"), max_length=7, default="1234567", help_text=_("1 is Monday, 7 is Sunday.")
    )
    starts_at = models.TimeField(_("from"), default="00:00")
    ends_at = models.TimeField(_("until"), default="00:00")
    members = models.ManyToManyField(
        User, through="RotationMember", related_name="rotations", verbose_name=_("people")
    )

    class Meta:
        verbose_name = _("rotation")
        verbose_name_plural = _("rotations")
        ordering = ("role", "region", "name")

    def __str__(self) -> str:
        return self.name


class RotationMember(models.Model):
    rotation = models.ForeignKey(Rotation, models.CASCADE, related_name="turns", verbose_name=_("rotation"))
    user = models.ForeignKey(User, models.CASCADE, verbose_name=_("person"))
    position = models.PositiveSmallIntegerField(_("turn"))

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        ordering = ("rotation", "position")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("rotation", "position"), name="people_one_person_per_turn")
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.user}"


class DutyOverride(models.Model):
    """A change of the roster for some hours: `user` is on duty instead of whoever the rotation names."""

    role = models.CharField(_("role"), max_length=24, choices=Role.choices)
    region = models.ForeignKey(
        Region, models.CASCADE, null=True, blank=True, related_name="duty_overrides", verbose_name=_("region")
    )
    user = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("person"),
        help_text=_("Empty: nobody is on duty in these hours."),
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("duty override")
        verbose_name_plural = _("duty overrides")
        ordering = ("-starts_at",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="people_override_has_length"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.starts_at:%Y-%m-%d %H:%M}"
