"""From rows to the values that `coverage` decides by: a device's facts, the rules, the contracts that cover it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max, Q, QuerySet

from devices.models import Device
from warranty import coverage
from warranty.coverage import Case, Cover, Facts, Price, Term, Verdict
from warranty.models import Contract, CoverageTerm, PriceRow

DEEPEST = 20
"""A chain of swaps is followed so far; no device was ever swapped as often."""


@dataclass(frozen=True)
class Book:
    """Everything that decides who pays for the devices of some hospitals, held in memory."""

    terms: tuple[Term, ...]
    prices: tuple[Price, ...]
    contracts: dict[int, list[Contract]]
    listed: dict[int, frozenset[int]]

    @classmethod
    def load(cls, hospitals: Iterable[int]) -> Book:
        """Four queries, whatever the number of devices."""
        wanted = set(hospitals)
        signed = list(Contract.objects.signed().filter(hospital__in=wanted).order_by("starts_on", "pk"))
        by_hospital: dict[int, list[Contract]] = defaultdict(list)
        for contract in signed:
            by_hospital[contract.hospital_id].append(contract)
        by_list = [contract.pk for contract in signed if contract.scope == Contract.Scope.LISTED]
        listed: dict[int, set[int]] = defaultdict(set)
        pairs = Contract.devices.through.objects.filter(contract__in=by_list) if by_list else ()
        for pair in pairs:
            listed[pair.contract_id].add(pair.device_id)
        prices = PriceRow.objects.filter(Q(contract=None) | Q(contract__in=[one.pk for one in signed]))
        return cls(
            tuple(term_of(row) for row in CoverageTerm.objects.all()),
            tuple(price_of(row) for row in prices),
            by_hospital,
            {key: frozenset(devices) for key, devices in listed.items()},
        )

    def covering(self, device: Device) -> list[Contract]:
        """The signed contracts, of any time, that cover `device`."""
        return [one for one in self.contracts.get(device.hospital_id, ()) if self._covers(one, device)]

    def _covers(self, contract: Contract, device: Device) -> bool:
        if contract.device_kinds and device.model.kind not in contract.device_kinds:
            return False
        if contract.scope == Contract.Scope.PROJECT:
            return device.project_id == contract.project_id
        if contract.scope == Contract.Scope.LISTED:
            return device.pk in self.listed.get(contract.pk, ())
        return True

    def verdict(self, device: Device, facts: Facts, *, cause: str, on: date) -> Verdict:
        """Who pays for a fault of `device`, notified `on` the site's own date."""
        covers = [cover_of(contract) for contract in self.covering(device)]
        return coverage.verdict(Case(facts, on, cause), self.terms, covers, self.prices)


def verdict(device: Device, *, cause: str, on: date) -> Verdict:
    """Who pays for one device. For many, load one `Book` and `facts_of` them together."""
    return Book.load([device.hospital_id]).verdict(device, facts_of([device])[device.pk], cause=cause, on=on)


def facts_of(devices: Sequence[Device]) -> dict[int, Facts]:
    """Key of a device → its facts with those of the units that it replaced; one query for each link of the chain."""
    known: dict[int, Device] = {}
    wanted = {device.pk for device in devices}
    for _ in range(DEEPEST):
        if not wanted:
            break
        rows = list(with_facts(Device.objects.filter(pk__in=wanted)))
        known.update({row.pk: row for row in rows})
        wanted = {row.replaces_id for row in rows if row.replaces_id is not None} - known.keys()
    return {device.pk: _facts(known[device.pk], known) for device in devices}


def with_facts(devices: QuerySet[Device]) -> QuerySet[Device]:
    """With everything that `coverage` asks of a device, in one query."""
    return devices.select_related("model", "project", "site").annotate(maker_until=Max("proofs__until"))


def _facts(row: Device, known: dict[int, Device], depth: int = 0) -> Facts:
    before = known.get(row.replaces_id) if row.replaces_id is not None and depth < DEEPEST else None
    return Facts(
        kind=row.model.kind,
        accepted_on=row.acceptance,
        installed_on=row.implementation,
        discontinued_on=row.model.discontinued_on,
        maker_until=getattr(row, "maker_until", None),
        replaces=_facts(before, known, depth + 1) if before is not None else None,
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
    return Price(row.pk, row.code, row.version, row.amount, row.quantity, row.valid_from, row.contract_id)
