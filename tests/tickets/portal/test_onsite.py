"""Parts, the engineer's arrival and the report of the visit as the hospital meets them (A6, A8)."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from spares import requests
from spares.models import Lane, PartRequest
from spares.requests import Wanted
from tests.factories import DepotClerkFactory
from tests.spares.stock_case import depot, part, stocked
from tests.tickets.hospital_case import Case
from tests.tickets.portal.pages import page_of, signed_in, text_of
from tickets import workflow
from tickets.models import Ticket
from tickets.states import Status
from tickets.workflow import parts, visiting
from visits.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def technician(case: Case) -> Client:
    return signed_in(case.technician)


def asked(case: Case) -> tuple[Ticket, PartRequest]:
    """An engineer is there since an hour and has asked for a board, which lies in Chengdu."""
    clerk = DepotClerkFactory()
    made = depot("chengdu", "成都备件库", [clerk], cut_off=time(16))
    Lane.objects.create(depot=made, carrier="顺丰", days=1, arrives_by=time(18))
    board = part("MCU-MB", serials=True, name="MCU 主板")
    stocked(made, board, ["A1"])
    ticket = workflow.arrive(case.under_way(120), by=case.engineer, now=case.at(60))
    request = parts.ask_part(ticket, [Wanted(board, 1)], by=case.engineer, now=case.at(50))
    requests.scan(request, "A1", by=clerk, now=case.at(45))
    requests.pack(request, by=clerk, now=case.at(44))
    return ticket, requests.ship(request, carrier="顺丰", waybill="SF1384", by=clerk, now=case.at(40))


def labels(page: Any) -> list[tuple[str, str]]:
    return [(str(step.label), step.state) for step in page.card.steps]


def test_a_part_gets_steps_of_its_own_and_a_card_with_carrier_and_promise(case: Case, nurse: Client) -> None:
    ticket, request = asked(case)
    response = nurse.get(page_of(ticket))
    assert labels(response.context["page"])[4:7] == [
        ("On site", "done"), ("Part sent", "done"), ("Part at your site", "now"),
    ]  # fmt: skip
    words = text_of(response.content)
    for said in ("MCU 主板 × 1", "顺丰 SF1384", request.number, "Promised by 11-20 18:00", "On the way to you"):
        assert said in words, said
    assert "A spare part is on its way; we promise it by" in words


def test_who_is_told_of_the_part_is_the_hospital_alone(case: Case, stranger: Client) -> None:
    ticket, _request = asked(case)
    assert stranger.get(page_of(ticket)).status_code == 404


def test_a_fault_without_a_part_has_seven_steps(case: Case, nurse: Client) -> None:
    assert len(nurse.get(page_of(case.under_way())).context["page"].card.steps) == 7


def test_the_technician_says_that_the_engineer_is_here_once(case: Case, technician: Client) -> None:
    ticket = case.under_way()
    assert "The engineer is here" in text_of(technician.get(page_of(ticket)).content)
    address = reverse("portal:engineer-here", args=[ticket.number])
    for _press in range(2):
        assert technician.post(address).status_code == 302
    ticket.refresh_from_db()
    assert ticket.status == Status.ON_SITE
    assert ticket.timeline.facts.filter(kind="arrived").count() == 1
    visit = Visit.objects.get(ticket_link__ticket=ticket)
    assert visit.check_in == Visit.CheckIn.HOSPITAL


def test_a_nurse_and_another_hospital_cannot_say_it(case: Case, nurse: Client, stranger: Client) -> None:
    address = reverse("portal:engineer-here", args=[case.under_way().number])
    assert nurse.post(address).status_code == 403
    assert stranger.post(address).status_code == 403


def test_the_report_stands_beside_the_question_whether_it_is_solved(
    case: Case, technician: Client, settings: Any, tmp_path: Path, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    settings.MEDIA_ROOT = tmp_path
    ticket = workflow.arrive(case.under_way(120), by=case.engineer, now=case.at(60))
    visit = Visit.objects.get(ticket_link__ticket=ticket)
    ticket = visiting.finish_visit(
        ticket, visit, outcome="solved", found="线松", done="插紧", by=case.engineer, now=case.at(30)
    )
    visiting.sign_visit(ticket, visit, is_solved=True, refusal="会诊中，无人签字", by=case.engineer, now=case.at(29))
    assert "Service report" not in text_of(technician.get(page_of(ticket)).content)
    workflow.make_reports(timezone.now() + timedelta(minutes=1))
    with django_assert_max_num_queries(20):
        response = technician.get(page_of(ticket))
    words = text_of(response.content)
    paper = response.context["page"].paper
    assert paper.report.content["done"] == "插紧", "the last word about the visit, not the one in the caller's hand"
    assert f"Check code {paper.report.check_code}" in words
    assert paper.report.language == "en"
    assert paper.other.language == "zh-hans"


def test_after_two_visits_the_newest_report_stands_beside_the_question(
    case: Case, technician: Client, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    ticket, ended = case.under_way(120), [("return", 70), ("solved", 20)]
    for outcome, minutes in ended:
        ticket = workflow.arrive(ticket, by=case.engineer, now=case.at(minutes + 10))
        visit = Visit.objects.filter(ticket_link__ticket=ticket).latest("pk")
        said = {"outcome": outcome, "found": "线松", "done": outcome, "by": case.engineer}
        ticket = visiting.finish_visit(ticket, visit, now=case.at(minutes), **said)
        signed = {"is_solved": outcome == "solved", "refusal": "会诊中", "by": case.engineer}
        visiting.sign_visit(ticket, visit, now=case.at(minutes - 1), **signed)
        visiting.leave_site(ticket, visit, by=case.engineer, now=case.at(minutes - 2))
    workflow.make_reports(timezone.now() + timedelta(minutes=1))
    paper = technician.get(page_of(ticket)).context["page"].paper
    assert paper.report.content["done"] == "solved"
