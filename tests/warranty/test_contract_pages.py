"""The company's pages of contracts: who reads them, what they show, and what can be done there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from devices.models import Device
from people.models import Hospital, User
from sla.models import Policy
from tests.factories import (
    AdministratorFactory,
    DepotClerkFactory,
    DeviceFactory,
    DeviceModelFactory,
    EngineerFactory,
    LeadFactory,
    ManagerFactory,
    NurseFactory,
    OperatorFactory,
    SiteFactory,
    TeamFactory,
    TicketFactory,
    TravelTimeFactory,
)
from tests.warranty.contract_case import NOW, TODAY, signed
from warranty import contract_page, contracts, defaults
from warranty.models import Contract

pytestmark = pytest.mark.django_db
DAY = r"\d{4}-\d\d-\d\d"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
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


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def drafted(hospital: Hospital, **about: Any) -> Contract:
    fields: dict[str, Any] = {"number": "D-1", "phase": "paid", "starts_on": date(2029, 4, 15), "years": 1}
    return defaults.draft("telemedicine", hospital=hospital, is_first=False, **{**fields, **about})


@pytest.mark.parametrize("make", [OperatorFactory, LeadFactory, ManagerFactory, AdministratorFactory])
def test_the_desk_reads_every_contract(contract: Contract, make: Any) -> None:
    client = browser(make())
    assert contract.number in text(client, "/desk/contracts/")
    assert contract.name in text(client, f"/desk/contracts/{contract.pk}/")


def test_an_engineer_reads_the_contracts_of_their_region(contract: Contract) -> None:
    near = browser(EngineerFactory(team=TeamFactory(region=contract.hospital.region)))
    far = browser(EngineerFactory(team=TeamFactory(region=SiteFactory().hospital.region)))
    assert contract.number in text(near, "/desk/contracts/")
    assert contract.number not in text(far, "/desk/contracts/?state=all")
    text(far, f"/desk/contracts/{contract.pk}/", 404)


@pytest.mark.parametrize("make", [NurseFactory, DepotClerkFactory])
def test_neither_hospitals_nor_the_depot_open_the_companys_page(contract: Contract, make: Any) -> None:
    person = make(hospital=contract.hospital) if make is NurseFactory else make()
    for path in ("/desk/contracts/", f"/desk/contracts/{contract.pk}/", "/desk/duties/"):
        text(browser(person), path, 403)


def test_a_draft_exists_only_for_whoever_may_put_it_in_force(hospital: Hospital, contract: Contract) -> None:
    draft = drafted(hospital, follows=contract)
    operator, manager = browser(OperatorFactory()), browser(ManagerFactory())
    assert "D-1" not in text(operator, "/desk/contracts/?state=all")
    text(operator, f"/desk/contracts/{draft.pk}/", 404)
    assert "D-1" in text(manager, "/desk/contracts/?state=draft")
    assert manager.post(f"/desk/contracts/{draft.pk}/activate/").status_code == 302
    draft.refresh_from_db()
    assert draft.activated_at == NOW
    again = manager.post(f"/desk/contracts/{draft.pk}/activate/", follow=True)
    assert "is in force already" in again.content.decode()


def test_the_list_is_narrowed_by_state_hospital_and_words(contract: Contract) -> None:
    past = signed(starts_on=date(2020, 1, 1))
    ending = signed(starts_on=date(2025, 6, 1))
    client = browser(ManagerFactory())

    def listed(query: str) -> set[str]:
        page = text(client, f"/desk/contracts/?{query}")
        return {one.number for one in (contract, past, ending) if one.number in page}

    assert listed("") == {contract.number, ending.number}
    assert listed("state=ending") == {ending.number}
    assert listed("state=ended") == {past.number}
    assert listed("state=all") == {contract.number, past.number, ending.number}
    assert listed(f"hospital={past.hospital_id}") == {past.number}
    assert listed(f"q={contract.number}") == {contract.number}
    assert listed("q=nobody") == set()
    assert listed("hospital=x&after=2026-02-30~9&state=ghost") == {contract.number, ending.number}


def test_pages_of_the_list_follow_the_last_days(hospital: Hospital) -> None:
    first = signed(hospital=hospital)
    Contract.objects.bulk_create(
        Contract(
            hospital=hospital, number=f"N{n:03}", name="x", clause="B2", phase="paid", policy=first.policy,
            starts_on=date(2026, 1, 1), ends_on=date(2027, 6, 1) + timedelta(days=n // 2), activated_at=NOW,
        )
        for n in range(64)
    )  # fmt: skip
    client, path, seen = browser(ManagerFactory()), "/desk/contracts/", list[str]()
    for _ in range(3):
        page = text(client, path)
        seen += re.findall(r"<small>(N\d{3}|HT-\d+)", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = "/desk/contracts/" + (older[1].replace("&amp;", "&") if older else "")
    assert older is None
    assert len(seen) == len(set(seen)) == 65
    ends = dict(Contract.objects.values_list("number", "ends_on"))
    assert [ends[number] for number in seen] == sorted(ends.values())


@pytest.fixture
def many(hospital: Hospital) -> Contract:
    """A contract of a hospital with 500 devices, of four days of acceptance and none."""
    terminal, site = DeviceModelFactory(kind="terminal"), hospital.sites.get()
    days = [date(2024, 5, 20), date(2020, 5, 20), date(2025, 1, 31), None]
    Device.objects.bulk_create(
        Device(hospital=hospital, site=site, model=terminal, maker=terminal.maker, name=f"T{n:03}", serial=f"S{n}",
               accepted_on=days[n % 4])
        for n in range(500)
    )  # fmt: skip
    signed("his", hospital=hospital)
    return signed("telemedicine", hospital=hospital, years=3)


def test_the_bars_and_the_table_under_them_say_the_same(many: Contract) -> None:
    manager = ManagerFactory()
    bar = contract_page.read(many, manager, now=NOW, today=TODAY).bar
    assert [(one.look, one.since, one.until, one.devices) for one in bar.spans] == [
        ("paid", date(2026, 4, 15), date(2027, 4, 14), 0),
        ("paid", date(2026, 4, 15), date(2029, 4, 14), 500),
        ("warranty", date(2020, 5, 20), date(2023, 5, 20), 125),
        ("warranty", date(2024, 5, 20), date(2027, 5, 20), 125),
        ("warranty", date(2025, 1, 31), date(2028, 1, 31), 125),
    ]
    assert bar.undated == 125
    page = text(browser(manager), f"/desk/contracts/{many.pk}/")
    chart = page[page.index('class="con-bar"') :]
    rows = re.findall(rf'con-key con-(\w+)".*?({DAY})</td><td>({DAY})</td>.*?>(\d+)<', page, re.DOTALL)
    drawn = re.findall(r'con-name">[^<]*<small>(\d+)</small>.*?con-(\w+)" style="left:([\d.]+)%;width:([\d.]+)%', chart)
    assert [(look, count) for count, look, _left, _width in drawn] == [(look, count) for look, _s, _u, count in rows]
    days = (date(bar.years[-1].number, 12, 31) - date(bar.years[0].number, 1, 1)).days + 1
    for (_look, since, until, _count), (_n, _l, left, width) in zip(rows, drawn, strict=True):
        begins, ends = date.fromisoformat(since), date.fromisoformat(until)
        assert float(left) == pytest.approx((begins - date(bar.years[0].number, 1, 1)).days / days * 100, abs=0.01)
        assert float(width) == pytest.approx(((ends - begins).days + 1) / days * 100, abs=0.02)


def test_what_holds_far_away_stays_on_the_scale(hospital: Hospital) -> None:
    DeviceFactory(site=hospital.sites.get(), accepted_on=date(1990, 1, 1))
    contract = signed("telemedicine", hospital=hospital, years=30)
    bar = contract_page.read(contract, ManagerFactory(), now=NOW, today=TODAY).bar
    assert (bar.years[0].number, bar.years[-1].number) == (2018, 2034)
    assert all(0 <= one.left <= 100 and one.left + one.width <= 100.01 for one in bar.spans)


def test_500_devices_cost_the_page_no_more_queries_than_one(many: Contract) -> None:
    client, path = browser(ManagerFactory()), f"/desk/contracts/{many.pk}/"
    text(client, path)
    with CaptureQueriesContext(connection) as queries:
        page = text(client, path)
    assert page.count("S1") >= 1
    figures = [
        one["sql"]
        for one in queries
        if re.search(r'FROM "(devices_device|warranty_(?!serviceline)\w+)"', one["sql"])
        and "LIMIT 21" not in one["sql"]
    ]
    assert len(figures) <= 6, figures
    assert len(queries) <= 17


def test_a_page_names_services_clocks_and_the_on_site_rule_that_governs(contract: Contract) -> None:
    page = text(browser(ManagerFactory()), f"/desk/contracts/{contract.pk}/")
    for words in ("7×24 小时", "中国工作日 9–18 点", "travel time + 1 h", "1 d farther away", "2 h"):
        assert words in page
    assert "No travel figure is on file" in page


def test_a_change_is_looked_at_before_it_is_done(contract: Contract) -> None:
    site = contract.hospital.sites.get()
    TravelTimeFactory(site=site, km=50, minutes=40)
    TicketFactory(device=DeviceFactory(site=site, model__kind="mcu"), now=NOW)
    client, path = browser(ManagerFactory()), f"/desk/contracts/{contract.pk}/change/"
    said = {
        "name": contract.name, "ends_on": "2030-04-14", "policy": Policy.objects.get(code="his").pk,
        "scope": "all", "device_kinds": contract.device_kinds, "excluded_causes": contract.excluded_causes,
    }  # fmt: skip
    looked = client.post(path, said)
    page = looked.content.decode()
    contract.refresh_from_db()
    assert (looked.status_code, contract.version) == (200, 1)
    assert "Running clocks that would follow" in page
    assert [one.deadline.code for one in looked.context["moved"]] == ["onsite_bound"]
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    other = client.post(path, {**said, "name": "other", "seen": seen[1]})
    assert "Nothing is changed yet" in other.content.decode()
    assert client.post(path, {**said, "seen": seen[1]}).status_code == 302
    contract.refresh_from_db()
    assert (contract.version, contract.ends_on, contract.policy.code) == (2, date(2030, 4, 14), "his")
    history = text(client, f"/desk/contracts/{contract.pk}/")
    assert "Changed: version 2" in history
    assert "2029-04-14" in history


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"ends_on": "2026-04-14"}, "“warranty_contract_ends_after_start” is violated"),
        ({"scope": "project"}, "Choose the project."),
        ({}, "Nothing differs from what stands."),
        ({"policy": "999999"}, "Select a valid choice"),
    ],
)
def test_a_wrong_change_is_refused_in_words(contract: Contract, wrong: dict[str, str], sentence: str) -> None:
    said = {
        "name": contract.name, "ends_on": contract.ends_on, "policy": contract.policy_id, "scope": "all",
        "device_kinds": contract.device_kinds, "excluded_causes": contract.excluded_causes, **wrong,
    }  # fmt: skip
    answer = browser(ManagerFactory()).post(f"/desk/contracts/{contract.pk}/change/", said)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_contract_of_another_hospital_is_not_offered_its_projects(contract: Contract) -> None:
    own = contract.hospital.projects.create(name="own")
    SiteFactory().hospital.projects.create(name="strange")
    form = browser(ManagerFactory()).get(f"/desk/contracts/{contract.pk}/change/").context["form"]
    assert list(form.fields["project"].queryset) == [own]


def test_a_rehearsal_changes_nothing(contract: Contract) -> None:
    before = list(Contract.objects.values())
    contracts.rehearse(contract, by=ManagerFactory(), now=NOW, ends_on=date(2030, 4, 14))
    assert list(Contract.objects.values()) == before
