"""One fault: its promises, its story, and what the hospital adds to it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from sla.models import PauseReason
from tests.factories import (
    ManagerFactory,
)
from tests.tickets.hospital_case import Case
from tests.tickets.portal.pages import page_of, photo, text_of
from tickets import workflow
from tickets.models import TicketEvent
from tickets.states import Status

pytestmark = pytest.mark.django_db


def test_each_promise_shows_its_sum_without_names_of_staff(case: Case, nurse: Client) -> None:
    ticket = case.under_way()
    page = nurse.get(page_of(ticket), {"why": "onsite"}).context["page"]
    promise = next(promise for promise in page.promises if promise.code == "onsite")
    figures = [line.figure for line in promise.lines]
    assert figures[1:3] == ["+ 95 min", "+ 60 min"]
    assert promise.lines[-1].result
    everything = " ".join(f"{line.text} {line.detail}" for p in page.promises for line in p.lines)
    assert case.operator.name not in everything
    assert case.engineer.name not in everything


def test_the_sum_that_was_asked_for_is_open(case: Case, nurse: Client) -> None:
    html = nurse.get(page_of(case.under_way()), {"why": "onsite"}).content.decode()
    opened = re.findall(r'id="why-(\w+)".*?<details( open)?>', html, re.DOTALL)
    assert [code for code, is_open in opened if is_open] == ["onsite"]


def test_the_way_of_the_engineer_is_told_with_the_promise(case: Case, nurse: Client) -> None:
    ticket = case.under_way(minutes_ago=19)
    with time_machine.travel(case.now, tick=False):
        page = nurse.get(page_of(ticket)).context["page"]
    arrival, expected = page.arrival, timezone.localtime(page.arrival.expected_at)
    assert page.story[0].body == f"李航 has set out, expected at {expected:%H:%M}."
    assert arrival.share == 20.0
    assert arrival.to_go == 76 * 60
    assert arrival.promised_at == ticket.timeline.deadlines.get(code="onsite").due_at
    assert arrival.margin > 0


def test_the_story_is_told_newest_first_and_internal_notes_never(case: Case, nurse: Client) -> None:
    ticket = case.file(30, description="Black")
    workflow.note(ticket, by=case.operator, text="Difficult", files=[photo("secret.jpg")], now=case.at(20))
    workflow.answer(ticket, by=case.operator, text="Please try HDMI 1", now=case.at(10))
    answer = nurse.get(page_of(ticket))
    story = answer.context["page"].story
    assert [entry.at for entry in story] == sorted((entry.at for entry in story), reverse=True)
    assert {"Please try HDMI 1", "Black"} <= {entry.body for entry in story}
    told = answer.content.decode()
    assert all(secret not in told for secret in ("Difficult", "secret.jpg", str(TicketEvent.EventKind.NOTE.label)))


def test_every_public_event_has_a_sentence_of_its_own(case: Case, nurse: Client) -> None:
    ticket = case.under_way()
    workflow.arrive(ticket, by=case.engineer, now=case.at(10))
    workflow.resolve(ticket, by=case.engineer, cause="cable", action="replaced", now=case.at(5))
    workflow.reopen(ticket, by=case.nurse, now=case.at(3))
    workflow.cancel(ticket, by=ManagerFactory(), reason="twice", now=case.at(1))
    labels = {str(label) for label in TicketEvent.EventKind.labels}
    told = [entry.body for entry in nurse.get(page_of(ticket)).context["page"].story]
    assert not labels & set(told)


def test_what_people_write_is_shown_as_text(case: Case, nurse: Client) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(1)">'
    ticket = case.file(5, title=evil, description=evil, place=evil[:100])
    for url in ("/", page_of(ticket), reverse("portal:requests"), reverse("portal:hints")):
        page = nurse.get(url).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_refresh_of_a_ticket_without_news_leaves_what_is_typed(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    seen = nurse.get(page_of(ticket)).context["page"].fingerprint
    url = reverse("portal:progress", args=[ticket.number])
    assert nurse.get(url, {"seen": seen})["HX-Reswap"] == "none"
    workflow.words(ticket, by=case.technician, text="Me too", now=case.now)
    news = nurse.get(url, {"seen": seen})
    assert "HX-Reswap" not in news
    assert "Me too" in news.content.decode()


def test_the_hospital_adds_words_and_photos(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    url = reverse("portal:words", args=[ticket.number])
    answer = nurse.post(url, {"text": "The lamp is red", "photos": [photo()]})
    assert answer.status_code == 302
    nurse.post(url, {"photos": [photo()]})
    words = TicketEvent.objects.filter(ticket=ticket, kind="words").order_by("pk")
    assert [event.body for event in words] == ["The lamp is red", "See the photo."]
    assert ticket.files.count() == 2


def test_empty_words_are_asked_for_again(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    answer = nurse.post(reverse("portal:words", args=[ticket.number]), {"text": " "})
    assert answer.status_code == 400
    assert "Write something or add a photo." in text_of(answer.content)


def test_words_survive_a_refused_photo(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    bad = SimpleUploadedFile("x.svg", b"<svg/>", "image/svg+xml")
    answer = nurse.post(reverse("portal:words", args=[ticket.number]), {"text": "A long story", "photos": [bad]})
    assert answer.status_code == 400
    assert "A long story" in answer.content.decode()
    assert not TicketEvent.objects.filter(kind="words").exists()


def test_confirming_twice_closes_once(case: Case, nurse: Client) -> None:
    ticket = case.solved()
    url = reverse("portal:confirm", args=[ticket.number])
    nurse.post(url)
    again = nurse.post(url, follow=True)
    ticket.refresh_from_db()
    assert ticket.status == Status.CLOSED
    assert TicketEvent.objects.filter(ticket=ticket, kind="closed").count() == 1
    assert "not possible now" not in text_of(again.content)


def test_confirming_what_is_not_solved_is_refused_in_words(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    answer = nurse.post(reverse("portal:confirm", args=[ticket.number]), follow=True)
    assert "That is not possible now" in text_of(answer.content)


def test_not_solved_needs_no_reason_and_starts_the_promises_anew(case: Case, nurse: Client) -> None:
    ticket = case.solved()
    url = reverse("portal:reopen", args=[ticket.number])
    answer = nurse.post(url, {"reason": ""}, follow=True)
    nurse.post(url, {"reason": ""})
    ticket.refresh_from_db()
    assert (ticket.status, ticket.cycle) == (Status.NEW, 2)
    due = timezone.localtime(ticket.timeline.deadlines.get(code="response", cycle=2).due_at)
    assert f"It is open again. A technician answers you by {due:%H:%M}." in text_of(answer.content)
    assert [promise.code for promise in answer.context["page"].earlier] == ["response", "remote"]


def test_a_fault_closed_long_ago_cannot_be_opened_again(case: Case, nurse: Client) -> None:
    ticket = case.solved(60 * 24 * 40)
    workflow.confirm(ticket, by=case.nurse, now=case.at(60 * 24 * 39))
    page = nurse.get(page_of(ticket)).context["page"]
    assert not any(page.can.values())
    answer = nurse.post(reverse("portal:reopen", args=[ticket.number]), follow=True)
    assert "please report it anew" in text_of(answer.content)


def test_the_ticket_page_costs_the_same_queries_however_long_its_story(
    case: Case, nurse: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = case.under_way()
    nurse.get("/")
    with django_assert_max_num_queries(15) as short:
        nurse.get(page_of(ticket))
    for number in range(5):
        workflow.words(ticket, by=case.nurse, text=str(number), files=[photo()], now=case.now)
    with django_assert_max_num_queries(15) as long:
        nurse.get(page_of(ticket))
    assert len(short) == len(long)


def test_a_waiting_fault_says_until_when(case: Case, nurse: Client) -> None:
    ticket = case.file(60)
    workflow.answer(ticket, by=case.operator, text="Tomorrow then", now=case.at(30))
    until = case.now + timedelta(days=1)
    reason = PauseReason.objects.get(code="asked_later")
    workflow.wait(ticket, by=case.operator, reason=reason, note="theatre in use", until=until, now=case.at(20))
    page = nurse.get(page_of(ticket)).context["page"]
    assert "It rests as agreed until" in page.story[0].body
    assert "theatre in use" in page.story[0].body
