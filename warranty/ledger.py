"""The duty ledger across hospitals (N3): what wants attention first, counted, page by page, and as rows of a file.

How a duty stands follows from the day, not from a column, so all duties in force that a person sees are judged, from
plain figures in two queries; only those shown are read whole. They are as many as running contracts owe, whatever the
number of years and tickets behind them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Q

from people.models import User
from warranty import outlook
from warranty.duties import Duty, line_of
from warranty.entitlements import year_between, year_of
from warranty.forecast import forecast
from warranty.models import DutyEntry, Entitlement
from warranty.models.grants import EntitlementQuerySet
from warranty.outlook import Stage

PAGE = 30
LONGEST_YEAR = timedelta(days=366)
_Year = tuple[int, date]
"""Key of a duty and the first day of a contract year."""
RANK = {stage: rank for rank, stage in enumerate(Stage)}


@dataclass(frozen=True, slots=True)
class Question:
    """What of the ledger is asked for; empty: all of it. `words`: of a hospital's name or a contract's number."""

    words: str = ""
    hospital: int | None = None
    kind: str = ""
    stage: str = ""


class Place(NamedTuple):
    """Where a duty stands in the ledger: how bad, the day its contract year ends, its key."""

    rank: int
    ends_on: int
    key: int

    @property
    def stage(self) -> Stage:
        return tuple(Stage)[self.rank]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One page of it. `counts`: stage → duties of the question, whatever stage it names; cursors as text or empty."""

    lines: tuple[Duty, ...]
    counts: Counter[Stage]
    before: str
    after: str


def read(user: User, question: Question, today: date, cursors: Mapping[str, Any], size: int = PAGE) -> Ledger:
    """The page of the ledger after (or before) a cursor: four queries."""
    places = sorted(_places(user, question, today))
    counts = Counter(place.stage for place in places)
    wanted = [one for one in places if question.stage in ("", one.stage)]
    first = _first(wanted, cursors, size)
    shown = wanted[first : first + size]
    before = _cursor(shown[0]) if shown and first > 0 else ""
    after = _cursor(shown[-1]) if first + size < len(wanted) else ""
    return Ledger(tuple(_lines(user, shown, today)), counts, before, after)


def every(user: User, question: Question, today: date) -> list[Duty]:
    """All lines of the question, in their order: four queries."""
    places = sorted(_places(user, question, today))
    return list(_lines(user, [one for one in places if question.stage in ("", one.stage)], today))


def owed(user: User, question: Question, today: date) -> EntitlementQuerySet:
    """The duties of contracts in force on `today` that the person sees."""
    rows = Entitlement.objects.for_user(user).filter(
        is_owed=True,
        contract__activated_at__isnull=False,
        contract__starts_on__lte=today,
        contract__ends_on__gte=today,
    )
    if question.hospital is not None:
        rows = rows.filter(contract__hospital=question.hospital)
    if question.kind:
        rows = rows.filter(kind=question.kind)
    for word in question.words.split():
        hospital = Q(contract__hospital__name__icontains=word) | Q(contract__hospital__short_name__icontains=word)
        rows = rows.filter(hospital | Q(contract__number__icontains=word))
    return rows


def _places(user: User, question: Question, today: date) -> Iterator[Place]:
    """Every duty, judged from its figures."""
    rows = owed(user, question, today)
    done, planned = _kept(rows, today)
    figures = rows.order_by().values_list("pk", "per_year", "lead_days", "contract__starts_on", "contract__ends_on")
    for key, per_year, lead_days, starts_on, ends_on in figures:
        first, last = year_between(starts_on, ends_on, today)
        ahead = forecast(
            owed=per_year,
            done=done[key, first],
            planned=planned[key, first],
            starts_on=first,
            ends_on=last,
            lead_days=lead_days,
            today=today,
        )
        yield Place(RANK[outlook.stage(ahead)], last.toordinal(), key)


def _kept(
    rows: EntitlementQuerySet, today: date
) -> tuple[Counter[tuple[int, date]], dict[tuple[int, date], list[date]]]:
    """Of each duty and year that may be running: how many are done, and the days of those planned."""
    done: Counter[_Year] = Counter()
    planned: dict[_Year, list[date]] = defaultdict(list)
    entries = DutyEntry.objects.filter(
        entitlement__in=rows.order_by().values("pk"), dropped_at=None, year_starts_on__gte=today - LONGEST_YEAR
    ).order_by()
    for key, first, planned_on, done_on in entries.values_list(
        "entitlement", "year_starts_on", "planned_on", "done_on"
    ):
        if done_on is None:
            planned[key, first].append(planned_on)
        else:
            done[key, first] += 1
    return done, planned


def _lines(user: User, places: Iterable[Place], today: date) -> Iterator[Duty]:
    """The duties at these places, whole."""
    keys = [place.key for place in places]
    rows = Entitlement.objects.for_user(user).filter(pk__in=keys).select_related("contract__hospital").in_bulk()
    entries: dict[tuple[int, date], list[DutyEntry]] = defaultdict(list)
    kept = DutyEntry.objects.filter(entitlement__in=keys, dropped_at=None).select_related("use", "proof", "done_by")
    for entry in kept:
        entries[entry.entitlement_id, entry.year_starts_on].append(entry)
    for key in keys:
        if key in rows:
            contract = rows[key].contract
            year = year_of(contract, today)
            yield line_of(rows[key], contract, year, entries[key, year[0]], today)


def _first(places: Sequence[Place], cursors: Mapping[str, Any], size: int) -> int:
    """The index at which the page begins."""
    if (place := _place(str(cursors.get("after", "")))) is not None:
        found = next((index for index, one in enumerate(places) if one > place), len(places))
        return found if found < len(places) else 0
    if (place := _place(str(cursors.get("before", "")))) is not None:
        return max(0, sum(1 for one in places if one < place) - size)
    return 0


def _cursor(place: Place) -> str:
    return ".".join(map(str, place))


def _place(text: str) -> Place | None:
    """A place of a cursor, or nothing when somebody made it up."""
    parts = text.split(".")
    if len(parts) != len(Place._fields) or not all(one.isascii() and one.isdigit() and len(one) <= 18 for one in parts):
        return None
    return Place(*map(int, parts))
