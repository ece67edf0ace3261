"""What the sweep left behind: pages, loud events, its own heartbeat."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef
from django.utils.translation import gettext_lazy as _

from people.models import User
from sla.models.timeline import Deadline


class PageQuerySet(models.QuerySet["Page"]):
    def with_names(self) -> Self:
        """With `names`: the people whom each reached, in order of their names."""
        people = User.objects.filter(pages=OuterRef("pk")).order_by("name").values("name")
        return self.annotate(names=ArraySubquery(people))


class Page(models.Model):
    """A milestone that was reached: who was told, how late, or why nobody was. Once each, by constraint."""

    class State(models.TextChoices):
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("skipped for a later step")

    deadline = models.ForeignKey(Deadline, models.CASCADE, related_name="pages", verbose_name=_("deadline"))
    cycle = models.PositiveSmallIntegerField(_("cycle"))
    step = models.PositiveSmallIntegerField(_("step"))
    label = models.CharField(_("milestone"), max_length=20)
    due_at = models.DateTimeField(_("milestone at"))
    fired_at = models.DateTimeField(_("fired"))
    late_seconds = models.PositiveIntegerField(_("late by (s)"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    roles = ArrayField(models.CharField(max_length=24), default=list, verbose_name=_("roles asked"))
    recipients = models.ManyToManyField(User, related_name="pages", verbose_name=_("recipients"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    names: list[str]
    """Only of rows read `with_names`."""
    objects = PageQuerySet.as_manager()

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ("-id",)
        constraints: ClassVar = [models.UniqueConstraint(fields=("deadline", "cycle", "step"), name="sla_page_once")]

    def __str__(self) -> str:
        return f"{self.deadline_id} {self.label} {self.state}"


class EngineEvent(models.Model):
    """Something about the engine itself that a person has to know: nobody on duty, a row set aside."""

    class EventKind(models.TextChoices):
        NOBODY_ON_DUTY = "nobody_on_duty", _("nobody on duty")
        SET_ASIDE = "set_aside", _("row set aside")
        YEAR_MISSING = "year_missing", _("calendar year not loaded")

    at = models.DateTimeField(_("when"))
    kind = models.CharField(_("kind"), max_length=16, choices=EventKind.choices)
    deadline = models.ForeignKey(Deadline, models.CASCADE, null=True, related_name="events", verbose_name=_("deadline"))
    detail = models.CharField(_("detail"), max_length=300)

    class Meta:
        verbose_name = _("engine event")
        verbose_name_plural = _("engine events")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()}"


class Heartbeat(models.Model):
    """The last committed sweeps, for anyone who watches the watcher (one row a sweep, pruned)."""

    at = models.DateTimeField(_("at"))
    took_ms = models.PositiveIntegerField(_("took (ms)"))
    due = models.PositiveIntegerField(_("due"))
    fired = models.PositiveIntegerField(_("paged"))
    running = models.PositiveIntegerField(_("running clocks"))
    counted = models.BooleanField(_("clocks counted"), default=True)
    oldest_late_seconds = models.PositiveIntegerField(_("latest by (s)"), default=0)

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        ordering = ("-at",)
        indexes: ClassVar = [models.Index(fields=("-at",), name="sla_heartbeat_last")]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.due}"
