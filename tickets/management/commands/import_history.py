"""`manage.py import_history`: replay another desk's event log through the facts and rules of this one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tickets.history import importing
from tickets.history.ground import Chosen
from tickets.history.importing import Summary
from tickets.history.map import MapError, load
from tickets.history.reading import Bad, Unreadable

SOME_LEFT_OUT = 3


class Command(BaseCommand):
    help = (
        "Replay an event log of another desk (CSV, gzip too), one row per change. Bad rows are reported with their "
        "line, the rest goes on; the same log again changes nothing. Nobody is told of imported history. "
        "Exit code: 0 all taken, 3 some rows left out, 1 nothing done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the log")
        parser.add_argument("--map", type=Path, required=True, help="what its words mean: TOML, see docs/import.md")
        parser.add_argument("--dry-run", action="store_true", help="read and compare, write nothing")
        parser.add_argument("--hospital", default="", help="file under this hospital of the desk, not the map's")
        parser.add_argument("--site", default="", help="at this site of it (default: its first)")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen, dry_run = Chosen(options["hospital"], options["site"]), options["dry_run"]
        try:
            log = load(options["map"])
            summary = importing.run(
                options["file"], log, chosen, dry_run=dry_run, now=timezone.now(), report=self.report
            )
        except (MapError, OSError, Unreadable) as error:
            raise CommandError(str(error)) from error
        self.tell(summary, dry_run)
        if summary.bad:
            raise CommandError(f"{summary.bad.total()} left out, see above", returncode=SOME_LEFT_OUT)

    def report(self, bad: Bad) -> None:
        self.stderr.write(str(bad), style_func=str)

    def tell(self, summary: Summary, dry_run: bool) -> None:
        outcomes = ", ".join(f"{summary.outcomes[name]} {name}" for name in ("imported", "extended", "unchanged"))
        self.stdout.write(f"rows read: {summary.rows}")
        self.stdout.write(f"incidents: {summary.incidents} ({outcomes}, {summary.outcomes['left alone']} left alone)")
        self.stdout.write(f"changed:   {summary.changed} incidents, {summary.facts} facts" + " (dry run)" * dry_run)
        self.stdout.write(f"bad:       {summary.bad.total()}")
        for reason, count in sorted(summary.bad.items()):
            self.stdout.write(f"  {count:>7} {reason}")
