"""`manage.py verify_files`: every attachment has its file, and every file its attachment."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from attachments import upkeep


class Command(BaseCommand):
    help = "List attachments without their file and files without an attachment; exit 1 when a file is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sums", action="store_true", help="also compare every file with its checksum")
        parser.add_argument("--remove-orphans", action="store_true", help="delete files without an attachment")

    def handle(self, *args: Any, sums: bool, remove_orphans: bool, **options: Any) -> None:
        for path in upkeep.orphans(timezone.now()):
            self.stdout.write(f"orphan {path}")
            if remove_orphans:
                path.unlink()
        lost = 0
        for row in upkeep.missing(sums=sums):
            lost += 1
            self.stdout.write(f"missing {row.path} ({row.pk} {row.name})")
        if lost:
            raise CommandError(f"{lost} missing")
        self.stdout.write("0 missing")
