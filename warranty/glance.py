"""Quotas and duties of a hospital as pips, and what it is told of each: done with proof, planned, at risk (N3, B6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from common.present import Quota
from warranty import duties, entitlements
from warranty.duties import Duty
from warranty.entitlements import Left
from warranty.forecast import AT_RISK, WARN_DAYS, State
from warranty.models import Contract, DutyEntry
from warranty.wording import day


@dataclass(frozen=True, slots=True)
class Granted:
    """What one contract grants in its running year."""

    contract: Contract
    days_left: int
    quotas: tuple[Quota, ...]


def of_hospital(user: Any, today: date) -> list[Granted]:
    """What the contracts in force grant to the hospital of `user`, in its words: three queries."""
    granted = entitlements.running(user, today)
    contracts = {left.entitlement.contract_id: left.entitlement.contract for left in granted}.values()
    return by_contract(contracts, granted, duties.ledger_of(granted, today), today, told=True)


def by_contract(
    contracts: Iterable[Contract], granted: Iterable[Left], owed: Iterable[Duty], today: date, *, told: bool
) -> list[Granted]:
    """Each of `contracts` with its quotas of the running year; `told`: with what the hospital is told of the duties."""
    ledger = {duty.entitlement.pk: duty for duty in owed}
    quotas: dict[int, list[Quota]] = defaultdict(list)
    for left in granted:
        quotas[left.entitlement.contract_id].append(_quota(left, ledger.get(left.entitlement.pk), today, told))
    return [Granted(one, (one.ends_on - today).days, tuple(quotas[one.pk])) for one in contracts]


def _quota(left: Left, duty: Duty | None, today: date, told: bool) -> Quota:
    name = capfirst(left.entitlement.get_kind_display())
    if duty is None:
        return Quota(name, left.used, left.granted, note=rest(left))
    ahead = duty.forecast
    used = min(ahead.done, left.granted)
    return Quota(
        name=name,
        used=used,
        granted=left.granted,
        booked=min(ahead.planned, left.granted - used),
        done=ahead.state == State.DONE,
        note=_told(duty, today) if told else "",
    )


def rest(left: Left) -> str:
    """What remains of a quota that the hospital draws on by itself."""
    facts = {"left": left.left, "day": day(left.ends_on)}
    if left.left:
        return _("%(left)d left until %(day)s.") % facts
    return _("Used up until %(day)s; one more is charged.") % facts


def candid(duty: Duty, today: date) -> str:
    """What the hospital is told of a duty that is not all done: what went wrong or may, and what becomes of it."""
    ahead = duty.forecast
    facts = {"expected": ahead.expected, "owed": ahead.owed, "done": ahead.done, "last": day(duty.ends_on)}
    if ahead.state == State.MISSED:
        return _("We did %(done)d of %(owed)d. The contract year ended on %(last)s.") % facts
    if ahead.overdue:
        text = _("We had planned it for %(day)s and have not done it. We owe you a new day.")
        return text % {"day": day(_planned(duty)[0].planned_on)}
    if ahead.expected < ahead.owed:
        text = _("We may not manage all of them: as it stands %(expected)d of %(owed)d by %(last)s.")
        return text % facts
    if ahead.unplanned and (duty.ends_on - today).days <= WARN_DAYS[0]:
        return _("There is no day for it yet, and the contract year ends on %(last)s.") % facts
    if ahead.unplanned and not ahead.planned:
        return _("We agree on a day with you, by %(last)s at the latest.") % facts
    return ""


def _told(duty: Duty, today: date) -> SafeString:
    """One line: what is not settled, the day to come, the last one done with its proof."""
    parts: list[str] = []
    if not_settled := candid(duty, today):
        is_trouble = duty.forecast.state in AT_RISK
        parts.append(format_html('<span class="sd-trouble">{}</span>', not_settled) if is_trouble else not_settled)
    if ahead := [entry for entry in _planned(duty) if entry.planned_on >= today]:
        parts.append(_("Planned for %(day)s.") % {"day": day(ahead[0].planned_on)})
    if finished := [entry for entry in duty.entries if entry.done_on is not None]:
        last = max(finished, key=lambda entry: (entry.done_on or date.min, entry.pk))
        words = _("Done on %(day)s") % {"day": day(last.done_on)}
        proof = reverse("duty-proof", args=[last.pk])
        parts.append(format_html('{} · <a href="{}">{}</a>', words, proof, _("Proof")))
    return format_html_join(" ", "{}", ((part,) for part in parts))


def _planned(duty: Duty) -> list[DutyEntry]:
    return sorted((one for one in duty.entries if one.done_on is None), key=lambda one: one.planned_on)
