"""The clock's side of spare parts."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from spares import promised, returns


@shared_task
def follow_clocks() -> None:
    """Requests carry the due times of their clocks, also after a calendar or a manager moved these."""
    promised.refresh()


@shared_task
def chase() -> None:
    """Faulty parts that are owed are asked for again (A13)."""
    returns.chase(timezone.now())
