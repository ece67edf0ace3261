"""Pages of a long list by the last row seen instead of by counting (no OFFSET).

A page starts after a row's own values, so rows that come, go or move never shift another row onto
two pages or off both, and the tenth page costs as much as the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Model, Q, QuerySet, Subquery
from django.db.models.expressions import OrderBy
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

Row = TypeVar("Row", bound=Model)
CURSOR = re.compile(r"^[0-9T:.+-]{0,40}~[0-9]{1,18}$")
"""What a cursor looks like."""
DAY = len("2026-11-22")


Place = tuple[datetime | date | None, int]
"""Moment (or day) and key of a row."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some rows of an order, and how to read them. `dated`: all of them have the order's moment."""

    which: Q
    by: list[OrderBy]
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Keyset:
    """An order of rows: by the moment `key` (a field path), rows without one last, then newest first.

    Without `key` simply newest first. `gaps`: whether rows without a moment are among them. `sparse`: few
    rows, or none, may be wanted, and another index finds those: no more keys than this are walked along.
    `days`: the key is a date.
    """

    key: str = ""
    gaps: bool = True
    sparse: int = 0
    days: bool = False

    def place(self, cursor: str) -> Place | None:
        """Where a cursor of this order stands, or nothing when somebody made it up."""
        found = read(cursor)
        if found is None or found[0] is None:
            return found
        return found if isinstance(found[0], datetime) != self.days else None

    def stretches(self, place: Place | None, backwards: bool = False) -> list[Stretch]:
        """What follows (`backwards`: precedes) the row at `place` (None: the beginning), to be read one after the
        other. Each is one range of an index; said as one condition with OR, all rows would be read and sorted.
        """
        newest = F("pk").asc() if backwards else F("pk").desc()
        at, tie = (None, Q()) if place is None else (place[0], Q(pk__gt=place[1]) if backwards else Q(pk__lt=place[1]))
        if not self.key:
            return [Stretch(tie, [newest])]
        moment = F(self.key).desc() if backwards else F(self.key).asc()
        dated, undated = Q(**{f"{self.key}__isnull": False}), Q(**{f"{self.key}__isnull": True})
        if at is not None:
            way = "lt" if backwards else "gt"
            dated &= Q(**{f"{self.key}__{way}e": at}) & (Q(**{f"{self.key}__{way}": at}) | tie)
        elif place is not None:
            undated &= tie
        first, last = Stretch(dated, [moment, newest], dated=True), Stretch(undated, [newest])
        if not self.gaps:
            return [first]
        if backwards:
            return [last, first] if at is None else [first]
        return [first, last] if at is not None or place is None else [last]

    def order(self, backwards: bool = False) -> list[OrderBy]:
        """Arguments of `order_by` for rows of both stretches, or those of the same order read from the end."""
        newest = F("pk").asc() if backwards else F("pk").desc()
        if not self.key:
            return [newest]
        moment = F(self.key)
        return [moment.desc(nulls_first=True) if backwards else moment.asc(nulls_last=True), newest]

    def cursor(self, row: Model) -> str:
        """The place of a row in this order, as text for a link."""
        at = attrgetter(self.key.replace("__", "."))(row) if self.key else None
        return f"{at.isoformat() if at else ''}~{row.pk}"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page and the cursors of its neighbours (empty: there is none)."""

    rows: list[Row]
    before: str = ""
    after: str = ""


def page(
    rows: QuerySet[Row],
    keyset: Keyset,
    query: Mapping[str, Any],
    size: int,
    *,
    dated: QuerySet[Row] | None = None,
    never_empty: bool = True,
) -> Page[Row]:
    """The page that `after=` or `before=` in `query` asks for, in one query.

    When nothing lies there, people get the first page; a program, which would go round in circles, an
    empty one (`never_empty=False`). `dated`: the rows of `rows` that have a moment, said so that PostgreSQL
    reads them in their order.
    """
    backwards = "after" not in query and "before" in query
    place = keyset.place(str(query.get("before" if backwards else "after", "")))
    if place is None:
        return first_page(list(first(rows, keyset, size, dated=dated)), keyset, size)
    found = list(_wanted(rows, rows if dated is None else dated, keyset, place, backwards, size + 1))
    if not found:
        return page(rows, keyset, {}, size, dated=dated) if never_empty else Page([])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    begin, end = keyset.cursor(found[0]), keyset.cursor(found[-1])
    return Page(found, begin if more or not backwards else "", end if more or backwards else "")


def first(rows: QuerySet[Row], keyset: Keyset, size: int, *, dated: QuerySet[Row] | None = None) -> QuerySet[Row]:
    """What `first_page` is made of: the rows of the first page, and one more when there is a second."""
    return _wanted(rows, rows if dated is None else dated, keyset, None, False, size + 1)


def first_page(found: list[Row], keyset: Keyset, size: int) -> Page[Row]:
    """The first page of rows that `first` found."""
    return Page(found[:size], after=keyset.cursor(found[size - 1]) if len(found) > size else "")


class OneOf(Func):
    """`pk = ANY(ARRAY(SELECT …))`: the keys are looked up first, before any row is joined with others."""

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = BooleanField()


def _wanted(
    rows: QuerySet[Row],
    dated: QuerySet[Row],
    keyset: Keyset,
    place: Place | None,
    backwards: bool,
    most: int,
) -> QuerySet[Row]:
    """The next `most` rows from `place`. PostgreSQL reads a later stretch only when the one before it was short."""
    stretches = keyset.stretches(place, backwards)
    if keyset.sparse:
        stretches = [
            part for stretch in stretches for part in _split(stretch, keyset.sparse, rows.model, place, backwards)
        ]
    parts = [(dated if s.dated else rows).filter(s.which).order_by(*s.by).values("pk")[:most] for s in stretches]
    keys = parts[0] if len(parts) == 1 else parts[0].union(*parts[1:], all=True)[:most]
    chosen = OneOf(F("pk"), ArraySubquery(keys))
    return rows.filter(chosen).order_by(*keyset.order(backwards))


def _split(stretch: Stretch, nearest: int, model: type[Model], place: Place | None, backwards: bool) -> list[Stretch]:
    """A stretch that goes by keys as the nearest of them, and all the others at once in an order that no index has."""
    if stretch.dated:
        return [stretch]
    # Beyond the walk every row's key would do: added to nothing, the index of keys is left alone.
    unwalked = F("pk") + 0
    if place is not None and place[0] is None:
        end: Any = place[1] + nearest if backwards else place[1] - nearest
    else:
        end = Subquery(model._default_manager.order_by("-pk").values("pk")[:1]) - nearest
    if backwards and place is not None and place[0] is None:
        near, far = Q(pk__lt=end), Q(GreaterThanOrEqual(unwalked, end))
    else:
        near, far = Q(pk__gt=end), Q(LessThanOrEqual(unwalked, end))
    order = unwalked.asc() if backwards else unwalked.desc()
    return [Stretch(stretch.which & near, stretch.by), Stretch(stretch.which & far, [order])]


def read(cursor: str) -> Place | None:
    """Moment or day, and key, of a cursor, or nothing when somebody made it up."""
    if not CURSOR.fullmatch(cursor):
        return None
    at, _tilde, pk = cursor.partition("~")
    try:
        if len(at) == DAY:
            return date.fromisoformat(at), int(pk)
        moment = datetime.fromisoformat(at) if at else None
        if moment is None:
            return None, int(pk)
        # Some moments that Python can write are out of the reach of the database, which counts in UTC.
        return (moment.astimezone(UTC), int(pk)) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
