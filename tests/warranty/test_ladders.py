"""What ends soon is said in time, to whom it concerns, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from devices.models import Device
from notifications.models import Notification
from people.models import Site
from tests.factories import (
    DeviceFactory,
    DeviceModelFactory,
    LeadFactory,
    ManagerFactory,
    NurseFactory,
    RegionFactory,
    SiteFactory,
    TeamFactory,
    TechnicianFactory,
)
from tests.warranty.contract_case import NOW, load, paper, signed
from warranty import defaults, duties, ladders, proofs
from warranty.models import Contract

pytestmark = pytest.mark.django_db
END = date(2027, 5, 20)


def climb(day: date) -> None:
    """A run of the daily task on that day."""
    ladders.run(day, datetime(day.year, day.month, day.day, 0, 0, tzinfo=UTC))


def said(kind: str) -> list[tuple[int, str]]:
    """Who was told `kind`, and by which key, in order."""
    return list(Notification.objects.filter(kind=kind).order_by("id").values_list("person", "dedupe_key"))


def days_said(kind: str, first: date, days: int) -> list[int]:
    """On which days, counted from `first`, something new of `kind` was said."""
    found = []
    for number in range(days):
        before = len(said(kind))
        climb(first + timedelta(days=number))
        found += [number] if len(said(kind)) > before else []
    return found


@pytest.fixture
def site(db: None) -> Site:
    load()
    site = SiteFactory()
    ManagerFactory()
    return site


def test_a_warranty_is_said_180_90_30_and_7_days_ahead(site: Site) -> None:
    DeviceFactory(site=site, accepted_on=date(2024, 5, 20))
    first = END - timedelta(days=190)
    assert [190 - day for day in days_said("warranty.ends", first, 195)] == [180, 90, 30, 7]


@pytest.mark.parametrize(
    ("accepted", "end"),
    [
        (date(2024, 2, 29), date(2027, 2, 28)),
        (date(2025, 2, 28), date(2028, 2, 28)),
        (date(2025, 3, 1), date(2028, 3, 1)),
    ],
)
def test_the_end_of_february_is_said_on_its_day(site: Site, accepted: date, end: date) -> None:
    DeviceFactory(site=site, accepted_on=accepted)
    assert days_said("warranty.ends", end - timedelta(days=40), 38) == [10, 33]


def test_all_devices_that_end_together_are_one_message_to_whom_it_concerns(site: Site) -> None:
    region = site.hospital.region
    near, far = LeadFactory(team=TeamFactory(region=region)), LeadFactory(team=TeamFactory(region=RegionFactory()))
    technician, nurse = TechnicianFactory(hospital=site.hospital), NurseFactory(hospital=site.hospital)
    stranger = TechnicianFactory()
    project = site.hospital.projects.create(name="一期", accepted_on=date(2024, 5, 20))
    for _ in range(3):
        DeviceFactory(site=site, project=project)
    DeviceFactory(site=site, accepted_on=date(2024, 5, 20), state="retired")
    climb(END - timedelta(days=30))
    told = {person for person, _ in said("warranty.ends")}
    assert {near.pk, technician.pk} < told
    assert not told & {far.pk, nurse.pk, stranger.pk}
    assert {row.context["count"] for row in Notification.objects.filter(kind="warranty.ends")} == {3}


def test_days_that_were_missed_are_made_up_for_by_the_highest_step_only(site: Site) -> None:
    DeviceFactory(site=site, accepted_on=date(2024, 5, 20))
    climb(END - timedelta(days=181))
    climb(END - timedelta(days=6))
    assert [key.rsplit(":", 1)[1] for _, key in said("warranty.ends")] == ["7"]
    climb(END - timedelta(days=6))
    assert len(said("warranty.ends")) == 1


def test_support_of_a_model_and_a_makers_own_paper_end_too(site: Site, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    dead = DeviceModelFactory(kind="mcu", discontinued_on=date(2026, 4, 1))
    device = DeviceFactory(site=site, model=dead, accepted_on=date(2020, 1, 1))
    proofs.attach(device, kind="maker", until=date(2027, 1, 31), paper=paper(), by=ManagerFactory(), now=NOW)
    climb(date(2027, 1, 24))
    assert len(said("warranty.ends")) == 2
    climb(date(2029, 2, 28))
    assert days_said("warranty.support_ends", date(2029, 3, 1), 40) == [1, 24]


def test_a_discontinued_model_is_said_once_whenever_it_is_entered(site: Site) -> None:
    model = DeviceModelFactory(kind="terminal")
    DeviceFactory(site=site, model=model)
    climb(date(2026, 5, 1))
    model.discontinued_on = date(2026, 3, 31)
    model.save()
    assert days_said("warranty.discontinued", date(2026, 5, 2), 4) == [0]


def test_a_contract_that_is_followed_by_another_needs_no_warning(site: Site) -> None:
    contract = signed(hospital=site.hospital)
    assert days_said("warranty.contract_ends", date(2027, 3, 1), 20) == [14]
    about = {"hospital": site.hospital, "number": "N", "phase": "paid", "years": 1, "is_first": False}
    following = defaults.draft("his", starts_on=date(2027, 4, 15), follows=contract, **about)
    Contract.objects.filter(pk=following.pk).update(activated_at=NOW)
    assert days_said("warranty.contract_ends", date(2027, 3, 21), 24) == []


def test_what_is_owed_and_not_done_is_said_60_30_and_7_days_before_the_year_ends(
    site: Site, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    contract, manager = signed("telemedicine", hospital=site.hospital, years=3), ManagerFactory()
    for kind in ("inspection", "training"):
        entry = duties.plan(contract, kind, on=date(2026, 5, 4), by=None, now=NOW)
        duties.done(entry, on=date(2026, 5, 4), proof=paper(), by=manager, today=date(2026, 5, 4), now=NOW)
    first = date(2027, 4, 14) - timedelta(days=70)
    assert [70 - day for day in days_said("warranty.duty_open", first, 72)] == [60, 30, 7]
    rows = Notification.objects.filter(kind="warranty.duty_open")
    assert {(row.context["duty"], row.context["owed"], row.context["done"]) for row in rows} == {("meeting", 4, 0)}
    assert not rows.filter(person__hospital__isnull=False).exists()


def test_years_that_end_on_the_eve_of_a_missing_29_february_are_said(site: Site) -> None:
    signed("telemedicine", hospital=site.hospital, years=4, starts_on=date(2024, 2, 29))
    assert days_said("warranty.duty_open", date(2027, 2, 18), 5) == [2]


def test_a_run_costs_the_same_however_many_devices_end_later(site: Site) -> None:
    def cost(day: date) -> int:
        with CaptureQueriesContext(connection) as queries:
            climb(day)
        return len(queries)

    climb(date(2026, 5, 1))
    before, model = cost(date(2026, 5, 2)), DeviceModelFactory(kind="mcu")
    Device.objects.bulk_create(
        Device(hospital=site.hospital, site=site, model=model, maker=model.maker, name=f"T{n}", serial=f"S{n}",
               accepted_on=date(2026, 1, 1))
        for n in range(200)
    )  # fmt: skip
    assert cost(date(2026, 5, 3)) == before
