"""`manage.py load_defaults`: the rows that a new installation starts with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from sla import defaults as promises
from tickets import defaults as faults


class Command(BaseCommand):
    help = "Make the policies, calendars, ladders, fault classes and tiles that are missing; change no existing row."

    def handle(self, *args: Any, **options: Any) -> None:
        promises.load()
        faults.load()
