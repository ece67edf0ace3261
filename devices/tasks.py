"""Beat's side of `devices.importing`."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from devices.importing import batches


@shared_task
def work_on_imports() -> None:
    """Write lists that wait for it, or take them back."""
    batches.work(timezone.now())
