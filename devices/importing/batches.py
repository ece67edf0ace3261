"""The verbs of a list of devices: start, check, apply, undo; and `work`, which does the writing in sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext as _

from attachments.storage import List
from audit.trail import note
from devices.importing import checking, columns, reading, undoing, writing
from devices.importing.columns import BY_CODE, REQUIRED
from devices.importing.words import is_error
from devices.models import ImportBatch, ImportRow
from people.models import User

S, V = ImportBatch.State, ImportRow.Verdict
CHUNK = 2000
SET = 500
"""Rows that are written in one transaction: a second's work, then the bar moves."""


class Refused(Exception):
    """A verb said no; the text is a sentence for whoever asked, in their language."""


def start(found: List, *, by: User, now: datetime, address: str | None = None) -> ImportBatch:
    """Keep the rows of a list that came through the door, with a guess at its columns.

    Raises `reading.Unreadable`.
    """
    table = reading.read(found)
    if not table.lines:
        raise reading.Unreadable(_("There are no rows below the headings."))
    return keep(table, name=found.name, sha256=found.sha256, by=by, now=now, address=address)


def keep(
    table: reading.Table, *, name: str, sha256: str = "", by: User, now: datetime, address: str | None = None
) -> ImportBatch:
    """Keep rows that came as a file or from another program."""
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            name=name,
            sha256=sha256,
            headings=table.headings,
            mapping=columns.guess(table.headings),
            total=len(table.lines),
            made_by=by,
            made_at=now,
        )
        ImportRow.objects.bulk_create(
            (
                ImportRow(batch=batch, number=line.number, cells=line.cells, formulas=line.formulas)
                for line in table.lines
            ),
            batch_size=CHUNK,
        )
        note("devices.import_read", batch, by=by, now=now, address=address, rows=batch.total, sha256=sha256)
    return batch


def check(batch: ImportBatch, mapping: Mapping[str, int], *, by: User) -> ImportBatch:
    """The dry run: say of every row what it would do, and write nothing to the register. Raises Refused."""
    places = _checked_mapping(batch, mapping)
    with transaction.atomic():
        batch = _locked(batch, S.READ, S.CHECKED)
        judged = checking.judge(list(batch.rows.all()), places, by)
        rows = []
        for one, rank in checking.ranks(judged):
            row = one.row
            row.verdict, row.problems, row.diff, row.rank = one.verdict, list(one.problems), one.diff, rank
            row.warns = any(not is_error(problem) for problem in one.problems)
            row.device = one.device
            rows.append(row)
        _keep(rows, "verdict", "problems", "diff", "rank", "warns", "device")
        batch.mapping, batch.state = places, S.CHECKED
        batch.planned = sum(row.verdict in {V.NEW, V.CHANGED} for row in rows)
        batch.save(update_fields=["mapping", "state", "planned"])
    return batch


def _checked_mapping(batch: ImportBatch, mapping: Mapping[str, int]) -> dict[str, int]:
    places = {code: at for code, at in mapping.items() if code in BY_CODE and 0 <= at < len(batch.headings)}
    if missing := [str(BY_CODE[code].label) for code in REQUIRED if code not in places]:
        raise Refused(_("Say which column is: %(names)s.") % {"names": ", ".join(missing)})
    if len(set(places.values())) < len(places):
        raise Refused(_("A column of the file is chosen twice."))
    return places


def apply(batch: ImportBatch, *, by: User, now: datetime, address: str | None = None) -> ImportBatch:
    """Have the rows without errors written; `work` does it. Raises Refused."""
    with transaction.atomic():
        batch = _locked(batch, S.CHECKED)
        if not batch.planned:
            raise Refused(_("There is nothing in it to write."))
        batch.state, batch.done, batch.applied_by, batch.applied_at = S.APPLYING, 0, by, now
        batch.save(update_fields=["state", "done", "applied_by", "applied_at"])
        note("devices.import_applied", batch, by=by, now=now, address=address, rows=batch.planned)
    return batch


def undo(batch: ImportBatch, *, by: User, now: datetime, address: str | None = None) -> ImportBatch:
    """Have what it wrote taken back, except rows that somebody changed since; `work` does it. Raises Refused."""
    with transaction.atomic():
        batch = _locked(batch, S.APPLIED)
        batch.state, batch.done, batch.undone_by, batch.undone_at = S.UNDOING, 0, by, now
        batch.planned = batch.rows.filter(outcome=ImportRow.Outcome.APPLIED).count()
        batch.save(update_fields=["state", "done", "planned", "undone_by", "undone_at"])
        note("devices.import_undone", batch, by=by, now=now, address=address, rows=batch.planned)
    return batch


def work(now: datetime) -> int:
    """Go on with every list that is being applied or undone until it is done; how many rows.

    Each set is its own transaction under the list's lock: a worker that dies loses one set, another one that
    comes by meanwhile finds the list taken and leaves it.
    """
    rows = 0
    for pk in ImportBatch.objects.filter(state__in=[S.APPLYING, S.UNDOING]).values_list("pk", flat=True):
        while (done := _one_set(pk, now)) is not None:
            rows += done
    return rows


def _one_set(pk: int, now: datetime) -> int | None:
    """Rows of one set; `None`: nothing more to do, or somebody else is at it."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
        if batch is None or not batch.is_at_work:
            return None
        undoes = batch.state == S.UNDOING
        rows = _set_to_undo(batch) if undoes else _set_to_apply(batch)
        if not rows:
            batch.state = S.UNDONE if undoes else S.APPLIED
            batch.save(update_fields=["state"])
            return None
        if undoes:
            undoing.undo(rows, batch, now)
        else:
            writing.write(rows, batch, now)
        _keep(rows, "outcome", "problems", "device", "before", "after")
        batch.done += len(rows)
        batch.save(update_fields=["done"])
        return len(rows)


def _set_to_apply(batch: ImportBatch) -> list[ImportRow]:
    """MCUs before their terminals."""
    return list(batch.rows.filter(outcome="", verdict__in=[V.NEW, V.CHANGED]).order_by("rank", "number")[:SET])


def _set_to_undo(batch: ImportBatch) -> list[ImportRow]:
    """Terminals before their MCU."""
    return list(batch.rows.filter(outcome=ImportRow.Outcome.APPLIED).order_by("-rank", "-number")[:SET])


def _locked(batch: ImportBatch, *states: str) -> ImportBatch:
    row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if row.state not in states:
        raise Refused(_("That is not possible now: the list is %(state)s.") % {"state": row.get_state_display()})
    return row


def _keep(rows: Iterable[ImportRow], *fields: str) -> None:
    """Write these fields of rows that exist: an insert that meets them is quicker than an UPDATE with a CASE each."""
    waiting = iter(rows)
    for chunk in _chunks(waiting):
        ImportRow.objects.bulk_create(chunk, update_conflicts=True, unique_fields=["id"], update_fields=list(fields))


def _chunks(rows: Iterator[ImportRow]) -> Iterator[list[ImportRow]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
