"""Numbers of matters, such as SR-2026-000123: never used twice, never waited for."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction

SEQUENCES_LOCK = 5_240_010
"""Advisory lock under which a year's sequence is made (CREATE … IF NOT EXISTS alone can still collide)."""


def next_number(prefix: str, series: str, now: datetime, timezone: str = "Asia/Shanghai") -> str:
    """`prefix`, the year that `now` falls in at `timezone`, and the next free figure of that year's `series`.

    From a PostgreSQL sequence (`series` is our own word, never input): a rolled-back row leaves a gap, parallel ones
    never share a number (T106).
    """
    year = now.astimezone(ZoneInfo(timezone)).year
    sequence = f"{series}_{year}"
    value = _next(sequence)
    if value is None:
        # The year's first one.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCES_LOCK])
            cursor.execute(f"CREATE SEQUENCE IF NOT EXISTS {sequence}")
        value = _next(sequence)
    return f"{prefix}-{year}-{value:06d}"


def _next(sequence: str) -> int | None:
    """The sequence's next value; None while there is no such sequence."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(to_regclass(%s))", [sequence])
        value: int | None = cursor.fetchone()[0]
    return value
