"""`manage.py bench`, by `./desk bench`: fill a scratch database, measure the desk in it, print one JSON."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from servicedesk.bench import choices, engine, filing, fill, machine, pages, scratch, web
from servicedesk.bench.report import Figure, markdown
from servicedesk.management.commands.prepare import Command as Prepare

MEMORY_MB = 150


class Command(BaseCommand):
    help = "Fill a scratch database and measure the desk in it; ./desk bench makes that database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tickets", type=int, default=1_000_000, help="tickets in the scratch database")
        parser.add_argument("--fresh", action="store_true", help="fill anew even if a database of this size is there")
        parser.add_argument("--fill-only", action="store_true", help="fill and measure nothing")
        parser.add_argument("--quick", action="store_true", help="measure little: only to see that it works")
        parser.add_argument("--templates", type=int, default=78, help="told tickets that the past is copied from")
        parser.add_argument("--copies", type=int, default=30, help="hospitals for each of the demo's")
        parser.add_argument("--parts", type=int, default=10_000, help="kinds of parts on the shelves of each depot")
        parser.add_argument("--markdown", type=Path, metavar="FILE", help="print the table of an earlier run's JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["markdown"]:
            self.stdout.write(markdown(json.loads(options["markdown"].read_text())))
            return
        name = str(connection.settings_dict["NAME"])
        if not name.startswith(scratch.PREFIX):
            raise CommandError(f"{name} is no scratch database; use ./desk bench")
        self.fill(name, options)
        if not options["fill_only"]:
            run = self.measure(options["tickets"], quick=options["quick"])
            self.stdout.write(json.dumps(run, ensure_ascii=False, indent=2))

    def fill(self, name: str, options: dict[str, Any]) -> None:
        """The past, unless it is there; the tickets of now in any case."""
        current = max(int(options["tickets"] * fill.OPEN_SHARE), 60)
        past = options["tickets"] - current
        with connection.cursor() as cursor:
            filled = scratch.is_filled(cursor, name)
        if not filled:
            self.step("migrating", call_command, "migrate", verbosity=0, interactive=False)
            sizes = (options["templates"], options["copies"], options["parts"])
            self.step("the past", fill.past, past, *sizes, timezone.now())
            with connection.cursor() as cursor:
                scratch.mark_filled(cursor, name)
        self.step("the present", fill.renew_current, current, past, options["templates"], timezone.now())

    def measure(self, tickets: int, *, quick: bool) -> dict[str, Any]:
        """Everything, the engine first: its clocks will not wait."""
        logging.disable(logging.INFO)
        if settings.DEMO:  # tests serve the files as they are
            Prepare().collect_static()
        effort = pages.Effort(8, 0.2, 2) if quick else pages.Effort(200, 10, 10)
        figures: list[Figure] = self.step("the engine", engine.measure, 10 if quick else 300, 1 if quick else 3)
        figures += self.step("the choices", choices.measure, effort.requests, timezone.now())
        with web.serving() as server:
            figures += self.step("the pages", pages.measure, server, effort)
            figures += self.step("the API", filing.measure, server, effort, timezone.now())
            figures.append(Figure("web process: memory", "MB", max(server.memory()), goal=MEMORY_MB))
            figures.append(Figure("web process: memory, of what is shared its share", "MB", max(server.share())))
        return {
            "date": timezone.now().isoformat(timespec="seconds"),
            "machine": machine.about(),
            "tickets": tickets,
            "database_gb": machine.database_gb(),
            "figures": [figure.as_json() for figure in figures],
        }

    def step(self, what: str, do: Any, *arguments: Any, **more: Any) -> Any:
        """Do it and say how long it took."""
        started = time.monotonic()
        done = do(*arguments, **more)
        self.stderr.write(f"bench: {what} in {time.monotonic() - started:.1f} s", style_func=str)
        return done
