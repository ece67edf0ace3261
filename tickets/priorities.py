"""Impact × urgency → priority, in one place."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from common.wording import clock
from sla.critical import Window
from tickets.models import FaultClass, Ticket

MINUTE = timedelta(minutes=1)
"""A period that ends at midnight is said to last until 23:59 of its last day."""

IMPACT, URGENCY = Ticket.Impact, Ticket.Urgency

MATRIX: dict[tuple[int, int], int] = {
    (IMPACT.SYSTEM, URGENCY.NOW): 1,
    (IMPACT.SYSTEM, URGENCY.TODAY): 1,
    (IMPACT.SYSTEM, URGENCY.LATER): 1,
    (IMPACT.ROOM, URGENCY.NOW): 1,
    (IMPACT.ROOM, URGENCY.TODAY): 2,
    (IMPACT.ROOM, URGENCY.LATER): 3,
    (IMPACT.PART, URGENCY.NOW): 2,
    (IMPACT.PART, URGENCY.TODAY): 3,
    (IMPACT.PART, URGENCY.LATER): 4,
    (IMPACT.NONE, URGENCY.NOW): 3,
    (IMPACT.NONE, URGENCY.TODAY): 4,
    (IMPACT.NONE, URGENCY.LATER): 4,
}
"""1 is the highest. The whole system, or a consultation that has stopped, is always 1."""


def is_node_down(fault_class: FaultClass | None) -> bool:
    """Whether the class is handled and clocked as a node down (A7)."""
    return fault_class is not None and fault_class.as_node_down


def priority(impact: int, urgency: int, fault_class: FaultClass | None) -> int:
    """1 (highest) to 4. A class that counts as node down is always 1 (A7)."""
    return 1 if is_node_down(fault_class) else MATRIX[impact, urgency]


def raise_impact(ticket: Ticket, window: Window | None) -> None:
    """A new fault in a critical period of its hospital weighs one level more, and says why (N12)."""
    if window is not None:
        ticket.impact = max(ticket.impact - 1, IMPACT.SYSTEM)
        ticket.critical_reason, ticket.critical_until = window.period.reason, window.ends_at


def critical_words(ticket: Ticket, now: datetime) -> str:
    """ "month-end closing until 12-02 23:59", while it lasts."""
    if ticket.critical_until is None or ticket.critical_until <= now:
        return ""
    until = clock(ticket.critical_until - MINUTE, now)
    return str(_("%(reason)s until %(time)s")) % {"reason": ticket.critical_reason, "time": until}


def terms(ticket: Ticket) -> dict[str, object]:
    """The terms that the clocks' targets depend on and that a change of judgement can change."""
    return {"priority": ticket.priority, "node_down": is_node_down(ticket.fault_class)}


def why(ticket: Ticket) -> str:
    """What makes the priority what it is, in a few words; a person's own reason comes first."""
    if ticket.priority_reason:
        return ticket.priority_reason
    if is_node_down(ticket.fault_class):
        return str(_("as a node down"))
    if ticket.urgency == URGENCY.NOW and ticket.impact in {IMPACT.SYSTEM, IMPACT.ROOM}:
        return str(_("consultation stopped"))
    return f"{IMPACT(ticket.impact).label} · {URGENCY(ticket.urgency).label}"
