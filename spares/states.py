"""The states of a request for parts, and the one table of what may be done in which of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from spares.models import PartRequest
from spares.refusal import Refused

S = PartRequest.State
IN_DEPOT = frozenset({S.REQUESTED, S.RESERVED, S.PICKED, S.PACKED})
"""Asked for, and not handed to a carrier yet: what a depot has to send."""
OPEN = IN_DEPOT | {S.DRAFT, S.SHIPPED}
"""Somebody still owes a step: its deadlines run."""
CHANGEABLE = frozenset({S.REQUESTED, S.RESERVED, S.PICKED})
"""Not packed yet: further parts join it, and another depot may take it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """In which states a verb is allowed, and the state it leaves behind (`None`: the verb itself knows)."""

    states: frozenset[S]
    to: S | None = None


VERBS: dict[str, Rule] = {
    "adopt": Rule(frozenset({S.DRAFT}), S.REQUESTED),
    "join": Rule(CHANGEABLE, S.REQUESTED),
    "choose": Rule(CHANGEABLE, S.REQUESTED),
    "split": Rule(CHANGEABLE, S.REQUESTED),
    "reserve": Rule(frozenset({S.REQUESTED}), S.RESERVED),
    "pick": Rule(frozenset({S.RESERVED})),
    "unpick": Rule(frozenset({S.RESERVED, S.PICKED}), S.RESERVED),
    "pack": Rule(frozenset({S.PICKED}), S.PACKED),
    "unpack": Rule(frozenset({S.PACKED}), S.PICKED),
    "ship": Rule(frozenset({S.PACKED}), S.SHIPPED),
    "note_event": Rule(frozenset({S.SHIPPED, S.DELIVERED, S.FITTED, S.UNUSED})),
    "send_again": Rule(frozenset({S.SHIPPED}), S.REQUESTED),
    "deliver": Rule(frozenset({S.SHIPPED}), S.DELIVERED),
    "fit": Rule(frozenset({S.DELIVERED, S.FITTED, S.UNUSED})),
    "unused": Rule(frozenset({S.DELIVERED})),
    "cancel": Rule(frozenset({S.DRAFT}) | IN_DEPOT, S.CANCELLED),
}
"""Verb of `spares.requests` → where it is allowed and where it leads."""


class WrongState(Refused):
    """The request's state does not allow the verb."""

    def __init__(self, current: str, verb: str) -> None:
        self.current, self.verb = S(current), verb
        sentence = gettext("That is not possible now: the request is in the state “%(state)s”.")
        super().__init__(sentence % {"state": self.current.label})


def allows(current: str, verb: str) -> bool:
    """Whether `verb` may be done to a request in the state `current`."""
    return current in VERBS[verb].states


def check(current: str, verb: str) -> None:
    """Raise `WrongState` unless `verb` is allowed in the state `current`."""
    if not allows(current, verb):
        raise WrongState(current, verb)
