"""Rules, prices and contracts are set up in the admin, and what was promised stays as it was."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from attachments.storage import Refused as NotTaken
from audit.models import Entry
from people.models import User
from sla.models import Policy, PolicyAssignment
from tests.factories import AdministratorFactory, DeviceFactory, SiteFactory
from tests.warranty.contract_case import NOW, load, paper, signed
from warranty import cases, proofs
from warranty.models import Contract, CoverageTerm, PriceRow
from warranty.refusal import Refused

pytestmark = pytest.mark.django_db
NO_ROWS = {f"{name}-{kind}": "0" for name in ("lines", "entitlements") for kind in ("TOTAL_FORMS", "INITIAL_FORMS")}


@pytest.fixture
def administrator(db: None) -> User:
    load()
    return AdministratorFactory()


@pytest.fixture
def client(administrator: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(administrator)
    return client


def form(contract: Contract, **changes: Any) -> dict[str, Any]:
    fields = {
        "hospital": contract.hospital_id,
        "number": contract.number,
        "name": contract.name,
        "clause": contract.clause,
        "phase": contract.phase,
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
        "policy": contract.policy_id,
        "scope": contract.scope,
        "device_kinds": ",".join(contract.device_kinds),
        "excluded_causes": ",".join(contract.excluded_causes),
    }
    return {**NO_ROWS, **fields, **changes}


def test_a_contract_is_filled_from_its_kind_and_put_in_force(client: Client) -> None:
    hospital = SiteFactory().hospital
    wanted = Contract(
        hospital=hospital, number="HT-9", name="HIS", clause="B2", phase="paid", starts_on=date(2026, 4, 15),
        ends_on=date(2027, 4, 14), scope="all", policy=Policy.objects.get(code="his"), device_kinds=["his_server"],
    )  # fmt: skip
    answer = client.post("/admin/warranty/contract/add/", form(wanted, template="his"))
    assert answer.status_code == 302
    contract = Contract.objects.get()
    assert (contract.lines.count(), contract.entitlements.count(), contract.activated_at) == (6, 4, None)
    chosen = {"action": "activate", "_selected_action": [contract.pk]}
    for _ in range(2):
        client.post("/admin/warranty/contract/", chosen)
    contract.refresh_from_db()
    assert contract.activated_at is not None
    assert PolicyAssignment.objects.filter(hospital=hospital, device_kind="his_server").count() == 2
    assert Entry.objects.filter(act="warranty.contract_activated").count() == 1


def test_a_contract_in_force_keeps_what_was_signed_and_counts_its_changes(client: Client) -> None:
    contract = signed()
    sent = form(contract, ends_on=date(2027, 12, 31), starts_on=date(2020, 1, 1), phase="free")
    assert client.post(f"/admin/warranty/contract/{contract.pk}/change/", sent).status_code == 302
    contract.refresh_from_db()
    assert (contract.starts_on, contract.ends_on) == (date(2026, 4, 15), date(2027, 12, 31))
    assert (contract.phase, contract.version) == ("paid", 2)
    assert client.post(f"/admin/warranty/contract/{contract.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_contract_lists_no_device_of_another_hospital(client: Client) -> None:
    contract = signed()
    own, stranger = DeviceFactory(site=contract.hospital.sites.get()), DeviceFactory()
    path = f"/admin/warranty/contract/{contract.pk}/change/"
    assert client.post(path, form(contract, devices=f"{own.pk},{stranger.pk}")).status_code == 200
    assert client.post(path, form(contract, devices=f"{own.pk}")).status_code == 302
    assert [device.pk for device in contract.devices.all()] == [own.pk]


def test_a_changed_rule_or_price_is_the_next_version(client: Client) -> None:
    term = CoverageTerm.objects.get(code="maker_3_years")
    sent = {
        "code": term.code, "name": term.name, "clause": term.clause, "outcome": term.outcome, "basis": term.basis,
        "years": 5, "device_kinds": "mcu", "causes": "", "excluded_causes": "damage", "position": 2,
        "valid_from": "2027-01-01",
    }  # fmt: skip
    assert client.post(f"/admin/warranty/coverageterm/{term.pk}/change/", sent).status_code == 302
    rows = CoverageTerm.objects.filter(code="maker_3_years").order_by("version").values_list("version", "years")
    assert list(rows) == [(1, 3), (2, 5)]
    price = PriceRow.objects.get(code="hour")
    sent = {
        "code": "hour",
        "name": "工时费",
        "unit": "小时",
        "amount": "250",
        "quantity": "2",
        "valid_from": "2027-01-01",
    }
    assert client.post(f"/admin/warranty/pricerow/{price.pk}/change/", sent).status_code == 302
    assert list(PriceRow.objects.filter(code="hour").order_by("version").values_list("version", "amount")) == [
        (1, 200), (2, 250),
    ]  # fmt: skip
    assert client.get(f"/admin/warranty/coverageterm/{term.pk}/delete/").status_code == 403


def test_a_makers_paper_prolongs_the_warranty_and_is_kept(
    administrator: User, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    device = DeviceFactory(model__kind="mcu", accepted_on=date(2024, 5, 20))
    proof = proofs.attach(device, kind="maker", until=date(2029, 5, 20), paper=paper(), by=administrator, now=NOW)
    assert (proof.hospital, proof.paper.hospital) == (device.hospital, device.hospital)
    assert cases.verdict(device, cause="unknown", on=date(2028, 1, 1)).until == date(2029, 5, 20)
    for kind, until in (("maker", None), ("acceptance", date(2029, 1, 1))):
        with pytest.raises(Refused):
            proofs.attach(device, kind=kind, until=until, paper=paper(), by=administrator, now=NOW)
    bad = paper()
    bad.name = "page.html"
    with pytest.raises(NotTaken):
        proofs.attach(device, kind="acceptance", until=None, paper=bad, by=administrator, now=NOW)
    assert device.proofs.count() == 1
