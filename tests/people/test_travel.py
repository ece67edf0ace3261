"""The travel figure of a promise: the contract's base, the row in force, its source (A2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from people.travel import figure
from tests.factories import ServiceBaseFactory, SiteFactory, TravelTimeFactory

NOW = datetime(2026, 3, 11, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_contracts_base_counts_even_when_another_is_nearer() -> None:
    contract, near = ServiceBaseFactory(), ServiceBaseFactory()
    site = SiteFactory(base=contract)
    row = TravelTimeFactory(site=site, base=contract, minutes=95)
    TravelTimeFactory(site=site, base=near, minutes=20)
    found = figure(site, NOW)
    assert found is not None
    assert (found.minutes, found.base_id, found.row_id) == (95, contract.pk, row.pk)
    assert (found.source, str(found.source_date)) == ("road table 2026-03", "2026-03-01")


def test_without_a_contracts_base_the_nearest_in_minutes_counts() -> None:
    site = SiteFactory()
    TravelTimeFactory(site=site, minutes=95)
    near = TravelTimeFactory(site=site, minutes=40)
    found = figure(site, NOW)
    assert found is not None
    assert found.row_id == near.pk


def test_later_edit_of_the_table_leaves_the_figure_of_that_moment() -> None:
    site = SiteFactory()
    old = TravelTimeFactory(site=site, minutes=95)
    new = TravelTimeFactory(site=site, base=old.base, minutes=80, valid_from=NOW + timedelta(minutes=48))
    at_start, later = figure(site, NOW), figure(site, NOW + timedelta(hours=1))
    assert at_start is not None
    assert later is not None
    assert (at_start.row_id, later.row_id) == (old.pk, new.pk)


def test_base_that_is_named_counts_before_all_others() -> None:
    site = SiteFactory()
    TravelTimeFactory(site=site, minutes=40)
    other = TravelTimeFactory(site=site, minutes=300)
    found = figure(site, NOW, other.base)
    assert found is not None
    assert found.minutes == 300


def test_missing_figure_is_none_and_never_a_guess() -> None:
    site = SiteFactory(base=ServiceBaseFactory())
    TravelTimeFactory(site=site)
    assert figure(site, NOW) is None
