"""The chain of promises of one ticket: what each leg promised, what came of it, who holds it now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from common import wording
from common.bars import bar_between
from common.present import Chip, GoverningClock, Leg
from sla import present
from sla.models import Deadline, Page
from tickets import chain_legs, chain_whole
from tickets.chain_legs import ICONS, LEGS, WHOLE_WAY
from tickets.clocks import LIVE, SPARES, Clocks
from tickets.models import Kind
from tickets.states import OPEN

State = Deadline.State

BESIDE = {"update": "bell-ring", "onsite_bound": "milestone", "urgent": "zap"}
"""Clocks that run beside the chain, and their icons."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A clock under the chain: the update clock, the outer bound."""

    deadline: Deadline
    icon: str
    name: str
    chip: Chip
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """Who was paged about a clock that is not over with, and who took it on."""

    deadline: Deadline
    name: str
    pages: tuple[Page, ...]
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Round:
    """One cycle of the chain: number, legs top to bottom, and a line of verdicts for when it is folded.

    `more`: the legs of further requests for parts, folded; `whole`: where the time of the whole matter went.
    """

    number: int
    legs: tuple[Leg, ...]
    summary: tuple[Chip, ...] = ()
    more: tuple[tuple[Leg, ...], ...] = ()
    whole: chain_whole.Whole | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything the card shows. `earlier` is newest first."""

    current: Round
    earlier: tuple[Round, ...]
    beside: tuple[Beside, ...]
    told: tuple[Told, ...]
    governing: GoverningClock | None
    governing_id: int | None


def build(clocks: Clocks) -> Chain:
    """The chain, its side clocks and the governing one, worded for the company's people."""
    ticket, now = clocks.ticket, clocks.now
    governing = present.governing(clocks.deadlines)
    beside = (clocks.of(code, ticket.cycle) for code in BESIDE)
    return Chain(
        current=_round(clocks, ticket.cycle),
        earlier=tuple(_round(clocks, cycle) for cycle in range(ticket.cycle - 1, 0, -1)),
        beside=tuple(_beside(row, now) for row in beside if row is not None and row.state in LIVE),
        told=_told(clocks),
        governing=_governing(clocks, governing) if governing else None,
        governing_id=governing.pk if governing else None,
    )


def _round(clocks: Clocks, cycle: int) -> Round:
    rows = {code: clocks.of(code, cycle) for code in ICONS if code not in SPARES}
    parcels = clocks.parcels(cycle)
    front = {row.code: row for row in parcels[0]} if parcels else {}
    legs = list(_legs(clocks, cycle, {code: rows.get(code) or front.get(code) for code in ICONS}))
    more = tuple(tuple(chain_legs.leg(clocks, row) for row in pair) for pair in parcels[1:])
    shown = [row for row in (*rows.values(), *front.values()) if row is not None]
    summary = tuple(present.chip(row, clocks.now) for row in shown)
    return Round(cycle, tuple(legs), summary, more, chain_whole.build(clocks, shown))


def _legs(clocks: Clocks, cycle: int, rows: dict[str, Deadline | None]) -> Iterable[Leg]:
    """What has started, and in the present round of a fault what may still come."""
    ticket = clocks.ticket
    by_legs = ticket.kind == Kind.FAULT and rows[WHOLE_WAY] is None
    may_come = cycle == ticket.cycle and ticket.status in OPEN and by_legs
    for code, row in rows.items():
        if row is not None:
            yield chain_legs.leg(clocks, row)
        elif may_come and code in LEGS and (code not in SPARES or code in clocks.ahead):
            yield chain_legs.ahead(clocks, code)


def _beside(row: Deadline, now: datetime) -> Beside:
    due = wording.clock(row.due_at, now)
    if row.paused_at is not None:
        words = f"{row.commitment.clause} · {_standing(row, now)}"
    elif row.code == "update":
        last = wording.clock(row.started_at, now)
        words = _("%(clause)s · last told %(last)s · next by %(due)s") % {
            "clause": row.commitment.clause, "last": last, "due": due,
        }  # fmt: skip
    else:
        words = _("%(clause)s · at the latest %(due)s") % {"clause": row.commitment.clause, "due": due}
    return Beside(row, BESIDE[row.code], row.commitment.name, present.chip(row, now), words)


def _told(clocks: Clocks) -> tuple[Told, ...]:
    """Clocks that somebody was paged about and that are not over with."""
    result = []
    for row in clocks.live():
        if pages := clocks.pages.get(row.pk):
            until = row.acknowledged_until
            result.append(Told(row, row.commitment.name, tuple(pages), until is not None and until > clocks.now))
    return tuple(result)


def _governing(clocks: Clocks, row: Deadline) -> GoverningClock:
    now, expected = clocks.now, chain_legs.expected_at(clocks, row)
    return GoverningClock(
        name=f"{row.commitment.name} {row.commitment.clause}",
        chip=present.chip(row, now),
        bar=bar_between(row.started_at, row.due_at, row.paused_at or now, expected),
        started=_("from %(time)s") % {"time": wording.clock(row.started_at, now)},
        now=_("now %(time)s") % {"time": wording.clock(now, now)} if row.paused_at is None else "",
        promised=_standing(row, now),
        expected=_("expected %(time)s") % {"time": wording.clock(expected, now)} if expected else "",
        margin=wording.margin((row.due_at - max(expected, now)).total_seconds()) if expected else "",
        holder=chain_legs.holder(clocks, row),
    )


def _standing(row: Deadline, now: datetime) -> str:
    """When it falls due, or since when it stands still."""
    if row.paused_at is None:
        return _("due %(time)s") % {"time": wording.clock(row.due_at, now)}
    return _("stands still since %(time)s") % {"time": wording.clock(row.paused_at, now)}


def sending(clocks: Clocks, *, responds: bool) -> str:
    """Which clock an answer would stop or start again, for the composer; empty when none.

    `responds`: the writer's word counts as the first answer (a technician's does, a manager's is an update).
    """
    live = {row.code: row for row in clocks.live()}
    if responds and (row := live.get("response")) is not None:
        return _("Sending stops “%(clock)s”.") % {"clock": row.commitment.name}
    if (row := live.get("update")) is not None:
        span = wording.duration(row.target_seconds or 0)
        return _("Sending starts “%(clock)s” again: %(span)s.") % {"clock": row.commitment.name, "span": span}
    return ""
