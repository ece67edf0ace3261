"""A parcel's order of things, and the way out when it is packed wrong, lost, or comes back (A6, A11)."""

from __future__ import annotations

from typing import Any

import pytest

from sla import defaults
from sla.evidence import Evidence
from spares import audit, requests
from spares.models import CarrierEvent, PartRequest, StockItem
from spares.refusal import Refused
from tests.api_case import Program
from tests.spares.request_case import Matter, state_of

pytestmark = pytest.mark.django_db
State = PartRequest.State


@pytest.fixture
def matter(db: None) -> Matter:
    defaults.load()
    return Matter()


def by(matter: Matter, when: str) -> dict[str, Any]:
    return {"by": matter.clerk, "now": matter.at(when)}


def on_hand(matter: Matter) -> tuple[int, int]:
    row = StockItem.objects.get(depot=matter.chengdu, part=matter.board)
    return row.on_hand, row.reserved


def test_a_delivery_before_the_handing_over_is_refused_with_the_field(matter: Matter) -> None:
    row, now = matter.shipped(at="15:00"), "2026-03-11 15:30"
    early = Evidence(at=matter.at("2026-03-11 14:59"))
    with pytest.raises(Refused, match="handed to the carrier at 15:00") as refused:
        requests.deliver(row, received_by="刘海燕", evidence=early, **by(matter, now))
    assert refused.value.field == "at"
    with pytest.raises(Refused, match="handed to the carrier"):
        requests.note_event(row, "in_transit", at=matter.at("2026-03-11 14:00"), **by(matter, now))
    answer = Program(matter.clerk).post(
        f"/part-requests/{row.number}/deliver/", received_by="刘海燕", at="2026-03-11T14:59:00+08:00"
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "#/at")


def test_the_minute_of_the_handing_over_is_believed_and_counts_from_it(matter: Matter) -> None:
    row = matter.packed()
    row = requests.ship(row, carrier="顺丰", waybill="SF1", by=matter.clerk, now=matter.at("2026-03-11 15:00:40"))
    minute = Evidence(at=matter.at("2026-03-11 15:00"))
    done = requests.deliver(row, received_by="刘海燕", evidence=minute, **by(matter, "2026-03-11 15:30"))
    assert done.delivered_at == row.shipped_at


@pytest.mark.parametrize(("told", "state"), [("14:49", State.SHIPPED), ("14:50", State.DELIVERED)])
def test_a_carriers_delivery_from_before_is_kept_as_out_of_order_beyond_ten_minutes(
    matter: Matter, told: str, state: str
) -> None:
    row = matter.shipped(at="15:00")
    at = matter.at(f"2026-03-11 {told}")
    done = requests.note_event(row, "delivered", at=at, source="webhook", by=None, now=matter.at("15:30"))
    event = row.events.get(kind="delivered")
    assert (done.state, event.at, event.is_out_of_order) == (state, at, state == State.SHIPPED)
    assert done.delivered_at == (row.shipped_at if state == State.DELIVERED else None)


def test_what_is_packed_is_opened_again_and_sent_from_another_depot(matter: Matter) -> None:
    row = matter.packed()
    with pytest.raises(Refused, match="not possible now"):
        requests.choose(row, matter.beijing, reason="航班", **by(matter, "12:30"))
    row = requests.unpack(row, **by(matter, "12:30"))
    assert (row.state, row.packed_at) == (State.PICKED, None)
    row = requests.choose(row, matter.beijing, reason="航班", **by(matter, "12:31"))
    assert (row.state, row.depot, state_of("A1"), on_hand(matter)) == (
        State.RESERVED, matter.beijing, "in_stock", (2, 0),
    )  # fmt: skip


def test_withdrawn_when_all_is_picked_the_units_are_free_again(matter: Matter) -> None:
    row = requests.cancel(matter.packed(), reason="误报", **by(matter, "12:30"))
    assert (row.state, state_of("A1"), on_hand(matter)) == (State.CANCELLED, "in_stock", (2, 0))


def test_a_lost_parcel_is_sent_again_under_the_clocks_as_they_run(matter: Matter) -> None:
    row, due = matter.shipped(at="15:00"), matter.due("spare_delivered")
    with pytest.raises(Refused, match="what became"):
        requests.send_again(row, reason=" ", **by(matter, "2026-03-12 09:00"))
    row = requests.send_again(row, reason="中转站丢失", **by(matter, "2026-03-12 09:00"))
    assert (row.state, row.waybill, row.shipped_at, row.depot) == (State.RESERVED, "", None, matter.chengdu)
    assert (state_of("A1"), on_hand(matter), matter.due("spare_delivered")) == ("missing", (1, 1), due)
    assert row.events.latest("pk").text == "顺丰 SF1 中转站丢失"
    requests.scan(row, "A2", **by(matter, "2026-03-12 09:10"))
    requests.pack(row, **by(matter, "2026-03-12 09:20"))
    requests.ship(row, carrier="顺丰", waybill="SF2", **by(matter, "2026-03-12 10:00"))
    requests.deliver(row, received_by="刘海燕", **by(matter, "2026-03-13 10:00"))
    assert matter.clock("spare_delivered").stopped_at == matter.at("2026-03-13 10:00")
    assert list(audit.differences()) == []


def test_a_parcel_that_came_back_is_stock_again(matter: Matter) -> None:
    row = requests.send_again(matter.shipped(), reason="拒收", came_back=True, **by(matter, "2026-03-12 09:00"))
    assert (row.state, state_of("A1"), on_hand(matter)) == (State.RESERVED, "in_stock", (2, 1))
    assert row.events.latest("pk").kind == CarrierEvent.Kind.PROBLEM
    requests.cancel(row, reason="不再需要", **by(matter, "2026-03-12 09:05"))
    assert list(audit.differences()) == []


def test_what_no_depot_has_whole_is_sent_apart_under_the_same_clocks(matter: Matter) -> None:
    row = matter.ask((matter.board, 3), (matter.fan, 1))
    assert (row.state, row.depot) == (State.REQUESTED, None)
    boards = row.lines.get(part=matter.board)
    with pytest.raises(Refused, match="have to stay"):
        requests.split(row, boards, quantity=4, **by(matter, "12:30"))
    apart = requests.split(row, boards, quantity=1, **by(matter, "12:30"))
    row.refresh_from_db()
    assert (row.state, row.depot, boards.request) == (State.RESERVED, matter.chengdu, row)
    assert dict(row.lines.values_list("part__code", "quantity")) == {"MCU-MB": 2, "FAN-01": 1}
    assert (apart.state, apart.lines.get().quantity) == (State.RESERVED if apart.depot else State.REQUESTED, 1)
    assert (apart.ship_by, apart.deliver_by, apart.requested_at) == (row.ship_by, row.deliver_by, row.requested_at)
    fan = row.lines.get(part=matter.fan)
    other = requests.split(row, fan, **by(matter, "12:40"))
    assert (other.lines.get(), other.depot, other.state) == (fan, matter.chengdu, State.RESERVED)
    with pytest.raises(Refused, match="have to stay"):
        requests.split(row, row.lines.get(), quantity=2, **by(matter, "12:41"))
    assert list(audit.differences()) == []
