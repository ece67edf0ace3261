"""Quotas of a contract year: take one, give it back, see what is left (B6).

The database counts: one conditional UPDATE takes the last one once, however many hands reach for it, and a check
keeps `used` within `granted` for ever. Whoever comes too late is served all the same, and pays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Prefetch
from django.utils.translation import gettext as _

from people.models import User
from sla.clock import contract_year
from warranty.models import Contract, Entitlement, EntitlementYear, Use
from warranty.refusal import Refused


@dataclass(frozen=True, slots=True)
class Left:
    """What of a quota is left in the contract year from `starts_on` to `ends_on`, both included."""

    entitlement: Entitlement
    starts_on: date
    ends_on: date
    granted: int
    used: int

    @property
    def left(self) -> int:
        return self.granted - self.used


def year_of(contract: Contract, on: date) -> tuple[date, date]:
    """First and last day of the contract year that holds `on`; the last year may be shorter (worked example 12)."""
    return year_between(contract.starts_on, contract.ends_on, on)


def year_between(starts_on: date, ends_on: date, on: date) -> tuple[date, date]:
    """As `year_of`, from a contract's first and last day."""
    first, last = contract_year(starts_on, on)
    return first, min(last, ends_on)


def take(contract: Contract, kind: str, *, reference: str, on: date, by: User | None, now: datetime) -> Use:
    """Take one of `kind` from the quota of the contract year that holds `on`, the site's own date.

    Beyond the quota the use is billable. The same `reference` again gives the row that stands. Refused when the
    contract is not in force on that day or grants no such thing.
    """
    entitlement = _granted(contract, kind, on)
    with transaction.atomic():
        year = _year(entitlement, contract, on)
        # Whoever asks for the same thing at the same moment waits here.
        earlier = Use.objects.filter(year=year, reference=reference, returned_at=None).first()
        if earlier is not None:
            return earlier
        counted = EntitlementYear.objects.filter(pk=year.pk, used__lt=F("granted")).update(used=F("used") + 1)
        return Use.objects.create(
            year=year,
            hospital_id=contract.hospital_id,
            reference=reference,
            on=on,
            is_billable=not counted,
            taken_at=now,
            taken_by=by,
        )


def give_back(use: Use, *, reason: str, by: User | None, now: datetime) -> Use:
    """Return what was taken; a billable use only loses its bill. Refused the second time and without a reason.

    A billable use of the same year does not move up: what was announced as billable stays so.
    """
    if not reason.strip():
        raise Refused(_("Say why it is given back."))
    with transaction.atomic():
        row = Use.objects.select_for_update().get(pk=use.pk)
        if row.returned_at is not None:
            raise Refused(_("This was given back already."))
        row.returned_at, row.returned_by, row.reason = now, by, reason.strip()
        row.save(update_fields=["returned_at", "returned_by", "reason"])
        if not row.is_billable:
            EntitlementYear.objects.filter(pk=row.year_id).update(used=F("used") - 1)
    return row


def left(contract: Contract, kind: str, on: date) -> Left:
    """What is left on that day, for saying so before anybody presses. Refused as `take`."""
    entitlement = _granted(contract, kind, on)
    return left_from(entitlement, contract, entitlement.years.all(), on)


def left_from(entitlement: Entitlement, contract: Contract, years: Iterable[EntitlementYear], on: date) -> Left:
    """As `left`, from rows that are read already; a year that nobody has asked for yet is whole."""
    first, last = year_of(contract, on)
    row = next((one for one in years if one.starts_on == first), None)
    granted, used = (row.granted, row.used) if row else (entitlement.per_year, 0)
    return Left(entitlement, first, last, granted, used)


def in_year(contracts: Iterable[Contract], on: date) -> list[Left]:
    """What each contract in force on that day grants, and what is left of it: two queries."""
    running = {one.pk: one for one in contracts if one.runs(on)}
    years = EntitlementYear.objects.filter(starts_on__lte=on, ends_on__gte=on)
    rows = Entitlement.objects.filter(contract__in=running).order_by("contract", "kind")
    found = []
    for row in rows.prefetch_related(Prefetch("years", years)):
        row.contract = running[row.contract_id]
        found.append(left_from(row, row.contract, row.years.all(), on))
    return found


def running(user: Any, on: date) -> list[Left]:
    """What the contracts in force that `user` may see grant on that day, and what is left of it: two queries."""
    rows = Entitlement.objects.for_user(user).filter(
        contract__activated_at__isnull=False, contract__starts_on__lte=on, contract__ends_on__gte=on
    )
    years = EntitlementYear.objects.filter(starts_on__lte=on, ends_on__gte=on)
    found = rows.select_related("contract").order_by("contract", "kind").prefetch_related(Prefetch("years", years))
    return [left_from(row, row.contract, row.years.all(), on) for row in found]


def _granted(contract: Contract, kind: str, on: date) -> Entitlement:
    if not contract.runs(on):
        raise Refused(_("Contract %(number)s is not in force on that day.") % {"number": contract.number})
    entitlement = Entitlement.objects.filter(contract=contract, kind=kind).first()
    if entitlement is None:
        raise Refused(_("Contract %(number)s grants no such thing.") % {"number": contract.number})
    return entitlement


def _year(entitlement: Entitlement, contract: Contract, on: date) -> EntitlementYear:
    """The row of the year, made by whoever comes first, locked."""
    first, last = year_of(contract, on)
    wanted = EntitlementYear(entitlement=entitlement, starts_on=first, ends_on=last, granted=entitlement.per_year)
    EntitlementYear.objects.bulk_create([wanted], ignore_conflicts=True)
    return EntitlementYear.objects.select_for_update().get(entitlement=entitlement, starts_on=first)
