"""What a ticket says about itself, and what its clocks' targets follow from."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from people.access import require
from people.models import User
from sla import deadlines
from sla.facts import Kind as FactKind
from sla.models import Deadline
from tickets import priorities, search
from tickets.models import FaultClass, Ticket
from tickets.states import Refused
from tickets.workflow.act import Act, E, act, needed

EDITABLE = ("title", "description", "place")


class Conflict(Refused):
    """Somebody else changed the ticket since it was read (T031): both versions, to choose from.

    `mine` and `theirs` map each field that differs to its text; `version` is the one to send next.
    """

    def __init__(self, mine: dict[str, str], theirs: dict[str, str], version: int) -> None:
        self.mine, self.theirs, self.version = mine, theirs, version
        super().__init__(_("Somebody else has changed this in the meantime. Compare, and save again."))


def clock_terms(ticket: Ticket, at: datetime) -> dict[str, object]:
    """What the clocks' targets depend on, for a fault that the company is notified of at `at`."""
    device_kind = ticket.device.model.kind if ticket.device else ""
    return {
        "policy": deadlines.policy_for(ticket.hospital, device_kind, at).code,
        "device_kind": device_kind,
        "kind": ticket.kind,
        **priorities.terms(ticket),
        **_critical(ticket, at),
        **({"urgent": True} if ticket.is_urgent else {}),
    }


def _critical(ticket: Ticket, at: datetime) -> dict[str, object]:
    until = ticket.critical_until
    if until is None or until <= at:
        return {}
    return {"critical": {"reason": ticket.critical_reason, "until": until.isoformat()}}


def change_priority(ticket: Ticket, *, impact: int, urgency: int, reason: str, by: User, now: datetime) -> Ticket:
    """Judge impact and urgency anew; the clocks follow the new priority from now on.

    Lowering needs a reason (`Refused`) and the right to it (PermissionDenied).
    """
    with act(ticket, "change_priority", by=by, now=now) as doing:
        row = doing.ticket
        before = priorities.terms(row)
        doing.change(impact=impact, urgency=urgency)
        _reprioritise(doing, reason.strip(), before)
        if priorities.terms(row) != before or reason.strip():
            doing.event(E.PRIORITY, public=False, body=reason.strip(), old=before["priority"], new=row.priority)
    return doing.ticket


def change_class(ticket: Ticket, *, fault_class: FaultClass, by: User, now: datetime) -> Ticket:
    """Correct the fault class (A7). It may change the priority, and with it the clocks.

    The corrected class is itself the reason for a lower priority; the right to lower it is needed all the same.
    """
    with act(ticket, "change_class", by=by, now=now) as doing:
        row = doing.ticket
        if row.fault_class_id == fault_class.pk:
            return row
        before = priorities.terms(row)
        old = row.fault_class.name if row.fault_class else ""
        doing.change(fault_class=fault_class)
        _reprioritise(doing, _("Fault class corrected"), before)
        doing.event(E.FAULT_CLASS, public=False, old=old, new=fault_class.name)
    return doing.ticket


def _reprioritise(doing: Act, reason: str, before: dict[str, object]) -> None:
    row = doing.ticket
    old, new = row.priority, priorities.priority(row.impact, row.urgency, row.fault_class)
    if new > old:
        assert doing.by is not None
        require(doing.by, "tickets.lower_priority")
        needed(reason, _("Say why the priority is lowered."))
    doing.change(priority=new, priority_reason=reason[:200] if new > old else "")
    after = priorities.terms(row)
    if changed := {name: value for name, value in after.items() if before[name] != value}:
        doing.fact(FactKind.TERMS_CHANGED, data=changed)


def edit(ticket: Ticket, *, title: str, description: str, place: str, version: int, by: User, now: datetime) -> Ticket:
    """Change what the ticket says. `version` is the one that was on the screen.

    Raises `Conflict` when somebody else saved in between (T031). Answers and notes never conflict.
    """
    wanted = {
        "title": needed(title, _("Say in a few words what happens.")),
        "description": description.strip(),
        "place": place.strip(),
    }
    with act(ticket, "edit", by=by, now=now) as doing:
        row = doing.ticket
        stored = {name: str(getattr(row, name)) for name in EDITABLE}
        differing = [name for name in EDITABLE if stored[name] != wanted[name]]
        if differing and version != row.version:
            raise Conflict(
                {name: wanted[name] for name in differing}, {name: stored[name] for name in differing}, row.version
            )
        if differing:
            doing.change(**wanted, version=row.version + 1)
            doing.change(search=search.index(row))
            changes = {name: [stored[name], wanted[name]] for name in differing}
            doing.event(E.EDITED, public=True, changes=changes)
    return doing.ticket


def retarget(ticket: Ticket, deadline: Deadline, *, due_at: datetime, reason: str, by: User, now: datetime) -> Ticket:
    """A manager gives a running clock another due time; both stay on record (worked example 3)."""
    reason = needed(reason, _("Say why the target is changed."))
    with act(ticket, "retarget", by=by, now=now) as doing:
        if deadline.timeline_id != doing.ticket.timeline_id:
            raise Refused(_("This clock belongs to another ticket."))
        try:
            deadlines.retarget(deadline, due_at=due_at, reason=reason, by=by, now=now)
        except deadlines.Refused as refused:
            raise Refused(str(refused)) from refused
        doing.event(
            E.RETARGETED,
            public=False,
            body=reason,
            clock=deadline.code,
            old=deadline.due_at.isoformat(),
            new=due_at.isoformat(),
        )
    return doing.ticket
