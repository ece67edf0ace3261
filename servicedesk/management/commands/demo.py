"""`manage.py demo`: load the demo into an empty database, and keep a few faults running."""

from __future__ import annotations

import multiprocessing
import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections, transaction
from django.utils import timezone

from notifications.models import Delivery, Notification
from people.models import Role, User
from servicedesk.demo import cast, contracts, depots, history, live, plans, visits, world

TICKETS = 300


def tell_side_by_side(tickets: int, processes: int, now: datetime) -> None:
    """Fork: each process tells the past of its share of the hospitals. CommandError if one fails."""
    connections.close_all()
    share = -(-tickets // processes)
    fork = multiprocessing.get_context("fork")
    children = [
        fork.Process(target=tell_share, args=(min(share, tickets - share * n), now, n, processes))
        for n in range(processes)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode for child in children):
        raise CommandError("the demo's past could not be told; see the lines above")


def tell_share(count: int, now: datetime, share: int, shares: int) -> None:
    """One share of the past year, in a process and a connection of its own."""
    history.tell(world.read(), count, now, share, shares)


class Command(BaseCommand):
    help = "Load fictional hospitals, people and a year of tickets; again: only fresh running faults."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", action="store_true", help="print the demo accounts and do nothing else")
        parser.add_argument("--tickets", type=int, default=TICKETS, help="tickets of the past year")
        parser.add_argument("--processes", type=int, default=1, help="how many processes tell the past year")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["accounts"]:
            self.accounts()
            return
        if settings.PRODUCTION:
            raise CommandError("the demo does not belong into production: its passwords are public")
        if not User.objects.exists():
            self.load(options["tickets"], options["processes"])
        elif not User.objects.filter(is_demo=True).exists():
            self.stderr.write("desk: this database has people of its own; no demo is loaded")
            return
        count = live.refresh(world.read(), timezone.now())
        if count:
            self.stdout.write(f"desk: {count} faults are running")

    def load(self, tickets: int, processes: int) -> None:
        """The world, then its past. A demo that was cut off has a shorter past, and works."""
        started, now = time.monotonic(), timezone.now()
        with transaction.atomic():
            call_command("load_defaults")
            world.make()
        if processes > 1:
            tell_side_by_side(tickets, processes, now)
        else:
            history.tell(world.read(), tickets, now)
        with transaction.atomic():
            # Behind the past: what was promised then is counted by what held then.
            contracts.make(now)
            told = world.read()
            plans.make(told, now)
            depots.make(told, now)
            visits.make(told)
            # What was told in the past year was read long ago, and no mail of it is sent now.
            Notification.objects.update(read_at=now)
            Delivery.objects.all().delete()
        self.stdout.write(f"desk: demo loaded, {tickets} tickets in {time.monotonic() - started:.1f} s")

    def accounts(self) -> None:
        """One account of each role; all have the same password."""
        rows = {p.role: p for p in reversed(cast.PEOPLE)}
        self.stdout.write(f"demo accounts, password {cast.PASSWORD} (one click: /demo/):")
        for role in Role:
            person = rows[role]
            self.stdout.write(f"  {person.login}@{cast.MAIL_DOMAIN:18} {person.name} · {Role(role).label}")
