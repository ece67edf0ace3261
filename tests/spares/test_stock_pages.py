"""The depot's pages of stock: who sees and changes what, the forms' sentences, the reorder list and its file (A13)."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from people.models import User
from spares import audit, stock, stock_list
from spares.models import Depot, Part, Return, StockItem, StockMovement, Unit
from tests.factories import (
    DepotClerkFactory,
    DeviceModelFactory,
    EngineerFactory,
    LeadFactory,
    ManagerFactory,
    NurseFactory,
    OperatorFactory,
    SiteFactory,
)
from tests.spares.stock_case import NOW, depot, line, part, stocked

pytestmark = pytest.mark.django_db
LIST, REORDER, EXPORT = "/desk/depot/stock/", "/desk/depot/reorder/", "/desk/depot/reorder/export.csv"


@pytest.fixture
def clerk() -> User:
    return DepotClerkFactory()


@pytest.fixture
def beijing(clerk: User) -> Depot:
    return depot(clerks=[clerk])


@pytest.fixture
def anhui(db: None) -> Depot:
    """Comes before Beijing by name, and belongs to nobody here."""
    return depot("anhui", "一号安徽库")


def browser(person: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def named(client: Client, address: str) -> list[str]:
    return [row.part.code for row in client.get(address).context["page"].found.rows]


def test_a_clerk_begins_in_their_own_depot_and_may_look_into_another(clerk: User, beijing: Depot, anhui: Depot) -> None:
    stocked(beijing, part("FAN"), 3)
    theirs = stocked(anhui, part("PSU"), 3)
    client = browser(clerk)
    assert (named(client, LIST), named(client, f"{LIST}?depot=anhui")) == (["FAN"], ["PSU"])
    assert client.get(LIST).context["page"].may_work
    assert not client.get(f"{LIST}?depot=anhui").context["page"].may_work
    page = client.get(f"{LIST}{theirs.pk}/")
    assert (page.status_code, page.context["page"].steps) == (200, ())
    for slug in ("receive", "count", "transfer", "scrap", "place"):
        assert client.post(f"{LIST}{theirs.pk}/{slug}/", {}).status_code == 403
    assert client.get(f"{LIST}into/anhui/").status_code == 403
    assert [
        browser(one).get(f"{LIST}{theirs.pk}/receive/").status_code for one in (LeadFactory(), ManagerFactory())
    ] == [200, 200]


def test_nobody_else_reads_the_stock(beijing: Depot) -> None:
    item = stocked(beijing, part(), 3)
    for person in (OperatorFactory(), EngineerFactory(), NurseFactory()):
        for address in (LIST, f"{LIST}{item.pk}/", REORDER, EXPORT, f"/desk/depot/parts/{item.part_id}/"):
            assert browser(person).get(address).status_code == 403


def test_every_word_has_to_occur_in_part_or_shelf_and_the_short_ones_are_counted(clerk: User, beijing: Depot) -> None:
    for code, name, shelf, minimum in (
        ("FAN-01", "风扇盘", "B-11-04", 5),
        ("PSU-02", "电源模块", "A-03-12", 0),
        ("PSU-03", "电源模块", "B-02-01", 3),
    ):
        stock.place(
            stocked(beijing, part(code, name=name, maker="华视"), 3), shelf=shelf, minimum=minimum, by=None, now=NOW
        )
    client = browser(clerk)
    assert named(client, f"{LIST}?q=电源 psu") == ["PSU-02", "PSU-03"]
    assert named(client, f"{LIST}?q=b- 华视") == ["FAN-01", "PSU-03"]
    assert named(client, f"{LIST}?show=short") == ["FAN-01"]
    assert [one.count for one in client.get(LIST).context["page"].shown] == [None, 1]
    assert "No part matches." in client.get(f"{LIST}?q=nothing").content.decode()


def test_pages_of_the_list_hold_every_part_once_and_cost_the_same(clerk: User, beijing: Depot) -> None:
    client = browser(clerk)
    stocked(beijing, part("P-00"), 1)
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    parts = Part.objects.bulk_create(Part(code=f"P-{n:02}", name="件") for n in range(1, stock_list.PAGE * 2 + 5))
    StockItem.objects.bulk_create(StockItem(depot=beijing, part=one) for one in parts)
    with CaptureQueriesContext(connection) as many:
        first = client.get(LIST)
    assert len(many) == len(few) <= 8
    second = client.get(LIST + first.context["page"].found.older_url)
    third = client.get(LIST + second.context["page"].found.older_url).context["page"].found
    seen = [row.part.code for page in (first, second) for row in page.context["page"].found.rows]
    seen += [row.part.code for row in third.rows]
    assert (seen, third.older_url) == ([f"P-{n:02}" for n in range(stock_list.PAGE * 2 + 5)], "")
    back = client.get(LIST + third.newer_url).context["page"].found
    assert [row.part.code for row in back.rows] == seen[stock_list.PAGE : stock_list.PAGE * 2]
    assert client.get(LIST + back.newer_url).context["page"].found.newer_url == ""
    for made_up in ("x", "~", "9~", "9" * 40 + "~A", "1~%00", "-1~A"):
        assert client.get(f"{LIST}?after={made_up}").status_code == 200


def test_a_delivery_counts_once_however_often_its_form_is_sent(clerk: User, beijing: Depot) -> None:
    client, boards = browser(clerk), part("MB", serials=True)
    went = client.post(f"{LIST}into/beijing/", {"part": " mb "})
    item = StockItem.objects.get()
    assert went["Location"] == f"{LIST}{item.pk}/receive/"
    said = {"key": uuid4(), "serials": "A1\r\nA2\r\n", "reason": "到货单 7"}
    for _ in range(2):
        assert client.post(went["Location"], said)["Location"] == f"{LIST}{item.pk}/"
    assert sorted(Unit.objects.values_list("serial", flat=True)) == ["A1", "A2"]
    assert client.post(went["Location"], {**said, "serials": "A3"}).status_code == 302
    assert Unit.objects.filter(serial="A3").exists()
    again = client.post(went["Location"], {**said, "key": uuid4()})
    assert again.status_code == 422
    assert "Not taken in: A1: In stock (北京备件库); A2: In stock (北京备件库)." in again.content.decode()
    wrong = client.post(f"{LIST}into/beijing/", {"part": "X"})
    assert (wrong.status_code, "No part in use has this number." in wrong.content.decode()) == (422, True)
    assert boards.items.count() == 1


def test_counting_moving_scrapping_and_placing_go_through_their_forms(
    clerk: User, beijing: Depot, anhui: Depot
) -> None:
    client, item = browser(clerk), stocked(beijing, part(), 9)

    def send(slug: str, **said: object) -> str:
        answer = client.post(f"{LIST}{item.pk}/{slug}/", {"key": uuid4(), **said})
        return "done" if answer.status_code == 302 else answer.content.decode()

    assert "Say why." in send("count", quantity=8, expected=9)
    assert send("count", quantity=8, expected=9, reason="少一件") == "done"
    assert "changed from 9 to 8 while you counted" in send("count", quantity=8, expected=9)
    assert "Only 8 of FAN-01" in send("transfer", quantity=9, depot=anhui.pk)
    assert send("transfer", quantity=3, depot=anhui.pk) == "done"
    assert "This field is required." in send("scrap", quantity=1)
    assert send("scrap", quantity=1, reason="受潮") == "done"
    assert send("place", shelf="B-1", minimum=6) == "done"
    item.refresh_from_db()
    assert (item.on_hand, item.bin, item.minimum) == (4, "B-1", 6)
    acts = Entry.objects.filter(act__startswith="stock.", actor=clerk).order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["stock.counted", "stock.transferred", "stock.scrapped", "stock.placed"]
    assert list(audit.differences()) == []


def test_a_stock_names_its_units_who_they_are_promised_to_and_every_movement(clerk: User, beijing: Depot) -> None:
    boards = part("MB", serials=True)
    item, wanted = stocked(beijing, boards, [f"A{n:02}" for n in range(stock_list.PAGE + 25)]), line(boards)
    wanted.request.depot = beijing
    wanted.request.save()
    stock.reserve(wanted, 1, depot=beijing, by=None, now=NOW)
    stock.pick(wanted, serial="A07")
    client = browser(clerk)
    found = client.get(f"{LIST}{item.pk}/").context["page"]
    assert (found.units[0].unit.serial, found.units[0].request) == ("A07", wanted.request.number)
    assert (len(found.units), found.more_units) == (60, 5)
    assert [(one.request.hospital, one.reserved) for one in found.holders] == [(wanted.request.hospital, 1)]
    assert (found.movements[0].kind, len(found.movements)) == ("reserve", 30)
    older = client.get(f"{LIST}{item.pk}/{found.older_url}").context["page"]
    assert older.movements[0].pk < found.movements[-1].pk
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{LIST}{item.pk}/")
    assert len(queries) <= 11


def test_a_part_says_what_it_fits_and_where_it_lies(clerk: User, beijing: Depot, anhui: Depot) -> None:
    fans, model = part(), DeviceModelFactory()
    fans.fits.add(model)
    stocked(beijing, fans, 3)
    stocked(anhui, fans, 1)
    page = browser(clerk).get(f"/desk/depot/parts/{fans.pk}/").context["page"]
    assert (page.models, {row.depot.code: row.on_hand for row in page.items}) == (
        (str(model),),
        {"beijing": 3, "anhui": 1},
    )


def test_what_is_under_its_minimum_is_to_be_ordered_less_what_the_maker_sends(
    clerk: User, beijing: Depot, anhui: Depot
) -> None:
    boards, hospital = part("MB", serials=True), SiteFactory().hospital
    stock.place(stocked(beijing, part("FAN"), 5), shelf="", minimum=5, by=None, now=NOW)
    stock.place(stocked(beijing, boards, ["A1"]), shelf="A-1", minimum=4, by=None, now=NOW)
    stock.place(stocked(anhui, boards, ["A2"]), shelf="", minimum=2, by=None, now=NOW)
    about = {"hospital": hospital, "part": boards, "owed_since": NOW}
    for number, where, state in (("1", beijing, "at_maker"), ("2", beijing, "closed"), ("3", anhui, "at_maker")):
        Return.objects.create(number=f"RT-{number}", depot=where, state=state, **about)
    Return.objects.create(number="RT-4", depot=beijing, state="owed", maker_shipped_at=NOW, is_advance=True, **about)
    Return.objects.create(number="RT-5", depot=beijing, state="owed", **about)
    (row,) = stock_list.reorder()
    assert (row.depot, row.free, row.incoming, row.wanted) == (beijing, 1, 2, 1)  # type: ignore[attr-defined]
    fan = line(Part.objects.get(code="FAN"), 2)
    stock.reserve(fan, 2, depot=beijing, by=None, now=NOW)
    assert named(browser(clerk), REORDER) == ["FAN", "MB"]


def test_the_reorder_list_is_a_file_that_no_spreadsheet_computes_and_taking_it_is_on_record(
    clerk: User, beijing: Depot, anhui: Depot
) -> None:
    for where in (beijing, anhui):
        stock.place(
            StockItem.objects.create(depot=where, part=part(f"=1+{where.pk}")), shelf="", minimum=2, by=None, now=NOW
        )
    client = browser(clerk)
    rows = list(csv.reader(StringIO(client.get(EXPORT).content.decode("utf-8-sig"))))
    assert (rows[0][0], rows[0][-1]) == ("Depot", "To order")
    assert [(row[0], row[1][1:], row[-1]) for row in rows[1:]] == [(beijing.name, f"=1+{beijing.pk}", "2")]
    entry = Entry.objects.get(act="stock.reorder_exported")
    assert (entry.actor_id, entry.detail) == (clerk.pk, {"rows": 1})
    assert len(list(csv.reader(StringIO(client.get(f"{EXPORT}?depot=all").content.decode())))) == 3


def test_the_reorder_list_costs_the_same_for_many(clerk: User, beijing: Depot) -> None:
    client = browser(clerk)
    stock.place(stocked(beijing, part("P-X"), 1), shelf="", minimum=2, by=None, now=NOW)
    client.get(REORDER)
    with CaptureQueriesContext(connection) as few:
        client.get(REORDER)
    for n in range(5):
        stock.place(stocked(beijing, part(f"P-{n}"), 1), shelf="", minimum=2, by=None, now=NOW + timedelta(hours=n))
    with CaptureQueriesContext(connection) as many:
        client.get(REORDER)
    assert len(many) == len(few) <= 7
    assert StockMovement.objects.count() == 6
