"""The states of a visit, and the one table of what may be done in which of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext

from visits.models import Visit

S = Visit.State
WAY = (S.PLANNED, S.TRAVEL, S.ON_SITE, S.WORKING, S.DONE)
"""The way of a visit, first to last. A step takes it forward along this, never back."""
OPEN = frozenset({S.PLANNED, S.TRAVEL, S.ON_SITE, S.WORKING})
"""Somebody still has to go there or is there."""
AHEAD = frozenset({S.PLANNED, S.TRAVEL})
"""Nobody has arrived yet."""


@dataclass(frozen=True, slots=True)
class Rule:
    """In which states a verb is allowed, and the state it leaves behind (`None`: it moves nothing)."""

    states: frozenset[Visit.State]
    to: Visit.State | None = None


VERBS: dict[str, Rule] = {
    "replan": Rule(frozenset({S.PLANNED})),
    "reassign": Rule(AHEAD, S.PLANNED),
    "cancel": Rule(AHEAD, S.CANCELLED),
    "depart": Rule(frozenset({S.PLANNED}), S.TRAVEL),
    "arrive": Rule(AHEAD, S.ON_SITE),
    "start": Rule(frozenset({S.ON_SITE}), S.WORKING),
    # Who cannot get in has not arrived in the eyes of the door, and is done all the same.
    "finish": Rule(frozenset({S.TRAVEL, S.ON_SITE, S.WORKING}), S.DONE),
    "leave": Rule(frozenset({S.DONE})),
    "record": Rule(frozenset(WAY)),
    "sign": Rule(frozenset({S.ON_SITE, S.WORKING, S.DONE})),
}
"""Verb → where it is allowed and where it leads."""


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
    """The visit's state does not allow the verb; prints as "done → cancelled"."""

    def __init__(self, current: str, verb: str) -> None:
        self.current, self.verb = Visit.State(current), verb
        super().__init__(f"{self.current} → {VERBS[verb].to or verb}")

    @property
    def sentence(self) -> str:
        return gettext("That is not possible now: the visit is in the state “%(state)s”.") % {
            "state": self.current.label
        }


def allows(current: str, verb: str) -> bool:
    """Whether `verb` may be done to a visit in the state `current`."""
    return current in VERBS[verb].states


def check(current: str, verb: str) -> None:
    """Raise `WrongState` unless `verb` is allowed in the state `current`."""
    if not allows(current, verb):
        raise WrongState(current, verb)


def is_before(current: str, other: str) -> bool:
    """Whether a visit in the state `current` has yet to come to `other`; a cancelled one never does."""
    return current in WAY and WAY.index(S(current)) < WAY.index(S(other))
