"""The drill: one fault after the other against a running desk, and after each every invariant."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from django.db import Error, connection

from notifications import caught
from notifications.models import Delivery
from people.models import User
from servicedesk.demo import history, texts, world
from servicedesk.faults.gates import wait_for
from servicedesk.faults.invariants import NAMES, Evidence, Receipt, Rows, findings
from servicedesk.faults.load import Load
from servicedesk.faults.parts import Desk
from sla import tasks
from sla.models import Heartbeat, Page
from sla.sweep import database_now
from tickets.models import FaultTile, Ticket

HEALED_WITHIN = 120.0
"""I12: seconds from a fault's end after which every invariant has to hold again without anybody's help."""

ROWS_SHOWN = 5
HALF = timedelta(minutes=31, seconds=30)
"""Age of a fault whose first milestone (half of the hour to answer) was due longer ago than I1 lets pass."""


@dataclass
class Drill:
    """What a fault acts on, and what is known from outside."""

    desk: Desk
    say: Callable[[str], None]
    evidence: Evidence = field(default_factory=Evidence)
    load: Load | None = None
    patience: float = HEALED_WITHIN
    world: world.World = field(default_factory=world.read)
    chance: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - which stories, no secrets
    _letters: dict[str, Receipt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.evidence.receipts = self.receipts

    def file(self, count: int, age: timedelta = HALF, apart: timedelta = timedelta()) -> list[Ticket]:
        """`count` urgent faults notified `age` ago, each `apart` from the last. Acknowledged ones count for I8."""
        first = database_now() - age
        tiles = {tile.code: tile for tile in FaultTile.objects.select_related("fault_class")}
        tickets = []
        for number in range(count):
            key = uuid4()
            site = self.chance.choice(list(self.world.sites.values()))
            story = self.chance.choice(texts.STORIES)
            urgent: dict[str, Any] = {"impact": 1, "urgency": 1, "kind": "fault", "client_key": key}
            at = first + number * apart
            tickets.append(history.file(self.world, site, story, tiles, self.chance, at, **urgent))
            self.evidence.acknowledged.add(key)
        return tickets

    def tick(self) -> None:
        """One sweep now, through the broker."""
        tasks.sweep.delay()

    def person(self, login: str) -> User:
        return self.world.people[login]

    def until_paged(self, tickets: Sequence[Ticket]) -> None:
        """Wait until the clock of the answer has paged somebody, for each ticket."""
        timelines = {ticket.timeline_id for ticket in tickets}
        pages = Page.objects.filter(deadline__timeline__in=timelines, deadline__code="response", state=Page.State.SENT)
        wait_for(lambda: pages.values("deadline__timeline").distinct().count() == len(timelines), HEALED_WITHIN)

    def until_swept(self) -> None:
        """Wait for a sweep that began after now."""
        now = database_now()
        later = Heartbeat.objects.filter(at__gt=now)
        wait_for(
            lambda: any(beat.at - timedelta(milliseconds=beat.took_ms) > now for beat in later.all()), HEALED_WITHIN
        )

    def under_way(self) -> set[int]:
        """Parcels that a sender has in its hands."""
        rows = Delivery.objects.filter(leased_until__isnull=False, state=Delivery.State.WAITING, parcel__isnull=False)
        return {number for number in rows.values_list("parcel", flat=True) if number is not None}

    def excuse(self, parcels: set[int] | None = None) -> None:
        """What is under way just now was hit with its sender: it may come a second time."""
        self.evidence.may_repeat |= self.under_way() if parcels is None else parcels

    def receipts(self) -> list[Receipt]:
        """Every letter that the mail server took, those of this moment included."""
        for key in caught.arrivals():
            if key not in self._letters and (mail := caught.read(key)) is not None:
                self._letters[key] = Receipt(mail.message_id, mail.to)
        return list(self._letters.values())

    def healed(self, since: datetime) -> dict[str, Rows]:
        """All invariants, as soon as they hold; what is broken still when the patience is over."""
        until = time.monotonic() + self.patience
        while True:
            with self.load.paused() if self.load else nullcontext():
                found = findings(since, self.evidence)
            beaten = Heartbeat.objects.filter(at__gt=since).exists()
            if beaten and not any(found.values()):
                return found
            if time.monotonic() > until:
                return found if beaten else {**found, "I6": [*found["I6"], ("no sweep since", since)]}
            time.sleep(1)


@dataclass(frozen=True)
class Fault:
    """One bad thing: `act` does it and sees its effect; AssertionError when it could not be brought about."""

    key: str
    title: str
    act: Callable[[Drill], None]


@dataclass(frozen=True)
class Outcome:
    """What came of one fault."""

    fault: Fault
    seconds: float
    found: dict[str, Rows]
    failure: str = ""

    @property
    def is_kept(self) -> bool:
        return not self.failure and not any(self.found.values())

    def lines(self) -> list[str]:
        """One line for the fault, one for each invariant."""
        state = f"FAILED: {self.failure}" if self.failure else f"{self.seconds:.0f} s"
        lines = [f"{self.fault.key:<6}{self.fault.title} ({state})"]
        for name, rows in sorted(self.found.items()):
            shown = "; ".join(str(row) for row in rows[:ROWS_SHOWN])
            verdict = f"BROKEN by {len(rows)}: {shown}" if rows else "kept"
            lines.append(f"{self.fault.key:<6}{name}  {NAMES[name]}: {verdict}")
        return lines


def run(drill: Drill, faults: Sequence[Fault], until: float = float("inf")) -> list[Outcome]:
    """Do the faults in turn and say what came of each; none begins after `until` (of the monotonic clock)."""
    outcomes = []
    for fault in faults:
        is_over = time.monotonic() > until
        outcome = Outcome(fault, 0, {}, "not tried, the time is up") if is_over else _do(drill, fault)
        for line in outcome.lines():
            drill.say(line)
        outcomes.append(outcome)
    return outcomes


def _do(drill: Drill, fault: Fault) -> Outcome:
    started, failure = time.monotonic(), ""
    try:
        fault.act(drill)
    except (AssertionError, OSError, Error) as error:
        failure = f"{type(error).__name__}: {error}"
        connection.close()
    since = database_now()
    found = drill.healed(since)
    return Outcome(fault, time.monotonic() - started, found, failure)
