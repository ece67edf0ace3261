"""A field that two people changed: both versions, a choice, and nothing lost."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from field import held
from field.models import Held
from tests.factories import EngineerFactory
from tests.field import field_case
from tests.field.field_case import MINUTE, NOW, Day
from tickets import workflow
from tickets.models import FaultClass, Ticket
from tickets.states import Refused
from tickets.workflow import visiting
from visits import dispatch
from visits.models import Visit, VisitRecord

LATER = NOW + timedelta(hours=1)


def edit(day: Day, field: str, base: str, value: str, key: str | None = None) -> Any:
    act = day.phone.act(
        "edit", day.visit, NOW + MINUTE, LATER, field=field, base=base, value=value, text="现场看是主控板坏"
    )
    return day.phone.push(act, key)


def resolve(day: Day, key: str, choice: str, seen: str = "") -> Any:
    act = day.phone.act("resolve", day.visit, LATER, LATER, edit=key, choice=choice, seen=seen)
    return day.phone.push(act)


def clash(day: Day) -> str:
    """The engineer and an operator correct the fault class, each to something else; the key of the engineer's edit."""
    hardware = FaultClass.objects.get(code="hardware_total")
    workflow.change_class(day.ticket, fault_class=hardware, by=day.case.operator, now=LATER)
    key = str(uuid.uuid4())
    answer = edit(day, "fault_class", "node_down", "main_module", key)
    assert answer.status_code == 409, answer.content.decode()
    assert edit(day, "fault_class", "node_down", "main_module", key).json() == answer.json()
    found = answer.json()["conflict"]
    assert (found["base"]["value"], found["mine"]["value"]) == ("node_down", "main_module")
    assert (found["theirs"]["value"], found["theirs"]["by"]) == ("hardware_total", "何静")
    assert found["mine"]["text"] == "主模块故障"
    assert found["mine"]["follows"] == "The priority stays P1."
    assert answer.json()["lead"] == "林晓"
    return key


def stands(day: Day) -> str:
    fault = Ticket.objects.get(pk=day.ticket.pk).fault_class
    return fault.code if fault else ""


def test_an_edit_of_what_nobody_else_touched_is_done(day: Day) -> None:
    assert edit(day, "place", day.ticket.place, "B1 机房 3 号机柜").status_code == 200
    assert edit(day, "fault_class", "node_down", "main_module").status_code == 200
    row = Ticket.objects.get(pk=day.ticket.pk)
    assert (row.place, stands(day)) == ("B1 机房 3 号机柜", "main_module")
    assert {one.data["kept"] for one in VisitRecord.objects.filter(kind="edit")} == {"mine"}


def test_the_same_change_by_both_is_no_conflict(day: Day) -> None:
    module = FaultClass.objects.get(code="main_module")
    workflow.change_class(day.ticket, fault_class=module, by=day.case.operator, now=LATER)
    assert edit(day, "fault_class", "node_down", "main_module").status_code == 200


def test_the_engineers_version_is_taken_when_chosen_and_the_other_stays_on_record(day: Day) -> None:
    key = clash(day)
    assert stands(day) == "hardware_total"
    assert resolve(day, key, "mine", seen="hardware_total").status_code == 200
    assert stands(day) == "main_module"
    record = VisitRecord.objects.get(client_key=key)
    assert (record.data["old"], record.data["new"], record.data["kept"]) == ("hardware_total", "main_module", "mine")
    assert resolve(day, key, "theirs").status_code == 422


def test_theirs_leaves_everything_as_it_is(day: Day) -> None:
    key = clash(day)
    assert resolve(day, key, "theirs").status_code == 200
    assert stands(day) == "hardware_total"
    assert VisitRecord.objects.get(client_key=key).data["kept"] == "theirs"


def test_a_choice_against_something_that_moved_again_is_asked_again(day: Day) -> None:
    key = clash(day)
    down = FaultClass.objects.get(code="node_down")
    workflow.change_class(day.ticket, fault_class=down, by=day.case.operator, now=LATER)
    answer = resolve(day, key, "mine", seen="hardware_total")
    assert (answer.status_code, answer.json()["conflict"]["theirs"]["value"]) == (409, "node_down")


@pytest.mark.parametrize(("choice", "left"), [("mine", "main_module"), ("theirs", "hardware_total")])
def test_the_lead_decides_when_the_engineer_is_not_sure(day: Day, choice: str, left: str) -> None:
    key = clash(day)
    assert resolve(day, key, "lead").json()["flags"] == ["held"]
    row = Held.objects.get()
    held.decide(row, choice, by=day.lead, now=LATER)
    assert stands(day) == left
    with pytest.raises(Refused):
        held.decide(row, choice, by=day.lead, now=LATER)
    assert resolve(day, key, "mine", seen=left).status_code == 422


def test_a_choice_of_who_has_lost_the_visit_changes_nothing_and_is_the_leads(day: Day) -> None:
    """T101."""
    key = clash(day)
    colleague = EngineerFactory(team=day.engineer.team, name="李敏")
    dispatch.reassign(Visit.objects.get(pk=day.visit.pk), colleague, way=None, by=day.lead, now=LATER)
    answer = resolve(day, key, "mine", seen="hardware_total").json()
    assert (stands(day), answer["flags"]) == ("hardware_total", ["reassigned", "held"])
    assert "李敏" in answer["detail"]
    held.decide(Held.objects.get(reason="reassigned"), "mine", by=day.lead, now=LATER)
    assert stands(day) == "main_module"


def test_the_hour_of_the_next_visit_is_compared_as_a_moment(day: Day) -> None:
    again = field_case.plan(day.case, day.ticket, NOW + timedelta(days=1))
    Visit.objects.filter(pk=day.visit.pk).update(state=Visit.State.ON_SITE)
    base = "2026-03-12T10:00:00+08:00"
    assert edit(day, "next_visit", base, "2026-03-12T09:00:00+08:00").status_code == 200
    again.refresh_from_db()
    assert again.starts_at == NOW + timedelta(hours=23)
    visiting.move_visit(day.ticket, again, starts_at=NOW + timedelta(days=2), by=day.lead, now=LATER)
    answer = edit(day, "next_visit", "2026-03-12T09:00:00+08:00", "2026-03-12T14:00:00+08:00")
    assert answer.status_code == 409
    assert answer.json()["conflict"]["theirs"]["by"] == "林晓"


@pytest.mark.parametrize(("field", "value"), [("status", "closed"), ("fault_class", "no-such"), ("next_visit", "soon")])
def test_what_cannot_be_edited_is_refused_with_a_sentence(day: Day, field: str, value: str) -> None:
    base = "node_down" if field == "fault_class" else ""
    answer = edit(day, field, base, value)
    assert (answer.status_code, bool(answer.json()["detail"])) == (422, True)


def test_a_change_that_only_a_lead_may_make_is_refused_without_stopping_what_waits_behind_it(day: Day) -> None:
    answer = edit(day, "fault_class", "node_down", "port")
    assert (answer.status_code, stands(day)) == (422, "node_down")
    assert "lead" in answer.json()["detail"]
