"""What the ticket page shows: the chain, the story, the device and the place, gathered in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet
from django.urls import reverse

from common.prepared import Given, Prepared
from common.present import Entry, Filter
from people import travel
from people.access import ACTS, may
from people.models import User
from tickets import (
    actions,
    chain,
    device_page,
    parts_card,
    priorities,
    quote_card,
    story,
    urgent,
    verdict_card,
    visit_card,
)
from tickets.clocks import Clocks
from tickets.console_forms import SayForm
from tickets.models import Ticket, TicketEvent, TicketVerdict
from tickets.querysets import TicketQuerySet
from tickets.queue import PRIORITIES, status_tag
from tickets.states import OPEN, Status
from tickets.workflow.act import TECHNICIANS
from tickets.workflow.verdicts import current, with_current

YEAR = timedelta(days=365)
SHOWN_FAULTS, MOST_FAULTS = 3, 99
"""Earlier reports of a device that are shown, and how far they are counted."""
IN_SIGHT = 3
"""Buttons beside the filled one; the rest stand in the menu."""


@dataclass(frozen=True, slots=True)
class Story:
    """The timeline as asked for: its address, its entries, its filters with counts, the switch of order."""

    url: str
    entries: list[Entry]
    filters: tuple[Filter, ...]
    oldest_first: bool
    flip_url: str


@dataclass(frozen=True, slots=True)
class Past:
    """Earlier faults of the same device."""

    faults: list[Ticket]
    in_year: int


def priority_words(ticket: Ticket) -> str:
    """The priority and what makes it so, never a naked figure."""
    return f"{PRIORITIES[ticket.priority]} · {priorities.why(ticket)}"


def _seen_by(role: str) -> TicketQuerySet:
    return Ticket.objects.seen_by(role, person=Given("person"), hospital=Given("hospital"))


def _whole(role: str) -> QuerySet[Ticket]:
    """A ticket that `role` sees, with every row that the page names beside those of a list."""
    rows = _seen_by(role).with_quotes().with_onsite().annotate(ways=travel.WAYS.inside())
    return with_current(rows).filter(number=Given("number")).select_related(
        "hospital__region", "site__base", "device__model", "device__parent", "device__project", "reporter__department",
        "fault_class", "owner", "offered_to", "assignee__team", "timeline", "urgent_use",
    ).defer("search")  # fmt: skip


def _others(role: str) -> QuerySet[Ticket]:
    """The last other tickets about a device that `role` sees, newest first, each with the keys of all (`known`)."""
    rows = _seen_by(role).filter(device=Given("device"), created_at__gte=Given("since")).exclude(pk=Given("ticket"))
    rows = rows.order_by("-id")
    known = ArraySubquery(rows.values("pk")[:MOST_FAULTS])
    return rows.only("number", "title", "created_at", "status").annotate(known=known)[:SHOWN_FAULTS]


READERS = sorted(ACTS["console"] & ACTS["tickets.see"])
_tickets = {role: Prepared(partial(_whole, role)) for role in READERS}
_past_of: dict[str, Prepared[Any]] = {role: Prepared(partial(_others, role)) for role in READERS}
_events = Prepared(lambda: TicketEvent.objects.filter(ticket=Given("ticket")).select_related("by").with_files())


def find(user: User, number: str) -> Ticket | None:
    """The ticket with all that the page names, if there is such a one and `user` may see it."""
    if not (may(user, "console") and may(user, "tickets.see")):
        return None
    return _tickets[user.role].first(person=user.pk, hospital=user.hospital_id, number=number)


def read(ticket: Any, user: User, now: datetime, *, show: str, oldest_first: bool) -> dict[str, Any]:
    """Context of the ticket page."""
    roads = travel.Roads([ticket.site], travel.WAYS.rows(ticket.ways))
    clocks = Clocks(ticket, now, roads)
    events = _events(ticket=ticket.pk)
    verdict = current(ticket)
    return {
        "now": now,
        "ticket": ticket,
        "status_tag": status_tag(ticket),
        "priority_words": priority_words(ticket),
        "critical_words": priorities.critical_words(ticket, now),
        "urgent_tag": urgent.tag(ticket),
        "chain": chain.build(clocks),
        "parts": parts_card.card(clocks, user) if clocks.requests else (),
        "visits": visit_card.cards(clocks.visits, ticket, _onsite_due(clocks), user, now),
        "story": _story(ticket, story.entries(clocks, events, now), show, oldest_first),
        "waiting": _waiting(ticket, events),
        "sending": chain.sending(clocks, responds=user.role in TECHNICIANS),
        "disputed": clocks.disputed() if may(user, "sla.confirm_evidence") else [],
        "verdict": verdict_card.card(verdict) if verdict else None,
        **_quoted(clocks, verdict, user),
        "past": _past(ticket, user, now),
        "radius": device_page.hit_by(ticket),
        "travel": roads.figure(ticket.site, now),
        **buttons(ticket, user, now),
    }


def _onsite_due(clocks: Clocks) -> datetime | None:
    row = clocks.of("onsite", clocks.ticket.cycle)
    return row.due_at if row else None


def buttons(ticket: Ticket, user: User, now: datetime) -> dict[str, Any]:
    """What may be done now, the hand-over apart; what not yet, and why; and rights that only draw."""
    found = actions.allowed(ticket, user, now)
    acts = [one for one in found if one.verb not in {"accept_owner", "decline_owner"}]
    return {
        "actions_shown": acts[: 1 + IN_SIGHT],
        "actions_more": acts[1 + IN_SIGHT :],
        "actions_owner": [one for one in found if one.verb in {"accept_owner", "decline_owner"}],
        "refused": actions.refused(ticket, user, now),
        "may_say": {kind: actions.can(ticket, user, verb, now) for kind, verb in SayForm.VERBS.items()},
        "may_acknowledge": may(user, "sla.acknowledge") and ticket.status in OPEN,
        "may_retarget": may(user, "sla.retarget") and ticket.status in OPEN,
        "may_call": may(user, "tickets.answer"),
    }


def _quoted(clocks: Clocks, verdict: TicketVerdict | None, user: User) -> dict[str, Any]:
    """The card of quotes; where there is none, the way to a first one."""
    card = quote_card.desk(clocks.ticket, clocks.quotes, verdict, user, clocks.now)
    return {"quotes": card, "may_quote": None if card else quote_card.may_draft(clocks.ticket, user)}


def _waiting(ticket: Ticket, events: list[TicketEvent]) -> TicketEvent | None:
    """Why it stands still, while it does."""
    if ticket.status != Status.WAITING:
        return None
    return next((event for event in events if event.kind == TicketEvent.EventKind.WAITING), None)


def _story(ticket: Ticket, found: list[Entry], show: str, oldest_first: bool) -> Story:
    counts = story.counted(found)
    entries = story.shown(found, show)
    here = reverse("console:ticket", args=[ticket.number])
    filters = tuple(
        Filter(name, f"{here}?show={code}", counts[code], current=code == show)
        for code, (name, _lets) in story.SHOW.items()
    )
    url = f"{here}?show={show}"
    flip = f"{url}&order={'newest' if oldest_first else 'oldest'}"
    return Story(url, entries[::-1] if oldest_first else entries, filters, oldest_first, flip)


def _past(ticket: Ticket, user: User, now: datetime) -> Past | None:
    """What else went wrong with the device in the last year, newest first."""
    if ticket.device_id is None:
        return None
    mine = {"person": user.pk, "hospital": user.hospital_id}
    faults = _past_of[user.role](**mine, device=ticket.device_id, since=now - YEAR, ticket=ticket.pk)
    return Past(faults, len(faults[0].known) if faults else 0)
