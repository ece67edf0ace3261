"""Whom it hits when a device is down (N15)."""

from __future__ import annotations

from typing import Any

import pytest

from devices import radius
from devices.models import Device
from people.models import Role
from tests.factories import PERSON_OF, DeviceFactory, DeviceModelFactory, NurseFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def mcu() -> Device:
    """An MCU with two terminals in one room, one at another site, and a retired one."""
    mcu = DeviceFactory(model=DeviceModelFactory(kind="mcu"), name="MCU-1")
    annex = SiteFactory(hospital=mcu.hospital, name="东院区")
    lower = DeviceFactory(site=annex, parent=mcu, model=mcu.model, name="MCU-2")
    for name in ("TE-1", "TE-2"):
        DeviceFactory(site=mcu.site, parent=mcu, room="会诊中心", name=name)
    DeviceFactory(site=annex, parent=lower, room="示教室", name="TE-3")
    DeviceFactory(site=annex, parent=lower, room="旧楼", name="gone", state="retired")
    DeviceFactory(site=mcu.site, room="别处", name="alone")
    return mcu


def test_an_mcu_takes_down_every_terminal_below_it_with_rooms_and_sites(mcu: Device) -> None:
    found = radius.behind(mcu)
    assert {device.name for device in found.terminals} == {"TE-1", "TE-2", "TE-3"}
    assert {(room.name, len(room.devices)) for room in found.rooms} == {("会诊中心", 2), ("示教室", 1)}
    assert len(found.sites) == 2
    assert found.is_wide


def test_a_terminal_takes_down_its_own_room(mcu: Device) -> None:
    terminal = Device.objects.get(name="TE-3")
    found = radius.behind(terminal)
    assert (found.terminals, [room.name for room in found.rooms], found.is_wide) == ((terminal,), ["示教室"], False)


def test_the_hospitals_technician_is_called_first_and_the_rest_is_counted(mcu: Device) -> None:
    technician = PERSON_OF[Role.HOSPITAL_TECHNICIAN](hospital=mcu.hospital, name="zz")
    NurseFactory.create_batch(7, hospital=mcu.hospital)
    NurseFactory(hospital=mcu.hospital, is_active=False)
    NurseFactory()
    found = radius.behind(mcu)
    assert found.people[0] == technician
    assert (len(found.people), found.others) == (5, 3)


def test_it_costs_one_query_with_its_people_however_many_terminals_there_are(
    mcu: Device, django_assert_num_queries: Any
) -> None:
    DeviceFactory.create_batch(30, site=mcu.site, parent=mcu)
    NurseFactory.create_batch(2, hospital=mcu.hospital)
    radius.behind(mcu)
    with django_assert_num_queries(1):
        found = radius.behind(mcu)
        assert [(terminal.place, terminal.model.kind) for terminal in found.terminals]
        assert [person.get_role_display() for person in found.people]
        assert (len(found.people), found.others) == (2, 0)
    assert len(found.terminals) == 33


def test_an_mcu_without_terminals_still_says_whom_to_call(mcu: Device, django_assert_num_queries: Any) -> None:
    Device.objects.filter(parent=mcu).update(parent=None)
    nurse = NurseFactory(hospital=mcu.hospital)
    assert radius.behind(mcu).terminals == ()
    assert radius.behind(mcu).people == (nurse,)
