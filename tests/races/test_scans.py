"""A flood of public reports: its limits hold however many arrive in the same moment (T089)."""

from __future__ import annotations

import uuid

import pytest
from pytest_django import Settings

from devices import labels
from devices.models import DeviceLabel
from sla import defaults as promises
from tests.factories import DeviceFactory, OperatorFactory, SiteFactory
from tests.races.test_tickets import NOW, at_once
from tickets import workflow
from tickets.models import ScanReport, Ticket
from tickets.workflow.scanning import TooMany

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def codes(transactional_db: None) -> list[DeviceLabel]:
    promises.load()
    site = SiteFactory()
    devices = [DeviceFactory(site=site) for _number in range(8)]
    return list(labels.ensure(devices, by=OperatorFactory(), now=NOW).values())


def report(label: DeviceLabel, key: uuid.UUID, address: str = "10.0.0.7") -> Ticket:
    return workflow.report(label, name="王护士", phone="13800002217", text="黑屏", key=key, address=address, now=NOW)


@pytest.mark.parametrize("limit", ["SCANS_IN_ALL", "SCANS_PER_ADDRESS"])
def test_of_40_parallel_reports_by_eight_labels_as_many_are_taken_as_the_limit_says(
    codes: list[DeviceLabel], settings: Settings, limit: str
) -> None:
    settings.SCANS_PER_LABEL = 40
    setattr(settings, limit, 6)
    acts = [lambda label=label: report(label, uuid.uuid4()) for label in codes * 5]
    found = at_once(acts, hands=10)
    assert sum(isinstance(one, Ticket) for one in found) == 6
    assert sum(isinstance(one, TooMany) for one in found) == 34
    assert Ticket.objects.count() == ScanReport.objects.count() == 6


def test_a_form_that_is_sent_ten_times_at_once_is_one_report(codes: list[DeviceLabel]) -> None:
    key = uuid.uuid4()
    found = at_once([lambda: report(codes[0], key)] * 10, hands=10)
    assert {one.number for one in found} == {Ticket.objects.get().number}
