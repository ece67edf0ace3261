"""Pages of a long list by the last row seen instead of by counting (no OFFSET).

A page starts after a row's own values, so rows that come, go or move never shift another row onto
two pages or off both, and the tenth page costs as much as the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Keyset:
    """An order of rows: by the moment `key` (a field path), rows without one last, then newest first.

    Without `key` simply newest first.
    """

    key: str = ""

    def order(self, backwards: bool = False) -> list[OrderBy]:
        """Arguments of `order_by`, or those of the same order read from the end."""
        newest = F("pk").asc() if backwards else F("pk").desc()
        if not self.key:
            return [newest]
        moment = F(self.key)
        return [moment.desc(nulls_first=True) if backwards else moment.asc(nulls_last=True), newest]

    def beyond(self, at: datetime | None, pk: int, backwards: bool = False) -> Q:
        """Rows that follow (`backwards`: precede) the row with moment `at` and key `pk`."""
        tie = Q(pk__gt=pk) if backwards else Q(pk__lt=pk)
        if not self.key:
            return tie
        if at is None:
            same = Q(**{f"{self.key}__isnull": True}) & tie
            return same | Q(**{f"{self.key}__isnull": False}) if backwards else same
        later = Q(**{f"{self.key}__{'lt' if backwards else 'gt'}": at}) | (Q(**{self.key: at}) & tie)
        return later if backwards else later | Q(**{f"{self.key}__isnull": True})

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


def page(rows: QuerySet[Row], keyset: Keyset, query: Mapping[str, Any], size: int) -> Page[Row]:
    """The page that `after=` or `before=` in `query` asks for; the first when nothing lies there."""
    backwards = "after" not in query and "before" in query
    place = _read(str(query.get("before" if backwards else "after", "")))
    if place is None:
        found = list(rows.order_by(*keyset.order())[: size + 1])
        return Page(found[:size], after=keyset.cursor(found[size - 1]) if len(found) > size else "")
    beyond = rows.filter(keyset.beyond(*place, backwards)).order_by(*keyset.order(backwards))
    found = list(beyond[: size + 1])
    if not found:
        return page(rows, keyset, {}, size)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    first, last = keyset.cursor(found[0]), keyset.cursor(found[-1])
    return Page(found, first if more or not backwards else "", last if more or backwards else "")


def _read(cursor: str) -> tuple[datetime | None, int] | None:
    """Moment and key of a cursor, or nothing when somebody made it up."""
    at, tilde, pk = cursor.partition("~")
    if not tilde or not pk.isascii() or not pk.isdigit() or len(pk) > 18:
        return None
    try:
        moment = datetime.fromisoformat(at) if at else None
    except ValueError:
        return None
    return None if moment is not None and moment.tzinfo is None else (moment, int(pk))
