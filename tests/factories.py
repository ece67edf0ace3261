"""Rows for tests. Every person's password is `PASSWORD`; sign in with `client.force_login(person)`.

A hospital and what belongs to it agree by default: `SiteFactory(hospital=h)`, `DeviceFactory(site=s)`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from devices.models import Device, DeviceModel
from people.models import (
    HOSPITAL_ROLES,
    Department,
    Hospital,
    Region,
    Role,
    ServiceBase,
    Site,
    Team,
    TravelTime,
    User,
)

PASSWORD = "seven-grey-herons-73"


@cache
def hashed_password() -> str:
    """One argon2 hash for the whole run: hashing is slow on purpose."""
    return make_password(PASSWORD)


class RegionFactory(DjangoModelFactory[Region]):
    class Meta:
        model = Region

    code = factory.Sequence(lambda n: f"region-{n}")
    name = factory.Sequence(lambda n: f"Region {n}")


class ServiceBaseFactory(DjangoModelFactory[ServiceBase]):
    class Meta:
        model = ServiceBase

    name = factory.Sequence(lambda n: f"Base {n}")
    city = "成都"
    region = factory.SubFactory(RegionFactory)
    latitude = 30.57
    longitude = 104.07


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")
    region = factory.SubFactory(RegionFactory)
    base = None
    tier = Team.Tier.CENTRE


class HospitalFactory(DjangoModelFactory[Hospital]):
    class Meta:
        model = Hospital

    name = factory.Sequence(lambda n: f"Hospital {n}")
    region = factory.SubFactory(RegionFactory)
    city = "绵阳"


class SiteFactory(DjangoModelFactory[Site]):
    class Meta:
        model = Site

    hospital = factory.SubFactory(HospitalFactory)
    name = factory.Sequence(lambda n: f"Site {n}")
    address = "临园路东段 12 号"
    city = "绵阳"
    latitude = 31.47
    longitude = 104.68


class DepartmentFactory(DjangoModelFactory[Department]):
    class Meta:
        model = Department

    hospital = factory.SubFactory(HospitalFactory)
    name = factory.Sequence(lambda n: f"Department {n}")


class TravelTimeFactory(DjangoModelFactory[TravelTime]):
    class Meta:
        model = TravelTime

    site = factory.SubFactory(SiteFactory)
    base = factory.SubFactory(ServiceBaseFactory)
    minutes = 95
    km = 130
    source = "road table 2026-03"
    source_date = date(2026, 3, 1)
    valid_from = datetime(2026, 3, 1, tzinfo=UTC)


class UserFactory(DjangoModelFactory[User]):
    """A person of `role`; hospital roles get a hospital, the others none."""

    class Meta:
        model = User

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@desk.example")
    phone = factory.Sequence(lambda n: f"139{n:08d}")
    role = Role.HOSPITAL_STAFF
    hospital = factory.Maybe(
        factory.LazyAttribute(lambda person: person.role in HOSPITAL_ROLES),
        yes_declaration=factory.SubFactory(HospitalFactory),
        no_declaration=None,
    )
    password = factory.LazyFunction(hashed_password)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return User.objects.create(**kwargs)


class NurseFactory(UserFactory):
    role = Role.HOSPITAL_STAFF


class TechnicianFactory(UserFactory):
    role = Role.HOSPITAL_TECHNICIAN


class OperatorFactory(UserFactory):
    role = Role.OPERATOR


class LeadFactory(UserFactory):
    role = Role.LEAD


class EngineerFactory(UserFactory):
    """An engineer of a team with a region; `team__region=hospital.region` puts them on its doorstep."""

    role = Role.ENGINEER
    team = factory.SubFactory(TeamFactory)


class DepotClerkFactory(UserFactory):
    role = Role.DEPOT


class ManagerFactory(UserFactory):
    role = Role.MANAGER


class AdministratorFactory(UserFactory):
    role = Role.ADMIN
    is_superuser = True


PERSON_OF: dict[str, type[UserFactory]] = {
    Role.HOSPITAL_STAFF: NurseFactory,
    Role.HOSPITAL_TECHNICIAN: TechnicianFactory,
    Role.OPERATOR: OperatorFactory,
    Role.LEAD: LeadFactory,
    Role.ENGINEER: EngineerFactory,
    Role.DEPOT: DepotClerkFactory,
    Role.MANAGER: ManagerFactory,
    Role.ADMIN: AdministratorFactory,
}
"""Role → factory, for tests that walk all roles."""


class DeviceModelFactory(DjangoModelFactory[DeviceModel]):
    class Meta:
        model = DeviceModel

    maker = "华视"
    name = factory.Sequence(lambda n: f"TE-{n}")
    kind = DeviceModel.Kind.TERMINAL


class DeviceFactory(DjangoModelFactory[Device]):
    class Meta:
        model = Device

    site = factory.SubFactory(SiteFactory)
    hospital = factory.SelfAttribute("site.hospital")
    model = factory.SubFactory(DeviceModelFactory)
    name = factory.Sequence(lambda n: f"terminal {n}")
    room = "三楼会诊室"
    serial = factory.Sequence(lambda n: f"SN{n:06d}")
