"""Working hours and the national calendar as rows (N11)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import User


class Calendar(models.Model):
    """Working hours that an administrator edits; `CalendarVersion` freezes what clocks count by.

    `hours` maps mon … sun (and optionally `extra`, for make-up workdays) to [["09:00", "18:00"], …].
    A calendar that follows the national one knows only the years whose days are loaded (N11).
    """

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    hours = models.JSONField(_("hours"))
    rest_hours = models.JSONField(
        _("hours on public holidays"), default=list, blank=True, help_text=_("Empty: closed.")
    )
    follows_national = models.BooleanField(_("follows the national calendar"), default=True)

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class NationalYear(models.Model):
    """A year of the State Council's table. No row, or not published: clocks say "provisional"."""

    year = models.PositiveSmallIntegerField(_("year"), unique=True)
    is_published = models.BooleanField(_("published"), default=False)
    source = models.CharField(_("source"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("year of the national calendar")
        verbose_name_plural = _("years of the national calendar")
        ordering = ("-year",)

    def __str__(self) -> str:
        return str(self.year)


class NationalDay(models.Model):
    """A public holiday or a make-up workday (调休)."""

    class DayKind(models.TextChoices):
        HOLIDAY = "holiday", _("public holiday")
        WORKDAY = "workday", _("make-up workday")

    year = models.ForeignKey(NationalYear, models.CASCADE, related_name="days", verbose_name=_("year"))
    date = models.DateField(_("date"), unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=DayKind.choices)
    name = models.CharField(_("name"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("day of the national calendar")
        verbose_name_plural = _("days of the national calendar")
        ordering = ("date",)

    def __str__(self) -> str:
        return f"{self.date} {self.get_kind_display()}"


class CalendarVersion(models.Model):
    """What a calendar said from one activation to the next; never edited, so old clocks can be recounted.

    `content` is the mapping that `sla.calendars.compile_hours` reads: timezone, hours, holidays,
    extra_workdays, rest_hours, years.
    """

    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="versions", verbose_name=_("calendar"))
    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"))
    active_from = models.DateTimeField(_("active from"))
    activated_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("activated by"))

    class Meta:
        verbose_name = _("calendar version")
        verbose_name_plural = _("calendar versions")
        ordering = ("calendar", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("calendar", "number"), name="sla_calendar_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.calendar} v{self.number}"


class CalendarDraft(models.Model):
    """A year of the national calendar on its way in: loaded, looked at, then put in force or dropped (N11).

    `days` is the whole year as it would stand: [["2027-10-01", "holiday", "国庆节"], …] in order. A draft that
    was put in force stays, as the edition of the year that somebody answered for.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        ACTIVE = "active", _("in force")
        DISCARDED = "discarded", _("discarded")

    year = models.PositiveSmallIntegerField(_("year"))
    days = models.JSONField(_("days"), default=list)
    source = models.CharField(_("source"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"))
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided"), null=True)
    moved = models.PositiveIntegerField(_("matters that follow it"), default=0)

    class Meta:
        verbose_name = _("draft of a calendar year")
        verbose_name_plural = _("drafts of calendar years")
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("year",), condition=Q(state="draft"), name="sla_one_draft_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.get_state_display()}"
