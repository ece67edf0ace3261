"""What happens to a device: each verb leaves a dated row, keeps the register true and refuses loudly (A4, A12)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import Entry
from devices import lifecycle
from devices.lifecycle import Refused
from devices.models import Device, DeviceEvent, DeviceModel, Project, SoftwareVersion, State
from people.models import Site, User
from tests.factories import DeviceFactory, DeviceModelFactory, EngineerFactory, SiteFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
TODAY = date(2026, 11, 18)
E = DeviceEvent.Kind


@pytest.fixture
def site() -> Site:
    return SiteFactory()


@pytest.fixture
def engineer() -> User:
    return EngineerFactory()


@pytest.fixture
def mcu(site: Site) -> Device:
    return DeviceFactory(site=site, name="MCU-1", model=DeviceModelFactory(kind="mcu", name="MX8"))


def install(site: Site, **given: Any) -> Device:
    values: dict[str, Any] = {"serial": "TE50-1", "name": "TE-1", "site": site, "by": None, "now": NOW} | given
    return lifecycle.install(model=values.pop("model", None) or DeviceModelFactory(), **values)


def test_an_installed_device_is_in_use_with_its_day_its_event_and_its_first_version(site: Site, mcu: Device) -> None:
    device = install(site, room="三楼会诊室", parent=mcu, software_version="6.2.1", on=date(2026, 11, 17))
    device.refresh_from_db()
    assert (device.state, device.installed_on, device.maker) == (State.IN_USE, date(2026, 11, 17), device.model.maker)
    event = device.events.get()
    assert (event.kind, event.on, event.at, event.old) == (E.INSTALLED, date(2026, 11, 17), NOW, {})
    assert event.new["parent"] == "MCU-1"
    assert [(row.version, row.since) for row in device.versions.all()] == [("6.2.1", date(2026, 11, 17))]
    assert Entry.objects.get(act="devices.installed").detail["id"] == device.pk


def test_the_day_of_a_step_is_the_sites_and_never_ahead(site: Site) -> None:
    evening = datetime(2026, 11, 18, 17, 0, tzinfo=UTC)  # 01:00 on the 19th in Shanghai
    assert install(site, now=evening).installed_on == date(2026, 11, 19)
    with pytest.raises(Refused):
        install(site, serial="TE50-2", on=date(2026, 11, 19))


@pytest.mark.parametrize("serial", ["te50-1", "  TE50-1 ", "ＴＥ５０－１"])
def test_a_serial_is_one_devices_of_a_maker_whatever_its_case_blanks_or_width(site: Site, serial: str) -> None:
    model = DeviceModelFactory(maker="华视", name="A")
    install(site, model=model)
    with pytest.raises(Refused, match=r"(?i)te50-1"):
        install(SiteFactory(), model=DeviceModelFactory(maker="华视", name="B"), serial=serial)
    assert install(site, model=DeviceModelFactory(maker="捷信"), serial=serial).pk


def test_a_makers_new_name_reaches_its_devices_and_no_other_can_be_written(mcu: Device) -> None:
    DeviceModel.objects.filter(pk=mcu.model_id).update(maker="华视科技")
    mcu.refresh_from_db()
    assert mcu.maker == "华视科技"
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.filter(pk=mcu.pk).update(maker="别家")


def test_project_and_mcu_of_another_hospital_are_refused_and_the_database_refuses_them_too(site: Site) -> None:
    foreign = DeviceFactory(model=DeviceModelFactory(kind="mcu"))
    project = Project.objects.create(hospital=foreign.hospital, name="一期")
    for given in ({"parent": foreign}, {"project": project}):
        with pytest.raises(Refused):
            install(site, **given)
    device = install(site)
    for column, value in (("parent", foreign), ("project", project)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Device.objects.filter(pk=device.pk).update(**{column: value})


def test_a_device_hangs_below_an_mcu_only(site: Site) -> None:
    with pytest.raises(Refused):
        install(site, parent=install(site, serial="other"))


def test_a_swap_keeps_place_mcu_children_and_the_day_that_warranty_counts_from(site: Site, engineer: User) -> None:
    """Worked example 11, last line."""
    project = Project.objects.create(hospital=site.hospital, name="一期", accepted_on=date(2024, 5, 20))
    model = DeviceModelFactory(kind="mcu")
    old = install(site, model=model, serial="MX-1", name="MCU-1", room="机房", project=project, on=date(2024, 5, 1))
    child = install(site, parent=old, on=date(2024, 5, 1))
    new = lifecycle.swap(old, serial="MX-2", by=engineer, now=NOW, reason="电源烧毁", software_version="8.5")
    old.refresh_from_db()
    child.refresh_from_db()
    assert (old.state, new.state, new.replaces, child.parent) == (State.REPLACED, State.IN_USE, old, new)
    assert (new.name, new.room, new.site, new.installed_on) == ("MCU-1", "机房", site, TODAY)
    assert new.acceptance == date(2024, 5, 20)
    for device in (old, new):
        event = device.events.filter(kind=E.SWAPPED).get()
        assert (event.old["serial"], event.new["serial"], event.by, event.reason) == (
            "MX-1", "MX-2", engineer, "电源烧毁"
        )  # fmt: skip
    assert new.versions.get().version == "8.5"


def test_a_swap_by_a_device_of_another_kind_or_with_a_known_serial_leaves_everything_as_it_was(site: Site) -> None:
    device, other = install(site), install(site, serial="TE50-2")
    for given in ({"model": DeviceModelFactory(kind="mcu"), "serial": "new"}, {"serial": other.serial.lower()}):
        with pytest.raises(Refused):
            lifecycle.swap(
                device, model=given.get("model", other.model), serial=given["serial"], by=None, now=NOW, reason="x"
            )
    device.refresh_from_db()
    assert device.state == State.IN_USE
    assert device.events.count() == 1


def test_what_is_no_longer_in_use_cannot_be_changed(site: Site) -> None:
    device = lifecycle.retire(install(site), by=None, now=NOW, reason="报废")
    verbs: list[Any] = [
        lambda: lifecycle.swap(device, serial="new", by=None, now=NOW, reason="x"),
        lambda: lifecycle.move(device, site=site, room="别处", parent=None, by=None, now=NOW),
        lambda: lifecycle.upgrade(device, version="9", by=None, now=NOW),
        lambda: lifecycle.retire(device, by=None, now=NOW, reason="x"),
    ]
    for verb in verbs:
        with pytest.raises(Refused):
            verb()


def test_a_move_keeps_what_was_before_and_refuses_to_change_nothing(site: Site, mcu: Device) -> None:
    device = install(site, room="一楼", parent=mcu)
    annex = SiteFactory(hospital=site.hospital, name="东院区")
    lifecycle.move(device, site=annex, room="手术示教室", parent=mcu, by=None, now=NOW, reason="搬迁")
    event = device.events.filter(kind=E.MOVED).get()
    assert event.old == {"site": site.name, "room": "一楼"}
    assert event.new == {"site": "东院区", "room": "手术示教室"}
    with pytest.raises(Refused):
        lifecycle.move(device, site=annex, room=" 手术示教室 ", parent=mcu, by=None, now=NOW)
    with pytest.raises(Refused):
        lifecycle.move(device, site=SiteFactory(), room="x", parent=None, by=None, now=NOW)


def test_mcus_may_hang_below_each_other_but_never_in_a_ring(site: Site, mcu: Device) -> None:
    lower = DeviceFactory(site=site, name="MCU-2", model=mcu.model, parent=mcu)
    with pytest.raises(Refused, match="MCU-1"):
        lifecycle.move(mcu, site=site, room=mcu.room, parent=lower, by=None, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.filter(pk=mcu.pk).update(parent=lower)


def test_every_version_keeps_its_day(site: Site) -> None:
    device = install(site, software_version="6.1", on=date(2026, 1, 5))
    lifecycle.upgrade(device, version="6.2", on=date(2026, 6, 1), by=None, now=NOW)
    rows = list(SoftwareVersion.objects.filter(device=device).values_list("version", "since"))
    assert rows == [("6.2", date(2026, 6, 1)), ("6.1", date(2026, 1, 5))]
    for version, on in (("6.2", None), ("6.3", date(2026, 5, 1)), ("6.3", date(2025, 12, 31)), (" ", None)):
        with pytest.raises(Refused):
            lifecycle.upgrade(device, version=version, on=on, by=None, now=NOW)


def test_an_mcu_with_terminals_goes_only_when_they_are_connected_elsewhere(site: Site, mcu: Device) -> None:
    children = [install(site, serial=f"TE50-{n}", name=f"TE-{n}", parent=mcu) for n in range(3)]
    with pytest.raises(Refused, match="TE-0, TE-1, TE-2"):
        lifecycle.retire(mcu, by=None, now=NOW, reason="停产")
    with pytest.raises(Refused):
        lifecycle.retire(mcu, by=None, now=NOW, reason="停产", children_to=mcu)
    heir = DeviceFactory(site=site, name="MCU-2", model=mcu.model)
    lifecycle.retire(mcu, by=None, now=NOW, reason="停产", children_to=heir)
    assert set(heir.children.all()) == set(children)
    assert children[0].events.filter(kind=E.MOVED).get().new == {"parent": "MCU-2"}
    mcu.refresh_from_db()
    assert mcu.state == State.RETIRED


def test_a_step_needs_a_reason_where_something_ends(site: Site) -> None:
    device = install(site)
    for verb in (
        lambda: lifecycle.swap(device, serial="new", by=None, now=NOW, reason="  "),
        lambda: lifecycle.retire(device, by=None, now=NOW, reason=""),
        lambda: lifecycle.swap(device, serial=" ", by=None, now=NOW, reason="x"),
    ):
        with pytest.raises(Refused):
            verb()


def test_nothing_happens_to_a_device_before_it_was_installed(site: Site) -> None:
    device = install(site, on=TODAY)
    with pytest.raises(Refused):
        lifecycle.swap(device, serial="new", by=None, now=NOW, reason="x", on=TODAY - timedelta(days=1))


def test_a_step_costs_the_same_whatever_the_hospital_holds(site: Site, django_assert_max_num_queries: Any) -> None:
    device = install(site)
    DeviceFactory.create_batch(20, site=site)
    with django_assert_max_num_queries(14):
        lifecycle.move(device, site=site, room="别处", parent=None, by=None, now=NOW)
    assert connection.vendor == "postgresql"
