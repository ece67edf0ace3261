"""`manage.py sla_export`: imported incidents in figures, for a check from outside."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tickets.history import exporting


class Command(BaseCommand):
    help = "Print each imported incident: key, priority, deadlines, open business minutes. Times are UTC."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON array, one incident a line")
        parser.add_argument("--source", default="", help="only incidents of this source")

    def handle(self, *args: Any, **options: Any) -> None:
        """Lines go out as incidents are read."""
        write, between = self.stdout.write, ""
        if options["json"]:
            write("[", ending="")
        for incident in exporting.incidents(options["source"]):
            if options["json"]:
                write(between + "\n" + json.dumps(incident, ensure_ascii=False), ending="")
                between = ","
            else:
                write(_line(incident))
        if options["json"]:
            write("\n]")


def _line(incident: dict[str, Any]) -> str:
    """One incident for people to read."""
    clocks = [f"{d['clock']} {d['state']} due {d['due_at'][:16]}" for d in incident["deadlines"]]
    minutes = f"{incident['open_business_minutes']} min"
    return "  ".join([incident["key"], f"P{incident['priority']}", incident["state"], minutes, *clocks])
