"""History of another desk comes in: the same rows as live acts leave, and nobody is told of any of it.

No message, no page, no live update: what is imported has happened. Clocks of the past have their verdicts, and
milestones of a clock that still runs count as passed over when they lie behind.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import connection, transaction

from people.models import Site, User
from sla import deadlines, escalation
from sla.book import Tables
from sla.models import Fact
from tickets import links, search
from tickets.history.telling import Told, ToldEvent, ToldFact
from tickets.models import Origin, Ticket, TicketEvent
from tickets.numbers import next_number
from tickets.states import OPEN, Refused
from tickets.workflow.act import is_urgent, subject

Outcome = Literal["imported", "extended", "unchanged"]
SOURCES_LOCK = 5_240_011
"""Advisory lock, with a hash of the source: two imports of one log take turns incident by incident."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where imported incidents are filed, and in whose name: an account that nobody signs in with."""

    site: Site
    reporter: User


@dataclass(frozen=True, slots=True)
class News:
    """What an incident tells that is not here yet; `ticket` None: nothing of it is."""

    ticket: Ticket | None
    facts: list[ToldFact]
    events: list[ToldEvent]

    @property
    def outcome(self) -> Outcome:
        if self.ticket is None:
            return "imported"
        return "extended" if self.facts or self.events else "unchanged"


def news(told: Told, source: str, *, lock: bool = False) -> News:
    """Compare an incident with what is here; reads only. `lock`: hold the ticket, as every verb does.

    `Refused` when it contradicts what was imported before, or when it has news for a ticket that people here have
    worked on since: their work is not overwritten. Only the command's log reads this, in English like the rest of it.
    """
    rows = Origin.objects.filter(source=source, key=told.key).select_related("ticket").defer("ticket__search")
    # Not `first()`: its ORDER BY id LIMIT 1 lets PostgreSQL walk the primary key instead of the unique one.
    origin = next(iter(rows.select_for_update(no_key=True, of=("ticket",)) if lock else rows), None)
    if origin is None:
        return News(None, told.facts, told.events)
    ticket = origin.ticket
    facts, events = _stored(ticket)
    found = News(ticket, _beyond(facts, told.facts), _beyond(events, told.events))
    if found.outcome == "unchanged":
        return found
    if any(fact.by_id for fact in facts) or any(event.by_id for event in events):
        raise Refused(f"people have worked on {ticket.number} since it was imported")
    if len(facts) + len(found.facts) > len(told.facts) or len(events) + len(found.events) > len(told.events):
        raise Refused(f"it contradicts what was imported as {ticket.number}")
    return found


def _stored(ticket: Ticket) -> tuple[list[Fact], list[TicketEvent]]:
    """Facts and lines of a ticket, without what the engine says by itself."""
    facts = Fact.objects.filter(timeline=ticket.timeline_id)
    return [fact for fact in facts if not fact.data.get("implied")], list(ticket.events.all())


def _beyond(stored: Iterable[Fact] | Iterable[TicketEvent], told: list[Any]) -> list[Any]:
    """What is told more often than it is stored, in its order."""
    left = Counter(_mark(row) for row in stored)
    more = []
    for one in told:
        mark = _mark(one)
        if left[mark]:
            left[mark] -= 1
        else:
            more.append(one)
    return more


def _mark(one: Fact | TicketEvent | ToldFact | ToldEvent) -> tuple[object, ...]:
    return str(one.kind), one.at, getattr(one, "body", ""), json.dumps(one.data, sort_keys=True)


@transaction.atomic
def bring_in(told: Told, *, source: str, place: Place, tables: Tables, now: datetime) -> News:
    """Write what an incident tells and is not here yet; the same incident again changes nothing.

    One transaction. Returns what was written; raises `Refused` as `news`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [SOURCES_LOCK, source])
    found = news(told, source, lock=True)
    if found.outcome == "unchanged":
        return found
    if found.ticket is None:
        ticket = _file(told, place)
        Origin.objects.create(source=source, key=told.key, ticket=ticket)
    else:
        ticket = _renew(found.ticket, told)
    Fact.objects.bulk_create(
        Fact(timeline=ticket.timeline, kind=fact.kind, at=fact.at, recorded_at=fact.at, data=fact.data)
        for fact in found.facts
    )
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket=ticket, kind=e.kind, at=e.at, recorded_at=e.at, is_public=e.is_public, body=e.body, data=e.data
        )
        for e in found.events
    )
    deadlines.rebuild(ticket.timeline, now=now, tables=tables)
    if ticket.status in OPEN:
        escalation.pass_over(ticket.timeline, now)
    return found


def _file(told: Told, place: Place) -> Ticket:
    site = place.site
    ticket = Ticket(
        **told.fields,
        number=next_number(told.opened, site.timezone),
        channel=Ticket.Channel.IMPORT,
        hospital=site.hospital,
        site=site,
        reporter=place.reporter,
    )
    ticket.timeline = deadlines.open_timeline(
        hospital=ticket.hospital,
        site=site,
        subject=subject(ticket),
        link=links.console(ticket.number),
        is_urgent=is_urgent(ticket),
    )
    ticket.search = search.index(ticket)
    ticket.save(force_insert=True)
    return ticket


def _renew(known: Ticket, told: Told) -> Ticket:
    """Bring the ticket where its longer story leads. Its timeline is locked: the sweep keeps away."""
    ticket = Ticket.objects.select_related("hospital", "timeline", "device").get(pk=known.pk)
    for name, value in told.fields.items():
        setattr(ticket, name, value)
    ticket.search = search.index(ticket)
    ticket.save(update_fields=[*told.fields, "search"])
    ticket.timeline = deadlines.lock(ticket.timeline)
    ticket.timeline.subject, ticket.timeline.is_urgent = subject(ticket), is_urgent(ticket)
    ticket.timeline.save(update_fields=["subject", "is_urgent"])
    return ticket
