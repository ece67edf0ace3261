"""What is fitted stands in the device's life; a whole device takes the old one's place in the register (A11, A13)."""

from __future__ import annotations

from datetime import time

import pytest
from django.urls import reverse

from devices.models import Device, DeviceEvent, State
from spares import requests
from spares.models import Depot, Lane, Part, PartRequest, Return
from spares.requests import Wanted
from tests.factories import DepotClerkFactory, DeviceFactory, DeviceModelFactory
from tests.spares.stock_case import depot, part, stocked
from tests.tickets.conftest import Scene
from tests.tickets.portal.pages import signed_in
from tickets import portal_story, workflow
from tickets.models import Ticket
from tickets.states import Refused


@pytest.fixture
def chengdu(db: None) -> Depot:
    made = depot("chengdu", "成都备件库", [DepotClerkFactory()], cut_off=time(16))
    Lane.objects.create(depot=made, carrier="顺丰", days=1, arrives_by=time(18))
    return made


@pytest.fixture
def board(chengdu: Depot) -> Part:
    made = part("MCU-MB", serials=True, name="MCU 主板")
    stocked(chengdu, made, ["A1", "A2"])
    return made


@pytest.fixture
def fan(chengdu: Depot) -> Part:
    made = part("FAN-01", name="风扇盘")
    stocked(chengdu, made, 5)
    return made


@pytest.fixture
def ticket(scene: Scene) -> Ticket:
    device = DeviceFactory(site=scene.site, name="三楼终端", serial="TE-OLD", model=DeviceModelFactory(kind="terminal"))
    row = workflow.answer(scene.file("09:00", device=device), by=scene.operator, text="请重启", now=scene.at("09:40"))
    workflow.remote_failed(row, by=scene.operator, reason="内部：疑似人为损坏", now=scene.at("10:12"))
    return workflow.arrive(row, by=scene.engineer, now=scene.at("11:20"))


def delivered(scene: Scene, ticket: Ticket, *wanted: tuple[Part, int], serial: str = "") -> PartRequest:
    """At the site since Thu 2026-03-12 10:00."""
    asked = [Wanted(*one) for one in wanted]
    row = workflow.ask_part(ticket, asked, by=scene.engineer, now=scene.at("12:00"))
    assert row.depot is not None
    clerk = row.depot.clerks.get()
    for line in row.lines.select_related("part"):
        requests.pick(row, line, serial=serial if line.part.is_serialised else "", quantity=line.quantity,
                      by=clerk, now=scene.at("12:10"))  # fmt: skip
    requests.pack(row, by=clerk, now=scene.at("12:20"))
    requests.ship(row, carrier="顺丰", waybill="SF1", by=clerk, now=scene.at("15:00"))
    return workflow.deliver_part(ticket, row, received_by="刘海燕", by=scene.lead, now=scene.at("2026-03-12 10:00"))


def fit(scene: Scene, ticket: Ticket, row: PartRequest, what: Part, **said: object) -> PartRequest:
    now = scene.at("2026-03-13 11:00")
    return workflow.fit_part(ticket, row, row.lines.get(part=what), by=scene.engineer, now=now, **said)  # type: ignore[arg-type]


def test_a_fitted_part_stands_in_the_devices_life_once_with_both_serials_and_the_tickets_number(
    scene: Scene, ticket: Ticket, board: Part, fan: Part
) -> None:
    row = delivered(scene, ticket, (board, 1), (fan, 3), serial="A1")
    for _twice in range(2):
        fit(scene, ticket, row, board, serial="A1", faulty_serial="X9")
    fit(scene, ticket, row, fan, quantity=3)
    assert ticket.device is not None
    fans, boards = ticket.device.events.filter(kind=DeviceEvent.Kind.PART)
    assert (boards.old, boards.new) == ({"unit": "X9"}, {"part": "MCU-MB MCU 主板", "unit": "A1"})
    assert (str(boards.on), boards.by, boards.reason) == ("2026-03-13", scene.engineer, ticket.number)
    assert fans.new == {"part": "FAN-01 风扇盘 × 3"}
    page = signed_in(scene.nurse).get(f"/devices/{ticket.device.pk}/").content.decode()
    assert "Part replaced" in page
    assert "MCU-MB MCU 主板" in page
    assert "疑似" not in page


def test_a_whole_device_takes_the_place_of_the_old_one_in_the_register(
    scene: Scene, ticket: Ticket, chengdu: Depot, board: Part
) -> None:
    whole = part("TE50-SET", serials=True, name="终端整机", device_model=DeviceModelFactory(kind="terminal"))
    stocked(chengdu, whole, ["TE-NEW"])
    row = delivered(scene, ticket, (whole, 1), serial="TE-NEW")
    with pytest.raises(Refused, match="No device in use here has the serial number TE-0"):
        fit(scene, ticket, row, whole, serial="TE-NEW", faulty_serial="TE-0")
    fit(scene, ticket, row, whole, serial="TE-NEW")
    new = Device.objects.get(serial="TE-NEW")
    assert (new.replaces, new.name, new.model, new.state) == (ticket.device, "三楼终端", whole.device_model, "in_use")
    assert ticket.device is not None
    ticket.device.refresh_from_db()
    assert ticket.device.state == State.REPLACED
    assert Return.objects.get().faulty_serial == "TE-OLD"
    swapped = new.events.get()
    assert (swapped.kind, swapped.old["serial"], swapped.new["serial"]) == ("swapped", "TE-OLD", "TE-NEW")


def test_a_part_that_follows_stands_with_the_device_that_is_there_now(
    scene: Scene, ticket: Ticket, chengdu: Depot, fan: Part
) -> None:
    whole = part("TE50-SET", serials=True, name="终端整机", device_model=DeviceModelFactory(kind="terminal"))
    stocked(chengdu, whole, ["TE-NEW"])
    row = delivered(scene, ticket, (whole, 1), (fan, 1), serial="TE-NEW")
    fit(scene, ticket, row, whole, serial="TE-NEW", faulty_serial="te-old")
    fit(scene, ticket, row, fan)
    assert [event.kind for event in Device.objects.get(serial="TE-NEW").events.all()] == ["part", "swapped"]


def test_a_device_of_another_hospital_is_never_swapped(scene: Scene, ticket: Ticket, chengdu: Depot) -> None:
    DeviceFactory(serial="OTHER-1")
    whole = part("TE50-SET", serials=True, name="终端整机", device_model=DeviceModelFactory(kind="terminal"))
    stocked(chengdu, whole, ["TE-NEW"])
    row = delivered(scene, ticket, (whole, 1), serial="TE-NEW")
    with pytest.raises(Refused, match="No device in use here"):
        fit(scene, ticket, row, whole, serial="TE-NEW", faulty_serial="OTHER-1")
    assert row.lines.get().used == 0


def test_the_card_says_what_is_still_to_come_back_and_a_lost_parcel_is_told(
    scene: Scene, ticket: Ticket, board: Part
) -> None:
    row = workflow.ask_part(ticket, [Wanted(board, 2)], by=scene.engineer, now=scene.at("12:00"))
    first = row.lines.get()
    apart = workflow.split_part(ticket, row, first, quantity=1, by=scene.lead, now=scene.at("12:05"))
    assert apart.depot is not None
    assert (apart.ticket_link.told, apart.ticket_link.ticket) == ("asked", ticket)
    clerk = apart.depot.clerks.get()
    for serial, when in (("A1", "15:00"), ("A2", "2026-03-12 09:00")):
        now = scene.at(when)
        requests.scan(apart, serial, by=clerk, now=now)
        requests.pack(apart, by=clerk, now=now)
        requests.ship(apart, carrier="顺丰", waybill=serial, by=clerk, now=now)
        workflow.follow_parts(now)
        if serial == "A1":
            requests.cancel(row, reason="一件够了", by=scene.lead, now=now)
            requests.send_again(apart, reason="丢失", by=clerk, now=now)
            workflow.follow_parts(now)
    now = scene.at("2026-03-12 10:00")
    workflow.deliver_part(ticket, apart, received_by="刘海燕", by=scene.lead, now=now)
    done = workflow.unused_part(ticket, apart, apart.lines.get(), serial="A2", by=scene.engineer, now=now)
    assert done.state == PartRequest.State.UNUSED
    told = [event.data["how"] for event in ticket.events.filter(kind="part", is_public=True).order_by("pk")]
    assert told == ["asked", "shipped", "withdrawn", "again", "shipped", "delivered", "unused"]
    assert "the unused MCU 主板 A2" in signed_in(scene.lead).get(f"/desk/tickets/{ticket.number}/").content.decode()
    again = ticket.events.get(data__how="again")
    assert portal_story.sentence(again, now) == "The parcel did not reach you; we send another one: MCU 主板 × 1."
    portal = signed_in(scene.nurse).get(reverse("portal:ticket", args=[ticket.number])).content.decode()
    assert "Not needed, we take it back" in portal
