"""Duties one by one, and coverage over the years, for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from tests.api_case import Program, mistakes
from tests.factories import (
    DeviceFactory,
    EngineerFactory,
    ManagerFactory,
    NurseFactory,
    OperatorFactory,
    SiteFactory,
)
from tests.warranty.contract_case import NOW, TODAY, paper, signed
from warranty import duties
from warranty.models import Contract, DutyEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def contract(db: None) -> Contract:
    return signed("telemedicine", hospital=SiteFactory().hospital, years=3)


def test_a_program_plans_one_once_and_drops_it_with_a_reason(contract: Contract) -> None:
    program, key = Program(OperatorFactory()), {"Idempotency-Key": "plan-1"}
    said = {"contract": contract.pk, "kind": "inspection", "on": "2026-09-01", "note": "上午"}
    made = program.post("/duty-entries/", key, **said)
    assert (made.status_code, program.post("/duty-entries/", key, **said).json()) == (201, made.json())
    entry = DutyEntry.objects.get()
    assert made["Location"] == f"/api/v1/duty-entries/{entry.pk}/"
    path = f"/duty-entries/{entry.pk}/"
    assert program.get(path).json() == made.json()
    assert mistakes(program.post(f"{path}drop/")).keys() == {"#/reason"}
    dropped = program.post(f"{path}drop/", reason="改期")
    assert dropped.json()["dropped_at"] is not None
    assert program.post(f"{path}drop/", reason="改期").status_code == 409


def test_one_beyond_the_quota_wants_a_word_for_its_bill(contract: Contract) -> None:
    program = Program(ManagerFactory())
    said = {"contract": contract.pk, "kind": "training", "on": "2026-09-01"}
    assert program.post("/duty-entries/", **said).json()["is_billable"] is False
    said["on"] = "2026-09-02"
    assert program.post("/duty-entries/", **said).status_code == 409
    assert DutyEntry.objects.count() == 1
    assert program.post("/duty-entries/", **said, may_bill=True).json()["is_billable"] is True


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"contract": 0}, "contract"), ({"kind": "cake"}, "kind"), ({"on": "01.09.2026"}, "on"), ({"cake": 1}, "cake")],
)
def test_a_wrong_plan_is_named(contract: Contract, wrong: dict[str, object], named: str) -> None:
    said: dict[str, Any] = {"contract": contract.pk, "kind": "training", "on": "2026-09-01", **wrong}
    assert mistakes(Program(OperatorFactory()).post("/duty-entries/", **said)).keys() == {f"#/{named}"}


def test_the_hospital_reads_what_is_planned_and_the_proof_and_plans_nothing(contract: Contract) -> None:
    entry = duties.plan(contract, "inspection", on=TODAY, by=None, now=NOW)
    own, stranger = Program(NurseFactory(hospital=contract.hospital)), Program(NurseFactory())
    assert [row["id"] for row in own.get("/duty-entries/", open="true").json()["results"]] == [entry.pk]
    assert own.get(f"/duty-entries/{entry.pk}/proof/").status_code == 404
    duties.done(entry, on=TODAY, proof=paper(), by=EngineerFactory(), today=TODAY, now=NOW)
    found = own.get(f"/duty-entries/{entry.pk}/").json()
    assert (found["done_on"], found["proof"]) == ("2026-05-04", f"/api/v1/duty-entries/{entry.pk}/proof/")
    assert own.get(f"/duty-entries/{entry.pk}/proof/").status_code == 200
    assert own.get("/duty-entries/", open="true").json()["results"] == []
    for path in ("", "proof/"):
        assert stranger.get(f"/duty-entries/{entry.pk}/{path}").status_code == 404
    said = {"contract": contract.pk, "kind": "training", "on": "2026-09-01"}
    assert own.post("/duty-entries/", **said).status_code == 403


def test_coverage_says_the_same_as_the_contracts_page(contract: Contract) -> None:
    site = contract.hospital.sites.get()
    DeviceFactory(site=site, model__kind="mcu", accepted_on=date(2024, 5, 20))
    path = f"/contracts/{contract.pk}/coverage/"
    assert Program(NurseFactory(hospital=contract.hospital)).get(path).json() == {
        "on": "2026-05-04",
        "spans": [
            {"kind": "paid", "contract": contract.number, "clause": "A4 A9 A10", "since": "2026-04-15",
             "until": "2029-04-14", "devices": 1},
            {"kind": "warranty", "contract": None, "clause": "A4", "since": "2024-05-20",
             "until": "2027-05-20", "devices": 1},
        ],
        "undated": 0,
    }  # fmt: skip
    assert Program(NurseFactory()).get(path).status_code == 404
