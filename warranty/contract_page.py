"""Everything that a contract's page shows: promises, coverage over the years, devices, quotas and duties, history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Prefetch
from django.utils.text import capfirst

from common.present import Quota, Tag
from devices.models import Device, DeviceModel, State
from people.models import User
from sla import promised
from sla.clock import anniversary
from sla.promised import OnSite, Promise
from warranty import contract_history, contract_list, duties, outlook, timebar
from warranty.cases import Book, covers, facts_of, with_facts
from warranty.contract_history import Step
from warranty.coverage import Verdict
from warranty.duties import Duty
from warranty.entitlements import Left, left_from, year_of
from warranty.models import Contract, DutyEntry, Entitlement, ServiceLine
from warranty.timebar import Timebar
from warranty.wording import CAUSES

DEVICES = 20
"""Devices of a page."""


@dataclass(frozen=True, slots=True)
class Line:
    """A duty of the contract year that is shown, with its words."""

    duty: Duty

    @property
    def tag(self) -> Tag:
        return outlook.tag(self.duty)

    @property
    def sentence(self) -> str:
        return outlook.sentence(self.duty)


@dataclass(frozen=True, slots=True)
class ContractYear:
    """What a contract year grants, and how much of it is used and booked; `is_shown`: today's, or the nearest."""

    starts_on: date
    ends_on: date
    quotas: tuple[Quota, ...]
    done: tuple[DutyEntry, ...]
    is_shown: bool


@dataclass(frozen=True)
class ContractPage:
    """A contract as its page shows it on a day of the desk."""

    contract: Contract
    today: date
    bar: Timebar
    services: Sequence[ServiceLine]
    promises: Sequence[Promise]
    sites: Sequence[OnSite]
    covered: Sequence[tuple[Device, Verdict]]
    devices: Sequence[tuple[Device, Verdict]]
    first: int
    years: Sequence[ContractYear]
    lines: Sequence[Line]
    history: Sequence[Step]

    @property
    def tag(self) -> Tag:
        return contract_list.state_tag(self.contract, self.today)

    @property
    def rest(self) -> str:
        return contract_list.rest(self.contract, self.today)

    @property
    def kinds(self) -> list[Any]:
        """The kinds of device that it covers, in words; none: all."""
        return [DeviceModel.Kind(kind).label for kind in self.contract.device_kinds]

    @property
    def causes(self) -> list[Any]:
        """The causes that it does not pay for, in words."""
        words = dict(CAUSES)
        return [words.get(cause, cause) for cause in self.contract.excluded_causes]

    @property
    def is_draft(self) -> bool:
        return self.contract.activated_at is None

    @cached_property
    def shown(self) -> ContractYear | None:
        """The contract year that quotas and duties are shown of."""
        return next((one for one in self.years if one.is_shown), None)

    @property
    def earlier(self) -> list[ContractYear]:
        """The contract years before it, the latest first."""
        return [one for one in self.years if self.shown is not None and one.starts_on < self.shown.starts_on]

    @property
    def next_devices(self) -> int | None:
        """The number of the device with which the next page of devices begins."""
        after = self.first + DEVICES
        return after if after < len(self.covered) else None

    @property
    def previous_devices(self) -> int | None:
        return max(0, self.first - DEVICES) if self.first else None


def read(contract: Contract, user: User, *, now: datetime, today: date, first: int = 0) -> ContractPage:
    """What the page of `contract` shows: six queries for coverage, quotas and duties, six for the rest.

    `first`: number of the device, from 0, with which the page of its devices begins.
    """
    judged, others = judged_of(contract, user, today)
    covered = [one for one in judged if covers(contract, one[0])]
    first = first if first < len(covered) else 0
    granted, rules = _granted(contract), promised.rules_of(contract.policy.code, now)
    years = list(_years(contract, granted, today))
    shown = next((one for one in years if one.is_shown), None)
    return ContractPage(
        contract=contract,
        today=today,
        bar=timebar.draw(others, judged, today, of=contract),
        services=list(contract.lines.select_related("calendar").order_by("position")),
        promises=promised.promises(rules),
        sites=promised.on_site(rules, list(contract.hospital.sites.order_by("pk")), now),
        covered=covered,
        devices=covered[first : first + DEVICES],
        first=first,
        years=years,
        lines=_lines(contract, granted, shown, today),
        history=contract_history.steps(contract),
    )


def judged_of(contract: Contract, user: User, today: date) -> tuple[list[tuple[Device, Verdict]], list[Contract]]:
    """The hospital's devices in use with their verdicts, and its contracts, this one among them: three queries."""
    signed = list(Contract.objects.for_user(user).signed().filter(hospital=contract.hospital_id))
    rows = with_facts(Device.objects.for_user(user).filter(hospital=contract.hospital_id)).order_by("name", "pk")
    known = {row.pk: row for row in rows}
    book = Book.of(signed)
    judged = [
        (row, book.standing(row, facts_of(row, known), on=today)) for row in known.values() if row.state == State.IN_USE
    ]
    drawn = signed if contract.activated_at is not None else [*signed, contract]
    return judged, sorted(drawn, key=lambda one: (one.starts_on, one.pk))


def _granted(contract: Contract) -> list[Entitlement]:
    """Its entitlements with all their years and entries: three queries."""
    entries = DutyEntry.objects.filter(dropped_at=None).select_related("use", "proof", "done_by")
    return list(
        Entitlement.objects.filter(contract=contract)
        .prefetch_related("years", Prefetch("duties", entries))
        .order_by("-is_owed", "kind")
    )


def _years(contract: Contract, granted: Iterable[Entitlement], today: date) -> Iterable[ContractYear]:
    """From the contract year that is shown back to the first."""
    rows = list(granted)
    start = year_of(contract, min(max(today, contract.starts_on), contract.ends_on))[0]
    shown = start
    while start >= contract.starts_on:
        first, last = year_of(contract, start)
        lefts = [left_from(row, contract, row.years.all(), start) for row in rows]
        done = [one for row in rows for one in _entries(row, first) if one.done_on is not None]
        yield ContractYear(first, last, tuple(map(_quota, lefts)), tuple(done), first == shown)
        if start == contract.starts_on:
            break
        start = anniversary(contract.starts_on, first.year - contract.starts_on.year - 1)


def _entries(row: Entitlement, first: date) -> list[DutyEntry]:
    return [one for one in row.duties.all() if one.year_starts_on == first]


def _quota(left: Left) -> Quota:
    name = capfirst(left.entitlement.get_kind_display())
    if not left.entitlement.is_owed:
        return Quota(name, left.used, left.granted)
    done = sum(1 for one in _entries(left.entitlement, left.starts_on) if one.done_on is not None)
    used = min(done, left.granted)
    return Quota(name, used, left.granted, booked=max(left.used - used, 0), done=used == left.granted)


def _lines(contract: Contract, granted: Iterable[Entitlement], shown: ContractYear | None, today: date) -> list[Line]:
    if shown is None:
        return []
    year = (shown.starts_on, shown.ends_on)
    return [
        Line(duties.line_of(row, contract, year, sorted(_entries(row, year[0]), key=_planned), today))
        for row in granted
        if row.is_owed
    ]


def _planned(entry: DutyEntry) -> Any:
    return entry.planned_on, entry.pk
