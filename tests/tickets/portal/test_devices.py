"""A hospital's own devices."""

from __future__ import annotations

import pytest
from django.test import Client

from devices.models import Device
from tests.factories import DeviceFactory
from tests.tickets.hospital_case import Case
from tests.tickets.portal.pages import page_of, text_of
from tickets.models import FaultClass

pytestmark = pytest.mark.django_db


@pytest.fixture
def mcu(case: Case) -> Device:
    Device.objects.filter(pk=case.terminal.pk).update(parent=case.mcu)
    return case.mcu


def test_a_hospital_sees_its_own_devices_and_nobody_elses(case: Case, nurse: Client, stranger: Client) -> None:
    foreign = DeviceFactory(name="foreign-device")
    text = text_of(nurse.get("/devices/").content)
    assert case.terminal.serial in text
    assert "foreign-device" not in text
    assert "foreign-device" not in text_of(
        nurse.get("/devices/", {"q": "foreign", "hospital": foreign.hospital_id}).content
    )
    assert nurse.get(f"/devices/{foreign.pk}/").status_code == 404
    assert stranger.get(f"/devices/{case.terminal.pk}/").status_code == 404


def test_its_page_says_in_plain_words_what_fails_with_it_and_has_no_step_and_no_phone(
    case: Case, mcu: Device, nurse: Client
) -> None:
    page = nurse.get(f"/devices/{mcu.pk}/").content
    assert "While MCU-1 is down, 1 terminal can't join a consultation" in text_of(page)
    assert b"/desk/" not in page
    assert b"13800002217" not in page


def test_a_fault_is_filed_from_the_device(case: Case, nurse: Client) -> None:
    assert f'href="/report/?device={case.terminal.pk}"' in nurse.get(f"/devices/{case.terminal.pk}/").content.decode()
    form = nurse.get("/report/", {"device": case.terminal.pk}).context["form"]
    assert form["device"].value() == case.terminal.pk


def test_a_node_down_ticket_says_which_rooms_are_hit(case: Case, mcu: Device, nurse: Client) -> None:
    ticket = case.file(5, device=mcu, tile=None, fault_class=FaultClass.objects.filter(as_node_down=True)[0])
    text = text_of(nurse.get(page_of(ticket)).content)
    assert "1 terminal can't join a consultation" in text
    assert case.terminal.room in text
