"""Where a ticket is read: paths that go into notifications and onto the timeline."""

from __future__ import annotations

from people.models import User
from tickets.models import Ticket


def console(number: str) -> str:
    """The company's workspace of a ticket."""
    return f"/desk/tickets/{number}/"


def portal(number: str) -> str:
    """The hospital's page of a ticket."""
    return f"/requests/{number}/"


def for_person(ticket: Ticket, person: User) -> str:
    """The page of the two that `person` may open."""
    return portal(ticket.number) if person.is_hospital else console(ticket.number)
