"""From rows to the values that `coverage` decides by: a device's facts, the rules, the contracts that cover it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from common.keyset import OneOf
from common.prepared import Given, Prepared
from devices.models import Device
from warranty import coverage
from warranty.coverage import Case, Cause, Cover, Facts, Price, Term, Verdict
from warranty.models import Contract, CoverageTerm, PriceRow, WarrantyProof

DEEPEST = 20
"""A chain of swaps is followed so far; no device was ever swapped as often."""


@dataclass(frozen=True)
class Book:
    """Everything that decides who pays for the devices of some hospitals, held in memory."""

    terms: tuple[Term, ...]
    contracts: dict[int, list[Contract]]

    @classmethod
    def load(cls, hospitals: Iterable[int]) -> Book:
        """Everything about the devices of `hospitals`: two queries, whatever their number, and one for prices."""
        return cls.of(_signed(hospitals=list(set(hospitals))))

    @classmethod
    def of(cls, signed: Iterable[Contract]) -> Book:
        """As `load`, from contracts that are read already."""
        by_hospital: dict[int, list[Contract]] = defaultdict(list)
        for contract in signed:
            by_hospital[contract.hospital_id].append(contract)
        return cls(tuple(term_of(row) for row in _terms()), by_hospital)

    @cached_property
    def prices(self) -> tuple[Price, ...]:
        """What work costs, read when something is billable for the first time."""
        theirs = [contract.pk for contracts in self.contracts.values() for contract in contracts]
        return tuple(price_of(row) for row in _prices(contracts=theirs))

    def covering(self, device: Device) -> list[Contract]:
        """The signed contracts, of any time, that cover `device` (a row of `with_facts`)."""
        return [one for one in self.contracts.get(device.hospital_id, ()) if covers(one, device)]

    def verdict(self, device: Device, facts: Facts, *, cause: str, on: date) -> Verdict:
        """Who pays for a fault of `device`, notified `on` the site's own date."""
        case, theirs = Case(facts, on, cause), self._covers_of(device)
        found = coverage.verdict(case, self.terms, theirs)
        if found.outcome != coverage.Outcome.BILLABLE:
            return found
        return replace(found, estimate=coverage.estimate(case, found, theirs, self.prices))

    def standing(self, device: Device, facts: Facts, *, cause: str = Cause.UNKNOWN, on: date) -> Verdict:
        """As `verdict`, without what would change it and what it would cost: for many devices at a time."""
        return coverage.decide(Case(facts, on, cause), self.terms, self._covers_of(device))

    def _covers_of(self, device: Device) -> list[Cover]:
        return [cover_of(contract) for contract in self.covering(device)]


def covers(contract: Contract, device: Device) -> bool:
    """Whether a contract of its hospital covers `device` (a row of `with_facts`)."""
    if contract.device_kinds and device.model.kind not in contract.device_kinds:
        return False
    if contract.scope == Contract.Scope.PROJECT:
        return device.project_id == contract.project_id
    if contract.scope == Contract.Scope.LISTED:
        return contract.pk in device.listed_in  # type: ignore[attr-defined]
    return True


def verdict(device: Device, *, cause: str, on: date) -> Verdict:
    """Who pays for one device. For many, load one `Book` and their facts together."""
    known = with_replaced([device.pk])
    row = known[device.pk]
    return Book.load([row.hospital_id]).verdict(row, facts_of(row, known), cause=cause, on=on)


def desk_day(now: datetime) -> date:
    """The desk's own date, for what spans hospitals."""
    return coverage.local_day(now, settings.TIME_ZONE)


def with_facts(devices: QuerySet[Device]) -> QuerySet[Device]:
    """With everything that `coverage` asks of a device, in one query."""
    papers = WarrantyProof.objects.filter(device=OuterRef("pk")).order_by().values("device")
    listed = Contract.devices.through.objects.filter(device=OuterRef("pk"))
    return devices.select_related("model", "project", "site").annotate(
        maker_until=Subquery(papers.annotate(last=Max("until")).values("last")),
        listed_in=ArraySubquery(listed.values("contract")),
    )


def has_facts(device: Device) -> bool:
    """Whether `device` was read `with_facts`."""
    return "listed_in" in vars(device)


_signed: Prepared[Contract] = Prepared(
    lambda: Contract.objects.signed().filter(OneOf(F("hospital"), Given("hospitals"))).order_by("starts_on", "pk")
)
_terms = Prepared(CoverageTerm.objects.all)
_prices = Prepared(lambda: PriceRow.objects.filter(Q(contract=None) | OneOf(F("contract"), Given("contracts"))))
_with_facts = Prepared(lambda: with_facts(Device.objects.filter(OneOf(F("pk"), Given("devices")))))


def with_replaced(devices: Iterable[int], known: Iterable[Device] = ()) -> dict[int, Device]:
    """Rows of `with_facts` for these and every unit that they replaced; one query for each link of the chain.

    Those that are `known` already are not read again.
    """
    found = {row.pk: row for row in known}
    wanted = {*devices, *(row.replaces_id for row in found.values() if row.replaces_id is not None)} - found.keys()
    for _ in range(DEEPEST):
        if not wanted:
            break
        rows = _with_facts(devices=list(wanted))
        found.update({row.pk: row for row in rows})
        wanted = {row.replaces_id for row in rows if row.replaces_id is not None} - found.keys()
    return found


def facts_of(row: Device, known: dict[int, Device], depth: int = 0) -> Facts:
    """The facts of a row of `with_facts`, with those of the units that it replaced, as far as they are `known`."""
    before = known.get(row.replaces_id) if row.replaces_id is not None and depth < DEEPEST else None
    return Facts(
        kind=row.model.kind,
        accepted_on=row.acceptance,
        installed_on=row.implementation,
        discontinued_on=row.model.discontinued_on,
        maker_until=getattr(row, "maker_until", None),
        replaces=facts_of(before, known, depth + 1) if before is not None else None,
        swapped_on=row.installed_on if before is not None else None,
    )


def term_of(row: CoverageTerm) -> Term:
    """A rule row as the chain reads it."""
    return Term(
        key=row.pk,
        code=row.code,
        version=row.version,
        clause=row.clause,
        outcome=row.outcome,
        basis=row.basis,
        years=row.years,
        valid_from=row.valid_from,
        kinds=frozenset(row.device_kinds),
        causes=frozenset(row.causes),
        excludes=frozenset(row.excluded_causes),
    )


def cover_of(row: Contract) -> Cover:
    """A contract row as the chain reads it."""
    return Cover(
        key=row.pk,
        number=row.number,
        version=row.version,
        clause=row.clause,
        is_free=row.phase == Contract.Phase.FREE,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        excludes=frozenset(row.excluded_causes),
    )


def price_of(row: PriceRow) -> Price:
    """A price row as the chain reads it."""
    return Price(
        row.pk, row.code, row.version, row.amount, row.quantity, row.valid_from, row.contract_id, row.name, row.unit
    )
