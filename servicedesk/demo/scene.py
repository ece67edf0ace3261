"""The stage of running faults: verbs with times said as minutes before now."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from servicedesk.demo import texts
from servicedesk.demo.history import file
from servicedesk.demo.texts import Story
from servicedesk.demo.world import World
from tickets import workflow
from tickets.models import FaultTile, Ticket

MINUTE = timedelta(minutes=1)


class Scene:
    """The verbs of one set, with times said as minutes before now."""

    def __init__(self, world: World, now: datetime) -> None:
        self.world, self.now = world, now
        self.tiles = {tile.code: tile for tile in FaultTile.objects.select_related("fault_class")}
        self.chance = random.Random(int(now.timestamp()))  # noqa: S311 - stories, not secrets

    def ago(self, minutes: float) -> datetime:
        return self.now - minutes * MINUTE

    def file(self, hospital: str, story: Story, minutes: float, **changes: Any) -> Ticket:
        return file(
            self.world, self.world.sites[hospital], story, self.tiles, self.chance, self.ago(minutes), **changes
        )

    def answer(self, ticket: Ticket, who: str, minutes: float, text: str) -> None:
        workflow.answer(ticket, by=self.world.people[who], text=text, now=self.ago(minutes))

    def failed(self, ticket: Ticket, who: str, engineer: str, minutes: float) -> None:
        people = self.world.people
        workflow.remote_failed(ticket, by=people[who], reason=texts.REMOTE_FAILED, now=self.ago(minutes))
        workflow.assign(ticket, to=people[engineer], by=people["linxiao"], now=self.ago(minutes - 1))

    def depart(self, ticket: Ticket, engineer: str, minutes: float, arrives_in: float) -> None:
        expected = self.now + arrives_in * MINUTE
        workflow.depart(ticket, by=self.world.people[engineer], expected_arrival_at=expected, now=self.ago(minutes))
