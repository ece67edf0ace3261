"""A quote from its draft to the hospital's answer (B2): frozen when sent, answered once, no clock touched by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from pypdf import PdfReader

from attachments import storage
from audit.models import Entry
from sla.models import Commitment, Policy
from tests.attachments import files
from tests.factories import TicketFactory
from tests.tickets.conftest import Scene
from tests.tickets.quote_case import ITEMS, VALID, accepted, billable, drafted, sent, technician
from tickets import workflow
from tickets.models import Quote, Ticket
from tickets.quote_sums import Line
from tickets.states import Refused, Status, WrongState


@pytest.fixture(autouse=True)
def english(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Sentences are asked for in the language that they are written in; papers stay in the test's own folder."""
    settings.MEDIA_ROOT = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def ticket(scene: Scene) -> Ticket:
    return billable(scene)


def states(ticket: Ticket) -> list[tuple[str, str]]:
    return [(row.name[-4:], row.state) for row in ticket.quotes.order_by("id")]


def test_a_draft_is_the_desks_own_and_knows_its_sums(scene: Scene, ticket: Ticket) -> None:
    quote = drafted(scene, ticket)
    assert quote.number == f"QT-{ticket.number[3:]}-1"
    assert (quote.net, quote.tax, quote.total) == (Decimal("800.05"), Decimal("48.00"), Decimal("848.05"))
    assert not Quote.objects.for_user(scene.nurse).exists()
    assert not ticket.events.filter(kind="quote", is_public=True).exists()
    assert Quote.objects.for_user(scene.operator).get() == quote


def test_a_colleagues_newer_draft_is_neither_overwritten_nor_sent_unseen(scene: Scene, ticket: Ticket) -> None:
    old = drafted(scene, ticket)
    drafted(scene, ticket, "09:35", lines=ITEMS[:1])
    same = {"lines": ITEMS, "valid_until": VALID, "by": scene.lead, "now": scene.at("09:40")}
    for late in (None, old):
        with pytest.raises(Refused, match="colleague"):
            workflow.save_quote(ticket, read=late, **same)
    with pytest.raises(Refused, match="colleague"):
        workflow.send_quote(old, by=scene.lead, now=scene.at("09:40"))
    assert ticket.quotes.get().total == Decimal("318.00")


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": []},
        {"lines": [ITEMS[0]] * 31},
        {"lines": [Line("金山", "座", Decimal("9999.99"), Decimal("9999999.99"), Decimal(6))]},
        {"valid_until": date(2026, 3, 10)},
        {"valid_until": date(2028, 1, 1)},
    ],
)
def test_a_draft_without_sense_is_refused(scene: Scene, ticket: Ticket, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        drafted(scene, ticket, **wrong)
    assert not ticket.quotes.exists()


def test_what_is_sent_is_a_paper_of_its_own_that_the_hospital_is_told_of(scene: Scene, ticket: Ticket) -> None:
    quote = sent(scene, ticket)
    assert quote.document is not None
    assert scene.told("ticket.quote_sent") == [scene.nurse, technician(scene)]
    text = PdfReader(BytesIO(storage.full_path(quote.document.path).read_bytes())).pages[0].extract_text()
    for words in (quote.name, ticket.number, "848.05", "500.05", "2.5 小时", "2026-03-26", "不含配件", "工程师工时"):
        assert words in text
    assert Quote.objects.for_user(scene.nurse).get() == quote
    with pytest.raises(Refused):
        workflow.send_quote(quote, by=scene.operator, now=scene.at("09:40"))
    with pytest.raises(Refused):
        workflow.discard_draft(quote, by=scene.operator, now=scene.at("09:40"))


def test_an_acceptance_records_who_when_which_version_and_its_hash(scene: Scene, ticket: Ticket) -> None:
    quote = accepted(scene, sent(scene, ticket))
    assert quote.document is not None
    assert (quote.state, quote.answered_name, quote.answered_means) == ("accepted", "刘海燕", "portal")
    event = ticket.events.filter(kind="quote").latest("id")
    assert (event.data["how"], event.data["quote"], event.data["sha256"]) == (
        "accepted", quote.name, quote.document.sha256,
    )  # fmt: skip
    entry = Entry.objects.get(act="tickets.quote_accepted")
    assert (entry.subject, entry.detail["sha256"]) == (quote.name, quote.document.sha256)
    assert scene.operator in scene.told("ticket.quote_accepted")
    for late in (
        lambda: accepted(scene, quote),
        lambda: workflow.answer_quote(quote, accept=False, by=technician(scene), now=scene.at("11:00")),
        lambda: workflow.withdraw_quote(quote, reason="算错", by=scene.operator, now=scene.at("11:00")),
    ):
        with pytest.raises(Refused, match="刘海燕"):
            late()
    assert states(ticket) == [("1 v1", "accepted")]


def test_a_new_version_replaces_the_one_that_stood_which_can_then_not_be_accepted(scene: Scene, ticket: Ticket) -> None:
    first = sent(scene, ticket)
    draft = drafted(scene, ticket, "09:40", lines=ITEMS[:1])
    assert states(ticket) == [("1 v1", "sent"), ("1 v2", "draft")]
    second = workflow.send_quote(draft, by=scene.operator, now=scene.at("09:45"))
    with pytest.raises(Refused, match="replaced by a newer one"):
        accepted(scene, first)
    accepted(scene, second)
    assert states(ticket) == [("1 v1", "replaced"), ("1 v2", "accepted")]
    sent(scene, ticket, "10:30")
    assert states(ticket)[-1] == ("2 v1", "sent")


def test_a_version_drafted_before_the_acceptance_of_the_last_is_not_sent_on_top_of_it(
    scene: Scene, ticket: Ticket
) -> None:
    first = sent(scene, ticket)
    draft = drafted(scene, ticket, "09:40")
    accepted(scene, first)
    with pytest.raises(Refused, match="accepted version 1 meanwhile"):
        workflow.send_quote(draft, by=scene.operator, now=scene.at("10:30"))
    workflow.discard_draft(draft, by=scene.operator, now=scene.at("10:31"))
    with pytest.raises(Refused, match="discarded"):
        workflow.send_quote(draft, by=scene.operator, now=scene.at("10:32"))


def test_an_answer_by_letter_names_who_gave_it_and_keeps_the_letter(scene: Scene, ticket: Ticket) -> None:
    quote = sent(scene, ticket)
    said: dict[str, Any] = {"means": "letter", "by": scene.operator, "now": scene.at("10:00")}
    with pytest.raises(Refused):
        workflow.record_answer(quote, accept=True, name=" ", **said)
    letter = files.upload("letter.pdf", files.pdf())
    row = workflow.record_answer(quote, accept=False, name="设备科 王科长", reason="太贵", files=[letter], **said)
    assert (row.state, row.answered_by, row.answered_name, row.reason) == (
        "declined", scene.operator, "设备科 王科长", "太贵",
    )  # fmt: skip
    event = ticket.events.filter(kind="quote").latest("id")
    assert event.is_public
    assert event.files.get().attachment.name == "letter.pdf"
    assert {scene.nurse, technician(scene)} <= set(scene.told("ticket.quote_declined"))


def test_a_quote_ends_with_its_last_day_at_the_site_once_and_both_sides_hear_of_it(
    scene: Scene, ticket: Ticket
) -> None:
    quote = sent(scene, ticket)
    assert workflow.expire_quotes(scene.at("2026-03-26 23:59")) == 0
    with pytest.raises(Refused, match="valid until 2026-03-26"):
        accepted(scene, quote, scene.at("2026-03-27 00:00"))
    assert [workflow.expire_quotes(scene.at(f"2026-03-27 00:0{n}")) for n in range(2)] == [1, 0]
    assert states(ticket) == [("1 v1", "expired")]
    assert {scene.nurse, scene.operator} <= set(scene.told("ticket.quote_expired"))


def test_a_withdrawn_ticket_takes_its_quotes_along(scene: Scene, ticket: Ticket) -> None:
    sent(scene, ticket)
    drafted(scene, ticket, "09:40")
    workflow.cancel(ticket, by=scene.operator, reason="重复", now=scene.at("10:00"))
    assert states(ticket) == [("1 v1", "withdrawn")]
    with pytest.raises(WrongState):
        drafted(scene, ticket, "10:10")


def test_no_quote_on_a_report_that_nobody_has_verified(scene: Scene) -> None:
    ticket = TicketFactory(reporter=scene.nurse, is_unverified=True, now=scene.at("09:00"))
    with pytest.raises(Refused, match="verified"):
        drafted(scene, ticket)


class TestClocks:
    """ "No clock pauses for it unless the policy says so." """

    @pytest.fixture
    def ticket(self, scene: Scene) -> Ticket:
        ticket = workflow.answer(billable(scene), by=scene.operator, text="请重启", now=scene.at("09:40"))
        return workflow.remote_failed(ticket, by=scene.operator, reason="要换板", now=scene.at("10:12"))

    @pytest.fixture
    def allowing(self, ticket: Ticket) -> Commitment:
        """The policy of the hospital accepts the pause for its on-site clock only."""
        row = Commitment.objects.get(policy=Policy.objects.get(is_default=True), code="onsite")
        row.pause_reasons = [*row.pause_reasons, "quote"]
        row.save()
        return row

    def test_by_default_every_clock_runs_on(self, scene: Scene, ticket: Ticket) -> None:
        due = scene.due(ticket, "onsite")
        quote = sent(scene, ticket, "10:20")
        ticket.refresh_from_db()
        assert (ticket.status, scene.clock(ticket, "onsite").state) == (Status.DISPATCH, "running")
        accepted(scene, quote, scene.at("10:50"))
        assert scene.due(ticket, "onsite") == due == "03-11 12:47"
        assert "paused" not in scene.facts(ticket)

    @pytest.mark.usefixtures("allowing")
    def test_a_policy_that_lists_it_pauses_its_clock_until_the_answer(self, scene: Scene, ticket: Ticket) -> None:
        bound = scene.due(ticket, "onsite_bound")
        quote = sent(scene, ticket, "10:20")
        ticket.refresh_from_db()
        assert (ticket.status, ticket.wait_until) == (Status.WAITING, scene.at("2026-03-27 00:00"))
        assert scene.clock(ticket, "onsite").state == "paused"
        accepted(scene, quote, scene.at("10:50"))
        ticket.refresh_from_db()
        assert (ticket.status, ticket.wait_until) == (Status.DISPATCH, None)
        assert (scene.due(ticket, "onsite"), scene.due(ticket, "onsite_bound")) == ("03-11 13:17", bound)

    @pytest.mark.usefixtures("allowing")
    def test_a_newer_version_goes_on_waiting_and_taking_it_back_ends_the_wait(
        self, scene: Scene, ticket: Ticket
    ) -> None:
        sent(scene, ticket, "10:20")
        second = sent(scene, ticket, "10:30", valid_until=date(2026, 3, 31))
        ticket.refresh_from_db()
        assert (ticket.status, ticket.wait_until) == (Status.WAITING, scene.at("2026-04-01 00:00"))
        workflow.withdraw_quote(second, reason="算错", by=scene.operator, now=scene.at("10:40"))
        ticket.refresh_from_db()
        assert (ticket.status, ticket.resume_to) == (Status.DISPATCH, "")
        assert scene.due(ticket, "onsite") == "03-11 13:07"
