"""An engineer's time: who is booked for a visit and for how long. The database keeps one person in one place.

What is planned is refused when it collides. What happens is not: a booking then gives way to the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from people.models import User
from visits.models import Crew, Visit
from visits.states import Refused

ONE_PLACE = "visits_no_two_places_at_once"

Span = tuple[datetime, datetime]
"""From and until, half-open."""


def lock(people: Iterable[User]) -> None:
    """Whoever books an engineer waits here for whoever else does: two insertions that check each other deadlock."""
    keys = [person.pk for person in people]
    list(User.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))


def book(visit: Visit, people: Sequence[User], span: Span, *, by: User | None) -> None:
    """Book `people`, the first as lead, for `span`. Raises `Refused` with the visit that is in the way."""
    lock(people)
    rows = [
        Crew(visit=visit, engineer=person, is_lead=number == 0, during=DateTimeTZRange(*span))
        for number, person in enumerate(people)
    ]
    try:
        with transaction.atomic():
            Crew.objects.bulk_create(rows)
    except IntegrityError as error:
        raise _explained(error, visit, people, span, by) from error


def move(visit: Visit, span: Span, *, by: User | None) -> None:
    """Give everybody who is booked for the visit another time. Raises `Refused` as `book` does."""
    crew = _standing(visit)
    people = [row.engineer for row in crew]
    lock(people)
    try:
        with transaction.atomic():
            Crew.objects.filter(pk__in=[row.pk for row in crew]).update(during=DateTimeTZRange(*span))
    except IntegrityError as error:
        raise _explained(error, visit, people, span, by) from error


def release(visit: Visit, now: datetime) -> None:
    """Nobody is booked for the visit any more; who was stays on record."""
    visit.crew.filter(released_at=None).update(released_at=now)


def hold(visit: Visit, people: Sequence[User], span: Span, now: datetime) -> list[int]:
    """Book `people` for what has begun already: each for the part of `span` that is free.

    Returns the keys of the visits that this runs into, for the record. Whoever has nothing free is on record too,
    with a booking that binds nobody.
    """
    lock(people)
    found: list[int] = []
    for number, person in enumerate(people):
        row = Crew(visit=visit, engineer=person, is_lead=number == 0)
        found += _fit(row, span, now)
    return found


def stretch(visit: Visit, span: Span, now: datetime) -> list[int]:
    """Bring the bookings in line with what happened: as `hold`, for those who are booked already."""
    crew = _standing(visit)
    lock([row.engineer for row in crew])
    found: list[int] = []
    for row in crew:
        if span_of(row) != span:
            found += _fit(row, span, now)
    return found


def _standing(visit: Visit) -> list[Crew]:
    return list(visit.crew.filter(released_at=None).select_related("engineer").order_by("engineer"))


def _fit(row: Crew, span: Span, now: datetime) -> list[int]:
    """Save `row` for what is free of `span`."""
    others = Crew.objects.filter(engineer=row.engineer_id, released_at=None, during__overlap=DateTimeTZRange(*span))
    taken = list(others.exclude(pk=row.pk).order_by("during"))
    free = free_part(span, [span_of(one) for one in taken])
    row.during = DateTimeTZRange(*(free or span))
    row.released_at = None if free else now
    row.save()
    return [one.visit_id for one in taken]


def span_of(row: Crew) -> Span:
    """From and until of a booking; neither end is ever open."""
    lower, upper = row.during.lower, row.during.upper
    assert lower is not None, "a booking has a beginning"
    assert upper is not None, "a booking has an end"
    return lower, upper


def free_part(span: Span, taken: Iterable[Span]) -> Span | None:
    """The first free stretch of `span` beside `taken` (in order); None when nothing is free."""
    start, end = span
    for begins, ends in taken:
        if begins > start:
            end = min(end, begins)
            break
        start = max(start, ends)
    return (start, end) if start < end else None


def _explained(error: IntegrityError, visit: Visit, people: Sequence[User], span: Span, by: User | None) -> Exception:
    """The refusal in words; any other mistake as it is."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if getattr(diagnosis, "constraint_name", "") != ONE_PLACE:
        return error
    return clash(visit, people, span, by=by) or Refused(_("Somebody else booked this engineer just now."))


def clash(visit: Visit, people: Sequence[User], span: Span, *, by: User | None) -> Refused | None:
    """Which other visit of `people` lies in the way of `span`, in words; of its place only what `by` may see."""
    overlapping = Crew.objects.filter(engineer__in=people, released_at=None, during__overlap=DateTimeTZRange(*span))
    row = (
        overlapping.exclude(visit=visit).select_related("engineer", "visit__site__hospital").order_by("during").first()
    )
    if row is None:
        return None
    is_seen = by is not None and Crew.objects.for_user(by).filter(pk=row.pk).exists()
    zone = ZoneInfo(row.visit.site.timezone)
    start, end = (moment.astimezone(zone) for moment in span_of(row))
    words = {
        "name": row.engineer.name,
        "start": f"{start:%m-%d %H:%M}",
        "end": f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}",
        "place": str(row.visit.site),
    }
    if is_seen:
        return Refused(_("%(name)s has another visit from %(start)s to %(end)s: %(place)s.") % words)
    return Refused(_("%(name)s is already booked from %(start)s to %(end)s.") % words)
