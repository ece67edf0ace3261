"""The age of the last committed sweep: what watches the watcher (I11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sla.models import Heartbeat

STALE_AFTER = timedelta(seconds=60)
KEPT = 21


@dataclass(frozen=True)
class Status:
    """The engine as seen at one moment. `recent` holds the last sweeps' durations in ms, oldest first."""

    at: datetime | None
    age_seconds: int | None
    stale: bool
    swept: int
    clocks: int
    took_ms: int
    recent: tuple[int, ...]


def status(now: datetime) -> Status:
    """One query. Never swept counts as stale."""
    beats = list(Heartbeat.objects.order_by("-at")[:KEPT])
    if not beats:
        return Status(None, None, True, 0, 0, 0, ())
    last = beats[0]
    age = now - last.at
    return Status(
        at=last.at,
        age_seconds=max(int(age.total_seconds()), 0),
        stale=age > STALE_AFTER,
        swept=last.due,
        clocks=last.running,
        took_ms=last.took_ms,
        recent=tuple(beat.took_ms for beat in reversed(beats)),
    )
