"""The hospital's faults as cards: what is wrong, what happens next, how far it is, who answers for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Prefetch, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common.present import Action, FaultCard, Holder, NextStep, Tag
from people.access import may
from people.models import Role, User
from sla.models import Deadline
from tickets import actions, progress
from tickets.models import Quote, Ticket
from tickets.next_step import next_sentence
from tickets.querysets import TicketQuerySet
from tickets.states import Status

MOST_CARDS = 8
"""Cards on the home page; the others stand in the list."""

S = Status
TAGS: dict[str, Tag] = {
    S.NEW: Tag(pgettext_lazy("for the hospital", "Received"), "inbox", "act"),
    S.REMOTE: Tag(pgettext_lazy("for the hospital", "Handled remotely"), "headset", "act"),
    S.DISPATCH: Tag(pgettext_lazy("for the hospital", "Engineer being sent"), "truck", "act"),
    S.TRAVEL: Tag(pgettext_lazy("for the hospital", "Engineer on the way"), "truck", "act"),
    S.ON_SITE: Tag(pgettext_lazy("for the hospital", "Engineer on site"), "wrench", "act"),
    S.WAITING: Tag(pgettext_lazy("for the hospital", "Resting as agreed"), "pause", "off"),
    S.SOLVED: Tag(pgettext_lazy("for the hospital", "Waits for your confirmation"), "hand", "act"),
    S.CLOSED: Tag(pgettext_lazy("for the hospital", "Solved"), "check", "ok"),
    S.HOSPITAL: Tag(pgettext_lazy("for the hospital", "At your technician"), "stethoscope", "act"),
    S.CANCELLED: Tag(pgettext_lazy("for the hospital", "Withdrawn"), "ban", "off"),
}
"""State → what the hospital calls it."""

AFFECTED = Tag(gettext_lazy("Consultation affected"), "siren", "bad")
NOT_URGENT = Tag(pgettext_lazy("how bad it is", "Not urgent"), "info", "off")

CLOCK_OF = {S.NEW: "response", S.REMOTE: "remote", S.DISPATCH: "onsite", S.TRAVEL: "onsite", S.ON_SITE: "fix"}
"""State → the clock that its sentence speaks of."""

DOUBLE_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "东方")


@dataclass(frozen=True, slots=True)
class Board:
    """The home page's cards. `fingerprint` changes when one of them would look different."""

    cards: tuple[FaultCard, ...]
    open: int
    asking: int
    fingerprint: str

    @property
    def more(self) -> int:
        """How many faults have no card here."""
        return self.open - len(self.cards)


def greeting(user: User, now: datetime) -> str:
    """ "Good morning, …" by the hour of the reader's time zone."""
    hour = timezone.localtime(now).hour
    words = (
        (5, gettext_lazy("Good evening, %(name)s")),
        (12, gettext_lazy("Good morning, %(name)s")),
        (18, gettext_lazy("Good afternoon, %(name)s")),
        (24, gettext_lazy("Good evening, %(name)s")),
    )
    return str(next(text for until, text in words if hour < until)) % {"name": address(user)}


def address(user: User) -> str:
    """How the person is spoken to: a Chinese name by surname and post (周护士长), any other in full."""
    chinese = all("\u4e00" <= char <= "\u9fff" for char in user.name + user.title)
    if not user.title or not chinese or len(user.title) > 4:
        return user.name
    surname = user.name[:2] if user.name.startswith(DOUBLE_SURNAMES) else user.name[:1]
    return surname + user.title


def with_progress(tickets: TicketQuerySet) -> TicketQuerySet:
    """Tickets with all that a card tells, in three queries whatever their number."""
    clocks = Deadline.objects.select_related("commitment__calendar")
    return (
        tickets.with_quotes()
        .select_related("hospital", "site", "device", "owner__team", "assignee", "timeline__site")
        .prefetch_related(Prefetch("timeline__deadlines", clocks), "timeline__facts")
    )


def asked(user: User) -> Q:
    """Tickets that wait for this person's word: their own, for the hospital's technician everybody's."""
    waiting = Q(status=S.SOLVED) | Q(status=S.WAITING, wait_until=None)
    if user.role == Role.HOSPITAL_TECHNICIAN:
        quoted = Quote.objects.for_user(user).filter(state=Quote.State.SENT)
        return waiting | Q(status=S.HOSPITAL) | Q(pk__in=quoted.values("ticket"))
    return waiting & Q(reporter=user)


def board(user: User, now: datetime) -> Board:
    """The faults of the person's hospital: those that wait for them first, then their own, then the rest."""
    mine: TicketQuerySet = Ticket.objects.for_user(user).in_progress()
    counts = mine.aggregate(open=Count("pk"), asking=Count("pk", filter=asked(user)))
    turn = Case(When(asked(user), then=Value(0)), When(reporter=user, then=Value(1)), default=Value(2))
    tickets = list(with_progress(mine).order_by(turn, "-pk")[:MOST_CARDS])
    return Board(
        cards=tuple(card(ticket, user, now) for ticket in tickets),
        open=counts["open"],
        asking=counts["asking"],
        fingerprint=fingerprint(tickets, now),
    )


def fingerprint(tickets: Iterable[Ticket], now: datetime) -> str:
    """Changes with a verb, with a rebuilt clock, and when a promise runs out of time."""
    seen = [
        (ticket.pk, ticket.changed_at, line.derived_at, line.next_due_at is not None and line.next_due_at < now)
        for ticket in tickets
        for line in (ticket.timeline,)
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def card(ticket: Ticket, user: User, now: datetime) -> FaultCard:
    """One fault, top to bottom. `ticket` comes from `with_progress`."""
    return FaultCard(
        title=ticket.title,
        place=named(ticket),
        url=url(ticket),
        tag=tag(ticket),
        next=next_step(ticket, user, now),
        steps=progress.steps(ticket, *_record(ticket), now),
        owner=owner(ticket),
    )


def _record(ticket: Ticket) -> tuple[Any, Any]:
    return ticket.timeline.deadlines.all(), ticket.timeline.facts.all()


def url(ticket: Ticket) -> str:
    """The ticket's page in the portal."""
    return reverse("portal:ticket", args=[ticket.number])


def place(ticket: Ticket) -> str:
    """Site, room and device in one line."""
    device = ticket.device.name if ticket.device else ""
    return " · ".join(part for part in (ticket.site.name, ticket.place, device) if part)


def named(ticket: Ticket) -> str:
    """The place with the ticket's number."""
    return f"{place(ticket)} · {_('No. %(number)s') % {'number': ticket.number}}"


def tag(ticket: Ticket) -> Tag:
    """What matters most: that it waits for the hospital, that it hurts a consultation, else its state."""
    if ticket.status in {S.SOLVED, S.WAITING, S.CLOSED, S.CANCELLED, S.HOSPITAL}:
        return TAGS[ticket.status]
    if ticket.urgency == Ticket.Urgency.NOW:
        return AFFECTED
    return NOT_URGENT if ticket.urgency == Ticket.Urgency.LATER else TAGS[ticket.status]


def owner(ticket: Ticket) -> Holder | None:
    """The one person who answers for it (B1), with ways to reach them."""
    person = ticket.owner
    if person is None:
        return None
    role = person.team.name if person.team else person.title
    return Holder(person.name, role, person.phone or "", f"{url(ticket)}#words")


def next_step(ticket: Ticket, user: User, now: datetime) -> NextStep:
    """What happens next, with the sum behind the promise and, if it waits for this person, the buttons."""
    step = next_sentence(ticket, *_record(ticket), now)
    code = CLOCK_OF.get(S(ticket.status))
    if code and step.chip:
        step = replace(step, why_url=f"{url(ticket)}?why={code}#why-{code}")
    technician = user.role == Role.HOSPITAL_TECHNICIAN
    if ticket.has_open_quote and may(user, "quotes.answer"):
        step = replace(step, asks=True)
    if not (technician or (ticket.reporter_id == user.pk and ticket.status != S.HOSPITAL)):
        return replace(step, asks=False)
    return replace(step, actions=tuple(_buttons(ticket, user, now)))


def _buttons(ticket: Ticket, user: User, now: datetime) -> Iterable[Action]:
    if ticket.status == S.HOSPITAL:
        yield Action(_("Look at it"), f"{url(ticket)}#triage", "stethoscope", primary=True)
    if ticket.has_open_quote and may(user, "quotes.answer"):
        yield Action(_("Answer the quote"), f"{url(ticket)}#quotes", "receipt", primary=ticket.status != S.SOLVED)
    if ticket.status != S.SOLVED:
        return
    if actions.can(ticket, user, "reopen", now):
        yield Action(_("Still a problem"), f"{url(ticket)}#not-solved")
    if actions.can(ticket, user, "confirm", now):
        confirm = reverse("portal:confirm", args=[ticket.number])
        yield Action(_("It works again"), confirm, "check", primary=True, method="post")
