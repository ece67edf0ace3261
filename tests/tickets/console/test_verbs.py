"""What is done to a ticket by its buttons, also by two people at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sla.evidence import Evidence
from sla.models import Deadline, PauseReason
from tests.factories import EngineerFactory
from tests.tickets import desk_case
from tests.tickets.console.pages import at, page, signed_in
from tests.tickets.desk_case import Desk
from tickets import workflow
from tickets.console_forms import FORMS
from tickets.models import FaultClass, Ticket
from tickets.states import Status

pytestmark = pytest.mark.django_db


class TestVerbs:
    @pytest.mark.parametrize("form", FORMS, ids=[form.slug() for form in FORMS])
    def test_every_verb_has_a_page_and_a_dialog_for_who_may(self, desk: Desk, client: Client, form: Any) -> None:
        person = {"sla.retarget": desk.manager, "warranty.override": desk.manager}.get(form.act(), desk.lead)
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
        told = Evidence(at=now, device_id="phone-7", clock_offset_ms=11 * 60 * 1000)
        workflow.arrive(ticket, by=desk.case.engineer, evidence=told, now=now)
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
