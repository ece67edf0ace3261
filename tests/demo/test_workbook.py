"""The list that the tour imports: it fits the demo, and shows everything that an import can say of a row."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from attachments import storage
from devices.importing import batches
from devices.models import Device, ImportRow
from people.models import User
from servicedesk.demo import workbook, world

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


@pytest.mark.django_db
def test_the_shipped_list_is_mostly_new_partly_known_a_little_wrong_and_goes_in() -> None:
    call_command("load_defaults")
    manager = world.make().people["wanglei"]
    rows = imported(manager)
    assert Counter(row.verdict for row in rows) == {"new": 287, "changed": 3, "same": 3, "error": 7}
    mistakes = [problem["code"] for row in rows if row.verdict == "error" for problem in row.problems]
    assert sorted(mistakes) == sorted(set(mistakes))  # each of them another
    assert any(row.warns for row in rows)
    assert Device.objects.filter(serial="TE50-2601-001", parent__serial="MX8-2601-001").exists()
    written = {row.outcome for row in rows if row.verdict in {"new", "changed"}}
    assert written == {"applied"}


def imported(by: User) -> list[ImportRow]:
    upload = SimpleUploadedFile("devices-300.xlsx", workbook.content())
    batch = batches.start(storage.read_list(upload), by=by, now=NOW)
    batch = batches.check(batch, batch.mapping, by=by)
    batches.apply(batch, by=by, now=NOW)
    batches.work(NOW)
    return list(batch.rows.all())
