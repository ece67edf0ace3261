"""Whom to send for a ticket: the deadline that governs, and the candidates for it (A2, N1)."""

from __future__ import annotations

from datetime import datetime

from sla.deadlines import OPEN_STATES
from tickets.models import Ticket
from visits.candidates import candidates
from visits.ranking import Candidate

ON_SITE = ("onsite", "onsite_bound")
"""The clocks that somebody's arrival stops."""


def due_at(ticket: Ticket) -> datetime | None:
    """When somebody has to be there: the earlier of the clocks that run; None when none does."""
    running = ticket.timeline.deadlines.filter(code__in=ON_SITE, state__in=OPEN_STATES)
    return min(running.values_list("due_at", flat=True), default=None)


def candidates_for(ticket: Ticket, now: datetime) -> tuple[Candidate, ...]:
    """The engineers of the ticket's region, best first."""
    kind = ticket.device.model.kind if ticket.device else ""
    return candidates(ticket.site, device_kind=kind, due_at=due_at(ticket), now=now)
