"""A hospital at a glance, for the company: what stands there, who pays, what is owed, what is open, who is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

MOST_TICKETS, MOST_PEOPLE, MOST_TRAININGS = 8, 8, 5


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
class Figures:
    """What the page and other programs are told alike."""

    overview: Overview
    coverage: Coverage
    ends: tuple[End, ...]
    tickets: dict[str, int]
    periods: list[critical.Line]


@dataclass(frozen=True, slots=True)
class HospitalPage:
    """Everything the page shows."""

    hospital: Hospital
    figures: Figures
    granted: list[Granted]
    duties: tuple[Line, ...]
    faults: Faults
    people: People
    trainings: tuple[Training, ...]
    ways: tuple[Way, ...]


def read(hospital: Hospital, user: User, now: datetime) -> HospitalPage:
    """The page of a hospital that `user` may see: as many queries, whatever stands there."""
    sites = tuple(Site.objects.for_user(user).filter(hospital=hospital).select_related("base").order_by("pk"))
    roads = Roads(sites)
    trainings = Training.objects.for_user(user).filter(hospital=hospital).select_related("person", "proof")
    found = figures(hospital, user, now, day_at(sites, now))
    return HospitalPage(
        hospital=hospital,
        figures=found,
        granted=granted(found.overview),
        duties=duties(found.overview),
        faults=_faults(hospital, user, now, found.tickets),
        people=people(hospital, user),
        trainings=tuple(trainings[:MOST_TRAININGS]),
        ways=tuple(Way(site, roads.figure(site, now)) for site in sites),
    )


def figures(hospital: Hospital, user: User, now: datetime, today: date) -> Figures:
    """What stands at a hospital that `user` may see, on its own date."""
    found = overview.of(hospital, user=user, today=today)
    return Figures(
        overview=found,
        coverage=coverage.of(found),
        ends=tuple(ends(found)),
        tickets=open_and_over(hospital, user, now),
        periods=periods(hospital, user, now),
    )


def today(hospital: Hospital, user: User, now: datetime) -> date:
    """The date at a hospital."""
    return day_at(Site.objects.for_user(user).filter(hospital=hospital).order_by("pk")[:1], now)


def day_at(sites: Iterable[Site], now: datetime) -> date:
    """The date at a hospital with these sites: the first one's."""
    return local_day(now, next((site.timezone for site in sites), settings.TIME_ZONE))


def ends(found: Overview) -> Iterator[End]:
    """When warranties and contracts of devices end, soonest first."""
    for last, devices in found.ends:
        yield End(last, (last - found.today).days, devices)


def granted(found: Overview) -> list[Granted]:
    """The contracts in force with their quotas. What is to be said of the duties stands in their own list."""
    return glance.by_contract(found.running, found.quotas, found.duties, found.today, told=False)


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


def _faults(hospital: Hospital, user: User, now: datetime, counts: dict[str, int]) -> Faults:
    mine = Ticket.objects.for_user(user).filter(hospital=hospital).unfinished()
    first = mine.for_queue().order_by(F("timeline__next_due_at").asc(nulls_last=True), "-pk")[:MOST_TICKETS]
    url = f"{reverse('console:queue')}?hospital={hospital.pk}"
    return Faults(rows=queue.rows(first, now), url=url, **counts)


def people(hospital: Hospital, user: User) -> People:
    """The hospital's people as far as `user` may see them."""
    mine = User.objects.for_user(user).filter(hospital=hospital, role__in=HOSPITAL_ROLES, is_active=True)
    first = Case(When(role=Role.HOSPITAL_TECHNICIAN, then=Value(0)), default=Value(1))
    rows = tuple(mine.select_related("department").order_by(first, "name", "pk")[:MOST_PEOPLE])
    return People(rows, mine.count() - len(rows) if len(rows) == MOST_PEOPLE else 0)
