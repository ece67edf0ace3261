"""The page of a ticket, and what people say there."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from audit.models import Entry
from people.models import Role
from sla.models import Deadline
from sla.sweep import sweep
from spares.requests import Wanted
from tests.factories import DeviceFactory, TicketFactory, UserFactory
from tests.spares.stock_case import depot, part, stocked
from tests.tickets.console.pages import E, at, page, queries, signed_in
from tests.tickets.desk_case import Desk
from tests.tickets.quote_case import ITEMS
from tickets import workflow
from tickets.models import FaultClass

pytestmark = pytest.mark.django_db


class TestWorkspace:
    def test_it_takes_the_same_queries_however_much_has_happened(self, desk: Desk, lead: Client) -> None:
        sweep()
        few = queries(lead, at(desk.story))
        assert few <= 10, few  # one of them for who is hit while it is down, one for its visits
        assert queries(lead, at(desk.case.file(1))) <= 8
        for n in range(12):
            workflow.answer(desk.story, by=desk.operator, text=f"进展 {n}", now=timezone.now())
            workflow.note(desk.story, by=desk.lead, text=f"备注 {n}", now=timezone.now())
        assert queries(lead, at(desk.story)) == few

    def test_all_that_hangs_at_it_comes_in_one_query(self, desk: Desk, lead: Client) -> None:
        sweep()
        now, few = timezone.now(), queries(lead, at(desk.story))
        shelf, board = depot("chengdu", "成都备件库", []), part("MCU-MB", name="MCU 主板")
        stocked(shelf, board, 5)
        for _ in range(2):
            workflow.ask_part(desk.story, [Wanted(board)], by=desk.operator, now=now)
        quote = workflow.save_quote(
            desk.story, lines=ITEMS, valid_until=now.date() + timedelta(days=9), read=None, by=desk.lead, now=now
        )
        assert queries(lead, at(desk.story)) == few <= 10
        text = page(lead, at(desk.story))
        assert 'MCU 主板 <span class="sd-muted">MCU-MB</span>' in text
        assert quote.name in text

    def test_it_offers_the_allowed_verbs_with_one_button_filled_and_says_what_not_yet(
        self, desk: Desk, lead: Client
    ) -> None:
        acts = page(lead, at(desk.story)).split('id="t-actions"')[1].split("</div>\n</div>")[0]
        assert acts.count("btn-primary") == 1
        assert at(desk.story, "arrive") in acts
        assert at(desk.story, "depart") not in acts
        fresh = desk.case.file(1)
        assert "answer the hospital first" in page(lead, at(fresh))

    def test_the_chain_shows_kept_broken_running_and_coming_promises_with_the_sum(
        self, desk: Desk, lead: Client
    ) -> None:
        text = page(lead, at(desk.story))
        legs = re.findall(r"sd-leg sd-leg-(\w+)", text)
        assert legs == ["late", "done", "now", "ahead", "ahead", "ahead"]
        assert "95 min" in text
        assert "成都站" in text

    def test_the_device_card_counts_its_other_reports_of_a_year_and_names_the_last(self, lead: Client) -> None:
        now = timezone.now()
        device = DeviceFactory()
        TicketFactory(device=device, title="去年的", now=now - timedelta(days=400))
        TicketFactory(title="别的设备", now=now)
        *_, last = (TicketFactory(device=device, title=f"第 {n} 次", now=now - timedelta(days=9 - n)) for n in range(6))
        card = page(lead, at(last)).split('id="device-title"')[1].split("</section>")[0]
        assert "5 other reports" in card
        assert re.findall(r"第 (\d) 次", card) == ["4", "3", "2"]

    def test_a_question_promises_no_engineer(self, desk: Desk, lead: Client) -> None:
        asked = desk.case.file(5, kind="question", tile=None, title="怎么录制会议")
        assert re.findall(r"sd-leg sd-leg-(\w+)", page(lead, at(asked))) == ["now"]

    def test_a_reopened_ticket_folds_its_earlier_round_and_keeps_its_verdicts(self, desk: Desk, lead: Client) -> None:
        ticket = workflow.reopen(desk.case.solved(), by=desk.case.nurse, reason="", now=timezone.now())
        text = page(lead, at(ticket))
        assert text.count('class="desk-round"') == 1
        assert "50 min early" in text.split('class="desk-round"')[1]

    def test_the_story_is_filtered_counted_and_turned_round_for_good(self, desk: Desk, lead: Client) -> None:
        notes = page(lead, at(desk.story), show="internal")
        assert re.findall(r"sd-entry sd-entry-(\w+)", notes) == ["internal"]
        newest = re.findall(r"sd-entry sd-entry-(\w+)", page(lead, at(desk.story)))
        assert newest[-1] == "hospital"
        lead.get(at(desk.story), {"order": "oldest"})
        assert re.findall(r"sd-entry sd-entry-(\w+)", page(lead, at(desk.story))) == newest[::-1]

    def test_the_composer_says_which_clock_sending_stops(self, desk: Desk, lead: Client) -> None:
        assert "Sending stops “1 小时响应”" in page(lead, at(desk.case.file(5)))
        assert "Sending starts “进展告知” again: 1 h" in page(lead, at(desk.story))
        manager = signed_in(Client(), desk.manager)
        assert "Sending stops" not in page(manager, at(desk.case.file(5)))

    def test_the_phone_number_is_masked_until_asked_for_and_the_asking_is_on_record(
        self, desk: Desk, lead: Client
    ) -> None:
        text = page(lead, at(desk.story))
        assert "138****2217" in text
        assert "13800002217" not in text
        shown = lead.post(at(desk.story, "phone"), headers={"HX-Request": "true"}).content.decode()
        assert 'href="tel:13800002217"' in shown
        assert Entry.objects.filter(act="tickets.phone_shown", subject=desk.story.number).count() == 1

    def test_a_depot_clerk_has_a_queue_that_says_it_shows_no_tickets(self, desk: Desk, client: Client) -> None:
        signed_in(client, UserFactory(role=Role.DEPOT))
        assert "The depot sees no tickets." in page(client, "/desk/")
        assert client.get(at(desk.story)).status_code == 404
        assert client.post(at(desk.story, "phone")).status_code == 403
        assert client.post(at(desk.story, "say"), {"kind": "note", "text": "x"}).status_code == 403


class TestSaying:
    def test_an_answer_reaches_the_hospital_and_stops_the_response_clock(self, desk: Desk, lead: Client) -> None:
        ticket = desk.case.file(5)
        assert lead.post(at(ticket, "say"), {"kind": "answer", "text": "马上看。"})["Location"] == at(ticket)
        event = ticket.events.get(kind=E.ANSWER)
        assert (event.is_public, event.body) == (True, "马上看。")
        assert ticket.timeline.deadlines.get(code="response").state == Deadline.State.MET

    def test_a_note_stays_inside_and_stops_nothing(self, desk: Desk, lead: Client) -> None:
        ticket = desk.case.file(5)
        lead.post(at(ticket, "say"), {"kind": "note", "text": "先查电源"})
        assert not ticket.events.filter(body="先查电源", is_public=True).exists()
        assert ticket.timeline.deadlines.get(code="response").state == Deadline.State.RUNNING

    def test_a_call_is_recorded_with_its_length_and_needs_its_start(self, desk: Desk, lead: Client) -> None:
        ticket = desk.case.file(30)
        call = {"kind": "call", "text": "已指导换线", "minutes": "4"}
        refused = lead.post(at(ticket, "say"), call)
        assert refused.status_code == 422
        assert "已指导换线" in refused.content.decode()
        began = timezone.localtime(timezone.now() - timedelta(minutes=6))
        lead.post(at(ticket, "say"), {**call, "started_at": f"{began:%Y-%m-%dT%H:%M}"})
        event = ticket.events.get(kind=E.CALL)
        assert event.data["seconds"] == 240

    def test_ending_a_node_down_call_unsolved_demands_the_reason(self, desk: Desk, lead: Client) -> None:
        ticket = desk.case.file(30, fault_class=FaultClass.objects.get(code="node_down"))
        began = timezone.localtime(timezone.now() - timedelta(minutes=6))
        call = {"kind": "call", "text": "已上报", "started_at": f"{began:%Y-%m-%dT%H:%M}"}
        refused = lead.post(at(ticket, "say"), call)
        assert refused.status_code == 422
        assert "(A7)" in refused.content.decode()
        assert not ticket.events.filter(kind=E.CALL).exists()

    def test_a_file_goes_along_and_is_linked_and_a_forbidden_one_is_refused_with_the_text_kept(
        self, desk: Desk, lead: Client, settings: Any, tmp_path: Path
    ) -> None:
        settings.MEDIA_ROOT = tmp_path
        good = SimpleUploadedFile("日志.txt", "看门狗复位 3 次".encode(), "text/plain")
        lead.post(at(desk.story, "say"), {"kind": "note", "text": "附日志", "uploads": good})
        link = desk.story.files.get()
        assert not link.is_public
        assert f"/files/{link.attachment.key}/" in page(lead, at(desk.story))
        bad = SimpleUploadedFile("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
        refused = lead.post(at(desk.story, "say"), {"kind": "answer", "text": "很长的答复", "uploads": bad})
        assert refused.status_code == 422
        assert "很长的答复" in refused.content.decode()
        assert not desk.story.events.filter(body="很长的答复").exists()

    def test_an_empty_answer_writes_nothing(self, desk: Desk, lead: Client) -> None:
        before = desk.story.events.count()
        assert lead.post(at(desk.story, "say"), {"kind": "answer", "text": "  "}).status_code == 422
        assert desk.story.events.count() == before
