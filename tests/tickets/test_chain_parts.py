"""The chain picture to its end: the legs of spare parts, what lies ahead, and which leg lost the time (N2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

import pytest
from django.utils import timezone, translation

from common.present import Leg
from sla import deadlines
from spares.models import Depot, Lane, PartRequest
from spares.requests import Wanted
from tests.factories import DepotClerkFactory
from tests.spares.stock_case import depot, part, stocked
from tests.tickets.conftest import SHANGHAI, Scene
from tickets import chain, workflow
from tickets.clocks import Clocks
from tickets.models import Ticket
from tickets.workflow import parts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"), timezone.override(SHANGHAI):
        yield


@pytest.fixture
def board(scene: Scene) -> Any:
    """A serialised part in Chengdu, one working day away."""
    clerk = DepotClerkFactory(name="罗敏")
    made = depot("chengdu", "成都备件库", [clerk], cut_off=time(16))
    Lane.objects.create(depot=made, carrier="顺丰", days=1, arrives_by=time(18))
    row = part("MCU-MB", serials=True, name="MCU 主板")
    stocked(made, row, ["A1", "A2", "A3"])
    return row


def on_site(scene: Scene, *, left: str = "10:30", arrived: str = "12:00") -> Ticket:
    """Filed 09:00, answered 09:40, declared failed 10:12: due at the door 12:47."""
    row = scene.file()
    workflow.answer(row, by=scene.operator, text="请先重启。", now=scene.at("09:40"))
    workflow.remote_failed(row, by=scene.operator, reason="重启无效", now=scene.at("10:12"))
    workflow.depart(row, by=scene.engineer, now=scene.at(left))
    return workflow.arrive(row, by=scene.engineer, now=scene.at(arrived))


def ask(scene: Scene, ticket: Ticket, board: Any, when: str = "13:00") -> PartRequest:
    return parts.ask_part(ticket, [Wanted(board, 1)], by=scene.engineer, now=scene.at(when))


def picture(ticket: Ticket, now: datetime) -> chain.Round:
    row = Ticket.objects.for_pages().with_onsite().with_quotes().get(pk=ticket.pk)
    return chain.build(Clocks(row, now)).current


def legs(ticket: Ticket, now: datetime) -> dict[str, Leg]:
    return {str(leg.name): leg for leg in picture(ticket, now).legs}


def test_what_lies_ahead_says_when_it_would_be_due(scene: Scene) -> None:
    row = scene.file()
    shown = legs(row, scene.at("09:10"))
    assert [(name, leg.promised) for name, leg in shown.items() if leg.state == "ahead"] == [
        ("远程处理", "12:00"),
        ("车程 + 1 小时到场", "14:35"),
        ("到场后 2 小时修复", "16:35"),
        ("24 小时发件", "tomorrow 16:35"),
        ("2 个工作日送达", "03-13 18:00"),
    ]


def test_each_leg_says_what_ended_the_one_before(scene: Scene, board: Any) -> None:
    ticket = on_site(scene)
    ask(scene, ticket, board)
    since = [leg.since for leg in picture(ticket, scene.at("13:05")).legs]
    assert since == [
        "09:00 Fault notified",
        "09:40 First substantive answer",
        "10:12 Remote repair declared failed",
        "12:00 Engineer arrived on site",
        "13:00 Spare part requested",
        "13:00 Spare part requested",
    ]


def test_a_request_is_held_by_the_depot_and_then_by_the_carrier(scene: Scene, board: Any) -> None:
    ticket = on_site(scene)
    request = ask(scene, ticket, board)
    before = legs(ticket, scene.at("13:05"))["24 小时发件"].holder
    assert before is not None
    assert (before.name, before.role) == ("罗敏", "成都备件库")
    fields = {"state": "shipped", "carrier": "顺丰", "waybill": "SF1", "shipped_at": scene.at("15:00")}
    PartRequest.objects.filter(pk=request.pk).update(**fields)
    after = legs(ticket, scene.at("15:05"))["2 个工作日送达"]
    assert after.holder is not None
    assert (after.holder.name, after.holder.role) == ("顺丰", "SF1")
    assert "early" in str(after.expected)


def test_of_two_requests_the_one_that_bites_first_stands_in_front(scene: Scene, board: Any) -> None:
    ticket = on_site(scene)
    first = ask(scene, ticket, board)
    PartRequest.objects.filter(pk=first.pk).update(state="packed")
    second = ask(scene, ticket, board, "14:00")
    assert second.pk != first.pk
    shown = picture(ticket, scene.at("14:05"))
    assert first.number in str(shown.legs[-1].since)
    assert [[second.number in str(leg.since) for leg in pair] for pair in shown.more] == [[True, True]]


def test_a_late_arrival_names_the_minutes_that_travel_took(scene: Scene) -> None:
    ticket = on_site(scene, left="11:22", arrived="13:10")
    leg = legs(ticket, scene.at("13:20"))["车程 + 1 小时到场"]
    assert leg.state == "late"
    assert str(leg.why).startswith(
        "This leg lost 23 min: 13 min on the road: 108 min instead of 95; 10 min set out too late for a way of 95 min."
    )


def test_a_parcel_that_left_in_time_and_came_late_is_the_carriers(scene: Scene, board: Any) -> None:
    ticket = on_site(scene)
    request = ask(scene, ticket, board)
    from_depot = {
        "packed_at": scene.at("14:00"),
        "shipped_at": scene.at("15:00"),
        "carrier": "顺丰",
        "state": "shipped",
    }
    PartRequest.objects.filter(pk=request.pk).update(**from_depot)
    why = str(legs(ticket, scene.at("2026-03-13 19:30"))["2 个工作日送达"].why)
    assert "This leg lost 1 h 30 min: on the way with 顺丰, shipped in time." in why


def test_a_request_that_no_depot_could_serve_in_time_is_the_stocks(scene: Scene, board: Any) -> None:
    Depot.objects.update(is_active=False)
    ticket = on_site(scene)
    ask(scene, ticket, board)
    PartRequest.objects.update(state="reserved", choice=[{"verdict": "short", "late_s": 0, "ships_late_s": 0}])
    why = str(legs(ticket, scene.at("2026-03-12 13:30"))["24 小时发件"].why)
    assert "lost 30 min: no depot had it in time" in why


def test_the_engines_draft_is_found_before_anything_names_it_and_nobody_has_taken_it_up(scene: Scene) -> None:
    ticket = on_site(scene)
    deadlines.rebuild(deadlines.lock(ticket.timeline), now=scene.at("14:01"))
    workflow.follow_engine(scene.at("14:01"))
    clocks = Clocks(
        Ticket.objects.for_pages().with_onsite().with_quotes().get(pk=ticket.pk), scene.at("2026-03-12 14:20")
    )
    [pair] = clocks.parcels(1)
    assert [clocks.request_of(row).origin for row in pair] == ["engine", "engine"]
    why = str(legs(ticket, scene.at("2026-03-12 14:20"))["24 小时发件"].why)
    assert "lost 20 min: nobody took it on" in why


def test_one_line_shows_which_leg_lost_the_time(scene: Scene, board: Any) -> None:
    ticket = on_site(scene, left="11:22", arrived="13:10")
    ask(scene, ticket, board, "14:00")
    whole = picture(ticket, scene.at("14:00")).whole
    assert whole is not None
    assert whole.finding == "The time was lost in “车程 + 1 小时到场”: 23 min."
    late = next(section for section in whole.sections if section.is_late)
    assert [part.state for part in late.stretches] == ["done", "late"]
    assert (late.took, late.margin) == ("2 h 58 min", "23 min late")
    edges = [(part.left, part.left + part.width) for section in whole.sections for part in section.stretches]
    assert all(0 <= left <= right <= 100.1 for left, right in edges)
    assert edges[0][0] == 0


def test_a_ticket_without_visits_and_parts_asks_for_none(scene: Scene, django_assert_max_num_queries: Any) -> None:
    row = Ticket.objects.for_pages().with_onsite().with_quotes().get(pk=scene.file().pk)
    chain.build(Clocks(row, scene.at("09:10")))  # calendars are read once for all
    with django_assert_max_num_queries(3):
        chain.build(Clocks(row, scene.at("09:10")))
