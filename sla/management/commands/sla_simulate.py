"""Try a calendar or a rule before using it."""

import os
import sys
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sla.simulate import answer

HELP = """Read questions about working time as JSON lines on standard input, answer each with one JSON line.

{"id": 1, "op": "add", "timezone": "Asia/Shanghai", "start": "2026-10-08T17:30:00+08:00", "minutes": 60,
 "hours": {"thu": [["09:00", "12:00"], ["13:00", "18:00"]], "fri": [["09:00", "18:00"]]}}
    -> {"id": 1, "result": "2026-10-09T01:30:00+00:00"}   or   {"id": 1, "error": "where: what is wrong"}
(in one line; "holidays": ["2026-10-01"], "extra_workdays": ["2026-10-10"] and "pauses": [[start, end], ...] if any)

op        asks for                                                 needs                     result
add, sla  start + open time                                        minutes or seconds        UTC time, null: never
elapsed   open time between start and end                          end                       minutes
is_open   whether the clock runs at start                                                    true or false
workdays  close of business of the n-th working day (Civil Code,   days; close               UTC time, null: never
          art. 201-203; the day of the start is not counted)       (18:00 when missing)

Slots are read on the wall clock of the zone, open at their start and closed at their end; 24:00 ends a day.
A holiday closes its whole date; an extra workday beats a holiday and has Monday's hours, or those of
hours.extra; "date_hours": {"2026-02-14": [["10:00", "12:00"]]} beats both. "calendar": "cn" adds the published
Chinese days off and make-up workdays; a year that is not published is an error.
A pause without an end is null. Time in a pause does not count and the clock is not running then; a working day
whose close of business falls inside a pause does not count. A working day is a date with open hours, Monday to
Friday when "hours" is missing.
A target used up exactly at closing falls due at that closing, a zero target at its start."""


class Command(BaseCommand):
    help = HELP
    requires_system_checks = ()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the layout of the help."""
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer each line as soon as it is read."""
        try:
            for line in sys.stdin.buffer:
                sys.stdout.write(answer(line) + "\n")
                sys.stdout.flush()
        except BrokenPipeError:  # the reader has heard enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
