"""Filing a fault: three choices, what stands beside them, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from attachments.models import Attachment
from sla.models import Deadline
from tests.factories import (
    DeviceFactory,
    DeviceModelFactory,
    ManagerFactory,
    SiteFactory,
)
from tests.tickets.hospital_case import Case
from tests.tickets.portal.pages import file_url, page_of, photo, report, text_of
from tickets import workflow
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def test_three_choices_are_enough_and_the_answer_says_who_answers_by_when(case: Case, nurse: Client) -> None:
    answer = nurse.post(file_url(), report(case), follow=True)
    ticket = Ticket.objects.get()
    due = timezone.localtime(ticket.timeline.deadlines.get(code="response").due_at)
    assert answer.redirect_chain == [(page_of(ticket), 302)]
    assert f"A technician answers you by {due:%H:%M}." in text_of(answer.content)
    assert (ticket.reporter, ticket.site, ticket.device) == (case.nurse, case.site, case.terminal)
    assert (ticket.title, ticket.description, ticket.channel) == ("没有画面", "", "portal")


@pytest.mark.parametrize(("severity", "impact", "urgency"), [("now", 1, 1), ("today", 2, 2), ("later", 3, 3)])
def test_how_bad_it_is_becomes_impact_and_urgency(
    severity: str, impact: int, urgency: int, case: Case, nurse: Client
) -> None:
    nurse.post(file_url(), report(case, severity=severity))
    ticket = Ticket.objects.get()
    assert (ticket.impact, ticket.urgency) == (impact, urgency)


def test_own_words_and_what_was_tried_reach_the_technician(case: Case, nurse: Client) -> None:
    nurse.post(file_url(), report(case, text="Black since noon\nThe lamp is green", tried=["0", "2"]))
    ticket = Ticket.objects.get()
    steps = case.tile("no_picture").first_steps
    assert ticket.title == "没有画面: Black since noon"
    assert ticket.description == (
        f"Black since noon\nThe lamp is green\nAlready tried: {steps[0]['do']}; {steps[2]['do']}"
    )


@pytest.mark.parametrize("code", ["serial", "key"])
def test_a_scanned_code_chooses_the_device(code: str, case: Case, nurse: Client) -> None:
    value = case.terminal.serial.lower() if code == "serial" else case.terminal.pk
    form = nurse.get(file_url(device=value)).context["form"]
    assert form["device"].value() == case.terminal.pk
    assert [option.data["value"].value for option in form.device_options[0]] == [case.terminal.pk]


@pytest.mark.parametrize("code", ["SN-of-nobody", "9" * 30, "%00", "\x00", "-1", "１"])
def test_a_code_that_is_no_device_of_the_hospital_says_so(code: str, nurse: Client) -> None:
    answer = nurse.get(file_url(device=code))
    assert answer.status_code == 200
    assert answer.context["form"]["device"].value() is None
    assert "belongs to no device of your hospital" in text_of(answer.content)


def test_the_code_of_another_hospitals_device_looks_like_one_of_nobodys(case: Case, stranger: Client) -> None:
    answer = stranger.get(file_url(device=case.terminal.serial))
    assert "belongs to no device of your hospital" in text_of(answer.content)
    assert case.terminal.name not in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("device", "Choose the device"),
        ("tile", "Choose the picture that fits best."),
        ("severity", "Say how bad it is."),
        ("contact_name", "Say whom we should ask for."),
    ],
)
def test_a_missing_choice_is_named_and_nothing_is_lost_or_written(
    field: str, sentence: str, case: Case, nurse: Client
) -> None:
    answer = nurse.post(file_url(), report(case, text="A long story", **{field: None}))
    assert answer.status_code == 400
    page = answer.content.decode()
    assert page.count(sentence) == 2, "beside the field and on top"
    assert f'href="#id_{field}"' in page
    assert f'id="id_{field}"' in page
    assert "A long story" in page
    kept = answer.context["form"]
    assert {name: str(kept[name].value()) for name in ("device", "tile", "severity") if name != field} == {
        name: str(value) for name, value in report(case).items() if name in {"device", "tile", "severity"} - {field}
    }
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("field", ["device", "site"])
def test_another_hospitals_device_or_site_is_a_field_error_and_nothing_is_written(
    field: str, case: Case, nurse: Client
) -> None:
    foreign = DeviceFactory()
    changes = {"device": foreign.pk} if field == "device" else {"device": "unknown", "site": foreign.site.pk}
    answer = nurse.post(file_url(), report(case, **changes))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert foreign.name not in answer.content.decode()
    assert not Ticket.objects.exists()


def test_a_device_out_of_use_cannot_be_reported(case: Case, nurse: Client) -> None:
    gone = DeviceFactory(site=case.site, state="retired")
    assert nurse.post(file_url(), report(case, device=gone.pk)).status_code == 400


def test_the_same_form_sent_twice_gives_one_ticket(case: Case, nurse: Client) -> None:
    once = report(case)
    first, second = nurse.post(file_url(), once), nurse.post(file_url(), once)
    assert first["Location"] == second["Location"] == page_of(Ticket.objects.get())


def test_an_unknown_device_needs_no_site_where_there_is_only_one(case: Case, nurse: Client) -> None:
    nurse.post(file_url(), report(case, device="unknown", place="三楼走廊"))
    ticket = Ticket.objects.get()
    assert (ticket.device, ticket.site, ticket.place) == (None, case.site, "三楼走廊")


def test_an_unknown_device_needs_a_site_where_there_are_several(case: Case, nurse: Client) -> None:
    other = SiteFactory(hospital=case.hospital)
    answer = nurse.post(file_url(), report(case, device="unknown"))
    assert answer.status_code == 400
    assert "Say at which site it is." in text_of(answer.content)
    assert answer.context["form"]["site"].value() is None, "nobody guesses where the engineer has to go"
    nurse.post(file_url(), report(case, device="unknown", site=other.pk))
    assert Ticket.objects.get().site == other


def test_photos_hang_on_the_report(case: Case, nurse: Client) -> None:
    nurse.post(file_url(), report(case, photos=[photo("a.jpg"), photo("b.jpg")]))
    ticket = Ticket.objects.get()
    assert ticket.files.count() == 2
    shown = nurse.get(page_of(ticket)).context["page"].photos
    assert {file.name for file in shown} == {"a.jpg", "b.jpg"}
    assert nurse.get(shown[0].url)["Content-Type"] == "image/jpeg"


def test_a_file_that_is_no_photo_is_refused_and_nothing_is_written(case: Case, nurse: Client) -> None:
    bad = SimpleUploadedFile("photo.jpg", b"<script>alert(1)</script>", "image/jpeg")
    answer = nurse.post(file_url(), report(case, text="A long story", photos=[photo(), bad]))
    assert answer.status_code == 400
    page = text_of(answer.content)
    assert "“photo.jpg” is not a photo" in page
    assert "Please choose the photos again" in page
    assert "A long story" in page
    assert not Ticket.objects.exists()
    assert not Attachment.objects.exists()


def test_the_promise_under_the_form_is_the_one_that_the_ticket_gets(case: Case, nurse: Client) -> None:
    with time_machine.travel(case.now, tick=False):
        hints = nurse.get(file_url(device=case.terminal.pk)).context["hints"]
        nurse.post(file_url(), report(case))
    assert Deadline.objects.get(code="response").due_at == hints.answer_by
    assert hints.answer_in == 3600


def test_the_first_steps_are_those_of_the_chosen_picture(case: Case, nurse: Client) -> None:
    tile = case.tile("no_sound")
    answer = nurse.get(reverse("portal:hints"), {"tile": tile.pk, "tried": ["1"]})
    steps = answer.context["hints"].steps
    assert [(step.do, step.tried) for step in steps] == [
        (step["do"], number == 1) for number, step in enumerate(tile.first_steps)
    ]


def test_open_faults_of_the_same_place_are_shown_the_same_device_first(case: Case, nurse: Client) -> None:
    elsewhere = DeviceFactory(site=SiteFactory(hospital=case.hospital))
    same, near = case.file(30, title="same"), case.file(20, title="near", device=case.mcu)
    case.file(10, title="far", device=elsewhere, site=elsewhere.site)
    workflow.cancel(case.file(5), by=ManagerFactory(), reason="twice", now=case.now)
    hints = nurse.get(reverse("portal:hints"), {"device": case.terminal.pk}).context["hints"]
    assert list(hints.open_faults) == [same, near]


@pytest.mark.parametrize("query", [{"device": "x"}, {"device": "9" * 40}, {"tile": "-1"}, {"tried": ["a", "\x00"]}])
def test_made_up_choices_give_no_hints_and_no_error(query: dict[str, Any], case: Case, nurse: Client) -> None:
    assert nurse.get(reverse("portal:hints"), query).status_code == 200


def test_another_hospitals_device_gives_no_hints(case: Case, stranger: Client) -> None:
    case.file(5)
    hints = stranger.get(reverse("portal:hints"), {"device": case.terminal.pk}).context["hints"]
    assert hints.device is None
    assert not hints.open_faults


def test_devices_of_all_kinds_can_be_reported(case: Case, nurse: Client) -> None:
    server = DeviceFactory(site=case.site, model=DeviceModelFactory(kind="his_server"))
    assert nurse.post(file_url(), report(case, device=server.pk)).status_code == 302
