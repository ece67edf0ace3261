"""One ticket as the hospital reads it: the promises with their sums, the way of the engineer, the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import wording
from common.present import Attachment, Chip, Entry, FaultCard, SumLine, Tag
from people.access import may
from people.models import User
from sla import present
from sla.explain import explain
from sla.facts import Kind as FactKind
from sla.models import Deadline, PauseReason
from tickets import (
    actions,
    portal_cards,
    portal_onsite,
    portal_story,
    priorities,
    progress,
    quote_card,
    triage,
    urgent,
    verdict_card,
)
from tickets.models import Quote, Ticket, TicketAttachment, TicketEvent
from tickets.states import Status
from tickets.workflow.verdicts import current, with_current

State = Deadline.State

PROMISES: dict[str, Any] = {
    "response": gettext_lazy("A technician answers"),
    "remote": gettext_lazy("Solved remotely, or an engineer is sent"),
    "onsite": gettext_lazy("Engineer at your site"),
    "onsite_bound": gettext_lazy("At your site at the very latest"),
    "urgent": gettext_lazy("The same day at your site, or solved"),
    "fix": gettext_lazy("Solved on site, or a part is ordered"),
    "spare_shipped": gettext_lazy("The part is sent"),
    "spare_delivered": gettext_lazy("The part is at your site"),
    "update": gettext_lazy("News for you"),
}
"""Clock → the promise in everyday words; others keep the name of their rule."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: both times, the verdict, and the sum behind it."""

    code: str
    name: str
    clause: str
    chip: Chip
    promised: str
    kept_at: str
    lines: tuple[SumLine, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The engineer's way: `share` is how much of it has passed, in per cent; `margin` seconds to the promise."""

    left_at: datetime
    expected_at: datetime
    share: float
    to_go: float
    promised_at: datetime | None
    margin: float
    sum: str


@dataclass(frozen=True, slots=True)
class Triage:
    """What the hospital's technician is shown (A3), and when it goes to the company by itself."""

    procedure: triage.Shown
    until: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page shows."""

    ticket: Ticket
    card: FaultCard
    place: str
    state: Any
    fingerprint: str
    arrival: Arrival | None
    promises: tuple[Promise, ...]
    earlier: tuple[Promise, ...]
    story: tuple[Entry, ...]
    can: dict[str, bool]
    triage: Triage | None
    critical: str
    urgent: Tag | None
    verdict: verdict_card.Card | None
    quotes: quote_card.Card | None
    answerers: tuple[str, ...]
    """Who at the hospital may answer the quote that waits, unless the reader may."""
    parcels: tuple[portal_onsite.Parcel, ...]
    paper: portal_onsite.Paper | None

    @property
    def photos(self) -> tuple[Attachment, ...]:
        """Every photo of the story, newest first."""
        return tuple(file for entry in self.story for file in entry.attachments if file.icon == portal_story.PHOTO)

    @property
    def kept(self) -> tuple[Promise, ...]:
        """The promises that stand beside "is it solved?": the visit's, without one the answer's."""
        over = {promise.code: promise for promise in self.promises if promise.kept_at}
        return tuple(over[code] for code in ("onsite", "fix") if code in over) or tuple(
            over[code] for code in ("response", "remote") if code in over
        )


def find(user: User, number: str) -> Ticket:
    """The ticket with all that the page tells; `Ticket.DoesNotExist` when the person may not see it."""
    events = (
        TicketEvent.objects.for_user(user)
        .select_related("by")
        .prefetch_related(Prefetch("files", TicketAttachment.objects.for_user(user).select_related("attachment")))
    )
    tickets = with_current(portal_cards.with_progress(Ticket.objects.for_user(user).with_onsite())).select_related(
        "reporter", "device__model", "fault_class", "tile", "urgent_use"
    )
    return tickets.prefetch_related(Prefetch("events", events, to_attr="story")).get(number=number)


def page(ticket: Ticket, user: User, now: datetime) -> Page:
    """The page of a ticket that `find` gave."""
    quotes = _quotes(ticket, user, now)
    may_answer = may(user, "quotes.answer")
    waits = quotes is not None and quotes.open is not None
    promises = _promises(ticket, now)
    story: list[TicketEvent] = ticket.story  # type: ignore[attr-defined]
    return Page(
        ticket=ticket,
        card=portal_cards.card(ticket, user, now),
        place=portal_cards.place(ticket),
        state=portal_cards.TAGS[ticket.status],
        fingerprint=portal_cards.fingerprint([ticket], now),
        arrival=_arrival(ticket, promises, now),
        promises=tuple(promises.values()),
        earlier=_earlier(ticket, now),
        story=tuple(portal_story.entries(ticket, story, now)),
        can={
            verb: actions.can(ticket, user, verb, now)
            for verb in ("words", "confirm", "reopen", "pass_on", "solve_here", "confirm_arrival")
        }
        | {"answer_quote": waits and may_answer, "ask_urgent": _can_ask(ticket, user, now)},
        triage=_triage(ticket, story),
        critical=priorities.critical_words(ticket, now),
        urgent=urgent.tag(ticket),
        verdict=_verdict(ticket),
        quotes=quotes,
        parcels=portal_onsite.parcels(ticket, user, now),
        paper=portal_onsite.paper(ticket, user),
        answerers=tuple(one.name for one in triage.technicians(ticket.hospital)) if waits and not may_answer else (),
    )


def _quotes(ticket: Ticket, user: User, now: datetime) -> quote_card.Card | None:
    if not ticket.has_quotes:
        return None
    rows = Quote.objects.for_user(user).filter(ticket=ticket).select_related("document", "answered_by")
    return quote_card.portal(ticket, list(rows), now)


def _can_ask(ticket: Ticket, user: User, now: datetime) -> bool:
    """Whether to offer an urgent response: to whom may, where a contract grants any."""
    return actions.can(ticket, user, "mark_urgent", now) and urgent.is_granted(ticket, now)


def _verdict(ticket: Ticket) -> verdict_card.Card | None:
    row = current(ticket)
    return verdict_card.card(row) if row else None


def _triage(ticket: Ticket, story: list[TicketEvent]) -> Triage | None:
    if ticket.status != Status.HOSPITAL:
        return None
    until = ticket.created_at + triage.setting_of(ticket.hospital).passing
    return Triage(triage.shown(ticket, story), until)


def _promises(ticket: Ticket, now: datetime) -> dict[str, Promise]:
    """The promises of the current cycle, in the order in which they fell due."""
    clocks = progress.of(ticket, ticket.timeline.deadlines.all(), ticket.timeline.facts.all(), now).clocks
    reasons = dict(PauseReason.objects.values_list("code", "name"))
    rows = sorted(clocks.values(), key=lambda row: (row.commitment.position, row.code))
    return {row.code: _promise(ticket, row, reasons, now) for row in rows}


def _promise(ticket: Ticket, row: Deadline, reasons: dict[str, str], now: datetime) -> Promise:
    # The sum needs the site's zone, which the ticket's timeline has at hand.
    row.timeline = ticket.timeline
    sums = explain(row, reasons=reasons)
    return Promise(
        code=row.code,
        name=str(PROMISES.get(row.code, row.commitment.name)),
        clause=row.commitment.clause,
        chip=present.chip(row, now),
        promised=wording.clock(row.due_at, now),
        kept_at=wording.clock(row.stopped_at, now) if row.stopped_at else "",
        lines=tuple(SumLine(line.figure, line.text, line.detail, line.is_result) for line in sums.lines),
        notes=sums.notes,
    )


def _earlier(ticket: Ticket, now: datetime) -> tuple[Promise, ...]:
    """What became of the promises before it was opened again: their verdicts stand (worked example 9)."""
    rows = [
        row
        for row in ticket.timeline.deadlines.all()
        if row.cycle < ticket.cycle and row.state in {State.MET, State.MISSED} and row.code != "update"
    ]
    return tuple(_promise(ticket, row, {}, now) for row in rows)


def _arrival(ticket: Ticket, promises: dict[str, Promise], now: datetime) -> Arrival | None:
    expected = ticket.expected_arrival_at
    if ticket.status != Status.TRAVEL or expected is None:
        return None
    it = progress.of(ticket, ticket.timeline.deadlines.all(), ticket.timeline.facts.all(), now)
    left = it.first[FactKind.DEPARTED].at
    way = max((expected - left).total_seconds(), 1.0)
    due = it.due("onsite")
    return Arrival(
        left_at=left,
        expected_at=expected,
        share=round(min(max((now - left).total_seconds() / way, 0.0), 1.0) * 100, 1),
        to_go=max((expected - now).total_seconds(), 0.0),
        promised_at=due,
        margin=(due - expected).total_seconds() if due else 0.0,
        sum=_sum(promises["onsite"], it.clocks["onsite"]) if due else "",
    )


def _sum(promise: Promise, row: Deadline) -> str:
    """The sum in one line; the rule's own name adds nothing beside its minutes."""
    own = row.commitment.name
    addends = [line for line in promise.lines if not line.result]
    return " ".join(line.figure if line.text == own else f"{line.figure} {line.text}" for line in addends)


def received(ticket: Ticket, now: datetime) -> str:
    """What a person reads who has just filed it."""
    if ticket.status == Status.HOSPITAL:
        text = _("Received under number %(number)s. Your hospital's technician looks at it first.")
        return text % {"number": ticket.number}
    if by := _answer_by(ticket, now):
        values = {"number": ticket.number, "time": by}
        return _("Received under number %(number)s. A technician answers you by %(time)s.") % values
    return _("Received under number %(number)s.") % {"number": ticket.number}


def reopened(ticket: Ticket, now: datetime) -> str:
    """What a person reads who has just said that it is not solved."""
    if by := _answer_by(ticket, now):
        return _("It is open again. A technician answers you by %(time)s.") % {"time": by}
    return _("It is open again.")


def _answer_by(ticket: Ticket, now: datetime) -> str:
    clocks = ticket.timeline.deadlines.filter(code="response", cycle=ticket.cycle, state=State.RUNNING)
    row = clocks.first()
    return wording.clock(row.due_at, now) if row else ""
