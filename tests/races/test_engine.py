"""Facts, acknowledgements and sweeps on the same and on other timelines at once: no deadlock, nothing wrong after."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from people.models import Role, User
from servicedesk.faults.invariants import broken
from sla import deadlines, escalation
from sla.audit import differences
from sla.deadlines import Refused
from sla.facts import Kind
from sla.models import Timeline
from sla.sweep import database_now, sweep
from tests.faults.many import faults
from tests.sla.cases import staff

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 4
SAID = (Kind.RESPONDED, Kind.UPDATED, Kind.REMOTE_FAILED, Kind.ARRIVED, Kind.PAUSED, Kind.RESUMED, Kind.REOPENED)


def test_writers_acknowledgers_and_sweepers_at_once_neither_deadlock_nor_leave_a_wrong_row(
    transactional_db: None,
) -> None:
    """Few timelines, so that hands meet on the same one; any deadlock would come out of a thread as an error."""
    people = staff()
    ages = (31, 49, 61, 125, 250, 5)
    timelines = faults([database_now() - timedelta(minutes=age) for age in ages])
    since, until = database_now(), time.monotonic() + SECONDS
    with ThreadPoolExecutor(5) as pool:
        hands = [pool.submit(write, timelines, people[Role.OPERATOR], until, seed) for seed in range(2)]
        hands.append(pool.submit(acknowledge, timelines, people[Role.MANAGER], until))
        hands += [pool.submit(sweep_on, until) for _ in range(2)]
        done = [hand.result() for hand in hands]
    assert all(done), "every hand got something done"
    sweep()
    assert broken(since) == {}
    assert list(differences()) == []


def write(timelines: list[Timeline], by: User, until: float, seed: int) -> int:
    chance, written = random.Random(seed), 0
    try:
        while time.monotonic() < until:
            now, kind = timezone.now(), chance.choice(SAID)
            data = {"reason": "asked_later", "until": None} if kind == Kind.PAUSED else {}
            deadlines.record(chance.choice(timelines), kind, at=now, now=now, by=by, data=data)
            written += 1
    finally:
        connections.close_all()
    return written


def acknowledge(timelines: list[Timeline], by: User, until: float) -> int:
    chance, tried = random.Random(7), 0
    try:
        while time.monotonic() < until:
            clock = chance.choice(timelines).deadlines.order_by("?").first()
            assert clock is not None
            with suppress(Refused):
                escalation.acknowledge(clock, by=by, now=timezone.now())
            tried += 1
    finally:
        connections.close_all()
    return tried


def sweep_on(until: float) -> int:
    swept = 0
    try:
        while time.monotonic() < until:
            sweep()
            swept += 1
    finally:
        connections.close_all()
    return swept
