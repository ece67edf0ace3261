"""Answers, notes, the hospital's words and calls: which of them stops a clock, and who reads them."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from notifications.models import Notification
from tests.factories import LeadFactory
from tests.tickets.conftest import Scene
from tests.tickets.test_intake import PNG
from tickets import workflow
from tickets.models import TicketEvent
from tickets.states import Refused, Status


@pytest.mark.parametrize("who", ["operator", "lead", "engineer"])
def test_the_first_word_of_a_technician_is_the_answer_of_a1(scene: Scene, who: str) -> None:
    ticket = workflow.answer(scene.file(), by=getattr(scene, who), text="请看输入源", now=scene.at("09:20"))
    assert ticket.status == Status.REMOTE
    assert scene.facts(ticket)[-1] == "responded"
    assert scene.clock(ticket, "response").state == "met"
    assert scene.due(ticket, "remote") == "03-11 11:20"


def test_a_later_answer_is_an_update_and_starts_that_clock_anew(scene: Scene) -> None:
    ticket = workflow.answer(scene.file(), by=scene.operator, text="请看输入源", now=scene.at("09:20"))
    assert scene.due(ticket, "update") == "03-11 13:20"
    ticket = workflow.answer(ticket, by=scene.operator, text="在查日志", now=scene.at("10:00"))
    assert scene.facts(ticket)[-1] == "updated"
    assert scene.due(ticket, "update") == "03-11 14:00"


def test_a_managers_word_is_no_technicians_answer(scene: Scene) -> None:
    ticket = workflow.answer(scene.file(), by=scene.manager, text="我们在看", now=scene.at("09:20"))
    assert (ticket.status, ticket.owner) == (Status.NEW, None)
    assert scene.clock(ticket, "response").state == "running"


def test_exactly_at_the_hour_is_kept_and_a_millisecond_later_is_missed(scene: Scene) -> None:
    kept, missed = scene.file(), scene.file()
    workflow.answer(kept, by=scene.operator, text="好", now=scene.at("10:00:00.000"))
    workflow.answer(missed, by=scene.operator, text="好", now=scene.at("10:00:00.001"))
    assert scene.clock(kept, "response").state == "met"
    response = scene.clock(missed, "response")
    assert (response.state, float(response.margin_seconds or 0)) == ("missed", -0.001)


def test_an_empty_text_is_no_answer(scene: Scene) -> None:
    ticket = scene.file()
    for verb in (workflow.answer, workflow.note, workflow.words):
        with pytest.raises(Refused):
            verb(ticket, by=scene.operator, text=" \n", now=scene.at("09:20"))
    assert scene.facts(ticket) == ["notified", "receipt"]


def test_the_reporter_is_told_of_an_answer_and_never_of_a_note(scene: Scene) -> None:
    ticket = workflow.answer(scene.file(), by=scene.operator, text="请看输入源", now=scene.at("09:20"))
    workflow.note(ticket, by=scene.operator, text="客户难缠", now=scene.at("09:21"))
    told = Notification.objects.get(kind="ticket.answered")
    assert (told.person, told.context["text"], told.context["who"]) == (scene.nurse, "请看输入源", scene.operator.name)
    assert not Notification.objects.filter(context__text__contains="难缠").exists()


def test_hospital_people_never_see_a_note_or_its_files(scene: Scene) -> None:
    """T017."""
    photo = SimpleUploadedFile("内部.png", PNG)
    ticket = workflow.note(scene.file(), by=scene.operator, text="客户难缠", files=[photo], now=scene.at("09:21"))
    assert scene.kinds(ticket) == ["filed", "receipt", "note"]
    seen = TicketEvent.objects.for_user(scene.nurse).filter(ticket=ticket)
    assert sorted(event.kind for event in seen) == ["filed", "receipt"]
    assert ticket.files.for_user(scene.operator).count() == 1
    assert ticket.files.for_user(scene.nurse).count() == 0


def test_the_hospitals_words_stop_nothing_and_reach_who_handles_it(scene: Scene) -> None:
    ticket = workflow.assign(scene.file(), to=scene.engineer, by=scene.operator, now=scene.at("09:05"))
    ticket = workflow.words(ticket, by=scene.nurse, text="下午两点要用", now=scene.at("09:10"))
    assert ticket.status == Status.NEW
    assert scene.clock(ticket, "response").state == "running"
    assert scene.told("ticket.words") == [scene.engineer]


def test_words_to_a_ticket_that_nobody_handles_reach_the_operator_on_duty(scene: Scene) -> None:
    LeadFactory()
    workflow.words(scene.file(), by=scene.nurse, text="下午两点要用", now=scene.at("09:10"))
    assert scene.told("ticket.words") == [scene.operator]


# Calls


def call(scene: Scene, **more) -> dict:
    """A call of five minutes that began at 09:10 and was written down at 09:20."""
    return {
        "by": scene.operator,
        "started_at": scene.at("09:10"),
        "seconds": 300,
        "summary": "重启后仍黑屏",
        "now": scene.at("09:20"),
        **more,
    }


def test_a_call_with_substance_is_an_answer_counted_from_when_it_was_written_down(scene: Scene) -> None:
    """T029: a time that somebody types in meets no deadline."""
    ticket = workflow.log_call(scene.file(), answered=True, **call(scene))
    assert ticket.status == Status.REMOTE
    assert scene.clock(ticket, "response").stopped_at == scene.at("09:20")
    event = ticket.events.get(kind="call")
    assert (event.at, event.is_public, event.data["seconds"]) == (scene.at("09:10"), True, 300)


def test_a_call_without_substance_stays_inside_and_stops_nothing(scene: Scene) -> None:
    ticket = workflow.log_call(scene.file(), answered=False, **call(scene))
    assert ticket.status == Status.NEW
    assert not ticket.events.get(kind="call").is_public
    assert scene.clock(ticket, "response").state == "running"


def test_hanging_up_on_a_node_down_unsolved_demands_the_reason(scene: Scene) -> None:
    """A7."""
    ticket = scene.file(fault_class=scene.fault_class("node_down"))
    with pytest.raises(Refused):
        workflow.log_call(ticket, answered=True, **call(scene))
    ticket = workflow.log_call(ticket, answered=True, **call(scene, hang_up_reason="已派人"))
    assert ticket.events.get(kind="call").data["hang_up_reason"] == "已派人"
    ticket = workflow.resolve(ticket, by=scene.operator, cause="电源", action="更换", now=scene.at("09:30"))
    workflow.log_call(ticket, answered=True, **call(scene, now=scene.at("09:40")))


def test_a_call_from_the_future_is_refused(scene: Scene) -> None:
    with pytest.raises(Refused):
        workflow.log_call(scene.file(), answered=True, **call(scene, started_at=scene.at("09:21")))
