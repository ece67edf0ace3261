"""The duty ledger (N3): planned, done with proof, at risk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from attachments.storage import Refused as NotTaken
from tests.factories import EngineerFactory
from tests.warranty.contract_case import NOW, TODAY, paper, signed
from warranty import duties, entitlements
from warranty.duties import Duty
from warranty.models import Contract, DutyEntry
from warranty.refusal import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(settings: Settings, tmp_path: Path) -> Contract:
    settings.MEDIA_ROOT = tmp_path
    return signed("telemedicine", years=3)


def plan(contract: Contract, on: str, kind: str = "meeting") -> DutyEntry:
    return duties.plan(contract, kind, on=date.fromisoformat(on), by=None, now=NOW)


def line(contract: Contract, kind: str, today: date) -> Duty:
    return next(one for one in duties.ledger([contract], today) if one.entitlement.kind == kind)


def test_a_contract_year_owes_four_meetings_an_inspection_and_a_training(contract: Contract) -> None:
    lines = duties.ledger([contract], TODAY)
    assert [(one.entitlement.kind, one.forecast.owed, one.forecast.state) for one in lines] == [
        ("inspection", 1, "on_track"),
        ("meeting", 4, "on_track"),
        ("training", 1, "on_track"),
    ]
    assert {(one.starts_on, one.ends_on) for one in lines} == {(date(2026, 4, 15), date(2027, 4, 14))}


def test_what_is_planned_is_taken_from_the_quota_and_done_only_with_its_proof(contract: Contract) -> None:
    engineer, entry = EngineerFactory(), plan(contract, "2026-05-04", "inspection")
    assert entitlements.left(contract, "inspection", TODAY).left == 0
    assert line(contract, "inspection", TODAY).forecast.planned == 1
    done = duties.done(entry, on=TODAY, proof=paper(), by=engineer, today=TODAY, now=NOW)
    assert done.proof is not None
    assert done.proof.hospital == contract.hospital
    assert line(contract, "inspection", TODAY).forecast.state == "done"
    for refused in (lambda: duties.done(entry, on=TODAY, proof=paper(), by=engineer, today=TODAY, now=NOW),
                    lambda: duties.drop(entry, reason="x", by=engineer, now=NOW)):  # fmt: skip
        with pytest.raises(Refused):
            refused()
    with pytest.raises(IntegrityError), transaction.atomic():
        DutyEntry.objects.filter(pk=entry.pk).update(proof=None)


def test_a_proof_that_is_no_paper_leaves_the_duty_open(contract: Contract) -> None:
    entry, bad = plan(contract, "2026-05-04"), paper()
    bad.name = "sheet.exe"
    with pytest.raises(NotTaken):
        duties.done(entry, on=TODAY, proof=bad, by=EngineerFactory(), today=TODAY, now=NOW)
    entry.refresh_from_db()
    assert entry.done_on is None


def test_a_fifth_meeting_guarantee_is_planned_as_billable(contract: Contract) -> None:
    entries = [plan(contract, f"2026-0{month}-10") for month in range(5, 10)]
    assert [entry.use.is_billable for entry in entries] == [False] * 4 + [True]
    duties.drop(entries[0], reason="会议取消", by=EngineerFactory(), now=NOW)
    assert line(contract, "meeting", TODAY).forecast.planned == 4
    assert entitlements.left(contract, "meeting", TODAY).left == 1


@pytest.mark.parametrize("on", ["2026-05-05", "2026-04-14", "2027-05-01"])
def test_nothing_is_done_on_a_day_to_come_or_outside_its_year(contract: Contract, on: str) -> None:
    with pytest.raises(Refused):
        duties.done(
            plan(contract, "2026-05-20"),
            on=date.fromisoformat(on),
            proof=paper(),
            by=EngineerFactory(),
            today=TODAY,
            now=NOW,
        )


def test_moving_the_clock_turns_a_duty_to_at_risk_and_the_next_year_owes_anew(contract: Contract) -> None:
    assert line(contract, "inspection", date(2027, 2, 12)).forecast.state == "on_track"
    assert line(contract, "inspection", date(2027, 2, 13)).forecast.state == "at_risk"
    plan(contract, "2027-04-01", "inspection")
    assert line(contract, "inspection", date(2027, 2, 13)).forecast.state == "on_track"
    assert line(contract, "inspection", date(2027, 4, 2)).forecast.state == "at_risk"
    anew = line(contract, "inspection", date(2027, 4, 15))
    assert (anew.forecast.state, anew.entries) == ("on_track", ())


def test_a_contract_that_has_ended_owes_nothing_more(contract: Contract) -> None:
    assert duties.ledger([contract], date(2029, 4, 15)) == []
    assert len(duties.ledger([contract], date(2029, 4, 14))) == 3
