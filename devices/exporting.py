"""The register as a file, in the columns that an import reads. No cell is one that a spreadsheet computes (T036)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.translation import gettext as _

from attachments import kinds
from audit.trail import note
from common.later import Later
from devices.importing import columns
from devices.importing.checking import words_of
from devices.importing.reading import RISKY, guarded
from devices.models.devices import DeviceQuerySet
from people.models import User

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = Later("xlsxwriter")

MOST_ROWS = 50_000
CHUNK = 2000
WIDTHS = {"hospital": 26, "room": 20, "name": 22, "model": 22, "serial": 20, "parent": 20}
CONTENT_TYPES = {"xlsx": kinds.WORKBOOK.content_type, "csv": "text/csv; charset=utf-8"}

Row = Sequence[str]


class Refused(Exception):
    """Too much at once; the text is a sentence for whoever asked."""


def export(
    devices: DeviceQuerySet, form: str, *, by: User, now: datetime, query: str = "", address: str | None = None
) -> bytes:
    """The devices as `form` (xlsx or csv); who took how many is on record (T037). Raises Refused."""
    count = devices.count()
    if count > MOST_ROWS:
        raise Refused(_("These are more than %(most)d devices. Choose fewer.") % {"most": MOST_ROWS})
    content = write(form, rows(devices))
    note("devices.exported", query or "-", by=by, now=now, address=address, rows=count, form=form)
    return content


def rows(devices: DeviceQuerySet) -> Iterable[Row]:
    """A row per device, hospital by hospital, MCUs before what hangs on them."""
    found = devices.for_pages().order_by("hospital__name", "site__name", "parent__serial", "name", "pk")
    for device in found.iterator(chunk_size=CHUNK):
        words = words_of(device)
        yield [words[column.code] for column in columns.ALL]


def write(form: str, lines: Iterable[Row]) -> bytes:
    """Headings in the reader's language and `lines` below them."""
    headings = [str(column.label) for column in columns.ALL]
    return _workbook(headings, lines) if form == "xlsx" else as_csv(headings, lines)


def answer(content: bytes, form: str, name: str) -> HttpResponse:
    """The file as a download called `name`."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=CONTENT_TYPES[form], headers=headers)


def _workbook(headings: Row, lines: Iterable[Row]) -> bytes:
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(_("Devices"))
        bold = book.add_format({"bold": True})
        # As if an apostrophe had been typed: the cell stays text when somebody edits it or saves it anew.
        text = book.add_format()
        text.set_quote_prefix()
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns.ALL):
            sheet.set_column(at, at, WIDTHS.get(column.code, 14))
            sheet.write_string(0, at, headings[at], bold)
        for number, line in enumerate(lines, start=1):
            for at, cell in enumerate(line):
                if cell:
                    sheet.write_string(number, at, cell, text if cell.startswith(RISKY) else None)
    return buffer.getvalue()


def as_csv(headings: Row, lines: Iterable[Row]) -> bytes:
    """A CSV file that a spreadsheet opens as text, whatever the cells begin with."""
    buffer = StringIO(newline="")
    out = csv.writer(buffer)
    out.writerow(headings)
    out.writerows([guarded(cell) for cell in line] for line in lines)
    # With its mark, or Excel would read it as the machine's own encoding.
    return buffer.getvalue().encode("utf-8-sig")
