"""Good out and not needed: it comes back as good stock, is asked for meanwhile, and may be fitted after all (A13)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from notifications.models import Notification
from sla import defaults
from spares import audit, requests, returns
from spares.models import PartRequest, Return, StockItem, StockMovement
from spares.refusal import Refused
from tests.api_case import Program
from tests.spares.request_case import Matter, state_of

pytestmark = pytest.mark.django_db
State = PartRequest.State
LATER = "2026-03-12 11:00"


@pytest.fixture
def matter(db: None) -> Matter:
    defaults.load()
    return Matter()


def by(matter: Matter, when: str = LATER) -> dict[str, Any]:
    return {"by": matter.clerk, "now": matter.at(when)}


def delivered(matter: Matter, boards: int = 1, fans: int = 0) -> PartRequest:
    """Boards A1, A2 and fans, at the site since Thu 2026-03-12 10:00."""
    row = matter.ask((matter.board, boards), *([(matter.fan, fans)] if fans else []))
    for code in ["A1", "A2"][:boards] + ["FAN-01"] * fans:
        requests.scan(row, code, **by(matter, "2026-03-11 12:10"))
    requests.pack(row, **by(matter, "2026-03-11 12:20"))
    requests.ship(row, carrier="顺丰", waybill="SF1", **by(matter, "2026-03-11 15:00"))
    return requests.deliver(row, received_by="刘海燕", **by(matter, "2026-03-12 10:00"))


def on_hand(matter: Matter) -> tuple[int, int]:
    rows = {row.part_id: row.on_hand for row in StockItem.objects.filter(depot=matter.chengdu)}
    return rows[matter.board.pk], rows[matter.fan.pk]


def test_a_unit_that_is_not_needed_is_owed_and_comes_back_as_good_stock(matter: Matter) -> None:
    row = delivered(matter)
    line = row.lines.get()
    done = requests.unused(row, line, serial="A1", reason="重插后恢复", **by(matter))
    assert (done.state, state_of("A1"), on_hand(matter)) == (State.UNUSED, "delivered", (1, 5))
    owed = Return.objects.get()
    assert (owed.kind, owed.state, owed.depot, owed.good_unit) == ("unused", "owed", matter.chengdu, line.units.get())
    with pytest.raises(Refused, match="A2 was scanned, A1 is owed"):
        returns.receive(owed, serial="A2", **by(matter))
    back = returns.receive(owed, serial="A1", **by(matter, "2026-03-16 10:00"))
    assert (back.state, back.resolution, state_of("A1"), on_hand(matter)) == ("closed", "restocked", "in_stock", (2, 5))
    moved = StockMovement.objects.latest("pk")
    assert (moved.kind, moved.on_hand, moved.line, moved.reason) == ("back", 1, line, owed.number)
    assert list(audit.differences()) == []


def test_pieces_are_owed_by_their_number_and_the_fitted_ones_stay(matter: Matter) -> None:
    row = delivered(matter, boards=1, fans=3)
    board, fan = row.lines.get(part=matter.board), row.lines.get(part=matter.fan)
    requests.fit(row, fan, quantity=1, **by(matter))
    with pytest.raises(Refused, match="Only 2 of 风扇盘 are left at the site"):
        requests.unused(row, fan, quantity=3, **by(matter))
    requests.unused(row, fan, quantity=2, **by(matter))
    done = requests.fit(row, board, serial="A1", faulty_serial="OLD-9", **by(matter))
    assert done.state == State.FITTED
    returns.receive(Return.objects.get(kind="unused"), **by(matter))
    assert on_hand(matter) == (1, 4)
    assert list(audit.differences()) == []


def test_what_is_fitted_after_all_is_owed_no_more(matter: Matter) -> None:
    row = delivered(matter)
    line = row.lines.get()
    requests.unused(row, line, serial="A1", **by(matter))
    done = requests.fit(row, line, serial="A1", faulty_serial="OLD-9", **by(matter, "2026-03-13 09:00"))
    good, faulty = Return.objects.order_by("pk")
    assert (done.state, good.resolution, faulty.faulty_serial) == (State.FITTED, "kept", "OLD-9")
    assert list(audit.differences()) == []


def test_told_twice_it_is_owed_once_and_what_is_fitted_does_not_go_back(matter: Matter) -> None:
    row = delivered(matter, boards=2)
    line = row.lines.get()
    for _twice in range(2):
        requests.unused(row, line, serial="A1", **by(matter))
    requests.fit(row, line, serial="A2", **by(matter))
    assert Return.objects.filter(kind="unused").count() == 1
    with pytest.raises(Refused, match="not possible now"):
        requests.unused(row, line, serial="A2", **by(matter))
    with pytest.raises(Refused, match="not possible now"):
        returns.send_to_maker(Return.objects.get(kind="unused"), **by(matter))


def test_it_is_asked_for_at_10_20_and_30_days_and_written_off_it_is_missing(matter: Matter) -> None:
    row = delivered(matter)
    requests.unused(row, row.lines.get(), serial="A1", **by(matter))
    owed = Return.objects.get()
    counts = [returns.chase(owed.owed_since + timedelta(days=days)) for days in (9, 10, 11, 20, 30, 31)]
    assert counts == [0, 1, 0, 1, 1, 0]
    assert Notification.objects.filter(person=matter.clerk, kind="return.unused").count() == 3
    returns.write_off(owed, reason="医院找不到", **by(matter))
    assert state_of("A1") == "missing"
    assert list(audit.differences()) == []


def test_the_audit_names_a_piece_that_nobody_owes(matter: Matter) -> None:
    row = delivered(matter)
    requests.unused(row, row.lines.get(), serial="A1", **by(matter))
    Return.objects.all().delete()
    (difference,) = audit.differences()
    assert "not needed of a line is owed" in str(difference)


def test_a_program_says_that_a_part_goes_back_and_reads_the_pair(matter: Matter) -> None:
    row = delivered(matter)
    program = Program(matter.clerk)
    address = f"/part-requests/{row.number}/unused/"
    wrong = program.post(address, line=row.lines.get().pk, serial="A9")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "#/serial")
    answer = program.post(address, line=row.lines.get().pk, serial="A1", reason="没用上")
    assert (answer.status_code, answer.json()["state"], answer.json()["lines"][0]["unused"]) == (200, "unused", 1)
    (pair,) = program.get("/returns/?kind=unused").json()["results"]
    assert (pair["kind"], pair["good_serial"], pair["quantity"]) == ("unused", "A1", 1)
    refused = program.post(f"/returns/{pair['number']}/close/", resolution="restocked")
    assert refused.status_code == 400
