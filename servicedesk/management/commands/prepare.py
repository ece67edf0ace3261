"""`manage.py prepare`: what must be done between a fresh checkout and a running desk."""

import hashlib
import os
import sys
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from sla.sweep import sweep
from warranty import ladders
from warranty.coverage import local_day


def static_fingerprint() -> str:
    """A hash over name, size and time of every static source file."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class Command(BaseCommand):
    help = "Migrate, collect static files when they changed, and (demo only) load the demo."

    def handle(self, *args: Any, **options: Any) -> None:
        """Progress goes to standard error; standard output is the list of demo accounts."""
        call_command("migrate", verbosity=0, interactive=False)
        self.collect_static()
        if settings.DEMO:
            if not get_user_model()._default_manager.exists():
                self.stderr.write("desk: loading the demo, once", style_func=str)
            call_command("demo", processes=os.cpu_count() or 1, stdout=sys.stderr)
            self.catch_up()
            accounts = StringIO()
            call_command("demo", accounts=True, stdout=accounts)
            self.stdout.write(accounts.getvalue())

    def catch_up(self) -> None:
        """What came due while no demo ran: the first page that a visitor opens already shows it.

        Else the engine's first sweep would come some seconds later, and the day's reminders with the next morning.
        """
        now = timezone.now()
        ladders.run(local_day(now, settings.TIME_ZONE), now)
        sweep()

    def collect_static(self) -> None:
        """Hash and compress static files, unless nothing changed since the last time."""
        stamp = settings.RUN_DIR / "stamps" / "static"
        fingerprint = static_fingerprint()
        if stamp.exists() and stamp.read_text() == fingerprint:
            stamp.touch()  # `./desk up` compares its time with the sources
            return
        self.stderr.write("desk: collecting static files", style_func=str)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(fingerprint)
