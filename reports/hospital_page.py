"""A hospital at a glance, for the company: what stands there, who pays, what is owed, what is open, who is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db.models import Case, Count, F, Value, When
from django.urls import reverse

from common.present import Tag
from people.models import HOSPITAL_ROLES, Hospital, Role, Site, User
from people.travel import Roads, Travel
from reports import coverage
from reports.coverage import Coverage
from sla import critical
from sla.models import CriticalPeriod
from tickets import queue
from tickets.models import Ticket, Training
from tickets.queue import Tab
from warranty import glance, outlook, overview
from warranty.coverage import local_day
from warranty.duties import Duty
from warranty.glance import Granted
from warranty.overview import Overview

MOST_TICKETS, MOST_PEOPLE, MOST_TRAININGS, MOST_ENDS = 8, 8, 5, 4


@dataclass(frozen=True, slots=True)
class Line:
    """A duty in words."""

    duty: Duty
    tag: Tag
    sentence: str


@dataclass(frozen=True, slots=True)
class End:
    """On a day, so many days ahead, the warranty or contract of so many devices ends."""

    day: date
    left: int
    devices: int


@dataclass(frozen=True, slots=True)
class Way:
    """A site, and how far it is from the base that its promise is counted from."""

    site: Site
    travel: Travel | None


@dataclass(frozen=True, slots=True)
class Faults:
    """The open tickets that fall due first, and how many there are; `over`: with a promise broken now."""

    rows: list[queue.Row]
    open: int
    over: int
    url: str


@dataclass(frozen=True, slots=True)
class People:
    """Who has an account, technicians first; `more`: how many others."""

    shown: tuple[User, ...]
    more: int


@dataclass(frozen=True, slots=True)
class HospitalPage:
    """Everything the page shows."""

    hospital: Hospital
    overview: Overview
    coverage: Coverage
    ends: tuple[End, ...]
    granted: list[Granted]
    duties: tuple[Line, ...]
    faults: Faults
    periods: list[critical.Line]
    people: People
    trainings: tuple[Training, ...]
    ways: tuple[Way, ...]


def read(hospital: Hospital, user: User, now: datetime) -> HospitalPage:
    """The page of a hospital that `user` may see: as many queries, whatever stands there."""
    sites = tuple(Site.objects.for_user(user).filter(hospital=hospital).select_related("base").order_by("pk"))
    roads = Roads(sites)
    found = overview.of(hospital, user=user, today=day_at(sites, now))
    return HospitalPage(
        hospital=hospital,
        overview=found,
        coverage=coverage.of(found),
        ends=tuple(ends(found))[:MOST_ENDS],
        granted=granted(found, told=False),
        duties=duties(found),
        faults=_faults(hospital, user, now),
        periods=periods(hospital, user, now),
        people=people(hospital, user),
        trainings=tuple(
            Training.objects.for_user(user).filter(hospital=hospital).select_related("person", "proof")[:MOST_TRAININGS]
        ),
        ways=tuple(Way(site, roads.figure(site, now)) for site in sites),
    )


def day_at(sites: Iterable[Site], now: datetime) -> date:
    """The date at a hospital: its first site's."""
    return local_day(now, next((site.timezone for site in sites), settings.TIME_ZONE))


def ends(found: Overview) -> Iterable[End]:
    """When warranties and contracts of devices end, soonest first."""
    for last, devices in found.ends:
        yield End(last, (last - found.today).days, devices)


def granted(found: Overview, *, told: bool) -> list[Granted]:
    """The contracts in force with their quotas; `told`: with what the hospital is told of each."""
    return glance.by_contract(found.running, found.quotas, found.duties, found.today, told=told)


def duties(found: Overview) -> tuple[Line, ...]:
    """The duty ledger of the hospital, what wants attention first."""
    order = list(outlook.Stage)
    lines = sorted(found.duties, key=lambda duty: (order.index(outlook.stage(duty.forecast)), duty.ends_on))
    return tuple(Line(duty, outlook.tag(duty), outlook.sentence(duty)) for duty in lines)


def periods(hospital: Hospital, user: User, now: datetime) -> list[critical.Line]:
    """The critical periods that are on or come next."""
    rows = CriticalPeriod.objects.for_user(user).filter(hospital=hospital).exclude(state=CriticalPeriod.State.ENDED)
    lines = critical.lines(rows.select_related("calendar").prefetch_related("calendar__versions"), now)
    return sorted(lines, key=lambda line: line.window.starts_at)


def open_and_over(hospital: Hospital, user: User, now: datetime) -> dict[str, int]:
    """How many tickets are open, and how many of those have a promise that is broken now."""
    over = Count("pk", filter=queue.condition(Tab.OVER, user, now))
    mine = Ticket.objects.for_user(user).filter(hospital=hospital).unfinished()
    return mine.order_by().aggregate(open=Count("pk"), over=over)


def _faults(hospital: Hospital, user: User, now: datetime) -> Faults:
    mine = Ticket.objects.for_user(user).filter(hospital=hospital).unfinished()
    first = mine.for_queue().order_by(F("timeline__next_due_at").asc(nulls_last=True), "-pk")[:MOST_TICKETS]
    url = f"{reverse('console:queue')}?hospital={hospital.pk}"
    return Faults(rows=queue.rows(first, now), url=url, **open_and_over(hospital, user, now))


def people(hospital: Hospital, user: User) -> People:
    """The hospital's people as far as `user` may see them."""
    mine = User.objects.for_user(user).filter(hospital=hospital, role__in=HOSPITAL_ROLES, is_active=True)
    first = Case(When(role=Role.HOSPITAL_TECHNICIAN, then=Value(0)), default=Value(1))
    rows = tuple(mine.select_related("department").order_by(first, "name", "pk")[:MOST_PEOPLE])
    return People(rows, mine.count() - len(rows) if len(rows) == MOST_PEOPLE else 0)
