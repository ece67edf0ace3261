"""What the company owes each contract year, and what of it is done, with proof (N3: A9, A10, B5).

Planning takes one from the quota of its year, dropping gives it back: what is planned or done is what is used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from attachments import storage
from people.models import User
from warranty import entitlements
from warranty.entitlements import Left
from warranty.forecast import Forecast, forecast
from warranty.models import Contract, DutyEntry, Entitlement
from warranty.refusal import Refused, WouldBill


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the ledger: what is owed in a contract year, its entries, and how it will end."""

    entitlement: Entitlement
    contract: Contract
    starts_on: date
    ends_on: date
    entries: tuple[DutyEntry, ...]
    forecast: Forecast


def plan(
    contract: Contract,
    kind: str,
    *,
    on: date,
    by: User | None,
    now: datetime,
    reference: str = "",
    note: str = "",
    may_bill: bool = True,
) -> DutyEntry:
    """Plan one for a day of the contract. Beyond what the year grants it is billable (A10).

    Refused as `take`; raises `WouldBill` for a billable one that nobody agreed to (`may_bill`).
    """
    with transaction.atomic():
        name = reference or f"{kind}:{on.isoformat()}:{now.isoformat()}"
        use = entitlements.take(contract, kind, reference=name, on=on, by=by, now=now)
        earlier = DutyEntry.objects.filter(use=use).first()
        if earlier is not None:
            return earlier
        if use.is_billable and not may_bill:
            raise WouldBill(_("The contract year that holds this day has none left: this one is billable."))
        return DutyEntry.objects.create(
            entitlement_id=use.year.entitlement_id,
            hospital_id=contract.hospital_id,
            use=use,
            year_starts_on=use.year.starts_on,
            planned_on=on,
            planned_by=by,
            recorded_at=now,
            note=note,
        )


def done(entry: DutyEntry, *, on: date, proof: UploadedFile, by: User, today: date, now: datetime) -> DutyEntry:
    """It was done on that day; the proof is stored with it. Refused for a day to come, without its year, or twice.

    Raises `storage.Refused` for a file that is not taken.
    """
    if on > today:
        raise Refused(_("It cannot have been done on a day to come."))
    with transaction.atomic():
        row = _open(entry)
        year = row.use.year
        if not year.starts_on <= on <= year.ends_on:
            raise Refused(_("This day lies outside the contract year that it is planned for."))
        row.done_on, row.done_by, row.recorded_at = on, by, now
        row.proof = storage.accept(proof, hospital=row.hospital, by=by, now=now)
        row.save(update_fields=["done_on", "done_by", "recorded_at", "proof"])
    return row


def drop(entry: DutyEntry, *, reason: str, by: User, now: datetime) -> DutyEntry:
    """It will not take place; what was taken from the quota is given back. Refused once it is done."""
    with transaction.atomic():
        row = _open(entry)
        entitlements.give_back(row.use, reason=reason, by=by, now=now)
        row.dropped_at = now
        row.save(update_fields=["dropped_at"])
    return row


def _open(entry: DutyEntry) -> DutyEntry:
    DutyEntry.objects.select_for_update().only("pk").get(pk=entry.pk)
    row = DutyEntry.objects.select_related("use__year", "hospital").get(pk=entry.pk)
    if row.done_on is not None or row.dropped_at is not None:
        raise Refused(_("This is done or dropped already."))
    return row


def ledger(contracts: Iterable[Contract], today: date) -> list[Duty]:
    """What is owed in the running year of each of `contracts` that is in force: three queries."""
    return ledger_of(entitlements.in_year(contracts, today), today)


def ledger_of(granted: Iterable[Left], today: date) -> list[Duty]:
    """As `ledger`, from quotas that are read already: one query."""
    owed = {one.entitlement.pk: one for one in granted if one.entitlement.is_owed}
    entries: dict[int, list[DutyEntry]] = defaultdict(list)
    rows = DutyEntry.objects.filter(entitlement__in=owed, dropped_at=None)
    for entry in rows.select_related("use", "proof", "done_by"):
        if entry.year_starts_on == owed[entry.entitlement_id].starts_on:
            entries[entry.entitlement_id].append(entry)
    return [
        line_of(one.entitlement, one.entitlement.contract, (one.starts_on, one.ends_on), entries[key], today)
        for key, one in owed.items()
    ]


def line_of(
    entitlement: Entitlement, contract: Contract, year: tuple[date, date], entries: Iterable[DutyEntry], today: date
) -> Duty:
    """One line of the ledger from its rows."""
    kept = tuple(entries)
    first, last = year
    ahead = forecast(
        owed=entitlement.per_year,
        done=sum(1 for entry in kept if entry.done_on is not None),
        planned=[entry.planned_on for entry in kept if entry.done_on is None],
        starts_on=first,
        ends_on=last,
        lead_days=entitlement.lead_days,
        today=today,
    )
    return Duty(entitlement, contract, first, last, kept, ahead)
