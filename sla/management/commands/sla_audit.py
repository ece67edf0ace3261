"""`manage.py sla_audit`: recount every deadline from its facts and print each that differs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sla.audit import differences


class Command(BaseCommand):
    help = "Recount every deadline from its facts; print each row that differs (there must be none)."

    def handle(self, *args: Any, **options: Any) -> None:
        found = 0
        for difference in differences():
            found += 1
            self.stdout.write(str(difference))
        if found:
            raise CommandError(f"{found} columns differ from what the facts say")
