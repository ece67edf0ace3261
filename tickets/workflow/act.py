"""One verb at work on one locked ticket. The state is moved here and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from attachments import storage
from common import live
from notifications import outbox
from notifications.outbox import Message
from people.models import Role, User
from sla import deadlines
from sla.facts import Kind as FactKind
from sla.models import Fact, Timeline
from tickets.models import Ticket, TicketAttachment, TicketEvent
from tickets.states import VERBS, Refused, Status, check

log = logging.getLogger(__name__)
E = TicketEvent.EventKind
TECHNICIANS = frozenset({Role.OPERATOR, Role.LEAD, Role.ENGINEER})
"""Whose first word to the hospital is the substantive answer of A1, and who can be first-contact owner."""

NEEDED = ("hospital", "site", "timeline", "reporter", "fault_class", "owner", "assignee")
SHOWN_ON_TIMELINE = frozenset({"title", "assignee", "owner", "team", "priority", "urgent_use"})


def subject(ticket: Ticket) -> str:
    """What the engine calls the matter in a page: number, hospital, title."""
    name = ticket.hospital.short_name or ticket.hospital.name
    return f"{ticket.number} {name} {ticket.title}"[:200]


def is_urgent(ticket: Ticket) -> bool:
    """P1, P2 and an urgent response are told at once, never bundled."""
    return ticket.priority <= 2 or ticket.is_urgent


def needed(text: str, sentence: str) -> str:
    """`text` without blanks at its ends; raises `Refused(sentence)` when nothing is left."""
    if not (text := text.strip()):
        raise Refused(sentence)
    return text


class Act:
    """A locked ticket, who acts (`None`: the desk itself) and when. Changes are saved when the act ends."""

    def __init__(self, ticket: Ticket, by: User | None, now: datetime) -> None:
        self.ticket, self.by, self.now = ticket, by, now
        self.messages: list[Message] = []
        self._changed: set[str] = set()
        self._is_public = False

    def change(self, **values: Any) -> None:
        """Set fields of the ticket; the act's end writes them in one UPDATE."""
        for name, value in values.items():
            setattr(self.ticket, name, value)
        self._changed.update(values)

    def move(self, verb: str) -> None:
        """Check `verb` against the table and take the ticket where it leads."""
        check(self.ticket.status, verb)
        if (to := VERBS[verb].to) is not None:
            self._become(to)

    def check(self, verb: str) -> None:
        """Raise `WrongState` unless the ticket's state allows `verb`."""
        check(self.ticket.status, verb)

    def back_from_wait(self) -> None:
        """End a wait: the state in which it began."""
        check(self.ticket.status, "resume")
        self._become(Status(self.ticket.resume_to))
        self.change(resume_to="", wait_until=None)

    def _become(self, status: Status) -> None:
        self.ticket.status = status
        self._changed.add("status")

    def event(
        self,
        kind: str,
        *,
        public: bool,
        body: str = "",
        at: datetime | None = None,
        files: Iterable[UploadedFile] = (),
        **data: Any,
    ) -> TicketEvent:
        """Add a line to the story; `files` hang on it and share its visibility."""
        event = self.line(kind, public=public, body=body, at=at, **data)
        event.save(force_insert=True)
        self.keep(files, event)
        return event

    def line(self, kind: str, *, public: bool, body: str = "", at: datetime | None = None, **data: Any) -> TicketEvent:
        """A line of the story that the caller has to save."""
        self._is_public |= public
        return TicketEvent(
            ticket=self.ticket,
            kind=kind,
            at=at or self.now,
            recorded_at=self.now,
            by=self.by,
            is_public=public,
            body=body,
            data=data,
        )

    def keep(self, files: Iterable[UploadedFile], event: TicketEvent) -> None:
        """Take files in through the one door and hang them on `event`."""
        ticket = self.ticket
        stored = storage.accept_all(files, hospital=ticket.hospital, by=self.by, now=self.now)
        if stored:
            TicketAttachment.objects.bulk_create(
                TicketAttachment(ticket=ticket, event=event, attachment=one, is_public=event.is_public)
                for one in stored
            )

    def fact(self, kind: FactKind, *, at: datetime | None = None, **more: Any) -> Fact:
        """Record what happened on the timeline; the deadlines follow at once."""
        return deadlines.record(self.ticket.timeline, kind, at=at or self.now, now=self.now, by=self.by, **more)

    def respond(self) -> None:
        """The hospital was told something: its first technician's word of this cycle, or an update (A1, B5).

        A manager's word is an update: the promise of A1 asks for a technician.
        """
        self.name_owner()
        if self.ticket.status == Status.NEW and self._by_technician:
            self.move("respond")
            self.fact(FactKind.RESPONDED)
        else:
            self.fact(FactKind.UPDATED)

    def name_owner(self) -> None:
        """The first technician who answers or takes the ticket answers for it to its end (B1)."""
        if self.ticket.owner_id is None and self.by is not None and self._by_technician:
            self.change(owner=self.by, offered_to=None)
            self.event(E.OWNER, public=True, step="named", to=self.by.name)

    @property
    def _by_technician(self) -> bool:
        return self.by is not None and self.by.role in TECHNICIANS

    def finish(self) -> None:
        """Write what changed, keep the timeline's names in step, tell people and open pages."""
        self.change(changed_at=self.now)
        ticket, changed = self.ticket, self._changed
        ticket.save(update_fields=sorted(changed))
        if changed & SHOWN_ON_TIMELINE:
            Timeline.objects.filter(pk=ticket.timeline_id).update(
                subject=subject(ticket),
                assignee=ticket.assignee_id,
                owner=ticket.owner_id,
                team=ticket.team_id,
                is_urgent=is_urgent(ticket),
            )
        self.announce()

    def announce(self) -> None:
        """Write what people are told, and say to open pages that the ticket changed.

        The hospital's pages hear of it when there is something new for them to see.
        """
        shown = self._is_public and not self.ticket.is_unverified
        audience = self.ticket.hospital_id if shown else None
        outbox.tell_batch(self.messages, self.now, also=[live.Event("ticket", self.ticket.number, audience)])


def each(tickets: Iterable[Ticket], do: Callable[[Ticket], bool]) -> int:
    """`do` to each ticket; how many it changed. One that fails is logged and leaves the others alone."""
    changed = 0
    for ticket in tickets:
        try:
            changed += do(ticket)
        except Exception:  # whatever it is, it must not keep the next ticket from its turn
            log.exception("%s was left out by %s", ticket.number, do.__name__)
    return changed


@contextmanager
def act(ticket: Ticket, verb: str | None, *, by: User | None, now: datetime) -> Iterator[Act]:
    """Lock `ticket`, check that its state allows `verb` (`None`: any), save what the body changed; one transaction.

    Raises `states.WrongState`. The row handed in only says which: the locked one is read anew.
    """
    with transaction.atomic():
        # Two queries: a row that was waited for comes with the joined rows of before the wait.
        Ticket.objects.select_for_update(no_key=True).only("pk").get(pk=ticket.pk)
        row = Ticket.objects.select_related(*NEEDED).defer("search").get(pk=ticket.pk)
        if verb is not None:
            check(row.status, verb)
        doing = Act(row, by, now)
        yield doing
        doing.finish()
