"""The duty ledger across hospitals, and a duty's life through the pages (N3)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from audit.models import Entry
from people.models import Hospital, User
from tests.factories import (
    DepotClerkFactory,
    EngineerFactory,
    ManagerFactory,
    NurseFactory,
    OperatorFactory,
    RegionFactory,
    SiteFactory,
    TeamFactory,
)
from tests.warranty.contract_case import NOW, paper, signed
from warranty import duties, ledger
from warranty.ledger import Question
from warranty.models import Contract, DutyEntry
from warranty.outlook import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def hospital(db: None) -> Hospital:
    return SiteFactory().hospital


@pytest.fixture
def contract(hospital: Hospital) -> Contract:
    return signed("telemedicine", hospital=hospital, years=3)


def browser(person: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def later(month: int, day: int, year: int = 2027) -> datetime:
    return NOW.replace(year=year, month=month, day=day)


def test_a_duty_is_planned_done_with_proof_and_shown_to_the_hospital(contract: Contract) -> None:
    operator, engineer = browser(OperatorFactory()), browser(EngineerFactory(team__region=contract.hospital.region))
    nurse = browser(NurseFactory(hospital=contract.hospital))
    said = {"kind": "inspection", "on": "2026-05-04", "note": "上午"}
    assert operator.post(f"/desk/contracts/{contract.pk}/plan/?kind=inspection", said).status_code == 302
    entry = DutyEntry.objects.get()
    assert "planned for 2026-05-04" in operator.get(f"/desk/contracts/{contract.pk}/").content.decode()
    back = engineer.post(f"/desk/duties/{entry.pk}/done/?ledger", {"on": "2026-05-04", "proof": paper()})
    assert (back.status_code, back["Location"]) == (302, "/desk/duties/")
    entry.refresh_from_db()
    assert (entry.done_on, entry.done_by) == (date(2026, 5, 4), User.objects.get(role="engineer"))
    for client in (operator, engineer, nurse):
        assert client.get(f"/files/duty/{entry.pk}/").status_code == 200


def test_the_proof_of_another_hospital_does_not_exist(contract: Contract) -> None:
    entry = duties.plan(contract, "inspection", on=NOW.date(), by=None, now=NOW)
    path = f"/files/duty/{entry.pk}/"
    assert browser(ManagerFactory()).get(path).status_code == 404
    duties.done(entry, on=NOW.date(), proof=paper(), by=ManagerFactory(), today=NOW.date(), now=NOW)
    elsewhere = TeamFactory(region=RegionFactory())
    assert [browser(one).get(path).status_code for one in (NurseFactory(), EngineerFactory(team=elsewhere))] == [
        404,
        404,
    ]
    assert browser(DepotClerkFactory()).get(path).status_code == 403
    assert browser(EngineerFactory(team=elsewhere)).get(f"/desk/duties/{entry.pk}/done/").status_code == 404


@pytest.mark.parametrize(
    ("step", "said", "sentence"),
    [
        ("done", {"on": "2026-05-05"}, "It cannot have been done on a day to come."),
        ("done", {"on": "2026-04-01"}, "outside the contract year"),
        ("drop", {"reason": " "}, "This field is required."),
    ],
)
def test_what_a_step_refuses_stands_on_its_form(
    contract: Contract, step: str, said: dict[str, str], sentence: str
) -> None:
    entry = duties.plan(contract, "inspection", on=NOW.date(), by=None, now=NOW)
    sent = {**said, "proof": paper()} if step == "done" else said
    answer = browser(ManagerFactory()).post(f"/desk/duties/{entry.pk}/{step}/", sent)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_proof_that_is_no_paper_is_refused_beside_its_field(contract: Contract) -> None:
    entry, bad = duties.plan(contract, "inspection", on=NOW.date(), by=None, now=NOW), paper()
    bad.name = "sheet.exe"
    form = browser(ManagerFactory()).post(f"/desk/duties/{entry.pk}/done/", {"on": "2026-05-04", "proof": bad})
    assert list(form.context["form"].errors) == ["proof"]


def test_a_fifth_meeting_is_announced_as_billable_before_it_is_planned(contract: Contract) -> None:
    for month in range(5, 9):
        duties.plan(contract, "meeting", on=date(2026, month, 10), by=None, now=NOW)
    client, path = browser(OperatorFactory()), f"/desk/contracts/{contract.pk}/plan/"
    said = {"kind": "meeting", "on": "2026-10-10"}
    assert "Meeting guarantee: 0 of 4 left until 2027-04-14." in client.get(path).content.decode()
    asked = client.post(path, said)
    assert asked.status_code == 422
    assert "this one is billable" in asked.content.decode()
    assert DutyEntry.objects.count() == 4
    assert client.post(path, {**said, "agreed": "on"}).status_code == 302
    assert DutyEntry.objects.latest("pk").use.is_billable


def test_the_ledger_turns_to_at_risk_as_the_day_moves_and_says_why(contract: Contract) -> None:
    manager = ManagerFactory()

    def states(at: datetime) -> dict[str, str]:
        with time_machine.travel(at, tick=False):
            page = browser(manager).get("/desk/duties/").context["page"]
        return {line.duty.entitlement.kind: str(line.tag.text) for line in page.lines}

    assert states(NOW) == {"inspection": "To plan", "meeting": "To plan", "training": "To plan"}
    duties.plan(contract, "inspection", on=date(2026, 9, 1), by=None, now=NOW)
    assert states(NOW)["inspection"] == "Planned"
    assert states(later(9, 2, 2026))["inspection"] == "At risk"
    assert states(later(2, 13)) == {"inspection": "At risk", "meeting": "At risk", "training": "At risk"}
    with time_machine.travel(later(4, 1), tick=False):
        page = browser(manager).get("/desk/duties/").content.decode()
    assert "1 was planned for a day that has passed (2026-09-01) and is not done." in page
    assert "Only 0 of 4 can still be done by 2027-04-14: one takes 14 days to arrange." in page


def test_what_is_at_risk_stands_on_top_and_filters_carry_their_counts(contract: Contract, hospital: Hospital) -> None:
    other = signed("his", starts_on=date(2025, 6, 1), years=3)
    done = duties.plan(contract, "training", on=NOW.date(), by=None, now=NOW)
    duties.done(done, on=NOW.date(), proof=paper(), by=ManagerFactory(), today=NOW.date(), now=NOW)
    found = ledger.read(ManagerFactory(), Question(), NOW.date(), {})
    assert [line.contract for line in found.lines[:3]] == [other] * 3
    assert found.counts == {Stage.AT_RISK: 3, Stage.TO_PLAN: 2, Stage.DONE: 1}
    client = browser(ManagerFactory())
    for query, kinds in (
        ("state=done", ["training"]),
        (f"hospital={hospital.pk}&kind=meeting", ["meeting"]),
        (f"q={other.number}", ["inspection", "report", "training"]),
        ("q=nobody", []),
    ):
        page = client.get(f"/desk/duties/?{query}").context["page"]
        assert sorted(line.duty.entitlement.kind for line in page.lines) == kinds
    assert [item.count for item in client.get("/desk/duties/?state=done").context["page"].stages] == [6, 3, 2, 0, 1]


def test_pages_of_the_ledger_hold_every_duty_once(contract: Contract) -> None:
    for _ in range(3):
        signed("telemedicine", years=2)
    user, seen, cursor = ManagerFactory(), list[int](), ""
    for _ in range(3):
        page = ledger.read(user, Question(), NOW.date(), {"after": cursor}, size=5)
        seen += [line.entitlement.pk for line in page.lines]
        cursor = page.after
    assert (cursor, len(seen), len(set(seen))) == ("", 12, 12)
    back = ledger.read(user, Question(), NOW.date(), {"before": page.before}, size=5)
    assert [line.entitlement.pk for line in back.lines] == seen[5:10]
    made_up = ledger.read(user, Question(), NOW.date(), {"after": "9.9.x"}, size=5)
    assert [line.entitlement.pk for line in made_up.lines] == seen[:5]


def test_an_engineer_sees_the_duties_of_their_region_only(contract: Contract) -> None:
    near = ledger.read(EngineerFactory(team__region=contract.hospital.region), Question(), NOW.date(), {})
    far = ledger.read(EngineerFactory(team__region=RegionFactory()), Question(), NOW.date(), {})
    assert (len(near.lines), len(far.lines), sum(far.counts.values())) == (3, 0, 0)


def test_the_ledger_costs_the_same_for_many_contracts(contract: Contract) -> None:
    client = browser(ManagerFactory())
    client.get("/desk/duties/")
    with CaptureQueriesContext(connection) as few:
        client.get("/desk/duties/")
    for _ in range(6):
        duties.plan(signed("telemedicine"), "inspection", on=date(2026, 9, 1), by=None, now=NOW)
    with CaptureQueriesContext(connection) as many:
        client.get("/desk/duties/")
    assert len(many) == len(few) <= 8
    assert sum("warranty_" in one["sql"] for one in many) == 4


def test_the_file_is_the_ledger_and_no_cell_is_a_formula(contract: Contract) -> None:
    Hospital.objects.filter(pk=contract.hospital_id).update(name="=cmd|' /C calc'!A0")
    content = browser(ManagerFactory()).get("/desk/duties/export.csv?state=to_plan").content.decode("utf-8-sig")
    rows = list(csv.reader(StringIO(content)))
    assert [row[2] for row in rows[1:]] == ["Meeting guarantee", "Inspection", "Training"]
    assert {row[0] for row in rows[1:]} == {"'=cmd|' /C calc'!A0"}
    assert Entry.objects.get(act="duties.exported").detail == {"rows": 3}
