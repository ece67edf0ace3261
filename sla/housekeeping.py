"""What the engine does once a day: ask for the calendar in time, forget old heartbeats."""

from __future__ import annotations

from datetime import datetime, timedelta

from notifications import outbox
from people.models import Role, User
from sla import calendars, deadlines
from sla.models import Calendar, EngineEvent, Heartbeat

HEARTBEATS_KEPT = timedelta(days=2)


def daily(now: datetime) -> None:
    """Idempotent: clocks left behind by a new calendar follow it; each missing year is said once a week."""
    Heartbeat.objects.filter(at__lt=now - HEARTBEATS_KEPT).delete()
    for calendar in Calendar.objects.all():
        # A clock that started while its calendar was being put in force.
        deadlines.follow_calendar(calendar, by=None, now=now)
    for year in calendars.unpublished_years(now):
        warn_of_missing_year(year, now)


def warn_of_missing_year(year: int, now: datetime) -> None:
    """Tell the administrators that clocks reaching into `year` are provisional until its table is loaded."""
    week = f"{now:%G-%V}"
    kind = EngineEvent.EventKind.YEAR_MISSING
    detail = f"{year} {week}"
    if not EngineEvent.objects.filter(kind=kind, detail=detail).exists():
        EngineEvent.objects.create(at=now, kind=kind, detail=detail)
    administrators = list(User.objects.filter(role=Role.ADMIN, is_active=True))
    outbox.tell_many(
        administrators,
        "sla.year_missing",
        context={"year": year},
        link="/desk/calendars/",
        dedupe_key=f"year:{year}:{week}",
        now=now,
    )
