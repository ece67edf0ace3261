"""The queue: its tabs, search, filters and pages."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from sla.sweep import sweep
from tests.factories import EngineerFactory
from tests.tickets import desk_case
from tests.tickets.console.pages import at, numbers, page, queries, signed_in
from tests.tickets.desk_case import Desk
from tickets import workflow
from tickets.models import SavedFilter, Ticket
from tickets.queue import PAGE_SIZE, Tab

pytestmark = pytest.mark.django_db


class TestQueue:
    def test_it_takes_the_same_few_queries_with_one_row_and_with_thirty(self, desk: Desk, client: Client) -> None:
        sweep()
        for person in (desk.lead, desk.case.engineer):
            signed_in(client, person)
            few = queries(client, "/desk/")
            for _ in range(15):
                desk.case.file(30)
            assert queries(client, "/desk/") == few
            assert few <= 9, few

    def test_people_of_a_hospital_have_no_console(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.case.nurse)
        for path in ("/desk/", "/desk/new/", at(desk.story), at(desk.story, "reopen"), at(desk.story, "say")):
            assert client.get(path).status_code == 403, path

    def test_who_is_not_signed_in_is_asked_to(self, desk: Desk, client: Client) -> None:
        assert client.get("/desk/").status_code == 302

    def test_the_promise_that_falls_due_first_stands_on_top_and_tickets_without_one_last(
        self, desk: Desk, lead: Client
    ) -> None:
        solved = desk.case.solved()
        early, late = desk.case.file(50), desk.case.file(1)
        found = numbers(page(lead, "/desk/", tab="all", sort="due"))
        assert found.index(early.number) < found.index(late.number) < found.index(solved.number)
        assert numbers(page(lead, "/desk/", tab="all", sort="new"))[0] == late.number

    def test_pages_hold_every_ticket_once_though_rows_come_and_go_between(self, desk: Desk, lead: Client) -> None:
        filed = [desk.case.file(55 - n / 2).number for n in range(PAGE_SIZE + 12)]
        first = page(lead, "/desk/")
        gone = Ticket.objects.get(number=numbers(first)[3])
        workflow.cancel(gone, by=desk.lead, reason="重复", now=timezone.now())
        desk.case.file(58)
        following = re.search(r'rel="next" href="([^"]+)"', first)
        assert following is not None
        second = page(lead, following[1].replace("&amp;", "&"))
        together = numbers(first) + numbers(second)
        assert len(together) == len(set(together))
        assert set(filed) <= set(together)
        back = re.search(r'rel="prev" href="([^"]+)"', second)
        assert back is not None
        returned = numbers(page(lead, back[1].replace("&amp;", "&")))
        assert returned[-1] == numbers(first)[-1]
        assert not set(returned) & set(numbers(second))

    def test_a_made_up_cursor_gives_the_first_page(self, desk: Desk, lead: Client) -> None:
        for cursor in ("x", "2026-13-01~1", "~", "2026-03-11T09:00:00~1", "~99999999999999999999", "'~1"):
            assert numbers(page(lead, "/desk/", after=cursor)) == [desk.story.number]

    def test_each_tab_shows_what_its_count_says(self, desk: Desk, lead: Client) -> None:
        desk_case.fill(desk)
        for tab in Tab:
            text = page(lead, "/desk/", tab=tab)
            current = re.search(r'aria-current="page">[^<]+<span class="desk-tab-count">(\d+)', text)
            assert tab == Tab.ALL or (current and int(current[1]) == len(numbers(text))), tab

    def test_tabs_sort_tickets_by_what_they_wait_for(self, desk: Desk, client: Client) -> None:
        desk_case.fill(desk)
        signed_in(client, desk.colleague)

        def titles(tab: str) -> set[str]:
            found = numbers(page(client, "/desk/", tab=tab))
            return set(Ticket.objects.filter(number__in=found).values_list("title", flat=True))

        assert titles("over") == {"MCU 主节点不通，12 个会场全部掉线"}
        assert titles("mine") == {"会诊终端 TE-3 无画面", "双流画面模糊"}
        assert titles("waiting") == {"摄像头无法转动"}
        assert titles("solved") == {"会议录制失败"}
        assert "会诊中声音断断续续" in titles("soon")
        assert "双流画面模糊" not in titles("unassigned")

    def test_search_finds_number_hospital_serial_and_words_also_of_closed_tickets(
        self, desk: Desk, lead: Client
    ) -> None:
        closed = workflow.confirm(desk.case.solved(title="会议录制失败"), by=desk.case.nurse, now=timezone.now())
        for words in (closed.number, closed.number[-6:], "录制", "涪滨 录制"):
            assert closed.number in numbers(page(lead, "/desk/", q=words)) or words == closed.number[-6:], words
        assert desk.story.number in numbers(page(lead, "/desk/", q=desk.case.terminal.serial))
        assert numbers(page(lead, "/desk/", q="旌湖")) == []

    def test_filters_narrow_the_queue_and_its_counts(self, desk: Desk, lead: Client) -> None:
        desk_case.fill(desk)
        hospital = desk.others[0].hospital
        assert hospital is not None
        text = page(lead, "/desk/", hospital=hospital.pk)
        assert len(numbers(text)) == 2 == int(re.findall(r'desk-tab-count">(\d+)', text)[0])
        assert len(numbers(page(lead, "/desk/", priority=1, hospital=hospital.pk))) == 1
        assert "no ticket matches" in page(lead, "/desk/", priority=2, hospital=hospital.pk).lower()
        text = page(lead, "/desk/", hospital="0 OR 1=1", priority="9", region="x", fault_class="-1")
        assert len(numbers(text)) == 7

    def test_an_engineer_sees_the_own_region_and_what_is_theirs(self, desk: Desk, client: Client) -> None:
        stranger = EngineerFactory()
        signed_in(client, stranger)
        assert numbers(page(client, "/desk/")) == []
        assert client.get(at(desk.story)).status_code == 404
        workflow.assign(desk.story, to=stranger, by=desk.lead, now=timezone.now())
        assert numbers(page(client, "/desk/")) == [desk.story.number]
        assert client.get(at(desk.story)).status_code == 200

    def test_a_filter_is_kept_under_a_name_and_shared_but_removed_only_by_its_owner(
        self, desk: Desk, lead: Client
    ) -> None:
        kept = {"query": "priority=1&evil=1&q=MCU&after=x", "name": "一级 MCU", "is_shared": "on"}
        assert lead.post("/desk/filters/", kept)["Location"] == "/desk/?q=MCU&priority=1"
        lead.post("/desk/filters/", {**kept, "query": "priority=2"})
        row = SavedFilter.objects.get()
        assert row.query == "priority=2"
        colleague = signed_in(Client(), desk.colleague)
        assert 'href="/desk/?priority=2"' in page(colleague, "/desk/")
        assert colleague.post(f"/desk/filters/{row.pk}/remove/").status_code == 404
        assert lead.post(f"/desk/filters/{row.pk}/remove/").status_code == 302
        assert not SavedFilter.objects.exists()

    def test_a_private_filter_is_shown_to_nobody_else(self, desk: Desk, lead: Client) -> None:
        lead.post("/desk/filters/", {"query": "priority=1", "name": "mine alone"})
        assert "mine alone" in page(lead, "/desk/")
        assert "mine alone" not in page(signed_in(Client(), desk.colleague), "/desk/")
