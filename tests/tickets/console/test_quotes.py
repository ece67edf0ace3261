"""Quotes on the ticket's page: drafted from the estimate, sent, answered by phone, and a warning where nobody pays."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.tickets.console.pages import at, page, queries, signed_in
from tests.tickets.desk_case import Desk
from tests.tickets.quote_case import ITEMS
from tickets import workflow
from tickets.models import Quote, Ticket
from warranty import defaults as rules

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def ticket(desk: Desk) -> Ticket:
    """Out of warranty, answered, not to be repaired from afar."""
    rules.load()
    device = desk.case.terminal
    type(device).objects.filter(pk=device.pk).update(accepted_on=date(2020, 5, 20))
    device.refresh_from_db()
    ticket = desk.case.file(60, device=device)
    workflow.answer(ticket, by=desk.operator, text="请重启", now=desk.case.at(50))
    return workflow.remote_failed(ticket, by=desk.operator, reason="要换板", now=desk.case.at(40))


def filled(text: str) -> dict[str, str]:
    """What a form would send as it stands."""
    fields = dict(re.findall(r'<input type="[^"]+" name="([^"]+)" value="([^"]*)"', text))
    return {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}


def test_a_draft_begins_with_the_estimate_and_goes_out_after_one_more_look(
    desk: Desk, lead: Client, ticket: Ticket
) -> None:
    before = page(lead, at(ticket))
    assert "accepted no quote: work from here on may stay unpaid" in before
    form = filled(page(lead, at(ticket, "draft-quote")))
    assert (form["line-0-price"], form["line-1-price"], form["line-1-quantity"]) == ("300.00", "200.00", "2.00")
    form |= {"line-1-quantity": "2.5", "note": "不含配件"}
    assert lead.post(at(ticket, "draft-quote"), form)["Location"] == at(ticket)
    quote = ticket.quotes.get()
    assert (str(quote.total), len(quote.lines)) == ("848.00", 2)
    asked = page(lead, at(ticket, "send-quote"), quote=quote.pk)
    assert f"{quote.name}: CNY 848.00" in asked
    lead.post(at(ticket, "send-quote"), filled(asked))
    quote.refresh_from_db()
    assert (quote.state, quote.sent_by) == ("sent", desk.lead)
    card = page(lead, at(ticket)).split('id="quotes"')[1].split("</section>")[0]
    assert "Record the answer" in card
    assert f"/files/{quote.document.key}/" in card  # type: ignore[union-attr]


def test_lines_with_mistakes_come_back_with_what_was_typed(lead: Client, ticket: Ticket) -> None:
    form = filled(page(lead, at(ticket, "draft-quote")))
    wrong = lead.post(at(ticket, "draft-quote"), {**form, "line-0-price": "-1", "line-2-description": "电源板"})
    assert wrong.status_code == 422
    assert "电源板" in wrong.content.decode()
    assert lead.post(at(ticket, "draft-quote"), {"valid_until": "2026-12-01"}).status_code == 422
    blank = {name: "" for name in form if re.fullmatch(r"line-\d-(description|price)", name)}
    assert lead.post(at(ticket, "draft-quote"), {**form, **blank}).status_code == 422
    assert not Quote.objects.exists()


def test_an_answer_by_phone_is_recorded_and_ends_the_warning(desk: Desk, lead: Client, ticket: Ticket) -> None:
    now = timezone.now()
    draft = workflow.save_quote(
        ticket, lines=ITEMS, valid_until=now.date() + timedelta(days=9), read=None, by=desk.lead, now=now
    )
    quote = workflow.send_quote(draft, by=desk.lead, now=now)
    assert "has not accepted the quote yet" in page(lead, at(ticket, "resolve"))
    said = {"quote": quote.pk, "answer": "accepted", "name": "王科长", "means": "phone"}
    assert lead.post(at(ticket, "record-answer"), {**said, "means": "portal"}).status_code == 422
    assert lead.post(at(ticket, "record-answer"), said).status_code == 302
    again = lead.post(at(ticket, "withdraw-quote"), {"quote": quote.pk, "reason": "算错"})
    assert (again.status_code, "王科长 has accepted" in again.content.decode()) == (422, True)
    text = page(lead, at(ticket))
    assert "may stay unpaid" not in text
    assert "王科长, by phone, recorded by 林晓" in text
    assert "may stay unpaid" not in page(lead, at(ticket, "resolve"))


def test_a_quote_costs_the_page_one_query_and_others_none(desk: Desk, lead: Client, ticket: Ticket) -> None:
    without = queries(lead, at(ticket))
    draft = workflow.save_quote(
        ticket,
        lines=ITEMS,
        valid_until=timezone.now().date() + timedelta(days=9),
        read=None,
        by=desk.lead,
        now=timezone.now(),
    )
    assert queries(lead, at(ticket)) == without + 1
    other = signed_in(Client(), desk.case.engineer)
    text = page(other, at(ticket))
    assert draft.name in text
    assert "send-quote" not in text
    assert other.get(at(ticket, "send-quote")).status_code == 403


def test_a_quote_of_another_ticket_is_no_choice(desk: Desk, lead: Client, ticket: Ticket) -> None:
    now = timezone.now()
    other = desk.case.file(5)
    until = now.date() + timedelta(days=9)
    draft = workflow.save_quote(other, lines=ITEMS, valid_until=until, read=None, by=desk.lead, now=now)
    form = {"quote": draft.pk, "seen": f"{draft.pk}:{draft.changed_at.isoformat()}"}
    assert lead.post(at(ticket, "send-quote"), form).status_code == 422
    assert Quote.objects.get().state == "draft"
