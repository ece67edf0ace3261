"""`manage.py load_defaults`: the rows that a new installation starts with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from sla import defaults as promises
from tickets import defaults as faults
from visits import defaults as checklists
from warranty import defaults as contracts


class Command(BaseCommand):
    help = "Make the rows that are missing: policies, calendars, warranty rules, fault classes, lists; change no other."

    def handle(self, *args: Any, **options: Any) -> None:
        promises.load()
        contracts.load()
        faults.load()
        checklists.load()
