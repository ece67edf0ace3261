"""The states of a ticket and the moves that are allowed between them."""

from __future__ import annotations

from django.db import models
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


OPEN = frozenset(
    {Status.NEW, Status.REMOTE, Status.DISPATCH, Status.TRAVEL, Status.ON_SITE, Status.WAITING}
)
"""The company still owes work. SOLVED waits for the hospital, CLOSED and CANCELLED are over."""

MOVES: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.REMOTE, Status.CANCELLED, Status.SOLVED}),
    Status.REMOTE: frozenset({Status.DISPATCH, Status.WAITING, Status.SOLVED, Status.CANCELLED}),
    Status.DISPATCH: frozenset({Status.TRAVEL, Status.ON_SITE, Status.WAITING, Status.SOLVED, Status.CANCELLED}),
    Status.TRAVEL: frozenset({Status.ON_SITE, Status.DISPATCH, Status.WAITING, Status.SOLVED, Status.CANCELLED}),
    Status.ON_SITE: frozenset({Status.WAITING, Status.SOLVED, Status.DISPATCH}),
    Status.WAITING: frozenset({Status.REMOTE, Status.DISPATCH, Status.TRAVEL, Status.ON_SITE, Status.SOLVED, Status.CANCELLED}),
    Status.SOLVED: frozenset({Status.CLOSED, Status.REMOTE}),
    Status.CLOSED: frozenset({Status.REMOTE}),
    Status.CANCELLED: frozenset(),
}


class WrongState(Exception):
    """A verb was asked for in a state that does not allow it; says which move was refused."""

    def __init__(self, current: str, wanted: str) -> None:
        self.current, self.wanted = current, wanted
        super().__init__(f"{current} → {wanted}")


def check(current: str, wanted: Status) -> None:
    """Raise `WrongState` unless a ticket in `current` may become `wanted`."""
    if wanted not in MOVES[Status(current)]:
        raise WrongState(current, wanted)
