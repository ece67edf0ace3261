"""The worked example of two hours on site and then a spare (A6, A11), to the second."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sla import deadlines, defaults
from sla.facts import Kind
from sla.models import Calendar, Commitment, Deadline, NationalYear, Policy
from tests.sla.cases import FAULT, Case, declared_failed, local

pytestmark = pytest.mark.django_db
State = Deadline.State


@pytest.fixture(autouse=True)
def promise_book(db: None) -> None:
    defaults.load()


def test_two_hours_on_site_without_a_fix_are_announced_at_their_instant() -> None:
    case = declared_failed()
    case.say(Kind.ARRIVED, "11:20")
    assert case.due("fix") == "2026-03-11 13:20:00"
    case.rebuild("13:25")
    fact = case.timeline.facts.get(kind=Kind.FIX_LIMIT_PASSED)
    assert fact.at == local("2026-03-11 13:20:00")
    assert fact.recorded_at == local("2026-03-11 13:25")


def spares_policy() -> None:
    """The clocks of the spares come as rows only: the engine is not changed for them."""
    policy = Policy.objects.get(code="telemedicine")
    common = {"policy": policy, "clause": "A11", "starts_on": [Kind.PART_NEEDED], "valid_from": defaults.BEGINNING}
    Commitment.objects.create(
        code="shipped",
        name="shipped",
        stops_on=[Kind.PART_SHIPPED],
        targets=[{"minutes": 1440}],
        calendar=Calendar.objects.get(code="always"),
        **common,
    )
    Commitment.objects.create(
        code="delivered",
        name="delivered",
        stops_on=[Kind.PART_DELIVERED],
        targets=[{"days": 2}],
        calendar=Calendar.objects.get(code="cn"),
        **common,
    )


@pytest.mark.parametrize(
    ("requested", "due"),
    [
        ("2026-03-11 13:20", "2026-03-13 18:00:00"),
        ("2026-03-13 17:59", "2026-03-17 18:00:00"),
        ("2026-03-13 18:01", "2026-03-17 18:00:00"),
        ("2026-02-13 10:00", "2026-02-24 18:00:00"),
        ("2026-09-29 19:30", "2026-10-08 18:00:00"),
        ("2026-10-02 09:00", "2026-10-09 18:00:00"),
        ("2026-10-08 09:00", "2026-10-10 18:00:00"),
    ],
)
def test_a_spare_is_due_on_the_second_working_day(requested: str, due: str) -> None:
    spares_policy()
    case = Case(requested[:10])
    case.say(Kind.NOTIFIED, requested, **FAULT)
    case.say(Kind.PART_NEEDED, requested)
    assert case.due("delivered") == due
    assert case.clock("shipped").due_at == local(requested) + timedelta(hours=24)


def test_a_year_that_is_not_published_gives_a_provisional_due_time_until_it_is_loaded() -> None:
    spares_policy()
    NationalYear.objects.filter(year__gte=2027).delete()
    cn = Calendar.objects.get(code="cn")
    from_now = local("2026-12-01 00:00")
    deadlines.activate_calendar(cn, by=None, now=from_now)
    case = Case("2026-12-30")
    case.say(Kind.NOTIFIED, "09:00", **FAULT)
    case.say(Kind.PART_NEEDED, "09:00")
    assert case.clock("delivered").is_provisional
    assert case.due("delivered") == "2027-01-01 18:00:00"
    year = NationalYear.objects.create(year=2027, is_published=True)
    for day in ("2027-01-01", "2027-01-02", "2027-01-03"):
        year.days.create(date=day, kind="holiday")
    deadlines.activate_calendar(cn, by=None, now=local("2026-12-30 12:00"))
    final = case.clock("delivered")
    assert not final.is_provisional
    assert case.due("delivered") == "2027-01-04 18:00:00"
    assert case.clock("delivered", revision=1).state == State.SUPERSEDED
