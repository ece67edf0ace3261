"""The audit trail is written once: the database itself refuses the rest (safety, append-only audit)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import Error, connection, transaction

from audit import trail
from audit.models import Entry
from tests.factories import AdministratorFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET subject = 'nothing'",
        "DELETE FROM audit_entry",
        "ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_stays_whole; TRUNCATE audit_entry CASCADE",
    ],
    ids=["update", "delete", "truncate"],
)
def test_database_refuses_to_change_or_remove_a_row(statement: str) -> None:
    entry = trail.note("people.user.changed", "Li Na", by=AdministratorFactory(), now=NOW)
    with connection.cursor() as cursor:  # what a commit would have checked by then
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(Error, match="audit rows are kept"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Entry.objects.get().subject == entry.subject == "Li Na"


def test_orm_cannot_change_or_delete_one_either() -> None:
    entry = trail.note("people.user.changed", "Li Na", by=None, now=NOW)
    entry.subject = "nobody"
    with pytest.raises(Error, match="UPDATE refused"), transaction.atomic():
        entry.save()
    with pytest.raises(Error, match="DELETE refused"), transaction.atomic():
        Entry.objects.all().delete()


def test_line_breaks_in_a_subject_stay_one_record() -> None:
    assert trail.note("x", "a\r\nb", by=None, now=NOW).subject == "a  b"
