"""A quote under two hands at once: accepted and taken back at the same moment, or sent twice, one of them wins."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any

import pytest

from people.models import User
from tests.factories import NurseFactory, OperatorFactory, SiteFactory, TechnicianFactory, TicketFactory
from tests.races.test_tickets import NOW, at_once
from tests.tickets.quote_case import ITEMS, VALID
from tickets import defaults, workflow
from tickets.models import Quote
from tickets.states import Refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def draft(transactional_db: None, settings: Any, tmp_path: Path) -> Quote:
    settings.MEDIA_ROOT = tmp_path
    defaults.load()
    nurse = NurseFactory()
    SiteFactory(hospital=nurse.hospital)
    ticket = TicketFactory(reporter=nurse)
    return workflow.save_quote(ticket, lines=ITEMS, valid_until=VALID, read=None, by=OperatorFactory(), now=NOW)


def test_of_accepting_declining_and_taking_back_at_once_one_counts(draft: Quote) -> None:
    operator = draft.changed_by
    # Everybody holds a row of their own, as it was read before the others came.
    quote = workflow.send_quote(draft, by=operator, now=NOW)
    people: list[User] = [TechnicianFactory(hospital=quote.hospital) for _ in range(3)]
    acts = [lambda one=one: workflow.answer_quote(copy(quote), accept=True, by=one, now=NOW) for one in people]
    acts += [
        lambda: workflow.answer_quote(copy(quote), accept=False, by=people[0], now=NOW),
        lambda: workflow.withdraw_quote(copy(quote), reason="算错", by=operator, now=NOW),
        lambda: workflow.withdraw_quote(copy(quote), reason="算错", by=operator, now=NOW),
    ]
    results = at_once(acts, hands=6)
    assert sum(isinstance(one, Quote) for one in results) == 1
    assert sum(isinstance(one, Refused) for one in results) == 5
    said = quote.ticket.events.filter(kind="quote", data__how__in=["accepted", "declined", "withdrawn"])
    quote.refresh_from_db()
    assert [event.data["how"] for event in said] == [quote.state]


def test_a_draft_sent_by_many_goes_out_once(draft: Quote) -> None:
    results = at_once([lambda: workflow.send_quote(copy(draft), by=draft.changed_by, now=NOW)] * 4, hands=4)
    assert sum(isinstance(one, Quote) for one in results) == 1
    assert draft.ticket.files.count() == 1
    begun = [lambda n=n: _replace(draft, n) for n in range(4)]
    assert sum(isinstance(one, Quote) for one in at_once(begun, hands=4)) == 1
    assert sorted(draft.ticket.quotes.values_list("version", "state")) == [(1, "sent"), (2, "draft")]


def _replace(quote: Quote, number: int) -> Quote:
    lines = ITEMS[: 1 + number % 2]
    return workflow.save_quote(quote.ticket, lines=lines, valid_until=VALID, read=None, by=quote.changed_by, now=NOW)
