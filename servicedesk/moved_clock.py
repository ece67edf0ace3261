"""`./desk up --clock`: the demo as it will stand some days ahead, told on a copy of it (decision 0010).

The copy is made anew at each such start and has a database, files, mails and Redis keys of its own, so what happens
in that future never comes back into the demo's present. In it the database's own clock is ahead, too: functions of
the same names stand before PostgreSQL's, so no query of the desk knows of any of this.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta
from urllib.parse import urlsplit

import psycopg2

from servicedesk.embedded import RUN, ServerError

DATABASE = "desk_clock"
PLACE = RUN / "clock"
FURTHEST = 3650
"""Days; far enough to see every contract end."""
AHEAD = """
CREATE FUNCTION public.{name}() RETURNS timestamptz LANGUAGE sql {kind} PARALLEL SAFE
AS $$ SELECT pg_catalog.{name}() + interval '{hours} hours' $$
"""


class ClockError(ValueError):
    """The demo's clock cannot be moved there."""


def days_ahead(text: str, today: date) -> int:
    """`2027-08-01` or `+90d` as a number of days from `today`. Raises ClockError for the past and the far future."""
    try:
        day = today + timedelta(int(text[1:].removesuffix("d"))) if text[:1] == "+" else date.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ClockError(f"--clock {text}: give a day (2027-08-01) or a number of days (+90d)") from None
    days = (day - today).days
    if not 0 < days <= FURTHEST:
        raise ClockError(f"--clock {text}: the demo's clock can be moved by 1 to {FURTHEST} days ahead")
    return days


def stage(environment: dict[str, str], days: int) -> dict[str, str]:
    """Bring the demo up to date, copy it and return the environment of processes that live on the copy, ahead.

    `environment` has the embedded servers' URLs. Raises ServerError when the demo cannot be prepared or copied.
    """
    prepare = [sys.executable, "manage.py", "prepare"]
    done = subprocess.run(prepare, env={"DESK_ENV": "demo", **environment}, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise ServerError("the demo could not be prepared; see the lines above")
    shutil.rmtree(PLACE, ignore_errors=True)
    for name in ("media", "static", "stamps"):
        if (RUN / name).exists():
            shutil.copytree(RUN / name, PLACE / name)
    url = environment["DATABASE_URL"]
    source = urlsplit(url).path.removeprefix("/")
    try:
        copy_database(url, source, DATABASE, days)
    except psycopg2.Error as error:
        raise ServerError(f"the demo's database could not be copied: {error}") from error
    return {
        **environment,
        "DESK_ENV": "demo",
        "DEMO_CLOCK_DAYS": str(days),
        "DESK_RUN_DIR": str(PLACE),
        "DATABASE_URL": url.replace(f"/{source}?", f"/{DATABASE}?"),
        "REDIS_NAMESPACE": f"desk-clock-{days}",
    }


def copy_database(url: str, source: str, target: str, days: int) -> None:
    """Make `target` a copy of `source`, which `url` leads to, with a clock ahead. Nobody may be in `source`."""
    copying = f'CREATE DATABASE "{target}" TEMPLATE "{source}"'
    _execute(url.replace(f"/{source}?", "/postgres?"), f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)', copying)
    hours = timedelta(days=days) // timedelta(hours=1)
    _execute(
        url.replace(f"/{source}?", f"/{target}?"),
        AHEAD.format(name="clock_timestamp", kind="VOLATILE", hours=hours),
        AHEAD.format(name="now", kind="STABLE", hours=hours),
        f'ALTER DATABASE "{target}" SET search_path = public, pg_catalog',
    )


def _execute(url: str, *statements: str) -> None:
    # Not `with connect(…)`: that is a transaction, in which no database can be made.
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
