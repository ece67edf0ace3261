"""The age of the last committed sweep: what watches the watcher (I11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

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


def latest() -> QuerySet[Heartbeat]:
    """The last sweeps, newest first."""
    return Heartbeat.objects.order_by("-at")[:KEPT]


def status(now: datetime, beats: Sequence[Heartbeat] | None = None) -> Status:
    """One query, or none when the `latest` beats are handed in. Never swept counts as stale."""
    beats = list(latest()) if beats is None else beats
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
