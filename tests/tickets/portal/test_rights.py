"""What a nurse never gets to see."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.tickets.hospital_case import Case
from tests.tickets.portal.pages import file_url, page_of, signed_in
from tickets.models import TicketEvent
from tickets.states import Status

pytestmark = pytest.mark.django_db


POSTED = ("words", "confirm", "reopen")
SECRETS = re.compile(r"\b\w{64}\b|T\d\d:\d\d:[\d.]+")
"""Form tokens and the server's time: what differs between any two answers."""


@pytest.mark.parametrize("name", ["ticket", "progress", *POSTED])
def test_another_hospitals_ticket_is_not_there(name: str, case: Case, stranger: Client) -> None:
    ticket = case.solved()
    send = stranger.post if name in POSTED else stranger.get
    answers = [
        send(reverse(f"portal:{name}", args=[number]), {"text": "x"}) for number in (ticket.number, "SR-2020-999999")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    here, nowhere = (SECRETS.sub("", answer.content.decode()) for answer in answers)
    assert here.replace(ticket.number, "SR-2020-999999") == nowhere
    ticket.refresh_from_db()
    assert ticket.status == Status.SOLVED
    assert not TicketEvent.objects.filter(ticket=ticket, kind="words").exists()


def test_the_companys_people_have_no_portal(case: Case) -> None:
    operator, ticket = signed_in(case.operator), case.file(5)
    for url in (page_of(ticket), reverse("portal:requests"), file_url(), reverse("portal:cards")):
        assert operator.get(url).status_code == 403


def test_who_is_not_signed_in_is_asked_to_and_comes_back(case: Case, client: Client) -> None:
    answer = client.get(file_url(device=case.terminal.serial))
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"?next=/report/%3Fdevice%3D{case.terminal.serial}")
