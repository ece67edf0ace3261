"""The trail is a chain of hashes: a changed byte, a lost row, a row from elsewhere are all named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import import_module
from io import StringIO
from threading import Barrier

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections, transaction

from audit import chain, tasks, trail
from audit.models import Entry, Link
from tests.factories import AdministratorFactory

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
WRITERS = 100
pytestmark = pytest.mark.django_db


def write(*subjects: str) -> None:
    """One committed transaction each, as far as the chain can tell."""
    for subject in subjects:
        trail.note("people.user.changed", subject, by=None, now=NOW)
        settle()


def settle() -> None:
    """What a commit does: run the deferred checks, the chaining among them."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def tamper(statement: str) -> None:
    """A superuser's hand: no trigger stands in its way."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


def broken() -> list[str]:
    return [str(one) for one in chain.verify().breaks]


def test_an_empty_trail_is_whole() -> None:
    assert chain.verify() == chain.Verdict()


def test_each_entry_is_one_link_numbered_without_a_gap() -> None:
    write("a", "b", "c")
    assert list(Link.objects.order_by("seq").values_list("seq", "entry__subject")) == [(1, "a"), (2, "b"), (3, "c")]
    verdict = chain.verify()
    assert (verdict.length, verdict.breaks) == (3, [])
    assert f"3:{verdict.head}" == str(Link.objects.get(seq=3))


def test_what_the_database_hashed_is_what_any_reader_can_count_again() -> None:
    """Quotes, controls, other planes, numbers, an address, a person, a fraction of a second."""
    person, moment = AdministratorFactory(), datetime(2026, 1, 2, 3, 4, 5, 60, tzinfo=UTC)
    odd = 'q"uo\\te \t \b \f \x01 \x1f \x7f 龘 😀 \u2028'
    trail.note("x", odd, by=person, now=moment, address="2001:db8::1", n=1.50, text=odd, none=None, deep={"b": [1]})
    trail.note("x", "", by=None, now=NOW, address="10.0.0.9")
    settle()
    assert broken() == []


@pytest.mark.parametrize(
    "column", ["subject = 'B'", "at = at + interval '1 microsecond'", "detail = '{\"a\": 1}'", "address = '::1'"]
)
def test_one_changed_value_is_named_by_its_number(column: str) -> None:
    write("a", "b", "c")
    tamper(f"UPDATE audit_entry SET {column} WHERE subject = 'b'")
    assert [one.split(":")[0] for one in broken()] == ["2"]
    assert "not what was written" in broken()[0]


def test_a_changed_hash_is_named_by_its_number() -> None:
    write("a", "b", "c")
    tamper("UPDATE audit_link SET hash = set_byte(hash, 31, get_byte(hash, 31) # 1) WHERE seq = 2")
    assert [one.split(":")[0] for one in broken()] == ["2"]


def test_a_lost_row_is_named_whether_its_link_went_too_or_not() -> None:
    write("a", "b", "c", "d")
    tamper("DELETE FROM audit_entry WHERE subject = 'c'")
    assert broken() == ["3: its entry is gone"]
    tamper("DELETE FROM audit_link WHERE seq = 3")
    assert broken() == ["4: link 3 is missing"]


def test_a_row_that_was_slipped_in_is_named() -> None:
    write("a")
    tamper("INSERT INTO audit_entry (at, act, subject, detail) VALUES (now(), 'x', 'slipped in', '{}')")
    number = Entry.objects.get(subject="slipped in").pk
    assert broken() == [f"–: entry {number} is not in the chain"]


def test_a_head_noted_earlier_shows_a_trail_that_was_cut_or_told_anew() -> None:
    write("a", "b")
    head = chain.verify()
    anchor = (head.length, head.head)
    write("c")
    assert chain.verify(anchor).breaks == []
    tamper("DELETE FROM audit_link WHERE seq > 1; DELETE FROM audit_entry WHERE subject <> 'a'")
    assert broken() == []
    assert str(chain.verify(anchor).breaks[0]) == "2: missing; the trail once had 2 links"
    write("B")
    assert broken() == []
    assert "noted earlier" in chain.verify(anchor).breaks[0].why


def test_the_command_prints_the_head_and_fails_with_the_first_broken_number() -> None:
    write("a", "b")
    out, errors = StringIO(), StringIO()
    call_command("audit_verify", stdout=out)
    head = out.getvalue().split()[-1]
    call_command("audit_verify", "--head", head, stdout=out)
    tamper("UPDATE audit_entry SET act = 'y' WHERE subject = 'b'")
    with pytest.raises(CommandError):
        call_command("audit_verify", stderr=errors)
    assert errors.getvalue().startswith("broken at 2: ")


def test_the_migration_chains_what_stands_already() -> None:
    for subject in "abc":
        tamper(f"INSERT INTO audit_entry (at, act, subject, detail) VALUES (now(), 'x', '{subject}', '{{}}')")
    assert len(broken()) == 3
    with connection.cursor() as cursor:
        cursor.execute(import_module("audit.migrations.0004_chain").EXISTING)
    assert broken() == []
    write("d")
    assert (broken(), Link.objects.get(entry__subject="d").seq) == ([], 4)


@pytest.mark.django_db(transaction=True)
def test_a_hundred_writers_at_once_make_one_chain_and_those_that_fail_leave_no_gap() -> None:
    """Each writes twice in a transaction; every tenth of them breaks off at its end."""
    start = Barrier(WRITERS, timeout=60)

    def work(number: int) -> None:
        try:
            with transaction.atomic():
                trail.note("x", f"{number} first", by=None, now=NOW)
                start.wait()
                trail.note("x", f"{number} second", by=None, now=NOW)
                transaction.set_rollback(number % 10 == 0)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))
    verdict = chain.verify()
    assert (verdict.length, verdict.breaks) == (2 * WRITERS * 9 // 10, [])


def test_the_daily_check_logs_the_head_and_shouts_when_the_trail_is_broken(caplog: pytest.LogCaptureFixture) -> None:
    write("a", "b")
    caplog.set_level("INFO", "audit.tasks")
    tasks.verify()
    assert f"head 2:{chain.verify().head}" in caplog.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    tamper("UPDATE audit_entry SET act = 'y' WHERE subject = 'b'")
    tasks.verify()
    shouted = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert [text.split(":")[0] for text in shouted] == ["the audit trail is broken at 2"]


@pytest.mark.django_db(transaction=True)
def test_a_writer_that_goes_on_working_holds_up_no_other() -> None:
    """The chain is locked at the commit, not at the word: an open transaction is waited for by nobody."""

    def note_elsewhere() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '30s'")
            trail.note("x", "meanwhile", by=None, now=NOW)
        finally:
            connections.close_all()

    with transaction.atomic():
        trail.note("x", "first", by=None, now=NOW)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(note_elsewhere).result()
    assert list(Link.objects.order_by("seq").values_list("entry__subject", flat=True)) == ["meanwhile", "first"]
    assert broken() == []
