"""Lists of devices from another program: created and checked, read row by row, applied, taken back."""

from __future__ import annotations

import pytest
from django.test import Client

from devices.importing import batches
from devices.models import Device, DeviceModel
from people.models import Hospital
from tests.devices.import_case import NOW
from tests.factories import DeviceModelFactory, EngineerFactory, HospitalFactory, OperatorFactory, SiteFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/device-imports/"


@pytest.fixture
def hospital() -> Hospital:
    DeviceModelFactory(name="TE-50")
    return SiteFactory(hospital=HospitalFactory(name="涪滨")).hospital


@pytest.fixture
def desk() -> Client:
    client = Client(headers={"Content-Type": "application/json"})
    client.force_login(OperatorFactory())
    return client


def row(hospital: Hospital, serial: str, **more: object) -> dict[str, object]:
    return {"hospital": hospital.name, "name": serial, "model": "TE-50", "serial": serial, **more}


def hand_in(client: Client, rows: list[dict[str, object]], **headers: str) -> object:
    return client.post(URL, {"name": "from ERP", "rows": rows}, "application/json", headers=headers)


def test_rows_are_checked_applied_and_taken_back(desk: Client, hospital: Hospital) -> None:
    made = hand_in(desk, [row(hospital, "T1"), row(hospital, "T2", accepted_on="tomorrow")])
    assert made.status_code == 201  # type: ignore[attr-defined]
    url = made.headers["Location"]  # type: ignore[attr-defined]
    assert (desk.get(url).json()["state"], desk.get(url).json()["planned"]) == ("checked", 1)
    rows = desk.get(f"{url}rows/").json()["results"]
    assert [(one["number"], one["verdict"], bool(one["errors"])) for one in rows] == [
        (2, "error", True),
        (1, "new", False),
    ]
    assert desk.post(f"{url}undo/").status_code == 409
    assert desk.post(f"{url}apply/").json()["state"] == "applying"
    assert desk.post(f"{url}apply/").status_code == 409
    batches.work(NOW)
    assert desk.get(url).json() | {"state": "applied", "done": 1} == desk.get(url).json()
    assert Device.objects.get().serial == "T1"
    assert desk.post(f"{url}undo/").status_code == 200
    batches.work(NOW)
    assert desk.get(url).json()["state"] == "undone"
    assert not Device.objects.exists()


def test_the_same_key_hands_a_list_in_once(desk: Client, hospital: Hospital) -> None:
    first, second = (hand_in(desk, [row(hospital, "T1")], **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]  # type: ignore[attr-defined]


BAD: list[object] = [
    {}, {"name": "x"}, {"name": "x", "rows": []}, {"name": "x", "rows": [{}]}, {"name": "x", "rows": [{"id": 1}]},
    {"name": "x", "rows": [{"hospital": "a", "name": "b", "model": "c", "serial": 5}]}, {"name": 1, "rows": [1]}, [],
]  # fmt: skip


@pytest.mark.parametrize("body", BAD, ids=str)
def test_what_is_no_list_is_refused(desk: Client, body: object) -> None:
    assert desk.post(URL, body, "application/json").status_code == 400


def test_engineers_import_nothing(hospital: Hospital) -> None:
    client = Client()
    client.force_login(EngineerFactory())
    assert hand_in(client, [row(hospital, "T1")]).status_code == 403  # type: ignore[attr-defined]
    assert client.get(URL).status_code == 403
    assert DeviceModel.objects.count() == 1
