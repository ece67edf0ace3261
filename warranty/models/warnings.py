"""Up to which day each ladder of warnings has spoken."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class WarningDay(models.Model):
    """The last day whose warnings were given: the next run speaks of the days since, however many."""

    code = models.SlugField(_("ladder"), unique=True)
    said_until = models.DateField(_("said until"))

    class Meta:
        verbose_name = _("day of warnings")
        verbose_name_plural = _("days of warnings")
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.code} {self.said_until}"
