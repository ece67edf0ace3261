"""What a hospital can count on, in its own words: contracts and their hours, quotas, what is owed to it, warranties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from common.present import Tag
from devices.models import Device
from people.models import Hospital, User
from reports import coverage, hospital_page
from reports.coverage import Coverage
from reports.hospital_page import People
from sla import critical
from tickets.models import Ticket, Training
from warranty import glance, outlook, overview
from warranty.coverage import Outcome
from warranty.duties import Duty
from warranty.forecast import AT_RISK
from warranty.glance import Granted
from warranty.models import DutyEntry, ServiceLine
from warranty.overview import Overview

SOON = 180
"""Days ahead from which the end of a warranty is told."""
MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Agreed:
    """A contract in force, what of it is left this year, and what it offers in which hours."""

    granted: Granted
    lines: tuple[ServiceLine, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """What the company owes this contract year; `said`: what of it is not settled, plainly; `is_trouble`: it went
    wrong or may.
    """

    duty: Duty
    tag: Tag
    said: str
    is_trouble: bool
    done: tuple[DutyEntry, ...]
    planned: tuple[DutyEntry, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """A warranty's last day, the first of its devices by name, and how many more there are."""

    day: date
    left: int
    devices: tuple[Device, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ServicePage:
    """Everything the page shows."""

    overview: Overview
    coverage: Coverage
    agreed: tuple[Agreed, ...]
    owed: tuple[Owed, ...]
    ending: tuple[Ending, ...]
    faults: int
    periods: list[critical.Line]
    people: People
    trainings: tuple[Training, ...]


def read(hospital: Hospital, user: User, now: datetime) -> ServicePage:
    """The page of the person's own hospital: as many queries, whatever stands there."""
    found = overview.of(hospital, user=user, today=hospital_page.today(hospital, user, now))
    trainings = Training.objects.for_user(user).filter(hospital=hospital).select_related("person", "proof")
    return ServicePage(
        overview=found,
        coverage=coverage.of(found, coverage.TOLD),
        agreed=tuple(_agreed(found)),
        owed=tuple(_owed(duty, found.today) for duty in found.duties),
        ending=tuple(_ending(found)),
        faults=Ticket.objects.for_user(user).filter(hospital=hospital).in_progress().count(),
        periods=hospital_page.periods(hospital, user, now),
        people=hospital_page.people(hospital, user),
        trainings=tuple(trainings[: hospital_page.MOST_TRAININGS]),
    )


def _agreed(found: Overview) -> Iterator[Agreed]:
    offered: dict[int, list[ServiceLine]] = defaultdict(list)
    for line in ServiceLine.objects.filter(contract__in=found.running).select_related("calendar").order_by("position"):
        offered[line.contract_id].append(line)
    for granted in hospital_page.granted(found):
        yield Agreed(granted, tuple(offered[granted.contract.pk]))


def _owed(duty: Duty, today: date) -> Owed:
    entries = sorted(duty.entries, key=lambda entry: (entry.done_on or entry.planned_on, entry.pk))
    return Owed(
        duty=duty,
        tag=outlook.tag(duty),
        said=glance.candid(duty, today),
        is_trouble=duty.forecast.state in AT_RISK,
        done=tuple(entry for entry in entries if entry.done_on is not None),
        planned=tuple(entry for entry in entries if entry.done_on is None and entry.planned_on >= today),
    )


def _ending(found: Overview) -> Iterable[Ending]:
    """Warranties that end soon, by their last day; what ends with a contract stands beside the contract."""
    held: dict[date, list[Device]] = defaultdict(list)
    for device, verdict in found.devices:
        last, by_warranty = verdict.until, verdict.outcome == Outcome.FREE and verdict.rule.source == "term"
        if last is not None and by_warranty and (last - found.today).days <= SOON:
            held[last].append(device)
    for last, devices in sorted(held.items()):
        yield Ending(last, (last - found.today).days, tuple(devices[:MOST_NAMES]), max(0, len(devices) - MOST_NAMES))
