"""A calendar year comes into force while sweeps and writers are at work on the same clocks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections

from people.models import User
from servicedesk.faults.invariants import broken
from sla import deadlines, year_drafts
from sla.audit import differences
from sla.facts import Kind
from sla.holidays import parse
from sla.models import Calendar, CalendarDraft, Commitment, Deadline, Timeline
from sla.sweep import database_now, sweep
from tests.factories import AdministratorFactory
from tests.faults.many import faults
from tests.sla.cases import staff

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_activation_among_sweeps_and_writers_moves_every_running_clock_once(transactional_db: None) -> None:
    """Half of the response clocks are due now, so that the sweeps want the very timelines that are moved."""
    staff()
    Commitment.objects.filter(code="response").update(calendar=Calendar.objects.get(code="cn"))
    timelines = faults([database_now() - timedelta(minutes=age) for age in (5, 31, 49, 61, 8, 125)])
    admin, now = AdministratorFactory(), database_now()
    days, _problems = parse(f"{now.year + 2}-01-01,放假,元旦", now.year + 2)
    draft = year_drafts.load(now.year + 2, days, source="", by=admin, now=now)
    since, until = now, time.monotonic() + 2
    with ThreadPoolExecutor(5) as pool:
        hands = [pool.submit(sweep_on, until) for _ in range(2)]
        hands.append(pool.submit(write, timelines, until))
        pressed = [pool.submit(press, draft, admin) for _ in range(2)]
        assert all(hand.result() for hand in hands)
        assert {one.result() for one in pressed} == {CalendarDraft.State.ACTIVE}
    sweep()
    for calendar in year_drafts.followers():
        deadlines.follow_calendar(calendar, by=None, now=database_now())
        assert not deadlines.behind(calendar, database_now()).exists()
    moved = Deadline.objects.filter(code="response", inputs__revised__by=Kind.CALENDAR_CHANGED, state="running")
    assert moved.exists()
    assert Calendar.objects.get(code="cn").versions.count() == 2
    assert broken(since) == {}
    assert list(differences()) == []


def press(draft: CalendarDraft, admin: User) -> str:
    try:
        done = year_drafts.activate(draft, seen=year_drafts.edition(draft), by=admin, now=database_now())
        return done.state
    finally:
        connections.close_all()


def sweep_on(until: float) -> int:
    swept = 0
    try:
        while time.monotonic() < until:
            sweep()
            swept += 1
    finally:
        connections.close_all()
    return swept


def write(timelines: list[Timeline], until: float) -> int:
    written = 0
    try:
        while time.monotonic() < until:
            now = database_now()
            deadlines.record(timelines[written % len(timelines)], Kind.UPDATED, at=now, now=now)
            written += 1
    finally:
        connections.close_all()
    return written
