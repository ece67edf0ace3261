"""A hospital at a glance: who pays for its devices and until when, what its contracts still grant, what is owed to it.

Six queries, whatever the number of devices.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from devices.models import Device, State
from people.models import Hospital
from warranty import duties, entitlements
from warranty.cases import Book, facts_of, with_facts
from warranty.coverage import Verdict
from warranty.duties import Duty
from warranty.entitlements import Left
from warranty.models import Contract


@dataclass(frozen=True)
class Overview:
    """What stands at a hospital on a day: each device in use with its verdict, contracts, quotas, duties.

    `states`: kind and state → how many devices, those of the past too. A verdict says nothing of what would change it.
    """

    hospital: Hospital
    today: date
    states: Counter[tuple[str, str]]
    devices: tuple[tuple[Device, Verdict], ...]
    contracts: tuple[Contract, ...]
    quotas: tuple[Left, ...]
    duties: tuple[Duty, ...]

    @property
    def coverage(self) -> Counter[str]:
        """Outcome → how many devices."""
        return Counter(verdict.outcome for _, verdict in self.devices)

    @cached_property
    def coverage_by_kind(self) -> Counter[tuple[str, str]]:
        """Kind and outcome → how many devices in use."""
        return Counter((device.model.kind, verdict.outcome) for device, verdict in self.devices)

    @property
    def running(self) -> tuple[Contract, ...]:
        """The contracts in force, the one that ends first on top."""
        return tuple(sorted((one for one in self.contracts if one.runs(self.today)), key=lambda one: one.ends_on))

    @property
    def ends(self) -> tuple[tuple[date, int], ...]:
        """The days on which a verdict ends, soonest first, with how many devices."""
        days = Counter(verdict.until for _, verdict in self.devices if verdict.until is not None)
        return tuple(sorted(days.items()))


def of(hospital: Hospital, *, user: Any, today: date) -> Overview:
    """What `user` may see of `hospital` on `today`, a fault's cause being unknown. Nothing for a stranger."""
    contracts = list(Contract.objects.for_user(user).signed().filter(hospital=hospital).order_by("starts_on", "pk"))
    rows = with_facts(Device.objects.for_user(user).filter(hospital=hospital)).order_by("name", "pk")
    known = {row.pk: row for row in rows}
    book = Book.of(contracts)
    judged = tuple(
        (row, book.standing(row, facts_of(row, known), on=today)) for row in known.values() if row.state == State.IN_USE
    )
    states = Counter((row.model.kind, row.state) for row in known.values())
    quotas = entitlements.in_year(contracts, today)
    owed = duties.ledger_of(quotas, today)
    return Overview(hospital, today, states, judged, tuple(contracts), tuple(quotas), tuple(owed))
