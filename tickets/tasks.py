"""The clock's side of tickets: what happens to them without anybody pressing a button."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from tickets import workflow


@shared_task
def follow_engine() -> None:
    """Tickets whose remote limit ran out need a visit (A2), those whose two hours on site did, parts (A11)."""
    workflow.follow_engine(timezone.now())


@shared_task
def follow_parts() -> None:
    """Tickets tell what depots and carriers did with their parts."""
    workflow.follow_parts(timezone.now())


@shared_task
def end_waits() -> None:
    """Tickets whose agreed moment has come go on."""
    workflow.end_waits(timezone.now())


@shared_task
def follow_triage() -> None:
    """What waits at hospitals is remembered, and goes to the company in time (A3)."""
    workflow.follow_triage(timezone.now())


@shared_task
def ask_again() -> None:
    """Ask the hospital again whether it is solved; after days of silence it counts as confirmed."""
    now = timezone.now()
    workflow.remind(now)
    workflow.close_silent(now)


@shared_task
def expire_quotes() -> None:
    """Quotes whose last day is over wait no longer."""
    workflow.expire_quotes(timezone.now())


@shared_task
def follow_verdicts() -> None:
    """Who pays is asked again where devices or contracts changed."""
    workflow.follow_verdicts(timezone.now())


@shared_task
def make_reports() -> None:
    """Signed visits get their report (A8)."""
    workflow.make_reports(timezone.now())
