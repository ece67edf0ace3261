"""Who works on a ticket, and who answers for it to its end (B1)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from people.models import Role, User
from tickets.models import Ticket
from tickets.states import Refused, Status
from tickets.workflow import onsite, telling
from tickets.workflow.act import TECHNICIANS, Act, E, act


def assign(ticket: Ticket, *, to: User | None, by: User, now: datetime) -> Ticket:
    """Give the work to `to`, or to nobody. The first-contact owner stays who it is (B1).

    A ticket whose engineer is on the way goes back to "visit needed" when somebody else gets it.
    """
    with act(ticket, "assign", by=by, now=now) as doing:
        if doing.ticket.assignee != to:
            _hand(doing, to)
    return doing.ticket


def take(ticket: Ticket, *, by: User, now: datetime) -> Ticket:
    """Take the work oneself; with no first-contact owner yet, become that too. Refused when another has it."""
    with act(ticket, "take", by=by, now=now) as doing:
        holder = doing.ticket.assignee
        if holder is not None and holder != by:
            raise Refused(_("%(name)s has already taken it.") % {"name": holder.name})
        doing.name_owner()
        if holder is None:
            _hand(doing, by)
    return doing.ticket


def _hand(doing: Act, to: User | None) -> None:
    before = doing.ticket.assignee
    if to is not None:
        check_technician(to)
    doing.change(assignee=to, team=to.team if to else None)
    if doing.ticket.status == Status.TRAVEL:
        doing.move("turn_back")
    onsite.turn_back(doing, to)
    event = doing.event(E.ASSIGNED, public=False, old=before.name if before else "", to=to.name if to else "")
    telling.tell(doing, "ticket.assigned", [to], key=f"event:{event.pk}")


def check_technician(person: User) -> None:
    """Raise `Refused` unless `person` is an active operator, lead or engineer."""
    if not person.is_active or person.role not in TECHNICIANS:
        raise Refused(_("%(name)s cannot take tickets.") % {"name": person.name})


def offer_owner(ticket: Ticket, *, to: User, by: User, now: datetime) -> Ticket:
    """Ask `to` to become first-contact owner. Nothing changes until they accept (B1)."""
    check_technician(to)
    with act(ticket, "offer_owner", by=by, now=now) as doing:
        row = doing.ticket
        if row.owner_id not in {None, by.pk} and by.role not in {Role.LEAD, Role.MANAGER}:
            raise Refused(_("Only the first-contact owner or a lead can offer this."))
        if row.owner_id == to.pk:
            raise Refused(_("%(name)s is the first-contact owner already.") % {"name": to.name})
        doing.change(offered_to=to)
        event = doing.event(E.OWNER, public=False, step="offered", to=to.name)
        telling.tell(doing, "ticket.owner_offered", [to], key=f"event:{event.pk}")
    return doing.ticket


def accept_owner(ticket: Ticket, *, by: User, now: datetime) -> Ticket:
    """The person asked becomes first-contact owner."""
    with act(ticket, "accept_owner", by=by, now=now) as doing:
        _only_asked(doing.ticket, by)
        old = doing.ticket.owner
        doing.change(owner=by, offered_to=None)
        event = doing.event(E.OWNER, public=True, step="accepted", old=old.name if old else "", to=by.name)
        telling.tell(doing, "ticket.owner_accepted", [old, doing.ticket.reporter], key=f"event:{event.pk}")
    return doing.ticket


def decline_owner(ticket: Ticket, *, by: User, now: datetime) -> Ticket:
    """The person asked says no; the owner stays."""
    with act(ticket, "decline_owner", by=by, now=now) as doing:
        _only_asked(doing.ticket, by)
        doing.change(offered_to=None)
        event = doing.event(E.OWNER, public=False, step="declined", to=by.name)
        telling.tell(doing, "ticket.owner_declined", [doing.ticket.owner], key=f"event:{event.pk}")
    return doing.ticket


def _only_asked(ticket: Ticket, by: User) -> None:
    if ticket.offered_to_id != by.pk:
        raise Refused(_("This hand-over was not offered to you."))
