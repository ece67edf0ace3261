"""Quotas of a contract year (B6): the last one is given once, the next is billable, the anniversary gives anew."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warranty.contract_case import NOW, START, signed
from warranty import contracts, entitlements
from warranty.models import Contract, EntitlementYear, Use
from warranty.refusal import Refused

pytestmark = pytest.mark.django_db


def urgent(contract: Contract, name: str, on: str = "2026-05-04") -> Use:
    return entitlements.take(contract, "urgent", reference=name, on=date.fromisoformat(on), by=None, now=NOW)


@pytest.fixture
def contract(db: None) -> Contract:
    return signed(years=2)


def test_example_12_the_fifth_is_billable_and_the_anniversary_gives_four_anew(contract: Contract) -> None:
    assert [urgent(contract, f"SR-{n}").is_billable for n in range(4)] == [False] * 4
    announced = entitlements.left(contract, "urgent", date(2027, 4, 14))
    assert (announced.left, announced.starts_on, announced.ends_on) == (0, START, date(2027, 4, 14))
    assert urgent(contract, "SR-5", "2027-04-14").is_billable
    assert entitlements.left(contract, "urgent", date(2027, 4, 15)).left == 4
    first = urgent(contract, "SR-6", "2027-04-15")
    assert (first.is_billable, first.year.starts_on) == (False, date(2027, 4, 15))
    assert entitlements.left(contract, "urgent", date(2027, 4, 15)).left == 3


def test_asking_what_is_left_writes_nothing(contract: Contract) -> None:
    assert entitlements.left(contract, "urgent", START).left == 4
    assert not EntitlementYear.objects.exists()


def test_the_same_matter_takes_one_however_often_it_is_sent(contract: Contract) -> None:
    assert urgent(contract, "SR-1").pk == urgent(contract, "SR-1").pk
    assert entitlements.left(contract, "urgent", START).used == 1


def test_given_back_once_it_can_be_taken_again_and_stays_on_record(contract: Contract) -> None:
    uses = [urgent(contract, f"SR-{n}") for n in range(5)]
    entitlements.give_back(uses[0], reason="误按", by=None, now=NOW)
    with pytest.raises(Refused):
        entitlements.give_back(uses[0], reason="误按", by=None, now=NOW)
    assert entitlements.left(contract, "urgent", START).left == 1
    assert not urgent(contract, "SR-0").is_billable
    uses[4].refresh_from_db()
    assert uses[4].is_billable
    entitlements.give_back(uses[4], reason="医院撤回", by=None, now=NOW)
    assert entitlements.left(contract, "urgent", START).used == 4
    assert Use.objects.count() == 6


def test_giving_back_needs_a_reason(contract: Contract) -> None:
    with pytest.raises(Refused):
        entitlements.give_back(urgent(contract, "SR-1"), reason=" ", by=None, now=NOW)


@pytest.mark.parametrize(
    ("kind", "on"), [("urgent", "2026-04-14"), ("urgent", "2028-04-15"), ("meeting", "2026-05-04")]
)
def test_what_no_contract_grants_cannot_be_taken(contract: Contract, kind: str, on: str) -> None:
    with pytest.raises(Refused):
        entitlements.take(contract, kind, reference="x", on=date.fromisoformat(on), by=None, now=NOW)


def test_the_database_itself_keeps_a_quota_from_going_below_zero(contract: Contract) -> None:
    year = urgent(contract, "SR-1").year
    for used in (5, -1):
        with pytest.raises(IntegrityError), transaction.atomic():
            EntitlementYear.objects.filter(pk=year.pk).update(used=used)


def test_a_contract_that_ends_earlier_or_later_moves_the_end_of_its_last_year(contract: Contract) -> None:
    year = urgent(contract, "SR-1", "2027-05-01").year
    assert year.ends_on == date(2028, 4, 14)
    contract = contracts.change(contract, by=None, now=NOW, ends_on=date(2027, 12, 31))
    year.refresh_from_db()
    assert (year.ends_on, contract.version) == (date(2027, 12, 31), 2)
    with pytest.raises(Refused):
        urgent(contract, "SR-2", "2028-01-01")


@settings(deadline=None)
@given(start=st.dates(date(2000, 1, 1), date(2060, 12, 31)), days=st.integers(0, 1500))
def test_contract_years_meet_without_gap_or_overlap(start: date, days: int) -> None:
    contract = Contract(starts_on=start, ends_on=start + timedelta(days=days))
    day, seen = start, []
    while day <= contract.ends_on:
        first, last = entitlements.year_of(contract, day)
        assert first == day <= last
        assert entitlements.year_of(contract, last) == (first, last)
        seen.append(last)
        day = last + timedelta(days=1)
    assert seen[-1] == contract.ends_on
