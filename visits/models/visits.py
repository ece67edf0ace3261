"""A visit to a site and the engineers who are booked for it (A2, A8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from common.prepared import Given
from people.access import ScopedQuerySet
from people.models import Hospital, ServiceBase, Site, User
from sla.models import Timeline
from visits.models.checklists import Checklist

if TYPE_CHECKING:
    from visits.models.records import VisitRecord

ONE_ENGINEER = Func(F("engineer"), F("engineer"), models.Value("[]"), function="int8range")
"""A range of one key overlaps itself only, so that no extension is needed to compare keys in a range index."""


class VisitQuerySet(ScopedQuerySet["Visit"]):
    sight = "visits.see"

    def own(self, person: int | Given) -> Q:
        """Who was sent, and not who was sent once and somebody else goes now (T018)."""
        return Q(pk__in=Crew.objects.on_record().filter(engineer=person).values("visit"))


class Visit(models.Model):
    """One way of one crew to one site and what came of it (A8). `visits.dispatch` is the only writer of `state`.

    `starts_at` and `ends_at` are the planned window at the site. The travel figures are those of the lead engineer's
    own way: they give the expected arrival, never the promise (worked example 3). `timeline` is that of the matter it
    serves, when there is one: the facts of the visit are written there.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        TRAVEL = "travel", _("On the way")
        ON_SITE = "on_site", _("At the site")
        WORKING = "working", _("At work")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    class Purpose(models.TextChoices):
        REPAIR = "repair", _("Repair")
        PART = "part", _("Fitting a spare part")
        INSPECTION = "inspection", _("Inspection")
        MEETING = "meeting", _("Meeting guarantee")
        TRAINING = "training", _("Training")
        OTHER = "other", _("Other")

    class Outcome(models.TextChoices):
        SOLVED = "solved", _("Solved")
        PART = "part", _("Needs a part")
        RETURN = "return", _("Has to come again")
        NO_ACCESS = "no_access", _("Could not get in")

    class CheckIn(models.TextChoices):
        BUTTON = "button", _("Button on the phone")
        CODE = "code", _("Code at the site")
        PHOTO = "photo", _("Photo of the place")
        HOSPITAL = "hospital", _("Confirmed by the hospital")
        DESK = "desk", _("Reported to the desk")

    hospital = models.ForeignKey(Hospital, models.PROTECT, related_name="visits", verbose_name=_("hospital"))
    site = models.ForeignKey(Site, models.PROTECT, related_name="visits", verbose_name=_("site"))
    timeline = models.ForeignKey(
        Timeline, models.PROTECT, null=True, blank=True, related_name="visits", verbose_name=_("timeline")
    )
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose.choices, default=Purpose.REPAIR)
    subject = models.CharField(_("subject"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PLANNED)
    starts_at = models.DateTimeField(_("planned from"))
    ends_at = models.DateTimeField(_("planned until"))

    travel_base = models.ForeignKey(
        ServiceBase, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("sets out from the base")
    )
    travel_from = models.CharField(_("sets out from"), max_length=120, blank=True)
    travel_minutes = models.PositiveSmallIntegerField(_("minutes on the way"), null=True, blank=True)
    travel_km = models.PositiveSmallIntegerField(_("kilometres"), null=True, blank=True)
    travel_source = models.CharField(_("source of the figure"), max_length=160, blank=True)
    travel_is_estimate = models.BooleanField(_("estimate"), default=False)
    travel_reason = models.CharField(_("reason for another figure"), max_length=200, blank=True)

    departed_at = models.DateTimeField(_("departed"), null=True, blank=True)
    expected_arrival_at = models.DateTimeField(_("expected arrival"), null=True, blank=True)
    arrived_at = models.DateTimeField(_("arrived"), null=True, blank=True)
    started_at = models.DateTimeField(_("work began"), null=True, blank=True)
    finished_at = models.DateTimeField(_("work ended"), null=True, blank=True)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)

    check_in = models.CharField(_("check-in by"), max_length=10, choices=CheckIn.choices, blank=True)
    distance_m = models.PositiveIntegerField(_("metres from the site"), null=True, blank=True)
    accuracy_m = models.PositiveIntegerField(_("accuracy in metres"), null=True, blank=True)
    check_in_reason = models.CharField(_("reason for checking in elsewhere"), max_length=200, blank=True)

    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)
    found = models.TextField(_("what was found"), blank=True)
    done = models.TextField(_("what was done"), blank=True)
    checklist = models.ForeignKey(
        Checklist, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("checklist")
    )
    cancel_reason = models.CharField(_("reason for cancelling"), max_length=200, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("planned by"))
    created_at = models.DateTimeField(_("planned"))
    changed_at = models.DateTimeField(_("changed"))

    objects = VisitQuerySet.as_manager()
    step_line: VisitRecord
    """Only of rows that a step of `visits.dispatch` returned: what it wrote down, with its flags."""

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ("starts_at", "id")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="visits_visit_ends_after_start"),
        ]
        indexes: ClassVar = [
            models.Index(fields=("timeline", "-id"), name="visits_by_timeline"),
            models.Index(fields=("site", "-starts_at"), name="visits_by_site"),
            models.Index(fields=("arrived_at",), name="visits_arrivals", condition=Q(arrived_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.starts_at:%Y-%m-%d %H:%M}"


class CrewQuerySet(ScopedQuerySet["Crew"]):
    sight = "visits.see"
    hospital_path = "visit__hospital"
    region_path = "visit__hospital__region"
    own_paths = ("engineer",)

    def on_record(self) -> CrewQuerySet:
        """Who goes or went: the bookings that stand, and all of a visit where none does.

        Whoever came while another booking held their time is on record with one that binds nobody.
        """
        standing = Crew.objects.filter(visit=OuterRef("visit"), released_at=None)
        return self.filter(Q(released_at=None) | ~Exists(standing))


class Crew(models.Model):
    """An engineer's time for a visit, way there included. Nobody is in two places at once: the database refuses it.

    `during` runs from setting out to the end of the work; it is cut at the true end. A released booking binds nobody.
    """

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="crew", verbose_name=_("visit"))
    engineer = models.ForeignKey(User, models.PROTECT, related_name="bookings", verbose_name=_("engineer"))
    is_lead = models.BooleanField(_("answers for the visit"), default=True)
    during = DateTimeRangeField(_("booked"))
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    objects = CrewQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking of an engineer")
        verbose_name_plural = _("bookings of engineers")
        ordering = ("during",)
        constraints: ClassVar = [
            ExclusionConstraint(
                name="visits_no_two_places_at_once",
                expressions=[
                    (
                        Func(F("engineer"), F("engineer"), models.Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (F("during"), RangeOperators.OVERLAPS),
                ],
                condition=Q(released_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=("visit",), condition=Q(is_lead=True, released_at__isnull=True), name="visits_one_lead"
            ),
            models.UniqueConstraint(
                fields=("visit", "engineer"), condition=Q(released_at__isnull=True), name="visits_crew_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engineer} {self.during}"
