"""Narrowing the queue to a hospital by what one knows of its name, and what tabs then count."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from people.models import Hospital
from tests.factories import EngineerFactory, HospitalFactory
from tests.tickets import desk_case
from tests.tickets.console.pages import numbers, page, queries, signed_in
from tests.tickets.desk_case import Desk
from tickets.board import counted
from tickets.filters import MOST_NAMES
from tickets.models import SavedFilter, Ticket
from tickets.queue import MOST_COUNTED, PAGE_SIZE, Tab

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital(desk: Desk) -> Hospital:
    """One with two open tickets."""
    desk_case.fill(desk)
    found = desk.others[0].hospital
    assert found is not None
    return found


def names(client: Client, typed: str) -> list[str]:
    """What is offered for what has been typed."""
    return re.findall(r'<option value="([^"]+)"', page(client, "/desk/hospitals/names/", hospital_name=typed))


def tabs(text: str) -> dict[str, int]:
    """Counts of the tabs, by their words."""
    return {
        word.strip(): int(count) for word, count in re.findall(r'>([^<>]+) <span class="desk-tab-count">(\d+)', text)
    }


class TestHospital:
    def test_its_name_or_a_part_of_it_narrows_the_queue_like_its_key(self, hospital: Hospital, lead: Client) -> None:
        by_key = numbers(page(lead, "/desk/", hospital=hospital.pk))
        assert len(by_key) == 2
        for typed in (hospital.name, hospital.name[:3], hospital.short_name, f" {hospital.name} "):
            assert numbers(page(lead, "/desk/", hospital_name=typed)) == by_key, typed

    def test_a_part_of_several_names_narrows_to_all_of_them(self, desk: Desk, hospital: Hospital, lead: Client) -> None:
        found = numbers(page(lead, "/desk/", hospital_name="医院", tab="all", sort="new"))
        assert len(found) == Ticket.objects.filter(hospital__name__contains="医院").count() > 2

    def test_a_whole_name_is_meant_though_another_name_begins_with_it(self, hospital: Hospital, lead: Client) -> None:
        other = HospitalFactory(name=f"{hospital.name}分院", short_name="", region=hospital.region)
        assert names(lead, hospital.name) == [hospital.name, other.name]
        assert len(numbers(page(lead, "/desk/", hospital_name=hospital.name))) == 2
        assert numbers(page(lead, "/desk/", hospital_name=other.name)) == []

    def test_a_name_that_no_hospital_bears_finds_nothing_and_a_key_that_is_none_filters_nothing(
        self, hospital: Hospital, lead: Client
    ) -> None:
        text = page(lead, "/desk/", hospital_name="no such place")
        assert numbers(text) == []
        assert "no ticket matches" in text.lower()
        assert 'value="no such place"' in text
        for key in ("0 OR 1=1", "x", "9" * 30, "-1"):
            assert len(numbers(page(lead, "/desk/", hospital=key))) == 7, key

    def test_the_field_says_its_name_and_links_keep_its_key(self, hospital: Hospital, lead: Client) -> None:
        for query in ({"hospital": hospital.pk}, {"hospital_name": hospital.name}):
            text = page(lead, "/desk/", priority="1", **query)
            field = re.search(r'<input id="id_hospital_name"[^>]*>', text)
            assert field is not None
            assert f'value="{hospital.name}"' in field[0]
            assert f'href="/desk/?hospital={hospital.pk}&amp;priority=1&amp;tab=over"' in text
            assert f'name="query" value="hospital={hospital.pk}&amp;priority=1"' in text

    def test_a_long_search_can_be_kept(self, hospital: Hospital, lead: Client) -> None:
        query = f"q={'%E5%8C%BB' * 100}"
        assert lead.post("/desk/filters/", {"query": query, "name": "long"}).status_code == 302
        assert SavedFilter.objects.get().query == query
        lead.post("/desk/filters/", {"query": query * 3, "name": "too long"})
        assert SavedFilter.objects.count() == 1

    def test_the_page_does_not_grow_with_the_hospitals(self, hospital: Hospital, lead: Client) -> None:
        before, few = len(page(lead, "/desk/")), queries(lead, "/desk/")
        HospitalFactory.create_batch(50, region=hospital.region)
        assert abs(len(page(lead, "/desk/")) - before) < 500
        assert queries(lead, "/desk/") == few
        assert queries(lead, f"/desk/?hospital={hospital.pk}") == few + 1 <= 10


class TestNames:
    def test_a_dozen_at_most_are_offered_and_none_before_something_is_typed(self, desk: Desk, lead: Client) -> None:
        HospitalFactory.create_batch(MOST_NAMES + 3, region=desk.case.hospital.region)
        shared = Hospital.objects.latest("pk").name[:2]
        assert len(names(lead, shared)) == MOST_NAMES
        assert names(lead, "") == names(lead, "  ") == []

    def test_what_is_typed_is_no_pattern_and_no_markup(self, desk: Desk, lead: Client) -> None:
        HospitalFactory(name='<b>"A & B"</b>', region=desk.case.hospital.region)
        assert names(lead, "%") == names(lead, "_") == []
        assert [unescape(name) for name in names(lead, '"a &')] == ['<b>"A & B"</b>']

    def test_an_engineer_is_offered_and_narrows_to_those_of_the_own_region_alone(
        self, desk: Desk, client: Client
    ) -> None:
        name = desk.case.hospital.name
        signed_in(client, desk.case.engineer)
        assert names(client, name) == [name]
        signed_in(client, EngineerFactory())
        assert names(client, name) == []
        assert f'value="{name}"' not in page(client, "/desk/", hospital=desk.case.hospital.pk)

    def test_people_of_a_hospital_are_offered_none(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.case.nurse)
        assert client.get("/desk/hospitals/names/", {"hospital_name": "a"}).status_code == 403


class TestCounts:
    def test_each_tab_of_a_narrowed_queue_shows_what_its_count_says(self, hospital: Hospital, lead: Client) -> None:
        for narrowed in ({"hospital_name": "医院"}, {"priority": 1}, {"q": "终端"}):
            held = tabs(page(lead, "/desk/", **narrowed))
            assert len(held) == len(Tab) - 1
            for tab, count in zip((tab for tab in Tab if tab != Tab.ALL), held.values(), strict=True):
                text = page(lead, "/desk/", tab=tab, **narrowed)
                assert len(numbers(text)) == count, (narrowed, tab)
                assert tabs(text) == held, (narrowed, tab)

    def test_all_tickets_are_counted_like_the_same_tickets_narrowed(self, hospital: Hospital, lead: Client) -> None:
        assert tabs(page(lead, "/desk/")) == tabs(page(lead, "/desk/", region=hospital.region_id))

    def test_a_search_that_finds_more_than_a_page_is_not_counted(self, desk: Desk, lead: Client) -> None:
        for _ in range(PAGE_SIZE + 1):
            desk.case.file(30, title="显示器闪烁")
        for tab in (Tab.ALL, Tab.OPEN):
            text = page(lead, "/desk/", q="显示器", tab=tab)
            assert len(numbers(text)) == PAGE_SIZE
            assert "desk-tab-count" not in text

    def test_counting_ends_with_999_and_more(self) -> None:
        assert [counted(n) for n in (None, 0, MOST_COUNTED - 1, MOST_COUNTED, MOST_COUNTED + 5)] == [
            *(None, 0, 999, "999+", "999+"),
        ]
