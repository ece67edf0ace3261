"""How spans, moments and numbers read on a page, the same in templates, mails and exports.

Spans are seconds. Moments are aware datetimes and are read in Django's current time zone (the
site's, activated for the request). The caller hands ``now`` in: nothing here looks at a clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# From here on hours and minutes stop being read at a glance; the browser uses the same limit.
LONGEST_COUNTDOWN = 100 * HOUR


def countdown(seconds: float) -> str:
    """``1:23`` (hours:minutes) for the size of ``seconds``, rounded down so no time is invented."""
    whole = int(abs(seconds))
    if whole < MINUTE:
        return _("<1 min")
    if whole >= LONGEST_COUNTDOWN:
        return _("%(days)d d %(hours)d h") % {"days": whole // DAY, "hours": whole % DAY // HOUR}
    return f"{whole // HOUR}:{whole % HOUR // MINUTE:02d}"


def duration(seconds: float) -> str:
    """``1 h 52 min`` for the size of ``seconds``: at most two units, the smaller one rounded down."""
    whole = int(abs(seconds))
    if whole < MINUTE:
        return _("%(seconds)d s") % {"seconds": whole}
    days, hours, minutes = whole // DAY, whole % DAY // HOUR, whole % HOUR // MINUTE
    values = {"days": days, "hours": hours, "minutes": minutes}
    if days:
        return (_("%(days)d d %(hours)d h") if hours else _("%(days)d d")) % values
    if hours:
        return (_("%(hours)d h %(minutes)d min") if minutes else _("%(hours)d h")) % values
    return _("%(minutes)d min") % values


def margin(seconds: float) -> str:
    """``19 min early`` for a promise kept with ``seconds`` to spare, ``11 min late`` below zero."""
    if seconds < 0:
        if seconds > -MINUTE:
            return _("under 1 min late")
        return _("%(span)s late") % {"span": duration(seconds)}
    if seconds < MINUTE:
        return _("just in time")
    return _("%(span)s early") % {"span": duration(seconds)}


def clock(at: datetime, now: datetime) -> str:
    """``09:31`` today, ``yesterday 16:20``, else ``11-04 15:05``, with the year when it is not this one."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    time = f"{local:%H:%M}"
    day = local.date()
    if day == today.date():
        return time
    if day == today.date() - timedelta(days=1):
        return _("yesterday %(time)s") % {"time": time}
    if day == today.date() + timedelta(days=1):
        return _("tomorrow %(time)s") % {"time": time}
    return f"{local:%m-%d} {time}" if day.year == today.year else f"{local:%Y-%m-%d} {time}"


def period(start: datetime, end: datetime, now: datetime) -> str:
    """``09:31 – 10:12``, ``yesterday 16:20 – 17:05``: the day is said once when it is the same."""
    same = timezone.localtime(start).date() == timezone.localtime(end).date()
    last = f"{timezone.localtime(end):%H:%M}" if same else clock(end, now)
    return f"{clock(start, now)} – {last}"


def labelled(label: object, text: object) -> str:
    """A label and what it says, with the colon of the reader's language."""
    return _("%(label)s: %(text)s") % {"label": label, "text": text}


def sentences(parts: Iterable[str]) -> str:
    """Sentences one after the other; Chinese ones need no space between them."""
    return ("" if (get_language() or "").startswith("zh") else " ").join(parts)


def listed(parts: Iterable[str]) -> str:
    """Names one after the other, with the comma of the reader's language."""
    return ("、" if (get_language() or "").startswith("zh") else ", ").join(parts)


def money(amount: Decimal) -> str:
    """``1,280.00``: two places, thousands apart, the same in every language."""
    return f"{amount:,.2f}"


def plain(number: Decimal) -> str:
    """``2.5``, ``1``: without zeros that say nothing."""
    return f"{number.normalize():f}"


def phone_masked(number: str) -> str:
    """``138****2217``: the first three and last four characters, enough to recognise a number."""
    return f"{number[:3]}****{number[-4:]}" if len(number) > 7 else number
