"""Stop a process at an exact point: a trigger in the database that waits for a lock, which the caller holds.

None of our code is patched for it. Only for databases that nobody else uses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import Error, connection

GATE = 73_001
PATIENCE = 180.0


class Gate:
    """Closed while the caller's session holds its lock; whoever writes to the table has to wait."""

    def halted(self) -> int:
        """How many sessions wait at it."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
                " WHERE datname = current_database() AND locktype = 'advisory' AND objid = %s AND NOT granted",
                [GATE],
            )
            return int(cursor.fetchone()[0])

    def open(self) -> None:
        """Let everybody through from now on."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")


@contextmanager
def gate_before(table: str, act: str = "INSERT") -> Iterator[Gate]:
    """Every INSERT (or UPDATE) of `table` by another session stops before its first row until the gate opens."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        cursor.execute(f"""
            CREATE OR REPLACE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NULL; END'""")
        cursor.execute(f"""
            CREATE TRIGGER gate BEFORE {act} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION wait_at_gate()""")
    gate = Gate()
    try:
        yield gate
    finally:
        try:
            gate.open()
        except Error:
            # The server was killed meanwhile, and the lock with it; the trigger is still there.
            connection.close()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER gate ON {table}")
            cursor.execute("DROP FUNCTION wait_at_gate()")


def wait_for(what: Callable[[], object], patience: float = PATIENCE) -> None:
    """Look again and again until it is so; AssertionError when patience (s) runs out."""
    deadline = time.monotonic() + patience
    while not what():
        if time.monotonic() > deadline:
            name = getattr(what, "__qualname__", what)
            raise AssertionError(f"{name} did not come true within {patience:.0f} s")
        time.sleep(0.05)
