"""Parts for a ticket: asked for, drafted by the engine, told in its story (A6, A7, A11; worked example 6)."""

from __future__ import annotations

from datetime import time

import pytest
import time_machine
from django.test import Client

from people.models import User
from sla import deadlines
from spares import requests
from spares.models import Depot, Lane, Part, PartRequest
from spares.requests import Wanted
from tests.api_case import Program
from tests.factories import DepotClerkFactory, DeviceFactory
from tests.spares.stock_case import depot, part, stocked
from tests.tickets.conftest import Scene
from tickets import portal_story, story, workflow
from tickets.models import Ticket, TicketPart
from tickets.states import Refused, Status

State = PartRequest.State


@pytest.fixture
def clerk(db: None) -> User:
    return DepotClerkFactory()


@pytest.fixture
def chengdu(clerk: User) -> Depot:
    made = depot("chengdu", "成都备件库", [clerk], cut_off=time(16))
    Lane.objects.create(depot=made, carrier="顺丰", days=1, arrives_by=time(18))
    return made


@pytest.fixture
def board(chengdu: Depot) -> Part:
    made = part("MCU-MB", serials=True, name="MCU 主板")
    stocked(chengdu, made, ["A1", "A2"])
    return made


def on_site(scene: Scene) -> Ticket:
    """Checked in at 11:20: the two hours run out at 13:20."""
    ticket = workflow.answer(scene.file("09:00", device=DeviceFactory(site=scene.site, name="会诊 MCU")),
                             by=scene.operator, text="请重启", now=scene.at("09:40"))  # fmt: skip
    workflow.remote_failed(ticket, by=scene.operator, reason="主板无响应", now=scene.at("10:12"))
    return workflow.arrive(ticket, by=scene.engineer, now=scene.at("11:20"))


def recount(ticket: Ticket, scene: Scene, when: str) -> None:
    deadlines.rebuild(deadlines.lock(ticket.timeline), now=scene.at(when))


def told(ticket: Ticket, *, public: bool = True) -> list[str]:
    return [event.data["how"] for event in ticket.events.filter(kind="part", is_public=public).order_by("pk")]


def test_asking_for_a_part_stops_the_two_hours_and_the_hospital_reads_it(scene: Scene, board: Part) -> None:
    ticket = on_site(scene)
    request = workflow.ask_part(ticket, [Wanted(board)], by=scene.engineer, now=scene.at("12:00"))
    assert (request.state, request.subject) == (State.RESERVED, f"{ticket.number} 会诊 MCU")
    assert scene.clock(ticket, "fix").state == "met"
    assert (scene.due(ticket, "spare_shipped"), scene.due(ticket, "spare_delivered")) == ("03-12 12:00", "03-13 18:00")
    assert told(ticket) == ["asked"]
    assert scene.told("ticket.part_needed") == [scene.nurse]
    ticket.refresh_from_db()
    assert ticket.status == Status.ON_SITE


def test_two_hours_without_a_fix_or_a_part_leave_a_draft_of_their_own_instant(scene: Scene, board: Part) -> None:
    ticket = on_site(scene)
    recount(ticket, scene, "13:19")
    assert workflow.follow_engine(scene.at("13:19")) == 0
    recount(ticket, scene, "13:25")
    assert workflow.follow_engine(scene.at("13:25")) == 1
    assert workflow.follow_engine(scene.at("13:26")) == 0
    drafted = PartRequest.objects.get()
    assert (drafted.state, drafted.origin, drafted.requested_at) == (State.DRAFT, "engine", scene.at("13:20"))
    assert drafted.ship_by == scene.at("2026-03-12 13:20")
    assert (told(ticket), told(ticket, public=False)) == ([], ["drafted"])
    assert set(scene.told("ticket.part_drafted")) == {scene.lead, scene.engineer}
    ticket.refresh_from_db()
    assert ticket.status == Status.ON_SITE
    taken = workflow.ask_part(ticket, [Wanted(board)], by=scene.engineer, now=scene.at("14:00"))
    assert (taken.pk, taken.state, taken.ship_by) == (drafted.pk, State.RESERVED, drafted.ship_by)
    assert told(ticket) == ["asked"]


def test_no_draft_where_a_part_was_asked_for_in_time(scene: Scene, board: Part) -> None:
    ticket = on_site(scene)
    workflow.ask_part(ticket, [Wanted(board)], by=scene.engineer, now=scene.at("13:20"))
    recount(ticket, scene, "13:30")
    assert workflow.follow_engine(scene.at("13:30")) == 0
    assert PartRequest.objects.count() == 1


def test_a_solved_ticket_needs_no_draft_and_a_part_on_its_way_is_still_owed(scene: Scene, board: Part) -> None:
    ticket = on_site(scene)
    recount(ticket, scene, "13:25")
    workflow.follow_engine(scene.at("13:25"))
    workflow.resolve(ticket, by=scene.engineer, cause="主板", action="重新插拔", now=scene.at("13:40"))
    assert PartRequest.objects.get().state == State.CANCELLED
    assert scene.clock(ticket, "spare_shipped").state == "cancelled"
    assert told(ticket, public=False) == ["drafted", "withdrawn"]


def test_solved_before_the_next_round_nothing_is_drafted_and_no_clock_of_a_part_runs(scene: Scene) -> None:
    ticket = workflow.resolve(on_site(scene), by=scene.engineer, cause="主板", action="插紧", now=scene.at("13:25"))
    assert workflow.follow_engine(scene.at("13:26")) == 0
    assert not PartRequest.objects.exists()
    assert not ticket.timeline.deadlines.filter(code__startswith="spare", state="running").exists()


def test_a_withdrawn_ticket_takes_back_what_has_not_left(scene: Scene, board: Part) -> None:
    ticket = scene.file("09:00")
    request = workflow.ask_part(ticket, [Wanted(board)], by=scene.operator, now=scene.at("09:05"))
    workflow.cancel(ticket, by=scene.operator, reason="重复", now=scene.at("09:10"))
    request.refresh_from_db()
    assert (request.state, board.items.get().reserved) == (State.CANCELLED, 0)


def test_what_the_depot_did_is_told_by_the_next_round_once(scene: Scene, board: Part, clerk: User) -> None:
    ticket = on_site(scene)
    request = workflow.ask_part(ticket, [Wanted(board)], by=scene.engineer, now=scene.at("12:00"))
    assert workflow.follow_parts(scene.at("12:01")) == 0
    requests.scan(request, "A1", by=clerk, now=scene.at("12:10"))
    requests.pack(request, by=clerk, now=scene.at("12:20"))
    assert workflow.follow_parts(scene.at("12:21")) == 0
    requests.ship(request, carrier="顺丰", waybill="SF1", by=clerk, now=scene.at("15:00"))
    requests.deliver(request, received_by="刘海燕", by=clerk, now=scene.at("2026-03-12 10:00"))
    assert workflow.follow_parts(scene.at("2026-03-12 10:01")) == 1
    assert workflow.follow_parts(scene.at("2026-03-12 10:02")) == 0
    assert told(ticket) == ["asked", "shipped", "delivered"]
    shipped = ticket.events.get(kind="part", data__how="shipped")
    assert (shipped.at, shipped.data["parcel"]) == (scene.at("15:00"), "顺丰 SF1")
    assert scene.told("ticket.part_shipped") == [scene.nurse]
    done = workflow.fit_part(
        ticket, request, request.lines.get(), serial="A1", faulty_serial="X9", by=scene.engineer,
        now=scene.at("2026-03-12 11:00"),
    )  # fmt: skip
    assert (done.state, told(ticket)[-1]) == (State.FITTED, "fitted")


def test_a_request_of_another_ticket_is_out_of_reach(scene: Scene, board: Part) -> None:
    mine, other = scene.file("09:00"), scene.file("09:01")
    request = workflow.ask_part(other, [Wanted(board)], by=scene.operator, now=scene.at("09:05"))
    with pytest.raises(Refused, match="another ticket"):
        workflow.withdraw_part(mine, request, reason="错", by=scene.operator, now=scene.at("09:06"))
    with pytest.raises(Refused, match="why"):
        workflow.withdraw_part(other, request, reason=" ", by=scene.operator, now=scene.at("09:06"))
    workflow.withdraw_part(other, request, reason="误报", by=scene.operator, now=scene.at("09:07"))
    assert told(other) == ["asked", "withdrawn"]
    assert TicketPart.objects.get().told == "withdrawn"


def test_the_story_says_it_to_the_company_and_in_plain_words_to_the_hospital(
    scene: Scene, board: Part, clerk: User
) -> None:
    ticket = on_site(scene)
    request = workflow.ask_part(ticket, [Wanted(board)], by=scene.engineer, now=scene.at("12:00"))
    requests.scan(request, "A1", by=clerk, now=scene.at("12:10"))
    requests.pack(request, by=clerk, now=scene.at("12:20"))
    requests.ship(request, carrier="顺丰", waybill="SF1", by=clerk, now=scene.at("15:00"))
    now = scene.at("15:01")
    workflow.follow_parts(now)
    asked, shipped = ticket.events.filter(kind="part").order_by("pk")
    assert portal_story.sentence(asked, now) == "A spare part is needed: MCU 主板 × 1. It is with you by 03-13 18:00."
    assert portal_story.sentence(shipped, now) == ("The spare part is on its way: 顺丰 SF1, expected tomorrow 18:00.")
    said = story.sentence(shipped, now)
    assert (
        said
        == f"Spare part · {request.number} · MCU 主板 × 1 · handed to the carrier: 顺丰 SF1 · expected tomorrow 18:00"
    )


def test_a_program_asks_for_parts_by_their_numbers(scene: Scene, board: Part) -> None:
    ticket = on_site(scene)
    asked = Program(scene.engineer).post(
        f"/tickets/{ticket.number}/ask-part/", parts=[{"part": "MCU-MB", "quantity": 2}], reason="主板无响应"
    )
    assert (asked.status_code, asked.json()["number"]) == (200, ticket.number)
    assert dict(PartRequest.objects.get().lines.values_list("part__code", "quantity")) == {"MCU-MB": 2}
    refused = Program(scene.engineer).post(f"/tickets/{ticket.number}/ask-part/", parts=[{"part": "NO"}])
    assert refused.status_code == 400
    assert Program(scene.nurse).post(f"/tickets/{ticket.number}/ask-part/", parts=[]).status_code == 403


def test_the_form_shows_what_each_depot_makes_before_it_is_pressed(client: Client, scene: Scene, board: Part) -> None:
    ticket = on_site(scene)
    client.force_login(scene.lead)
    client.cookies["django_language"] = "en"
    address = f"/desk/tickets/{ticket.number}/ask-part/"
    seen = client.get(address, {"part": board.pk, "quantity": 3}).content.decode()
    assert "It lacks MCU-MB × 1" in seen
    assert "成都备件库" not in client.get(address, {"part": "nonsense"}).content.decode()
    sent = client.post(address, {"part": board.pk, "quantity": 1, "code": "none", "reason": ""})
    assert "There is no part with this number." in sent.content.decode()
    assert client.post(address, {"quantity": 1}).status_code == 422
    assert client.post(address, {"part": board.pk, "quantity": 1, "reason": "无响应"}).status_code == 302
    page = client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "RQ-2026-" in page
    assert "24 小时发件" in page


def test_each_verb_of_a_request_has_its_form(client: Client, scene: Scene, board: Part, clerk: User) -> None:
    ticket = on_site(scene)
    request = workflow.ask_part(ticket, [Wanted(board)], by=scene.engineer, now=scene.at("12:00"))
    client.force_login(scene.lead)

    def send(slug: str, **data: object) -> int:
        here = f"/desk/tickets/{ticket.number}/{slug}/"
        assert client.get(here).status_code == 200
        return client.post(here, {"request": request.pk, **data}).status_code

    with time_machine.travel(scene.at("12:30"), tick=False):
        requests.scan(request, "A1", by=clerk, now=scene.at("12:10"))
        assert send("choose-depot", depot=1, reason="x") == 422  # picked already
        requests.pack(request, by=clerk, now=scene.at("12:20"))
        requests.ship(request, carrier="顺丰", waybill="SF1", by=clerk, now=scene.at("12:25"))
        assert send("part-event", kind="in_transit", at="2026-03-12T12:30") == 422  # not yet
        assert send("part-event", kind="in_transit", at="0001-01-01T00:00") == 422
        assert send("part-event", kind="in_transit", at="2026-03-11T11:59") == 422  # not asked for then
        assert send("part-event", kind="in_transit", place="绵阳") == 302
        assert send("deliver-part", received_by="刘海燕") == 302
        line = request.lines.get()
        assert send("fit-part", line=line.pk, serial="A9", quantity=1) == 422
        assert send("fit-part", line=line.pk, serial="A1", faulty_serial="X", quantity=1) == 302
        assert send("withdraw-part", reason="迟") == 422
    said = [event.data["expected_at"] != "" for event in ticket.events.filter(kind="part").order_by("pk")]
    assert said == [False, True, False, False], "only a parcel on its way is expected"
    assert told(ticket) == ["asked", "shipped", "delivered", "fitted"]
