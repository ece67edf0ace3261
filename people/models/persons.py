"""People, their roles and teams, and the links that let them in again."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.access import ScopedQuerySet, may
from people.models.places import Department, Hospital, Region, ServiceBase
from people.validators import login_name, plain_phone


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


class UserQuerySet(ScopedQuerySet["User"]):
    """People. A hospital sees its own; names of company people reach it only through its tickets."""

    def for_user(self, user: User | AnonymousUser) -> Self:
        seen = super().for_user(user)
        if not may(user, "console"):
            return seen
        return self.filter(Q(hospital__isnull=True) | Q(pk__in=seen.values("pk")))


class UserManager(BaseUserManager["User"]):
    """Makes people and finds them by what they sign in with."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def for_user(self, user: User | AnonymousUser) -> UserQuerySet:
        return self.get_queryset().for_user(user)

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
        name = login_name(username or "")
        return self.get(Q(email=name) | Q(phone=name))


def new_mark() -> str:
    """A random word that every session of a person is bound to; a new one ends them all."""
    return get_random_string(16)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with one role, who signs in by e-mail or phone."""

    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=60)
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
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("team"))
    language = models.CharField(
        _("language"), max_length=8, choices=(("zh-hans", "中文"), ("en", "English")), default="zh-hans"
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(_("demo account"), default=False, editable=False)
    session_mark = models.CharField(max_length=16, default=new_mark, editable=False)
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

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django admin's question; the role answers it, permission rows grant nothing."""
        return may(self, "setup")

    def has_module_perms(self, app_label: str) -> bool:
        return may(self, "setup")

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def _session_hash(self, **kwargs: Any) -> str:
        """Sessions end when password, role, hospital or activity changes (safety T011, T069, T070)."""
        value = f"{self.password}|{self.role}|{self.hospital_id}|{self.is_active}|{self.session_mark}"
        return salted_hmac("people.User.session", value, algorithm="sha256", **kwargs).hexdigest()

    def get_session_auth_hash(self) -> str:
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Any:
        return iter(())

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.lower() if self.email else None
        self.phone = plain_phone(self.phone or "") or None
        super().save(*args, **kwargs)


class LinkRequest(models.Model):
    """Somebody asked for a link to set a password; `people.links` sends it, the database is the schedule.

    A row is written for every name that is typed, known or not, so that the answer and its time tell
    nothing (safety T067), and so that rows can be counted to slow a flood. No token is stored.
    """

    class Purpose(models.TextChoices):
        RESET = "reset", _("forgotten password")
        INVITATION = "invitation", _("invitation")

    login = models.CharField(_("e-mail or phone"), max_length=254)
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose.choices)
    address = models.GenericIPAddressField(_("from address"), null=True)
    requested_at = models.DateTimeField(_("asked"))
    next_try_at = models.DateTimeField(_("next try"), null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)

    class Meta:
        verbose_name = _("link request")
        verbose_name_plural = _("link requests")
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=("next_try_at",), name="people_link_due", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=("login", "requested_at"), name="people_link_by_login"),
            models.Index(fields=("address", "requested_at"), name="people_link_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.requested_at:%Y-%m-%d %H:%M}"
