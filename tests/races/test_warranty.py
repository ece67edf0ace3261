"""Forty hands reach for four urgent responses (B6): four get them, the others are billable, nobody is turned away."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from tests.factories import NurseFactory, OperatorFactory, TicketFactory
from tests.races.test_tickets import at_once
from tests.warranty.contract_case import NOW, TODAY, signed
from tickets import workflow
from tickets.models import Ticket
from tickets.workflow.urgent import WouldBill
from warranty import entitlements
from warranty.models import Contract, EntitlementYear, Use

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def contract(transactional_db: None) -> Contract:
    return signed()


def take(contract: Contract, name: str) -> Use:
    return entitlements.take(contract, "urgent", reference=name, on=TODAY, by=None, now=NOW)


def test_with_the_lock_off_the_same_four_are_given_more_than_once_until_the_database_objects(
    contract: Contract,
) -> None:
    """Reading, thinking, writing: what `take` does not do."""
    first = take(contract, "first")

    def naive() -> str:
        year = EntitlementYear.objects.get(pk=first.year_id)
        if year.used >= year.granted:
            return "billable"
        Use.objects.filter(pk=first.pk).count()  # somebody else reads meanwhile
        EntitlementYear.objects.filter(pk=year.pk).update(used=year.used + 1)
        return "in contract"

    given = at_once([naive] * 40, hands=20)
    lost = given.count("in contract") - (EntitlementYear.objects.get(pk=first.year_id).used - 1)
    assert lost > 0 or any(isinstance(one, IntegrityError) for one in given)


def test_of_40_parallel_takes_on_4_left_4_are_in_the_contract_and_36_billable(contract: Contract) -> None:
    taken = at_once([lambda n=n: take(contract, f"SR-{n}") for n in range(40)], hands=20)
    assert sorted(use.is_billable for use in taken) == [False] * 4 + [True] * 36
    year = EntitlementYear.objects.get()
    assert (year.used, year.granted, Use.objects.count()) == (4, 4, 40)


def test_the_same_matter_sent_20_times_at_once_takes_one(contract: Contract) -> None:
    taken = at_once([lambda: take(contract, "SR-1")] * 20, hands=20)
    assert len({use.pk for use in taken}) == 1
    assert EntitlementYear.objects.get().used == 1


def test_taking_and_giving_back_at_once_keeps_the_sum(contract: Contract) -> None:
    uses = [take(contract, f"SR-{n}") for n in range(4)]
    acts = [lambda use=use: entitlements.give_back(use, reason="误按", by=None, now=NOW) for use in uses]
    acts += [lambda n=n: take(contract, f"SX-{n}") for n in range(12)]
    results = at_once(acts, hands=16)
    assert not [one for one in results if isinstance(one, Exception)]
    standing = Use.objects.filter(returned_at=None, is_billable=False).count()
    assert EntitlementYear.objects.get().used == standing <= 4


def flag(ticket: Ticket, **more: bool) -> Ticket:
    return workflow.mark_urgent(ticket, reason="全院停诊", by=OperatorFactory(), now=NOW, **more)


def filed(contract: Contract, count: int) -> list[Ticket]:
    person = NurseFactory(hospital=contract.hospital)
    return [TicketFactory(reporter=person, now=NOW) for _ in range(count)]


def test_of_40_tickets_flagged_at_once_on_4_left_4_are_in_the_contract_and_36_billable(contract: Contract) -> None:
    acts = [lambda one=one: flag(one, may_bill=True) for one in filed(contract, 40)]
    done = at_once(acts, hands=20)
    assert sorted(one.urgent_use.is_billable for one in done) == [False] * 4 + [True] * 36
    assert (EntitlementYear.objects.get().used, Use.objects.count()) == (4, 40)
    assert {one.timeline.deadlines.filter(code="urgent").count() for one in done} == {1}


def test_of_12_flagged_at_once_without_a_word_about_money_4_get_it_and_nothing_is_taken_for_the_others(
    contract: Contract,
) -> None:
    done = at_once([lambda one=one: flag(one) for one in filed(contract, 12)], hands=12)
    assert sum(isinstance(one, WouldBill) for one in done) == 8
    assert (Ticket.objects.exclude(urgent_use=None).count(), Use.objects.count()) == (4, 4)


def test_the_same_flag_pressed_12_times_at_once_takes_one(contract: Contract) -> None:
    (ticket,) = filed(contract, 1)
    at_once([lambda: flag(ticket)] * 12, hands=12)
    assert (EntitlementYear.objects.get().used, ticket.events.filter(kind="urgent").count()) == (1, 1)
