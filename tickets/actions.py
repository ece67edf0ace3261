"""Which verbs a person may do to a ticket now, and why others not yet.

One table says which right (`people.access.ACTS`) each verb needs; pages, forms and the API ask here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy

from people.access import may
from people.models import Role, User
from tickets import links
from tickets.models import Ticket
from tickets.states import Status, allows

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ACTS: dict[str, str] = {
    "answer": "tickets.answer",
    "note": "tickets.note",
    "words": "tickets.words",
    "log_call": "tickets.answer",
    "take": "tickets.own",
    "assign": "tickets.assign",
    "offer_owner": "tickets.own",
    "accept_owner": "tickets.own",
    "decline_owner": "tickets.own",
    "remote_failed": "tickets.remote_failed",
    "depart": "tickets.visit",
    "arrive": "tickets.visit",
    "send": "visits.dispatch",
    "confirm_arrival": "visits.confirm",
    "confirm_evidence": "sla.confirm_evidence",
    "wait": "tickets.wait",
    "resume": "tickets.wait",
    "resolve": "tickets.resolve",
    "confirm": "tickets.confirm",
    "reopen": "tickets.reopen",
    "pass_on": "tickets.pass_on",
    "solve_here": "tickets.triage",
    "cancel": "tickets.cancel",
    "verify": "tickets.verify",
    "discard": "tickets.verify",
    "change_priority": "tickets.judge",
    "change_class": "tickets.judge",
    "edit": "tickets.judge",
    "set_cause": "tickets.judge",
    "override_verdict": "warranty.override",
    "ask_part": "spares.ask",
    "mark_urgent": "tickets.urgent",
    "unmark_urgent": "tickets.unmark_urgent",
    "retarget": "sla.retarget",
}
"""Verb of `tickets.workflow` → the act that a role needs for it."""

BUTTONS = {
    "accept_owner": (gettext_lazy("Accept ownership"), "user-check"),
    "decline_owner": (gettext_lazy("Decline"), "user-x"),
    "verify": (gettext_lazy("The report is true"), "badge-check"),
    "discard": (gettext_lazy("Discard the report"), "trash-2"),
    "take": (gettext_lazy("Take it"), "hand"),
    "send": (gettext_lazy("Send an engineer"), "route"),
    "depart": (gettext_lazy("Set out"), "truck"),
    "arrive": (gettext_lazy("Check in on site"), "map-pin"),
    "resume": (gettext_lazy("Go on"), "play"),
    "confirm": (gettext_lazy("It works again"), "check"),
    "resolve": (gettext_lazy("Solved"), "circle-check"),
    "remote_failed": (gettext_lazy("Remote repair failed"), "unplug"),
    "pass_on": (gettext_lazy("Take it over from the hospital"), "arrow-right-to-line"),
    "ask_part": (gettext_lazy("Ask for parts"), "package-plus"),
    "assign": (gettext_lazy("Assign"), "user-plus"),
    "offer_owner": (gettext_lazy("Hand over ownership"), "handshake"),
    "wait": (gettext_lazy("Wait for the hospital"), "pause"),
    "change_priority": (gettext_lazy("Change priority"), "gauge"),
    "change_class": (gettext_lazy("Change fault class"), "tags"),
    "mark_urgent": (gettext_lazy("Urgent response"), "zap"),
    "unmark_urgent": (gettext_lazy("Give the urgent response back"), "zap-off"),
    "set_cause": (gettext_lazy("Cause of the fault"), "search-check"),
    "override_verdict": (gettext_lazy("Decide who pays"), "scale"),
    "edit": (gettext_lazy("Edit"), "pencil"),
    "reopen": (gettext_lazy("Not solved, reopen"), "rotate-ccw"),
    "cancel": (gettext_lazy("Withdraw"), "ban"),
}
"""Verbs that are buttons, in the order in which they stand; what is written belongs to the text box."""

PRIMARY: dict[str, tuple[str, ...]] = {
    Status.NEW: ("verify", "take"),
    Status.REMOTE: ("take", "resolve"),
    Status.DISPATCH: ("send", "depart", "assign"),
    Status.TRAVEL: ("arrive",),
    Status.ON_SITE: ("resolve",),
    Status.WAITING: ("resume",),
    Status.SOLVED: ("confirm",),
    Status.HOSPITAL: ("pass_on",),
}
"""State → the verb that goes on from here; the first one that is allowed is the one filled button."""


NOT_YET: dict[str, tuple[str, StrOrPromise]] = {
    Status.NEW: (
        "remote_failed",
        gettext_lazy("Remote repair cannot be declared failed yet: answer the hospital first."),
    ),
    Status.REMOTE: ("depart", gettext_lazy("Nobody can set out yet: declare first that remote repair failed.")),
    Status.ON_SITE: ("cancel", gettext_lazy("It cannot be withdrawn while an engineer is on site.")),
    Status.WAITING: ("wait", gettext_lazy("It stands still: end the wait before anything else.")),
    Status.SOLVED: ("resolve", gettext_lazy("It waits for the hospital's word; reopen it to go on working.")),
    Status.HOSPITAL: (
        "answer",
        gettext_lazy("The hospital's own technician looks first; no clock of ours runs. A call about it passes it on."),
    ),
    Status.CLOSED: ("reopen", gettext_lazy("It was closed too long ago to be reopened: file a new one.")),
}
"""State → the verb that people look for there in vain, and why it is not allowed yet."""


@dataclass(frozen=True, slots=True)
class Action:
    """A button for a verb. `url` takes its form (GET) and does it (POST)."""

    verb: str
    label: str
    icon: str
    primary: bool
    url: str


MORE: dict[str, Callable[[Ticket, User, datetime], bool]] = {
    "take": lambda ticket, _user, _now: ticket.assignee_id is None,
    "send": lambda ticket, _user, _now: not getattr(ticket, "has_open_visit", False),
    "confirm_arrival": lambda ticket, _user, _now: ticket.assignee_id is not None,
    "accept_owner": lambda ticket, user, _now: ticket.offered_to_id == user.pk,
    "decline_owner": lambda ticket, user, _now: ticket.offered_to_id == user.pk,
    "verify": lambda ticket, _user, _now: ticket.is_unverified,
    "discard": lambda ticket, _user, _now: ticket.is_unverified,
    "mark_urgent": lambda ticket, _user, _now: not ticket.is_urgent and not ticket.is_unverified,
    "unmark_urgent": lambda ticket, _user, _now: ticket.is_urgent,
    "set_cause": lambda ticket, _user, _now: ticket.device_id is not None,
    "override_verdict": lambda ticket, _user, _now: ticket.device_id is not None,
    "offer_owner": lambda ticket, user, _now: ticket.owner_id == user.pk or user.role in {Role.LEAD, Role.MANAGER},
    "pass_on": lambda ticket, user, _now: user.role != Role.HOSPITAL_STAFF or ticket.reporter_id == user.pk,
    "reopen": lambda ticket, _user, now: (
        ticket.closed_at is None or now - ticket.closed_at <= settings.TICKET_REOPEN_WITHIN
    ),
}
"""Verb → what has to hold beside role and state."""


def can(ticket: Ticket, user: User, verb: str, now: datetime) -> bool:
    """Whether role, state and the ticket's own people allow `user` to do `verb` now.

    For drawing only: the verb checks state and rules again on the locked row.
    """
    if not may(user, ACTS[verb]) or not allows(ticket.status, verb):
        return False
    more = MORE.get(verb)
    return more is None or more(ticket, user, now)


def url(ticket: Ticket, user: User, verb: str) -> str:
    """Where the verb's form stands: under the page of the ticket that `user` may open."""
    return f"{links.for_person(ticket, user)}{verb.replace('_', '-')}/"


def allowed(ticket: Ticket, user: User, now: datetime) -> tuple[Action, ...]:
    """The buttons for `user` now, at most one of them filled, which then comes first."""
    verbs = [verb for verb in BUTTONS if can(ticket, user, verb, now)]
    wanted = ("accept_owner", *PRIMARY.get(ticket.status, ()))
    first = next((verb for verb in wanted if verb in verbs), None)
    # A7: the script of a port fault ends in a request for parts in one step.
    scripted = "ask_part" if ticket.fault_class and ticket.fault_class.asks_for_part else ""
    verbs.sort(key=lambda verb: (verb != first, verb != scripted))
    return tuple(
        Action(verb, str(BUTTONS[verb][0]), BUTTONS[verb][1], verb == first, url(ticket, user, verb)) for verb in verbs
    )


def refused(ticket: Ticket, user: User, now: datetime) -> str:
    """One sentence: what `user` could do by role but not in this state, and why; empty when nothing needs saying."""
    verb, sentence = NOT_YET.get(ticket.status, ("", ""))
    if not verb or not may(user, ACTS[verb]) or can(ticket, user, verb, now):
        return ""
    return str(sentence)
