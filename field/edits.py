"""Fields that are edited on the phone, and what happens when somebody else changed them meanwhile.

Three versions are compared: what was on the screen (`base`), what the phone says, and what stands. The loser stays in
the record of the visit: {"field", "base", "old", "new", "kept"}, where `kept` is "" as long as nobody has decided.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.wording import clock
from people.models import User
from sla.evidence import Evidence
from tickets import priorities, workflow
from tickets.models import FaultClass, Ticket, TicketEvent
from tickets.states import Refused
from visits import dispatch
from visits.models import Visit, VisitRecord

E = TicketEvent.EventKind
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True, slots=True)
class Last:
    """Who changed a field last, when, and why."""

    by: str = ""
    at: datetime | None = None
    why: str = ""


class Field(ABC):
    """A field of a ticket by the name that the phone uses. Values are texts."""

    label: Any

    @abstractmethod
    def value(self, ticket: Ticket) -> str:
        """As it stands."""

    @abstractmethod
    def apply(self, ticket: Ticket, value: str, *, why: str, by: User, now: datetime) -> None:
        """Change it. Raises `Refused` for a value that cannot be."""

    @abstractmethod
    def last(self, ticket: Ticket) -> Last:
        """The last change, as far as the story tells."""

    def text(self, value: str, now: datetime) -> str:
        """The value in words."""
        return value

    def follows(self, ticket: Ticket, value: str) -> str:
        """What comes of choosing `value`."""
        return ""


class FaultClassField(Field):
    label = gettext_lazy("Fault class")

    def value(self, ticket: Ticket) -> str:
        return ticket.fault_class.code if ticket.fault_class else ""

    def apply(self, ticket: Ticket, value: str, *, why: str, by: User, now: datetime) -> None:
        workflow.change_class(ticket, fault_class=self._row(value), by=by, now=now)
        if why:
            workflow.note(ticket, by=by, text=why, now=now)

    def last(self, ticket: Ticket) -> Last:
        return _last(ticket.events.filter(kind=E.FAULT_CLASS))

    def text(self, value: str, now: datetime) -> str:
        return self._row(value).name if value else ""

    def follows(self, ticket: Ticket, value: str) -> str:
        row = self._row(value) if value else None
        priority = priorities.priority(ticket.impact, ticket.urgency, row)
        if priority == ticket.priority:
            return _("The priority stays P%(priority)d.") % {"priority": priority}
        return _("The priority becomes P%(priority)d, and the clocks follow.") % {"priority": priority}

    @staticmethod
    def _row(code: str) -> FaultClass:
        if (row := FaultClass.objects.filter(code=code, is_active=True).first()) is None:
            raise Refused(_("There is no such fault class."))
        return row


class PlaceField(Field):
    label = gettext_lazy("Place")

    def value(self, ticket: Ticket) -> str:
        return ticket.place

    def apply(self, ticket: Ticket, value: str, *, why: str, by: User, now: datetime) -> None:
        words = {"title": ticket.title, "description": ticket.description, "place": value[:120]}
        workflow.edit(ticket, **words, version=ticket.version, by=by, now=now)

    def last(self, ticket: Ticket) -> Last:
        return _last(ticket.events.filter(kind=E.EDITED, data__changes__has_key="place"))


class NextVisitField(Field):
    """When somebody comes again: the start of the ticket's next planned visit, empty without one."""

    label = gettext_lazy("Next visit")

    def value(self, ticket: Ticket) -> str:
        row = self._next(ticket)
        return row.starts_at.isoformat() if row else ""

    def apply(self, ticket: Ticket, value: str, *, why: str, by: User, now: datetime) -> None:
        row, at = self._next(ticket), self._at(value)
        if row is None:
            raise Refused(_("No further visit is planned; finish this one with “has to come again”."))
        dispatch.replan(row, starts_at=at, by=by, now=now)

    def last(self, ticket: Ticket) -> Last:
        row = self._next(ticket)
        lines = row.records.filter(kind=VisitRecord.Kind.STEP, data__step__in=["plan", "replan"]) if row else None
        line = lines.select_related("by").order_by("-pk").first() if lines is not None else None
        return Last(line.by.name if line.by else "", line.recorded_at, line.body) if line else Last()

    def text(self, value: str, now: datetime) -> str:
        return clock(self._at(value), now) if value else _("none planned")

    def follows(self, ticket: Ticket, value: str) -> str:
        return _("Whoever planned it sees the new time at once.")

    @staticmethod
    def _next(ticket: Ticket) -> Visit | None:
        rows = Visit.objects.filter(ticket_link__ticket=ticket, state=Visit.State.PLANNED)
        return rows.order_by("starts_at").first()

    @staticmethod
    def _at(value: str) -> datetime:
        try:
            at = parse_datetime(value)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise Refused(_("Write the time with its offset from UTC."))
        return at


FIELDS: dict[str, Field] = {
    "fault_class": FaultClassField(),
    "place": PlaceField(),
    "next_visit": NextVisitField(),
}


def _last(events: Any) -> Last:
    event = events.select_related("by").order_by("-pk").first()
    return Last(event.by.name if event.by else "", event.at, event.body) if event else Last()


def field(name: str) -> Field:
    """Raises `Refused` for one that the phone may not edit."""
    if name not in FIELDS:
        raise Refused(_("This field cannot be edited on the phone."))
    return FIELDS[name]


def same(one: str, other: str) -> bool:
    """Whether two values say the same: moments by what they mean, texts by their letters."""
    if one == other:
        return True
    try:
        first, second = parse_datetime(one), parse_datetime(other)
    except ValueError:
        return False
    if first is None or second is None or (first.tzinfo is None) != (second.tzinfo is None):
        return False
    return abs(first - second) < timedelta(seconds=1)


def edit(
    ticket: Ticket, visit: Visit, said: dict[str, Any], *, by: User, now: datetime, evidence: Evidence
) -> VisitRecord:
    """Change a field unless somebody else did meanwhile; then the line that is returned has nothing `kept`."""
    one = field(said["field"])
    old, new = one.value(ticket), said["value"]
    if not same(old, new) and same(old, said["base"]):
        one.apply(ticket, new, why=said["text"], by=by, now=now)
        kept = MINE
    else:
        kept = MINE if same(old, new) else ""
    data = {"field": said["field"], "base": said["base"], "old": old, "new": new, "kept": kept}
    return dispatch.record(
        visit, VisitRecord.Kind.EDIT, by=by, now=now, evidence=evidence, body=said["text"], data=data
    )


def settle(ticket: Ticket, record: VisitRecord, *, by: User, now: datetime) -> None:
    """Do after all what the phone wanted: in a line of an edit `new`, in one that was only kept `value`."""
    data = record.data
    value = data["new"] if "new" in data else data["value"]
    field(data["field"]).apply(ticket, value, why=record.body, by=by, now=now)


def conflict(ticket: Ticket, record: VisitRecord, now: datetime) -> dict[str, Any]:
    """Both versions of a field and the one before, to choose from."""
    data, one = record.data, field(record.data["field"])
    theirs, last = one.value(ticket), one.last(ticket)

    def version(value: str) -> dict[str, str]:
        return {"value": value, "text": one.text(value, now)}

    mine = {"at": record.at, "by": record.by.name if record.by else "", "why": record.body}
    others = {"at": last.at, "by": last.by, "why": last.why}
    return {
        "edit": record.client_key,
        "field": data["field"],
        "name": str(one.label),
        "base": version(data["base"]),
        "mine": {**version(data["new"]), **mine, "follows": one.follows(ticket, data["new"])},
        "theirs": {**version(theirs), **others, "follows": one.follows(ticket, theirs)},
    }
