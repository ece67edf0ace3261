"""A hospital with 500 devices at a glance."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices.models import Device
from tests.factories import DeviceModelFactory, EngineerFactory, ManagerFactory, NurseFactory, SiteFactory
from tests.warranty.contract_case import NOW, TODAY, signed
from warranty import contracts, duties, overview

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(db: None) -> Any:
    site = SiteFactory()
    terminal, dead = (
        DeviceModelFactory(kind="terminal"),
        DeviceModelFactory(kind="mcu", discontinued_on=date(2020, 1, 1)),
    )
    accepted = {0: date(2024, 5, 20), 1: date(2020, 5, 20), 2: None}
    Device.objects.bulk_create(
        Device(
            hospital=site.hospital, site=site, model=dead if n % 50 == 0 else terminal, maker=terminal.maker,
            name=f"T{n:03}", serial=f"S{n}", accepted_on=accepted[n % 3],
        )
        for n in range(500)
    )  # fmt: skip
    return site


def test_coverage_quotas_and_duties_of_500_devices_take_six_queries(site: Any) -> None:
    for code in ("telemedicine", "his"):
        contract = signed(code, hospital=site.hospital)
    listed = contracts.change(contract, by=ManagerFactory(), now=NOW, scope="listed", device_kinds=["terminal"])
    listed.devices.set(Device.objects.filter(name__in=["T001", "T004"]))
    duties.plan(contract, "inspection", on=date(2026, 9, 1), by=None, now=NOW)
    nurse = NurseFactory(hospital=site.hospital)
    with CaptureQueriesContext(connection) as queries:
        found = overview.of(site.hospital, user=nurse, today=TODAY)
        assert sum(found.coverage.values()) == 500
        assert (len(found.quotas), len(found.duties)) == (7, 6)
        assert [one.forecast.planned for one in found.duties if one.entitlement.kind == "inspection"] == [0, 1]
    assert len(queries) <= 6
    assert found.coverage == {"free": 167, "contract": 333}
    assert found.ends == ((date(2027, 4, 14), 333), (date(2027, 5, 20), 167))
    assert found.states == {("terminal", "in_use"): 490, ("mcu", "in_use"): 10}
    assert sum(found.coverage_by_kind.values()) == 500
    assert found.coverage_by_kind["mcu", "free"] == 4


def test_without_a_contract_each_device_stands_by_its_own_dates(site: Any) -> None:
    signed(hospital=site.hospital)
    found = overview.of(site.hospital, user=ManagerFactory(), today=TODAY)
    assert found.coverage == {"free": 167, "billable": 164, "unsupported": 3, "unclear": 166}


@pytest.mark.parametrize("who", ["nurse elsewhere", "engineer elsewhere"])
def test_a_stranger_sees_nothing_of_it(site: Any, who: str) -> None:
    signed("telemedicine", hospital=site.hospital)
    person = NurseFactory() if who.startswith("nurse") else EngineerFactory()
    found = overview.of(site.hospital, user=person, today=TODAY)
    assert (found.devices, found.contracts, found.quotas, found.duties) == ((), (), (), ())
