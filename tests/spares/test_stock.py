"""The ledger of stock: every change a movement, nothing promised twice, refused in a sentence (A11, A13)."""

from __future__ import annotations

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audit.models import Entry
from spares import audit, stock
from spares.models import Depot, Part, StockItem, StockMovement, Unit
from spares.refusal import Refused
from spares.stocktake import count
from tests.factories import DepotClerkFactory
from tests.spares.stock_case import NOW, depot, line, part, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def beijing() -> Depot:
    return depot()


@pytest.fixture
def fans() -> Part:
    return part()


@pytest.fixture
def boards() -> Part:
    return part("MCU-MB", serials=True, name="MCU 主板")


def figures(item: StockItem) -> tuple[int, int]:
    item.refresh_from_db()
    return item.on_hand, item.reserved


def state_of(serial: str) -> str:
    return Unit.objects.get(serial=serial).state


@pytest.fixture(autouse=True)
def _the_sums_are_right(db: None) -> object:
    yield
    assert list(audit.differences()) == []


def test_what_is_received_is_on_hand_and_one_movement(beijing: Depot, fans: Part) -> None:
    clerk = DepotClerkFactory()
    (movement,) = stock.receive(beijing, fans, quantity=50, reason="到货单 77", by=clerk, now=NOW)
    item = StockItem.objects.get()
    assert (figures(item), item.free, movement.on_hand_after, movement.by) == ((50, 0), 50, 50, clerk)
    (entry,) = Entry.objects.filter(act="stock.received")
    assert (entry.detail["quantity"], entry.actor_id) == (50, clerk.pk)


def test_serials_are_received_one_movement_each_and_a_duplicate_is_named(beijing: Depot, boards: Part) -> None:
    moved = stock.receive(beijing, boards, serials=["A1", " A2 ", ""], by=None, now=NOW)
    assert [(one.unit.serial if one.unit else "", one.on_hand_after) for one in moved] == [("A1", 1), ("A2", 2)]
    assert len({one.pair for one in moved}) == 1
    with pytest.raises(Refused, match=r"^There twice: A9\.$"):
        stock.receive(beijing, boards, serials=["A9", "A9"], by=None, now=NOW)
    with pytest.raises(Refused, match=r"A2: In stock \(北京备件库\)"):
        stock.receive(beijing, boards, serials=["A3", "A2"], by=None, now=NOW)
    assert Unit.objects.count() == 2


@pytest.mark.parametrize(
    ("serialised", "pieces", "says"),
    [
        (False, {"quantity": 0}, "How many"),
        (False, {"quantity": -2}, "How many"),
        (False, {"serials": ["A1"], "quantity": 1}, "no serial numbers"),
        (True, {"quantity": 2}, "name them"),
        (True, {"quantity": 2, "serials": ["A1"]}, "quantity says 2"),
        (True, {"serials": ["A" * 61]}, "no serial number"),
    ],
)
def test_pieces_are_named_as_the_part_is_counted(
    beijing: Depot, fans: Part, boards: Part, serialised: bool, pieces: dict[str, object], says: str
) -> None:
    with pytest.raises(Refused, match=says):
        stock.receive(beijing, boards if serialised else fans, by=None, now=NOW, **pieces)  # type: ignore[arg-type]
    assert not StockMovement.objects.exists()


def test_a_part_no_longer_in_use_is_not_received(beijing: Depot) -> None:
    with pytest.raises(Refused, match="no longer in use"):
        stock.receive(beijing, part(is_active=False), quantity=1, by=None, now=NOW)


def test_only_free_pieces_are_reserved(beijing: Depot, fans: Part) -> None:
    item, first, second = stocked(beijing, fans, 3), line(fans, 2), line(fans, 2)
    stock.reserve(first, 2, depot=beijing, by=None, now=NOW)
    with pytest.raises(Refused, match=r"^Only 1 of FAN-01 are free in 北京备件库\.$"):
        stock.reserve(second, 2, depot=beijing, by=None, now=NOW)
    first.refresh_from_db()
    assert (figures(item), first.reserved, first.picked) == ((3, 2), 2, 0)


def test_a_line_gets_no_more_than_it_asks_for_and_from_one_depot(beijing: Depot, fans: Part) -> None:
    shanghai, wanted = depot("shanghai", "上海备件库"), line(fans, 2)
    stocked(beijing, fans, 9)
    stocked(shanghai, fans, 9)
    stock.reserve(wanted, 1, depot=beijing, by=None, now=NOW)
    with pytest.raises(Refused, match="2 of FAN-01 are asked for, and 1 are reserved"):
        stock.reserve(wanted, 2, depot=beijing, by=None, now=NOW)
    with pytest.raises(Refused, match="another depot"):
        stock.reserve(wanted, 1, depot=shanghai, by=None, now=NOW)


def test_what_is_released_is_free_again_with_its_units(beijing: Depot, boards: Part) -> None:
    item, wanted = stocked(beijing, boards, ["A1", "A2"]), line(boards, 2)
    stock.reserve(wanted, 2, depot=beijing, by=None, now=NOW)
    stock.pick(wanted, serial="A1")
    with pytest.raises(Refused, match="Only 1 are reserved and not picked"):
        stock.release(wanted, 2, by=None, now=NOW)
    stock.release(wanted, 1, by=None, now=NOW)
    stock.release(wanted, by=None, now=NOW)
    wanted.refresh_from_db()
    assert (figures(item), wanted.reserved, wanted.picked, state_of("A1")) == ((2, 0), 0, 0, "in_stock")
    assert stock.release(wanted, by=None, now=NOW) == ()


def test_a_scan_is_right_or_says_what_is_wrong_and_counts_nothing(beijing: Depot, boards: Part) -> None:
    shanghai, power = depot("shanghai", "上海备件库"), part("PSU", serials=True, name="电源模块")
    stocked(beijing, boards, ["A1", "A2", "A3"])
    stocked(shanghai, boards, ["B1"])
    stocked(beijing, power, ["P1"])
    wanted, other = line(boards, 2), line(boards, 1)
    with pytest.raises(Refused, match="0 of the 0 reserved"):
        stock.pick(wanted, serial="A1")
    stock.reserve(wanted, 2, depot=beijing, by=None, now=NOW)
    stock.reserve(other, 1, depot=beijing, by=None, now=NOW)
    stock.pick(other, serial="A3")
    stock.pick(wanted, serial="A1")
    wrong = {
        "P1": "Wrong: scanned 电源模块, needed is MCU 主板.",
        "B1": "B1: In stock (上海备件库). Check it or take another one.",
        "A3": f"A3: Reserved (北京备件库, {other.request.number}). Check it or take another one.",
        "A1": "A1 is picked for this request already.",
        "X9": "X9 is not in the books of MCU 主板.",
    }
    for serial, sentence in wrong.items():
        with pytest.raises(Refused) as refused:
            stock.pick(wanted, serial=serial)
        assert str(refused.value) == sentence
    assert stock.pick(wanted, serial=" A2 ").picked == 2


def test_what_is_put_back_stays_reserved(beijing: Depot, boards: Part, fans: Part) -> None:
    item, wanted = stocked(beijing, boards, ["A1"]), line(boards)
    stock.reserve(wanted, 1, depot=beijing, by=None, now=NOW)
    stock.pick(wanted, serial="A1")
    assert stock.unpick(wanted, serial="A1").picked == 0
    assert (figures(item), state_of("A1")) == ((1, 1), "in_stock")
    with pytest.raises(Refused, match="not picked"):
        stock.unpick(wanted, serial="A1")
    stocked(beijing, fans, 2)
    counted = line(fans, 2)
    stock.reserve(counted, 2, depot=beijing, by=None, now=NOW)
    assert stock.pick(counted, quantity=2).picked == 2
    assert stock.unpick(counted).picked == 1
    with pytest.raises(Refused, match="Only 1 are picked"):
        stock.unpick(counted, quantity=2)


def test_what_leaves_is_no_longer_on_hand_and_only_what_was_picked_leaves(beijing: Depot, boards: Part) -> None:
    item, wanted = stocked(beijing, boards, ["A1", "A2"]), line(boards, 2)
    with pytest.raises(Refused, match="Nothing of MCU-MB is reserved"):
        stock.issue(wanted, by=None, now=NOW)
    stock.reserve(wanted, 2, depot=beijing, by=None, now=NOW)
    stock.pick(wanted, serial="A2")
    with pytest.raises(Refused, match="1 of 2 pieces of MCU-MB are picked"):
        stock.issue(wanted, by=None, now=NOW)
    stock.release(wanted, 1, by=None, now=NOW)
    key = uuid4()
    first = stock.issue(wanted, by=None, now=NOW, key=key)
    assert [(one.on_hand, one.reserved, one.line_id) for one in first] == [(-1, -1, wanted.pk)]
    assert stock.issue(wanted, by=None, now=NOW, key=key) == first
    wanted.refresh_from_db()
    assert (figures(item), state_of("A2"), wanted.reserved, wanted.picked) == ((1, 0), "shipped", 0, 1)
    with pytest.raises(Refused, match="has left"):
        stock.reserve(wanted, 1, depot=beijing, by=None, now=NOW)
    with pytest.raises(Refused, match="A2 is not picked"):
        stock.unpick(wanted, serial="A2")


def test_what_left_comes_back_for_its_own_line_and_only_while_it_is_not_fitted(beijing: Depot, boards: Part) -> None:
    item, wanted = stocked(beijing, boards, ["A1"]), line(boards)
    stock.reserve(wanted, 1, depot=beijing, by=None, now=NOW)
    stock.pick(wanted, serial="A1")
    stock.issue(wanted, by=None, now=NOW)
    with pytest.raises(Refused, match="A1: On the way"):
        stock.receive(beijing, boards, serials=["A1"], by=None, now=NOW)
    Unit.objects.update(state=Unit.State.INSTALLED)
    with pytest.raises(Refused, match=f"A1: Fitted \\({wanted.request.number}\\)"):
        stock.take_back(wanted, serial="A1", by=None, now=NOW)
    Unit.objects.update(state=Unit.State.DELIVERED)
    (back,) = stock.take_back(wanted, serial="A1", by=None, now=NOW)
    assert (back.kind, back.line, figures(item), Unit.objects.get().line) == ("back", wanted, (1, 0), None)
    with pytest.raises(Refused, match="Only 0"):
        stock.take_back(wanted, serial="A1", by=None, now=NOW)


def test_a_transfer_is_two_movements_with_one_pair(beijing: Depot, boards: Part, fans: Part) -> None:
    shanghai = depot("shanghai", "上海备件库")
    here, fan = stocked(beijing, boards, ["A1", "A2"]), stocked(beijing, fans, 5)
    out, into = stock.transfer(beijing, shanghai, fans, quantity=2, by=None, now=NOW)
    assert (out.item_id, out.on_hand, into.on_hand, out.pair == into.pair) == (fan.pk, -2, 2, True)
    stock.transfer(beijing, shanghai, boards, serials=["A2"], by=None, now=NOW)
    unit = Unit.objects.get(serial="A2")
    assert (figures(here), unit.item and unit.item.depot) == ((1, 0), shanghai)
    with pytest.raises(Refused, match="Not free here: A2"):
        stock.transfer(beijing, shanghai, boards, serials=["A2"], by=None, now=NOW)
    with pytest.raises(Refused, match="another depot"):
        stock.transfer(beijing, beijing, fans, quantity=1, by=None, now=NOW)


def test_a_promised_piece_is_neither_sent_away_nor_scrapped(beijing: Depot, boards: Part) -> None:
    """One of two is promised, nobody has said which: the other may go."""
    shanghai, wanted = depot("shanghai", "上海备件库"), line(boards)
    stocked(beijing, boards, ["A1", "A2"])
    stock.reserve(wanted, 1, depot=beijing, by=None, now=NOW)
    with pytest.raises(Refused, match="Only 1 of MCU-MB"):
        stock.transfer(beijing, shanghai, boards, serials=["A1", "A2"], by=None, now=NOW)
    stock.pick(wanted, serial="A1")
    with pytest.raises(Refused, match=f"A1: Reserved .*{wanted.request.number}"):
        stock.scrap(beijing, boards, serials=["A1"], reason="摔坏", by=None, now=NOW)
    stock.scrap(beijing, boards, serials=["A2"], reason="摔坏", by=None, now=NOW)
    assert state_of("A2") == "scrapped"


def test_scrapping_needs_a_reason_and_a_faulty_unit_counts_as_none(beijing: Depot, boards: Part, fans: Part) -> None:
    item = stocked(beijing, boards, ["A1"])
    faulty = Unit.objects.create(part=boards, serial="F1", state=Unit.State.FAULTY, item=item)
    with pytest.raises(Refused, match="Say why"):
        stock.scrap(beijing, boards, serials=["F1"], reason=" ", by=None, now=NOW)
    (movement,) = stock.scrap(beijing, boards, serials=["F1"], reason="厂家不修", by=DepotClerkFactory(), now=NOW)
    assert (movement.on_hand, movement.unit, figures(item)) == (0, faulty, (1, 0))
    stocked(beijing, fans, 2)
    with pytest.raises(Refused, match="Only 2"):
        stock.scrap(beijing, fans, quantity=3, reason="受潮", by=None, now=NOW)


def test_a_count_that_agrees_is_on_record_and_one_that_differs_says_why(beijing: Depot, fans: Part) -> None:
    item = stocked(beijing, fans, 5)
    (same,) = count(beijing, fans, quantity=5, by=None, now=NOW)
    assert (same.kind, same.on_hand) == ("count", 0)
    with pytest.raises(Refused, match=r"differs from the books \(5\)"):
        count(beijing, fans, quantity=4, by=None, now=NOW)
    (less,) = count(beijing, fans, quantity=4, reason="少一件，原因不明", by=DepotClerkFactory(), now=NOW)
    assert (less.on_hand, figures(item)) == (-1, (4, 0))
    with pytest.raises(Refused, match="changed from 5 to 4 while you counted"):
        count(beijing, fans, quantity=5, expected=5, reason="x", by=None, now=NOW)


def test_a_count_below_what_is_promised_names_the_requests(beijing: Depot, fans: Part, boards: Part) -> None:
    stocked(beijing, fans, 3)
    first, gone = line(fans, 2), line(fans, 1)
    stock.reserve(first, 2, depot=beijing, by=None, now=NOW)
    stock.reserve(gone, 1, depot=beijing, by=None, now=NOW)
    stock.release(gone, by=None, now=NOW)
    with pytest.raises(Refused, match=rf"^2 are reserved for {first.request.number}\."):
        count(beijing, fans, quantity=1, reason="丢失", by=None, now=NOW)
    picked = line(boards)
    stocked(beijing, boards, ["A1", "A2"])
    stock.reserve(picked, 1, depot=beijing, by=None, now=NOW)
    stock.pick(picked, serial="A1")
    with pytest.raises(Refused, match=f"Picked and not seen: A1, for {picked.request.number}"):
        count(beijing, boards, serials=["A2"], reason="丢失", by=None, now=NOW)


def test_counting_serials_finds_the_missing_and_the_unknown(beijing: Depot, boards: Part) -> None:
    item = stocked(beijing, boards, ["A1", "A2"])
    moved = count(beijing, boards, serials=["A2", "A7"], reason="年终盘点", by=None, now=NOW)
    assert sorted((one.unit.serial, one.on_hand) for one in moved if one.unit) == [("A1", -1), ("A7", 1)]
    assert (figures(item), state_of("A1")) == ((2, 0), "missing")
    count(beijing, boards, serials=["A1", "A2", "A7"], reason="找到了", by=None, now=NOW)
    assert (figures(item), state_of("A1")) == ((3, 0), "in_stock")
    with pytest.raises(Refused, match="name them"):
        count(beijing, boards, quantity=3, by=None, now=NOW)


def test_the_same_act_sent_again_counts_once(beijing: Depot, boards: Part, fans: Part) -> None:
    key, other, shanghai = uuid4(), uuid4(), depot("shanghai", "上海备件库")
    first = stock.receive(beijing, boards, serials=["A1", "A2"], by=None, now=NOW, key=key)
    assert stock.receive(beijing, boards, serials=["A1", "A2"], by=None, now=NOW, key=key) == first
    stocked(beijing, fans, 5)
    moved = stock.transfer(beijing, shanghai, fans, quantity=1, by=None, now=NOW, key=other)
    assert stock.transfer(beijing, shanghai, fans, quantity=1, by=None, now=NOW, key=other) == moved
    assert list(StockItem.objects.order_by("pk").values_list("on_hand", flat=True)) == [2, 4, 1]


def test_the_database_keeps_movements_as_they_are(beijing: Depot, fans: Part) -> None:
    stocked(beijing, fans, 5)
    for act in (
        lambda: StockMovement.objects.update(on_hand=9),
        lambda: StockMovement.objects.all().delete(),
        lambda: connection.cursor().execute(
            "SET CONSTRAINTS ALL IMMEDIATE;"
            "ALTER TABLE spares_stockmovement ENABLE TRIGGER spares_stockmovement_stays_whole;"
            "TRUNCATE spares_stockmovement CASCADE"
        ),
    ):
        with pytest.raises(DatabaseError, match="stock movements are kept as they are"), transaction.atomic():
            act()


def test_the_audit_names_a_figure_that_somebody_changed_by_the_way(beijing: Depot, boards: Part) -> None:
    item = stocked(beijing, boards, ["A1"])
    out = StringIO()
    call_command("spares_audit", stdout=out)
    StockItem.objects.update(on_hand=4)
    with pytest.raises(CommandError, match="2 figures differ"):
        call_command("spares_audit", stdout=out)
    assert out.getvalue().splitlines() == [
        f"stock {item.pk}: 4, counted 1, but pieces on hand are the sum of the movements",
        f"stock {item.pk}: 4, counted 1, but a part with serials has as many pieces as units",
    ]
    StockItem.objects.update(on_hand=1)


def test_where_it_lies_and_how_few_are_too_few_is_on_record(beijing: Depot, fans: Part) -> None:
    item = stock.place(stocked(beijing, fans, 5), shelf=" A-03-2 ", minimum=8, by=DepotClerkFactory(), now=NOW)
    item.refresh_from_db()
    assert (item.bin, item.minimum) == ("A-03-2", 8)
    assert Entry.objects.get(act="stock.placed").detail == {"bin": "A-03-2", "minimum": 8}
