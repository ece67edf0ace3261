"""What a hospital reads of its ticket: seven steps, one sentence, bad news as plain as good."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import timezone, translation

from common.present import NextStep, Step
from sla import deadlines
from sla.evidence import Evidence
from sla.models import PauseReason
from tests.tickets.conftest import SHANGHAI, Scene
from tests.tickets.test_onsite import failed_at, on_the_way
from tickets import next_step, progress, workflow
from tickets.models import Ticket


@pytest.fixture(autouse=True)
def english_in_shanghai():
    with translation.override("en"), timezone.override(SHANGHAI):
        yield


def steps(ticket: Ticket, now: datetime) -> tuple[Step, ...]:
    return progress.steps(ticket, ticket.timeline.deadlines.all(), ticket.timeline.facts.all(), now)


def states(ticket: Ticket, now: datetime) -> list[str]:
    return [step.state for step in steps(ticket, now)]


def sentence(ticket: Ticket, now: datetime) -> NextStep:
    return next_step.next_sentence(ticket, ticket.timeline.deadlines.all(), ticket.timeline.facts.all(), now)


def test_a_new_fault_says_by_when_it_is_answered(scene: Scene) -> None:
    ticket, now = scene.file("09:00"), scene.at("09:10")
    assert states(ticket, now) == ["done", "now", *["ahead"] * 5]
    assert steps(ticket, now)[1].lines == ("promised by 10:00",)
    step = sentence(ticket, now)
    assert step.text == "A technician answers you by <b>10:00</b>."
    assert step.chip is not None
    assert step.chip.state == "running"


def test_an_answer_that_is_overdue_is_said_plainly(scene: Scene) -> None:
    step = sentence(scene.file("09:00"), scene.at("10:11"))
    assert "10:00</b> and are late" in step.text
    assert step.chip is not None
    assert step.chip.state == "over"


def test_a_late_answer_stays_visible_as_late(scene: Scene) -> None:
    ticket = workflow.answer(scene.file("08:20"), by=scene.operator, text="在查", now=scene.at("09:31"))
    answered = steps(ticket, scene.at("09:40"))[1]
    assert (answered.state, answered.lines) == ("late", ("09:31", "11 min later than promised"))


def test_remote_handling_that_failed_shows_its_span(scene: Scene) -> None:
    ticket = failed_at(scene)
    remote, sent, on_site = steps(ticket, scene.at("10:20"))[2:5]
    assert (remote.state, remote.lines) == ("done", ("09:40 – 10:12", "not possible remotely"))
    assert (sent.state, sent.lines) == ("now", ("being arranged",))
    assert (on_site.state, on_site.lines) == ("ahead", ("promised by 12:47",))


def test_an_engineer_on_the_way_is_named_with_both_times(scene: Scene) -> None:
    ticket, now = on_the_way(scene), scene.at("11:24")
    assert steps(ticket, now)[3].lines == ("10:41", "expected 12:16")
    text = sentence(ticket, now).text
    assert scene.engineer.name in text
    assert "<b>12:16</b>" in text
    assert "<b>12:47</b>" in text


def test_on_site_the_repair_is_what_goes_on_now(scene: Scene) -> None:
    ticket = workflow.arrive(on_the_way(scene), by=scene.engineer, now=scene.at("12:16"))
    now = scene.at("12:30")
    assert states(ticket, now) == ["done", "done", "done", "done", "done", "now", "ahead"]
    assert steps(ticket, now)[5].lines == ("promised by 14:16",)


def test_a_late_arrival_is_late_and_a_disputed_one_is_being_checked(scene: Scene) -> None:
    late = workflow.arrive(on_the_way(scene), by=scene.engineer, now=scene.at("12:58"))
    assert steps(late, scene.at("13:00"))[4].lines == ("12:58", "11 min later than promised")
    next_day = scene.at("2026-03-12 12:00")
    old = workflow.arrive(on_the_way(scene), by=scene.engineer, evidence=Evidence(scene.at("12:16")), now=next_day)
    assert steps(old, next_day)[4].lines[-1] == "time is being checked"


def test_a_remote_solution_needs_no_engineer_and_asks_for_a_word(scene: Scene) -> None:
    ticket = workflow.answer(scene.file("09:00"), by=scene.operator, text="在查", now=scene.at("09:10"))
    ticket = workflow.resolve(ticket, by=scene.operator, cause="带宽", action="已调整<带宽>", now=scene.at("09:50"))
    now = scene.at("10:50")
    assert states(ticket, now) == ["done", "done", "done", "skipped", "skipped", "done", "now"]
    assert steps(ticket, now)[3].lines == ("not needed",)
    assert steps(ticket, now)[6].lines == ("waiting for 1 h",)
    step = sentence(ticket, now)
    assert step.asks
    assert "已调整&lt;带宽&gt;" in step.text


def test_a_closed_one_is_done_to_the_end_and_a_withdrawn_one_says_so(scene: Scene) -> None:
    ticket = workflow.resolve(scene.file(), by=scene.operator, cause="线", action="插紧", now=scene.at("09:10"))
    ticket = workflow.confirm(ticket, by=scene.nurse, now=scene.at("09:20"))
    assert set(states(ticket, scene.at("09:30"))) == {"done", "skipped"}
    gone = workflow.cancel(scene.file(), by=scene.operator, reason="重复", now=scene.at("09:10"))
    assert [step.label for step in steps(gone, scene.at("09:30"))][-1] == "Withdrawn"
    assert sentence(gone, scene.at("09:30")).text


def test_a_reopened_one_starts_again_with_its_own_cycle(scene: Scene) -> None:
    ticket = workflow.resolve(on_the_way(scene), by=scene.operator, cause="线", action="插紧", now=scene.at("11:00"))
    ticket = workflow.reopen(ticket, by=scene.nurse, now=scene.at("13:00"))
    assert states(ticket, scene.at("13:10")) == ["done", "now", *["ahead"] * 5]
    assert steps(ticket, scene.at("13:10"))[0].lines == ("13:00", "reported again")


def test_the_bad_news_of_an_earlier_cycle_is_not_told_again(scene: Scene) -> None:
    ticket, retargeted = on_the_way(scene), scene.at("12:50")
    onsite = scene.clock(ticket, "onsite")
    workflow.retarget(ticket, onsite, due_at=retargeted, reason="封路", by=scene.manager, now=scene.at("11:00"))
    ticket = workflow.arrive(ticket, by=scene.engineer, now=scene.at("12:58"))
    ticket = workflow.resolve(ticket, by=scene.engineer, cause="线", action="插紧", now=scene.at("13:30"))
    ticket = workflow.reopen(ticket, by=scene.nurse, now=scene.at("14:00"))
    ticket = workflow.answer(ticket, by=scene.operator, text="在查", now=scene.at("14:05"))
    ticket = workflow.remote_failed(ticket, by=scene.operator, reason="要换件", now=scene.at("14:10"))
    ticket = workflow.arrive(ticket, by=scene.engineer, now=scene.at("15:00"))
    assert steps(ticket, scene.at("15:05"))[4].lines == ("15:00", "promised by 16:45")


def test_a_wait_says_until_when(scene: Scene) -> None:
    reason = PauseReason.objects.get(code="asked_later")
    until = scene.at("2026-03-12 08:00")
    ticket = workflow.wait(
        failed_at(scene), by=scene.operator, reason=reason, note="", until=until, now=scene.at("10:40")
    )
    assert "<b>tomorrow 08:00</b>" in sentence(ticket, scene.at("10:50")).text
    assert states(ticket, scene.at("10:50"))[3] == "now"
    open_end = workflow.wait(failed_at(scene), by=scene.operator, reason=reason, note="", now=scene.at("10:40"))
    assert sentence(open_end, scene.at("10:50")).asks


def test_a_remote_limit_that_ran_out_unnoticed_is_said_before_any_task_ran(scene: Scene) -> None:
    ticket = workflow.answer(scene.file("09:00"), by=scene.operator, text="在查", now=scene.at("09:10"))
    deadlines.rebuild(deadlines.lock(ticket.timeline), now=scene.at("11:15"))
    workflow.follow_engine(scene.at("11:15"))
    ticket.refresh_from_db()
    assert steps(ticket, scene.at("11:16"))[2].lines == ("09:10 – 11:10", "not possible remotely")
