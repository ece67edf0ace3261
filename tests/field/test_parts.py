"""Parts from the phone: asked for at the site, packed for the next visit, fitted with both serials (A11, A13)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sla.facts import Kind as FactKind
from spares import requests
from spares.models import Lane, Part, PartRequest, Return, Unit
from tests.factories import DepotClerkFactory
from tests.field import field_case
from tests.field.field_case import MINUTE, NOW, Day
from tests.spares.stock_case import depot, part, stocked
from tickets.models import Ticket
from tickets.states import Status
from visits.models import Visit, VisitRecord

LATER = NOW + timedelta(hours=4)


@pytest.fixture
def board(day: Day) -> Part:
    """A board of the MCU, two of which lie in Chengdu."""
    made = part("MX8-MB-03", serials=True, name="主控板")
    made.fits.add(day.case.mcu.model)
    store = depot("chengdu", "成都备件库", [DepotClerkFactory()])
    Lane.objects.create(depot=store, carrier="顺丰", days=1)
    stocked(store, made, ["MB03-0042", "MB03-0043"])
    return made


def push(day: Day, kind: str, minutes: int, **more: Any) -> Any:
    return day.phone.push(day.phone.act(kind, day.visit, NOW + minutes * MINUTE, LATER, **more))


def on_site(day: Day) -> None:
    push(day, "depart", 5)
    push(day, "arrive", 40)


def shipped(board: Part) -> PartRequest:
    """The one request, on its way."""
    row = PartRequest.objects.get()
    assert row.depot is not None
    clerk = row.depot.clerks.get()
    requests.scan(row, "MB03-0042", by=clerk, now=LATER)
    requests.pack(row, by=clerk, now=LATER)
    return requests.ship(row, carrier="顺丰", waybill="SF1", by=clerk, now=LATER)


def test_a_visit_that_needs_a_part_asks_for_it_and_for_another_visit(day: Day, board: Part) -> None:
    on_site(day)
    again = (LATER + timedelta(days=1)).isoformat()
    wanted = [{"part": board.pk, "quantity": 1}]
    answer = push(day, "finish", 90, outcome="part", found="主控板电容鼓包", parts=wanted, next_at=again)
    assert (answer.status_code, answer.json()["detail"]) == (200, ""), answer.content.decode()
    request = PartRequest.objects.get()
    assert request.origin == PartRequest.Origin.VISIT
    assert day.ticket.timeline.facts.get(kind=FactKind.PART_NEEDED).at == NOW + 90 * MINUTE
    assert Ticket.objects.get(pk=day.ticket.pk).status == Status.DISPATCH
    following = Visit.objects.get(state=Visit.State.PLANNED)
    assert following.starts_at == LATER + timedelta(days=1)
    jobs = {job["id"]: job for job in day.phone.get("pack").json()["jobs"]}
    assert jobs[following.pk]["parts"][0]["where"] == "depot"
    assert jobs[following.pk]["fields"]["next_visit"]["value"] == ""


def test_an_hour_that_cannot_be_is_told_and_the_work_stays_done(day: Day, board: Part) -> None:
    on_site(day)
    answer = push(day, "finish", 90, outcome="return", found="要带梯子", next_at=(NOW - timedelta(days=3)).isoformat())
    assert answer.status_code == 200
    assert answer.json()["detail"] == "The visit cannot begin in the past."
    assert Visit.objects.get(pk=day.visit.pk).state == Visit.State.DONE


def test_a_part_is_fitted_with_both_serials_and_the_faulty_one_is_owed(day: Day, board: Part) -> None:
    on_site(day)
    asked = push(day, "ask_part", 60, parts=[{"part": board.pk, "quantity": 1}], reason="主控板坏")
    assert asked.status_code == 200, asked.content.decode()
    shipped(board)
    (job,) = day.phone.get("pack").json()["jobs"]
    (line,) = job["parts"][0]["lines"]
    assert (job["parts"][0]["where"], line["serials"]) == ("way", ["MB03-0042"])
    wrong = push(day, "part", 230, line=line["line"], serial="MB03-0043", faulty_serial="MB03-2306")
    assert wrong.status_code == 422
    assert "MB03-0043" in wrong.json()["detail"]
    fitted = push(day, "part", 230, line=line["line"], serial="MB03-0042", faulty_serial="MB03-2306")
    assert fitted.status_code == 200, fitted.content.decode()
    assert Unit.objects.get(serial="MB03-0042").state == Unit.State.INSTALLED
    assert PartRequest.objects.get().state == PartRequest.State.FITTED
    assert Return.objects.count() == 1
    record = VisitRecord.objects.get(kind=VisitRecord.Kind.PART)
    assert (record.data["serial_in"], record.data["serial_out"]) == ("MB03-0042", "MB03-2306")
    fitted_event = day.case.mcu.events.get(kind="part")
    assert (fitted_event.old, fitted_event.new["unit"]) == ({"unit": "MB03-2306"}, "MB03-0042")
    told = PartRequest.objects.get()
    assert told.delivered_at == told.shipped_at, "the depot wrote the shipping down later than it was"


def test_a_part_that_is_not_needed_goes_back_from_the_phone(day: Day, board: Part) -> None:
    on_site(day)
    push(day, "ask_part", 60, parts=[{"part": board.pk, "quantity": 1}], reason="主控板坏")
    line = shipped(board).lines.get()
    said = push(day, "unused", 230, line=line.pk, serial="MB03-0042", text="重插后恢复")
    assert said.status_code == 200, said.content.decode()
    owed = Return.objects.get()
    assert (owed.kind, owed.state, owed.good_unit) == ("unused", "owed", Unit.objects.get(line=line))
    assert owed.reason == "重插后恢复"
    assert PartRequest.objects.get().state == PartRequest.State.UNUSED
    (job,) = day.phone.get("pack").json()["jobs"]
    assert (job["parts"][0]["lines"][0]["unused"], job["parts"][0]["where"]) == (1, "site")
    assert any("MB03-0042" in record["text"] for record in job["records"])


def test_a_part_of_another_ticket_is_none(day: Day, board: Part) -> None:
    on_site(day)
    push(day, "ask_part", 60, parts=[{"part": board.pk, "quantity": 1}], reason="主控板坏")
    other = day.case.file(10, device=day.case.terminal)
    visit = field_case.plan(day.case, other, LATER + timedelta(hours=1))
    line = PartRequest.objects.get().lines.get()
    answer = day.phone.push(day.phone.act("part", visit, LATER, LATER, line=line.pk, serial="MB03-0042"))
    assert (answer.status_code, answer.json()["detail"]) == (422, "This part was not sent for this ticket.")


def test_a_part_that_does_not_exist_is_refused(day: Day) -> None:
    on_site(day)
    answer = push(day, "ask_part", 60, parts=[{"part": 10**6, "quantity": 1}])
    assert answer.status_code == 422
