"""`manage.py faults`, by `./desk faults`: break a desk of its own in every planned way, and ask what it promised."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from people.models import Site
from servicedesk import embedded, up
from servicedesk.faults.drill import Drill, Fault, run
from servicedesk.faults.gates import wait_for
from servicedesk.faults.load import Load
from servicedesk.faults.outages import OUTAGES
from servicedesk.faults.parts import Desk
from servicedesk.faults.sweeps import SWEEPS
from sla.models import Heartbeat
from tickets.models import FaultTile

PAST_TICKETS = 24
START_SECONDS = 300.0
MINUTES = 15


def nothing(drill: Drill) -> None:
    """No fault: the desk as it is."""
    drill.until_swept()


def everything_sent(drill: Drill) -> None:
    """The end: whatever a killed sender held has gone out by another hand."""
    wait_for(lambda: not drill.under_way(), START_SECONDS)


BEFORE = Fault("START", "no fault yet", nothing)
AFTER = Fault("END", "after all of them, with every letter delivered", everything_sent)


class Command(BaseCommand):
    help = "Hit a desk of its own with the faults of the fault plan; exit 1 when an invariant is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        known = sorted({fault.key[:3] for fault in (*OUTAGES, *SWEEPS)})
        parser.add_argument("--only", nargs="+", choices=known, metavar="FAULT", help=f"of {', '.join(known)}")

        parser.add_argument("--minutes", type=float, default=MINUTES, help="no fault begins later; default %(default)s")

    def handle(self, *args: Any, only: list[str] | None, minutes: float, **options: Any) -> None:
        # It kills servers and empties the database: never where somebody else's data could be.
        if not settings.DEMO or os.environ.get("DATABASE_URL") != embedded.Postgres().url():
            raise CommandError("run this as ./desk faults: it needs servers of its own")
        chosen = sorted((*OUTAGES, *SWEEPS), key=lambda fault: fault.key)
        if only:
            chosen = [fault for fault in chosen if fault.key[:3] in only]
        # However it is told to end, its desk ends with it.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        started = time.monotonic()
        with embedded.locked(settings.RUN_DIR / "drill.lock", fcntl.LOCK_EX | fcntl.LOCK_NB), self.desk() as drill:
            assert drill.load is not None
            with drill.load.running():
                outcomes = run(drill, [BEFORE, *chosen], started + minutes * 60)
            outcomes += run(drill, [AFTER])
        evidence = drill.evidence
        self.stdout.write(
            f"{time.monotonic() - started:.0f} s; {len(evidence.acknowledged)} filings acknowledged,"
            f" {len(evidence.unanswered)} without an answer; {len(drill.receipts())} letters arrived"
        )
        if drill.load.refused or not drill.load.number:
            raise CommandError(f"{drill.load.refused} filings were refused: nobody was at work during the faults")
        if hit := [outcome.fault.key for outcome in outcomes if not outcome.is_kept]:
            raise CommandError(f"not kept: {', '.join(hit)} (see {drill.desk.log})")
        self.stdout.write(f"{len(outcomes) - 2} faults, every invariant kept")

    @contextmanager
    def desk(self) -> Iterator[Drill]:
        """A fresh desk at work, ended with the body."""
        self.prepare()
        port = up.any_free_port()
        desk = Desk({**os.environ, "PORT": str(port)}, settings.RUN_DIR)
        desk.start()
        try:
            drill = Drill(desk, self.stdout.write)
            drill.load = self.load(drill, f"http://localhost:{port}")
            desk.until(lambda: up.answers(f"http://localhost:{port}/healthz"), START_SECONDS)
            desk.until(Heartbeat.objects.exists, START_SECONDS)
            yield drill
        finally:
            desk.stop()

    def prepare(self) -> None:
        """An empty database with the demo in it, an empty letter box."""
        self.stderr.write("desk: preparing a desk of its own")
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        for letter in settings.MAIL_CATCHER_DIR.glob("*"):
            letter.unlink()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("demo", tickets=PAST_TICKETS, stdout=self.stderr)

    def load(self, drill: Drill, url: str) -> Load:
        """A nurse and an operator of the demo at their browsers."""
        nurse, operator = drill.person("zhoumin"), drill.person("chensiyuan")
        site = Site.objects.filter(hospital=nurse.hospital).first()
        fault = {
            "device": "unknown",
            "site": site.pk if site else "",
            "tile": FaultTile.objects.get(code="no_picture").pk,
            "severity": "now",
            "contact_name": nurse.name,
        }
        return Load(url, nurse=nurse, operator=operator, fault=fault, evidence=drill.evidence)
