"""What happens to contracts and warranties without anybody pressing a button."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from warranty import contracts, ladders
from warranty.cases import desk_day


@shared_task
def daily() -> None:
    """Say what ends soon (A4, A12, B2, N3)."""
    now = timezone.now()
    ladders.run(desk_day(now), now)


@shared_task
def turn() -> None:
    """Clocks follow the contracts that begin or have ended (B5)."""
    now = timezone.now()
    contracts.turn(desk_day(now), now)
