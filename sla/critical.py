"""Critical periods of hospitals (N12): when one is on, and how it is planned, proposed, decided and ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import trail
from common.prepared import Given, Prepared
from people.models import Hospital, User
from sla import calendars
from sla.deadlines import FURTHEST, Refused
from sla.hours import WorkingHours
from sla.models import Calendar, CriticalPeriod
from sla.slots import DAY

State = CriticalPeriod.State
LONGEST = timedelta(days=31)
ONE_DAY = timedelta(days=1)
CALENDAR = "cn"
"""The calendar by which month-ends count unless another is chosen."""


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of a critical period."""

    period: CriticalPeriod
    starts_at: datetime
    ends_at: datetime

    def as_fact(self) -> dict[str, Any]:
        """What a fact says of it: the clocks' terms and their explanation read this."""
        return {"reason": self.period.reason, "until": self.ends_at.isoformat()}


def month_end(year: int, month: int, before: int, after: int, hours: WorkingHours) -> tuple[datetime, datetime]:
    """From `before` working days before the month's last one to the end of the next month's `after`-th. Pure.

    The whole days of the calendar's zone; `after` 0: to the end of the month. A year that is not published
    counts as ordinary weeks.
    """
    hours = hours.in_any_year()
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    day, left = first_of_next, before + 1
    while left:
        day -= ONE_DAY
        left -= bool(hours.slots_on(day))
    last = hours.nth_workday(first_of_next - ONE_DAY, after) if after else first_of_next - ONE_DAY
    return hours.instant(day, 0), hours.instant(last, DAY)


def windows(period: CriticalPeriod, at: datetime) -> Sequence[Window]:
    """The stretches of a period around `at`: the running one and the next, if any, in order."""
    if not period.is_monthly:
        assert period.starts_at is not None
        assert period.ends_at is not None
        found = [Window(period, period.starts_at, period.ends_at)]
    else:
        hours = _hours(period, at)
        local = hours.local_date(at)
        months = [
            ((local.year * 12 + local.month - 1 + step) // 12, (local.month - 1 + step) % 12 + 1) for step in (-1, 0, 1)
        ]
        before, after = period.days_before or 0, period.days_after or 0
        found = [Window(period, *month_end(year, month, before, after, hours)) for year, month in months]
    return [window for window in found if window.ends_at > at]


def _hours(period: CriticalPeriod, at: datetime) -> WorkingHours:
    assert period.calendar is not None, "a monthly period has a calendar"
    versions = sorted(period.calendar.versions.all(), key=lambda version: -version.number)
    return calendars.hours_of(calendars.in_force(versions, at))


_confirmed: Prepared[CriticalPeriod] = Prepared(
    lambda: (
        CriticalPeriod.objects.filter(hospital=Given("hospital"), state=State.CONFIRMED)
        .select_related("calendar")
        .order_by()
    )
)


def on(hospital: Hospital, at: datetime) -> Window | None:
    """The critical period that a hospital is in at `at`: of several, the one that lasts longest."""
    return of(_confirmed(hospital=hospital.pk), at)


def of(periods: Iterable[CriticalPeriod], at: datetime) -> Window | None:
    """The window of `periods` that is open at `at` and ends last."""
    open_now = [window for period in periods for window in windows(period, at) if window.starts_at <= at]
    return max(open_now, key=lambda window: window.ends_at, default=None)


def following(period: CriticalPeriod, at: datetime) -> Window | None:
    """The window that is open at `at` or comes next."""
    return next(iter(windows(period, at)), None)


@dataclass(frozen=True, slots=True)
class Line:
    """A period in a list: its window that is open or comes next, and whether it is on now."""

    period: CriticalPeriod
    window: Window
    is_on: bool


def lines(periods: Iterable[CriticalPeriod], now: datetime) -> list[Line]:
    """Those of `periods` that are not over."""
    found = [(period, following(period, now)) for period in periods]
    return [
        Line(period, window, period.state == State.CONFIRMED and window.starts_at <= now)
        for period, window in found
        if window is not None
    ]


# Verbs


def plan(period: CriticalPeriod, *, by: User, now: datetime, address: str = "") -> CriticalPeriod:
    """Keep a new period. From the desk it counts at once, from a hospital's technician the desk has to confirm it.

    `Refused` for one that is over, longer than a month, or too far ahead. Tickets filed before keep their impact.
    """
    if period.is_monthly:
        period.calendar = period.calendar or Calendar.objects.get(code=CALENDAR)
    elif period.starts_at is None or period.ends_at is None or period.ends_at <= period.starts_at:
        raise Refused(_("Say from when until when; it has to end after it starts."))
    elif period.ends_at <= now:
        raise Refused(_("This period is over already."))
    elif period.ends_at - period.starts_at > LONGEST:
        raise Refused(_("A critical period lasts a month at the most: always critical is never critical."))
    elif period.starts_at > now + FURTHEST:
        raise Refused(_("It lies more than a year ahead."))
    period.asked_by, period.asked_at = by, now
    period.state = State.PROPOSED if by.is_hospital else State.CONFIRMED
    if not by.is_hospital:
        period.decided_by, period.decided_at = by, now
    with transaction.atomic():
        period.save(force_insert=True)
        _note("sla.critical_planned", period, by, now, address)
    return period


@transaction.atomic
def decide(period: CriticalPeriod, *, accept: bool, by: User, now: datetime, address: str = "") -> CriticalPeriod:
    """Confirm what a hospital proposed, or end whatever stands; twice is harmless. What ended stays ended."""
    row = CriticalPeriod.objects.select_for_update().get(pk=period.pk)
    wanted = State.CONFIRMED if accept else State.ENDED
    if row.state == wanted:
        return row
    if row.state == State.ENDED:
        raise Refused(_("This period has ended; plan it anew."))
    row.state, row.decided_by, row.decided_at = wanted, by, now
    row.save()
    _note("sla.critical_confirmed" if accept else "sla.critical_ended", row, by, now, address)
    return row


def _note(act: str, period: CriticalPeriod, by: User, now: datetime, address: str) -> None:
    trail.note(act, period, by=by, now=now, address=address or None, period=period.pk, kind=period.kind)
