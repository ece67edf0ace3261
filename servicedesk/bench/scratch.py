"""The scratch database that is measured: made, found again, or made anew when the desk's tables have changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

ROOT = Path(__file__).resolve().parent.parent.parent
FILLERS = ("fieldwork", "fill", "stories", "templates", "tickets", "world")
PREFIX = "bench_"
"""Only a database of such a name is ever filled or measured."""


def url_of(base: str, name: str) -> str:
    """The URL of the database `name` on the server of `base`."""
    return urlunsplit(urlsplit(base)._replace(path=f"/{name}"))


def edition() -> str:
    """A digest of all migrations and of the filler: what decides how a filled database looks."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    sources = [*ROOT.glob("*/migrations/[0-9]*.py"), *here.glob("*.toml"), *(here / f"{name}.py" for name in FILLERS)]
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def make(base: str, name: str, *, fresh: bool) -> None:
    """Make an empty database `name` on the server of `base`, unless a filled one of this edition is there."""
    with _server(base) as cursor:
        if not fresh and _comment(cursor, name) == edition():
            return
        identifier = sql.Identifier(name)
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(identifier))


def is_filled(cursor: Any, name: str) -> bool:
    """Whether the database was filled to the end; one whose filling was cut off has no comment."""
    return _comment(cursor, name) is not None


def mark_filled(cursor: Any, name: str) -> None:
    """Say in the database's own comment which edition it is."""
    cursor.execute(f'COMMENT ON DATABASE "{name}" IS %s', [edition()])


def _comment(cursor: Any, name: str) -> str | None:
    cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
    row = cursor.fetchone()
    return row[0] if row else None


@contextmanager
def _server(base: str) -> Iterator[Any]:
    connection = psycopg2.connect(url_of(base, "postgres"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
