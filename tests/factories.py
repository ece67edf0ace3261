"""Rows for tests. Every person's password is `PASSWORD`; sign in with `client.force_login(person)`.

A hospital and what belongs to it agree by default: `SiteFactory(hospital=h)`, `DeviceFactory(site=s)`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.contrib.auth.hashers import make_password
from django.db.models import Model
from factory.declarations import LazyAttribute, LazyFunction, Maybe, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from devices.models import Device, DeviceModel
from people.models import (
    HOSPITAL_ROLES,
    Department,
    Hospital,
    Region,
    Role,
    Rotation,
    RotationMember,
    ServiceBase,
    Site,
    Team,
    TravelTime,
    User,
)
from sla import defaults as promises
from sla.models import Policy
from tickets import workflow
from tickets.models import Ticket

Row = TypeVar("Row", bound=Model)
PASSWORD = "seven-grey-herons-73"


@cache
def hashed_password() -> str:
    """One argon2 hash for the whole run: hashing is slow on purpose."""
    return make_password(PASSWORD)


class RowFactory(DjangoModelFactory[Row], Generic[Row]):
    """A factory that a type checker sees as what it makes: `RegionFactory()` is a `Region`."""

    class Meta:
        abstract = True

    if TYPE_CHECKING:

        def __new__(cls, **values: Any) -> Row: ...  # type: ignore[misc]


class RegionFactory(RowFactory[Region]):
    class Meta:
        model = Region

    code = Sequence(lambda n: f"region-{n}")
    name = Sequence(lambda n: f"Region {n}")


class ServiceBaseFactory(RowFactory[ServiceBase]):
    class Meta:
        model = ServiceBase

    name = Sequence(lambda n: f"Base {n}")
    city = "成都"
    region = SubFactory(RegionFactory)
    latitude = 30.57
    longitude = 104.07


class TeamFactory(RowFactory[Team]):
    class Meta:
        model = Team

    name = Sequence(lambda n: f"Team {n}")
    region = SubFactory(RegionFactory)
    base = None
    tier = Team.Tier.CENTRE


class HospitalFactory(RowFactory[Hospital]):
    class Meta:
        model = Hospital

    name = Sequence(lambda n: f"Hospital {n}")
    region = SubFactory(RegionFactory)
    city = "绵阳"


class SiteFactory(RowFactory[Site]):
    class Meta:
        model = Site

    hospital = SubFactory(HospitalFactory)
    name = Sequence(lambda n: f"Site {n}")
    address = "临园路东段 12 号"
    city = "绵阳"
    latitude = 31.47
    longitude = 104.68


class DepartmentFactory(RowFactory[Department]):
    class Meta:
        model = Department

    hospital = SubFactory(HospitalFactory)
    name = Sequence(lambda n: f"Department {n}")


class TravelTimeFactory(RowFactory[TravelTime]):
    class Meta:
        model = TravelTime

    site = SubFactory(SiteFactory)
    base = SubFactory(ServiceBaseFactory)
    minutes = 95
    km = 130
    source = "road table 2026-03"
    source_date = date(2026, 3, 1)
    valid_from = datetime(2026, 3, 1, tzinfo=UTC)


class UserFactory(RowFactory[User]):
    """A person of `role`; hospital roles get a hospital, the others none."""

    class Meta:
        model = User

    name = Sequence(lambda n: f"Person {n}")
    email = Sequence(lambda n: f"person{n}@desk.example")
    phone = Sequence(lambda n: f"139{n:08d}")
    role = Role.HOSPITAL_STAFF
    hospital = Maybe(
        LazyAttribute(lambda person: person.role in HOSPITAL_ROLES),
        yes_declaration=SubFactory(HospitalFactory),
        no_declaration=None,
    )
    password = LazyFunction(hashed_password)

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
    team = SubFactory(TeamFactory)


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


class DeviceModelFactory(RowFactory[DeviceModel]):
    class Meta:
        model = DeviceModel

    maker = "华视"
    name = Sequence(lambda n: f"TE-{n}")
    kind = DeviceModel.Kind.TERMINAL


class DeviceFactory(RowFactory[Device]):
    class Meta:
        model = Device

    site = SubFactory(SiteFactory)
    hospital = SelfAttribute("site.hospital")
    model = SubFactory(DeviceModelFactory)
    name = Sequence(lambda n: f"terminal {n}")
    room = "三楼会诊室"
    serial = Sequence(lambda n: f"SN{n:06d}")


class RotationFactory(RowFactory[Rotation]):
    """Round the clock since 2020 for `role` in every region; `people` in the order of their turns."""

    class Meta:
        model = Rotation

    name = Sequence(lambda n: f"Rotation {n}")
    role = Role.OPERATOR
    starts_on = date(2020, 1, 1)

    @classmethod
    def _create(
        cls, model_class: type[Rotation], *args: Any, people: list[User] | tuple[User, ...] = (), **values: Any
    ) -> Rotation:
        rotation = Rotation.objects.create(**values)
        for position, person in enumerate(people, start=1):
            RotationMember.objects.create(rotation=rotation, user=person, position=position)
        return rotation


class TicketFactory(RowFactory[Ticket]):
    """A ticket filed by the verb at `now` (default: Wed 2026-03-11 09:00 in Shanghai), its clocks running.

    `reporter` files it at a site of their hospital, which is made when there is none; a `device` brings its own.
    """

    class Meta:
        model = Ticket

    now = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)
    device = None
    reporter = LazyAttribute(
        lambda filed: NurseFactory(hospital=filed.device.hospital) if filed.device else NurseFactory()
    )
    by = SelfAttribute("reporter")
    hospital = SelfAttribute("reporter.hospital")
    site = LazyAttribute(
        lambda filed: (
            filed.device.site if filed.device else filed.hospital.sites.first() or SiteFactory(hospital=filed.hospital)
        )
    )
    kind = "fault"
    title = "会诊终端无画面"
    impact = Ticket.Impact.ROOM
    urgency = Ticket.Urgency.TODAY
    channel = Ticket.Channel.PORTAL

    @classmethod
    def _create(cls, model_class: type[Ticket], *args: Any, **filed: Any) -> Ticket:
        if not Policy.objects.exists():
            promises.load()
        return workflow.open_ticket(**filed)
