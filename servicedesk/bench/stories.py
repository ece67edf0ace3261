"""The few dozen tickets that all others are copies of: told by the desk's own verbs, read, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from typing import Self

from django.db import transaction

from people.models import User
from servicedesk.bench.templates import Reader, Template
from servicedesk.demo import cast, texts, world
from servicedesk.demo.history import Narrator
from servicedesk.demo.live import fire_the_past
from servicedesk.demo.scene import Scene
from servicedesk.demo.texts import BY_TILE
from sla import deadlines
from sla.models import Deadline, PauseReason
from tickets import workflow
from tickets.models import Ticket
from tickets.states import Status

AGO = timedelta(days=20)
"""The past is told this long before now, so that no story reaches into the future."""
HOURS = (8, 9, 9, 10, 10, 11, 11, 13, 14, 14, 15, 15, 16, 17, 19, 22, 2)
"""Local hours of filing, most in working hours."""
DAY = 24 * 60.0
OVER = (Status.CLOSED, Status.CANCELLED)
TILES = ("no_sound", "choppy", "no_picture")
HOSPITALS = [place.name for place in cast.PLACES]


def past(now: datetime, count: int) -> list[Template]:
    """About `count` tickets that are over, spread over the demo's hospitals and the hours of a day."""
    begins = now - AGO
    stories = cycle(story for story in texts.STORIES if story.device != "his")
    with transaction.atomic():
        narrator = Narrator(world.read(), 7, now)
        told = []
        for number in range(count):
            site = narrator.world.sites[HOSPITALS[number % len(HOSPITALS)]]
            local = begins.astimezone().replace(hour=HOURS[number % len(HOURS)], minute=number * 7 % 60)
            told.append(narrator.tell(site, next(stories), local))
        over = Ticket.objects.filter(pk__in=[ticket.pk for ticket in told], status__in=OVER)
        templates = _read(over, now)
        transaction.set_rollback(True)
    return templates


def current(now: datetime, each: int) -> list[Template]:
    """Tickets in every state that is not over, as they stand at `now`; `each` of each kind."""
    with transaction.atomic():
        scene = Scene(world.read(), now)
        told = [tell(case) for number, tell in enumerate(KINDS * each) for case in [Case.of(scene, number)]]
        for ticket in told:
            deadlines.rebuild(deadlines.lock(ticket.timeline), now=now)
        workflow.follow_engine(now)
        templates = _read(told, now)
        transaction.set_rollback(True)
    return templates


@dataclass(frozen=True)
class Case:
    """Tickets of one hospital; times are minutes before now."""

    scene: Scene
    hospital: str
    engineer: str
    tile: str

    @classmethod
    def of(cls, scene: Scene, number: int) -> Self:
        """The `number`-th ticket: hospitals and faults in turn."""
        hospital = HOSPITALS[number % len(HOSPITALS)]
        engineer = scene.world.engineers(scene.world.sites[hospital])[0]
        return cls(scene, hospital, (engineer.email or "").split("@")[0], TILES[number % len(TILES)])

    def filed(self, minutes: float) -> Ticket:
        return self.scene.file(self.hospital, BY_TILE[self.tile], minutes)

    def answered(self, minutes: float, answered: float) -> Ticket:
        ticket = self.filed(minutes)
        self.scene.answer(ticket, "hejing", answered, BY_TILE[self.tile].answer)
        return ticket

    def failed(self, minutes: float, answered: float, failed: float) -> Ticket:
        ticket = self.answered(minutes, answered)
        self.scene.failed(ticket, "hejing", self.engineer, failed)
        return ticket

    def on_the_way(self) -> Ticket:
        ticket = self.failed(75, 60, 14)
        self.scene.depart(ticket, self.engineer, 11, 90)
        return ticket

    def on_site(self) -> Ticket:
        ticket = self.failed(200, 185, 150)
        self.scene.depart(ticket, self.engineer, 130, 0)
        workflow.arrive(ticket, by=self.scene.world.people[self.engineer], now=self.scene.ago(12))
        return ticket

    def waits(self, minutes: float, until: datetime | None) -> Ticket:
        ticket = self.failed(minutes, minutes - 15, minutes - 40)
        reason = PauseReason.objects.get(code="asked_later")
        return workflow.wait(
            ticket,
            by=self.scene.world.people["hejing"],
            reason=reason,
            note=texts.WAIT_NOTE,
            until=until,
            now=self.scene.ago(minutes - 60),
        )

    def solved(self, minutes: float) -> Ticket:
        story, ticket = BY_TILE[self.tile], self.answered(minutes, minutes - 12)
        people = self.scene.world.people
        now = self.scene.ago(minutes - 45)
        return workflow.resolve(ticket, by=people["hejing"], cause=story.cause, action=story.action, now=now)


KINDS: tuple[Callable[[Case], Ticket], ...] = (
    lambda case: case.filed(1.5),
    lambda case: case.answered(40, 12),
    lambda case: case.failed(70, 50, 12),
    lambda case: case.on_the_way(),
    lambda case: case.on_site(),
    lambda case: case.waits(2 * DAY, until=case.scene.now + timedelta(days=3)),
    lambda case: case.waits(5 * DAY, until=None),
    lambda case: case.answered(3 * DAY, 3 * DAY - 20),
    lambda case: case.filed(2 * DAY),
    lambda case: case.solved(DAY),
)
"""Each tells one ticket; those of days ago are overdue, and all their pages are out."""


def _read(tickets: Iterable[Ticket], now: datetime) -> list[Template]:
    """Fire what the engine would have fired by `now`, then read everything."""
    fresh = Ticket.objects.select_related("site", "hospital", "device", "reporter", "timeline")
    rows = list(fresh.filter(pk__in=[ticket.pk for ticket in tickets]).order_by("pk"))
    fire_the_past(rows, now)
    behind = Deadline.objects.filter(timeline__in=[ticket.timeline_id for ticket in rows], next_action_at__lte=now)
    if row := behind.first():
        raise ValueError(f"the engine has something left to do: {row} of {row.timeline}")
    people = User.objects.filter(is_demo=True)
    logins = {user.pk: (user.email or "").split("@")[0] for user in people}
    names = {user.name: logins[user.pk] for user in people if not user.is_hospital}
    return [Reader(ticket, logins, names).read() for ticket in rows]
