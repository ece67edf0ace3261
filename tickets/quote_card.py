"""The quotes of a ticket in words: which one counts, what became of it, what may be done, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.present import Tag, Tone
from common.wording import money
from people.access import may
from people.models import User
from tickets import links
from tickets.actions import Action
from tickets.models import Quote, Ticket, TicketVerdict
from tickets.states import Status, allows
from tickets.workflow.verdicts import current
from warranty.coverage import Outcome, local_day

State, Means = Quote.State, Quote.Means
LOOKS: dict[str, tuple[str, Tone]] = {
    State.DRAFT: ("pencil", "off"),
    State.SENT: ("hourglass", "act"),
    State.ACCEPTED: ("circle-check", "ok"),
    State.DECLINED: ("circle-x", "warn"),
    State.EXPIRED: ("calendar-x", "warn"),
    State.REPLACED: ("minus", "off"),
    State.WITHDRAWN: ("undo-2", "off"),
}
"""State → icon and tone; orange: nobody has agreed to pay."""
WORK = frozenset({Status.DISPATCH, Status.TRAVEL, Status.ON_SITE, Status.WAITING, Status.SOLVED})
"""States in which somebody sets out, works or has worked."""

BUTTONS: dict[str, tuple[tuple[str, Any, str], ...]] = {
    State.DRAFT: (
        ("send_quote", gettext_lazy("Send the quote"), "send"),
        ("draft_quote", gettext_lazy("Change the draft"), "pencil"),
        ("discard_quote", gettext_lazy("Discard the draft"), "trash-2"),
    ),
    State.SENT: (
        ("record_answer", gettext_lazy("Record the answer"), "phone-incoming"),
        ("draft_quote", gettext_lazy("New version"), "copy-plus"),
        ("withdraw_quote", gettext_lazy("Take the quote back"), "undo-2"),
    ),
}
"""State → verbs of the desk with their words and icons; with none of the two, a quote can be drafted."""
DRAFT = ("draft_quote", gettext_lazy("Draft a quote"), "receipt")
VERBS: dict[str, tuple[str, str]] = {
    "send": (State.DRAFT, "quotes.make"),
    "accept": (State.SENT, "quotes.answer"),
    "decline": (State.SENT, "quotes.answer"),
    "record_answer": (State.SENT, "quotes.make"),
    "withdraw": (State.SENT, "quotes.make"),
}
"""Verb of the interface → the state of a quote in which it is allowed, and the right that it needs."""
RULES = {"record_answer": "answer_quote", "withdraw_quote": "withdraw_quote", "discard_quote": "withdraw_quote"}
"""Verb → its rule in `tickets.states`; the others have that of a quote."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One version: `answer` says who answered it and how; the state is that of the moment."""

    row: Quote
    tag: Tag
    paper: str
    answer: str
    is_over: bool
    buttons: tuple[Action, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it waits for the hospital's answer."""
        return self.row.state == State.SENT and not self.is_over


@dataclass(frozen=True, slots=True)
class Card:
    """The versions that count, newest first, those of the past, and what may be begun."""

    standing: tuple[Shown, ...]
    earlier: tuple[Shown, ...]
    warning: str
    buttons: tuple[Action, ...] = ()

    @property
    def open(self) -> Shown | None:
        return next((one for one in self.standing if one.is_open), None)


def desk(
    ticket: Ticket, quotes: Sequence[Quote], verdict: TicketVerdict | None, user: User, now: datetime
) -> Card | None:
    """The card of the workspace; None where nothing is quoted and nothing billable."""
    billable = verdict is not None and verdict.outcome == Outcome.BILLABLE
    if not quotes and not billable:
        return None
    states = {quote.state for quote in quotes}
    card = _card(ticket, quotes, now, user if may(user, "quotes.make") else None)
    warning = _unpaid(ticket, states) if billable else ""
    if verdict is not None and not billable and State.SENT in states:
        warning = _("Who pays is no longer “billable”: take this quote back.")
    drafts = not states & {State.DRAFT, State.SENT} and may(user, "quotes.make") and allows(ticket.status, "quote")
    return Card(card.standing, card.earlier, warning, (_button(ticket, *DRAFT),) if drafts else ())


def portal(ticket: Ticket, quotes: Sequence[Quote], now: datetime) -> Card | None:
    """The card of the hospital's page, of quotes that its people may see."""
    return _card(ticket, quotes, now, None) if quotes else None


def may_draft(ticket: Ticket, user: User) -> Action | None:
    """The way to a first quote, where no card offers it."""
    if may(user, "quotes.make") and allows(ticket.status, "quote") and not ticket.is_unverified:
        return _button(ticket, *DRAFT)
    return None


def warning(ticket: Ticket) -> str:
    """What whoever sets out or ends the work should know: nobody has agreed to pay. Empty when all is well."""
    verdict = current(ticket) if ticket.device_id else None
    if verdict is None or verdict.outcome != Outcome.BILLABLE:
        return ""
    return _unpaid(ticket, set(ticket.quotes.values_list("state", flat=True)), at_work=True)


def verbs(quote: Quote, user: User) -> list[str]:
    """What `user` may do to the quote now, by the names of the interface."""
    return [verb for verb, (state, act) in VERBS.items() if quote.state == state and may(user, act)]


def headline(quote: Quote) -> str:
    """Name, sum and last day in one line."""
    text = _("%(quote)s: CNY %(total)s, valid until %(day)s.")
    return text % {"quote": quote.name, "total": money(quote.total), "day": quote.valid_until.isoformat()}


def _unpaid(ticket: Ticket, states: set[str], *, at_work: bool = False) -> str:
    if State.ACCEPTED in states or not (at_work or ticket.status in WORK):
        return ""
    if State.SENT in states:
        return _("Billable, and the hospital has not accepted the quote yet: work from here on may stay unpaid.")
    return _("Billable, and the hospital has accepted no quote: work from here on may stay unpaid.")


def _card(ticket: Ticket, quotes: Sequence[Quote], now: datetime, user: User | None) -> Card:
    today = local_day(now, ticket.site.timezone)
    counts = {State.DRAFT, State.SENT, State.ACCEPTED}
    newest = quotes[0].pk if quotes else None
    # While a draft is there, it is the way to a new version.
    hidden = {"draft_quote"} if State.DRAFT in {quote.state for quote in quotes} else set()
    verbs = {**BUTTONS, State.SENT: tuple(one for one in BUTTONS[State.SENT] if one[0] not in hidden)} if user else {}
    shown = [(_shown(ticket, quote, today > quote.valid_until, verbs.get(quote.state, ())), quote) for quote in quotes]
    return Card(
        standing=tuple(one for one, quote in shown if quote.state in counts or quote.pk == newest),
        earlier=tuple(one for one, quote in shown if quote.state not in counts and quote.pk != newest),
        warning="",
    )


def _shown(ticket: Ticket, quote: Quote, over: bool, verbs: Sequence[tuple[str, Any, str]]) -> Shown:
    state = State.EXPIRED if over and quote.state == State.SENT else State(quote.state)
    icon, tone = LOOKS[state]
    buttons = tuple(
        _button(ticket, verb, label, icon, quote)
        for verb, label, icon in verbs
        if allows(ticket.status, RULES.get(verb, "quote"))
    )
    document = quote.document
    paper = reverse("ticket-file", args=[document.key]) if document else ""
    return Shown(quote, Tag(state.label, icon, tone), paper, _answer(quote), over, buttons)


def _answer(quote: Quote) -> str:
    if quote.state not in {State.ACCEPTED, State.DECLINED}:
        return ""
    said = {"name": quote.answered_name, "how": quote.get_answered_means_display()}
    if quote.answered_means != Means.PORTAL and quote.answered_by:
        said["by"] = quote.answered_by.name
        return _("%(name)s, %(how)s, recorded by %(by)s") % said
    return _("%(name)s, %(how)s") % said


def _button(ticket: Ticket, verb: str, label: object, icon: str, quote: Quote | None = None) -> Action:
    """Never filled: the one filled button of a ticket is that of its next step."""
    url = f"{links.console(ticket.number)}{verb.replace('_', '-')}/"
    return Action(verb, str(label), icon, False, f"{url}?quote={quote.pk}" if quote else url)
