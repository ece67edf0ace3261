"""Rows of cells from a workbook or a CSV file. What the cells mean is asked in `columns`."""

from __future__ import annotations

import csv
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from django.conf import settings
from django.utils.translation import gettext as _

from attachments.storage import List
from common.later import Later

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = Later("openpyxl")

MOST_COLUMNS = 60
LONGEST_CELL = 500
HEAD_WITHIN = 20
"""Rows among which the headings are looked for: titles and dates often stand above them."""
EMPTY_ROWS = 1000
"""Empty rows in a row after which nothing more is expected; a workbook may claim a million of them."""
ROUNDED = 1e15
"""From here on a spreadsheet keeps no number exactly."""
RISKY = ("=", "+", "-", "@", "\t", "\r")
"""First letters that make a spreadsheet compute a cell (T036)."""
# What openpyxl raises on damaged or hostile parts.
DAMAGE = (
    OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, EOFError, RuntimeError,
    NotImplementedError, AssertionError, RecursionError, MemoryError, BadZipFile, zlib.error, struct.error, csv.Error,
    ParseError,
)  # fmt: skip


class Unreadable(Exception):
    """The list is not taken; the text is a sentence for the sender in their language."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it stands in the file: its number there, its cells as text, and which of them are formulas."""

    number: int
    cells: list[str]
    formulas: list[int]


@dataclass(frozen=True, slots=True)
class Table:
    """A list: its headings and the rows below them, as wide as the headings."""

    headings: list[str]
    lines: list[Line]


def read(found: List) -> Table:
    """The table of the first sheet that has one. Raises Unreadable: damaged, empty, too long."""
    try:
        if found.workbook:
            return _first_table(found.workbook)
        return _table(_csv(found.text))
    except DAMAGE as error:
        raise Unreadable(_("“%(name)s” is damaged: it cannot be read as a list.") % {"name": found.name}) from error


def _first_table(content: bytes) -> Table:
    book = openpyxl.load_workbook(BytesIO(content), read_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            # What a sheet says of its own size may be a lie, or missing.
            sheet.reset_dimensions()
            table = _table(_sheet(sheet))
            if table.lines:
                return table
    finally:
        book.close()
    raise Unreadable(_("There are no rows in it."))


def _table(lines: Iterable[Line]) -> Table:
    """Headings are the first row of at least two words; what stands above is no row of the list."""
    most: int = settings.DEVICE_IMPORT_MAX_ROWS
    headings: list[str] = []
    rows: list[Line] = []
    for line in lines:
        if not headings:
            if sum(bool(cell) for cell in line.cells) >= 2:
                headings = _trimmed(line.cells)
            elif line.number > HEAD_WITHIN:
                break
            continue
        if len(rows) == most:
            raise Unreadable(_("The list has more than %(most)d rows. Split it.") % {"most": most})
        width = len(headings)
        cells = line.cells[:width] + [""] * (width - len(line.cells))
        rows.append(Line(line.number, cells, [at for at in line.formulas if at < width]))
    if not headings:
        raise Unreadable(_("No headings were found. The first row must name the columns."))
    return Table(headings, rows)


def _trimmed(cells: Sequence[str]) -> list[str]:
    last = max(at for at, cell in enumerate(cells) if cell)
    return [cell[:80] for cell in cells[: last + 1]]


def _sheet(sheet: Any) -> Iterator[Line]:
    empty = 0
    for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
        cells = [_text(cell.value) for cell in row]
        if not any(cells):
            if (empty := empty + 1) > EMPTY_ROWS:
                return
            continue
        empty = 0
        yield Line(number, cells, [at for at, cell in enumerate(row) if cell.data_type == "f"])


def _csv(text: str) -> Iterator[Line]:
    separator = max(",;\t", key=text[:4000].count)
    for number, row in enumerate(csv.reader(StringIO(text, newline=""), delimiter=separator), start=1):
        said = [cell.strip() for cell in row[:MOST_COLUMNS]]
        if any(said):
            yield Line(number, [_shortened(unguarded(cell)) for cell in said], [*_formulas(said)])


def _formulas(cells: Sequence[str]) -> Iterator[int]:
    return (at for at, cell in enumerate(cells) if cell.startswith("="))


def unguarded(text: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from computing it; `guarded` puts it there."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(RISKY) else text


def guarded(text: str) -> str:
    """A cell for a CSV file that no spreadsheet takes for a formula (T036)."""
    return f"'{text}" if text.lstrip("'").startswith(RISKY) else text


def _text(value: Any) -> str:
    """What a cell shows. A number that a spreadsheet has rounded looks like one: 1.23E+15."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
        case int() | float() if abs(value) >= ROUNDED:
            return f"{value:.5E}"
        case float():
            return str(int(value)) if value.is_integer() else repr(value)
        case _:
            return _shortened(" ".join(str(value).split()))


def _shortened(text: str) -> str:
    """Without what does not show: controls, bidi marks, halves of surrogates that no database takes."""
    text = text[:LONGEST_CELL]
    return text if text.isprintable() else "".join(mark for mark in text if mark.isprintable()).strip()
