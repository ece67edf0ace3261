"""Send an engineer, and what happens on the way. The only writer of a visit's state (A2, A8).

A verb locks the visit (its timeline first, where it writes a fact), asks `visits.states`, writes, and adds a line to
the visit's record. `by` is who acts, `now` the server's time; the visit handed in only says which: use the one that
is returned. Verbs raise `Refused`, whose `sentence` is for the person who asked; roles are the caller's business.

A step that a device tells of afterwards (`Evidence.at`) is never refused for coming late, out of order or to a visit
that went to somebody else: it is kept, and the flags of its line (`VisitRecord.data["flags"]`) say what became of it:
"late", "disputed", "order" (the step before it was missing, or a later one came first), "reassigned", "cancelled",
"far" (checked in far from the site). It takes the visit forward, never back. The same `client_key` counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from people.access import may
from people.models import Site, User
from sla.deadlines import FURTHEST
from sla.evidence import Evidence
from sla.models import Timeline
from visits import booking
from visits.models import Visit, VisitRecord
from visits.states import AHEAD, OPEN, Refused, WrongState, check
from visits.steps import Position, Presence, arrive, depart, finish, leave, record, start
from visits.ways import Way
from visits.writing import line, locked, save

__all__ = [
    "AHEAD",
    "OPEN",
    "Evidence",
    "Position",
    "Presence",
    "Refused",
    "WrongState",
    "arrive",
    "cancel",
    "depart",
    "finish",
    "leave",
    "open_now",
    "plan",
    "reassign",
    "record",
    "replan",
    "start",
]

LONGEST = timedelta(days=14)
"""No visit is planned for longer: it is a slip of the keyboard."""
LOOK_BACK = timedelta(minutes=15)
"""A plan may begin a little before now: somebody took their time with the form."""


@transaction.atomic
def plan(
    site: Site,
    *,
    purpose: str,
    subject: str,
    engineer: User,
    starts_at: datetime,
    ends_at: datetime | None = None,
    crew: Sequence[User] = (),
    timeline: Timeline | None = None,
    way: Way | None = None,
    by: User,
    now: datetime,
) -> Visit:
    """Plan a visit of `engineer`, who answers for it, and `crew` from `starts_at` at the site to `ends_at`.

    They are booked from setting out (`way` before the start) to the end. Raises `Refused`: in the past, too long,
    not an engineer, or booked elsewhere, with the words for it.
    """
    ends_at = ends_at or starts_at + settings.VISIT_LASTS
    people = _people(engineer, crew)
    _check_window(starts_at, ends_at, now)
    visit = _new(site, purpose, subject, timeline, by, now, starts_at=starts_at, ends_at=ends_at)
    _travel_by(visit, way)
    visit.expected_arrival_at = starts_at
    visit.save(force_insert=True)
    booking.book(visit, people, _span(visit), by=by)
    line(visit, VisitRecord.Kind.STEP, by=by, now=now, step="plan", people=[person.name for person in people])
    return visit


@transaction.atomic
def open_now(
    site: Site,
    *,
    purpose: str,
    subject: str,
    engineer: User,
    at: datetime,
    timeline: Timeline | None,
    way: Way | None,
    by: User | None,
    now: datetime,
) -> Visit:
    """A visit that nobody planned: the engineer sets out, or is there. Never refused for another booking."""
    arrives_at = at + timedelta(minutes=way.minutes if way else 0)
    ends_at = arrives_at + settings.VISIT_LASTS
    visit = _new(site, purpose, subject, timeline, by, now, starts_at=arrives_at, ends_at=ends_at)
    _travel_by(visit, way)
    visit.save(force_insert=True)
    ran_into = booking.hold(visit, [engineer], _span(visit), now)
    line(visit, VisitRecord.Kind.STEP, by=by, now=now, step="plan", people=[engineer.name], ran_into=ran_into)
    return visit


@transaction.atomic
def reassign(visit: Visit, engineer: User, *, way: Way | None, by: User, now: datetime) -> Visit:
    """Give it to another engineer; who was booked is free again. On the way it is planned anew from `now` on."""
    row = locked(visit)
    check(row.state, "reassign")
    before = [one.engineer.name for one in row.crew.filter(released_at=None).select_related("engineer")]
    people = _people(engineer, ())
    booking.release(row, now)
    row.state, row.departed_at = Visit.State.PLANNED, None
    _travel_by(row, way)
    row.expected_arrival_at = max(row.starts_at, now + timedelta(minutes=row.travel_minutes or 0))
    booking.book(row, people, _span(row), by=by)
    save(row, now)
    line(row, VisitRecord.Kind.STEP, by=by, now=now, step="reassign", people=[engineer.name], before=before)
    return row


@transaction.atomic
def replan(visit: Visit, *, starts_at: datetime, ends_at: datetime | None = None, by: User, now: datetime) -> Visit:
    """Move it to another time, everybody with it. Raises `Refused` when one of them is booked then."""
    row = locked(visit)
    check(row.state, "replan")
    check_start(starts_at, now)
    ends_at = ends_at or starts_at + (row.ends_at - row.starts_at)
    _check_window(starts_at, ends_at, now)
    before = [row.starts_at.isoformat(), row.ends_at.isoformat()]
    row.starts_at, row.ends_at, row.expected_arrival_at = starts_at, ends_at, starts_at
    booking.move(row, _span(row), by=by)
    save(row, now)
    line(row, VisitRecord.Kind.STEP, by=by, now=now, step="replan", before=before)
    return row


@transaction.atomic
def cancel(visit: Visit, *, reason: str, by: User | None, now: datetime) -> Visit:
    """Nobody goes, or whoever is on the way turns back. Their time is free again."""
    if not (reason := reason.strip()):
        raise Refused(_("Say why the visit is cancelled."))
    row = locked(visit)
    check(row.state, "cancel")
    booking.release(row, now)
    row.state, row.cancel_reason, row.expected_arrival_at = Visit.State.CANCELLED, reason[:200], None
    save(row, now)
    line(row, VisitRecord.Kind.STEP, by=by, now=now, body=reason, step="cancel")
    return row


def _people(engineer: User, crew: Sequence[User]) -> list[User]:
    people = list({person.pk: person for person in (engineer, *crew)}.values())
    for person in people:
        if not may(person, "visits.work"):
            raise Refused(_("%(name)s cannot be sent to a site.") % {"name": person.name})
    return people


def _check_window(starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    if ends_at <= starts_at:
        raise Refused(_("The visit has to end after it begins."), field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise Refused(_("A visit is planned for two weeks at most."), field="ends_at")
    check_start(starts_at, now)


def check_start(starts_at: datetime, now: datetime) -> None:
    """Raise `Refused` for a visit that cannot begin then: ask before anything is reckoned from it."""
    if starts_at < now - LOOK_BACK:
        raise Refused(_("The visit cannot begin in the past."), field="starts_at")
    if starts_at > now + FURTHEST:
        raise Refused(_("The visit lies more than a year ahead."), field="starts_at")


def _new(
    site: Site,
    purpose: str,
    subject: str,
    timeline: Timeline | None,
    by: User | None,
    now: datetime,
    **window: datetime,
) -> Visit:
    return Visit(
        site=site,
        hospital_id=site.hospital_id,
        timeline=timeline,
        purpose=Visit.Purpose(purpose),
        subject=subject[:200],
        created_by=by,
        created_at=now,
        changed_at=now,
        **window,
    )


def _travel_by(visit: Visit, way: Way | None) -> None:
    visit.travel_base = way.base if way else None
    visit.travel_from = way.start_name[:120] if way else ""
    visit.travel_minutes = way.minutes if way else None
    visit.travel_km = way.km if way else None
    visit.travel_source = way.source[:160] if way else ""
    visit.travel_is_estimate = way.is_estimate if way else False
    visit.travel_reason = way.reason[:200] if way else ""


def _span(visit: Visit) -> booking.Span:
    """From setting out to the end of the work."""
    return visit.starts_at - timedelta(minutes=visit.travel_minutes or 0), visit.ends_at
