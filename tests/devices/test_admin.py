"""Models, projects and the papers behind warranties are set up in the admin."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from audit.models import Entry
from devices.models import DeviceModel, Project
from tests.factories import AdministratorFactory, DeviceFactory, DeviceModelFactory, SiteFactory
from tests.warranty.contract_case import paper
from warranty.models import WarrantyProof

pytestmark = pytest.mark.django_db
MODEL, PROJECT, PROOF = "/admin/devices/devicemodel/", "/admin/devices/project/", "/admin/warranty/warrantyproof/"


@pytest.fixture
def admin(settings: Settings, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = tmp_path
    client = Client(headers={"accept-language": "en"})
    client.force_login(AdministratorFactory())
    return client


def program() -> SimpleUploadedFile:
    return SimpleUploadedFile("protocol.pdf", b"MZ not a document")


def test_the_protocol_of_a_project_is_kept_and_opens_on_the_devices_page(admin: Client) -> None:
    hospital = SiteFactory().hospital
    said = {"hospital": hospital.pk, "name": "一期", "started_on": "2024-03-01", "accepted_on": "2024-05-20"}
    assert admin.post(f"{PROJECT}add/", {**said, "protocol": program()}).status_code == 200
    assert not Project.objects.exists()
    admin.post(f"{PROJECT}add/", {**said, "protocol": paper()})
    project = Project.objects.get()
    assert project.proof is not None
    assert admin.get(f"/files/protocol/{project.pk}/").status_code == 200
    admin.post(f"{PROJECT}{project.pk}/change/", {**said, "accepted_on": "2024-05-21"})
    changed = Project.objects.get()
    assert (changed.accepted_on, changed.proof) == (date(2024, 5, 21), project.proof)
    assert Entry.objects.filter(act="devices.project.changed").exists()


def test_a_model_that_stands_somewhere_keeps_its_maker_and_can_be_discontinued(admin: Client) -> None:
    model = DeviceFactory().model
    admin.post(f"{MODEL}{model.pk}/change/", {"maker": "别家", "name": model.name, "discontinued_on": "2026-01-31"})
    found = DeviceModel.objects.get(pk=model.pk)
    assert (found.maker, found.discontinued_on) == (model.maker, date(2026, 1, 31))
    assert admin.post(f"{MODEL}{model.pk}/delete/", {"post": "yes"}).status_code == 403
    free = DeviceModelFactory(name="TE-99")
    assert admin.post(f"{MODEL}{free.pk}/delete/", {"post": "yes"}).status_code == 302


def test_the_makers_paper_of_a_longer_warranty_is_brought_in_with_its_last_day(admin: Client) -> None:
    device = DeviceFactory()
    said = {"device": device.pk, "kind": "maker", "until": "2029-05-20"}
    for wrong in ({**said, "file": program()}, {**said, "until": "", "file": paper()}, said):
        assert admin.post(f"{PROOF}add/", wrong).status_code == 200
    assert not WarrantyProof.objects.exists()
    assert admin.post(f"{PROOF}add/", {**said, "file": paper()}).status_code == 302
    proof = WarrantyProof.objects.get()
    assert (proof.device, proof.until, proof.hospital) == (device, date(2029, 5, 20), device.hospital)
    assert admin.get(f"{PROOF}{proof.pk}/change/").status_code == 200


def test_devices_are_looked_up_in_the_admin_and_never_changed_there(admin: Client) -> None:
    device = DeviceFactory(serial="LOOK-1")
    assert "LOOK-1" in admin.get("/admin/devices/device/", {"q": "look-1"}).content.decode()
    assert admin.post(f"/admin/devices/device/{device.pk}/change/", {"name": "x"}).status_code == 403
