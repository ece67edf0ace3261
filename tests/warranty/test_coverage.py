"""Who pays: the table of cases by clause, and what holds at every boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warranty import coverage
from warranty.coverage import Case, Cause, Cover, Facts, Finding, Outcome, Price, Term
from warranty.defaults import OUTSIDE, TERMS

BEGINNING = date(2020, 1, 1)


def term(key: int, fields: dict[str, Any], **changes: Any) -> Term:
    """A shipped rule, as the chain reads it."""
    known: dict[str, Any] = {
        "key": key,
        "version": 1,
        "valid_from": BEGINNING,
        "years": fields.get("years"),
        "kinds": frozenset(fields.get("device_kinds", ())),
        "causes": frozenset(fields.get("causes", ())),
        "excludes": frozenset(fields.get("excluded_causes", ())),
        **{name: fields[name] for name in ("code", "clause", "outcome", "basis")},
    }
    return Term(**{**known, **changes})


SHIPPED = [term(number, fields) for number, fields in enumerate(TERMS, start=1)]
MAKER = next(one for one in SHIPPED if one.code == "maker_3_years")
FREE_YEAR = next(one for one in SHIPPED if one.code == "his_free_year")
MCU = Facts("mcu", accepted_on=date(2024, 5, 20))
HIS = Facts("his_server", installed_on=date(2025, 6, 1))
DEAD = replace(MCU, discontinued_on=date(2026, 3, 31))
PAID = Cover(9, "HT-1", 2, "B2", False, date(2026, 6, 2), date(2027, 6, 1), frozenset(OUTSIDE))
FREE = replace(PAID, key=8, number="HT-0", is_free=True, starts_on=date(2025, 6, 1), ends_on=date(2026, 5, 31))
PRICES = [
    Price(1, "call_out", 1, Decimal("300.00"), Decimal(1), BEGINNING),
    Price(2, "hour", 1, Decimal("200.00"), Decimal("1.5"), BEGINNING),
]


def ask(device: Facts, on: str, cause: str = Cause.UNKNOWN, *contracts: Cover) -> coverage.Verdict:
    return coverage.verdict(Case(device, date.fromisoformat(on), cause), SHIPPED, contracts, PRICES)


@pytest.mark.parametrize(
    ("device", "on", "cause", "contracts", "outcome", "clause", "until"),
    [
        # A4: the maker's three years, the first day not counted, the last one the same date (worked example 11)
        (MCU, "2024-05-20", "unknown", (), "free", "A4", "2027-05-20"),
        (MCU, "2027-05-20", "hardware", (), "free", "A4", "2027-05-20"),
        (MCU, "2027-05-21", "hardware", (), "billable", "A12", None),
        (replace(MCU, accepted_on=date(2024, 2, 29)), "2027-02-28", "unknown", (), "free", "A4", "2027-02-28"),
        (replace(MCU, accepted_on=date(2024, 2, 29)), "2027-03-01", "unknown", (), "billable", "A12", None),
        (MCU, "2026-01-01", "damage", (), "billable", "A12", None),
        (MCU, "2026-01-01", "handling", (), "billable", "A12", None),
        # B2: a free year from the implementation, then paid; an inherent defect is free for ever
        (HIS, "2026-06-01", "software", (), "free", "B2", "2026-06-01"),
        (HIS, "2026-06-02", "software", (), "billable", "A12", None),
        (HIS, "2026-06-02", "inherent_defect", (), "inherent", "B2", None),
        (HIS, "2049-06-02", "inherent_defect", (), "inherent", "B2", None),
        (HIS, "2026-06-02", "software", (PAID,), "contract", "B2", "2027-06-01"),
        (HIS, "2026-06-02", "handling", (PAID,), "billable", "A12", None),
        (HIS, "2027-06-02", "software", (PAID,), "billable", "A12", None),
        # Not for a device that no such promise was made for: the maker's firmware is not the HIS vendor's software
        (MCU, "2028-01-01", "inherent_defect", (), "billable", "A12", None),
        # Of two that hold, the free one counts, and the longest of the free
        (HIS, "2026-01-01", "software", (FREE, PAID), "free", "B2", "2026-06-01"),
        # A12: while the model lives, and three years after
        (DEAD, "2026-12-01", "unknown", (), "free", "A4", "2027-05-20"),
        (DEAD, "2029-03-31", "unknown", (), "billable", "A12", "2029-03-31"),
        (DEAD, "2029-04-01", "unknown", (), "unsupported", "A12", None),
        (DEAD, "2029-04-01", "unknown", (replace(PAID, ends_on=date(2030, 1, 1)),), "contract", "B2", "2030-01-01"),
        # What nobody has entered is not guessed
        (Facts("terminal"), "2026-01-01", "unknown", (), "unclear", "A4", None),
        (Facts("terminal"), "2026-12-01", "unknown", (PAID,), "contract", "B2", "2027-06-01"),
        (MCU, "2024-05-19", "unknown", (), "unclear", "A4", None),
        (Facts("terminal"), "2026-01-01", "damage", (), "billable", "A12", None),
        (Facts("other"), "2026-01-01", "unknown", (), "billable", "A12", None),
    ],
)
def test_who_pays(
    device: Facts, on: str, cause: str, contracts: tuple[Cover, ...], outcome: str, clause: str, until: str | None
) -> None:
    found = ask(device, on, cause, *contracts)
    assert (found.outcome, found.clause) == (outcome, clause)
    assert found.until == (date.fromisoformat(until) if until else None)
    assert found.chain[-1] == found.rule or found.outcome == Outcome.UNCLEAR
    assert bool(found.decider) == (found.outcome == Outcome.UNCLEAR)
    assert bool(found.estimate) == (found.outcome == Outcome.BILLABLE)


def test_the_verdict_says_what_would_change_it() -> None:
    after = ask(HIS, "2026-06-02", "software")
    assert [(one.what, one.value, one.outcome) for one in after.changes] == [("cause", "inherent_defect", "inherent")]
    within = ask(MCU, "2026-01-01")
    assert [(one.what, one.value, one.outcome) for one in within.changes] == [
        ("cause", "handling", "billable"),
        ("cause", "damage", "billable"),
        ("cause", "surroundings", "billable"),
        ("day", "2027-05-21", "billable"),
    ]
    missing = ask(Facts("terminal"), "2026-01-01")
    assert ("date", "accepted_on", None) in [(one.what, one.value, one.outcome) for one in missing.changes]
    assert missing.decider == "lead"


def test_a_contract_to_come_is_named_as_the_day_that_changes_it() -> None:
    later = replace(PAID, starts_on=date(2026, 9, 1))
    assert [(one.what, one.value) for one in ask(HIS, "2026-06-02", "software", later).changes][-1] == (
        "day",
        "2026-09-01",
    )


def test_the_chain_says_why_the_others_did_not_pay() -> None:
    found = ask(HIS, "2027-06-02", "software", PAID)
    assert [(link.clause, link.finding) for link in found.chain] == [
        ("B2", Finding.ENDED),
        ("B2", Finding.ENDED),
        ("A12", Finding.HOLDS),
    ]


def test_a_device_without_any_rule_is_for_a_manager_to_decide() -> None:
    found = coverage.verdict(Case(MCU, date(2026, 1, 1)), [])
    assert (found.outcome, found.decider, found.rule.finding) == ("unclear", "manager", Finding.NO_RULE)


@pytest.mark.parametrize(
    ("swapped_on", "maker_until", "end"),
    [
        (date(2025, 1, 10), None, date(2027, 5, 20)),  # keeps the end of the one it replaced
        (date(2025, 1, 10), date(2028, 1, 10), date(2028, 1, 10)),  # unless the maker's term is longer
        (date(2025, 1, 10), date(2026, 1, 10), date(2027, 5, 20)),
        (date(2027, 5, 20), None, date(2027, 5, 20)),
        (date(2027, 5, 21), None, date(2030, 5, 21)),  # not swapped under warranty: bought, with a term of its own
    ],
)
def test_example_11_a_swapped_device_keeps_the_end_of_the_one_it_replaced(
    swapped_on: date, maker_until: date | None, end: date
) -> None:
    device = Facts("mcu", swapped_on, maker_until=maker_until, replaces=MCU, swapped_on=swapped_on)
    assert coverage.last_day(MAKER, device) == end
    again = Facts("mcu", end, replaces=device, swapped_on=end)
    assert coverage.last_day(MAKER, again) == end


def test_a_later_version_of_a_rule_takes_nothing_from_what_was_accepted_before() -> None:
    shorter = replace(MAKER, key=77, version=2, years=1, valid_from=date(2025, 1, 1))
    rules = [*SHIPPED, shorter]
    old = coverage.verdict(Case(MCU, date(2027, 5, 20)), rules)
    new = coverage.verdict(Case(replace(MCU, accepted_on=date(2025, 1, 1)), date(2027, 5, 20)), rules)
    assert (old.outcome, old.rule.version) == ("free", 1)
    assert (new.outcome, [link.version for link in new.chain]) == ("billable", [2, 1])


def test_the_contracts_own_price_comes_before_the_list_and_the_newest_before_the_older() -> None:
    own = Price(3, "hour", 1, Decimal("150.00"), Decimal(2), BEGINNING, contract=PAID.key)
    dearer = Price(4, "call_out", 2, Decimal("350.00"), Decimal(1), date(2026, 1, 1))
    prices = [*PRICES, own, dearer]
    case = Case(HIS, date(2026, 12, 1), Cause.DAMAGE)
    found = coverage.verdict(case, SHIPPED, [PAID], prices)
    assert [(line.price.key, line.sum) for line in found.estimate] == [(4, Decimal("350.00")), (3, Decimal("300.00"))]
    assert found.total == Decimal("650.00")
    ended = coverage.verdict(replace(case, on=date(2027, 7, 1)), SHIPPED, [PAID], prices)
    assert [line.price.key for line in ended.estimate] == [4, 2]
    assert ended.total == Decimal("650.00")


def test_the_date_of_the_site_decides_and_not_the_servers() -> None:
    at = datetime(2027, 5, 20, 17, 0, tzinfo=UTC)
    assert coverage.local_day(at, "Asia/Shanghai") == date(2027, 5, 21)
    assert coverage.local_day(at, "Europe/Berlin") == date(2027, 5, 20)
    outcomes = [ask(MCU, coverage.local_day(at, zone).isoformat()).outcome for zone in ("Asia/Shanghai", "UTC")]
    assert outcomes == ["billable", "free"]


DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@settings(deadline=None)
@given(accepted=DAYS, years=st.integers(1, 30))
def test_a_term_ends_on_the_same_date_or_on_the_28th_of_february(accepted: date, years: int) -> None:
    last = coverage.last_day(replace(MAKER, years=years), Facts("mcu", accepted))
    assert last is not None
    assert last.year == accepted.year + years
    assert (last.month, last.day) in {(accepted.month, accepted.day), (2, 28)}
    assert (last + timedelta(days=1)).strftime("%m-%d") != "02-29" or accepted.day == 28


@settings(deadline=None)
@given(accepted=DAYS, on=DAYS, cause=st.sampled_from(list(Cause)), dead=st.none() | DAYS)
def test_a_day_later_never_makes_a_device_freer_and_free_ends_once(
    accepted: date, on: date, cause: str, dead: date | None
) -> None:
    rank = ["free", "billable", "unsupported"]
    device = Facts("mcu", accepted, discontinued_on=dead)
    day = max(on, accepted)
    today, tomorrow = (coverage.verdict(Case(device, one, cause), SHIPPED) for one in (day, day + timedelta(days=1)))
    assert rank.index(tomorrow.outcome) >= rank.index(today.outcome)


@settings(deadline=None)
@given(accepted=st.none() | DAYS, installed=st.none() | DAYS, on=DAYS, first=DAYS, days=st.integers(0, 800))
def test_the_day_it_names_is_the_first_on_which_the_verdict_differs(
    accepted: date | None, installed: date | None, on: date, first: date, days: int
) -> None:
    device = Facts("his_server", accepted, installed)
    cover = replace(PAID, starts_on=first, ends_on=first + timedelta(days=days))
    found = coverage.verdict(Case(device, on), SHIPPED, [cover])
    named = [date.fromisoformat(one.value) for one in found.changes if one.what == "day"]
    for turn in named:
        assert turn > on
        before, after = (coverage.verdict(Case(device, day), SHIPPED, [cover]) for day in (turn - timedelta(1), turn))
        assert before.outcome == found.outcome != after.outcome
    if not named:
        later = [max(on, first) + timedelta(days=n) for n in (1, 5, 40, 400, 4000)]
        assert {coverage.verdict(Case(device, day), SHIPPED, [cover]).outcome for day in later} == {found.outcome}


@settings(deadline=None)
@given(change=DAYS, on=DAYS)
def test_where_one_contract_follows_another_one_of_both_pays_every_day(change: date, on: date) -> None:
    first = replace(FREE, starts_on=date(1990, 1, 1), ends_on=change - timedelta(days=1))
    second = replace(PAID, starts_on=change, ends_on=date(2200, 1, 1))
    found = coverage.verdict(Case(Facts("other"), on), SHIPPED, [first, second])
    assert (found.outcome, found.rule.key) == (("contract", 9) if on >= change else ("free", 8))


def test_the_last_days_of_the_calendar_break_nothing() -> None:
    device = Facts("mcu", date(9998, 1, 1), discontinued_on=date(9999, 12, 31))
    assert ask(device, "9999-12-31").outcome == "free"
    assert ask(device, "9999-12-31", "damage").until == date.max
