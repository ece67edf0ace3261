"""Beat's side of `people.links` and `people.idempotency`."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from people import idempotency, links


@shared_task
def send_links() -> None:
    """Mail the links that were asked for."""
    now = timezone.now()
    for row in links.claim(now):
        links.send(row)
    links.prune(now)


@shared_task
def forget_replies() -> None:
    """Drop replies that nobody asks for again."""
    idempotency.forget(timezone.now())
