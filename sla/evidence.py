"""When something happened, as a device says that may have had no signal for hours (worked example 10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

AFTERWARDS = timedelta(minutes=2)
"""What is written down later than this after it happened is shown as written down afterwards."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A moment by the sender's clock, and whose. An empty one says: now, by our own clock.

    `clock_offset_ms`: how far the device's clock runs ahead of ours. The same `client_key` counts once. `is_granted`: a
    lead has looked at it and lets it count, whoever has the visit now (T101).
    """

    at: datetime | None = None
    device_id: str = ""
    clock_offset_ms: int = 0
    client_key: UUID | None = None
    is_granted: bool = False

    @property
    def is_told(self) -> bool:
        """Whether somebody says when it was: such a word may come late, and is kept then."""
        return self.at is not None

    def happened(self, now: datetime) -> datetime:
        """The moment by our clock."""
        return (self.at or now) - timedelta(milliseconds=self.clock_offset_ms)

    def is_late(self, now: datetime) -> bool:
        """Whether it was written down some time after it happened."""
        return now - self.happened(now) > AFTERWARDS

    def is_doubtful(self, now: datetime) -> bool:
        """Whether a lead has to confirm it: a clock too far off, or too long ago."""
        if self.is_granted:
            return False
        far_off = abs(timedelta(milliseconds=self.clock_offset_ms)) > settings.EVIDENCE_CLOCK_TOLERANCE
        return far_off or now - self.happened(now) > settings.EVIDENCE_MAX_AGE

    def as_fact(self, now: datetime) -> dict[str, Any]:
        """The arguments of `deadlines.record` that say when and by which device."""
        return {
            "at": self.at or now,
            "device_id": self.device_id,
            "clock_offset_ms": self.clock_offset_ms,
            "client_key": self.client_key,
        }


NOW = Evidence()
"""It happens now, by our own clock."""
