"""The sweep: the only reader of `Deadline.next_action_at`, and the only one that pages.

It claims due timelines with `skip_locked`, so any number of sweepers may run at once and a crashed one
leaves nothing behind: facts, pages, messages and the next action are written in one transaction, by the
database's clock. What a lost tick missed, the next one finds (house rules 9, 10).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Q

from notifications import outbox
from sla import deadlines
from sla.escalation import GRACE, Duty, fire, firing, lapse, next_look, save_progress
from sla.models import Deadline, EngineEvent, Fact, Heartbeat, Timeline

log = logging.getLogger(__name__)

BATCH = 500
CLAIM = """
SELECT timeline.id
FROM sla_deadline deadline JOIN sla_timeline timeline ON timeline.id = deadline.timeline_id
WHERE deadline.next_action_at <= %s
ORDER BY deadline.next_action_at
LIMIT %s
FOR UPDATE OF timeline SKIP LOCKED
"""
COUNT_EVERY = timedelta(seconds=60)


@dataclass
class Swept:
    """What one sweep did: clocks looked at, pages sent, rows set aside, and the latest milestone's delay (s)."""

    due: int = 0
    fired: int = 0
    set_aside: int = 0
    latest: int = 0


def sweep(*, batch: int = BATCH) -> Swept:
    """Handle everything that is due, in batches, each its own transaction; then leave a heartbeat."""
    started = time.monotonic()
    swept = Swept()
    while True:
        with transaction.atomic():
            now = database_now()
            claimed = _claim(now, batch)
            if claimed:
                _handle(sorted(set(claimed)), now, swept)
        if len(claimed) < batch:
            break
    _beat(swept, int((time.monotonic() - started) * 1000))
    return swept


def database_now() -> datetime:
    """The one clock that all sweepers share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _claim(now: datetime, batch: int) -> list[int]:
    """Lock the timelines of up to `batch` due clocks; those that another session holds are left to it."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [now - GRACE, batch])
        return [row[0] for row in cursor.fetchall()]


def _handle(timelines: list[int], now: datetime, swept: Swept) -> None:
    """Handle claimed timelines as one set. If anything in it raises, halve it until the bad one stands alone."""
    error = _attempt(Q(timeline__in=timelines), now, swept)
    if error is None:
        return
    log.warning("%d timelines could not be handled together (%s)", len(timelines), error)
    if len(timelines) == 1:
        _handle_each(timelines[0], now, swept)
        return
    middle = len(timelines) // 2
    _handle(timelines[:middle], now, swept)
    _handle(timelines[middle:], now, swept)


def _handle_each(timeline: int, now: datetime, swept: Swept) -> None:
    """The clocks of one timeline one by one: a broken one must not silence its neighbours."""
    for row in _due(Q(timeline=timeline), now):
        error = _attempt(Q(pk=row.pk), now, swept)
        if error is not None:
            log.error("deadline %d set aside", row.pk, exc_info=error)
            _set_aside(row, error, now)
            swept.set_aside += 1


def _attempt(chosen: Q, now: datetime, swept: Swept) -> Exception | None:
    """Handle a set wholly or not at all; what it raised, if anything (F20: it must not hold up the others)."""
    try:
        with transaction.atomic():
            _handle_set(chosen, now, swept)
    except Exception as error:  # noqa: BLE001
        return error
    return None


def _handle_set(chosen: Q, now: datetime, swept: Swept) -> None:
    # Read only now: the claim waited for nobody, but its snapshot may be older than the lock.
    due = _due(chosen, now)
    turning = sorted({row.timeline_id for row in due if _needs_rebuild(row, now)})
    if turning:
        timelines = Timeline.objects.filter(pk__in=turning).select_related("site")
        deadlines.rebuild_all(list(timelines), now=now)
        due = _due(chosen, now)
    kept = lapse(due, _last_acts(due), now)
    duty = Duty(now)
    held = {row.pk for row in kept}
    firings = [f for row in due if row.pk not in held and (f := firing(row, now, duty))]
    if firings:
        fire(firings, now, duty)
    _rest(due, {f.deadline.pk for f in firings} | held, now)
    save_progress(due)
    swept.due += len(due)
    swept.fired += len(firings)
    swept.latest = max([swept.latest, *(int(f.late.total_seconds()) for f in firings)])


def _rest(due: list[Deadline], spoken: set[int], now: datetime) -> None:
    """A clock that was due but has nothing to say (its milestones moved) must not come up for ever."""
    for row in due:
        if row.pk not in spoken:
            row.next_action_at = next_look(row, now)


def _due(chosen: Q, now: datetime) -> list[Deadline]:
    rows = Deadline.objects.filter(chosen, next_action_at__lte=now - GRACE)
    # A few rules and people stand on thousands of clocks: read once each, not once a clock.
    few = ("commitment", "timeline__assignee", "timeline__owner")
    return list(rows.select_related("timeline").prefetch_related(*few).order_by("next_action_at"))


def _needs_rebuild(row: Deadline, now: datetime) -> bool:
    """The end of a pause, or a clock that ran out and starts another: a matter for the replay."""
    return row.state == Deadline.State.PAUSED or (bool(row.commitment.expiry_fact) and row.due_at < now)


def _last_acts(due: list[Deadline]) -> dict[int, datetime]:
    """When a person last did something on the timelines whose acknowledgement is due."""
    timelines = [row.timeline_id for row in due if row.acknowledged_until is not None]
    if not timelines:
        return {}
    acts = Fact.objects.filter(timeline__in=timelines, by__isnull=False)
    return dict(acts.values_list("timeline").annotate(Max("recorded_at")))


def _set_aside(row: Deadline, error: Exception, now: datetime) -> None:
    """Keep a row that cannot be handled out of the way for a while, and say so to those who can help."""
    text = f"{type(error).__name__}: {error}"[:300]
    row.failures += 1
    row.failure = text
    row.next_action_at = now + timedelta(minutes=min(2 ** (row.failures - 1), 60))
    row.save(update_fields=["failures", "failure", "next_action_at"])
    EngineEvent.objects.create(at=now, kind=EngineEvent.EventKind.SET_ASIDE, deadline=row, detail=text)
    outbox.tell_many(
        Duty(now).watchers(),
        "sla.set_aside",
        context={
            "ticket": row.timeline.subject,
            "promise": row.code,
            "due_at": row.due_at.isoformat(),
            "failure": text,
        },
        link=row.timeline.link,
        dedupe_key=f"aside:{row.pk}:{row.failures}",
        urgent=True,
        now=now,
    )


def _beat(swept: Swept, took_ms: int) -> None:
    """Leave the heartbeat, after everything is committed: its age is what watchers look at (I11)."""
    with transaction.atomic():
        now = database_now()
        counted = Heartbeat.objects.filter(counted=True).order_by("-at").first()
        if counted is not None and now - counted.at < COUNT_EVERY and not swept.due:
            running, fresh = counted.running, False
        else:
            running, fresh = Deadline.objects.filter(state__in=deadlines.OPEN_STATES).count(), True
        Heartbeat.objects.create(
            at=now,
            took_ms=took_ms,
            due=swept.due,
            fired=swept.fired,
            running=running,
            counted=fresh,
            oldest_late_seconds=swept.latest,
        )
