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
from django.db.models import Max

from notifications import outbox
from sla import deadlines
from sla.book import Tables
from sla.escalation import GRACE, Duty, Firing, fire, firing, lapse, next_look
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


def _handle(claimed: list[int], now: datetime, swept: Swept) -> None:
    try:
        with transaction.atomic():
            _handle_set(claimed, now, swept)
    except Exception as error:  # noqa: BLE001 - whatever one bad row raises must not hold up the others (F20)
        log.warning("a batch of %d failed (%s), going one by one", len(claimed), error)
        for timeline in claimed:
            try:
                with transaction.atomic():
                    _handle_set([timeline], now, swept)
            except Exception as error:
                log.exception("timeline %d set aside", timeline)
                _set_aside(timeline, error, now)
                swept.set_aside += 1


def _handle_set(claimed: list[int], now: datetime, swept: Swept) -> None:
    # Read only now: the claim waited for nobody, but its snapshot may be older than the lock.
    due = _due(claimed, now)
    turning = sorted({row.timeline_id for row in due if _needs_rebuild(row, now)})
    if turning:
        tables = Tables.current()
        for timeline in Timeline.objects.filter(pk__in=turning).select_related("site"):
            deadlines.rebuild(timeline, now=now, tables=tables)
        due = _due(claimed, now)
    kept = lapse(due, _last_acts(due), now)
    Deadline.objects.bulk_update(kept, ["acknowledged_until", "next_action_at"])
    duty = Duty(now)
    held = {row.pk for row in kept}
    firings = [f for row in due if row.pk not in held and (f := firing(row, now, duty))]
    if firings:
        fire(firings, now, duty)
    swept.due += len(due)
    swept.fired += len(firings)
    swept.latest = max([swept.latest, *(int(f.late.total_seconds()) for f in firings)])
    _rest(due, firings, kept, now)


def _rest(due: list[Deadline], firings: list[Firing], kept: list[Deadline], now: datetime) -> None:
    """A clock that was due but has nothing to say (its milestones moved) must not come up for ever."""
    spoken = {f.deadline.pk for f in firings} | {row.pk for row in kept}
    quiet = [row for row in due if row.pk not in spoken]
    for row in quiet:
        row.next_action_at = next_look(row, now)
    Deadline.objects.bulk_update(quiet, ["next_action_at", "acknowledged_by", "acknowledged_at", "acknowledged_until"])


def _due(claimed: list[int], now: datetime) -> list[Deadline]:
    rows = Deadline.objects.filter(timeline__in=claimed, next_action_at__lte=now - GRACE)
    return list(rows.select_related("commitment", "timeline__assignee", "timeline__owner").order_by("next_action_at"))


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


def _set_aside(timeline: int, error: Exception, now: datetime) -> None:
    """Keep a row that cannot be handled out of the way for a while, and say so to those who can help."""
    text = f"{type(error).__name__}: {error}"[:300]
    duty = Duty(now)
    rows = Deadline.objects.filter(timeline=timeline, next_action_at__lte=now - GRACE)
    for row in rows.select_related("timeline"):
        row.failures += 1
        row.failure = text
        row.next_action_at = now + timedelta(minutes=min(2 ** (row.failures - 1), 60))
        row.save(update_fields=["failures", "failure", "next_action_at"])
        EngineEvent.objects.create(at=now, kind=EngineEvent.EventKind.SET_ASIDE, deadline=row, detail=text)
        outbox.tell_batch(
            [
                outbox.Message(
                    persons=duty.watchers(),
                    kind="sla.set_aside",
                    dedupe_key=f"aside:{row.pk}:{row.failures}",
                    context={
                        "ticket": row.timeline.subject,
                        "promise": row.code,
                        "due_at": row.due_at.isoformat(),
                        "failure": text,
                    },
                    link=row.timeline.link,
                    urgent=True,
                )
            ],
            now,
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
