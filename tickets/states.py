"""The states of a ticket, and the one table of what may be done in which of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """One column says the state; `tickets.workflow` is its only writer."""

    NEW = "new", _("Received")
    REMOTE = "remote", _("Remote handling")
    DISPATCH = "dispatch", _("On-site visit needed")
    TRAVEL = "travel", _("Engineer on the way")
    ON_SITE = "on_site", _("On site")
    WAITING = "waiting", _("Waiting for the hospital")
    SOLVED = "solved", _("Solved, to be confirmed")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Withdrawn")
    HOSPITAL = "hospital", _("At the hospital's technician")


S = Status
OPEN = frozenset({S.NEW, S.REMOTE, S.DISPATCH, S.TRAVEL, S.ON_SITE, S.WAITING})
"""The company still owes work. SOLVED and HOSPITAL wait for the hospital, CLOSED and CANCELLED are over."""
LIVE = OPEN | {S.SOLVED}
"""Not over: people still talk about it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """In which states a verb is allowed, and the state it leaves behind (`None`: it moves nothing)."""

    states: frozenset[Status]
    to: Status | None = None


VERBS: dict[str, Rule] = {
    # The way of a ticket. A reopened one is NEW again: its new cycle owes a new answer.
    "respond": Rule(frozenset({S.NEW}), S.REMOTE),
    "remote_failed": Rule(frozenset({S.REMOTE}), S.DISPATCH),
    "depart": Rule(frozenset({S.DISPATCH}), S.TRAVEL),
    "turn_back": Rule(frozenset({S.TRAVEL}), S.DISPATCH),
    "arrive": Rule(frozenset({S.DISPATCH, S.TRAVEL}), S.ON_SITE),
    "confirm_arrival": Rule(frozenset({S.DISPATCH, S.TRAVEL}), S.ON_SITE),
    "come_again": Rule(frozenset({S.TRAVEL, S.ON_SITE}), S.DISPATCH),
    "wait": Rule(frozenset({S.REMOTE, S.DISPATCH, S.TRAVEL, S.ON_SITE}), S.WAITING),
    "resume": Rule(frozenset({S.WAITING})),
    "resolve": Rule(OPEN, S.SOLVED),
    "confirm": Rule(frozenset({S.SOLVED}), S.CLOSED),
    "reopen": Rule(frozenset({S.SOLVED, S.CLOSED}), S.NEW),
    "cancel": Rule(OPEN - {S.ON_SITE}, S.CANCELLED),
    # The hospital's technician goes first (A3).
    "keep_here": Rule(frozenset({S.NEW}), S.HOSPITAL),
    "pass_on": Rule(frozenset({S.HOSPITAL}), S.NEW),
    "solve_here": Rule(frozenset({S.HOSPITAL}), S.CLOSED),
    # Not true: it came by a label's code, and nobody stands by it.
    "discard": Rule(OPEN - {S.ON_SITE}, S.CANCELLED),
    # What leaves the state alone.
    "verify": Rule(LIVE),
    "answer": Rule(LIVE),
    "words": Rule(LIVE | {S.HOSPITAL}),
    "note": Rule(frozenset(S)),
    "log_call": Rule(frozenset(S)),
    "assign": Rule(OPEN),
    "send": Rule(frozenset({S.DISPATCH, S.WAITING})),
    "take": Rule(OPEN),
    "offer_owner": Rule(LIVE),
    "accept_owner": Rule(LIVE),
    "decline_owner": Rule(LIVE),
    "evidence": Rule(frozenset({S.DISPATCH, S.TRAVEL, S.ON_SITE, S.WAITING, S.SOLVED, S.CLOSED})),
    "confirm_evidence": Rule(frozenset(S)),
    "change_priority": Rule(OPEN),
    "change_class": Rule(OPEN),
    "edit": Rule(LIVE),
    "set_cause": Rule(LIVE),
    "override_verdict": Rule(LIVE),
    # A quote may still be answered when the work is done, and taken back at any time.
    "quote": Rule(LIVE),
    "answer_quote": Rule(LIVE | {S.CLOSED}),
    "withdraw_quote": Rule(LIVE | {S.CLOSED}),
    "ask_part": Rule(OPEN),
    # What is on its way is followed to its place, whatever became of the ticket.
    "follow_part": Rule(LIVE | {S.CLOSED}),
    "mark_urgent": Rule(OPEN),
    "unmark_urgent": Rule(LIVE),
    "retarget": Rule(OPEN),
}
"""Verb → where it is allowed and where it leads. `resume` leads back to where the wait began."""


class Refused(Exception):
    """A verb said no; `sentence` tells the person who asked why, in their language.

    `field`: what was filled in wrong, where it is one thing.
    """

    def __init__(self, *words: str, field: str = "") -> None:
        super().__init__(*words)
        self.field = field

    @property
    def sentence(self) -> str:
        return str(self)


class WrongState(Refused):
    """The ticket's state does not allow the verb; prints as "closed → waiting"."""

    def __init__(self, current: str, verb: str) -> None:
        self.current, self.verb = Status(current), verb
        super().__init__(f"{self.current} → {VERBS[verb].to or verb}")

    @property
    def sentence(self) -> str:
        return gettext("That is not possible now: the ticket is in the state “%(state)s”.") % {
            "state": self.current.label
        }


def allows(current: str, verb: str) -> bool:
    """Whether `verb` may be done to a ticket in the state `current`."""
    return current in VERBS[verb].states


def check(current: str, verb: str) -> None:
    """Raise `WrongState` unless `verb` is allowed in the state `current`."""
    if not allows(current, verb):
        raise WrongState(current, verb)
