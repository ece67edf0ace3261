"""The requests for parts of a ticket in words: how far each is, which promise runs, who sends it, what may be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from common.present import Chip, Tag, Tone
from people.access import may
from people.models import User
from sla import present
from spares import wording
from spares.models import CarrierEvent, PartRequest, RequestLine
from tickets.actions import Action
from tickets.clocks import EVENTS, LINES, OWED, SPARES, Clocks
from tickets.states import allows

State = PartRequest.State
LOOKS: dict[str, tuple[str, Tone]] = {
    State.DRAFT: ("pencil", "warn"),
    State.REQUESTED: ("package-search", "act"),
    State.RESERVED: ("package-check", "act"),
    State.PICKED: ("package-check", "act"),
    State.PACKED: ("package", "act"),
    State.SHIPPED: ("truck", "act"),
    State.DELIVERED: ("map-pin", "ok"),
    State.FITTED: ("circle-check", "ok"),
    State.UNUSED: ("undo-2", "off"),
}
"""State → icon and tone."""
WITHDRAW = ("withdraw_part", gettext_lazy("Withdraw"), "ban")
SPLIT = ("split_part", gettext_lazy("Send a part of it apart"), "split")
CHOOSE = ("choose_depot", gettext_lazy("Another depot"), "warehouse")
BUTTONS: dict[str, tuple[tuple[str, Any, str], ...]] = {
    State.DRAFT: (("ask_part", gettext_lazy("Say which parts"), "package-plus"), WITHDRAW),
    State.REQUESTED: (CHOOSE, SPLIT, WITHDRAW),
    State.RESERVED: (CHOOSE, WITHDRAW),
    State.PICKED: (CHOOSE, WITHDRAW),
    State.PACKED: (WITHDRAW,),
    State.SHIPPED: (
        ("deliver_part", gettext_lazy("Signed for"), "signature"),
        ("part_event", gettext_lazy("What the carrier says"), "message-square"),
    ),
    State.DELIVERED: (
        ("fit_part", gettext_lazy("Fitted"), "wrench"),
        ("unused_part", gettext_lazy("Not needed"), "undo-2"),
    ),
}
"""State → verbs with their words and icons."""
RIGHTS = {"choose_depot": "spares.work"}
"""Verb → the right that it needs; the others need that of asking."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A depot that was weighed, and what it would have made of it."""

    name: str
    words: str
    is_chosen: bool
    makes_it: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One request. `promises`: name and clause of each of its clocks with its chip; `owed`: what has to come back."""

    row: PartRequest
    tag: Tag
    promises: tuple[tuple[str, Chip], ...]
    lines: tuple[RequestLine, ...]
    owed: tuple[str, ...]
    depots: tuple[Weighed, ...]
    events: tuple[CarrierEvent, ...]
    buttons: tuple[Action, ...]

    @property
    def because(self) -> str:
        """Why another depot than the best was taken."""
        return next((one["because"] for one in self.row.choice if one["chosen"]), "")


def card(clocks: Clocks, user: User) -> tuple[Shown, ...]:
    """The requests that `clocks` knows, newest first."""
    return tuple(_shown(clocks, row, user) for row in reversed(clocks.requests))


def _shown(clocks: Clocks, row: Any, user: User) -> Shown:
    icon, tone = LOOKS[row.state]
    lines = tuple(LINES.rows(row.wanted))
    codes = {line.part_id: line.part.code for line in lines}
    return Shown(
        row,
        Tag(row.get_state_display(), icon, tone),
        tuple(_promises(clocks, row)),
        lines,
        tuple(wording.owed(one, clocks.now) for one in OWED.rows(row.owed)),
        tuple(_weighed(one, codes, clocks.now) for one in row.choice),
        tuple(EVENTS.rows(row.said)),
        _buttons(clocks, row, sum(line.quantity for line in lines), user),
    )


def _promises(clocks: Clocks, row: PartRequest) -> list[tuple[str, Chip]]:
    subject = "" if row.state == State.DRAFT else str(row.pk)
    found = [
        max(runs, key=lambda one: (one.cycle, one.turn, one.revision))
        for code in SPARES
        if (runs := [one for one in clocks.deadlines if one.code == code and one.subject == subject])
    ]
    return [(f"{one.commitment.name} {one.commitment.clause}", present.chip(one, clocks.now)) for one in found]


def _weighed(one: dict[str, Any], codes: dict[int, str], now: datetime) -> Weighed:
    words = wording.kept_option(one, codes, now)
    return Weighed(one["name"], words, one["chosen"], one["verdict"] == "makes")


def _buttons(clocks: Clocks, row: PartRequest, pieces: int, user: User) -> tuple[Action, ...]:
    ticket = clocks.ticket
    if not allows(ticket.status, "follow_part"):
        return ()
    return tuple(
        Action(verb, str(label), icon, False, f"{reverse(f'console:{slug}', args=[ticket.number])}?request={row.pk}")
        for verb, label, icon in BUTTONS.get(row.state, ())
        if (verb != "split_part" or pieces > 1)
        and may(user, RIGHTS.get(verb, "spares.ask"))
        and (slug := verb.replace("_", "-"))
    )
