"""What is asked all day reads by an index: its time must not grow with the years of history behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications import delivery
from notifications.models import Delivery, Notification
from reports import figures
from sla.models import Deadline, Fact, Timeline
from sla.sweep import database_now, sweep
from tests.factories import ManagerFactory, OperatorFactory, RotationFactory, TicketFactory
from tickets.models import Ticket, TicketEvent
from tickets.queue import MOST_COUNTED

HISTORY = 12_000
"""Tickets that are over; enough that reading all of them costs more than an index."""
OPEN = 200
BASE = 10_000_000
pytestmark = pytest.mark.django_db
BIG = {model._meta.db_table for model in (Ticket, TicketEvent, Timeline, Fact, Deadline, Delivery, Notification)}


@pytest.fixture
def ticket() -> Ticket:
    """A ticket of just now in the middle of a long history, and some more that run beside it."""
    now = database_now()
    RotationFactory(role="operator", people=[OperatorFactory()])
    RotationFactory(role="manager", people=[ManagerFactory()])
    model: Ticket = TicketFactory(now=now - timedelta(minutes=20))
    over = {"status": "'closed'", "solved_at": "changed_at", "closed_at": "changed_at"}
    copies(model, 0, HISTORY, over, {"state": "'met'", "stopped_at": "due_at", "next_action_at": "NULL"}, "NULL")
    copies(model, HISTORY, OPEN, {}, {}, f"next_due_at + (n - {HISTORY}) * interval '1 second'")
    told = Notification.objects.order_by("pk")[0]
    copy(told, 0, HISTORY, dedupe_key="'key' || n", created_at=f"created_at - ({HISTORY} - n) * interval '1 min'")
    post = Delivery.objects.order_by("pk")[0]
    copy(post, 0, HISTORY, notification_id=f"{BASE} + n", state="'sent'", next_try_at="NULL")
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(BIG)}")
    return model


def copies(model: Ticket, after: int, count: int, ticket: dict[str, str], clock: dict[str, str], due: str) -> None:
    """`count` copies of a ticket with its timeline, facts, events and one clock; SQL for what differs."""
    same = {"ticket_id": f"{BASE} + n", "timeline_id": f"{BASE} + n"}
    copy(model.timeline, after, count, key="gen_random_uuid()", next_due_at=due)
    number = {"number": "'SR-2020-' || n", "client_key": "NULL"}
    copy(model, after, count, **number, timeline_id=same["timeline_id"], **ticket)
    copy(model.timeline.facts.order_by("pk")[0], after, count, timeline_id=same["timeline_id"])
    copy(model.events.order_by("pk")[0], after, count, ticket_id=same["ticket_id"])
    copy(model.timeline.deadlines.order_by("pk")[0], after, count, timeline_id=same["timeline_id"], **clock)


def copy(row: Model, after: int, count: int, **changes: str) -> None:
    """`count` copies of a row with ids from BASE + `after` + 1; `changes`: column → SQL, where n counts."""
    columns = [str(field.column) for field in row._meta.concrete_fields]
    values = {**{name: name for name in columns}, **changes, "id": f"{BASE} + n"}
    table, picked = row._meta.db_table, ", ".join(values[name] for name in columns)
    rows = f"FROM {table}, generate_series({after + 1}, {after + count}) n WHERE id = {row.pk}"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {picked} {rows}")


def read_in_full(do: Callable[[], Any]) -> dict[str, str]:
    """Big tables that a statement of `do` reads from end to end, with the statement."""
    with CaptureQueriesContext(connection) as captured:
        do()
    texts = [query["sql"] for query in captured if query["sql"].lstrip().startswith(("SELECT", "WITH", "UPDATE"))]
    assert texts
    return {node["Relation Name"]: text for text in texts for node in scans(text) if node["Relation Name"] in BIG}


def scans(text: str) -> Iterator[dict[str, Any]]:
    """Every sequential scan in the plan of a statement."""
    return (node for node in plan(f"EXPLAIN (FORMAT JSON) {text}") if node["Node Type"] == "Seq Scan")


def plan(text: str) -> Iterator[dict[str, Any]]:
    """Every node of the plan that an EXPLAIN gives."""
    with connection.cursor() as cursor:
        cursor.execute(text)
        (found,) = cursor.fetchone()
    waiting = [node["Plan"] for node in (json.loads(found) if isinstance(found, str) else found)]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        yield node


def test_the_engine_finds_what_is_due_by_indexes(ticket: Ticket) -> None:
    seen = read_in_full(lambda: list(Ticket.objects.filter(place="nowhere")))
    assert set(seen) == {"tickets_ticket"}, "a scan of a big table is not seen"
    assert read_in_full(sweep) == {}
    assert read_in_full(lambda: delivery.claim("mail", database_now() + timedelta(minutes=5))) == {}


def test_no_page_reads_a_big_table_from_end_to_end(ticket: Ticket, client: Client) -> None:
    client.force_login(OperatorFactory())
    queue = reverse("console:queue")
    paths = [queue, reverse("wall"), reverse("console:ticket", args=[ticket.number]), f"{queue}?q={ticket.number}"]
    for path in paths:
        client.get(path)
        assert {path: read_in_full(partial(client.get, path))} == {path: {}}


def test_the_wall_reads_no_more_clocks_than_it_counts(ticket: Ticket) -> None:
    now, most = database_now() + timedelta(minutes=35), 20
    with CaptureQueriesContext(connection) as captured:
        load = figures.load(now, now + timedelta(hours=5), most)
    assert (load.soon, load.unfollowed) == (most, most)
    assert load.next_unfollowed_at is not None
    nodes = list(plan(f"EXPLAIN (ANALYZE, FORMAT JSON) {captured[0]['sql']}"))
    read = {node["Relation Name"]: node["Actual Rows"] for node in nodes if "Relation Name" in node}
    assert set(read) == {"sla_deadline", "sla_timeline"}
    assert max(node["Actual Rows"] for node in nodes) <= most


def test_the_queue_reads_no_more_rows_for_its_tabs_than_they_count(ticket: Ticket, client: Client) -> None:
    many, after = MOST_COUNTED + 500, HISTORY + OPEN
    for begin, due in ((after, "now() - {} * interval '1 s'"), (after + many, "now() + {} * interval '2 s'")):
        at = due.format(f"(n - {begin})")
        copies(ticket, begin, many, {}, {"due_at": at}, at)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(BIG)}")
    client.force_login(OperatorFactory())
    queue = reverse("console:queue")
    assert str(client.get(queue).content).count("999+") == 4, "all open, unassigned, soon and overdue"
    with CaptureQueriesContext(connection) as captured:
        client.get(queue)
    for text in [query["sql"] for query in captured]:
        for node in plan(f"EXPLAIN (FORMAT JSON, ANALYZE) {text}"):
            read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
            assert node.get("Relation Name") not in BIG or read <= MOST_COUNTED + OPEN, (node, text)
