"""Beat's side of `people.links`."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from people import links


@shared_task
def send_links() -> None:
    """Mail the links that were asked for."""
    now = timezone.now()
    for row in links.claim(now):
        links.send(row)
    links.prune(now)
