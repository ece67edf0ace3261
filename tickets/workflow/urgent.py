"""An urgent response of the contract: one of its year's quota, every clock tightened, beyond the quota a bill (B6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from people.models import User
from sla.facts import Kind as FactKind
from tickets import urgent
from tickets.models import Ticket
from tickets.states import Refused
from tickets.workflow import telling
from tickets.workflow.act import Act, E, act, needed
from warranty import entitlements
from warranty.models import EntitlementYear, Use

LONGEST = 200
"""Characters of a reason."""


class WouldBill(Refused):
    """The quota is used up, and nobody has said yet that this one may cost something. Nothing was taken."""


def mark_urgent(ticket: Ticket, *, reason: str, by: User, now: datetime, may_bill: bool = False) -> Ticket:
    """Take an urgent response of the contract for it; its clocks are tightened, also on holidays (B6).

    Beyond the year's quota it is billable: `WouldBill` unless `may_bill`. Refused where no contract in force grants
    any, and for what nobody has verified. Of a ticket that has one nothing more is taken.
    """
    reason = needed(reason, _("Say what makes it urgent; the hospital reads this."))[:LONGEST]
    with act(ticket, "mark_urgent", by=by, now=now) as doing:
        row = doing.ticket
        if row.is_urgent:
            return row
        use = _taken(row, by, now)
        if use.is_billable and not may_bill:
            raise WouldBill(_("None of the year's urgent responses is left: this one would be billable."))
        doing.change(urgent_use=use)
        _say(doing, "billable" if use.is_billable else "granted", use, reason)
        doing.fact(FactKind.TERMS_CHANGED, data={"urgent": True, "reason": reason})
    return doing.ticket


def _taken(ticket: Ticket, by: User, now: datetime) -> Use:
    if ticket.is_unverified:
        raise Refused(_("Nobody has called back yet: verify the report first."))
    offer = urgent.offer(ticket, now)
    if offer is None:
        raise Refused(_("No contract in force grants an urgent response for this. Raise the priority instead."))
    contract, on = offer.left.entitlement.contract, urgent.day(ticket, now)
    return entitlements.take(contract, urgent.KIND, reference=ticket.number, on=on, by=by, now=now)


def unmark_urgent(ticket: Ticket, *, reason: str, by: User, now: datetime) -> Ticket:
    """Give the urgent response back, with its bill if it had one; the clocks go on as without it (B6)."""
    reason = needed(reason, _("Say why it is given back; the hospital reads this."))[:LONGEST]
    with act(ticket, "unmark_urgent", by=by, now=now) as doing:
        if not doing.ticket.is_urgent:
            raise Refused(_("It has no urgent response."))
        _give_back(doing, reason)
        doing.fact(FactKind.TERMS_CHANGED, data={"urgent": False, "reason": reason})
    return doing.ticket


def return_unserved(doing: Act, reason: str) -> None:
    """What is withdrawn gives its urgent response back, unless somebody had set out for it already."""
    ticket = doing.ticket
    if ticket.is_urgent and not ticket.events.filter(kind__in=(E.DEPARTED, E.ARRIVED)).exists():
        _give_back(doing, reason[:LONGEST])


def _give_back(doing: Act, reason: str) -> None:
    use = doing.ticket.urgent_use
    assert use is not None, "asked for a ticket that has one"
    entitlements.give_back(use, reason=reason, by=doing.by, now=doing.now)
    doing.change(urgent_use=None)
    _say(doing, "returned", use, reason)


def _say(doing: Act, how: str, use: Use, reason: str) -> None:
    """Into the story, with how the quota stands now; the hospital and whoever works on it are told.

    `how`: "granted" by the quota, "billable", or "returned".
    """
    year = EntitlementYear.objects.get(pk=use.year_id)
    said: dict[str, Any] = {"how": how, "used": year.used, "granted": year.granted}
    event = doing.event(E.URGENT, public=True, body=reason, **said)
    key = f"event:{event.pk}"
    telling.handlers(doing, "ticket.urgent", key=key, text=reason, **said)
    telling.here(doing, "ticket.urgent", key=f"{key}:hospital", text=reason, **said)
