"""A year of the national calendar on its way in: loaded, compared, its running clocks foreseen, put in force (N11).

The difference and the clocks that would move are counted anew each time they are looked at; whoever puts the year
in force says which edition they saw, and is refused when it is no longer that one.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit import trail
from people import travel
from people.models import User
from sla import calendars, deadlines
from sla.book import Tables, TimelineBook
from sla.chinese import DayKind, SpecialDay
from sla.deadlines import Refused
from sla.facts import Kind
from sla.holidays import Difference, checked, difference
from sla.hours import WorkingHours
from sla.models import Calendar, CalendarDraft, Deadline, Fact, NationalDay, NationalYear, Timeline
from sla.replay import replay
from sla.runs import FactView, Run

State = CalendarDraft.State
FIRST_YEAR, LAST_YEAR = 2007, 2099
PAGE = 25
"""Clocks that move, on one page."""
BATCH = 200
MOST_EXAMINED = 2000
"""Matters that one page looks through; the next page goes on from there."""


@dataclass(frozen=True, slots=True)
class Move:
    """A running clock whose due time the draft would move."""

    deadline: Deadline
    due_at: datetime
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Moves:
    """A page of them; `examined` of `total` running matters were counted again for it, `after` leads on."""

    rows: tuple[Move, ...]
    examined: int
    total: int
    after: int | None


def days_of(draft: CalendarDraft) -> list[SpecialDay]:
    """The days of a draft, by date."""
    return [SpecialDay(date.fromisoformat(day), cast(DayKind, kind), name) for day, kind, name in draft.days]


def current(year: int) -> CalendarDraft | None:
    """The draft of a year that nobody has decided on."""
    return CalendarDraft.objects.filter(year=year, state=State.DRAFT).select_related("made_by").first()


@transaction.atomic
def load(year: int, days: Sequence[SpecialDay], *, source: str, by: User, now: datetime) -> CalendarDraft:
    """Keep `days` as the draft of `year`; an earlier undecided one is replaced."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(_("The year has to lie between %(first)s and %(last)s.") % _span())
    fields = {"days": _stored(days), "source": source, "made_by": by, "made_at": now}
    draft, _made = CalendarDraft.objects.update_or_create(year=year, state=State.DRAFT, defaults=fields)
    return draft


def _span() -> dict[str, int]:
    return {"first": FIRST_YEAR, "last": LAST_YEAR}


def _stored(days: Sequence[SpecialDay]) -> list[list[str]]:
    return [[one.day.isoformat(), one.kind, one.name] for one in sorted(days)]


def set_day(year: int, day: date, kind: DayKind | None, name: str, *, by: User, now: datetime) -> CalendarDraft:
    """Change one day of the draft, which begins with what stands; `kind` None: an ordinary day. `holidays.Wrong`."""
    draft = current(year)
    days = {one.day: one for one in (days_of(draft) if draft else calendars.standing(year))}
    wanted = checked(SpecialDay(day, kind or "holiday", name), year)
    if kind is None:
        days.pop(day, None)
    else:
        days[day] = wanted
    return load(year, list(days.values()), source=draft.source if draft else _source(year), by=by, now=now)


def _source(year: int) -> str:
    return NationalYear.objects.filter(year=year).values_list("source", flat=True).first() or ""


def compared(draft: CalendarDraft) -> Difference:
    """The draft beside what stands now."""
    return difference(calendars.standing(draft.year), days_of(draft))


def followers() -> QuerySet[Calendar]:
    """The calendars that follow the national one, in the order in which they are locked."""
    return Calendar.objects.filter(follows_national=True).order_by("pk")


def edition(draft: CalendarDraft) -> str:
    """Names what a reader of the page saw: the draft, what stands, and the versions that clocks count by."""
    published = NationalYear.objects.filter(year=draft.year, is_published=True).exists()
    versions = list(followers().values_list("code", "versions__number").order_by("code", "versions__number"))
    seen = [draft.pk, draft.days, published, _stored(calendars.standing(draft.year)), versions]
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode()).hexdigest()[:20]


# The clocks that would move


def _drafted(draft: CalendarDraft) -> dict[int, tuple[int, WorkingHours]]:
    """Version number and hours of each calendar whose content the draft changes."""
    found = {}
    for calendar in followers():
        content = calendars.compose(calendar, (draft.year, days_of(draft)))
        newest = calendar.versions.order_by("-number").first()
        if newest is None or newest.content != content:
            found[calendar.pk] = ((newest.number if newest else 0) + 1, calendars.compile_hours(content))
    return found


class _UnderDraft(TimelineBook):
    """The book as it would be if the draft came into force at `since`."""

    def __init__(self, timeline: Timeline, roads: travel.Roads, tables: Tables, draft: _Draft) -> None:
        super().__init__(tables, timeline.site, roads)
        self._draft = draft

    def hours(self, calendar: int, at: datetime) -> tuple[int, WorkingHours]:
        drafted = self._draft.hours.get(calendar)
        return drafted if drafted and at >= self._draft.since else super().hours(calendar, at)


@dataclass(frozen=True, slots=True)
class _Draft:
    hours: dict[int, tuple[int, WorkingHours]]
    since: datetime

    def facts(self) -> list[FactView]:
        """What activation would say on a timeline, after all that was said there."""
        kind, now = Kind.CALENDAR_CHANGED, self.since
        return [FactView(2**62, kind, now, now, {"calendar": pk}) for pk in self.hours]


def moves(draft: CalendarDraft, *, now: datetime, after: int = 0, page: int = PAGE) -> Moves:
    """The running clocks that the draft would move, matters in the order of their keys from `after` on.

    Counted by the replay itself, with the draft's calendars from `now` on. Looks at most at `MOST_EXAMINED` matters.
    """
    drafted = _Draft(_drafted(draft), now)
    running = Deadline.objects.filter(state__in=deadlines.OPEN_STATES, commitment__calendar__in=drafted.hours)
    matters = running.order_by().values("timeline").distinct()
    total = matters.count()
    tables, rows, examined = Tables.current(), list[Move](), 0
    while drafted.hours and len(rows) < page and examined < MOST_EXAMINED:
        keys = list(matters.filter(timeline__gt=after).order_by("timeline").values_list("timeline", flat=True)[:BATCH])
        for timeline, theirs in _foreseen(keys, drafted, tables):
            after, examined = timeline, examined + 1
            rows += theirs
            if len(rows) >= page:
                break
        if len(keys) < BATCH and (not keys or after == keys[-1]):
            return Moves(tuple(rows), examined, total, None)
    return Moves(tuple(rows), examined, total, after if drafted.hours else None)


def _foreseen(keys: Sequence[int], draft: _Draft, tables: Tables) -> Iterator[tuple[int, list[Move]]]:
    facts, rows = defaultdict[int, list[FactView]](list), defaultdict[int, list[Deadline]](list)
    for fact in Fact.objects.filter(timeline__in=keys):
        facts[fact.timeline_id].append(deadlines.view_of(fact))
    clocks = Deadline.objects.filter(timeline__in=keys, state__in=deadlines.OPEN_STATES).order_by("due_at", "id")
    for row in clocks.select_related("commitment", "timeline__hospital").defer("milestones", "inputs"):
        rows[row.timeline_id].append(row)
    timelines = list(Timeline.objects.filter(pk__in=keys).select_related("site").order_by("pk"))
    roads = travel.Roads(timeline.site for timeline in timelines if timeline.site is not None)
    for timeline in timelines:
        book = _UnderDraft(timeline, roads, tables, draft)
        runs = replay([*facts[timeline.pk], *draft.facts()], book, draft.since)
        yield timeline.pk, list(_moved(rows[timeline.pk], runs))


def _moved(rows: Sequence[Deadline], runs: Sequence[Run]) -> Iterator[Move]:
    now_open = {(run.rule.code, run.cycle, run.turn): run for run in runs if run.is_open}
    for row in rows:
        run = now_open.get((row.code, row.cycle, row.turn))
        if run is not None and (run.due_at, run.is_provisional) != (row.due_at, row.is_provisional):
            yield Move(row, run.due_at, run.is_provisional)


# Decisions


@transaction.atomic
def activate(draft: CalendarDraft, *, seen: str, by: User, now: datetime, address: str = "") -> CalendarDraft:
    """Put the year in force: its rows, a version of each calendar that follows it, its running clocks, the audit row.

    `seen` is the `edition` that was looked at. Pressed twice, it happens once. `Refused` when the draft was
    discarded, or when anything of that edition has changed since.
    """
    list(followers().select_for_update())
    row = CalendarDraft.objects.select_for_update().get(pk=draft.pk)
    if row.state == State.ACTIVE:
        return row
    if row.state == State.DISCARDED:
        raise Refused(_("This draft was discarded."))
    if edition(row) != seen:
        raise Refused(_("The calendar or the draft has changed since you looked. Check what would change now."))
    changes = compared(row)
    _write(row)
    try:
        row.moved = sum(deadlines.activate_calendar(calendar, by=by, now=now) for calendar in followers())
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(_("A calendar's hours cannot be read: %(error)s") % {"error": error}) from error
    row.state, row.decided_by, row.decided_at = State.ACTIVE, by, now
    row.save()
    _note("sla.calendar_activated", row, by, now, address, **_counts(changes), matters=row.moved)
    return row


def _write(draft: CalendarDraft) -> None:
    defaults = {"is_published": True, "source": draft.source}
    year, _made = NationalYear.objects.update_or_create(year=draft.year, defaults=defaults)
    year.days.all().delete()
    NationalDay.objects.bulk_create(
        NationalDay(year=year, date=one.day, kind=one.kind, name=one.name) for one in days_of(draft)
    )


def _counts(changes: Difference) -> dict[str, int]:
    return {"added": len(changes.added), "removed": len(changes.removed), "changed": len(changes.changed)}


def _note(act: str, draft: CalendarDraft, by: User, now: datetime, address: str, **detail: Any) -> None:
    detail["versions"] = {calendar.code: calendar.versions.count() for calendar in followers()}
    trail.note(act, draft.year, by=by, now=now, address=address or None, source=draft.source, **detail)


@transaction.atomic
def discard(draft: CalendarDraft, *, by: User, now: datetime, address: str = "") -> CalendarDraft:
    """Drop a draft. Pressed twice, it happens once; what is in force is not dropped: load the year again."""
    row = CalendarDraft.objects.select_for_update().get(pk=draft.pk)
    if row.state == State.ACTIVE:
        raise Refused(_("This year is in force already."))
    if row.state == State.DRAFT:
        row.state, row.decided_by, row.decided_at = State.DISCARDED, by, now
        row.save()
        _note("sla.calendar_discarded", row, by, now, address)
    return row
