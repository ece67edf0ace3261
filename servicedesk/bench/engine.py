"""The engine: an idle sweep, ten thousand clocks due at once, and one addition of working hours."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

from django.db import connection

from notifications.models import Delivery, Notification
from servicedesk.bench import floor
from servicedesk.bench.report import Figure, of_times
from servicedesk.bench.timing import Times, timed
from sla import calendars, derived
from sla.models import CalendarVersion, Deadline, Page
from sla.sweep import database_now, sweep

DUE = 10_000
AGO = timedelta(seconds=5)


class Unexpected(RuntimeError):
    """What was measured is not what was to be measured."""


def measure(idle: int, rounds: int) -> list[Figure]:
    """`idle` sweeps with nothing due, then `rounds` with everything up to `DUE` clocks due; then the hours."""
    return [idle_sweeps(idle), *full_sweeps(rounds), additions(idle * 10)]


def idle_sweeps(repeats: int) -> Figure:
    """Sweeps that find nothing; each still leaves its heartbeat, so one committed insert is its floor."""
    for _ in range(5):
        if sweep().due:
            raise Unexpected("a clock was due before its time")
    times = timed(sweep, repeats)
    insert, _ = floor.inserts(1, 2)
    return of_times("sweep, nothing due", times, goal=10, floor=insert.p95, floor_of="one committed insert, p95")


def full_sweeps(rounds: int) -> list[Figure]:
    """Sweeps with many clocks at a milestone, with all that follows: pages, inbox and outbox rows."""
    seconds, due = [], 0
    for _ in range(rounds):
        due = make_due(DUE)
        before = _written()
        started = time.perf_counter()
        fired = sweep().fired
        seconds.append(time.perf_counter() - started)
        pages, told, sent = (now - then for now, then in zip(_written(), before, strict=True))
        if not due <= fired == pages or not told or not sent:
            raise Unexpected(f"{due} clocks were due: {pages} pages, {told} messages, {sent} mails")
    times = Times(seconds)
    bare = floor.set_insert(3 * due)
    figure = Figure(
        f"sweep, {due:,} due",
        "s",
        times.percentile(100),
        p50=times.p50,
        p95=times.p95,
        goal=10,
        floor=bare,
        floor_of=f"one insert of {3 * due:,} rows",
    )
    return [figure, Figure("pages a second in it", "pages/s", due / figure.value)]


def make_due(most: int) -> int:
    """Move the milestones of up to `most` running clocks so that the next one was reached just now."""
    reached = database_now() - AGO
    rows = Deadline.objects.filter(state=Deadline.State.RUNNING, next_action_at__isnull=False).order_by("?")
    moved: list[Deadline] = []
    for row in rows.iterator():
        ahead = derived.next_milestone(row)
        if ahead is None or ahead != row.next_action_at or len(moved) == most:
            continue
        early = ahead - reached
        for milestone in row.milestones:
            milestone["at"] = (datetime.fromisoformat(milestone["at"]) - early).astimezone(UTC).isoformat()
        row.next_action_at = reached
        moved.append(row)
    Deadline.objects.bulk_update(moved, ["milestones", "next_action_at"], batch_size=500)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE sla_deadline")
    return len(moved)


def _written() -> tuple[int, int, int]:
    """Pages, messages and mails so far."""
    pages = Page.objects.filter(state=Page.State.SENT).count()
    return pages, Notification.objects.count(), Delivery.objects.count()


def additions(repeats: int) -> Figure:
    """Working hours of the Chinese calendar added to a moment, in microseconds; a thousand at a time."""
    version = CalendarVersion.objects.filter(calendar__code="cn").latest("number")
    hours = calendars.hours_of(version)
    chance = random.Random(3)  # noqa: S311 - moments to add to
    begins = datetime(2025, 1, 1, tzinfo=UTC)
    starts = [begins + timedelta(minutes=chance.randrange(500_000)) for _ in range(1000)]
    target = timedelta(hours=13, minutes=20)

    def thousand() -> None:
        for start in starts:
            hours.add(start, target)

    times = timed(thousand, repeats)  # ms of a thousand are µs of one
    bare = floor.additions(repeats)
    return Figure(
        "hours.add",
        "µs",
        times.p95,
        p50=times.p50,
        p95=times.p95,
        floor=bare.p95 * 1000,
        floor_of="datetime + timedelta, p95",
    )
