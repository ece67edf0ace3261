"""The duty roster: rotations, their turns, and overrides (read by `people.roster`)."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models.persons import Role, User
from people.models.places import Region
from people.validators import known_zone


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
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai", validators=[known_zone])
    starts_on = models.DateField(_("first day"))
    turn_days = models.PositiveSmallIntegerField(
        _("days per turn"), default=7, validators=[MinValueValidator(1), MaxValueValidator(92)]
    )
    weekdays = models.CharField(
        _("weekdays"),
        max_length=7,
        default="1234567",
        help_text=_("1 is Monday, 7 is Sunday."),
        validators=[RegexValidator(r"^[1-7]{1,7}$", _("Digits 1 to 7, at least one."))],
    )
    starts_at = models.TimeField(pgettext_lazy("of a time span", "from"), default="00:00")
    ends_at = models.TimeField(_("until"), default="00:00")
    members = models.ManyToManyField(User, through="RotationMember", related_name="rotations", verbose_name=_("people"))

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
    starts_at = models.DateTimeField(pgettext_lazy("of a time span", "from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("duty override")
        verbose_name_plural = _("duty overrides")
        ordering = ("-starts_at",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="people_override_has_length")
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.starts_at:%Y-%m-%d %H:%M}"
