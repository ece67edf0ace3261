"""The technician's pages: three ways on from a colleague's fault, the hospital's choice, trainings (A3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from people.models import User
from sla import defaults as promises
from tests.factories import (
    EngineerFactory,
    NurseFactory,
    OperatorFactory,
    SiteFactory,
    TechnicianFactory,
    TicketFactory,
)
from tickets import defaults, workflow
from tickets.models import FaultClass, Ticket, Training, TriageSetting
from tickets.states import Status

pytestmark = pytest.mark.django_db
ON = {"is_on": "on", "remind_after": "30", "pass_on_after": "240"}


@pytest.fixture
def nurse(db: None) -> User:
    promises.load()
    defaults.load()
    person: User = NurseFactory(language="en")
    SiteFactory(hospital=person.hospital)
    return person


@pytest.fixture
def technician(nurse: User) -> User:
    person: User = TechnicianFactory(hospital=nurse.hospital, language="en")
    assert browser(person).post("/technician/", ON).status_code == 302
    return person


def browser(person: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def filed(nurse: User) -> Ticket:
    now = timezone.now() - timedelta(minutes=5)
    return TicketFactory(reporter=nurse, now=now, fault_class=FaultClass.objects.get(code="port"))


def test_the_technician_switches_it_on_and_bad_limits_are_refused(technician: User) -> None:
    assert TriageSetting.objects.get(hospital=technician.hospital).is_on
    page = browser(technician).post("/technician/", {**ON, "remind_after": "300"})
    assert page.status_code == 400
    for wrong in ("0", "-1", "99999", "x", ""):
        assert browser(technician).post("/technician/", {**ON, "pass_on_after": wrong}).status_code == 400
    assert TriageSetting.objects.get().pass_on_after == 240


def test_the_technician_sees_the_procedure_with_its_version_and_the_ways_on(nurse: User, technician: User) -> None:
    ticket = filed(nurse)
    page = browser(technician).get(f"/requests/{ticket.number}/").content.decode()
    for words in (
        "You look at it first",
        "version 1 of 2020-01-01",
        "换到同类的另一个接口",
        "Solved by ourselves",
        "Send it to",
    ):
        assert words in page
    assert ticket.title in browser(technician).get("/technician/").content.decode()
    assert "Look at it" in browser(technician).get("/").content.decode()


def test_the_nurse_sees_who_has_it_and_can_send_it_but_not_triage(nurse: User, technician: User) -> None:
    ticket = filed(nurse)
    client = browser(nurse)
    page = client.get(f"/requests/{ticket.number}/").content.decode()
    assert "Your technician looks at it first" in page
    assert "Solved by ourselves" not in page
    assert "换到同类的另一个接口" not in page
    assert client.post(f"/requests/{ticket.number}/solve-here/", {"text": "x"}).status_code == 403
    assert client.get("/technician/").status_code == 403
    colleague = browser(NurseFactory(hospital=nurse.hospital))
    assert "Send it to the service centre now" not in colleague.get(f"/requests/{ticket.number}/").content.decode()
    for _press in range(2):
        assert client.post(f"/requests/{ticket.number}/pass-on/", follow=True).status_code == 200
    ticket.refresh_from_db()
    assert ticket.status == Status.NEW
    assert ticket.timeline.facts.filter(kind="notified").count() == 1


def test_solved_by_ourselves_wants_to_know_what_helped(nurse: User, technician: User) -> None:
    ticket = filed(nurse)
    client, door = browser(technician), f"/requests/{ticket.number}/solve-here/"
    assert client.post(door, {"text": "  "}).status_code == 400
    assert client.post(door, {"text": "换了线"}, follow=True).status_code == 200
    page = browser(nurse).get(f"/requests/{ticket.number}/").content.decode()
    assert "换了线" in page
    assert "by your hospital" in page


def test_another_hospitals_technician_finds_nothing(nurse: User, technician: User) -> None:
    ticket = filed(nurse)
    client = browser(TechnicianFactory())
    for door in ("", "pass-on/", "solve-here/"):
        assert client.get(f"/requests/{ticket.number}/{door}").status_code == 404
        assert client.post(f"/requests/{ticket.number}/{door}", {"text": "x"}).status_code in (404, 405)
    ticket.refresh_from_db()
    assert ticket.status == Status.HOSPITAL


def test_the_same_three_steps_through_the_interface(nurse: User, technician: User) -> None:
    ticket = filed(nurse)
    api = f"/api/v1/tickets/{ticket.number}"
    client = browser(technician)
    assert client.get(f"{api}/").json()["status"] == "hospital"
    assert set(client.get(f"{api}/").json()["verbs"]) >= {"words", "pass_on", "solve_here"}
    assert client.get(f"{api}/deadlines/").json()["deadlines"] == []
    sent = client.post(f"{api}/pass-on/", {"reason": "换过线"}, content_type="application/json")
    assert (sent.status_code, sent.json()["status"]) == (200, "new")
    assert {row["code"] for row in client.get(f"{api}/deadlines/").json()["deadlines"]} == {"response", "onsite_bound"}
    again = client.post(f"{api}/solve-here/", {"text": "x"}, content_type="application/json")
    assert again.status_code == 409


def test_the_console_shows_it_marked_and_takes_it_over(nurse: User, technician: User) -> None:
    ticket = filed(nurse)
    operator = browser(OperatorFactory(language="en"))
    assert ticket.number not in operator.get("/desk/?tab=open").content.decode()
    assert "At the hospital&#x27;s technician" in operator.get("/desk/?tab=all").content.decode()
    page = operator.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "Take it over from the hospital" in page
    assert operator.post(f"/desk/tickets/{ticket.number}/pass-on/", {"reason": ""}).status_code == 302
    ticket.refresh_from_db()
    assert ticket.status == Status.NEW


def test_trainings_are_those_of_the_own_hospital(nurse: User, technician: User) -> None:
    now = timezone.now()
    said = {"held_on": now.date(), "trainer": "李航", "recorded_by": EngineerFactory(), "recorded_at": now}
    Training.objects.create(hospital=nurse.hospital, person=nurse, topic="会议室开机", **said)
    other = TechnicianFactory()
    Training.objects.create(hospital=other.hospital, attendee="外院", topic="别院", **said)
    page = browser(technician).get("/technician/").content.decode()
    assert "会议室开机" in page
    assert nurse.name in page
    assert "别院" not in page


def test_the_form_promises_no_answer_of_the_company_while_the_technician_goes_first(
    nurse: User, technician: User
) -> None:
    words = "technician looks at it first"
    assert words in browser(nurse).get("/report/").content.decode()
    assert words not in browser(technician).get("/report/").content.decode()
    workflow.configure(
        technician.hospital, is_on=False, keeps_urgent=False, remind_after=30, pass_on_after=240, by=technician,
        now=timezone.now(),
    )  # fmt: skip
    assert words not in browser(nurse).get("/report/").content.decode()
