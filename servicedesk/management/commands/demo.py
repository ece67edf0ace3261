"""`manage.py demo`: load the demo into an empty database, and keep a few faults running."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from notifications.models import Delivery, Notification
from people.models import Role, User
from servicedesk.demo import cast, history, live, world

TICKETS = 300


class Command(BaseCommand):
    help = "Load fictional hospitals, people and a year of tickets; again: only fresh running faults."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", action="store_true", help="print the demo accounts and do nothing else")
        parser.add_argument("--tickets", type=int, default=TICKETS, help="tickets of the past year")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["accounts"]:
            self.accounts()
            return
        if settings.PRODUCTION:
            raise CommandError("the demo does not belong into production: its passwords are public")
        if not User.objects.exists():
            self.load(options["tickets"])
        elif not User.objects.filter(is_demo=True).exists():
            self.stderr.write("desk: this database has people of its own; no demo is loaded")
            return
        count = live.refresh(world.read(), timezone.now())
        if count:
            self.stdout.write(f"desk: {count} faults are running")

    def load(self, tickets: int) -> None:
        """Everything in one transaction: a demo that was cut off leaves an empty database."""
        started = time.monotonic()
        with transaction.atomic():
            call_command("load_defaults")
            count = history.tell(world.make(), tickets, timezone.now())
            # What was told in the past year was read long ago, and no mail of it is sent now.
            Notification.objects.update(read_at=timezone.now())
            Delivery.objects.all().delete()
        self.stdout.write(f"desk: demo loaded, {count} tickets in {time.monotonic() - started:.1f} s")

    def accounts(self) -> None:
        """One account of each role; all have the same password."""
        rows = {p.role: p for p in reversed(cast.PEOPLE)}
        self.stdout.write(f"demo accounts, password {cast.PASSWORD} (one click: /demo/):")
        for role in Role:
            person = rows[role]
            self.stdout.write(f"  {person.login}@{cast.MAIL_DOMAIN:18} {person.name} · {Role(role).label}")
