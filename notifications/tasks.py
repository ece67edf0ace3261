"""Beat's side of `delivery.py`: one run per channel, each on a queue of its own."""

from __future__ import annotations

from celery import shared_task

from notifications import delivery
from notifications.channels import CHANNELS


@shared_task
def deliver(channel: str) -> None:
    """Send what is due on one channel."""
    delivery.run(channel, CHANNELS[channel](), delivery.database_clock)
