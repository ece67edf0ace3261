"""`device_workbook FILE`: the list of 300 devices that the tour of the README imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from servicedesk.demo import workbook


class Command(BaseCommand):
    help = "Write a list of 300 devices of the demo's hospitals, to import at /desk/devices/imports/."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", default=Path("devices-300.xlsx"), help=".xlsx or .csv")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        form = file.suffix.removeprefix(".")
        if form not in {"xlsx", "csv"}:
            raise CommandError("The file's name must end in .xlsx or .csv.")
        with translation.override("zh-hans"):
            file.write_bytes(workbook.content(form))
        self.stdout.write(f"{workbook.ROWS} rows in {file}")
