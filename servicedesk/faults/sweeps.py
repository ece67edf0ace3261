"""Faults of the engine's own matter: too many sweepers, bad rows, silence, people who act at the last moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from django.db import connection, transaction

from notifications.models import Attempt
from people import overrides
from people.models import DutyOverride, Role, User
from servicedesk.faults.drill import Drill, Fault
from servicedesk.faults.gates import wait_for
from sla import escalation, tasks
from sla.models import Deadline, EngineEvent, Heartbeat, Page
from sla.sweep import database_now
from tickets import workflow
from tickets.models import Ticket

MANY = 60
FEW = 12
SWEEPS_OF_A_CROWD = 20
SPOILED = 3
LOCKED_SECONDS = 12
RACES = 40
RACES_APART = timedelta(seconds=0.2)
JITTER = 0.05
HOURS = 6
NEVER = [{"step": 1, "percent": 50, "at": "never", "roles": ["assignee"]}]
TOMORROW = timedelta(days=1)


def response(ticket: Ticket) -> Deadline:
    """The clock of the first answer (A1)."""
    return Deadline.objects.get(timeline=ticket.timeline_id, code="response")


@contextmanager
def crowd(drill: Drill, beats: int, sweepers: int) -> Iterator[None]:
    """So many schedulers and sweepers too many, all at work before the body runs."""
    with drill.desk.sweepers(sweepers), drill.desk.beats(beats):
        enough = Heartbeat.objects.count() + SWEEPS_OF_A_CROWD
        wait_for(lambda: Heartbeat.objects.count() > enough)
        yield


def many_sweepers(drill: Drill) -> None:
    """F05: half of the clocks are due at once, half fall due while all are at work."""
    with crowd(drill, beats=2, sweepers=4):
        tickets = drill.file(MANY // 2)
        tickets += drill.file(MANY // 2, timedelta(minutes=30), timedelta(seconds=0.1))
        drill.until_paged(tickets)
        drill.until_swept()


def rows_locked(drill: Drill) -> None:
    """F11: another session holds half of the timelines; the others are paged at once, these when it lets go."""
    held, free = drill.file(FEW // 2), drill.file(FEW // 2)
    numbers = [ticket.timeline_id for ticket in held]
    with closing(connection.copy()) as other:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT FROM sla_timeline WHERE id = ANY (%s) FOR UPDATE", [numbers])
        drill.until_paged(free)
        time.sleep(LOCKED_SECONDS)
        paged = Page.objects.filter(deadline__timeline__in=numbers).exists()
    assert not paged, "a locked clock was paged"
    drill.until_paged(held)


def delivered_often(drill: Drill) -> None:
    """F18: one task five times in the queue, and again when all is over."""
    tickets = drill.file(FEW)
    for _ in range(5):
        tasks.sweep.apply_async(task_id="one-and-the-same")
    drill.until_paged(tickets)
    tasks.sweep.apply_async(task_id="one-and-the-same")
    drill.until_swept()


def poison_rows(drill: Drill) -> None:
    """F20: clocks that cannot be read stand among sound ones; those are paged, these alarmed, and repaired later."""
    tickets = drill.file(FEW)
    with drill.desk.halted("engine"):
        tickets += (sick := drill.file(SPOILED))
        clocks = [response(ticket) for ticket in sick]
        Deadline.objects.filter(pk__in=[clock.pk for clock in clocks]).update(milestones=NEVER)
    drill.until_paged(tickets[:FEW])
    alarms = EngineEvent.objects.filter(deadline__in=clocks, kind=EngineEvent.EventKind.SET_ASIDE)
    wait_for(lambda: alarms.values("deadline").distinct().count() == SPOILED)
    for clock in clocks:
        Deadline.objects.filter(pk=clock.pk).update(milestones=clock.milestones, next_action_at=database_now())
    drill.until_paged(sick)


def hours_of_silence(drill: Drill) -> None:
    """F21: nobody swept for six hours; only the highest step pages then, and says how late it is."""
    with drill.desk.halted("engine", "beat"):
        apart = timedelta(hours=HOURS - 1) / MANY
        tickets = drill.file(MANY, timedelta(hours=HOURS), apart)
    drill.until_paged(tickets)
    pages = Page.objects.filter(deadline__timeline__in=[t.timeline_id for t in tickets], deadline__code="response")
    doubled = [t.number for t in tickets if pages.filter(deadline__timeline=t.timeline_id, state="sent").count() != 1]
    assert not doubled, f"more than the highest step was paged: {doubled}"
    assert pages.filter(state="sent", late_seconds__gt=3600).exists(), "nobody said how late it was"


def acted_at_the_last_moment(drill: Drill) -> None:
    """F26: answers and acknowledgements within 50 ms of a milestone, or of the sweep that looks for it."""
    by, lead = drill.person("chensiyuan"), timedelta(seconds=5)
    with crowd(drill, beats=1, sweepers=2):
        tickets = drill.file(RACES, timedelta(minutes=30) - lead - RACES * timedelta(seconds=0.1), RACES_APART)
        for number, ticket in enumerate(tickets):
            clock = response(ticket)
            look = escalation.GRACE.total_seconds() * (number % 2)
            moment = clock.started_at + timedelta(minutes=30, seconds=look + drill.chance.uniform(-JITTER, JITTER))
            time.sleep(max((moment - database_now()).total_seconds(), 0))
            _act(ticket, clock, by, number)
        drill.until_swept()


def _act(ticket: Ticket, clock: Deadline, by: User, number: int) -> None:
    if number % 3:
        workflow.answer(ticket, by=by, text="您好，已接到，正在远程检查。", now=database_now())
    else:
        escalation.acknowledge(clock, by=by, now=database_now())


def nobody_on_duty(drill: Drill) -> None:
    """F27: no operator on duty: the next rung hears of it in the same sweep, and everybody who could mend it."""
    now = database_now()
    hole = DutyOverride(role=Role.OPERATOR, user=None, starts_at=now, ends_at=now + TOMORROW)
    overrides.add(hole, by=drill.person("linxiao"), now=now)
    tickets = drill.file(FEW)
    drill.until_paged(tickets)
    overrides.end(hole, by=drill.person("linxiao"), now=database_now())
    gaps = EngineEvent.objects.filter(kind=EngineEvent.EventKind.NOBODY_ON_DUTY, at__gte=now)
    assert gaps.exists(), "nobody said that there was nobody"


def recipient_gone(drill: Drill) -> None:
    """F27: the one who should hear of it is disabled; the operator on duty does instead."""
    engineer = drill.person("hejing")
    tickets = drill.file(FEW)
    with transaction.atomic():
        for ticket in tickets:
            workflow.take(ticket, by=engineer, now=database_now())
        User.objects.filter(pk=engineer.pk).update(is_active=False)
    drill.until_paged(tickets)
    told = Page.objects.filter(deadline__timeline__in=[t.timeline_id for t in tickets], recipients=engineer)
    assert not told.exists(), "a disabled person was paged"
    User.objects.filter(pk=engineer.pk).update(is_active=True)


def address_bounces(drill: Drill) -> None:
    """F27: the mail server refuses the address of the person on duty; the inbox has it, administrators hear of it."""
    now, person = database_now(), drill.person("tangyu")
    address = person.email
    User.objects.filter(pk=person.pk).update(email="tangyu@bounced.invalid")
    stand_in = DutyOverride(role=Role.OPERATOR, user=person, starts_at=now, ends_at=now + TOMORROW)
    overrides.add(stand_in, by=drill.person("linxiao"), now=now)
    drill.until_paged(drill.file(2))
    refused = Attempt.objects.filter(at__gte=now, ok=False, delivery__notification__person=person)
    wait_for(refused.exists)
    overrides.end(stand_in, by=drill.person("linxiao"), now=database_now())
    User.objects.filter(pk=person.pk).update(email=address)


SWEEPS = (
    Fault("F05", "two beats and four sweepers too many", many_sweepers),
    Fault("F11", "another session holds the rows of half of the clocks", rows_locked),
    Fault("F18", "one task delivered five times, and again", delivered_often),
    Fault("F20", "poison rows among sound ones", poison_rows),
    Fault("F21", "six hours without a sweep", hours_of_silence),
    Fault("F26", "people act within 50 ms of a milestone", acted_at_the_last_moment),
    Fault("F27a", "nobody on duty", nobody_on_duty),
    Fault("F27b", "the recipient is disabled", recipient_gone),
    Fault("F27c", "the recipient's address bounces", address_bounces),
)
