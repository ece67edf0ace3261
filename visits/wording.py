"""A candidate in words: when they can be there, what that leaves of the deadline, and what speaks for them."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.wording import clock, duration, listed
from visits.ranking import Candidate


def reason(one: Candidate, now: datetime) -> str:
    """Why a candidate stands where they stand; times in the active zone."""
    return listed([_arrival(one, now), *_merits(one, now)])


def merits(one: Candidate, now: datetime) -> str:
    """What speaks for a candidate and against, where the arrival is said beside it."""
    return listed(_merits(one, now))


def _arrival(one: Candidate, now: datetime) -> str:
    if one.arrives_at is None:
        return _("nobody knows where they start from")
    words = {"time": clock(one.arrives_at, now)}
    if one.margin is None:
        return _("there at %(time)s") % words
    words["span"] = duration(one.margin.total_seconds())
    if one.makes_it:
        return _("there at %(time)s, %(span)s to spare") % words
    return _("there at %(time)s, %(span)s too late") % words


def _merits(one: Candidate, now: datetime) -> list[str]:
    said = [grade(one.grade), _("on duty") if one.is_on_duty else _("not on duty")]
    if one.load:
        said.append(
            ngettext("%(count)d visit open today", "%(count)d visits open today", one.load) % {"count": one.load}
        )
    if one.after:
        said.append(_("after the visit to %(place)s") % {"place": one.after})
    if one.next_at is not None:
        said.append(_("has to leave again at %(time)s") % {"time": clock(one.next_at, now)})
    if one.leg is not None and one.leg.is_estimate:
        said.append(_("way estimated"))
    return said


def grade(number: int) -> str:
    """An engineer's grade with a kind of device; 0: none on record."""
    if not number:
        return _("no grade for this device")
    return _("grade %(grade)d of 3 for this device") % {"grade": number}
