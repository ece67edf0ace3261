"""What each person may see: the other hospital's rows do not exist (house rule 8, T001, T018)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from attachments.models import Attachment
from devices.models import Device
from people.models import HOSPITAL_ROLES, Department, Hospital, Role, Site, User
from tests.factories import (
    PERSON_OF,
    DepartmentFactory,
    DeviceFactory,
    EngineerFactory,
    HospitalFactory,
    NurseFactory,
    OperatorFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db
SCOPED = (Hospital, Site, Department, User, Device, Attachment)


def furnished() -> Hospital:
    """A hospital with one row of everything."""
    hospital = HospitalFactory()
    DepartmentFactory(hospital=hospital)
    DeviceFactory(site=SiteFactory(hospital=hospital))
    nurse = NurseFactory(hospital=hospital)
    Attachment.objects.create(
        hospital=hospital,
        name="photo.jpg",
        path=f"{hospital.pk}",
        size=1,
        uploaded_by=nurse,
        uploaded_at=nurse.created_at,
    )
    return hospital


@pytest.mark.parametrize("role", sorted(HOSPITAL_ROLES))
def test_hospital_person_sees_rows_of_the_own_hospital_only(role: str) -> None:
    own, other = furnished(), furnished()
    person = PERSON_OF[role](hospital=own)
    for model in (Site, Department, Device, Attachment):
        rows = model.objects.for_user(person)
        assert set(rows.values_list("hospital_id", flat=True)) == {own.pk}, model
    assert list(Hospital.objects.for_user(person)) == [own]
    assert not User.objects.for_user(person).filter(hospital=other).exists()


def test_hospital_person_sees_no_company_people() -> None:
    nurse = NurseFactory()
    OperatorFactory()
    assert list(User.objects.for_user(nurse)) == [nurse]


def test_engineer_sees_hospitals_of_the_own_region_and_all_colleagues() -> None:
    near, far = furnished(), furnished()
    engineer = EngineerFactory(team__region=near.region)
    colleague = OperatorFactory()
    assert list(Hospital.objects.for_user(engineer)) == [near]
    assert set(Device.objects.for_user(engineer).values_list("hospital_id", flat=True)) == {near.pk}
    people = User.objects.for_user(engineer)
    assert {engineer, colleague} <= set(people)
    assert people.filter(hospital=near).exists()
    assert not people.filter(hospital=far).exists()


def test_engineer_without_a_team_sees_no_hospital() -> None:
    furnished()
    assert not Hospital.objects.for_user(EngineerFactory(team=None)).exists()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEAD, Role.MANAGER, Role.ADMIN])
def test_desk_sees_every_hospital(role: str) -> None:
    hospitals = {furnished(), furnished()}
    assert set(Hospital.objects.for_user(PERSON_OF[role]())) == hospitals


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_disabled_and_anonymous_see_nothing(model: type[Hospital]) -> None:
    furnished()
    assert not model.objects.for_user(OperatorFactory(is_active=False)).exists()
    assert not model.objects.for_user(EngineerFactory(is_active=False)).exists()
    assert not model.objects.for_user(AnonymousUser()).exists()
