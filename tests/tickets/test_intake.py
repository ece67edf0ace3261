"""A fault comes in (A1): number, priority, clocks, receipt, and who hears of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from notifications.models import Notification
from sla.models import Policy, PolicyAssignment
from tests.factories import (
    DeviceFactory,
    NurseFactory,
    OperatorFactory,
    SiteFactory,
    TicketFactory,
)
from tests.tickets.conftest import Scene
from tickets import priorities, workflow
from tickets.models import FaultTile, Ticket
from tickets.numbers import next_number
from tickets.states import Refused, Status

Impact, Urgency = Ticket.Impact, Ticket.Urgency
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)


def test_a_filed_fault_is_new_has_no_owner_and_its_clocks_run_from_now(scene: Scene) -> None:
    ticket = scene.file("09:00")
    assert (ticket.status, ticket.owner, ticket.assignee) == (Status.NEW, None, None)
    assert scene.due(ticket, "response") == "03-11 10:00"
    assert scene.due(ticket, "onsite_bound") == "03-11 17:00"
    assert scene.facts(ticket) == ["notified", "receipt"]
    assert scene.kinds(ticket, is_public=True) == ["filed", "receipt"]


def test_the_timeline_carries_what_a_page_says(scene: Scene) -> None:
    ticket = scene.file(title="会诊终端无画面")
    timeline = ticket.timeline
    assert timeline.subject == f"{ticket.number} {scene.hospital.name} 会诊终端无画面"
    assert timeline.link == f"/desk/tickets/{ticket.number}/"
    assert (timeline.hospital, timeline.site, timeline.is_urgent) == (scene.hospital, scene.site, True)


def test_a_receipt_and_an_internal_note_stop_nothing(scene: Scene) -> None:
    """Worked example 1, in a holiday's night: only the technician's word at 02:58 counts, 720 s early."""
    ticket = scene.file("2026-10-03 02:10:00")
    workflow.note(ticket, by=scene.operator, text="先查日志", now=scene.at("2026-10-03 02:30"))
    assert scene.clock(ticket, "response").state == "running"
    workflow.answer(ticket, by=scene.operator, text="请看输入源", now=scene.at("2026-10-03 02:58"))
    response = scene.clock(ticket, "response")
    assert (response.state, response.margin_seconds) == ("met", 720)


def test_a_call_starts_the_clock_when_it_started(scene: Scene) -> None:
    ticket = scene.file("09:20", by=scene.operator, channel="phone", notified_at=scene.at("09:05"))
    assert scene.due(ticket, "response") == "03-11 10:05"
    assert ticket.created_at == scene.at("09:05")


def test_a_hospital_cannot_backdate_its_report(scene: Scene) -> None:
    """T029: the server's time decides."""
    ticket = scene.file("09:20", notified_at=scene.at("07:00"))
    assert scene.due(ticket, "response") == "03-11 10:20"


def test_a_report_from_the_future_is_refused(scene: Scene) -> None:
    with pytest.raises(Refused):
        scene.file("09:20", by=scene.operator, notified_at=scene.at("09:21"))
    assert not Ticket.objects.exists()


def test_a_site_or_device_of_another_hospital_is_refused(scene: Scene) -> None:
    with pytest.raises(Refused):
        scene.file(site=SiteFactory())
    with pytest.raises(Refused):
        scene.file(device=DeviceFactory(), site=scene.site)
    assert not Ticket.objects.exists()


def test_a_title_of_blanks_is_refused(scene: Scene) -> None:
    with pytest.raises(Refused):
        scene.file(title=" \n ")


# Numbers


def test_numbers_carry_the_year_of_the_site_and_never_repeat(db: None) -> None:
    new_year_in_shanghai = datetime(2051, 12, 31, 16, 0, tzinfo=UTC)
    assert next_number(new_year_in_shanghai - timedelta(seconds=1)) == "SR-2051-000001"
    assert next_number(new_year_in_shanghai) == "SR-2052-000001"
    assert next_number(new_year_in_shanghai) == "SR-2052-000002"
    assert next_number(new_year_in_shanghai, "Europe/Berlin") == "SR-2051-000002"


def test_the_number_is_of_the_year_at_the_site(scene: Scene) -> None:
    scene.site.timezone = "Europe/Berlin"
    scene.site.save()
    assert scene.file("2027-01-01 03:00", site=scene.site).number.startswith("SR-2026-")


def test_the_same_key_gives_the_same_ticket(scene: Scene) -> None:
    key = uuid4()
    first = scene.file("09:00", client_key=key)
    again = scene.file("09:01", client_key=key, title="又点了一次")
    assert again == first
    assert (Ticket.objects.count(), len(scene.told("ticket.receipt"))) == (1, 1)


def test_two_people_may_send_the_same_key(scene: Scene) -> None:
    key = uuid4()
    first = scene.file(client_key=key)
    second = TicketFactory(reporter=NurseFactory(hospital=scene.hospital), client_key=key)
    assert first != second


# Priority


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [
        (Impact.SYSTEM, Urgency.LATER, 1),
        (Impact.ROOM, Urgency.NOW, 1),
        (Impact.ROOM, Urgency.TODAY, 2),
        (Impact.ROOM, Urgency.LATER, 3),
        (Impact.PART, Urgency.NOW, 2),
        (Impact.PART, Urgency.TODAY, 3),
        (Impact.PART, Urgency.LATER, 4),
        (Impact.NONE, Urgency.NOW, 3),
        (Impact.NONE, Urgency.LATER, 4),
    ],
)
def test_priority_follows_from_impact_and_urgency(impact: int, urgency: int, priority: int) -> None:
    assert priorities.priority(impact, urgency, None) == priority


def test_the_matrix_knows_every_impact_and_urgency() -> None:
    assert set(priorities.MATRIX) == {(impact, urgency) for impact in Impact for urgency in Urgency}
    assert all(
        priorities.MATRIX[impact, urgency] <= priorities.MATRIX[impact, urgency + 1]
        for impact, urgency in priorities.MATRIX
        if urgency < 3
    )
    assert all(
        priorities.MATRIX[impact, urgency] <= priorities.MATRIX[impact + 1, urgency]
        for impact, urgency in priorities.MATRIX
        if impact < 4
    )


def test_a_tile_of_a_node_down_class_makes_it_the_highest_priority_and_halves_the_remote_limit(scene: Scene) -> None:
    tile = FaultTile.objects.get(code="no_power")
    ticket = scene.file("09:00", tile=tile, impact=Impact.PART, urgency=Urgency.LATER)
    assert (ticket.priority, ticket.fault_class.code) == (1, "hardware_total")
    ticket = workflow.answer(ticket, by=scene.operator, text="请看插座", now=scene.at("09:30"))
    assert scene.due(ticket, "remote") == "03-11 10:30"


def test_the_policy_of_the_hospital_and_kind_of_device_rules_the_clocks(scene: Scene) -> None:
    device = DeviceFactory(site=scene.site, model__kind="his_server")
    PolicyAssignment.objects.create(
        hospital=scene.hospital,
        policy=Policy.objects.get(code="his"),
        device_kind="his_server",
        valid_from=scene.at("2026-01-01 00:00"),
    )
    assert scene.clock(scene.file(), "onsite_bound").commitment.clause == "A11"
    assert scene.clock(scene.file(device=device), "onsite_bound").commitment.clause == "B4"


# Who is told


def test_the_operator_on_duty_hears_of_it_and_the_reporter_gets_a_receipt_with_the_time(scene: Scene) -> None:
    OperatorFactory()  # not on duty
    ticket = scene.file("09:00")
    assert scene.told("ticket.filed") == [scene.operator]
    receipt = Notification.objects.get(kind="ticket.receipt")
    assert (receipt.person, receipt.link) == (scene.nurse, f"/requests/{ticket.number}/")
    assert datetime.fromisoformat(receipt.context["due_at"]) == scene.at("10:00")


def test_with_no_operator_on_duty_the_lead_hears_of_it(scene: Scene) -> None:
    scene.operator.is_active = False
    scene.operator.save()
    scene.file()
    assert scene.told("ticket.filed") == [scene.lead]


def test_the_first_two_priorities_are_told_urgently(scene: Scene) -> None:
    scene.file(urgency=Urgency.TODAY)
    scene.file(urgency=Urgency.LATER)
    filed = Notification.objects.filter(kind="ticket.filed").order_by("pk")
    assert [row.is_urgent for row in filed] == [True, False]


def test_photos_come_in_with_the_report_and_the_hospital_sees_them(scene: Scene) -> None:
    ticket = scene.file(files=[SimpleUploadedFile("屏幕.png", PNG)])
    file = ticket.files.get()
    assert (file.is_public, file.event.kind, file.attachment.hospital) == (True, "filed", scene.hospital)


def test_filing_takes_few_queries(scene: Scene, django_assert_max_num_queries) -> None:
    """Fourteen for the rows, two for critical periods and the technician, two for a savepoint."""
    scene.file()
    device = DeviceFactory(site=scene.site)
    # Four of them for who pays: device, contracts, rules, and the verdict; prices where it is billable.
    with django_assert_max_num_queries(20):
        workflow.open_ticket(
            by=scene.nurse,
            reporter=scene.nurse,
            hospital=scene.hospital,
            site=scene.site,
            device=device,
            kind="fault",
            title="会诊终端无画面",
            impact=Impact.ROOM,
            urgency=Urgency.TODAY,
            channel="portal",
            client_key=uuid4(),
            now=scene.at("09:10"),
        )
