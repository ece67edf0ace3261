"""The call that is being taken."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sla.models import Deadline
from tests.factories import NurseFactory, SiteFactory
from tests.tickets.console.pages import E, at
from tests.tickets.desk_case import Desk
from tickets.models import FaultClass, Ticket

pytestmark = pytest.mark.django_db


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
