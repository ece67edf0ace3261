"""/healthz: this process answers. /readyz: and so does everything that it stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from servicedesk import health

OK = {"postgresql": "ok", "redis": "ok", "migrations": "ok"}


@pytest.fixture(autouse=True)
def as_a_new_process() -> Iterator[None]:
    health._migrations.cache_clear()
    yield
    health._migrations.cache_clear()


def test_a_web_process_is_alive_without_database_or_redis(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_names_all_that_the_desk_stands_on(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, OK)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_migrations_are_looked_up_once_they_are_complete_only_once(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/readyz")
    with django_assert_num_queries(1):
        client.get("/readyz")


@pytest.mark.django_db
def test_a_missing_migration_is_counted_until_it_is_applied(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sla' AND name LIKE '0002%'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, OK | {"migrations": "1 not applied"})
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('sla', '0002_engine', now())")
    assert client.get("/readyz").json() == OK


@pytest.mark.django_db
def test_without_redis_it_says_so_and_not_where_redis_is(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, OK | {"redis": "does not answer"})
    assert b"hunter2" not in answer.content


@pytest.mark.django_db
def test_without_a_database_it_says_so_and_asks_the_rest(client: Client) -> None:
    with connection.cursor() as cursor:
        # From here on PostgreSQL refuses everything in this transaction, as it would with its disk gone.
        with pytest.raises(Exception, match="division by zero"):
            cursor.execute("SELECT 1/0")
        answer = client.get("/readyz")
    connection.needs_rollback = True
    assert answer.status_code == 503
    assert answer.json() == {"postgresql": "does not answer", "redis": "ok", "migrations": "does not answer"}
