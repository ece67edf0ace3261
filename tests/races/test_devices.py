"""Devices under many hands at once, on real transactions: one swap wins, no ring closes, no serial is taken twice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError

from devices import lifecycle
from devices.lifecycle import Refused
from devices.models import Device, State
from tests.factories import DeviceFactory, DeviceModelFactory, SiteFactory
from tests.races.test_tickets import at_once

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)


def test_of_swaps_at_the_same_moment_one_wins_and_the_others_are_told() -> None:
    device = DeviceFactory()
    came = at_once(
        [lambda n=n: lifecycle.swap(device, serial=f"NEW-{n}", by=None, now=NOW, reason="x") for n in range(8)], hands=8
    )
    assert sum(isinstance(one, Device) for one in came) == 1
    assert sum(isinstance(one, Refused) for one in came) == 7
    assert Device.objects.filter(state=State.IN_USE).count() == 1
    assert device.events.count() == 1


def test_one_serial_installed_by_many_hands_in_many_hospitals_stands_once() -> None:
    model, sites = DeviceModelFactory(), SiteFactory.create_batch(6)
    came = at_once(
        [
            lambda site=site: lifecycle.install(model=model, serial="ONE", name="TE", site=site, by=None, now=NOW)
            for site in sites
        ],
        hands=6,
    )
    assert sum(isinstance(one, Device) for one in came) == 1
    assert sum(isinstance(one, Refused) for one in came) == 5


def test_a_terminal_installed_while_its_mcu_goes_is_refused_or_the_mcu_stays() -> None:
    model = DeviceModelFactory()
    for number in range(5):
        mcu = DeviceFactory(model=DeviceModelFactory(kind="mcu"))
        at_once(
            [
                lambda mcu=mcu: lifecycle.retire(mcu, by=None, now=NOW, reason="x"),
                lambda mcu=mcu, number=number: lifecycle.install(
                    model=model, serial=f"T-{number}", name="TE", site=mcu.site, parent=mcu, by=None, now=NOW
                ),
            ],
            hands=2,
        )
        mcu.refresh_from_db()
        assert (mcu.state == State.RETIRED) != mcu.children.exists()


def test_two_moves_that_would_close_a_ring_together_are_stopped_by_the_database() -> None:
    """Without any verb: plain writes that each see no ring."""
    site = SiteFactory()
    for _round in range(5):
        one, two = DeviceFactory.create_batch(2, site=site, model=DeviceModelFactory(kind="mcu"))
        came = at_once(
            [
                lambda one=one, two=two: Device.objects.filter(pk=one.pk).update(parent=two),
                lambda one=one, two=two: Device.objects.filter(pk=two.pk).update(parent=one),
            ],
            hands=2,
        )
        assert sum(isinstance(error, IntegrityError) for error in came) == 1, came
