"""Ticket numbers: SR-2026-000123."""

from __future__ import annotations

from datetime import datetime

from common import numbers


class NumberInPath:
    """Django's path converter: what does not look like a number leads nowhere."""

    regex = "SR-[0-9]{4}-[0-9]{6,9}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def next_number(now: datetime, timezone: str = "Asia/Shanghai") -> str:
    """The next free number of the year that `now` falls in at `timezone` (see `common.numbers`)."""
    return numbers.next_number("SR", "tickets_number", now, timezone)
