"""A told ticket as text for COPY, with open slots: for the hospital, the people, the ids and the days.

The rows of a template come from a real replay. All its clocks run round the clock, so moved in time by any
span they are what a replay of the moved facts gives: `sla_audit` finds nothing in the copies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from notifications.models import Notification
from people.models import User
from sla.models import Deadline, Fact, Page, Timeline
from tickets.models import Ticket, TicketEvent

TICK = timedelta(microseconds=1)
Recipient = Page.recipients.through
MODELS: tuple[type[models.Model], ...] = (
    Timeline,
    Ticket,
    Fact,
    Deadline,
    TicketEvent,
    Page,
    Recipient,
    Notification,
)
"""What a ticket consists of, parents first. The first two have its id, row n of the others 100 × that + n."""
PER_TICKET = 100

OPEN, CLOSE = "\ue000", "\ue001"
SLOT = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)")
MOST_DAYS = 30
"""No story is longer, from its filing to the last time that it names."""


def slot(name: str) -> str:
    """A mark that is filled in later."""
    return f"{OPEN}{name}{CLOSE}"


@dataclass(frozen=True)
class Template:
    """One told ticket. `lines`: table → its rows as COPY text with slots, and moments as µs after `begins`.

    `next_action`: when the engine wants to look at it again, if ever; `ends`: its last event.
    """

    model: str
    status: str
    begins: datetime
    ends: datetime
    next_action: datetime | None
    lines: dict[str, str]
    title: str
    words: str
    place: str
    device: str


@dataclass(frozen=True)
class Variant:
    """A template moved by some span: its lines take a mapping of slots by `%`."""

    template: Template
    lines: dict[str, str]
    begins: datetime
    days: int
    """How many days after that its last event lies, rounded up."""

    @property
    def time(self) -> time:
        """Of day (UTC), when it is filed."""
        return self.begins.time()


def columns(model: type[models.Model]) -> list[str]:
    """The columns of a line, in order."""
    return [str(field.column) for field in model._meta.concrete_fields]


class Reader:
    """Turns the rows of one told ticket into a `Template`."""

    def __init__(self, ticket: Ticket, logins: dict[int, str], names: dict[str, str]) -> None:
        self.ticket, self.logins, self.names = ticket, logins, names
        self.ids: dict[tuple[str, int], int] = {}
        self.begins = ticket.created_at

    def read(self) -> Template:
        """The whole ticket."""
        ticket = self.ticket
        rows = {model._meta.db_table: list(_rows(model, ticket)) for model in MODELS}
        for table, found in rows.items():
            if len(found) > PER_TICKET:
                raise ValueError(f"{ticket.number} has {len(found)} rows in {table}")
            self.ids |= {(table, row.pk): number for number, row in enumerate(found)}
        last = max(event.at for event in rows[TicketEvent._meta.db_table])
        looks = [row.next_action_at for row in rows[Deadline._meta.db_table] if row.next_action_at]
        return Template(
            model=ticket.site.address,
            status=ticket.status,
            begins=self.begins,
            ends=last,
            next_action=min(looks, default=None),
            lines={table: "".join(map(self.line, found)) for table, found in rows.items()},
            title=ticket.title,
            words=ticket.description,
            place=ticket.place,
            device=ticket.device.name if ticket.device else "",
        )

    def line(self, row: models.Model) -> str:
        """One row as COPY text."""
        return "\t".join(_escaped(self.cell(row, field)) for field in row._meta.concrete_fields) + "\n"

    def cell(self, row: models.Model, field: models.Field[Any, Any]) -> str | None:
        """One value; None is NULL."""
        special = SPECIAL.get((row._meta.model_name or "", field.name))
        if special is not None:
            return special(self, row)
        value = getattr(row, field.attname)
        if value is None:
            return None
        if field.primary_key:
            return self.own_id(row._meta.db_table, value)
        if isinstance(field, models.ForeignKey):
            return self.key(field, value)
        return self.text(field, value)

    def own_id(self, table: str, value: int) -> str:
        if table in {Timeline._meta.db_table, Ticket._meta.db_table}:
            return slot("t")
        return slot("t") + f"{self.ids[table, value]:02d}"

    def key(self, field: models.ForeignKey[Any, Any], value: int) -> str:
        target = field.remote_field.model
        if target is User:
            return slot("r") if value == self.ticket.reporter_id else slot(f"p:{self.logins[value]}")
        if (target._meta.db_table, value) in self.ids:
            return self.own_id(target._meta.db_table, value)
        names = {"hospital": "h", "site": "s", "device": f"v:{self.ticket.device.name}" if self.ticket.device else ""}
        name = names.get(target._meta.model_name or "")
        return slot(name) if name else str(value)

    def text(self, field: models.Field[Any, Any], value: Any) -> str:
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, bool):
            return "t" if value else "f"
        if isinstance(field, models.JSONField):
            return self.json(value)
        if isinstance(field, ArrayField):
            return "{" + ",".join(value) + "}"
        return self.named(str(value))

    def moment(self, value: datetime) -> str:
        return slot(f"@{(value - self.begins) // TICK}")

    def json(self, value: Any) -> str:
        """JSON with slots for its moments, its names, and the row of the travel table."""
        travel = value.get("travel") if isinstance(value, dict) else None
        if travel:
            value = {**value, "travel": {**travel, "row": slot(f"w:{travel['base']}")}}
        text = json.dumps(value, ensure_ascii=False)
        text = MOMENT.sub(lambda found: self.moment(datetime.fromisoformat(found[0])), text)
        return re.sub(f'"({OPEN}w:[^"]*)"', r"\1", self.named(text))

    def named(self, text: str) -> str:
        """`text` with slots for the ticket's number and title, the hospital's name and people's."""
        ticket = self.ticket
        text = text.replace(ticket.number, slot("n")).replace(ticket.title, slot("T"))
        text = text.replace(ticket.hospital.name, slot("hs")).replace(ticket.hospital.short_name, slot("hs"))
        for name, login in self.names.items():
            text = text.replace(name, slot(f"P:{login}"))
        return text.replace(ticket.reporter.name, slot("rn")) if ticket.reporter else text


def _rows(model: type[models.Model], ticket: Ticket) -> Iterable[Any]:
    timeline = ticket.timeline_id
    if model is Notification:
        pages = model._default_manager.filter(kind="sla.page", link__contains=ticket.number)
        return pages.order_by("pk")
    conditions: dict[type[models.Model], dict[str, Any]] = {
        Timeline: {"pk": timeline},
        Ticket: {"pk": ticket.pk},
        TicketEvent: {"ticket": ticket},
        Page: {"deadline__timeline": timeline},
        Recipient: {"page__deadline__timeline": timeline},
    }
    return model._default_manager.filter(**conditions.get(model, {"timeline": timeline})).order_by("pk")


def _filed_words(_reader: Reader, row: Any) -> str:
    return slot("D") if row.kind == TicketEvent.EventKind.FILED else _reader.named(row.body)


SPECIAL: dict[tuple[str, str], Callable[[Reader, Any], str | None]] = {
    ("timeline", "key"): lambda _reader, _row: slot("k"),
    ("ticket", "title"): lambda _reader, _row: slot("T"),
    ("ticket", "description"): lambda _reader, _row: slot("D"),
    ("ticket", "contact_name"): lambda _reader, _row: slot("rn"),
    ("ticket", "contact_phone"): lambda _reader, _row: slot("rp"),
    ("ticket", "search"): lambda _reader, _row: slot("z"),
    ("ticketevent", "body"): _filed_words,
    ("notification", "dedupe_key"): lambda reader, row: f"page:{reader.own_id(row._meta.db_table, row.pk)}",
    ("notification", "read_at"): lambda reader, row: reader.moment(row.created_at),
}
"""Columns that are not simply what they were: each copy has its own."""


def _escaped(text: str | None) -> str:
    if text is None:
        return "\\N"
    for char, escape in (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(char, escape)
    return text


def vary(template: Template, begins: datetime) -> Variant:
    """`template` as if filed at `begins`; days become slots `d0`, `d1` … counted from that day (UTC)."""
    first = begins.astimezone(UTC).date()
    written = {table: _moved(text, begins, first) for table, text in template.lines.items()}
    return Variant(template, written, begins.astimezone(UTC), (template.ends - template.begins).days + 1)


def _moved(text: str, begins: datetime, first: date) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if not name.startswith("@"):
            return f"%({name})s"
        # As Python writes it: `inputs` are compared with a replay's, letter by letter.
        at = (begins + int(name[1:]) * TICK).astimezone(UTC)
        days = (at.date() - first).days
        if not 0 <= days < MOST_DAYS:
            raise ValueError(f"a moment lies {days} days after its ticket was filed")
        return f"%(d{days})s{at.isoformat()[10:]}"

    return SLOT.sub(fill, text.replace("%", "%%"))


def days_from(first: date) -> dict[str, str]:
    """The values of the day slots of a ticket that is filed on `first` (UTC)."""
    return {f"d{n}": (first + timedelta(days=n)).isoformat() for n in range(MOST_DAYS)}
