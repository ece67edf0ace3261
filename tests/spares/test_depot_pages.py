"""The depot's page: what a clerk picks, packs and ships, and who may (A11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from people.models import User
from people.views.sign_in import home_of
from sla import defaults
from spares import returns
from spares.models import PartRequest, RequestLine, Return
from tests.factories import DepotClerkFactory, EngineerFactory, NurseFactory, OperatorFactory
from tests.spares.request_case import Matter, state_of
from tests.spares.stock_case import stocked

pytestmark = pytest.mark.django_db
State = PartRequest.State
HOME = "/desk/depot/"
QUERIES = 11
"""Session, person, heartbeat with unread; depots, counts, returns; requests, lines, units, bins."""


@pytest.fixture
def matter(settings: Settings, tmp_path: Path) -> Matter:
    settings.MEDIA_ROOT = tmp_path
    defaults.load()
    return Matter()


@pytest.fixture(autouse=True)
def clock(matter: Matter) -> Iterator[None]:
    with time_machine.travel(matter.at("12:30"), tick=False):
        yield


def browser(person: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


@pytest.fixture
def clerk(matter: Matter) -> Client:
    return browser(matter.clerk)


def shown(client: Client, path: str = HOME) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def scan(client: Client, row: PartRequest, code: str) -> Any:
    return client.post(f"{HOME}scan/", {"request": row.number, "code": code}, headers={"hx-request": "true"})


def step(client: Client, row: PartRequest, slug: str, **said: Any) -> Any:
    return client.post(f"{HOME}requests/{row.number}/{slug}/", said)


def state(row: PartRequest) -> str:
    row.refresh_from_db()
    return row.state


def test_a_clerk_starts_in_the_depot_and_nobody_else_does(matter: Matter) -> None:
    assert home_of(matter.clerk) == HOME
    assert home_of(OperatorFactory()) == "/desk/"
    assert browser(matter.clerk).get("/")["Location"] == HOME


@pytest.mark.parametrize("maker", [NurseFactory, EngineerFactory, OperatorFactory])
def test_hospitals_engineers_and_operators_do_not_open_it(matter: Matter, maker: Any) -> None:
    row = matter.ask()
    client = browser(maker())
    for path in (HOME, f"{HOME}requests/{row.number}/cancel/", f"{HOME}requests/{row.number}/label.pdf"):
        assert client.get(path).status_code == 403
    assert scan(client, row, "A1").status_code == 403
    assert step(client, row, "cancel", reason="no").status_code == 403
    assert state(row) == State.RESERVED


def test_the_late_one_stands_first_and_lines_go_by_shelf(matter: Matter, clerk: Client) -> None:
    for shelf, part in (("B-2", matter.board), ("A-1", matter.fan)):
        matter.chengdu.items.filter(part=part).update(bin=shelf)
    calm = matter.ask((matter.board, 1), (matter.fan, 2))
    late = PartRequest.objects.create(
        number="RQ-2026-000999", hospital=calm.hospital, site=calm.site, subject="x", origin="ticket",
        requested_at=matter.at("09:00"), ship_by=matter.at("12:00"), changed_at=matter.at("09:00"),
    )  # fmt: skip
    page = shown(clerk)
    assert page.index(late.number) < page.index(calm.number)
    assert "Shipping is overdue" in page
    assert "Due at the carrier by 12:00 · clause A11" in page
    assert page.index("A-1") < page.index("B-2")
    assert "1 late" in page


def test_the_page_costs_as_many_queries_whatever_it_shows(matter: Matter, clerk: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            shown(clerk)
        return len(asked)

    first = matter.ask()
    shown(clerk)  # The first page of a session writes when it was.
    one = cost()
    for number in range(2, 7):
        copy = PartRequest.objects.get(pk=first.pk)
        copy.pk, copy.number = None, f"RQ-2026-00090{number}"
        copy.save()
        RequestLine.objects.create(request=copy, part=matter.fan, quantity=number)
    assert cost() == one
    assert one == QUERIES


def test_a_clerk_sees_their_own_depots_unless_they_ask_and_works_in_no_other(matter: Matter) -> None:
    row, stranger = matter.ask(), DepotClerkFactory()
    shanghai = matter.depot("shanghai", "上海备件库", 2)
    shanghai.clerks.set([stranger])
    client = browser(stranger)
    assert row.number not in shown(client)
    assert row.number in shown(client, f"{HOME}?depot=all")
    assert row.number in shown(client, f"{HOME}?depot=chengdu")
    assert step(client, row, "cancel", reason="no").status_code == 403
    assert scan(client, row, "A1").status_code == 422
    assert state_of("A1") == "in_stock"
    assert browser(matter.lead).get(f"{HOME}requests/{row.number}/cancel/").status_code == 200


def test_a_right_scan_counts_a_wrong_one_says_what_it_is_and_an_undo_puts_back(matter: Matter, clerk: Client) -> None:
    stocked(matter.chengdu, matter.fan, 1)
    row = matter.ask((matter.board, 1), (matter.fan, 3))
    wrong = scan(clerk, row, "Z9")
    assert wrong.status_code == 422
    assert "Unknown: Z9." in wrong.content.decode()
    assert sum(line.picked for line in row.lines.all()) == 0
    right = scan(clerk, row, " A1 ")
    assert right.status_code == 200
    assert "Right: MCU 主板. 1 of 4 are picked." in right.content.decode()
    assert "All 4 are picked, pack them." in scan(clerk, row, "FAN-01*3").content.decode()
    assert state(row) == State.PICKED
    board = row.lines.get(part=matter.board)
    back = step(clerk, row, "unpick", line=board.pk, serial="A1", pieces=1)
    assert back.status_code == 302
    assert (state(row), state_of("A1")) == (State.RESERVED, "in_stock")


def test_the_same_unit_scanned_twice_counts_once(matter: Matter, clerk: Client) -> None:
    row = matter.ask((matter.board, 2))
    scan(clerk, row, "A1")
    again = scan(clerk, row, "A1")
    assert again.status_code == 422
    assert "A1 is picked for this request already." in again.content.decode()
    assert row.lines.get().picked == 1


def test_a_scanned_number_takes_the_field_to_that_request(matter: Matter, clerk: Client) -> None:
    row = matter.ask()
    assert f"Now for {row.number}." in scan(clerk, row, row.number).content.decode()
    assert "There is no request RQ-2026-999999." in scan(clerk, row, "RQ-2026-999999").content.decode()
    assert clerk.post(f"{HOME}scan/", {"request": "a\0b", "code": "A1"}).status_code == 422


def test_without_scripts_a_scan_leads_back_to_the_page(matter: Matter, clerk: Client) -> None:
    row = matter.ask()
    answer = clerk.post(f"{HOME}scan/", {"request": row.number, "code": "A1"})
    assert answer["Location"] == f"{HOME}?request={row.number}"
    assert "All 1 are picked" in shown(clerk, answer["Location"])


def test_from_the_shelf_to_the_signature_by_forms(matter: Matter, clerk: Client) -> None:
    row = matter.ask()
    scan(clerk, row, "A1")
    assert step(clerk, row, "pack").status_code == 302
    missing = step(clerk, row, "ship", carrier="", waybill="SF7")
    assert missing.status_code == 422
    assert step(clerk, row, "ship", carrier="顺丰", waybill="SF7").status_code == 302
    assert (state(row), row.shipped_at) == (State.SHIPPED, matter.at("12:30"))
    assert "SF7" in shown(clerk, f"{HOME}?tab=way")
    assert step(clerk, row, "event", kind="in_transit", place="德阳").status_code == 302
    assert step(clerk, row, "deliver", received_by="刘海燕").status_code == 302
    assert (state(row), row.received_by) == (State.DELIVERED, "刘海燕")


def test_a_waybill_of_another_request_is_refused_in_words(matter: Matter, clerk: Client) -> None:
    first = matter.packed()
    step(clerk, first, "ship", carrier="顺丰", waybill="SF1")
    other = matter.ask(at="12:20")
    scan(clerk, other, "A2")
    step(clerk, other, "pack")
    answer = step(clerk, other, "ship", carrier="顺丰", waybill="SF1")
    assert answer.status_code == 422
    assert f"Waybill SF1 is that of {first.number} already." in answer.content.decode()


def test_another_depot_shows_the_hour_that_it_misses_and_needs_a_reason(matter: Matter, clerk: Client) -> None:
    row = matter.ask()
    form = clerk.get(f"{HOME}requests/{row.number}/choose/").content.decode()
    assert "北京备件库 · Leaves 16:00, there 03-16 18:00. That is 3 d too late." in form
    assert step(clerk, row, "choose", depot=matter.beijing.pk).status_code == 422
    assert step(clerk, row, "choose", depot=matter.beijing.pk, reason="成都道路封闭").status_code == 302
    row.refresh_from_db()
    assert row.depot == matter.beijing


def test_the_papers_of_a_request_are_made(matter: Matter, clerk: Client) -> None:
    row = matter.ask()
    for path in (f"{HOME}pick-list.pdf", f"{HOME}requests/{row.number}/label.pdf"):
        answer = clerk.get(path)
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")


class TestReturns:
    def owed(self, matter: Matter, days: int = 12, **about: Any) -> Return:
        since = matter.at("12:30") - timedelta(days=days)
        assert matter.site is not None
        said = {"hospital": matter.site.hospital, "part": matter.board, "depot": matter.chengdu, **about}
        return returns.open_one(faulty_serial=f"F{days}", owed_since=since, by=matter.lead, now=since, **said)

    def step(self, client: Client, row: Return, slug: str, **said: Any) -> Any:
        return client.post(f"{HOME}returns/{row.number}/{slug}/", said)

    def test_the_oldest_stands_first_with_the_days_it_is_owed(self, matter: Matter, clerk: Client) -> None:
        young, old = self.owed(matter, 2), self.owed(matter, 31)
        page = shown(clerk, f"{HOME}returns/")
        assert page.index(old.number) < page.index(young.number)
        assert [(pair.days, pair.tag.tone) for pair in clerk.get(f"{HOME}returns/").context["page"].pairs] == [
            (31, "bad"),
            (2, "off"),
        ]

    def test_a_clerk_takes_it_back_sends_it_on_and_gets_the_good_one(self, matter: Matter, clerk: Client) -> None:
        row = self.owed(matter)
        assert self.step(clerk, row, "receive", serial="WRONG").status_code == 422
        assert self.step(clerk, row, "receive", serial="F12").status_code == 302
        assert self.step(clerk, row, "send", maker_case="RMA-1", waybill="SF9").status_code == 302
        assert "RMA-1" in shown(clerk, f"{HOME}returns/")
        assert self.step(clerk, row, "replacement", serial="N1").status_code == 302
        row.refresh_from_db()
        assert (row.state, row.resolution, state_of("N1")) == ("closed", "replaced", "in_stock")

    def test_both_legs_of_an_advance_replacement_stand_side_by_side(self, matter: Matter, clerk: Client) -> None:
        row = self.owed(matter)
        self.step(clerk, row, "maker-shipped", maker_case="RMA-2")
        self.step(clerk, row, "replacement", serial="N2")
        page = shown(clerk, f"{HOME}returns/")
        assert "the maker ships first" in page
        assert "N2" in page
        assert "F12" in page

    def test_only_the_depots_own_clerks_and_leads_work_on_it(self, matter: Matter) -> None:
        row = self.owed(matter)
        assert self.step(browser(DepotClerkFactory()), row, "receive", serial="F12").status_code == 403
        assert self.step(browser(EngineerFactory()), row, "receive", serial="F12").status_code == 403
        assert self.step(browser(matter.lead), row, "receive", serial="F12").status_code == 302

    def test_the_list_costs_as_many_queries_whatever_it_shows(self, matter: Matter, clerk: Client) -> None:
        self.owed(matter, 1)
        shown(clerk, f"{HOME}returns/")
        costs = []
        for days in (2, 3):
            with CaptureQueriesContext(connection) as asked:
                shown(clerk, f"{HOME}returns/")
            costs.append(len(asked))
            self.owed(matter, days)
        assert costs[0] == costs[1] <= 7
