"""Devices for other programs: the steps of their life, with the manners of every verb of the interface."""

from __future__ import annotations

from typing import Any

import pytest

from devices.models import Device, State
from tests.api_case import Program, mistakes
from tests.factories import DeviceFactory, DeviceModelFactory, EngineerFactory, LeadFactory, NurseFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def device() -> Device:
    return DeviceFactory(serial="OLD-1", name="TE-1")


@pytest.fixture
def lead() -> Program:
    return Program(LeadFactory())


def at(device: Device, verb: str = "") -> str:
    return f"/devices/{device.pk}/" + (f"{verb}/" if verb else "")


def install(device: Device, **changes: Any) -> dict[str, Any]:
    about = {"model": device.model_id, "serial": "NEW-1", "name": "TE-9", "site": device.site_id}
    return about | changes


def test_a_device_is_installed_swapped_and_keeps_its_life(lead: Program, device: Device) -> None:
    made = lead.post("/devices/", **install(device, on="2026-01-05", software_version="6.2"))
    assert made.status_code == 201
    assert made["Location"].endswith(f"/devices/{made.json()['id']}/")
    swapped = lead.post(f"/devices/{made.json()['id']}/swap/", serial="NEW-2", reason="broken")
    assert (swapped.status_code, swapped.json()["replaces"]) == (201, made.json()["id"])
    assert lead.get(f"/devices/{made.json()['id']}/").json()["state"] == "replaced"
    kinds = [row["kind"] for row in lead.get(f"/devices/{made.json()['id']}/events/").json()]
    assert kinds == ["swapped", "installed"]


def test_what_is_refused_is_a_conflict_in_words(lead: Program, device: Device) -> None:
    refused = lead.post("/devices/", **install(device, serial="old-1"))
    assert refused.status_code == 409
    assert "old-1" in refused.json()["detail"]


def test_the_same_key_swaps_once(lead: Program, device: Device) -> None:
    key = {"Idempotency-Key": "swap-17"}
    first = lead.post(at(device, "swap"), key, serial="NEW-2", reason="broken")
    again = lead.post(at(device, "swap"), key, serial="NEW-2", reason="broken")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Device.objects.count() == 2


def test_move_upgrade_and_retire_answer_with_the_device(lead: Program, device: Device) -> None:
    moved = lead.post(at(device, "move"), site=device.site_id, room="B 2", parent=None)
    assert (moved.status_code, moved.json()["room"]) == (200, "B 2")
    assert lead.post(at(device, "upgrade"), version="7").json()["software_version"] == "7"
    assert lead.post(at(device, "retire"), reason="old").json()["state"] == State.RETIRED


@pytest.mark.parametrize(
    ("verb", "body", "where"),
    [
        ("swap", {"serial": "x"}, {"reason": "required"}),
        ("swap", {"serial": 5, "reason": "x"}, {"serial": "invalid"}),
        ("swap", {"serial": "x", "reason": "x", "state": "retired"}, {"state": "unknown"}),
        ("upgrade", {"version": "7", "on": "yesterday"}, {"on": "invalid"}),
        ("upgrade", {"version": "7", "on": "2026-02-30"}, {"on": "invalid"}),
        ("retire", {"reason": ""}, {"reason": "blank"}),
    ],
)
def test_mistakes_are_named(
    verb: str, body: dict[str, Any], where: dict[str, str], lead: Program, device: Device
) -> None:
    answer = lead.post(at(device, verb), **body)
    assert answer.status_code == 400
    assert mistakes(answer) == {f"#/{name}": code for name, code in where.items()}


def test_what_one_may_not_see_does_not_exist(device: Device) -> None:
    foreign = DeviceFactory(model=DeviceModelFactory(kind="mcu"))
    engineer = Program(EngineerFactory(team__region=device.hospital.region))
    assert engineer.post(at(foreign, "retire"), reason="x").status_code == 404
    refused = engineer.post(at(device, "move"), site=SiteFactory().pk, room="", parent=foreign.pk)
    assert mistakes(refused) == {"#/site": "does_not_exist", "#/parent": "does_not_exist"}
    for path in (at(foreign), at(foreign, "events"), at(foreign, "radius")):
        assert engineer.get(path).status_code == 404


def test_a_hospital_reads_and_changes_nothing(device: Device) -> None:
    nurse = Program(NurseFactory(hospital=device.hospital))
    assert nurse.get(at(device, "radius")).json()["terminals"] == 1
    assert nurse.post(at(device, "retire"), reason="x").status_code == 403
    assert nurse.post("/devices/", **install(device)).status_code == 403


def test_lists_are_narrowed_by_kind_model_parent_and_serial(lead: Program, device: Device) -> None:
    mcu = DeviceFactory(site=device.site, model=DeviceModelFactory(kind="mcu"))
    Device.objects.filter(pk=device.pk).update(parent=mcu)
    for query in ({"kind": "terminal"}, {"model": device.model_id}, {"parent": mcu.pk}, {"serial": "old-1"}):
        assert [row["id"] for row in lead.get("/devices/", **query).json()["results"]] == [device.pk]
    models = lead.get("/device-models/", kind="mcu").json()["results"]
    assert [row["id"] for row in models] == [mcu.model_id]
    assert lead.get(f"/device-models/{mcu.model_id}/").json()["kind"] == "mcu"
    assert lead.get("/device-models/999999/").status_code == 404
