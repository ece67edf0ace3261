"""Fill a scratch database: COPY from two processes into tables without indexes, which are built afterwards."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from io import StringIO
from typing import Any

from django.db import connection, connections

from servicedesk.bench import fieldwork, stories, world
from servicedesk.bench.templates import MODELS, PER_TICKET, columns
from servicedesk.bench.tickets import Day, Past, current, days
from tickets.numbers import next_number

PROCESSES = 2
CHUNK_BYTES = 8_000_000
OPEN_SHARE = 0.03
PAST_TO_CURRENT = 15
"""So many told tickets of the past come on one of each kind that is not over."""
COLUMNS = {model._meta.db_table: columns(model) for model in MODELS}
TABLES = tuple(COLUMNS)
FAST = "SET synchronous_commit = off; SET session_replication_role = replica; SET maintenance_work_mem = '512MB'"
"""For filling only: no wait for the disk, and no check of keys that are right by construction."""


def past(count: int, templates: int, copies: int, parts: int, now: datetime) -> None:
    """The world with `parts` parts in every depot and `count` tickets that are over, in an empty, migrated database."""
    world.make(copies)
    fieldwork.shelves(parts, now)
    told = stories.past(now, templates)
    plan = days(count, now)
    with _without_indexes():
        connections.close_all()
        fork = multiprocessing.get_context("fork")
        children = [fork.Process(target=_share, args=(told, plan, n, now)) for n in range(PROCESSES)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        if any(child.exitcode for child in children):
            raise RuntimeError("the tickets could not be written; see the lines above")
    _side_by_side(f"VACUUM ANALYZE {table}" for table in TABLES)
    _set_sequences()


def _share(templates: list[Any], plan: list[Day], share: int, now: datetime) -> None:
    """Every `PROCESSES`-th day, in a process and a connection of its own."""
    made = Past(templates, share, now)
    lines = (line for day in plan[share::PROCESSES] for line in made.of(day))
    copy(lines)


def copy(lines: Iterable[tuple[str, str]]) -> None:
    """Write (table, lines) pairs by COPY, some megabytes at a time."""
    waiting: dict[str, list[str]] = {table: [] for table in TABLES}
    held = 0
    with connection.cursor() as cursor:
        cursor.execute(FAST)
        for table, text in lines:
            waiting[table].append(text)
            held += len(text)
            if held > CHUNK_BYTES:
                _flush(cursor, waiting)
                held = 0
        _flush(cursor, waiting)
        cursor.execute("RESET ALL")


def _flush(cursor: Any, waiting: dict[str, list[str]]) -> None:
    for table, texts in waiting.items():
        names = ", ".join(COLUMNS[table])
        cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", StringIO("".join(texts)))
        texts.clear()


# The tickets that are not over


def renew_current(count: int, past_count: int, templates: int, now: datetime) -> None:
    """Put `count` tickets that are not over at `now` in the place of those of an earlier run."""
    told = stories.current(now, max(templates // PAST_TO_CURRENT, 1))
    fieldwork.forget()
    _forget_after(past_count)
    first = past_count + 1
    _set_sequences()
    number = int(next_number(now).split("-")[-1])
    copy(current(told, count, first, number, now))
    _set_sequences()
    fieldwork.week(now)
    _side_by_side(f"VACUUM ANALYZE {table}" for table in (*TABLES, "notifications_delivery"))


def _forget_after(ticket: int) -> None:
    """Remove what was written after the past: earlier current tickets, and what the measuring itself made."""
    with connection.cursor() as cursor:
        cursor.execute(FAST)
        cursor.execute("TRUNCATE notifications_attempt, notifications_delivery, sla_heartbeat, sla_engineevent")
        # Not among the filled tables: only filing writes verdicts, and the next run takes the tickets' keys again.
        cursor.execute("DELETE FROM tickets_ticketverdict WHERE ticket_id > %s", [ticket])
        for table in reversed(TABLES):
            last = ticket if table in TABLES[:2] else ticket * PER_TICKET + PER_TICKET - 1
            cursor.execute(f"DELETE FROM {table} WHERE id > %s", [last])  # noqa: S608 - our own table names
        cursor.execute("RESET ALL")


def _set_sequences() -> None:
    """Let the desk go on after the ids and numbers that are there."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1)) FROM {table}")  # noqa: S608
        cursor.execute("SELECT substr(number, 4, 4), max(substr(number, 9)::int) FROM tickets_ticket GROUP BY 1")
        for year, last in cursor.fetchall():
            cursor.execute(f"CREATE SEQUENCE IF NOT EXISTS tickets_number_{int(year)}")
            cursor.execute(f"SELECT setval('tickets_number_{int(year)}', %s)", [last])


# Indexes

INDEXES = """
SELECT relation.relname, definition, removal FROM (
    SELECT indrelid AS table, pg_get_indexdef(indexrelid) AS definition,
           format('DROP INDEX %%s', indexrelid::regclass) AS removal
    FROM pg_index
    WHERE NOT indisprimary AND indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE contype = 'u')
    UNION ALL
    SELECT conrelid, format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
                            pg_get_constraintdef(oid)),
           format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
    FROM pg_constraint WHERE contype = 'u'
) AS found JOIN pg_class relation ON relation.oid = found.table
WHERE relation.relname = ANY(%s) ORDER BY relation.reltuples DESC
"""


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Take all indexes off but those of primary keys, which foreign keys stand on; build them again at the end."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [list(TABLES)])
        found = cursor.fetchall()
        for _table, _definition, removal in found:
            cursor.execute(removal)
    yield
    order = {table: n for n, table in enumerate(("sla_deadline", "tickets_ticket", "sla_fact", "tickets_ticketevent"))}
    found.sort(key=lambda row: order.get(row[0], len(order)))
    _side_by_side(definition for _table, definition, _removal in found)


def _side_by_side(statements: Iterable[str]) -> None:
    """Run statements in `PROCESSES` connections."""

    def run(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(FAST)
            cursor.execute(statement)
        connection.close()

    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(run, statements))
