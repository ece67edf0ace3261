"""Faults that run right now, timed so that a visitor soon sees a warning, a page, a breach.

Each start of the demo that finds the last ones gone cold tells a fresh set. The milestones that lie behind
are fired at their own moments by the engine's own code, so the wall shows who was called when.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Min

from servicedesk.demo import cases, parcels, texts, visits
from servicedesk.demo.scene import MINUTE, Scene
from servicedesk.demo.texts import BY_TILE
from servicedesk.demo.world import World
from sla import escalation
from sla.models import Deadline, PauseReason
from tickets import workflow
from tickets.models import Ticket, TicketEvent

COLD_AFTER = timedelta(hours=2)


def refresh(world: World, now: datetime) -> int:
    """Tell a fresh set unless one is still warm; what is left of an older one is closed first."""
    warm = Ticket.objects.filter(created_at__gt=now - COLD_AFTER).exclude(status__in=["closed", "cancelled"])
    if warm.exists():
        return 0
    now = now.replace(second=0, microsecond=0)
    _close_cold(world, now)
    parcels.end(world, now)
    scene = Scene(world, now)
    tickets = [*_unanswered(scene), *_remote(scene), *_on_the_way(scene), *_on_site_and_after(scene)]
    tickets += [*cases.tell(scene), *parcels.tell(scene), *visits.tell(scene)]
    visits.plan(world, now)
    fire_the_past(tickets, now)
    late = Deadline.objects.filter(timeline__in=[t.timeline_id for t in tickets], state="running", due_at__lt=now)
    for row in late.filter(code="onsite"):
        escalation.acknowledge(row, by=world.people["wanglei"], now=now - MINUTE)
    return len(tickets)


def _unanswered(scene: Scene) -> list[Ticket]:
    """In the first minutes: half time at 2, the last warning at 1, the breach at 3."""
    return [
        scene.file("雅安市青衣江医院", BY_TILE["cannot_join"], 28),
        scene.file("遂宁市观音湖医院", BY_TILE["choppy"], 47),
        scene.file("宜宾市江源人民医院", BY_TILE["no_sound"], 57),
        scene.file("攀枝花市金沙江医院", BY_TILE["other"], 4),
    ]


def _remote(scene: Scene) -> list[Ticket]:
    mcu = scene.file("广元市嘉陵湾医院", BY_TILE["alarm"], 66, impact=1)
    scene.answer(mcu, "hejing", 51, BY_TILE["alarm"].answer)
    workflow.take(mcu, by=scene.world.people["hejing"], now=scene.ago(50))
    port = scene.file("绵阳市涪滨人民医院", BY_TILE["broken_port"], 22)
    scene.answer(port, "hejing", 15, BY_TILE["broken_port"].answer)
    workflow.take(port, by=scene.world.people["hejing"], now=scene.ago(14))
    return [mcu, port]


def _on_the_way(scene: Scene) -> list[Ticket]:
    """One will be in time, one will not, one is over already and followed up."""
    good = scene.file("绵阳市涪滨人民医院", BY_TILE["no_picture"], 184, impact=1, urgency=1)
    scene.answer(good, "chensiyuan", 113, "您好，已接到，抱歉让您久等。我们正在远程检查终端输出。")
    workflow.note(good, by=scene.world.people["zhaolei"], text=BY_TILE["no_picture"].note, now=scene.ago(80))
    scene.failed(good, "hejing", "lihang", 72)
    scene.depart(good, "lihang", 43, 52)
    scene.answer(
        good,
        "chensiyuan",
        42,
        texts.ON_THE_WAY,
    )
    late = scene.file("乐山市三江妇幼保健院", BY_TILE["no_sound"], 190)
    scene.answer(late, "tangyu", 160, BY_TILE["no_sound"].answer)
    scene.failed(late, "tangyu", "sunhao", 132)
    scene.depart(late, "sunhao", 75, 37)
    over = scene.file("德阳市旌湖中医医院", BY_TILE["no_power"], 160, impact=2)
    scene.answer(over, "chensiyuan", 148, BY_TILE["no_power"].answer)
    scene.failed(over, "chensiyuan", "zhengkai", 128)
    scene.depart(over, "zhengkai", 66, 15)
    scene.answer(over, "chensiyuan", 24, texts.STUCK)
    return [good, late, over]


def _on_site_and_after(scene: Scene) -> list[Ticket]:
    people = scene.world.people
    fixing = scene.file("南充市嘉滨人民医院", BY_TILE["broken_port"], 200)
    scene.answer(fixing, "tangyu", 185, BY_TILE["broken_port"].answer)
    scene.failed(fixing, "tangyu", "zhouqian", 150)
    scene.depart(fixing, "zhouqian", 130, -98 + 200)
    workflow.arrive(fixing, by=people["zhouqian"], now=scene.ago(98))
    paused = scene.file("泸州市沱江口医院", BY_TILE["no_picture"], 240)
    scene.answer(paused, "hejing", 226, BY_TILE["no_picture"].answer)
    scene.failed(paused, "hejing", "xunuo", 200)
    reason, until = PauseReason.objects.get(code="asked_later"), scene.now + timedelta(hours=14)
    workflow.wait(
        paused,
        by=people["hejing"],
        reason=reason,
        note=texts.WAIT_NOTE,
        until=until,
        now=scene.ago(190),
    )
    solved = scene.file("绵阳市涪滨人民医院", BY_TILE["choppy"], 1130)
    scene.answer(solved, "hejing", 1116, BY_TILE["choppy"].answer)
    workflow.resolve(
        solved,
        by=people["hejing"],
        cause="会议带宽设得过高。",
        action="已调整会议带宽，试呼 30 分钟没再断。",
        now=scene.ago(1040),
    )
    return [fixing, paused, solved]


def fire_the_past(tickets: Sequence[Ticket], now: datetime) -> None:
    """Fire the milestones that lie behind at their own moments, as the sweep would have."""
    rows = Deadline.objects.filter(timeline__in=[ticket.timeline_id for ticket in tickets])
    rows = rows.select_related("commitment", "timeline__assignee", "timeline__owner")
    moments = [
        (datetime.fromisoformat(m["at"]), row)
        for row in rows
        for m in row.milestones
        if "at" in m and datetime.fromisoformat(m["at"]) < min(row.stopped_at or now, row.paused_at or now) - MINUTE
    ]
    taken = dict(
        TicketEvent.objects.filter(kind__in=["assigned", "owner"]).values_list("ticket__timeline").annotate(Min("at"))
    )
    for at, row in sorted(moments, key=lambda moment: (moment[0], moment[1].pk)):
        seen = at + timedelta(seconds=4)
        if at < taken.get(row.timeline_id, now):
            row.timeline.assignee = row.timeline.owner = None
        duty = escalation.Duty(seen)
        found = escalation.firing(row, seen, duty)
        if found is not None:
            escalation.fire([found], seen, duty)
            escalation.save_progress([row])
        if row.state == Deadline.State.PAUSED:
            Deadline.objects.filter(pk=row.pk).update(next_action_at=row.inputs["pauses"][-1][1])
        elif row.state != Deadline.State.RUNNING:
            Deadline.objects.filter(pk=row.pk).update(next_action_at=None)


def _close_cold(world: World, now: datetime) -> None:
    """End what a visitor left open, by the manager's hand and in plain words."""
    manager = world.people["linxiao"]
    cold = Ticket.objects.filter(status__in=["new", "remote", "dispatch", "travel", "on_site", "waiting"])
    for ticket in cold.filter(created_at__lt=now - COLD_AFTER):
        awake = workflow.resume(ticket, by=manager, now=now) if ticket.status == "waiting" else ticket
        workflow.resolve(awake, by=manager, cause="演示重新开始。", action="上一次演示留下的故障，统一结束。", now=now)
