"""Tickets under many hands at once, on real transactions: numbers, double sends, stale edits, takers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from people.models import User
from tests.factories import EngineerFactory, NurseFactory, OperatorFactory, SiteFactory, TicketFactory
from tickets import defaults, workflow
from tickets.models import Ticket
from tickets.numbers import next_number
from tickets.states import Refused

pytestmark = pytest.mark.django_db(transaction=True)
NOW = TicketFactory._meta.declarations["now"]


def at_once(acts: Iterable[Callable[[], Any]], hands: int) -> list[Any]:
    """Do all `acts` in `hands` threads that start together; returns what came out, errors included."""
    acts = list(acts)
    start = Barrier(hands)

    def work(mine: list[Callable[[], Any]]) -> list[Any]:
        start.wait()
        try:
            return [outcome(act) for act in mine]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(hands) as pool:
        shares = list(pool.map(work, [acts[hand::hands] for hand in range(hands)]))
    return [result for share in shares for result in share]


def outcome(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except Exception as error:  # noqa: BLE001 (the test says which it expects)
        return error


@pytest.fixture
def nurse() -> User:
    defaults.load()
    person = NurseFactory()
    SiteFactory(hospital=person.hospital)
    TicketFactory(reporter=person)
    return person


def test_200_parallel_creates_give_200_numbers_and_no_deadlock(nurse: User) -> None:
    """T106."""
    filed = at_once([lambda: TicketFactory(reporter=nurse).number] * 200, hands=20)
    assert len(set(filed)) == 200
    assert all(isinstance(number, str) for number in filed)
    assert Ticket.objects.count() == 201


def test_the_first_numbers_of_a_year_are_taken_without_collision(db: None) -> None:
    """The sequence of the year is made by whoever comes first; the others wait for it."""
    later = NOW.replace(year=2031)
    assert {*at_once([lambda: next_number(later)] * 16, hands=16)} == {f"SR-2031-{n:06d}" for n in range(1, 17)}
    with connection.cursor() as cursor:
        cursor.execute("DROP SEQUENCE tickets_number_2031")


def test_a_form_sent_twice_at_the_same_moment_is_one_ticket(nurse: User) -> None:
    key = uuid4()
    filed = at_once([lambda: TicketFactory(reporter=nurse, client_key=key)] * 8, hands=8)
    assert len({ticket.pk for ticket in filed}) == 1
    assert Ticket.objects.filter(client_key=key).count() == 1
    ticket = filed[0]
    assert ticket.timeline.facts.filter(kind="notified").count() == 1


def test_of_two_stale_edits_one_is_told_both_versions(nurse: User) -> None:
    """T031."""
    ticket, operator = TicketFactory(reporter=nurse, title="黑屏"), OperatorFactory()

    def edit(title: str) -> Callable[[], Ticket]:
        return lambda: workflow.edit(ticket, title=title, description="", place="", version=1, by=operator, now=NOW)

    results = at_once([edit(title) for title in ("蓝屏", "花屏", "雪花", "条纹")], hands=4)
    saved = [result for result in results if isinstance(result, Ticket)]
    assert len(saved) == 1
    assert sum(isinstance(result, workflow.Conflict) for result in results) == 3
    ticket.refresh_from_db()
    assert (ticket.title, ticket.version) == (saved[0].title, 2)


def test_of_many_who_take_a_ticket_one_gets_it(nurse: User) -> None:
    ticket = TicketFactory(reporter=nurse)
    people = [EngineerFactory() for _ in range(6)]
    results = at_once([lambda one=one: workflow.take(ticket, by=one, now=NOW) for one in people], hands=6)
    assert sum(isinstance(result, Ticket) for result in results) == 1
    assert sum(isinstance(result, Refused) for result in results) == 5
    assert ticket.events.filter(kind="owner").count() == ticket.events.filter(kind="assigned").count() == 1


def test_first_answers_at_the_same_moment_respond_once(nurse: User) -> None:
    ticket = TicketFactory(reporter=nurse)
    people = [OperatorFactory() for _ in range(6)]
    results = at_once(
        [lambda one=one: workflow.answer(ticket, by=one, text="在查", now=NOW) for one in people], hands=6
    )
    assert all(isinstance(result, Ticket) for result in results)
    kinds = list(ticket.timeline.facts.values_list("kind", flat=True))
    assert (kinds.count("responded"), kinds.count("updated")) == (1, 5)


def test_tasks_that_run_twice_at_once_act_once(nurse: User) -> None:
    ticket = TicketFactory(reporter=nurse)
    workflow.resolve(ticket, by=OperatorFactory(), cause="线", action="插紧", now=NOW)
    later = NOW.replace(month=4)
    assert sum(at_once([lambda: workflow.close_silent(later)] * 4, hands=4)) == 1
    assert ticket.events.filter(kind="closed").count() == 1
