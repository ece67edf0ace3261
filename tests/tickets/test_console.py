"""The company's pages: the queue, the ticket workspace, the call that is being taken."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Entry
from people.models import Role, User
from sla.models import Deadline, PauseReason
from tests.factories import EngineerFactory, NurseFactory, SiteFactory, UserFactory
from tests.tickets import desk_case
from tests.tickets.desk_case import Desk
from tickets import workflow
from tickets.console_forms import FORMS
from tickets.models import FaultClass, SavedFilter, Ticket
from tickets.queue import PAGE_SIZE, Tab
from tickets.states import Status

pytestmark = pytest.mark.django_db

E = Ticket.events.rel.related_model.EventKind  # type: ignore[attr-defined]


@pytest.fixture
def desk() -> Desk:
    return desk_case.make()


@pytest.fixture
def lead(desk: Desk, client: Client) -> Client:
    return signed_in(client, desk.lead)


def signed_in(client: Client, person: User) -> Client:
    client.force_login(person)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def page(client: Client, path: str, **query: Any) -> str:
    answer = client.get(path, query)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def at(ticket: Ticket, verb: str = "") -> str:
    return f"/desk/tickets/{ticket.number}/" + (f"{verb}/" if verb else "")


def numbers(text: str) -> list[str]:
    """Tickets of the queue, in the order on the page."""
    return re.findall(r'data-row="([^"]+)"', text)


def queries(client: Client, path: str) -> int:
    """How many a page needs once the session has been seen."""
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


class TestQueue:
    def test_it_takes_the_same_few_queries_with_one_row_and_with_thirty(self, desk: Desk, client: Client) -> None:
        for person in (desk.lead, desk.case.engineer):
            signed_in(client, person)
            few = queries(client, "/desk/")
            for _ in range(15):
                desk.case.file(30)
            assert queries(client, "/desk/") == few
            assert few <= 10, few

    def test_people_of_a_hospital_have_no_console(self, desk: Desk, client: Client) -> None:
        client.force_login(desk.case.nurse)
        for path in ("/desk/", "/desk/new/", at(desk.story), at(desk.story, "reopen"), at(desk.story, "say")):
            assert client.get(path).status_code == 403, path

    def test_who_is_not_signed_in_is_asked_to(self, desk: Desk, client: Client) -> None:
        assert client.get("/desk/").status_code == 302

    def test_the_promise_that_falls_due_first_stands_on_top_and_tickets_without_one_last(
        self, desk: Desk, lead: Client
    ) -> None:
        solved = desk.case.solved()
        early, late = desk.case.file(50), desk.case.file(1)
        found = numbers(page(lead, "/desk/", tab="all", sort="due"))
        assert found.index(early.number) < found.index(late.number) < found.index(solved.number)
        assert numbers(page(lead, "/desk/", tab="all", sort="new"))[0] == late.number

    def test_pages_hold_every_ticket_once_though_rows_come_and_go_between(self, desk: Desk, lead: Client) -> None:
        filed = [desk.case.file(55 - n / 2).number for n in range(PAGE_SIZE + 12)]
        first = page(lead, "/desk/")
        gone = Ticket.objects.get(number=numbers(first)[3])
        workflow.cancel(gone, by=desk.lead, reason="重复", now=timezone.now())
        desk.case.file(58)
        following = re.search(r'rel="next" href="([^"]+)"', first)
        assert following is not None
        second = page(lead, following[1].replace("&amp;", "&"))
        together = numbers(first) + numbers(second)
        assert len(together) == len(set(together))
        assert set(filed) <= set(together)
        back = re.search(r'rel="prev" href="([^"]+)"', second)
        assert back is not None
        returned = numbers(page(lead, back[1].replace("&amp;", "&")))
        assert returned[-1] == numbers(first)[-1]
        assert not set(returned) & set(numbers(second))

    def test_a_made_up_cursor_gives_the_first_page(self, desk: Desk, lead: Client) -> None:
        for cursor in ("x", "2026-13-01~1", "~", "2026-03-11T09:00:00~1", "~99999999999999999999", "'~1"):
            assert numbers(page(lead, "/desk/", after=cursor)) == [desk.story.number]

    def test_each_tab_shows_what_its_count_says(self, desk: Desk, lead: Client) -> None:
        desk_case.fill(desk)
        for tab in Tab:
            text = page(lead, "/desk/", tab=tab)
            current = re.search(r'aria-current="page">[^<]+<span class="desk-tab-count">(\d+)', text)
            assert tab == Tab.ALL or (current and int(current[1]) == len(numbers(text))), tab

    def test_tabs_sort_tickets_by_what_they_wait_for(self, desk: Desk, client: Client) -> None:
        desk_case.fill(desk)
        signed_in(client, desk.colleague)

        def titles(tab: str) -> set[str]:
            found = numbers(page(client, "/desk/", tab=tab))
            return set(Ticket.objects.filter(number__in=found).values_list("title", flat=True))

        assert titles("over") == {"MCU 主节点不通，12 个会场全部掉线"}
        assert titles("mine") == {"会诊终端 TE-3 无画面", "双流画面模糊"}
        assert titles("waiting") == {"摄像头无法转动"}
        assert titles("solved") == {"会议录制失败"}
        assert "会诊中声音断断续续" in titles("soon")
        assert "双流画面模糊" not in titles("unassigned")

    @pytest.mark.parametrize("tab", Tab.values)
    def test_an_empty_queue_says_so(self, client: Client, tab: str) -> None:
        client.force_login(UserFactory(role=Role.LEAD))
        assert "sd-empty" in page(client, "/desk/", tab=tab)

    def test_search_finds_number_hospital_serial_and_words_also_of_closed_tickets(
        self, desk: Desk, lead: Client
    ) -> None:
        closed = workflow.confirm(desk.case.solved(title="会议录制失败"), by=desk.case.nurse, now=timezone.now())
        for words in (closed.number, closed.number[-6:], "录制", "涪滨 录制"):
            assert closed.number in numbers(page(lead, "/desk/", q=words)) or words == closed.number[-6:], words
        assert desk.story.number in numbers(page(lead, "/desk/", q=desk.case.terminal.serial))
        assert numbers(page(lead, "/desk/", q="旌湖")) == []

    def test_filters_narrow_the_queue_and_its_counts(self, desk: Desk, lead: Client) -> None:
        desk_case.fill(desk)
        hospital = desk.others[0].hospital
        assert hospital is not None
        text = page(lead, "/desk/", hospital=hospital.pk)
        assert len(numbers(text)) == 2 == int(re.findall(r'desk-tab-count">(\d+)', text)[0])
        assert len(numbers(page(lead, "/desk/", priority=1, hospital=hospital.pk))) == 1
        assert "no ticket matches" in page(lead, "/desk/", priority=2, hospital=hospital.pk).lower()
        text = page(lead, "/desk/", hospital="0 OR 1=1", priority="9", region="x", fault_class="-1")
        assert len(numbers(text)) == 7

    def test_an_engineer_sees_the_own_region_and_what_is_theirs(self, desk: Desk, client: Client) -> None:
        stranger = EngineerFactory()
        signed_in(client, stranger)
        assert numbers(page(client, "/desk/")) == []
        assert client.get(at(desk.story)).status_code == 404
        workflow.assign(desk.story, to=stranger, by=desk.lead, now=timezone.now())
        assert numbers(page(client, "/desk/")) == [desk.story.number]
        assert client.get(at(desk.story)).status_code == 200

    def test_a_filter_is_kept_under_a_name_and_shared_but_removed_only_by_its_owner(
        self, desk: Desk, lead: Client
    ) -> None:
        kept = {"query": "priority=1&evil=1&q=MCU&after=x", "name": "一级 MCU", "is_shared": "on"}
        assert lead.post("/desk/filters/", kept)["Location"] == "/desk/?q=MCU&priority=1"
        lead.post("/desk/filters/", {**kept, "query": "priority=2"})
        row = SavedFilter.objects.get()
        assert row.query == "priority=2"
        colleague = signed_in(Client(), desk.colleague)
        assert 'href="/desk/?priority=2"' in page(colleague, "/desk/")
        assert colleague.post(f"/desk/filters/{row.pk}/remove/").status_code == 404
        assert lead.post(f"/desk/filters/{row.pk}/remove/").status_code == 302
        assert not SavedFilter.objects.exists()

    def test_a_private_filter_is_shown_to_nobody_else(self, desk: Desk, lead: Client) -> None:
        lead.post("/desk/filters/", {"query": "priority=1", "name": "mine alone"})
        assert "mine alone" in page(lead, "/desk/")
        assert "mine alone" not in page(signed_in(Client(), desk.colleague), "/desk/")


class TestWorkspace:
    def test_it_takes_the_same_queries_however_much_has_happened(self, desk: Desk, lead: Client) -> None:
        few = queries(lead, at(desk.story))
        assert few <= 14, few
        for n in range(12):
            workflow.answer(desk.story, by=desk.operator, text=f"进展 {n}", now=timezone.now())
            workflow.note(desk.story, by=desk.lead, text=f"备注 {n}", now=timezone.now())
        assert queries(lead, at(desk.story)) == few

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
        assert legs == ["late", "done", "now", "ahead"]
        assert "95 min" in text
        assert "成都站" in text

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


class TestVerbs:
    @pytest.mark.parametrize("form", FORMS, ids=[form.slug() for form in FORMS])
    def test_every_verb_has_a_page_and_a_dialog_for_who_may(self, desk: Desk, client: Client, form: Any) -> None:
        person = {"sla.retarget": desk.manager}.get(form.act(), desk.lead)
        signed_in(client, person)
        alone = client.get(at(desk.story, form.slug()))
        dialog = client.get(at(desk.story, form.slug()), headers={"HX-Request": "true"})
        assert "<html" in alone.content.decode()
        assert "<html" not in dialog.content.decode()
        assert alone.status_code == dialog.status_code == 200
        stranger = EngineerFactory()
        answer = signed_in(Client(), stranger).post(at(desk.story, form.slug()), {})
        assert answer.status_code in {403, 404}

    def post(self, client: Client, ticket: Ticket, verb: str, **data: Any) -> Any:
        return client.post(at(ticket, verb), data)

    def test_a_ticket_goes_all_the_way_by_the_buttons(self, desk: Desk, client: Client) -> None:
        ticket = desk.case.file(30)
        engineer = desk.case.engineer
        operator = signed_in(client, desk.operator)
        self.post(operator, ticket, "take")
        self.post(operator, ticket, "say", kind="answer", text="收到，正在看。")
        self.post(operator, ticket, "remote-failed", reason="重启无效")
        self.post(operator, ticket, "assign", to=engineer.pk)
        field = signed_in(Client(), engineer)
        expected = timezone.localtime(timezone.now() + timedelta(minutes=80))
        self.post(field, ticket, "depart", expected_arrival_at=f"{expected:%Y-%m-%dT%H:%M}")
        ticket.refresh_from_db()
        assert (ticket.status, ticket.owner, ticket.assignee) == (Status.TRAVEL, desk.operator, engineer)
        assert ticket.expected_arrival_at is not None
        self.post(field, ticket, "arrive", at="")
        self.post(field, ticket, "resolve", cause="电源板坏", action="换电源板")
        ticket.refresh_from_db()
        assert ticket.status == Status.SOLVED
        self.post(operator, ticket, "reopen", reason="又黑屏")
        ticket.refresh_from_db()
        assert (ticket.status, ticket.cycle) == (Status.NEW, 2)
        self.post(operator, ticket, "cancel", reason="与另一单重复")
        ticket.refresh_from_db()
        assert ticket.status == Status.CANCELLED

    def test_first_contact_moves_only_when_it_is_accepted(self, desk: Desk, lead: Client) -> None:
        ticket = desk.story
        self.post(lead, ticket, "offer-owner", to=desk.operator.pk)
        ticket.refresh_from_db()
        assert (ticket.owner, ticket.offered_to) == (desk.colleague, desk.operator)
        asked = signed_in(Client(), desk.operator)
        assert "asks you to become" in page(asked, at(ticket))
        assert self.post(lead, ticket, "accept-owner").status_code == 422
        self.post(asked, ticket, "decline-owner")
        ticket.refresh_from_db()
        assert (ticket.owner, ticket.offered_to) == (desk.colleague, None)
        self.post(lead, ticket, "offer-owner", to=desk.operator.pk)
        self.post(asked, ticket, "accept-owner")
        ticket.refresh_from_db()
        assert (ticket.owner, ticket.offered_to) == (desk.operator, None)

    def test_people_on_duty_are_offered_first(self, desk: Desk, lead: Client) -> None:
        text = page(lead, at(desk.story, "assign"))
        duty = text.split('<optgroup label="On duty now">')[1].split("</optgroup>")[0]
        assert desk.case.engineer.name in duty
        assert desk.colleague.name not in duty
        assert desk.colleague.name in text

    def test_waiting_offers_only_reasons_that_running_clocks_accept(self, desk: Desk, lead: Client) -> None:
        PauseReason.objects.create(code="holiday", name="我们放假")
        text = page(lead, at(desk.story, "wait"))
        assert "医院要求改约时间" in text
        assert "我们放假" not in text
        reason = PauseReason.objects.get(code="asked_later")
        refused = self.post(lead, desk.story, "wait", reason=PauseReason.objects.get(code="holiday").pk, note="x")
        assert refused.status_code == 422
        until = timezone.localtime(timezone.now() + timedelta(hours=3))
        self.post(lead, desk.story, "wait", reason=reason.pk, note="手术中", until=f"{until:%Y-%m-%dT%H:%M}")
        desk.story.refresh_from_db()
        assert desk.story.status == Status.WAITING
        text = page(lead, at(desk.story))
        assert "手术中" in text.split('id="t-now"')[1].split('id="composer"')[0]
        assert "stands still since" in text
        self.post(lead, desk.story, "resume")
        desk.story.refresh_from_db()
        assert desk.story.status == Status.TRAVEL

    def test_lowering_the_priority_asks_for_a_reason_and_the_right(self, desk: Desk, lead: Client) -> None:
        ticket = desk.case.file(5)
        low = {"impact": Ticket.Impact.PART, "urgency": Ticket.Urgency.LATER, "reason": ""}
        assert self.post(lead, ticket, "change-priority", **low).status_code == 422
        engineer = signed_in(Client(), desk.case.engineer)
        assert self.post(engineer, ticket, "change-priority", **{**low, "reason": "x"}).status_code == 422
        self.post(lead, ticket, "change-priority", **{**low, "reason": "有备用终端"})
        ticket.refresh_from_db()
        assert (ticket.priority, ticket.priority_reason) == (4, "有备用终端")

    def test_the_fault_class_is_corrected(self, desk: Desk, lead: Client) -> None:
        ticket = desk.case.file(5)
        self.post(lead, ticket, "change-class", fault_class=FaultClass.objects.get(code="node_down").pk)
        ticket.refresh_from_db()
        assert ticket.priority == 1

    def test_a_manager_sets_another_deadline_and_only_for_this_tickets_clocks(self, desk: Desk, client: Client) -> None:
        manager = signed_in(client, desk.manager)
        onsite = desk.story.timeline.deadlines.get(code="onsite")
        due = timezone.localtime(onsite.due_at + timedelta(minutes=45)).replace(second=0, microsecond=0)
        data = {"due_at": f"{due:%Y-%m-%dT%H:%M}", "reason": "封路"}
        other = desk.case.file(5).timeline.deadlines.get(code="response")
        assert self.post(manager, desk.story, "retarget", deadline=other.pk, **data).status_code == 422
        self.post(manager, desk.story, "retarget", deadline=onsite.pk, **data)
        assert desk.story.timeline.deadlines.get(code="onsite", state="running").due_at == due
        assert "Target moved" in page(manager, at(desk.story))
        assert self.post(signed_in(Client(), desk.lead), desk.story, "retarget").status_code == 403

    def test_what_the_state_forbids_is_refused_with_a_sentence_and_writes_nothing(
        self, desk: Desk, lead: Client
    ) -> None:
        ticket = desk.case.file(5)
        before = ticket.events.count()
        refused = self.post(lead, ticket, "remote-failed", reason="我的长理由")
        assert refused.status_code == 422
        text = refused.content.decode()
        assert "not possible now" in text
        assert "我的长理由" in text
        assert ticket.events.count() == before

    def test_late_evidence_waits_for_a_leads_word(self, desk: Desk, lead: Client) -> None:
        ticket, now = desk.story, timezone.now()
        workflow.arrive(
            ticket, by=desk.case.engineer, at=now, device_id="phone-7", clock_offset_ms=11 * 60 * 1000, now=now
        )
        assert "does this count?" in page(lead, at(ticket))
        fact = ticket.timeline.facts.get(is_disputed=True)
        self.post(lead, ticket, "confirm-evidence", fact=fact.pk, accept="yes")
        assert ticket.timeline.deadlines.filter(code="onsite").latest("id").state == Deadline.State.MET
        assert "does this count?" not in page(lead, at(ticket))

    def test_paging_is_acknowledged_from_the_ticket(self, desk: Desk, lead: Client) -> None:
        desk_case.fill(desk)
        over = Ticket.objects.get(title__startswith="MCU")
        text = page(lead, at(over))
        action = re.search(r'action="(/desk/deadlines/\d+/acknowledge/)"', text)
        assert action is not None
        lead.post(action[1], {"next": at(over)})
        assert "follows it up since" in page(lead, at(over))


class TestTwoPeopleEdit:
    def wording(self, ticket: Ticket, **changes: Any) -> dict[str, Any]:
        return {"title": ticket.title, "description": "", "place": "", "version": ticket.version, **changes}

    def test_the_later_one_sees_both_versions_and_nothing_is_lost(self, desk: Desk, lead: Client) -> None:
        ticket = desk.story
        mine = self.wording(ticket, title="我的标题")
        theirs = self.wording(ticket, title="同事的标题")
        assert signed_in(Client(), desk.colleague).post(at(ticket, "edit"), theirs).status_code == 302
        stale = lead.post(at(ticket, "edit"), mine)
        assert stale.status_code == 409
        text = stale.content.decode()
        assert "我的标题" in text
        assert "同事的标题" in text
        assert desk.colleague.name in text
        ticket.refresh_from_db()
        assert ticket.title == "同事的标题"
        version = re.search(r'name="version" value="(\d+)"', text)
        assert version is not None
        assert lead.post(at(ticket, "edit"), {**mine, "version": version[1]}).status_code == 302
        ticket.refresh_from_db()
        assert ticket.title == "我的标题"

    def test_the_dialog_gets_the_same_conflict(self, desk: Desk, lead: Client) -> None:
        ticket = desk.story
        mine = self.wording(ticket, title="我的标题")
        lead.post(at(ticket, "edit"), self.wording(ticket, title="先保存的"))
        stale = lead.post(at(ticket, "edit"), mine, headers={"HX-Request": "true"})
        assert stale.status_code == 409
        assert "<html" not in stale.content.decode()
        saved = lead.post(at(ticket, "edit"), {**mine, "version": 2}, headers={"HX-Request": "true"})
        assert (saved.status_code, saved["HX-Redirect"]) == (204, at(ticket))


class TestTheCall:
    def call(self, desk: Desk, **changes: Any) -> dict[str, Any]:
        began = timezone.localtime(timezone.now() - timedelta(minutes=3))
        return {
            "client_key": str(uuid.uuid4()),
            "caller_phone": "13800002217",
            "caller": desk.case.nurse.pk,
            "contact_name": "",
            "started_at": f"{began:%Y-%m-%dT%H:%M:%S}",
            "hospital": desk.case.hospital.pk,
            "site": desk.case.site.pk,
            "device": desk.case.terminal.pk,
            "kind": "fault",
            "impact": Ticket.Impact.ROOM,
            "urgency": Ticket.Urgency.TODAY,
            "title": "会诊中断",
            **changes,
        }

    def test_the_clock_starts_when_the_call_started(self, desk: Desk, lead: Client) -> None:
        data = self.call(desk)
        answer = lead.post("/desk/new/", data)
        ticket = Ticket.objects.latest("id")
        assert answer["Location"] == at(ticket)
        assert f"{timezone.localtime(ticket.created_at):%Y-%m-%dT%H:%M:%S}" == data["started_at"]
        assert ticket.timeline.deadlines.get(code="response").started_at == ticket.created_at
        assert (ticket.channel, ticket.reporter, ticket.contact_phone) == ("phone", desk.case.nurse, "13800002217")

    def test_sent_twice_it_is_one_ticket(self, desk: Desk, lead: Client) -> None:
        data, before = self.call(desk), Ticket.objects.count()
        lead.post("/desk/new/", data)
        lead.post("/desk/new/", data)
        assert Ticket.objects.count() == before + 1

    def test_a_missed_call_starts_the_clock_too_and_is_on_record(self, desk: Desk, lead: Client) -> None:
        lead.post("/desk/new/", self.call(desk, missed="on"))
        ticket = Ticket.objects.latest("id")
        event = ticket.events.get(kind=E.CALL)
        assert (event.is_public, event.at) == (False, ticket.created_at)
        assert ticket.timeline.deadlines.get(code="response").state == Deadline.State.RUNNING

    def test_the_caller_is_found_by_the_last_digits_and_brings_hospital_and_site(
        self, desk: Desk, lead: Client
    ) -> None:
        text = lead.post("/desk/new/", {"look": "caller", "caller_phone": "0000-2217"}).content.decode()
        assert f'value="{desk.case.nurse.pk}" id="id_caller_1" checked' in text.replace(" required", "")
        assert f'<option value="{desk.case.hospital.pk}" selected>' in text
        assert f'<option value="{desk.case.site.pk}" selected>' in text
        assert desk.case.terminal.serial in text
        unknown = lead.post("/desk/new/", {"look": "caller", "caller_phone": "777"}).content.decode()
        assert "Nobody is known" in unknown

    def test_another_hospital_brings_its_own_sites_and_drops_the_old(self, desk: Desk, lead: Client) -> None:
        other = SiteFactory()
        data = self.call(desk, look="hospital", hospital=other.hospital_id)
        text = lead.post("/desk/new/", data).content.decode()
        assert f'<option value="{other.pk}" selected>' in text
        assert desk.case.terminal.serial not in text
        assert not Ticket.objects.filter(title="会诊中断").exists()

    def test_the_fault_class_shows_what_the_hotline_does_and_the_promise(self, desk: Desk, lead: Client) -> None:
        chosen = FaultClass.objects.get(code="node_down")
        text = lead.post("/desk/new/", self.call(desk, look="class", fault_class=chosen.pk)).content.decode()
        assert chosen.hint[:12] in text
        assert "Do not hang up" in text
        assert "Priority 1" in text
        assert "answer by" in text

    def test_mistakes_stand_beside_their_fields_and_nothing_is_written(self, desk: Desk, lead: Client) -> None:
        before = Ticket.objects.count()
        future = timezone.localtime(timezone.now() + timedelta(hours=2))
        stranger = NurseFactory()
        for changes, words in (
            ({"started_at": f"{future:%Y-%m-%dT%H:%M:%S}"}, "lies in the future"),
            ({"started_at": "2026-01-01T10:00:00"}, "more than a week back"),
            ({"title": ""}, "in a few words"),
            ({"caller": "", "contact_name": ""}, "who is calling"),
            ({"hospital": stranger.hospital_id}, "belongs to another hospital"),
            ({"site": SiteFactory(hospital=desk.case.hospital).pk}, "site"),
        ):
            answer = lead.post("/desk/new/", self.call(desk, description="很长的原话", **changes))
            assert answer.status_code == 422, changes
            text = answer.content.decode()
            assert words in text, changes
            assert "很长的原话" in text
        assert Ticket.objects.count() == before

    def test_an_unknown_caller_is_taken_in_under_the_operators_name(self, desk: Desk, lead: Client) -> None:
        lead.post("/desk/new/", self.call(desk, caller="", caller_phone="02888886666", contact_name="保卫科 赵"))
        ticket = Ticket.objects.latest("id")
        assert (ticket.reporter, ticket.contact_name, ticket.contact_phone) == (desk.lead, "保卫科 赵", "02888886666")
