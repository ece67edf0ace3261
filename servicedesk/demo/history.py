"""A year of tickets, told through the same verbs that people use, each at its own time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from people.models import Role, Site, User
from people.roster import Roster
from servicedesk.demo import texts
from servicedesk.demo.texts import Story
from servicedesk.demo.world import World
from sla.models import PauseReason
from tickets import workflow
from tickets.models import FaultTile, Ticket
from tickets.states import Status

MINUTE = timedelta(minutes=1)


@dataclass
class Teller:
    """Tells one ticket's story: keeps its moment, and who is on duty then."""

    world: World
    chance: random.Random
    tiles: dict[str, FaultTile]
    reasons: dict[str, PauseReason]
    roster: Roster
    now: datetime
    ticket: Ticket

    def after(self, low: int, high: int) -> datetime:
        """Move on by some minutes."""
        self.now += timedelta(minutes=self.chance.randint(low, high), seconds=self.chance.randint(0, 59))
        return self.now

    def on_duty(self, role: Role) -> User:
        return self.chance.choice(self.roster.on_duty(role, self.ticket.hospital.region_id, self.now))

    @property
    def operator(self) -> User:
        return self.ticket.owner or self.on_duty(Role.OPERATOR)

    @property
    def engineer(self) -> User:
        return self.ticket.assignee or self.chance.choice(self.world.engineers(self.ticket.site))


def file(
    world: World,
    site: Site,
    story: Story,
    tiles: dict[str, FaultTile],
    chance: random.Random,
    now: datetime,
    about: str = "",
    **changes: object,
) -> Ticket:
    """A nurse of the hospital files `story` about one of its devices, the one named `about` if that is said."""
    hospital = site.hospital
    kind = "his_server" if story.device == "his" else story.device
    suited = [
        device for device in world.devices[hospital.name] if device.model.kind == kind and about in {"", device.name}
    ]
    device = chance.choice(suited) if suited else None
    reporter = world.nurses[hospital.name]
    fields: dict[str, object] = {
        "kind": story.kind,
        "tile": tiles[story.tile],
        "title": story.title,
        "description": story.words,
        "impact": story.impact,
        "urgency": story.urgency,
        "place": device.room if device else "远程会诊中心",
        "contact_name": reporter.name,
        "contact_phone": reporter.phone or "",
        "channel": Ticket.Channel.PORTAL,
        **changes,
    }
    return workflow.open_ticket(
        by=reporter,
        reporter=reporter,
        hospital=hospital,
        site=site,
        device=device,
        now=now,
        **fields,  # type: ignore[arg-type]
    )


def solved_remotely(t: Teller, story: Story) -> None:
    """Most faults: answered, perhaps noted and told of, solved from afar; some answers come late."""
    late = t.chance.random() < 0.06
    workflow.answer(t.ticket, by=t.operator, text=story.answer, now=t.after(61, 80) if late else t.after(3, 48))
    _reread(t)
    if story.note and t.chance.random() < 0.6:
        workflow.note(t.ticket, by=t.operator, text=story.note, now=t.after(2, 10))
    if t.chance.random() < 0.3:
        workflow.answer(t.ticket, by=t.operator, text=t.chance.choice(texts.UPDATES), now=t.after(5, 20))
    workflow.resolve(t.ticket, by=t.operator, cause=story.cause, action=story.action, now=t.after(8, 55))


def solved_on_site(t: Teller, story: Story) -> None:
    """An engineer goes: in time or not, now and then only the next morning as the hospital asked."""
    workflow.answer(t.ticket, by=t.operator, text=story.answer, now=t.after(3, 40))
    _reread(t)
    workflow.assign(t.ticket, to=t.engineer, by=t.operator, now=t.after(4, 15))
    workflow.remote_failed(t.ticket, by=t.operator, reason=texts.REMOTE_FAILED, now=t.after(6, 30))
    _reread(t)
    travel = t.ticket.timeline.deadlines.filter(code="onsite")[0].inputs["travel"]["minutes"]
    if t.chance.random() < 0.2:
        _wait_until_morning(t)
    workflow.depart(t.ticket, by=t.engineer, now=t.after(4, 25))
    spread = t.chance.choices((-12, 5, 25, 55), (3, 5, 2, 1))[0]
    workflow.arrive(t.ticket, by=t.engineer, now=t.after(max(travel + spread - 8, 3), max(travel + spread + 8, 6)))
    workflow.note(t.ticket, by=t.engineer, text=story.note or "现场检查供电、线缆和面板指示灯。", now=t.after(5, 20))
    workflow.resolve(t.ticket, by=t.engineer, cause=story.cause, action=story.action, now=t.after(15, 115))


def _wait_until_morning(t: Teller) -> None:
    morning = (t.now.astimezone() + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    reason = t.reasons["asked_later"]
    workflow.wait(t.ticket, by=t.operator, reason=reason, note=texts.WAIT_NOTE, until=None, now=t.after(2, 9))
    t.now = morning
    workflow.resume(t.ticket, by=t.operator, now=t.now)
    _reread(t)


def withdrawn(t: Teller, _story: Story) -> None:
    """The hospital calls: it works again."""
    workflow.cancel(t.ticket, by=t.operator, reason=texts.CANCELLED, now=t.after(4, 30))


def end(t: Teller, limit: datetime) -> None:
    """Most are confirmed, some late, some reopened once; the last ones still wait for the hospital."""
    _reread(t)
    nurse = t.ticket.reporter
    if t.ticket.status != Status.SOLVED or nurse is None:
        return
    roll = t.chance.random()
    if roll < 0.06 and t.now + timedelta(days=2) < limit:
        workflow.reopen(t.ticket, by=nurse, reason=texts.REOPENED, now=t.after(600, 1300))
        _reread(t)
        workflow.answer(t.ticket, by=t.operator, text=texts.AGAIN[0], now=t.after(3, 40))
        workflow.resolve(
            t.ticket,
            by=t.operator,
            cause=texts.AGAIN[1],
            action=texts.AGAIN[2],
            now=t.after(30, 90),
        )
        _reread(t)
    at = t.after(20, 1300) if roll < 0.8 else t.after(1300, 7000)
    if at < limit:
        workflow.confirm(t.ticket, by=nurse, now=at)


def _reread(t: Teller) -> None:
    t.ticket = Ticket.objects.select_related(
        "timeline", "site__hospital", "hospital", "owner", "assignee", "reporter"
    ).get(pk=t.ticket.pk)


class Narrator:
    """Tells tickets of one world, each from its filing to its end; nothing is told of what lies after `limit`."""

    def __init__(self, world: World, seed: int, limit: datetime) -> None:
        self.world, self.limit = world, limit
        self.chance = random.Random(seed)  # noqa: S311 - stories, not secrets
        self.tiles = {tile.code: tile for tile in FaultTile.objects.select_related("fault_class")}
        self.reasons = {reason.code: reason for reason in PauseReason.objects.all()}
        self.roster = Roster.load(limit - timedelta(days=366), limit)

    def tell(self, site: Site, story: Story, at: datetime) -> Ticket:
        """A ticket that a nurse of `site` files at `at`."""
        ticket = file(self.world, site, story, self.tiles, self.chance, at)
        teller = Teller(self.world, self.chance, self.tiles, self.reasons, self.roster, at, ticket)
        _reread(teller)
        _plot(self.chance, story)(teller, story)
        end(teller, self.limit)
        return teller.ticket


def tell(world: World, count: int, now: datetime, share: int = 0, shares: int = 1) -> int:
    """Tell `count` tickets over the year that ends half a day before `now`; returns how many there are.

    Several processes may each tell a share: the tickets of every `shares`-th hospital.
    """
    narrator = Narrator(world, 2026 + share, now)
    chance = narrator.chance
    moments = sorted(_moment(chance, now) for _ in range(count))
    sites = list(world.sites.values())[share::shares]
    for at in moments:
        narrator.tell(chance.choice(sites), chance.choice(texts.STORIES), at)
    return count


def _plot(chance: random.Random, story: Story) -> Callable[[Teller, Story], None]:
    roll = chance.random()
    if roll < 0.04:
        return withdrawn
    on_site = story.kind == "fault" and story.tile in {"no_power", "alarm", "broken_port", "no_picture"}
    return solved_on_site if on_site and roll < 0.55 else solved_remotely


def _moment(chance: random.Random, now: datetime) -> datetime:
    """Some working-hours-heavy moment of the last year, at least half a day ago."""
    days = chance.uniform(0.8, 365)
    at = (now - timedelta(days=days)).replace(microsecond=0)
    hour = chance.choices(range(24), [1] * 7 + [5, 12, 14, 12, 8, 6, 10, 14, 12, 9, 5] + [2] * 6)[0]
    moved = at.astimezone().replace(hour=hour, minute=chance.randint(0, 59))
    return min(moved, now - timedelta(hours=14))
