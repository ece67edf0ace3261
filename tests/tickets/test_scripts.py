"""The hotline's script of a fault class: its steps on the phone, and a request for the part in one step (A7)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import time_machine
from django.test import Client

from people.models import User
from spares.models import Depot, Lane, Part, PartRequest
from spares.requests import Wanted
from tests.api_case import Program
from tests.factories import DeviceFactory, DeviceModelFactory
from tests.spares.stock_case import depot, part, stocked
from tests.tickets.conftest import Scene
from tickets import actions, script, workflow
from tickets.models import FaultClass, Procedure, Ticket
from tickets.states import Refused

UNPLUGGED, MOVED = "拔下线看接口有没有弯针、松动", "换到同类的另一个接口"


@pytest.fixture
def chengdu(db: None) -> Depot:
    made = depot("chengdu", "成都备件库")
    Lane.objects.create(depot=made, carrier="顺丰", days=1)
    return made


@pytest.fixture
def module(scene: Scene, chengdu: Depot) -> Part:
    """What the port script replaces in an MCU."""
    made = part("MX8-LAN", serials=True, name="网口模块")
    made.fits.add(DeviceModelFactory(name="MX-800"))
    scene.fault_class("port").parts.add(made)
    stocked(chengdu, made, ["L1", "L2"])
    return made


@pytest.fixture
def mcu(scene: Scene, module: Part) -> Any:
    return DeviceFactory(site=scene.site, model=module.fits.get(), name="会诊 MCU")


@pytest.fixture
def ticket(scene: Scene, mcu: Any) -> Ticket:
    filed = scene.file("09:00", device=mcu)
    return workflow.change_class(filed, fault_class=scene.fault_class("port"), by=scene.operator, now=scene.at("09:05"))


def signed_in(person: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def call(scene: Scene, **changes: Any) -> dict[str, Any]:
    return {
        "client_key": str(uuid.uuid4()),
        "caller_phone": scene.nurse.phone,
        "caller": scene.nurse.pk,
        "started_at": "2026-03-11T09:00:00",
        "hospital": scene.hospital.pk,
        "site": scene.site.pk,
        "kind": "fault",
        "fault_class": scene.fault_class("port").pk,
        "impact": Ticket.Impact.ROOM,
        "urgency": Ticket.Urgency.TODAY,
        "title": "3 号口灯不亮",
        "description": "分会场连不上",
        **changes,
    }


# The script


def test_port_faults_and_hot_swap_parts_end_in_a_part_and_no_other_class(scene: Scene) -> None:
    ends = FaultClass.objects.filter(asks_for_part=True).values_list("code", flat=True)
    assert set(ends) == {"port", "hardware_redundant"}


def test_a_script_that_was_changed_counts_from_when_it_is_valid(scene: Scene) -> None:
    port = scene.fault_class("port")
    Procedure.objects.create(fault_class=port, version=2, steps=[{"do": "换线"}], valid_from=scene.at("10:00"))
    before, after = (script.of(port, scene.at(when)) for when in ("09:59", "10:00"))
    assert before
    assert after
    assert (before.answers([2, 1]), after.answers([1])) == (
        f"端口故障 v1 · Already tried: {UNPLUGGED}; {MOVED}", "端口故障 v2 · Already tried: 换线",
    )  # fmt: skip
    with pytest.raises(Refused, match="no such step"):
        after.tried([2])


def test_the_request_stands_beside_the_first_button_of_such_a_ticket(scene: Scene, ticket: Ticket) -> None:
    other = scene.file("09:00")
    shown = [[one.verb for one in actions.allowed(row, scene.operator, scene.at("09:06"))] for row in (ticket, other)]
    assert shown[0][1] == "ask_part"
    assert shown[1].index("ask_part") > 1


def test_the_end_of_the_script_is_a_request_that_holds_its_answers(scene: Scene, ticket: Ticket, module: Part) -> None:
    request = workflow.end_script(
        ticket, [Wanted(module)], tried=[1, 2], reason="3 号口", by=scene.operator, now=scene.at("09:10")
    )
    assert (request.origin, request.depot and request.depot.name) == ("hotline", "成都备件库")
    assert request.reason == f"3 号口；端口故障 v1 · Already tried: {UNPLUGGED}; {MOVED}"
    long = workflow.end_script(
        scene.file("09:00", device=ticket.device, fault_class=ticket.fault_class), [Wanted(module)], tried=[1],
        reason="长" * 195, by=scene.engineer, now=scene.at("09:10"),
    )  # fmt: skip
    assert (long.origin, len(long.reason), long.reason[-1]) == ("hotline", 200, "…")


def test_a_request_without_the_script_is_one_from_the_ticket(scene: Scene, ticket: Ticket, module: Part) -> None:
    request = workflow.end_script(ticket, [Wanted(module)], reason="备用", by=scene.engineer, now=scene.at("09:10"))
    assert (request.origin, request.reason) == ("ticket", "备用")


# On the ticket's page


def test_the_form_has_the_steps_and_the_module_of_the_devices_model(scene: Scene, ticket: Ticket, module: Part) -> None:
    address, client = f"/desk/tickets/{ticket.number}/ask-part/", signed_in(scene.operator)
    with time_machine.travel(scene.at("09:10"), tick=False):
        seen = client.get(address).content.decode()
        assert f'<option value="{module.pk}" selected>' in seen
        assert MOVED in seen
        assert "成都备件库" in seen, "which depot keeps the promise stands there at once"
        assert client.post(address, {"part": module.pk, "quantity": 1, "tried": [2]}).status_code == 302
    request = PartRequest.objects.get(ticket_link__ticket=ticket)
    assert (request.origin, request.reason) == ("hotline", f"端口故障 v1 · Already tried: {MOVED}")
    again = client.get(address).content.decode()
    assert f'value="{module.pk}" selected' not in again, "what is asked for already is not asked for twice by habit"


def test_where_two_modules_could_be_meant_none_is_chosen(scene: Scene, ticket: Ticket, module: Part) -> None:
    second = part("MX8-E1", name="E1 模块")
    second.fits.set(module.fits.all())
    scene.fault_class("port").parts.add(second)
    seen = signed_in(scene.operator).get(f"/desk/tickets/{ticket.number}/ask-part/").content.decode()
    first, rest = seen.index('<optgroup label="What the script replaces">'), seen.index('<select name="part_2"')
    assert first < seen.index(f'value="{module.pk}"') < rest
    assert "selected>" not in seen[first:rest]


def test_a_class_that_ends_in_no_part_asks_for_no_steps(scene: Scene, mcu: Any, module: Part) -> None:
    plain = scene.file("09:00", device=mcu, fault_class=scene.fault_class("congestion"))
    seen = signed_in(scene.operator).get(f"/desk/tickets/{plain.number}/ask-part/").content.decode()
    assert 'name="tried"' not in seen
    assert f'value="{module.pk}" selected' not in seen


# While the phone is at the ear


def test_the_call_files_the_ticket_and_asks_for_the_part_in_one_step(scene: Scene, mcu: Any, module: Part) -> None:
    client, sent = signed_in(scene.operator), call(scene, device=mcu.pk, tried=[1, 2], needs_part="on", part=module.pk)
    with time_machine.travel(scene.at("09:10"), tick=False):
        seen = client.post("/desk/new/", {**sent, "look": "class", "part": ""}).content.decode()
        assert f'<option value="{module.pk}" selected>' in seen
        assert 'name="tried" value="2"' in seen
        for _twice in range(2):
            assert client.post("/desk/new/", sent).status_code == 302
    filed, request = Ticket.objects.get(), PartRequest.objects.get()
    assert filed.description == f"分会场连不上\nAlready tried: {UNPLUGGED}; {MOVED}"
    assert (request.ticket_link.ticket, request.origin) == (filed, "hotline")
    assert request.reason == f"端口故障 v1 · Already tried: {UNPLUGGED}; {MOVED}"
    assert list(request.lines.values_list("part", "quantity")) == [(module.pk, 1)]
    assert scene.due(filed, "spare_shipped") == "03-12 09:10"


def test_a_part_is_asked_for_only_when_that_is_ticked_and_never_without_one(
    scene: Scene, mcu: Any, module: Part
) -> None:
    client = signed_in(scene.operator)
    with time_machine.travel(scene.at("09:10"), tick=False):
        lacking = client.post("/desk/new/", call(scene, device=mcu.pk, needs_part="on"))
        assert (lacking.status_code, "Say which parts are needed." in lacking.content.decode()) == (422, True)
        assert not Ticket.objects.exists()
        assert client.post("/desk/new/", call(scene, device=mcu.pk, part=module.pk)).status_code == 302
        other = call(scene, needs_part="on", part=module.pk, fault_class=scene.fault_class("congestion").pk)
        assert client.post("/desk/new/", other).status_code == 302
    assert not PartRequest.objects.exists()


def test_another_class_or_device_drops_what_was_ticked_for_the_one_before(scene: Scene, mcu: Any, module: Part) -> None:
    client, half = signed_in(scene.operator), call(scene, device=mcu.pk, tried=[1], part=module.pk)
    for look, ticked in (("weight", True), ("class", False)):
        seen = client.post("/desk/new/", {**half, "look": look}).content.decode()
        assert ('value="1" id="id_tried_0" checked' in seen) == ticked
    bare = client.post("/desk/new/", {**half, "look": "device", "device": ""}).content.decode()
    assert f'value="{module.pk}" selected' not in bare


# For other programs


def test_a_program_reads_the_script_and_ends_it(scene: Scene, ticket: Ticket, module: Part) -> None:
    rows = {row["code"]: row for row in Program(scene.operator).get("/fault-classes/").json()}
    assert rows["port"]["asks_for_part"]
    assert (rows["port"]["script"]["version"], rows["port"]["script"]["steps"][1]["do"]) == (1, MOVED)
    program, address = Program(scene.operator), f"/tickets/{ticket.number}/ask-part/"
    assert program.post(address, parts=[{"part": "MX8-LAN"}], tried=[9]).status_code == 409
    assert program.post(address, parts=[{"part": "MX8-LAN"}], tried=[2]).status_code == 200
    assert PartRequest.objects.get().reason == f"端口故障 v1 · Already tried: {MOVED}"
