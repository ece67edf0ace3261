"""Ticket numbers: SR-2026-000123. Never used twice, never waited for."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction

SEQUENCES_LOCK = 5_240_010
"""Advisory lock under which a year's sequence is made (CREATE … IF NOT EXISTS alone can still collide)."""


class NumberInPath:
    """Django's path converter: what does not look like a number leads nowhere."""

    regex = "SR-[0-9]{4}-[0-9]{6,9}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def next_number(now: datetime, timezone: str = "Asia/Shanghai") -> str:
    """The next free number of the year that `now` falls in at `timezone`.

    From a PostgreSQL sequence: a rolled-back ticket leaves a gap, parallel ones never share a number (T106).
    """
    year = now.astimezone(ZoneInfo(timezone)).year
    sequence = f"tickets_number_{year}"
    value = _next(sequence)
    if value is None:
        # The year's first ticket.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCES_LOCK])
            cursor.execute(f"CREATE SEQUENCE IF NOT EXISTS {sequence}")
        value = _next(sequence)
    return f"SR-{year}-{value:06d}"


def _next(sequence: str) -> int | None:
    """The sequence's next value; None while there is no such sequence."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(to_regclass(%s))", [sequence])
        value: int | None = cursor.fetchone()[0]
    return value
