"""Priority, fault class, texts and targets change in the open; no edit is lost (T027, T030, T031)."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from sla.models import PauseReason
from tests.tickets.conftest import Scene
from tickets import priorities, workflow
from tickets.models import Ticket
from tickets.states import Refused

Impact, Urgency = Ticket.Impact, Ticket.Urgency


def answered(scene: Scene, **more) -> Ticket:
    return workflow.answer(scene.file("08:30", **more), by=scene.operator, text="在查", now=scene.at("09:00"))


def judge(scene: Scene, ticket: Ticket, impact: int, urgency: int, reason: str = "", by: str = "operator") -> Ticket:
    return workflow.change_priority(
        ticket, impact=impact, urgency=urgency, reason=reason, by=getattr(scene, by), now=scene.at("09:10")
    )


def test_raising_the_priority_needs_no_reason_and_is_on_record_inside_only(scene: Scene) -> None:
    ticket = judge(scene, scene.file(), Impact.SYSTEM, Urgency.NOW)
    assert ticket.priority == 1
    event = ticket.events.get(kind="priority")
    assert (event.data["old"], event.data["new"], event.is_public) == (2, 1, False)
    assert scene.facts(ticket)[-1] == "terms_changed"


def test_lowering_it_needs_a_reason(scene: Scene) -> None:
    ticket = scene.file()
    with pytest.raises(Refused):
        judge(scene, ticket, Impact.PART, Urgency.LATER, reason=" ")
    ticket = judge(scene, ticket, Impact.PART, Urgency.LATER, reason="有备用终端")
    assert (ticket.priority, ticket.priority_reason, priorities.why(ticket)) == (4, "有备用终端", "有备用终端")
    ticket.timeline.refresh_from_db()
    assert ticket.timeline.is_urgent is False


def test_lowering_it_needs_the_right_to(scene: Scene) -> None:
    with pytest.raises(PermissionDenied):
        judge(scene, scene.file(), Impact.PART, Urgency.LATER, reason="不急", by="engineer")


def test_judging_the_same_again_changes_nothing(scene: Scene) -> None:
    ticket = judge(scene, scene.file(), Impact.ROOM, Urgency.TODAY)
    assert scene.kinds(ticket) == ["filed", "receipt"]


def test_a_node_down_stays_the_highest_whatever_is_judged(scene: Scene) -> None:
    ticket = scene.file(fault_class=scene.fault_class("node_down"))
    assert judge(scene, ticket, Impact.NONE, Urgency.LATER, reason="夜里没人用").priority == 1


def test_a_class_that_counts_as_node_down_tightens_running_clocks(scene: Scene) -> None:
    """Worked example 8: update at 4 h, last at 09:00; node down at 11:30 counts its hour from the change."""
    ticket = answered(scene)
    assert scene.due(ticket, "update") == "03-11 13:00"
    ticket = workflow.change_class(
        ticket, fault_class=scene.fault_class("hardware_total"), by=scene.operator, now=scene.at("11:30")
    )
    assert ticket.priority == 1
    assert scene.due(ticket, "update") == "03-11 12:30"
    assert ticket.timeline.deadlines.filter(code="update", state="superseded", due_at=scene.at("13:00")).exists()
    event = ticket.events.get(kind="class")
    assert (event.data["new"], event.is_public) == (scene.fault_class("hardware_total").name, False)


def test_correcting_the_class_down_again_gives_its_reason_by_itself(scene: Scene) -> None:
    ticket = scene.file(fault_class=scene.fault_class("node_down"))
    with pytest.raises(PermissionDenied):
        workflow.change_class(ticket, fault_class=scene.fault_class("port"), by=scene.engineer, now=scene.at("09:10"))
    ticket = workflow.change_class(
        ticket, fault_class=scene.fault_class("port"), by=scene.operator, now=scene.at("09:10")
    )
    assert ticket.priority == 2
    assert ticket.priority_reason


def test_the_same_class_again_is_no_change(scene: Scene) -> None:
    ticket = scene.file(fault_class=scene.fault_class("port"))
    workflow.change_class(ticket, fault_class=scene.fault_class("port"), by=scene.operator, now=scene.at("09:10"))
    assert scene.kinds(ticket) == ["filed", "receipt"]


# Edits


def edit(scene: Scene, ticket: Ticket, version: int, **texts: str) -> Ticket:
    texts = {"title": "标题", "description": "", "place": "", **texts}
    return workflow.edit(ticket, version=version, by=scene.operator, now=scene.at("09:10"), **texts)


def test_an_edit_keeps_old_and_new_on_record_and_can_be_searched(scene: Scene) -> None:
    ticket = edit(scene, scene.file(title="黑屏"), 1, title="蓝屏", place="住院楼 3 层")
    assert (ticket.title, ticket.version) == ("蓝屏", 2)
    assert ticket.events.get(kind="edited").data["changes"] == {"title": ["黑屏", "蓝屏"], "place": ["", "住院楼 3 层"]}
    ticket.timeline.refresh_from_db()
    assert "蓝屏" in ticket.timeline.subject


def test_a_stale_edit_is_told_both_versions_and_overwrites_nothing(scene: Scene) -> None:
    ticket = scene.file(title="黑屏")
    edit(scene, ticket, 1, title="蓝屏")
    with pytest.raises(workflow.Conflict) as conflict:
        edit(scene, ticket, 1, title="花屏")
    assert (conflict.value.mine, conflict.value.theirs) == ({"title": "花屏"}, {"title": "蓝屏"})
    assert conflict.value.version == 2
    ticket.refresh_from_db()
    assert ticket.title == "蓝屏"
    assert edit(scene, ticket, conflict.value.version, title="花屏").title == "花屏"


def test_answers_notes_and_moves_never_make_an_edit_stale(scene: Scene) -> None:
    ticket = scene.file(title="黑屏")
    workflow.answer(ticket, by=scene.operator, text="在查", now=scene.at("09:05"))
    workflow.note(ticket, by=scene.engineer, text="看日志", now=scene.at("09:06"))
    workflow.take(ticket, by=scene.engineer, now=scene.at("09:07"))
    assert edit(scene, ticket, 1, title="蓝屏").title == "蓝屏"


def test_saving_what_stands_there_already_is_no_conflict(scene: Scene) -> None:
    ticket = scene.file(title="黑屏")
    edit(scene, ticket, 1, title="蓝屏")
    assert edit(scene, ticket, 1, title="蓝屏").version == 2


# Targets


def test_a_manager_moves_a_target_and_both_stay_on_record(scene: Scene) -> None:
    ticket = answered(scene)
    remote = scene.clock(ticket, "remote")
    workflow.retarget(
        ticket, remote, due_at=scene.at("12:00"), reason="等厂家日志", by=scene.manager, now=scene.at("10:00")
    )
    assert scene.due(ticket, "remote") == "03-11 12:00"
    assert ticket.timeline.deadlines.filter(code="remote", state="superseded", due_at=scene.at("11:00")).exists()
    assert ticket.events.get(kind="retargeted").body == "等厂家日志"


def test_a_target_is_not_moved_without_reason_nor_after_the_breach_nor_for_another_ticket(scene: Scene) -> None:
    ticket, other = answered(scene), answered(scene)
    remote, by = scene.clock(ticket, "remote"), scene.manager
    for which, reason, now in ((ticket, " ", "10:00"), (ticket, "晚了", "11:01"), (other, "错单", "10:00")):
        with pytest.raises(Refused):
            workflow.retarget(which, remote, due_at=scene.at("12:00"), reason=reason, by=by, now=scene.at(now))
    assert scene.due(ticket, "remote") == "03-11 11:00"


@pytest.mark.parametrize("due", ["2027-03-13 10:00", "9999-12-31 23:59"])
def test_a_target_more_than_a_year_ahead_is_a_slip_of_the_keyboard(scene: Scene, due: str) -> None:
    """T104: the milestones after it must still be dates."""
    ticket = answered(scene)
    slip = {"due_at": scene.at(due), "reason": "等厂家日志", "by": scene.manager, "now": scene.at("10:00")}
    with pytest.raises(Refused):
        workflow.retarget(ticket, scene.clock(ticket, "remote"), **slip)
    assert scene.due(ticket, "remote") == "03-11 11:00"


def test_a_clock_that_stands_still_is_not_over_and_may_get_another_target(scene: Scene) -> None:
    """Its old due time passes during the wait. What is left of the pause is added to the new target."""
    ticket = answered(scene)
    reason = PauseReason.objects.get(code="asked_later")
    workflow.wait(ticket, by=scene.operator, reason=reason, note="", now=scene.at("10:00"))
    remote, new = scene.clock(ticket, "remote"), {"due_at": scene.at("16:00"), "reason": "医院改期"}
    workflow.retarget(ticket, remote, **new, by=scene.manager, now=scene.at("14:00"))
    workflow.resume(ticket, by=scene.operator, now=scene.at("15:00"))
    assert scene.due(ticket, "remote") == "03-11 17:00"
