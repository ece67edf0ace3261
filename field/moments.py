"""Pure: when something happened that a phone tells of, and how far its clock can be trusted (N7, T102)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

MOVED = timedelta(minutes=2)
"""The way of a message and the drift of a clock stay within this; a larger step was made by hand."""
WIDEST_MS = 2**31 - 1
"""As many milliseconds as a record of an offset holds, some 24 days."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the device's clock said, less `offset_ms`, is when it happened by ours. `is_ours`: our clock's word."""

    at: datetime
    offset_ms: int
    is_ours: bool = False
    was_moved: bool = False

    @property
    def is_strange(self) -> bool:
        """Whether the phone's clock was wrong in a way that no offset explains."""
        return self.is_ours or self.was_moved


def judge(at: datetime, offset_ms: int, sent_at: datetime, *, earliest: datetime, now: datetime) -> Moment:
    """When an act happened whose phone said `at` then and says `sent_at` now.

    `offset_ms` is what the phone had measured when it happened. Where that differs from what we measure now, somebody
    moved its clock: the larger of both counts, so that a lead looks at it. What then lies in the future, or before
    `earliest`, cannot be: our own time is written down.
    """
    told, measured = timedelta(milliseconds=offset_ms), sent_at - now
    was_moved = abs(measured - told) > MOVED
    offset = max(told, measured, key=abs) if was_moved else told
    happened = at - offset
    if now < happened <= now + MOVED:
        happened = now
    milliseconds = round(offset / timedelta(milliseconds=1))
    if abs(milliseconds) > WIDEST_MS or not earliest <= happened <= now:
        return Moment(now, 0, is_ours=True, was_moved=was_moved)
    return Moment(happened + timedelta(milliseconds=milliseconds), milliseconds, was_moved=was_moved)
