"""The home page: where the faults of the hospital stand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from people.models import User
from tests.tickets.hospital_case import Case
from tests.tickets.portal.pages import file_url, page_of, signed_in
from tickets import portal_cards, workflow

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("hour", "words"),
    [(2, "Good evening"), (8, "Good morning"), (11, "Good morning"), (12, "Good afternoon"), (19, "Good evening")],
)
def test_the_greeting_follows_the_hour_of_the_hospital(hour: int, words: str, case: Case) -> None:
    now = datetime(2026, 11, 18, hour, 30, tzinfo=timezone.get_default_timezone())
    assert portal_cards.greeting(case.nurse, now) == f"{words}, 周护士长"


@pytest.mark.parametrize(
    ("name", "title", "spoken"),
    [
        ("周敏", "护士长", "周护士长"),
        ("欧阳静", "主任", "欧阳主任"),
        ("王磊", "信息科网络工程师", "王磊"),
        ("Mary Smith", "nurse", "Mary Smith"),
        ("周敏", "", "周敏"),
    ],
)
def test_a_person_is_addressed_by_surname_and_post(name: str, title: str, spoken: str) -> None:
    assert portal_cards.address(User(name=name, title=title)) == spoken


def test_faults_that_wait_for_the_person_come_first_then_own_then_the_others(case: Case, nurse: Client) -> None:
    asks = case.solved(title="asks")
    own = case.file(5, title="own")
    other = case.file(3, by=case.technician, title="other")
    board = nurse.get("/").context["board"]
    assert [card.title for card in board.cards] == [asks.title, own.title, other.title]
    assert (board.open, board.asking) == (3, 1)


def test_only_the_reporter_and_the_technician_are_asked_to_confirm(case: Case, nurse: Client) -> None:
    case.solved(by=case.technician)
    board = nurse.get("/").context["board"]
    (card,) = board.cards
    assert board.asking == 0
    assert not card.next.asks
    assert not card.next.actions
    colleague = signed_in(case.technician)
    (card,) = colleague.get("/").context["board"].cards
    assert card.next.asks
    assert [action.text for action in card.next.actions] == ["Still a problem", "It works again"]


def test_a_card_says_what_happens_next_and_leads_to_the_sum(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    (card,) = nurse.get("/").context["board"].cards
    due = timezone.localtime(ticket.timeline.deadlines.get(code="response").due_at)
    assert f"A technician answers you by <b>{due:%H:%M}</b>." in card.next.text
    assert card.next.why_url == f"{page_of(ticket)}?why=response#why-response"
    assert len(card.steps) == 7


def test_the_home_page_costs_the_same_queries_for_three_faults_and_for_six(
    case: Case, nurse: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    case.solved()
    case.under_way()
    case.file(5)
    nurse.get("/")  # The first visit also writes the session.
    with django_assert_max_num_queries(15) as three:
        nurse.get("/")
    case.solved(by=case.technician, device=case.mcu)
    case.under_way(device=case.mcu)
    case.file(5, device=None)
    with django_assert_max_num_queries(15) as six:
        nurse.get("/")
    assert len(three) == len(six)


def test_without_faults_the_home_page_says_so_and_offers_the_form(nurse: Client) -> None:
    answer = nurse.get("/")
    assert "No fault is being worked on right now." in answer.content.decode()
    assert file_url() in answer.content.decode()


def test_solved_faults_tell_their_time_and_how_many_promises_were_kept(case: Case, nurse: Client) -> None:
    workflow.confirm(case.solved(60), by=case.nurse, now=case.at(30))
    late = case.file(200, title="late")
    workflow.answer(late, by=case.operator, text="Sorry", now=case.at(100))
    workflow.resolve(late, by=case.operator, cause="a", action="b", now=case.at(90))
    workflow.confirm(late, by=case.nurse, now=case.at(10))
    rows = nurse.get("/").context["recent"].rows
    assert [(row.took, str(row.verdict.text)) for row in rows] == [
        ("1 h 50 min", "1 of 3 promises late"),
        ("40 min", "3 promises, all kept"),
    ]


def test_the_companys_people_are_sent_to_their_queue(case: Case) -> None:
    answer = signed_in(case.operator).get("/")
    assert answer.status_code == 302
    assert answer["Location"] == reverse("console:queue")


def test_a_refresh_without_news_leaves_the_screen_alone(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    seen = nurse.get("/").context["board"].fingerprint
    assert nurse.get("/cards/", {"seen": seen})["HX-Reswap"] == "none"
    workflow.answer(ticket, by=case.operator, text="Looking", now=case.now)
    news = nurse.get("/cards/", {"seen": seen})
    assert "HX-Reswap" not in news
    assert "portal-summary" in news.content.decode()


def test_a_promise_that_runs_out_is_news(case: Case, nurse: Client) -> None:
    case.file(5)
    seen = nurse.get("/").context["board"].fingerprint
    with time_machine.travel(case.now + timedelta(hours=2), tick=False):
        assert "HX-Reswap" not in nurse.get("/cards/", {"seen": seen})
