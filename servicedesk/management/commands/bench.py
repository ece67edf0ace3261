"""`manage.py bench`: fill the scratch database that it is pointed at, measure the desk in it, print one JSON."""

from __future__ import annotations

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from servicedesk.bench import fill, scratch


class Command(BaseCommand):
    help = "Fill a scratch database and measure the desk in it; ./desk bench makes that database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tickets", type=int, default=1_000_000, help="tickets in the scratch database")
        parser.add_argument("--fresh", action="store_true", help="fill anew even if a database of this size is there")
        parser.add_argument("--fill-only", action="store_true", help="fill and measure nothing")
        parser.add_argument("--templates", type=int, default=78, help="told tickets that the past is copied from")
        parser.add_argument("--copies", type=int, default=30, help="hospitals for each of the demo's")

    def handle(self, *args: Any, **options: Any) -> None:
        name = str(connection.settings_dict["NAME"])
        if not name.startswith(scratch.PREFIX):
            raise CommandError(f"{name} is no scratch database; use ./desk bench")
        self.fill(name, options)

    def fill(self, name: str, options: dict[str, Any]) -> None:
        current = max(int(options["tickets"] * fill.OPEN_SHARE), 60)
        past = options["tickets"] - current
        with connection.cursor() as cursor:
            filled = scratch.is_filled(cursor, name)
        if not filled:
            self.step("migrating", call_command, "migrate", verbosity=0, interactive=False)
            self.step("the past", fill.past, past, options["templates"], options["copies"], timezone.now())
            with connection.cursor() as cursor:
                scratch.mark_filled(cursor, name)
        self.step("the present", fill.renew_current, current, past, timezone.now())

    def step(self, what: str, do: Any, *arguments: Any, **more: Any) -> None:
        """Do it and say how long it took."""
        started = time.monotonic()
        do(*arguments, **more)
        self.stderr.write(f"bench: {what} in {time.monotonic() - started:.1f} s", style_func=str)
