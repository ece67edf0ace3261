"""The app that is there only while the demo's clock is moved: this process then lives some days ahead."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.apps import AppConfig
from django.conf import settings


class MovedClockConfig(AppConfig):
    """Moves every clock of Python by `DEMO_CLOCK_DAYS`; the database's is moved by `servicedesk.moved_clock`."""

    name = "servicedesk.demo"
    label = "moved_clock"

    def ready(self) -> None:
        traveller = time_machine.travel(timedelta(days=settings.DEMO_CLOCK_DAYS)).start()
        # It ticks from the first look at it on: look now, so that all processes of the demo agree.
        traveller.time_ns()
