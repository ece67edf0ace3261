"""The row-by-row report of a list, for its page and for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.present import Filter, Tag, Tone
from devices.importing.columns import BY_CODE
from devices.importing.words import is_error, sentence
from devices.models import ImportBatch, ImportRow

PAGE = 100
V, O = ImportRow.Verdict, ImportRow.Outcome  # noqa: E741 - as short as V
SHOWN = {
    "error": Q(verdict=V.ERROR),
    "warning": Q(warns=True),
    "new": Q(verdict=V.NEW),
    "changed": Q(verdict=V.CHANGED),
    "same": Q(verdict=V.SAME),
    "written": Q(outcome=O.APPLIED),
    "failed": Q(outcome=O.FAILED),
    "undone": Q(outcome=O.UNDONE),
    "left": Q(outcome=O.LEFT),
    "all": Q(),
}
NAMES = {
    "error": _("Errors"),
    "warning": _("Warnings"),
    "new": _("New"),
    "changed": _("Changed"),
    "same": _("Same"),
    "written": _("Written"),
    "failed": _("Not written"),
    "undone": _("Taken back"),
    "left": _("Left as it is"),
    "all": _("All rows"),
}
LATE = frozenset({"written", "failed", "undone", "left"})
"""Shown only where there is any: before the writing there never is."""
TAGS: dict[str, tuple[str, Tone]] = {
    V.NEW: ("circle-plus", "ok"),
    V.CHANGED: ("pencil", "act"),
    V.SAME: ("equal", "off"),
    V.ERROR: ("circle-x", "bad"),
    O.APPLIED: ("circle-check", "ok"),
    O.FAILED: ("circle-x", "bad"),
    O.UNDONE: ("undo-2", "off"),
    O.LEFT: ("triangle-alert", "warn"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row in words."""

    number: int
    name: str
    serial: str
    tag: Tag
    errors: tuple[str, ...]
    notes: tuple[str, ...]
    changes: tuple[tuple[str, str, str], ...]
    device_id: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """One page of the report, and how many rows there are of each sort."""

    lines: tuple[Line, ...]
    filters: tuple[Filter, ...]
    counts: Mapping[str, int]
    shown: str
    next_url: str
    first_url: str


def counts(batch: ImportBatch) -> dict[str, int]:
    """How many rows there are of each sort, in one query."""
    found: dict[str, int] = batch.rows.aggregate(**{name: Count("pk", filter=q) for name, q in SHOWN.items()})
    return found


def rows(batch: ImportBatch, shown: str) -> QuerySet[ImportRow]:
    """Rows of one sort, in the file's order."""
    return batch.rows.filter(SHOWN[shown]).order_by("number")


def report(batch: ImportBatch, shown: str, after: int) -> Report:
    """Rows of the sort `shown` behind row `after`; errors first when nothing is chosen."""
    found = counts(batch)
    if shown not in SHOWN:
        shown = next((name for name in ("left", "failed", "error") if found[name]), "all")
    page = list(rows(batch, shown).filter(number__gt=after)[: PAGE + 1])
    more = f"?show={shown}&after={page[PAGE - 1].number}" if len(page) > PAGE else ""
    filters = tuple(
        Filter(name, f"?show={code}", found[code], code == shown)
        for code, name in NAMES.items()
        if code not in LATE or found[code]
    )
    first = f"?show={shown}" if after else ""
    return Report(tuple(lines(batch, page[:PAGE])), filters, found, shown, more, first)


def lines(batch: ImportBatch, page: Iterable[ImportRow]) -> Iterable[Line]:
    """Rows of a checked list in words."""
    for row in page:
        said = {code: row.cells[at] for code, at in batch.mapping.items()}
        word, (icon, tone) = _state(row)
        yield Line(
            number=row.number,
            name=said.get("name", ""),
            serial=said.get("serial", ""),
            tag=Tag(word, icon, tone),
            errors=errors(row),
            notes=notes(row),
            changes=tuple((str(BY_CODE[code].label), old, new) for code, (old, new) in row.diff.items()),
            device_id=row.device_id,
        )


def errors(row: ImportRow) -> tuple[str, ...]:
    """What keeps the row out, in sentences."""
    return tuple(sentence(one) for one in row.problems if is_error(one))


def notes(row: ImportRow) -> tuple[str, ...]:
    """What else is to be said of the row, in sentences."""
    return tuple(sentence(one) for one in row.problems if not is_error(one))


def _state(row: ImportRow) -> tuple[str, tuple[str, Tone]]:
    if row.outcome:
        return row.get_outcome_display(), TAGS[row.outcome]
    return row.get_verdict_display(), TAGS[row.verdict]
