"""What the machine itself can do: the floor beside each figure, measured in the same run."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from servicedesk.bench.timing import Times, timed

CREATE = "CREATE TABLE IF NOT EXISTS bench_floor (id bigserial PRIMARY KEY, client int, at timestamptz, filler text)"
INSERT = "INSERT INTO bench_floor (client, at, filler) VALUES (%s, now(), repeat('x', 200))"
SET_INSERT = """
INSERT INTO bench_floor (client, at, filler) SELECT n, now(), repeat('x', 200) FROM generate_series(1, %s) n
"""


def inserts(clients: int, seconds: float) -> tuple[Times, float]:
    """One row and one commit at a time, as pgbench would: their times, and how many a second all clients made."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
    found: list[float] = []
    until = time.perf_counter() + seconds

    def one(number: int) -> None:
        with connection.cursor() as cursor:
            while time.perf_counter() < until:
                found.extend(timed(lambda: cursor.execute(INSERT, [number]), 1).ms)
        connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Times(found), len(found) / (time.perf_counter() - started)


def set_insert(rows: int) -> float:
    """Seconds of one statement that writes `rows` rows."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        return timed(lambda: cursor.execute(SET_INSERT, [rows]), 1).ms[0] / 1000


def statements(texts: Sequence[str], repeats: int) -> Times:
    """The bare statements of a page, one after the other on one connection, every row fetched."""

    def once() -> None:
        for text in texts:
            cursor.execute(text)
            if cursor.description:
                cursor.fetchall()

    with connection.cursor() as cursor:
        once()
        return timed(once, repeats)


def additions(repeats: int) -> Times:
    """One addition of a span to a moment, which any due time needs at least; a thousand at a time."""
    moment, span = datetime.fromisoformat("2026-11-22T09:30:00+00:00"), timedelta(minutes=61)

    def thousand() -> None:
        for _ in range(1000):
            moment + span

    return Times([ms / 1000 for ms in timed(thousand, repeats).ms])
