"""The dispatch board: engineers and their visits along a day or a week, and the tickets that wait for one (A2, N1).

The queries are the same for any number of engineers and days; the list beside it is made from the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import JSONField
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone

from common.present import Chip, Slot
from people.models import Role, User
from people.roster import Roster
from sla import present
from sla.models import Deadline
from tickets.models import Ticket, TicketVisit
from tickets.sending import ON_SITE
from tickets.states import Status
from tickets.visit_card import Stage, state_tag
from visits.models import Crew
from visits.states import OPEN

DAYS = {"day": 1, "week": 7}
MOST_WAITING = 50
"""Waiting tickets beside the board, the most pressing first; the queue has them all."""
NAMED = ("number", "title", "hospital__name", "hospital__short_name", "site__name", "device__model__kind")
"""What is said of a waiting ticket."""
STEP = timedelta(minutes=15)
"""What a drop on the board is rounded to."""
State = Deadline.State


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket that waits for somebody to be sent. `leave_by`: the last moment to set out from the service base."""

    ticket: Ticket
    url: str
    send_url: str
    chip: Chip | None
    leave_by: datetime | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A booking, way included: `slot` on the board; `hospital` and `subject` as the list names them."""

    hospital: str
    subject: str
    start: datetime
    arrives_at: datetime
    end: datetime
    slot: Slot


@dataclass(frozen=True, slots=True)
class Line:
    """An engineer's row: hours on duty as (left, width), then what they are booked for."""

    person: User
    duty: tuple[tuple[float, float], ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The engineers of one team."""

    name: str
    base: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """What the board shows: whole local days."""

    start: datetime
    end: datetime

    @property
    def clock(self) -> str:
        """How a moment reads: on a phone the days of a week have no columns that tell them."""
        return "%H:%M" if self.end - self.start <= timedelta(days=1) else "%m-%d %H:%M"

    def place(self, at: datetime) -> float:
        """Where a moment lies, in per cent, at the nearer end when it lies outside."""
        return 100 * ((min(max(at, self.start), self.end) - self.start) / (self.end - self.start))


@dataclass(frozen=True, slots=True)
class Board:
    """The board as asked for. `now_at`: where now lies in per cent, if it does."""

    day: date
    view: str
    span: Span
    marks: tuple[datetime, ...]
    groups: tuple[Group, ...]
    waiting: tuple[Waiting, ...]
    has_more: bool
    now_at: float | None

    @property
    def before(self) -> date:
        return self.day - timedelta(days=DAYS[self.view])

    @property
    def after(self) -> date:
        return self.day + timedelta(days=DAYS[self.view])

    @property
    def last(self) -> date:
        return self.after - timedelta(days=1)

    @property
    def blocks(self) -> list[tuple[User, Block]]:
        """Every booking with its engineer, in the order of time: the list beside the board."""
        found = [(line.person, block) for group in self.groups for line in group.lines for block in line.blocks]
        return sorted(found, key=lambda pair: (pair[1].start, pair[0].name))


def read(user: User, day: date, view: str, now: datetime) -> Board:
    """The board for `user`: an engineer sees their region, whoever dispatches sees all."""
    span = _span(day, DAYS[view])
    people = list(_engineers(user))
    # A week is too narrow to tell the hours of duty.
    roster = Roster.of_role_in(Role.ENGINEER, span.start, span.end) if view == "day" else None
    booked = _booked(user, people, span, now)
    waiting = list(_waiting(user)[: MOST_WAITING + 1])
    lines = (Line(one, _duty(roster, one, span), tuple(booked.get(one.pk, ()))) for one in people)
    return Board(
        day=day,
        view=view,
        span=span,
        marks=tuple(_marks(span, view)),
        groups=tuple(_group(list(rows)) for _team, rows in groupby(lines, key=lambda line: line.person.team_id)),
        waiting=tuple(_row(ticket, now) for ticket in waiting[:MOST_WAITING]),
        has_more=len(waiting) > MOST_WAITING,
        now_at=span.place(now) if span.start <= now < span.end else None,
    )


def _span(day: date, days: int) -> Span:
    zone = ZoneInfo(settings.TIME_ZONE)
    return Span(*(datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=days))))


def _marks(span: Span, view: str) -> Iterable[datetime]:
    step = timedelta(days=1) if view == "week" else timedelta(hours=2)
    at = span.start
    while at < span.end:
        yield at
        at += step


def _engineers(user: User) -> QuerySet[User]:
    people = User.objects.filter(role=Role.ENGINEER, is_active=True, team__isnull=False)
    if user.role == Role.ENGINEER:
        people = people.filter(team__region=user.team.region_id if user.team else None)
    rows = people.select_related("team__base", "team__region").only(
        "name", "role", "team__name", "team__tier", "team__region__name", "team__base__name"
    )
    return rows.order_by(F("team__base__name").asc(nulls_last=True), "team__name", "team_id", "name")


def _group(lines: list[Line]) -> Group:
    team = lines[0].person.team
    assert team is not None, "only people of a team are asked for"
    return Group(team.name, team.base.name if team.base else "", tuple(lines))


def _duty(roster: Roster | None, person: User, span: Span) -> tuple[tuple[float, float], ...]:
    if roster is None or person.team is None:
        return ()
    turns = roster.segments(Role.ENGINEER, person.team.region_id, span.start, span.end)
    held = ((span.place(turn.start), span.place(turn.end)) for turn in turns if person in turn.people)
    return tuple((left, right - left) for left, right in held)


# Bookings


def _booked(user: User, people: list[User], span: Span, now: datetime) -> dict[int, list[Block]]:
    clock = Deadline.objects.filter(
        timeline=OuterRef("visit__timeline"),
        code="onsite",
        state__in=[State.RUNNING, State.PAUSED, State.MET, State.MISSED],
    )
    # Plain values: a week of sixty people is four hundred bookings, and six models each are slow to make.
    rows = (
        Crew.objects.for_user(user)
        .filter(released_at=None, during__overlap=DateTimeTZRange(span.start, span.end))
        .filter(engineer__in=[one.pk for one in people])
        .annotate(due_at=Subquery(clock.order_by("-pk").values("due_at")[:1]))
        .order_by("during", "pk")
        .values(
            *("engineer", "due_at"),
            pk=F("visit"),
            start=F("during__startswith"),
            end=F("during__endswith"),
            state=F("visit__state"),
            starts_at=F("visit__starts_at"),
            arrived_at=F("visit__arrived_at"),
            expected_arrival_at=F("visit__expected_arrival_at"),
            subject=F("visit__subject"),
            hospital=F("visit__hospital__name"),
            short=F("visit__hospital__short_name"),
            number=F("visit__ticket_link__ticket__number"),
            title=F("visit__ticket_link__ticket__title"),
        )
    )
    found: dict[int, list[Block]] = {}
    visits = f"{reverse('console:dispatch')}visits/"
    for row in rows:
        found.setdefault(row["engineer"], []).append(_block(row, visits, span, now))
    return found


def _block(row: dict[str, Any], visits: str, span: Span, now: datetime) -> Block:
    start, end = row["start"], row["end"]
    arrives_at = row["arrived_at"] or row["expected_arrival_at"] or row["starts_at"]
    there, left, right = (span.place(at) for at in (min(arrives_at, end), start, end))
    tag = state_tag(Stage(row["state"], row["arrived_at"], arrives_at), row["due_at"], now)
    slot = Slot(
        url=f"{visits}{row['pk']}/",
        at=f"{timezone.localtime(arrives_at):{span.clock}}",
        text=row["short"] or row["hospital"],
        tag=tag,
        left=left,
        width=right - left,
        way=100 * (there - left) / (right - left) if right > left else 0,
    )
    subject = f"{row['number']} · {row['title']}" if row["number"] else row["subject"]
    return Block(row["hospital"], subject, start, arrives_at, end, slot)


# Tickets that wait


def _waiting(user: User) -> QuerySet[Ticket]:
    """Nobody is planned for them; each with the clock that somebody's arrival stops."""
    planned = TicketVisit.objects.filter(ticket=OuterRef("pk"), visit__state__in=OPEN)
    clocks = Deadline.objects.filter(
        timeline=OuterRef("timeline"), code__in=ON_SITE, state__in=[State.RUNNING, State.PAUSED]
    )
    clock = JSONObject(
        state="state",
        due_at="due_at",
        milestones="milestones",
        remaining="remaining_seconds",
        travel="inputs__travel__minutes",
    )
    return (
        Ticket.objects.for_user(user)
        .filter(status=Status.DISPATCH)
        .exclude(Exists(planned))
        .select_related("hospital", "site", "device__model")
        .only(*NAMED)
        .annotate(clock=Subquery(clocks.order_by("due_at").values(clock=clock)[:1], output_field=JSONField()))
        .order_by(F("timeline__next_due_at").asc(nulls_last=True), "pk")
    )


def _row(ticket: Any, now: datetime) -> Waiting:
    clock = ticket.clock
    page = reverse("console:ticket", args=[ticket.number])
    if clock is None:
        return Waiting(ticket, page, f"{page}send/", None, None, is_late=False)
    due_at = datetime.fromisoformat(clock["due_at"])
    row = Deadline(
        state=clock["state"],
        due_at=due_at,
        milestones=clock["milestones"],
        remaining_seconds=clock["remaining"],
    )
    is_running = clock["state"] == State.RUNNING
    leave_by = due_at - timedelta(minutes=float(clock["travel"])) if is_running and clock["travel"] else None
    late = leave_by is not None and leave_by < now
    return Waiting(ticket, page, f"{page}send/", present.chip(row, now), leave_by, is_late=late)
