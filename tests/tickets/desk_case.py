"""A morning at the desk: four hospitals, tickets in every state, pages that went out; for the console's tests.

All instants are counted from `now`: the look of a page depends on how far a clock has run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from people.models import Role, User
from sla.models import PauseReason
from sla.sweep import sweep
from tests.factories import (
    DeviceFactory,
    HospitalFactory,
    LeadFactory,
    ManagerFactory,
    NurseFactory,
    OperatorFactory,
    RotationFactory,
    SiteFactory,
    TravelTimeFactory,
)
from tests.tickets import hospital_case
from tests.tickets.hospital_case import Case
from tickets import workflow
from tickets.models import FaultClass, Ticket

ELSEWHERE = (
    ("德阳旌湖中医院", "旌湖中医院", "德阳", 60, "门诊楼"),
    ("乐山三江妇幼保健院", "三江妇幼", "乐山", 110, "综合楼"),
    ("阿坝岷源医院", "岷源医院", "阿坝", 290, "急诊楼"),
)


@dataclass(frozen=True)
class Desk:
    """The case of one hospital, the desk's own people, and one ticket that much has happened to."""

    case: Case
    lead: User
    manager: User
    colleague: User
    others: tuple[User, ...]
    story: Ticket

    @property
    def operator(self) -> User:
        return self.case.operator


def make(now: datetime | None = None) -> Desk:
    """The desk with its people and one ticket under way; `fill` adds the rest of the morning."""
    case = hospital_case.make(now or datetime.now(UTC))
    region, centre = case.hospital.region, case.operator.team
    lead = LeadFactory(name="林晓", title="调度", team=centre)
    manager = ManagerFactory(name="王磊", title="值班经理")
    colleague = OperatorFactory(name="陈思远", title="接线员", team=centre)
    RotationFactory(role=Role.LEAD, people=[lead])
    RotationFactory(role=Role.MANAGER, people=[manager])
    RotationFactory(role=Role.ENGINEER, region=region, people=[case.engineer])
    nurses = []
    for name, short, city, minutes, site_name in ELSEWHERE:
        hospital = HospitalFactory(name=name, short_name=short, city=city, region=region)
        site = SiteFactory(hospital=hospital, name=site_name, base=case.base, city=city)
        TravelTimeFactory(site=site, base=case.base, minutes=minutes, km=minutes, source="2026-03 路程表")
        DeviceFactory(site=site, model=case.terminal.model, name="终端 TE-1", room="会诊室")
        nurses.append(NurseFactory(hospital=hospital))
    return Desk(case, lead, manager, colleague, tuple(nurses), _story(case, lead, colleague))


def _story(case: Case, lead: User, colleague: User) -> Ticket:
    """Answered late, declared failed, an engineer on the way, a note, a call: every kind of line."""
    whole = FaultClass.objects.get(code="hardware_total")
    ticket = case.file(184, title="会诊终端 TE-3 无画面", fault_class=whole, description=(
        "住院楼 3 层会诊终端开机后一直黑屏，电源灯是绿的。下午 14:00 有肿瘤会诊要用。"
    ), contact_phone="13800002217")  # fmt: skip
    workflow.log_call(
        ticket, by=case.operator, started_at=case.at(125), seconds=760, answered=True, now=case.at(113),
        summary="按脚本完成 6 步；护士长在场，电源灯绿、无输出。", hang_up_reason="已派进一步处理，已上报组长",
    )  # fmt: skip
    workflow.remote_failed(ticket, by=case.operator, reason="重启与切源均无效，终端 OSD 无输出", now=case.at(72))
    workflow.assign(ticket, to=case.engineer, by=lead, now=case.at(58))
    workflow.offer_owner(ticket, to=colleague, by=case.operator, now=case.at(57))
    workflow.accept_owner(ticket, by=colleague, now=case.at(56))
    answer = "会诊已改约 TE-1（第二会诊室），对方医院已确认。13:30 我会再打一次电话，陪您试通。"
    workflow.answer(ticket, by=colleague, text=answer, now=case.at(55))
    note = "日志里有 3 次看门狗复位，和 6.2.1 待机缺陷吻合，但电源板输出也偏低。到场先量 12 V。"
    workflow.note(ticket, by=lead, text=note, now=case.at(51))
    return workflow.depart(ticket, by=case.engineer, now=case.at(43))


def fill(desk: Desk) -> None:
    """The rest of the morning: overdue, soon, waiting, solved, reopened, unassigned; pages sent by a real sweep."""
    case, now = desk.case, desk.case.now

    def filed(who: int, minutes_ago: float, title: str, **more: Any) -> Ticket:
        nurse = desk.others[who]
        device = nurse.hospital.devices.get() if nurse.hospital else None
        places = {"by": nurse, "hospital": nurse.hospital, "device": device, "site": device.site if device else None}
        return case.file(minutes_ago, title=title, **places, **more)

    filed(0, 78, "MCU 主节点不通，12 个会场全部掉线", fault_class=FaultClass.objects.get(code="node_down"))
    filed(1, 52, "会诊中声音断断续续")
    filed(2, 12, "急诊会诊终端反复重启", impact=Ticket.Impact.SYSTEM, urgency=Ticket.Urgency.NOW)
    waiting = filed(1, 200, "摄像头无法转动", impact=Ticket.Impact.PART)
    workflow.answer(waiting, by=case.operator, text="请先重启摄像头。", now=case.at(170))
    reason = PauseReason.objects.get(code="asked_later")
    workflow.wait(waiting, by=case.operator, reason=reason, note="手术室使用中，约明天上午。", now=case.at(160))
    remote = filed(0, 90, "双流画面模糊", impact=Ticket.Impact.PART, urgency=Ticket.Urgency.LATER)
    workflow.answer(remote, by=desk.colleague, text="已收到，正在看会议带宽。", now=case.at(60))
    workflow.take(remote, by=desk.colleague, now=case.at(59))
    case.solved(70, title="会议录制失败")
    again = case.solved(300, title="中控面板无响应", device=case.mcu)
    workflow.reopen(again, by=case.nurse, reason="早上又没反应了。", now=case.at(40))
    sweep()
    assert now.tzinfo is not None
