"""The hospital reads a quote in plain words, and who may order for it answers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.factories import TechnicianFactory
from tests.tickets.hospital_case import Case
from tests.tickets.portal.pages import page_of, signed_in, text_of
from tests.tickets.quote_case import ITEMS
from tickets import workflow
from tickets.models import Quote, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def quote(case: Case) -> Quote:
    """Sent five minutes ago; 848.05 in all."""
    return send(case, case.file(30))


@pytest.fixture
def technician(case: Case) -> Client:
    return signed_in(case.technician)


def draft(case: Case, ticket: Ticket) -> Quote:
    until = case.now.date() + timedelta(days=15)
    return workflow.save_quote(
        ticket, lines=ITEMS, valid_until=until, note="不含配件", read=None, by=case.operator, now=case.at(6)
    )


def send(case: Case, ticket: Ticket) -> Quote:
    return workflow.send_quote(draft(case, ticket), by=case.operator, now=case.at(5))


def answer(quote: Quote, how: str) -> str:
    return reverse(f"portal:{how}-quote", args=[quote.ticket.number, quote.pk])


def test_a_draft_is_not_there_for_the_hospital(case: Case, technician: Client) -> None:
    row = draft(case, case.file(30))
    assert row.number not in text_of(technician.get(page_of(row.ticket)).content)
    assert technician.post(answer(row, "accept"), {"agreed": "on"}).status_code == 404


def test_the_technician_reads_items_tax_total_and_accepts_once(quote: Quote, technician: Client) -> None:
    home = text_of(technician.get(reverse("portal:home")).content)
    assert "Answer the quote" in home
    text = text_of(technician.get(page_of(quote.ticket)).content)
    for words in ("工程师工时", "2.5 小时 × 200.02", "tax 6 %", "48.00", "848.05", "不含配件", "2026-12-03"):
        assert words in text
    assert quote.document is not None
    paper = technician.get(f"/files/{quote.document.key}/?download")
    assert (paper.status_code, paper["Content-Type"]) == (200, "application/pdf")
    untold = technician.post(answer(quote, "accept"))
    assert (untold.status_code, "Tick that you may order this" in untold.content.decode()) == (400, True)
    for _press in range(2):
        assert technician.post(answer(quote, "accept"), {"agreed": "on"})["Location"] == page_of(quote.ticket)
    quote.refresh_from_db()
    assert (quote.state, quote.answered_name) == ("accepted", "刘海燕")
    text = text_of(technician.get(page_of(quote.ticket)).content)
    assert "刘海燕, in the portal" in text
    assert "Accepted. The service centre has been told." in text
    assert "cannot change any more" not in text
    assert "Answer the quote" not in text_of(technician.get(reverse("portal:home")).content)


def test_the_technician_declines_with_a_reason(quote: Quote, technician: Client) -> None:
    technician.post(answer(quote, "decline"), {"reason": "今年没有预算"})
    quote.refresh_from_db()
    assert (quote.state, quote.reason) == ("declined", "今年没有预算")
    assert technician.post(answer(quote, "accept"), {"agreed": "on"}).status_code == 302
    assert "has declined this quote already" in text_of(technician.get(page_of(quote.ticket)).content)


def test_a_nurse_reads_it_and_who_answers_but_binds_nobody(quote: Quote, nurse: Client) -> None:
    text = text_of(nurse.get(page_of(quote.ticket)).content)
    assert "848.05" in text
    assert "Answered for your hospital by: 刘海燕" in text
    assert "Accept, CNY" not in text
    assert nurse.post(answer(quote, "accept"), {"agreed": "on"}).status_code == 403
    quote.refresh_from_db()
    assert quote.state == "sent"


def test_another_hospitals_quote_and_paper_are_not_there(case: Case, quote: Quote) -> None:
    stranger = signed_in(TechnicianFactory())
    assert quote.document is not None
    for how in ("accept", "decline"):
        assert stranger.post(answer(quote, how), {"agreed": "on"}).status_code == 404
    assert stranger.get(f"/files/{quote.document.key}/").status_code == 404
    own = case.file(10, title="别的")
    here = signed_in(case.technician)
    wrong_ticket = reverse("portal:accept-quote", args=[own.number, quote.pk])
    assert here.post(wrong_ticket, {"agreed": "on"}).status_code == 404


def test_a_quote_costs_the_page_one_query(
    case: Case, technician: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = case.file(30)
    technician.get(page_of(ticket))
    with django_assert_max_num_queries(20) as without:
        technician.get(page_of(ticket))
    send(case, ticket)
    with django_assert_max_num_queries(20) as quoted:
        technician.get(page_of(ticket))
    assert len(quoted) == len(without) + 1
