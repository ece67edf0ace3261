"""Reporting by API: strict, in one's own hospital, once per key (T003, T025-T029, T100)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from people import idempotency
from people.models import StoredReply, User
from tests.api_case import Program, mistakes
from tests.factories import DeviceFactory, DeviceModelFactory, HospitalFactory, NurseFactory, SiteFactory
from tests.tickets.conftest import Scene
from tickets.models import FaultTile, Ticket

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
KEY = {"Idempotency-Key": "ward-7/2026-11-18/4"}


@pytest.fixture(autouse=True)
def clock() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def test_a_hospital_reports_a_fault_and_its_clocks_run(scene: Scene) -> None:
    device = DeviceFactory(site=scene.site)
    tile = FaultTile.objects.first()
    assert tile is not None
    answer = Program(scene.nurse).post(
        "/tickets/", title="会诊终端无画面", device=device.pk, severity="now", tile=tile.code, place="三楼"
    )
    assert answer.status_code == 201
    body = answer.json()
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/api/v1/tickets/{ticket.number}/"
    read = Program(scene.nurse).get(answer["Location"])
    assert (read.json(), read["ETag"]) == (answer.json(), answer["ETag"])
    assert (body["number"], body["channel"], body["priority"]) == (ticket.number, "api", 1)
    assert (ticket.reporter, ticket.site, ticket.fault_class) == (scene.nurse, scene.site, tile.fault_class)
    assert body["created_at"] == "2026-11-18T03:24:00Z"
    assert ticket.timeline.deadlines.get(code="response").due_at == NOW + timedelta(hours=1)


def test_a_title_is_enough_where_there_is_one_site(scene: Scene) -> None:
    assert Program(scene.nurse).post("/tickets/", title="打不开").status_code == 201
    SiteFactory(hospital=scene.hospital)
    assert mistakes(Program(scene.nurse).post("/tickets/", title="打不开")) == {"#/site": "invalid"}


def test_the_desk_takes_a_report_in_for_a_hospital(scene: Scene) -> None:
    answer = Program(scene.operator).post(
        "/tickets/", title="打不开", site=scene.site.pk, impact=1, urgency=1, notified_at="2026-11-18T11:00:00+08:00"
    )
    assert answer.status_code == 201
    ticket = Ticket.objects.get()
    assert (ticket.reporter, ticket.hospital) == (scene.operator, scene.hospital)
    assert Program(scene.operator).get(answer["Location"]).json() == answer.json()
    assert ticket.created_at == NOW - timedelta(minutes=24)


NOT_THE_HOSPITALS = [
    "impact", "urgency", "priority", "fault_class", "notified_at", "status", "number", "version", "hospital",
    "reporter", "created_at", "due_at", "channel", "id", "__proto__", "assignee",
]  # fmt: skip


def test_a_field_that_is_not_the_hospitals_to_say_is_refused_by_name(scene: Scene) -> None:
    program = Program(scene.nurse)
    for field in NOT_THE_HOSPITALS:
        answer = program.post("/tickets/", title="x", **{field: 1})
        assert mistakes(answer) == {f"#/{field}": "unknown"}
        assert answer.json()["errors"][0]["detail"] == "There is no such field."
    assert not Ticket.objects.exists()


OF_ANOTHER_KIND = [
    ({}, "title"), ({"title": ""}, "title"), ({"title": "  "}, "title"), ({"title": 5}, "title"),
    ({"title": "x" * 121}, "title"), ({"title": None}, "title"), ({"title": "a\0b"}, "title"),
    ({"title": ["x"]}, "title"),
    ({"title": "x", "kind": "war"}, "kind"), ({"title": "x", "severity": True}, "severity"),
    ({"title": "x", "device": "1"}, "device"), ({"title": "x", "device": 2**70}, "device"),
    ({"title": "x", "device": True}, "device"), ({"title": "x", "site": None}, "site"),
    ({"title": "x", "tile": "no-such"}, "tile"), ({"title": "x", "tile": "a\0"}, "tile"),
    ({"title": "x", "contact_phone": "drop table"}, "contact_phone"),
    ({"title": "x", "contact_phone": 13900000000}, "contact_phone"),
]  # fmt: skip


def test_a_value_of_another_kind_is_refused_at_its_place(scene: Scene) -> None:
    program = Program(scene.nurse)
    found = [list(mistakes(program.post("/tickets/", **said))) for said, _ in OF_ANOTHER_KIND]
    assert found == [[f"#/{where}"] for _, where in OF_ANOTHER_KIND]
    assert not Ticket.objects.exists()


def test_a_report_is_neither_of_the_future_nor_of_long_ago(scene: Scene) -> None:
    program = Program(scene.operator)
    for at in ("2026-11-18T11:30:00+08:00", "2026-11-01T00:00:00Z", "2026-11-18T03:00:00", "now"):
        answer = program.post("/tickets/", title="x", site=scene.site.pk, impact=2, urgency=2, notified_at=at)
        assert list(mistakes(answer)) == ["#/notified_at"]


def test_another_hospitals_things_do_not_exist(scene: Scene) -> None:
    foreign = DeviceFactory(site=SiteFactory())
    program = Program(scene.nurse)
    for said in ({"device": foreign.pk}, {"site": foreign.site_id}):
        answer = program.post("/tickets/", title="x", **said)
        unknown = program.post("/tickets/", title="x", **dict.fromkeys(said, 987654321))
        assert list(mistakes(answer).values()) == ["does_not_exist"]
        assert answer.content.replace(str(*said.values()).encode(), b"987654321") == unknown.content


def test_device_and_site_must_belong_together_and_be_in_use(scene: Scene) -> None:
    elsewhere = SiteFactory(hospital=scene.hospital)
    device, gone = DeviceFactory(site=scene.site), DeviceFactory(site=scene.site, state="retired")
    program = Program(scene.nurse)
    assert list(mistakes(program.post("/tickets/", title="x", device=device.pk, site=elsewhere.pk))) == ["#/device"]
    assert list(mistakes(program.post("/tickets/", title="x", device=gone.pk))) == ["#/device"]


def test_filing_reads_nothing_back(scene: Scene, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    device, program = DeviceFactory(site=scene.site), Program(scene.nurse)
    said = {"title": "打不开", "device": device.pk, "tile": FaultTile.objects.values_list("code", flat=True)[0]}
    program.post("/tickets/", **said)
    with django_assert_max_num_queries(19) as seen:
        program.post("/tickets/", **said)
    assert not [query for query in seen.captured_queries if 'FROM "tickets_ticket"' in query["sql"]]


# --- once


def test_the_same_request_with_the_same_key_gives_the_same_reply_and_one_ticket(scene: Scene) -> None:
    program = Program(scene.nurse)
    first = program.post("/tickets/", KEY, title="打不开")
    again = program.send("POST", "/tickets/", '{ "title" : "打不开" }'.encode(), KEY)
    assert first.status_code == again.status_code == 201
    assert (first.content, first["Location"], first["ETag"]) == (again.content, again["Location"], again["ETag"])
    assert Ticket.objects.count() == 1


def test_the_same_key_with_another_request_is_refused(scene: Scene) -> None:
    program = Program(scene.nurse)
    number = program.post("/tickets/", KEY, title="打不开").json()["number"]
    answer = program.post("/tickets/", KEY, title="另一件")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert program.post(f"/tickets/{number}/words/", KEY, text="急").status_code == 422
    assert Ticket.objects.count() == 1


def test_a_key_is_the_persons_own(scene: Scene) -> None:
    colleague = NurseFactory(hospital=scene.hospital)
    Program(scene.nurse).post("/tickets/", KEY, title="打不开")
    assert Program(colleague).post("/tickets/", KEY, title="打不开").status_code == 201
    assert Ticket.objects.count() == 2


def test_a_reply_does_not_move_to_another_hospital_with_its_person(scene: Scene) -> None:
    Program(scene.nurse).post("/tickets/", KEY, title="打不开")
    User.objects.filter(pk=scene.nurse.pk).update(hospital=SiteFactory(hospital=HospitalFactory()).hospital)
    moved = Program(User.objects.get(pk=scene.nurse.pk))
    assert moved.post("/tickets/", KEY, title="打不开").status_code == 422


def test_what_was_refused_can_be_sent_right_with_the_same_key(scene: Scene) -> None:
    program = Program(scene.nurse)
    assert program.post("/tickets/", KEY, title="").status_code == 400
    assert program.post("/tickets/", KEY, title="打不开").status_code == 201


def test_a_key_of_no_use_is_refused(scene: Scene) -> None:
    program = Program(scene.nurse)
    for key in ("", "x" * 201, "line\x7f", "é"):
        assert list(mistakes(program.post("/tickets/", {"Idempotency-Key": key}, title="x"))) == ["Idempotency-Key"]


def test_a_verb_sent_twice_with_its_key_is_done_once(scene: Scene) -> None:
    ticket, program = scene.file("2026-11-18 11:00"), Program(scene.operator)
    first = program.post(f"/tickets/{ticket.number}/answer/", KEY, text="请重启")
    assert program.post(f"/tickets/{ticket.number}/answer/", KEY, text="请重启").content == first.content
    assert scene.kinds(ticket, kind="answer") == ["answer"]


def test_the_key_costs_two_statements(
    scene: Scene, django_assert_num_queries: DjangoAssertNumQueries, django_assert_max_num_queries
) -> None:
    program = Program(scene.nurse)
    program.post("/tickets/", title="warm")
    with django_assert_max_num_queries(200) as plain:
        program.post("/tickets/", title="one")
    # Beside the two: the transaction that holds ticket and reply together (its savepoints are inside it).
    with django_assert_max_num_queries(len(plain) + 4) as keyed:
        program.post("/tickets/", KEY, title="two")
    assert sum("people_storedreply" in query["sql"] for query in keyed.captured_queries) == 2


def test_replies_are_forgotten_after_ninety_days(scene: Scene, clock: time_machine.Coordinates) -> None:
    Program(scene.nurse).post("/tickets/", KEY, title="打不开")
    assert idempotency.forget(NOW + timedelta(days=89)) == 0
    assert idempotency.forget(NOW + timedelta(days=91)) == 1
    assert not StoredReply.objects.exists()


def test_a_device_of_a_software_kind_brings_its_own_hospital(scene: Scene) -> None:
    device = DeviceFactory(site=scene.site, model=DeviceModelFactory(kind="software"))
    answer = Program(scene.lead).post("/tickets/", title="x", device=device.pk, impact=3, urgency=3)
    assert answer.json()["hospital"]["id"] == scene.hospital.pk
