"""Contracts, quotas, duties and verdicts for other programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.models import Device
from people.models import Hospital
from tests.api_case import Program, mistakes
from tests.factories import (
    DepotClerkFactory,
    DeviceFactory,
    NurseFactory,
    OperatorFactory,
    SiteFactory,
    TechnicianFactory,
)
from tests.warranty.contract_case import NOW, START, TODAY, signed
from warranty import defaults, duties, entitlements
from warranty.models import Contract

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def hospital(db: None) -> Hospital:
    return SiteFactory().hospital


@pytest.fixture
def contract(hospital: Hospital) -> Contract:
    return signed(hospital=hospital)


@pytest.fixture
def server(hospital: Hospital) -> Device:
    return DeviceFactory(site=hospital.sites.get(), model__kind="his_server", installed_on=date(2025, 6, 1))


def test_a_hospital_reads_its_contract_with_the_hours_of_each_service(contract: Contract) -> None:
    program = Program(NurseFactory(hospital=contract.hospital))
    assert [row["number"] for row in program.get("/contracts/").json()["results"]] == [contract.number]
    found = program.get(f"/contracts/{contract.pk}/").json()
    assert (found["phase"], found["policy"], found["starts_on"], found["ends_on"]) == (
        "paid", "his", "2026-04-15", "2027-04-14",
    )  # fmt: skip
    assert {line["service"]: line["calendar"] for line in found["services"]} == {
        "hotline": "hotline",
        "remote": "remote",
        "onsite": "always",
        "online": "online",
        "self_service": "always",
        "green_channel": "always",
    }


def test_drafts_and_contracts_of_others_do_not_exist(contract: Contract) -> None:
    draft = defaults.draft(
        "his", hospital=contract.hospital, number="D", phase="paid", starts_on=START, years=1, is_first=True
    )
    own = Program(TechnicianFactory(hospital=contract.hospital))
    assert own.get(f"/contracts/{draft.pk}/").status_code == 404
    for person in (NurseFactory(), DepotClerkFactory()):
        program = Program(person)
        assert program.get(f"/contracts/{contract.pk}/").status_code == 404
        for path in ("/contracts/", "/entitlements/", "/duties/"):
            assert program.get(path).json()["results"] == []


def test_lists_are_narrowed_and_unknown_words_refused(contract: Contract) -> None:
    program = Program(OperatorFactory())
    signed("telemedicine", starts_on=date(2020, 1, 1))
    assert len(program.get("/contracts/").json()["results"]) == 2
    assert [row["id"] for row in program.get("/contracts/", running="true").json()["results"]] == [contract.pk]
    assert len(program.get("/contracts/", running="false", hospital=contract.hospital_id).json()["results"]) == 0
    assert [row["kind"] for row in program.get("/entitlements/", kind="urgent").json()["results"]] == ["urgent"]
    assert mistakes(program.get("/duties/", year=2026)).keys() == {"year"}
    assert program.get("/entitlements/", kind="cake").status_code == 400


def test_quotas_say_what_is_left_of_the_contract_year(contract: Contract) -> None:
    for number in range(5):
        entitlements.take(contract, "urgent", reference=str(number), on=TODAY, by=None, now=NOW)
    rows = Program(NurseFactory(hospital=contract.hospital)).get("/entitlements/").json()["results"]
    assert {row["kind"]: (row["per_year"], row["year"]["left"], row["is_owed"]) for row in rows} == {
        "urgent": (4, 0, False),
        "inspection": (1, 1, True),
        "training": (1, 1, True),
        "report": (1, 1, True),
    }
    assert {row["year"]["ends_on"] for row in rows} == {"2027-04-14"}


def test_duties_say_what_is_owed_planned_and_how_it_will_end(contract: Contract) -> None:
    duties.plan(contract, "inspection", on=date(2026, 9, 1), by=None, now=NOW)
    program = Program(NurseFactory(hospital=contract.hospital))
    rows = {row["kind"]: row for row in program.get("/duties/").json()["results"]}
    assert rows.keys() == {"inspection", "training", "report"}
    planned = rows["inspection"]
    assert (planned["state"], planned["planned"], planned["unplanned"], planned["plan_by"]) == ("on_track", 1, 0, None)
    assert [entry["planned_on"] for entry in planned["entries"]] == ["2026-09-01"]
    with time_machine.travel(NOW.replace(year=2027, month=4, day=1), tick=False):
        later = {row["kind"]: row for row in Program(OperatorFactory()).get("/duties/").json()["results"]}
    assert (later["inspection"]["state"], later["training"]["state"], later["training"]["expected"]) == (
        "at_risk", "at_risk", 0,
    )  # fmt: skip


def test_the_verdict_before_and_after_changing_the_cause(server: Device) -> None:
    defaults.load()
    program = Program(NurseFactory(hospital=server.hospital))
    free = program.get(f"/devices/{server.pk}/verdict/").json()
    assert (free["outcome"], free["clause"], free["until"], free["on"]) == ("free", "B2", "2026-06-01", "2026-05-04")
    assert "In warranty from" in free["sentence"]
    billable = program.get(f"/devices/{server.pk}/verdict/", cause="damage").json()
    assert (billable["outcome"], billable["clause"]) == ("billable", "A12")
    assert [(line["code"], line["unit"], line["sum"]) for line in billable["estimate"]] == [
        ("call_out", "次", "300.00"),
        ("hour", "小时", "400.00"),
    ]
    assert (billable["total"], billable["currency"]) == ("700.00", "CNY")
    inherent = {change["value"]: change["outcome"] for change in billable["changes"]}
    assert inherent["inherent_defect"] == "inherent"
    later = program.get(f"/devices/{server.pk}/verdict/", cause="inherent_defect", on="2031-01-01").json()
    assert (later["outcome"], later["until"], later["changes"][0]["text"]) == (
        "inherent", None, "If the cause is “not known yet”: Billable (A12).",
    )  # fmt: skip


def test_the_sentence_is_made_in_the_readers_language(server: Device) -> None:
    defaults.load()
    chinese = Program(NurseFactory(hospital=server.hospital), language="zh-hans")
    english = Program(NurseFactory(hospital=server.hospital))
    path = f"/devices/{server.pk}/verdict/"
    assert chinese.get(path).json()["chain"] == english.get(path).json()["chain"]


@pytest.mark.parametrize("query", [{"cause": "ghost"}, {"on": "29 Feb"}, {"on": "2026-02-29"}, {"when": "now"}])
def test_a_wrong_question_is_named(server: Device, query: dict[str, str]) -> None:
    answer = Program(NurseFactory(hospital=server.hospital)).get(f"/devices/{server.pk}/verdict/", **query)
    assert mistakes(answer).keys() == query.keys()


def test_nobody_asks_about_a_strangers_device(server: Device) -> None:
    defaults.load()
    assert Program(NurseFactory()).get(f"/devices/{server.pk}/verdict/").status_code == 404
    assert Program(DepotClerkFactory()).get(f"/devices/{server.pk}/verdict/").status_code == 403


@pytest.mark.parametrize("path", ["/contracts/", "/entitlements/", "/duties/"])
def test_a_list_costs_the_same_for_many_contracts(path: str, contract: Contract) -> None:
    program = Program(OperatorFactory())
    with CaptureQueriesContext(
        connection,
    ) as few:
        program.get(path)
    for _ in range(3):
        signed("telemedicine")
    with CaptureQueriesContext(connection) as many:
        program.get(path)
    assert len(many) == len(few)
