"""Trainings are recorded with their proof and seen by the hospital that they belong to (A3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from people.models import User
from tests.factories import DepotClerkFactory, EngineerFactory, LeadFactory, NurseFactory, TechnicianFactory
from tests.world import picture
from tickets.models import Training

pytestmark = pytest.mark.django_db
PAGE = "/desk/trainings/"


def browser(person: User) -> Client:
    User.objects.filter(pk=person.pk).update(language="en")
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def said(nurse: User, **changes: Any) -> dict[str, Any]:
    held_on = timezone.localdate().isoformat()
    fields = {"hospital": nurse.hospital_id, "who": nurse.name, "topic": "开机", "held_on": held_on, "trainer": "李航"}
    return {**fields, **changes}


def test_a_training_is_recorded_with_its_proof_which_the_hospital_and_nobody_else_opens() -> None:
    nurse = NurseFactory()
    proof = SimpleUploadedFile("list.png", picture(), content_type="image/png")
    page = browser(LeadFactory()).post(PAGE, said(nurse, proof=proof), follow=True)
    assert "On record" in page.content.decode()
    row = Training.objects.get()
    assert (row.person, row.hospital) == (nurse, nurse.hospital)
    assert row.proof
    door = f"/files/{row.proof.key}/"
    assert browser(TechnicianFactory(hospital=nurse.hospital)).get(door).status_code == 200
    assert browser(TechnicianFactory()).get(door).status_code == 404
    assert Client().get(door).status_code == 404


def test_somebody_without_an_account_is_named_and_an_account_is_found_by_its_address() -> None:
    nurse, client = NurseFactory(), browser(LeadFactory())
    client.post(PAGE, said(nurse, who="临时工小王"))
    client.post(PAGE, said(nurse, who=nurse.email))
    assert [row.who for row in Training.objects.order_by("pk")] == ["临时工小王", nurse.name]


def test_what_lies_ahead_or_names_nobody_or_another_hospitals_row_is_refused() -> None:
    nurse = NurseFactory()
    engineer = EngineerFactory(team__region=nurse.hospital.region)
    client = browser(engineer)
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    bad = SimpleUploadedFile("x.exe", b"MZ\x90", content_type="image/png")
    for wrong in (
        {"held_on": tomorrow},
        {"who": " "},
        {"hospital": NurseFactory().hospital_id},
        {"topic": ""},
        {"proof": bad},
    ):
        assert client.post(PAGE, said(nurse, **wrong)).status_code == 422
    assert not Training.objects.exists()
    assert client.post(PAGE, said(nurse)).status_code == 302
    assert client.get(f"{PAGE}?hospital=x").status_code == 200


def test_neither_a_hospital_nor_the_depot_records_one() -> None:
    for person in (TechnicianFactory(), DepotClerkFactory()):
        assert browser(person).post(PAGE).status_code == 403
