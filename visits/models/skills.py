"""What an engineer can be sent for (A8)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from devices.models import DeviceModel
from people.models import User


class Skill(models.Model):
    """An engineer's grade with one kind of device: 1 with help, 2 alone, 3 helps others."""

    class Grade(models.IntegerChoices):
        WITH_HELP = 1, _("with help")
        ALONE = 2, _("alone")
        EXPERT = 3, _("helps others")

    engineer = models.ForeignKey(User, models.CASCADE, related_name="skills", verbose_name=_("engineer"))
    device_kind = models.CharField(_("kind of device"), max_length=12, choices=DeviceModel.Kind.choices)
    grade = models.PositiveSmallIntegerField(_("grade"), choices=Grade.choices, default=Grade.ALONE)

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ("engineer", "device_kind")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("engineer", "device_kind"), name="visits_skill_once"),
            models.CheckConstraint(condition=Q(grade__gte=1, grade__lte=3), name="visits_skill_grade_1_to_3"),
        ]

    def __str__(self) -> str:
        return f"{self.engineer} {self.get_device_kind_display()} {self.grade}"
