"""A prepared query gives what its queryset gives, and Django writes its SQL once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef
from django.db.models.functions import Length
from django.db.models.sql.compiler import SQLCompiler
from pytest_django import DjangoAssertNumQueries

from common.prepared import FEW, Given, Prepared, insert
from people.models import Region, StoredReply, User
from tests.factories import NurseFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def by_role() -> Prepared[User]:
    return Prepared(
        lambda: User.objects.select_related("hospital__region", "team").filter(role=Given("role")).order_by("pk")
    )


def test_it_gives_the_rows_of_its_queryset_with_what_hangs_on_them(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    nurses, operator = [NurseFactory(), NurseFactory()], UserFactory(role="operator")
    prepared = by_role()
    with django_assert_num_queries(2):
        assert prepared(role="operator") == [operator]
        found = prepared(role="hospital_staff")
        assert [(row, row.hospital, row.team) for row in found] == [(nurse, nurse.hospital, None) for nurse in nurses]
        assert all(row.hospital and row.hospital.region.name for row in found)
    whole = User.objects.select_related("hospital__region", "team").get(pk=nurses[0].pk)
    ours, theirs = vars(found[0]), vars(whole)
    assert {name: ours[name] for name in ours if name != "_state"} == {
        name: theirs[name] for name in theirs if name != "_state"
    }
    assert prepared.first(role="admin") is None


def test_values_come_back_in_their_own_types() -> None:
    nurse = NurseFactory()
    kept = {"person": nurse, "key": "k", "fingerprint": "f", "status": 201, "body": "{}", "headers": {"ETag": "1"}}
    for days in (0, 2):
        StoredReply.objects.create(**{**kept, "key": f"k{days}"}, created_at=NOW - timedelta(days=days))
    since = Prepared(lambda: StoredReply.objects.filter(created_at__gt=Given("at"), person=Given("person")))
    (row,) = since(at=NOW - timedelta(days=1), person=nurse.pk)
    assert (row.created_at, row.headers) == (NOW, {"ETag": "1"})


def test_annotations_come_with_the_rows() -> None:
    nurses = [NurseFactory(), NurseFactory()]
    same = User.objects.filter(hospital=OuterRef("hospital"), pk__lt=Given("below")).values("pk")
    prepared: Prepared[Any] = Prepared(
        lambda: (
            User.objects.filter(role=Given("role"))
            .select_related("hospital")
            .annotate(same=ArraySubquery(same), length=Length("name"))
            .order_by("pk")
        )
    )
    found = prepared(role="hospital_staff", below=nurses[1].pk)
    assert [(row, row.hospital) for row in found] == [(nurse, nurse.hospital) for nurse in nurses]
    assert [(row.same, row.length) for row in found] == [
        ([nurses[0].pk], len(nurses[0].name)),
        ([], len(nurses[1].name)),
    ]


@pytest.mark.parametrize("number", [0, 1, 2, FEW + 1])
def test_new_rows_are_added_in_one_statement_and_have_their_keys(
    number: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [Region(code=f"region-{n}", name=f"区 {n}") for n in range(number)]
    with django_assert_max_num_queries(1):
        insert(rows)
    assert {row.pk: (row.code, row.name) for row in rows} == {
        row.pk: (row.code, row.name) for row in Region.objects.all()
    }
    for row in rows:
        row.name += "!"
        row.save()
    assert Region.objects.filter(name__endswith="!").count() == number


def test_a_value_that_is_not_given_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        by_role()(person=1)


def test_its_sql_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []
    as_sql = SQLCompiler.as_sql

    def counted(self: SQLCompiler, *args: Any, **more: Any) -> Any:
        written.append(self)
        return as_sql(self, *args, **more)

    monkeypatch.setattr(SQLCompiler, "as_sql", counted)
    prepared = by_role()
    for role in ("lead", "operator", "admin"):
        prepared(role=role)
    assert len(written) == 1


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_first_at_the_same_moment_get_the_same() -> None:
    nurse, prepared, start, found = NurseFactory(), by_role(), Barrier(6), []

    def ask() -> None:
        start.wait()
        found.extend(prepared(role="hospital_staff"))
        connection.close()

    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [nurse] * 6
