"""A contract comes into force, is changed, begins and ends: its clocks follow by the means of `sla` (B4, B5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit import trail
from people.models import Hospital, User
from sla import deadlines, policies
from sla.models import Deadline, Policy, PolicyAssignment
from warranty import entitlements
from warranty.models import Contract, DutyEntry, EntitlementYear
from warranty.refusal import Refused

CHANGEABLE = frozenset({"name", "ends_on", "policy", "device_kinds", "excluded_causes", "scope", "project"})
"""What a contract in force may have changed; its first day and phase are what was signed."""
ACTIVATED, CHANGED = "warranty.contract_activated", "warranty.contract_changed"
EARLIER = timedelta(microseconds=1)


def activate(contract: Contract, *, by: User | None, now: datetime) -> Contract:
    """Put a draft in force: its policy holds from its first day on, for tickets that run then too.

    Refused for a contract that is in force already.
    """
    with transaction.atomic():
        row = _locked(contract)
        if row.activated_at is not None:
            raise Refused(_("Contract %(number)s is in force already.") % {"number": row.number})
        row.activated_at, row.activated_by = now, by
        row.save(update_fields=["activated_at", "activated_by"])
        trail.note(ACTIVATED, row, by=by, now=now, id=row.pk)
        _assign(row)
        policies.follow(row.hospital, by=by, now=now, reason=row.number)
    return row


def change(contract: Contract, *, by: User | None, now: datetime, **values: Any) -> Contract:
    """Change a contract in force; it gets the next version, and running clocks follow.

    Refused for a draft, and for a last day before something that is planned. ValidationError names a wrong field.
    """
    if unknown := values.keys() - CHANGEABLE:
        raise ValueError(f"not to be changed: {sorted(unknown)}")
    with transaction.atomic():
        row = _locked(contract)
        if row.activated_at is None:
            raise Refused(_("Contract %(number)s is still a draft.") % {"number": row.number})
        _unassign(row)
        before = _told(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
        row.full_clean(exclude=["number"])
        _refuse_planned_after(row)
        row.save()
        _reckon_years(row)
        after = _told(row)
        changes = {name: [before[name], after[name]] for name in sorted(before) if before[name] != after[name]}
        trail.note(CHANGED, row, by=by, now=now, id=row.pk, version=row.version, changes=changes)
        _assign(row)
        policies.follow(row.hospital, by=by, now=now, reason=row.number)
    return row


def rehearse(contract: Contract, *, by: User | None, now: datetime, **values: Any) -> list[Moved]:
    """The running clocks that `change` would move or end: it is done, looked at and taken back. Refused as it.

    For a hospital's clocks that run; whoever looks holds their timelines as long as the change itself would.
    """
    with transaction.atomic():
        before = _running(contract)
        change(contract, by=by, now=now, **values)
        after = _running(contract)
        transaction.set_rollback(True)
    return [Moved(row, after.get(key)) for key, row in before.items() if _moves(row, after.get(key))]


@dataclass(frozen=True, slots=True)
class Moved:
    """A running clock, and what stands in its place then; None: it ends without another."""

    deadline: Deadline
    then: Deadline | None


def turn(today: date, now: datetime) -> int:
    """Let running clocks follow the contracts that begin, or have ended, since yesterday; how many timelines moved.

    Twice changes nothing. A day of grace on both sides: a site's date may be another than the server's.
    """
    around = (today - timedelta(days=2), today + timedelta(days=1))
    begun = Contract.objects.signed().filter(starts_on__range=around)
    ended = Contract.objects.signed().filter(ends_on__range=around)
    hospitals = Hospital.objects.filter(pk__in=begun.values("hospital").union(ended.values("hospital")))
    return sum(policies.follow(hospital, by=None, now=now) for hospital in hospitals)


def first_instant(hospital: Hospital, day: date) -> datetime:
    """Midnight of `day` where the hospital stands."""
    site = hospital.sites.order_by("pk").first()
    return datetime.combine(day, time.min, ZoneInfo(site.timezone if site else settings.TIME_ZONE))


def _told(contract: Contract) -> dict[str, str]:
    """What may change of a contract, as its history says it."""
    scope = contract.project.name if contract.project else contract.scope
    return {
        "name": contract.name,
        "ends_on": contract.ends_on.isoformat(),
        "policy": contract.policy.name,
        "scope": scope,
        "device_kinds": ", ".join(sorted(contract.device_kinds)),
        "excluded_causes": ", ".join(sorted(contract.excluded_causes)),
    }


def _refuse_planned_after(contract: Contract) -> None:
    late = DutyEntry.objects.filter(
        entitlement__contract=contract, done_on=None, dropped_at=None, planned_on__gt=contract.ends_on
    )
    if (first := late.order_by("planned_on").first()) is not None:
        text = _("Something is planned for %(day)s, after this last day. Drop it or plan it anew first.")
        raise Refused(text % {"day": first.planned_on.isoformat()})


def _running(contract: Contract) -> dict[tuple[int, str, int, int], Deadline]:
    """The running clocks of its hospital, by timeline, clock and cycle."""
    rows = Deadline.objects.filter(timeline__hospital=contract.hospital_id, state__in=deadlines.OPEN_STATES)
    found = rows.select_related("timeline", "commitment").order_by("timeline", "pk")
    return {(row.timeline_id, row.code, row.cycle, row.turn): row for row in found}


def _moves(row: Deadline, then: Deadline | None) -> bool:
    return then is None or (then.due_at, then.state) != (row.due_at, row.state)


def _locked(contract: Contract) -> Contract:
    Contract.objects.select_for_update().only("pk").get(pk=contract.pk)
    return Contract.objects.select_related("hospital", "policy", "follows", "project").get(pk=contract.pk)


def _assign(contract: Contract) -> None:
    """Its policy from its first day on, and from the day after its last the one that held before it."""
    hospital = contract.hospital
    starts, ends = _span(contract)
    for kind in contract.device_kinds or [""]:
        before = _before(contract, kind)
        PolicyAssignment.objects.update_or_create(
            hospital=hospital, device_kind=kind, valid_from=starts, defaults={"policy": contract.policy}
        )
        # A contract that follows may have begun to hold there already.
        PolicyAssignment.objects.get_or_create(
            hospital=hospital, device_kind=kind, valid_from=ends, defaults={"policy": before}
        )


def _unassign(contract: Contract) -> None:
    """Take back what `_assign` wrote, but not what a contract wrote that begins where this one ends."""
    starts, ends = _span(contract)
    own = PolicyAssignment.objects.filter(hospital=contract.hospital, device_kind__in=contract.device_kinds or [""])
    own.filter(valid_from=starts, policy=contract.policy).delete()
    if not Contract.objects.signed().filter(follows=contract, starts_on=contract.ends_on + timedelta(days=1)).exists():
        own.filter(valid_from=ends).delete()


def _reckon_years(contract: Contract) -> None:
    """The last contract year ends with the contract, wherever that is now."""
    for year in EntitlementYear.objects.filter(entitlement__contract=contract, starts_on__lte=contract.ends_on):
        year.ends_on = entitlements.year_of(contract, year.starts_on)[1]
        year.save(update_fields=["ends_on"])


def _span(contract: Contract) -> tuple[datetime, datetime]:
    """The instants at which it begins to hold and no longer does."""
    hospital = contract.hospital
    return first_instant(hospital, contract.starts_on), first_instant(hospital, contract.ends_on + timedelta(days=1))


def _before(contract: Contract, kind: str) -> Policy:
    """What held before the first of the contracts that this one follows."""
    first = contract
    while first.follows is not None:
        first = first.follows
    return deadlines.policy_for(contract.hospital, kind, first_instant(contract.hospital, first.starts_on) - EARLIER)
