"""The rows that the jobs of one engineer are made of, in so many queries however many jobs there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject

from devices.models import DeviceEvent
from field.models import Held
from people.models import User
from sla.models import Deadline
from spares.models import Part, PartRequest, RequestLine, Unit
from tickets.models import FaultClass, Kind, Ticket, TicketVisit
from tickets.states import Status
from tickets.workflow.verdicts import with_current
from visits import checklists
from visits.models import Checklist, Crew, Visit, VisitRecord
from visits.states import OPEN

HISTORY = timedelta(days=365)
AHEAD = timedelta(days=3)
"""Wide enough for "tomorrow" in every time zone."""
TO_BE_SIGNED = timedelta(days=7)
"""So long a visit that is done stays on the phone while nobody has signed for it."""
FITTABLE = (Unit.State.SHIPPED, Unit.State.DELIVERED)

Group = dict[int, list[Any]]


@dataclass(slots=True)
class Rows:
    """What belongs to the visits of `mine`, by the key of what it belongs to."""

    mine: list[Crew]
    tickets: dict[int, Ticket] = field(default_factory=dict)
    crew: Group = field(default_factory=dict)
    clocks: Group = field(default_factory=dict)
    records: Group = field(default_factory=dict)
    requests: Group = field(default_factory=dict)
    faults: Group = field(default_factory=dict)
    life: Group = field(default_factory=dict)
    fits: Group = field(default_factory=dict)
    checklists: list[Checklist] = field(default_factory=list)
    fault_classes: list[FaultClass] = field(default_factory=list)


def load(engineer: User, now: datetime) -> Rows:
    """Twelve queries, or two when there is no job."""
    rows = Rows(_mine(engineer, now), fault_classes=list(FaultClass.objects.filter(is_active=True)))
    if not rows.mine:
        return rows
    visits = [one.visit_id for one in rows.mine]
    since = now - HISTORY
    rows.tickets = {link: ticket for ticket in _tickets(visits) for link in ticket.of_visits}  # type: ignore[attr-defined]
    devices = {ticket.device for ticket in rows.tickets.values() if ticket.device is not None}
    timelines = {one.visit.timeline_id for one in rows.mine if one.visit.timeline_id is not None}
    rows.crew = _by("visit_id", _crew(visits))
    rows.clocks = _by("timeline_id", _clocks(timelines))
    # What was kept and then done after all stands there twice.
    lines = VisitRecord.objects.filter(visit__in=visits).exclude(held__choice=Held.Choice.MINE)
    rows.records = _by("visit_id", lines.select_related("by", "file"))
    keys = {device.pk for device in devices}
    rows.requests = _by("timeline_id", _requests(timelines))
    rows.faults = _by("device_id", _faults(keys, since))
    rows.life = _by("device_id", DeviceEvent.objects.filter(device__in=keys, on__gte=since.date()))
    rows.fits = _fits({device.model_id for device in devices})
    rows.checklists = checklists.published()
    return rows


def _by(name: str, rows: Iterable[Any]) -> Group:
    found: Group = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _mine(engineer: User, now: datetime) -> list[Crew]:
    """Bookings that stand, of visits of today and tomorrow at the site, and of what should be done by now."""
    done = Q(visit__state=Visit.State.DONE, visit__finished_at__gte=now - TO_BE_SIGNED)
    soon = Q(visit__state__in=OPEN, visit__starts_at__lt=now + AHEAD)
    rows = (
        Crew.objects.on_record()
        .filter(soon | done, engineer=engineer)
        .select_related("visit__site", "visit__hospital", "visit__timeline", "visit__checklist", "visit__signature")
        .order_by("visit__starts_at", "visit_id")
    )
    return [row for row in rows if is_shown(row.visit, now)]


def is_shown(visit: Visit, now: datetime) -> bool:
    """Whether a visit belongs on the phone now: until tomorrow's end at the site, and the day that it was done."""
    zone = ZoneInfo(visit.site.timezone)
    today = now.astimezone(zone).date()
    if visit.state == Visit.State.DONE:
        is_signed = hasattr(visit, "signature")
        return not is_signed or (visit.finished_at or now).astimezone(zone).date() == today
    return visit.starts_at.astimezone(zone).date() <= today + timedelta(days=1)


def _tickets(visits: list[int]) -> Iterable[Ticket]:
    links = TicketVisit.objects.filter(ticket=OuterRef("pk"))
    planned = links.filter(visit__state=Visit.State.PLANNED).order_by("visit__starts_at")
    rows = (
        Ticket.objects.filter(visits__visit__in=visits)
        .distinct()
        .select_related("fault_class", "owner", "device__model", "device__site", "device__project")
    )
    return with_current(
        rows.annotate(
            of_visits=ArraySubquery(links.filter(visit__in=visits).values("visit")),
            planned=ArraySubquery(planned.values(one=JSONObject(id="visit_id", at="visit__starts_at"))),
        ).defer("search")
    )


def _crew(visits: list[int]) -> Iterable[Crew]:
    rows = Crew.objects.on_record().filter(visit__in=visits)
    return rows.select_related("engineer").order_by("-is_lead", "engineer__name")


def _clocks(timelines: set[int]) -> Iterable[Deadline]:
    states = [Deadline.State.RUNNING, Deadline.State.PAUSED]
    rows = Deadline.objects.filter(timeline__in=timelines, state__in=states).select_related("commitment")
    return sorted(rows, key=lambda one: (one.state == Deadline.State.PAUSED, one.due_at))


def _requests(timelines: set[int]) -> list[PartRequest]:
    """The requests for parts of the jobs."""
    units = Unit.objects.filter(line=OuterRef("pk"), state__in=FITTABLE).order_by("serial")
    lines = RequestLine.objects.select_related("part").annotate(serials=ArraySubquery(units.values("serial")))
    mine = PartRequest.objects.filter(timeline__in=timelines).exclude(state=PartRequest.State.CANCELLED)
    found = list(mine.order_by("id"))
    by_request = _by("request_id", lines.filter(request__in=[one.pk for one in found]))
    for request in found:
        request.wanted = by_request[request.pk]  # type: ignore[attr-defined]
    return found


def _faults(devices: set[int], since: datetime) -> Iterable[Any]:
    """Faults of the last twelve months, each with the moments when somebody was there for it."""
    there = TicketVisit.objects.filter(ticket=OuterRef("pk"), visit__arrived_at__isnull=False)
    said = there.order_by("visit__arrived_at").values(
        one=JSONObject(at="visit__arrived_at", outcome="visit__outcome", done="visit__done")
    )
    rows = Ticket.objects.filter(device__in=devices, kind=Kind.FAULT, is_unverified=False, changed_at__gte=since)
    read = rows.exclude(status=Status.CANCELLED).only("device", "number", "title", "created_at", "solution")
    return read.annotate(visited=ArraySubquery(said)).order_by("-pk")


def _fits(models: set[int]) -> Group:
    """Parts by the model of device that they fit."""
    through = Part.fits.through.objects.filter(devicemodel__in=models, part__is_active=True)
    found: Group = defaultdict(list)
    for row in through.select_related("part").order_by("part__code"):
        found[row.devicemodel_id].append(row.part)
    return found
