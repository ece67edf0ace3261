"""The same request ten times at once gives one ticket and one reply (T100), on real transactions."""

from __future__ import annotations

import pytest

from people.models import StoredReply
from sla import defaults as promises
from tests.api_case import Program
from tests.factories import NurseFactory, OperatorFactory, SiteFactory, TicketFactory
from tests.races.test_tickets import at_once
from tickets import defaults
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)
KEY = {"Idempotency-Key": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}


def test_ten_parallel_sends_with_one_key_give_one_ticket_and_the_same_reply() -> None:
    promises.load()
    defaults.load()
    nurse = NurseFactory()
    SiteFactory(hospital=nurse.hospital)
    programs = [Program(nurse) for _ in range(10)]
    sends = [lambda program=program: program.post("/tickets/", KEY, title="打不开") for program in programs]
    answers = at_once(sends, hands=10)
    assert [answer.status_code for answer in answers] == [201] * 10
    assert len({answer.content for answer in answers}) == 1
    assert (Ticket.objects.count(), StoredReply.objects.count()) == (1, 1)


def test_of_two_edits_with_the_same_etag_one_is_stale() -> None:
    """T031."""
    defaults.load()
    ticket = TicketFactory()
    programs = [Program(OperatorFactory()) for _ in range(4)]
    path = f"/tickets/{ticket.number}/"
    etag = {"If-Match": programs[0].get(path)["ETag"]}
    edits = [lambda n=n, program=program: program.patch(path, etag, title=f"{n}") for n, program in enumerate(programs)]
    assert sorted(answer.status_code for answer in at_once(edits, hands=4)) == [200, 412, 412, 412]
