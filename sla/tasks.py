"""Celery's doors to the engine: three lines each."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from sla import deadman, housekeeping
from sla.sweep import sweep as run_sweep


@shared_task(name="sla.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Every 10 seconds, on its own queue: the only reader of `next_action_at`."""
    deadman.report(run_sweep())


@shared_task(name="sla.tasks.daily", ignore_result=True)
def daily() -> None:
    """Once a day: warn of a calendar year that is not loaded, forget old heartbeats."""
    housekeeping.daily(timezone.now())
