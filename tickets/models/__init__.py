"""What a hospital brings, and what was said and done about it."""

from tickets.models.catalogue import FaultClass, FaultTile
from tickets.models.onsite import TicketPart, TicketVisit
from tickets.models.quotes import Quote
from tickets.models.scans import ScanReport
from tickets.models.story import SavedFilter, TicketAttachment, TicketEvent
from tickets.models.ticket import Kind, Origin, Ticket
from tickets.models.triage import Procedure, Training, TriageSetting
from tickets.models.verdict import TicketVerdict

__all__ = [
    "FaultClass",
    "FaultTile",
    "Kind",
    "Origin",
    "Procedure",
    "Quote",
    "SavedFilter",
    "ScanReport",
    "Ticket",
    "TicketAttachment",
    "TicketEvent",
    "TicketPart",
    "TicketVerdict",
    "TicketVisit",
    "Training",
    "TriageSetting",
]
