"""The list of the hospital's faults."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.tickets.hospital_case import Case
from tests.tickets.portal.pages import signed_in, text_of
from tickets import workflow
from tickets.states import Status

pytestmark = pytest.mark.django_db


def test_staff_start_with_their_own_faults_and_the_technician_with_everybodys(case: Case, nurse: Client) -> None:
    own, other = case.file(5), case.file(3, by=case.technician)
    url = reverse("portal:requests")
    assert [row.ticket for row in nurse.get(url).context["listing"].rows] == [own]
    assert [row.ticket for row in nurse.get(url, {"whose": "all"}).context["listing"].rows] == [other, own]
    assert [row.ticket for row in signed_in(case.technician).get(url).context["listing"].rows] == [other, own]


def test_the_filters_count_what_they_hold(case: Case, nurse: Client) -> None:
    case.file(5)
    case.solved()
    workflow.confirm(case.solved(300), by=case.nurse, now=case.at(200))
    listing = nurse.get(reverse("portal:requests"), {"show": "asking"}).context["listing"]
    assert [(one.text, one.count) for one in listing.filters] == [
        ("Open", 2),
        ("Waiting for me", 1),
        ("Closed", 1),
        ("All", 3),
    ]
    assert [row.ticket.status for row in listing.rows] == [Status.SOLVED]


def test_a_search_finds_numbers_and_words_of_the_own_hospital_only(case: Case, nurse: Client, stranger: Client) -> None:
    ticket = case.file(5, title="摄像头不转动")
    case.file(4, title="没有声音")
    url = reverse("portal:requests")
    for words in (ticket.number, "摄像头", case.terminal.serial):
        assert ticket in [row.ticket for row in nurse.get(url, {"q": words}).context["listing"].rows]
        assert not stranger.get(url, {"q": words, "whose": "all"}).context["listing"].rows
    assert len(nurse.get(url, {"q": "摄像头"}).context["listing"].rows) == 1
    assert "Nothing found for “轮椅”" in text_of(nurse.get(url, {"q": "轮椅"}).content)


def test_the_list_turns_pages_without_losing_or_repeating_a_fault(
    case: Case, nurse: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    filed = [case.file(minutes, title=f"fault {minutes}") for minutes in range(45, 0, -1)]
    url, found = reverse("portal:requests"), []
    while url:
        with django_assert_max_num_queries(10):
            listing = nurse.get(url).context["listing"]
        found += [row.ticket for row in listing.rows]
        url = listing.older_url
    assert found == filed[::-1]


@pytest.mark.parametrize(
    "query", [{"show": "nonsense"}, {"whose": "nonsense"}, {"after": "nonsense"}, {"q": "\x00"}, {"q": "'\"<(&!"}]
)
def test_made_up_queries_of_the_list_are_answered(query: dict[str, str], case: Case, nurse: Client) -> None:
    case.file(5)
    assert nurse.get(reverse("portal:requests"), query).status_code == 200
