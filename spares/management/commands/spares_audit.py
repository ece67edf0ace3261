"""`manage.py spares_audit`: add up the ledger of stock and print each figure that differs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spares.audit import differences


class Command(BaseCommand):
    help = "Add up the ledger of spare parts; print each figure that differs from it (there must be none)."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for difference in differences():
            found += 1
            self.stdout.write(str(difference))
        if found:
            raise CommandError(f"{found} figures differ from the ledger")
