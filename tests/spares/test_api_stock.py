"""Parts, stock and its ledger for other programs: the same verbs, rights and sentences as the pages."""

from __future__ import annotations

import pytest

from people.models import User
from spares import audit, stock
from spares.models import Depot, Part, StockItem, StockMovement
from tests.api_case import Program, mistakes
from tests.factories import DepotClerkFactory, DeviceModelFactory, EngineerFactory, NurseFactory
from tests.spares.stock_case import NOW, depot, part, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return DepotClerkFactory()


@pytest.fixture
def beijing(clerk: User) -> Depot:
    return depot(clerks=[clerk])


@pytest.fixture
def boards(db: None) -> Part:
    return part("MB", serials=True)


def test_a_warehouse_books_a_delivery_once_and_reads_it_in_the_ledger(
    clerk: User, beijing: Depot, boards: Part
) -> None:
    program, key = Program(clerk), {"Idempotency-Key": "note-77"}
    said = {"depot": beijing.pk, "part": boards.pk, "serials": ["A1", " A2 "], "reason": "到货单 77"}
    made = program.post("/stock/receive/", key, **said)
    assert (made.status_code, made.json()["on_hand"], made.json()["free"]) == (200, 2, 2)
    assert program.post("/stock/receive/", key, **said).json() == made.json()
    refused = program.post("/stock/receive/", **said)
    assert (refused.status_code, "A1: In stock (北京备件库)" in refused.json()["detail"]) == (409, True)
    rows = program.get("/stock-movements/", stock=made.json()["id"]).json()["results"]
    assert [(row["serial"], row["on_hand"], row["on_hand_after"], row["by"]["id"]) for row in rows] == [
        ("A2", 1, 2, clerk.pk),
        ("A1", 1, 1, clerk.pk),
    ]


def test_counting_moving_and_scrapping_answer_with_the_stock(clerk: User, beijing: Depot) -> None:
    program, other = Program(clerk), depot("shanghai", "上海备件库")
    item = stocked(beijing, part(), 9)
    path = f"/stock/{item.pk}"
    assert program.post(f"{path}/count/", quantity=8, expected=9).status_code == 409
    assert program.post(f"{path}/count/", quantity=8, expected=9, reason="少一件").json()["on_hand"] == 8
    assert program.post(f"{path}/transfer/", quantity=3, depot=other.pk).json()["on_hand"] == 5
    assert program.post(f"{path}/scrap/", quantity=1).status_code == 409
    assert program.post(f"{path}/scrap/", quantity=1, reason="受潮").json()["on_hand"] == 4
    assert mistakes(program.post(f"{path}/transfer/", quantity="3", depot=0)) == {
        "#/quantity": "invalid",
        "#/depot": "does_not_exist",
    }
    assert mistakes(program.post(f"{path}/scrap/", cake=1)) == {"#/cake": "unknown"}
    assert list(audit.differences()) == []


def test_a_clerk_books_in_their_own_depots_and_an_engineer_only_reads(clerk: User, beijing: Depot) -> None:
    item = stocked(depot("shanghai", "上海备件库"), part(), 3)
    said = {"depot": item.depot_id, "part": item.part_id, "quantity": 1}
    assert Program(clerk).post("/stock/receive/", **said).status_code == 403
    assert Program(clerk).post(f"/stock/{item.pk}/count/", quantity=3).status_code == 403
    engineer, nurse = Program(EngineerFactory()), Program(NurseFactory())
    assert engineer.get("/stock/").json()["results"][0]["on_hand"] == 3
    assert [engineer.get(path).status_code for path in ("/parts/", "/stock-movements/")] == [200, 403]
    assert engineer.post(f"/stock/{item.pk}/count/", quantity=3).status_code == 403
    assert [nurse.get(path).status_code for path in ("/parts/", "/stock/", "/stock-movements/")] == [403] * 3
    assert StockMovement.objects.count() == 1


def test_parts_and_stock_can_be_narrowed(clerk: User, beijing: Depot, boards: Part) -> None:
    program, model = Program(clerk), DeviceModelFactory()
    boards.fits.add(model)
    fans = stocked(beijing, part("FAN", is_key=True), 3)
    stock.place(fans, shelf="B-1", minimum=4, by=None, now=NOW)
    stocked(beijing, boards, ["A1"])

    def found(path: str, **asked: object) -> list[int]:
        return [row["id"] for row in program.get(path, **asked).json()["results"]]

    assert (
        found("/parts/", fits=model.pk) == found("/parts/", code="mb") == found("/parts/", key="false") == [boards.pk]
    )
    assert found("/stock/", short="true") == found("/stock/", part=fans.part_id) == [fans.pk]
    assert found("/stock/", short="false", depot=beijing.pk) == [StockItem.objects.get(part=boards).pk]
    assert found("/stock-movements/", kind="count") == []
    assert program.get("/parts/", cake=1).status_code == 400
