"""A label's code: whoever may sees the device filled in; anybody else files an unverified report and learns nothing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from devices import labels
from devices.models import Device, DeviceLabel
from notifications.models import Notification
from people.models import User
from sla import defaults as promises
from sla.models import Deadline
from tests.factories import (
    DepotClerkFactory,
    DeviceFactory,
    EngineerFactory,
    NurseFactory,
    OperatorFactory,
    RotationFactory,
    TechnicianFactory,
)
from tests.world import picture
from tickets import states, workflow
from tickets.models import ScanReport, Ticket, TicketEvent
from tickets.states import Status

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
TOKEN = re.compile(rb"x-csrftoken[^}]+")
SECRETS = ("MX8-24", "软件 8.4", "10.0.0.7")


@pytest.fixture(autouse=True)
def clock(settings: Settings, tmp_path: object) -> Iterator[time_machine.Coordinates]:
    settings.MEDIA_ROOT = tmp_path
    # The minute stands still here, so what earlier tests counted would still count.
    settings.REDIS_NAMESPACE = f"test-{uuid.uuid4()}"
    promises.load()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def operator() -> User:
    operator = OperatorFactory()
    RotationFactory(people=[operator])
    return operator


@pytest.fixture
def label(operator: User) -> DeviceLabel:
    device = DeviceFactory(serial="MX8-2401-001", name="会诊终端 TE-1", software_version="软件 8.4")
    return labels.ensure([device], by=operator, now=NOW)[device.pk]


def form(**changes: object) -> dict[str, object]:
    return {"name": "王护士", "phone": "13800002217", "text": "黑屏，开不了机", "key": uuid.uuid4(), **changes}


def path(label: DeviceLabel) -> str:
    return f"/q/{label.token}/"


def file(label: DeviceLabel, **changes: object) -> Ticket:
    Client().post(path(label), form(**changes))
    return Ticket.objects.latest("pk")


# Who is signed in


def test_a_nurse_files_with_the_device_filled_in_and_two_more_taps(label: DeviceLabel) -> None:
    client = Client()
    client.force_login(NurseFactory(hospital=label.hospital))
    answer = client.get(path(label), follow=True)
    assert answer.redirect_chain == [(f"/report/?device={label.device_id}", 302)]
    asked = answer.context["form"]
    assert (asked["device"].value(), asked["severity"].value()) == (label.device_id, "today")


@pytest.mark.parametrize("factory", [OperatorFactory, DepotClerkFactory])
def test_the_companys_people_are_led_to_the_device(label: DeviceLabel, factory: type) -> None:
    client = Client()
    client.force_login(factory())
    assert client.get(path(label)).headers["Location"] == f"/desk/devices/{label.device_id}/"


@pytest.mark.parametrize("factory", [NurseFactory, EngineerFactory, TechnicianFactory])
def test_whoever_may_not_see_the_device_gets_no_more_than_a_stranger(label: DeviceLabel, factory: type) -> None:
    client = Client()
    client.force_login(factory())
    assert client.get(path(label)).templates[0].name == "scan/form.html"


# Nobody is signed in


def test_the_form_shows_the_label_and_nothing_else_of_the_device(label: DeviceLabel) -> None:
    answer = Client().get(path(label))
    page = answer.content.decode()
    assert label.device.name in page
    assert "…01-001" in page
    assert not [secret for secret in SECRETS if secret in page]
    assert f"/{label.device_id}/" not in page


def test_t090_every_answer_is_kept_by_nobody_and_names_no_page(label: DeviceLabel) -> None:
    client = Client(enforce_csrf_checks=True)
    sent = client.post(path(label), form())
    answers = [client.get(path(label)), client.get("/q/unknown/"), sent, client.get(sent.headers["Location"])]
    assert [answer.status_code for answer in answers] == [200, 404, 302, 200]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]


def test_a_report_is_an_unverified_ticket_whose_response_clock_runs(label: DeviceLabel, operator: User) -> None:
    ticket = file(label, photos=SimpleUploadedFile("a.png", picture()))
    assert (ticket.is_unverified, ticket.reporter, ticket.channel) == (True, None, "label")
    assert (ticket.contact_name, ticket.contact_phone) == ("王护士", "13800002217")
    assert (ticket.device_id, ticket.title) == (label.device_id, "黑屏，开不了机")
    response = Deadline.objects.get(timeline=ticket.timeline, code="response")
    assert (response.state, response.due_at) == ("running", NOW + timedelta(hours=1))
    assert ticket.files.count() == 1
    told = Notification.objects.get(person=operator)
    assert told.context["unverified"] is True


def test_the_receipt_names_number_and_hotline_and_goes_after_a_day(
    label: DeviceLabel, clock: time_machine.Coordinates, settings: Settings
) -> None:
    sent = Client().post(path(label), form())
    url = sent.headers["Location"]
    page = Client().get(url).content.decode()
    ticket = Ticket.objects.get()
    assert ticket.number in page
    assert settings.HOTLINE_NUMBER in page
    assert not [word for word in ("黑屏", "王护士", "13800002217", label.device.name) if word in page]
    clock.shift(timedelta(hours=25))
    assert Client().get(url).status_code == 404


def test_t091_a_form_sent_twice_is_one_report_and_a_look_changes_nothing(label: DeviceLabel) -> None:
    said = form()
    first, second = (Client().post(path(label), said).headers["Location"] for _ in range(2))
    assert first == second
    for _ in range(3):
        Client().get(path(label))
        Client().head(path(label))
    assert Ticket.objects.count() == 1


BAD: list[dict[str, object]] = [
    {"name": ""}, {"phone": ""}, {"phone": "call me"}, {"phone": "+++++"}, {"text": " "}, {"text": "x" * 1001},
    {"key": "1"}, {"key": ""}, {"name": "x" * 61}, {"photos": SimpleUploadedFile("a.exe", b"MZ")},
    {"photos": [SimpleUploadedFile(f"{n}.png", picture()) for n in range(4)]},
]  # fmt: skip


@pytest.mark.parametrize("changes", BAD, ids=lambda changes: str(changes)[:40])
def test_what_is_missing_or_wrong_is_told_and_files_nothing(label: DeviceLabel, changes: dict[str, object]) -> None:
    answer = Client().post(path(label), form(**changes))
    assert answer.status_code == 422
    assert not Ticket.objects.exists()
    assert not ScanReport.objects.exists()


def test_a_wrong_an_old_and_a_retired_devices_code_are_answered_in_equal_words(
    label: DeviceLabel, operator: User
) -> None:
    retired = DeviceFactory()
    other = labels.ensure([retired], by=operator, now=NOW)[retired.pk]
    Device.objects.filter(pk=retired.pk).update(state="retired")
    labels.revoke(label.device, by=operator, now=NOW)
    paths = ["/q/x/", f"/q/{'A' * 22}/", path(label), path(other), f"{path(label)}{uuid.uuid4()}/"]
    for send in (Client().get, Client().post):
        answers = [send(each) for each in paths]
        assert {answer.status_code for answer in answers} == {404}
        assert len({TOKEN.sub(b"", answer.content) for answer in answers}) == 1


# Floods


def test_sixty_posts_are_a_few_tickets_and_no_fault(label: DeviceLabel, settings: Settings) -> None:
    settings.SCAN_LOOKS_PER_MINUTE = 10_000
    codes = [Client().post(path(label), form(), REMOTE_ADDR=f"10.0.{n}.1").status_code for n in range(60)]
    assert Ticket.objects.count() == settings.SCANS_PER_LABEL
    assert set(codes) == {302, 429}


def test_one_address_can_not_file_for_every_label_of_a_hospital(
    label: DeviceLabel, operator: User, settings: Settings
) -> None:
    settings.SCANS_PER_ADDRESS = 3
    devices = [DeviceFactory(site=label.device.site) for _ in range(5)]
    for one in labels.ensure(devices, by=operator, now=NOW).values():
        Client().post(path(one), form())
    assert Ticket.objects.count() == 3


def test_all_labels_together_have_a_limit_and_it_ends_after_an_hour(
    label: DeviceLabel, settings: Settings, clock: time_machine.Coordinates
) -> None:
    settings.SCANS_IN_ALL = 1
    file(label)
    answer = Client().post(path(label), form(), REMOTE_ADDR="10.9.9.9")
    assert answer.status_code == 429
    assert settings.HOTLINE_NUMBER in answer.content.decode()
    clock.shift(timedelta(minutes=61))
    file(label)
    assert Ticket.objects.count() == 2


def test_t089_guessing_codes_is_slowed_down(label: DeviceLabel, settings: Settings) -> None:
    settings.SCAN_LOOKS_PER_MINUTE = 5
    address = f"10.8.{uuid.uuid4().int % 250}.{uuid.uuid4().int % 250}"
    codes = [Client().get(f"/q/{n}/", REMOTE_ADDR=address).status_code for n in range(7)]
    assert codes == [404] * 5 + [429] * 2


def test_without_redis_reports_come_in_and_the_limits_hold(label: DeviceLabel, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    codes = [Client().post(path(label), form()).status_code for _ in range(8)]
    assert codes == [302] * 5 + [429] * 3


# The desk calls back


def test_the_hospital_sees_nothing_before_it_is_verified(label: DeviceLabel, operator: User) -> None:
    ticket, nurse = file(label), NurseFactory(hospital=label.hospital)
    client = Client()
    client.force_login(nurse)
    assert client.get(f"/requests/{ticket.number}/").status_code == 404
    assert not TicketEvent.objects.for_user(nurse).exists()
    clock = ticket.timeline.deadlines.get(code="response")
    for path in ("", "events/", "deadlines/", "quotes/"):
        assert client.get(f"/api/v1/tickets/{ticket.number}/{path}").status_code == 404, path
    assert client.post(f"/api/v1/deadlines/{clock.pk}/acknowledge/").status_code == 403
    for page in ("/", "/requests/?whose=all", f"/devices/{label.device_id}/", "/api/v1/tickets/"):
        assert ticket.title not in client.get(page).content.decode(), page
    workflow.verify(ticket, by=operator, reporter=nurse, now=NOW)
    answer = client.get(f"/requests/{ticket.number}/")
    assert answer.status_code == 200
    ticket.refresh_from_db()
    assert (ticket.reporter, ticket.is_unverified) == (nurse, False)
    assert Notification.objects.get(person=nurse).kind == "ticket.receipt"


def test_a_report_of_somebody_without_an_account_reads_well_everywhere(label: DeviceLabel, operator: User) -> None:
    ticket = workflow.verify(file(label), by=operator, now=NOW)
    technician, desk = Client(), Client()
    technician.force_login(TechnicianFactory(hospital=label.hospital))
    desk.force_login(operator)
    for client, url in (
        (technician, f"/requests/{ticket.number}/"), (technician, "/requests/"), (technician, "/"),
        (desk, f"/desk/tickets/{ticket.number}/"), (desk, "/desk/"), (desk, f"/api/v1/tickets/{ticket.number}/"),
        (desk, f"/desk/devices/{label.device_id}/"),
    ):  # fmt: skip
        assert client.get(url).status_code == 200, url
    workflow.answer(ticket, by=operator, text="请重启", now=NOW)
    workflow.resolve(ticket, by=operator, cause="a", action="b", now=NOW)
    assert workflow.confirm(ticket, by=technician_of(label), now=NOW).status == Status.CLOSED


def technician_of(label: DeviceLabel) -> User:
    return User.objects.get(hospital=label.hospital, role="hospital_technician")


def test_a_report_that_is_not_true_is_discarded_and_its_clocks_end(label: DeviceLabel, operator: User) -> None:
    ticket = workflow.discard(file(label), by=operator, reason="玩笑", now=NOW)
    assert ticket.status == Status.CANCELLED
    assert not Deadline.objects.filter(timeline=ticket.timeline, state="running").exists()
    technician = TechnicianFactory(hospital=label.hospital)
    assert not Ticket.objects.for_user(technician).exists()
    assert not Notification.objects.filter(person__hospital=label.hospital).exists()


def test_only_an_unverified_ticket_is_verified_or_discarded(label: DeviceLabel, operator: User) -> None:
    ticket = workflow.verify(file(label), by=operator, now=NOW)
    with pytest.raises(states.Refused):
        workflow.verify(ticket, by=operator, now=NOW)
    with pytest.raises(states.Refused):
        workflow.discard(ticket, by=operator, reason="x", now=NOW)


def test_a_reporter_is_one_of_the_hospital(label: DeviceLabel, operator: User) -> None:
    with pytest.raises(states.Refused):
        workflow.verify(file(label), by=operator, reporter=NurseFactory(), now=NOW)


def test_queue_and_workspace_say_that_somebody_has_to_call_back(label: DeviceLabel, operator: User) -> None:
    ticket, desk = file(label), Client()
    desk.force_login(operator)
    assert "138****2217" in desk.get("/desk/").content.decode()
    page = desk.get(f"/desk/tickets/{ticket.number}/")
    assert [action.verb for action in page.context["actions_shown"]][:2] == ["verify", "discard"]
    assert desk.post(f"/desk/tickets/{ticket.number}/verify/", {}).status_code == 302
    ticket.refresh_from_db()
    assert not ticket.is_unverified
