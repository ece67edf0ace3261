"""Spare parts of running faults, one at each step from the engine's draft to the signature (A6, A11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from servicedesk.demo.scene import Scene
from servicedesk.demo.texts import BY_TILE
from servicedesk.demo.world import World
from sla import deadlines
from sla.models import PauseReason
from spares import requests
from spares.models import Part, PartRequest, Unit
from spares.requests import Wanted
from spares.states import IN_DEPOT
from tickets import workflow
from tickets.models import Ticket
from tickets.workflow import parts, visiting
from visits.models import Visit

State = PartRequest.State
STEPS = (State.RESERVED, State.PICKED, State.PACKED, State.SHIPPED, State.DELIVERED)
ARRIVED = 80
"""Minutes on site before somebody says that a part is needed; the way there took two hours."""
SENT_AFTER = 200


@dataclass(frozen=True)
class Parcel:
    """A fault that needs parts: since how many minutes, and how far the depot and the carrier are with them."""

    hospital: str
    tile: str
    engineer: str
    minutes: float
    needs: tuple[tuple[str, int], ...]
    reason: str
    reached: str = State.RESERVED
    scanned: int = 0


PARCELS = (
    Parcel(
        "广元市嘉陵湾医院", "alarm", "lihang", 24 * 60 + 42, (("MX8-PSU-02", 1), ("MX8-FAN-01", 1)),
        "双电源之一无输出，风扇盘转速告警", scanned=1,
    ),
    Parcel(
        "乐山市三江妇幼保健院", "no_picture", "sunhao", 20 * 60 + 40, (("TE50-MB-03", 1), ("CBL-HD-10", 2)),
        "主板不自检，摄像头线接头氧化",
    ),
    Parcel("绵阳市涪滨人民医院", "broken_port", "zhengkai", 95, (("MX8-LAN-02", 1),), "网口指示灯不亮，换口无效"),
    Parcel("雅安市青衣江医院", "no_sound", "sunhao", 5 * 60, (("MX8-E1-01", 2),), "两条线路模块均无同步"),
    Parcel(
        "德阳市旌湖中医医院", "no_power", "zhengkai", 21 * 60, (("TE50-PSU-01", 1),), "电源板烧毁",
        State.PACKED,
    ),
    Parcel(
        "宜宾市江源人民医院", "no_picture", "xunuo", 28 * 60, (("CAM-12X", 1),), "摄像机云台卡死",
        State.SHIPPED,
    ),
    Parcel(
        "南充市嘉滨人民医院", "broken_port", "zhouqian", 70 * 60, (("TE50-HDMI-01", 1),), "HDMI 输出口松脱",
        State.DELIVERED,
    ),
)  # fmt: skip
DRAFTED = ("遂宁市观音湖医院", "no_power", "zhaolei", 235)
"""Nobody solved it within two hours on site, so that the engine drafts a request."""


def tell(scene: Scene) -> list[Ticket]:
    """The faults with their requests; none in a demo that was loaded before it had depots."""
    if not Part.objects.exists():
        return []
    hospital, tile, engineer, minutes = DRAFTED
    unsolved = _on_site(scene, hospital, tile, engineer, minutes)
    deadlines.rebuild(unsolved.timeline, now=scene.now)
    parts.draft_parts(scene.now)
    return [*(_told(scene, parcel) for parcel in PARCELS), unsolved]


def end(world: World, now: datetime) -> None:
    """What an earlier set left in depots is withdrawn, and what is on its way signed for."""
    lead = world.people["linxiao"]
    for row in PartRequest.objects.filter(state__in=[State.DRAFT, *IN_DEPOT]):
        requests.cancel(row, reason="演示重新开始。", by=lead, now=now)
    for row in PartRequest.objects.filter(state=State.SHIPPED):
        requests.deliver(row, received_by="信息科", by=lead, now=now)


def _on_site(scene: Scene, hospital: str, tile: str, engineer: str, minutes: float) -> Ticket:
    """Filed so many minutes ago; an engineer was there two hours later."""
    ticket = scene.file(hospital, BY_TILE[tile], minutes)
    scene.answer(ticket, "tangyu", minutes - 10, BY_TILE[tile].answer)
    scene.failed(ticket, "tangyu", engineer, minutes - 25)
    scene.depart(ticket, engineer, minutes - 35, 120 - minutes)
    workflow.arrive(ticket, by=scene.world.people[engineer], now=scene.ago(minutes - 110))
    return ticket


def _told(scene: Scene, parcel: Parcel) -> Ticket:
    ticket = _on_site(scene, parcel.hospital, parcel.tile, parcel.engineer, parcel.minutes + 110 + ARRIVED)
    known = Part.objects.in_bulk([code for code, _count in parcel.needs], field_name="code")
    request = parts.ask_part(
        ticket,
        [Wanted(known[code], count) for code, count in parcel.needs],
        by=scene.world.people[parcel.engineer],
        reason=parcel.reason,
        now=scene.ago(parcel.minutes),
    )
    _left(scene, parcel, ticket)
    workflow.wait(
        ticket,
        by=scene.world.people["tangyu"],
        reason=PauseReason.objects.get(code="asked_later"),
        note="备件到货后再进场更换，医院已同意。",
        until=scene.now + timedelta(hours=20),
        now=scene.ago(parcel.minutes - 8),
    )
    _worked(scene, parcel, request)
    return ticket


def _left(scene: Scene, parcel: Parcel, ticket: Ticket) -> None:
    """Without the part there is nothing more to do; the engineer comes again with it."""
    engineer, visit = scene.world.people[parcel.engineer], Visit.objects.get(ticket_link__ticket=ticket)
    now = scene.ago(parcel.minutes - 3)
    visiting.finish_visit(ticket, visit, outcome=Visit.Outcome.PART, found=parcel.reason, by=engineer, now=now)
    visiting.leave_site(ticket, visit, by=engineer, now=now)


def _worked(scene: Scene, parcel: Parcel, request: PartRequest) -> None:
    """What the depot did so far; nothing where no depot has it all."""
    if request.state != State.RESERVED or request.depot is None:
        return
    clerk = request.depot.clerks.first() or scene.world.people["linxiao"]
    now = scene.ago(max(parcel.minutes - SENT_AFTER, 10))
    done = STEPS.index(State(parcel.reached))
    pieces = [line for line in request.lines.order_by("pk") for _piece in range(line.quantity)]
    for line in pieces if done else pieces[: parcel.scanned]:
        requests.pick(request, line, serial=_shelf_serial(request, line.part_id), by=clerk, now=now)
    if done >= STEPS.index(State.PACKED):
        requests.pack(request, by=clerk, now=now)
    if done >= STEPS.index(State.SHIPPED):
        requests.ship(request, carrier="顺丰", waybill=f"SF1560{request.pk:09}", by=clerk, now=now)
    if done >= STEPS.index(State.DELIVERED):
        requests.deliver(request, received_by="信息科 唐文", by=clerk, now=scene.ago(parcel.minutes / 3))


def _shelf_serial(request: PartRequest, part: int) -> str:
    units = Unit.objects.filter(part=part, item__depot=request.depot_id, state=Unit.State.IN_STOCK)
    return units.order_by("serial").values_list("serial", flat=True).first() or ""
