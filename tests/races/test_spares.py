"""Many hands at one shelf: what is there is promised once, and the ledger adds up (A11)."""

from __future__ import annotations

from uuid import uuid4

import pytest

from spares import audit, stock
from spares.models import Depot, Part, RequestLine, StockItem, StockMovement, Unit
from spares.refusal import Refused
from spares.stocktake import count
from tests.factories import SiteFactory
from tests.races.test_tickets import at_once
from tests.spares.stock_case import NOW, depot, line, part, stocked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beijing(transactional_db: None) -> Depot:
    return depot()


def lines(what: Part, count: int) -> list[RequestLine]:
    site = SiteFactory()
    return [line(what, 1, site) for _ in range(count)]


def reserve(wanted: RequestLine, where: Depot) -> str:
    """What came of it."""
    try:
        stock.reserve(wanted, 1, depot=where, by=None, now=NOW)
    except Refused:
        return "refused"
    return "reserved"


def test_with_the_lock_off_pieces_are_promised_more_than_once_until_the_database_objects(beijing: Depot) -> None:
    """Reading, thinking, writing: what `reserve` does not do."""
    item = stocked(beijing, part(), 50)

    def naive() -> str:
        seen = StockItem.objects.get(pk=item.pk)
        if seen.free < 1:
            return "refused"
        StockMovement.objects.filter(item=item).count()  # somebody else reads meanwhile
        StockItem.objects.filter(pk=item.pk).update(reserved=seen.reserved + 1)
        return "reserved"

    promised = at_once([naive] * 80, hands=16).count("reserved")
    assert promised > StockItem.objects.get().reserved


def test_of_200_reservations_at_once_on_50_pieces_50_get_one(beijing: Depot) -> None:
    fans = part()
    item = stocked(beijing, fans, 50)
    wanted = lines(fans, 200)
    done = at_once([lambda one=one: reserve(one, beijing) for one in wanted], hands=16)
    assert (done.count("reserved"), done.count("refused")) == (50, 150)
    item.refresh_from_db()
    assert (item.on_hand, item.reserved, RequestLine.objects.filter(reserved=1).count()) == (50, 50, 50)
    assert list(audit.differences()) == []


def test_with_the_lock_off_two_clerks_have_the_last_serial_in_hand(beijing: Depot) -> None:
    boards = part("MB", serials=True)
    stocked(beijing, boards, ["A1"])
    first, second = lines(boards, 2)

    def naive(mine: RequestLine) -> str:
        unit = Unit.objects.get(serial="A1")
        if unit.line_id is not None:
            return "refused"
        Unit.objects.filter(part=boards).count()
        Unit.objects.filter(pk=unit.pk).update(state=Unit.State.RESERVED, line=mine)
        return "picked"

    rounds = []
    for _ in range(20):
        Unit.objects.update(state=Unit.State.IN_STOCK, line=None)
        rounds.append(at_once([lambda: naive(first), lambda: naive(second)], hands=2).count("picked"))
        if 2 in rounds:
            break
    assert 2 in rounds


def test_of_two_clerks_who_scan_one_unit_one_has_it(beijing: Depot) -> None:
    boards = part("MB", serials=True)
    stocked(beijing, boards, ["A1", "A2"])
    pair = lines(boards, 2)
    for one in pair:
        stock.reserve(one, 1, depot=beijing, by=None, now=NOW)
    done = at_once([lambda one=one: stock.pick(one, serial="A1") for one in pair], hands=2)
    assert sorted(type(one).__name__ for one in done) == ["Refused", "RequestLine"]
    assert list(audit.differences()) == []


def test_a_delivery_sent_12_times_at_once_is_on_the_shelf_once(beijing: Depot) -> None:
    fans, key = part(), uuid4()
    acts = [lambda: stock.receive(beijing, fans, quantity=7, by=None, now=NOW, key=key)] * 12
    assert len({moved[0].pk for moved in at_once(acts, hands=12)}) == 1
    assert StockItem.objects.get().on_hand == 7


def test_a_serial_received_in_two_depots_at_once_lies_in_one(beijing: Depot) -> None:
    shanghai, boards = depot("shanghai", "上海备件库"), part("MB", serials=True)
    acts = [lambda at=at: stock.receive(at, boards, serials=["A1"], by=None, now=NOW) for at in (beijing, shanghai)]
    assert sum(isinstance(one, Refused) for one in at_once(acts, hands=2)) == 1
    assert list(audit.differences()) == []


def test_moving_to_and_fro_counting_and_issuing_at_once_neither_blocks_nor_loses_a_piece(beijing: Depot) -> None:
    shanghai, fans = depot("shanghai", "上海备件库"), part()
    stocked(beijing, fans, 40)
    stocked(shanghai, fans, 40)
    wanted = lines(fans, 8)

    def leave(mine: RequestLine) -> None:
        stock.reserve(mine, 1, depot=beijing, by=None, now=NOW)
        stock.pick(mine)
        stock.issue(mine, by=None, now=NOW)

    acts = [lambda one=one: leave(one) for one in wanted]
    for origin, target in ((beijing, shanghai), (shanghai, beijing)):
        move = {"origin": origin, "target": target, "part": fans, "quantity": 1, "by": None, "now": NOW}
        acts += [lambda move=move: stock.transfer(**move)] * 12
    acts += [lambda: count(shanghai, fans, quantity=40, reason="盘点", by=None, now=NOW)] * 2
    failed = [one for one in at_once(acts, hands=12) if isinstance(one, Exception)]
    assert failed == []
    assert list(audit.differences()) == []
    assert StockMovement.objects.filter(kind="issue").count() == 8
