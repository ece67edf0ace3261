"""The API's tickets to read: whose, page by page, narrowed by known names only (T001, T017, T032-T035)."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries

from attachments import storage
from tests.api_case import Program, mistakes
from tests.factories import DeviceFactory, NurseFactory, SiteFactory, TicketFactory
from tests.tickets.conftest import Scene
from tests.world import picture
from tickets import workflow
from tickets.models import Ticket


def numbers(program: Program, path: str = "/tickets/", **query: object) -> list[str]:
    answer = program.get(path, **query)
    assert answer.status_code == 200, answer.content.decode()
    return [row["number"] for row in answer.json()["results"]]


def test_a_hospital_lists_its_own_tickets_newest_first(scene: Scene) -> None:
    first, second = scene.file(), scene.file()
    TicketFactory(reporter=NurseFactory())
    assert numbers(Program(scene.nurse)) == [second.number, first.number]
    assert len(numbers(Program(scene.operator))) == 3


def test_what_is_the_companys_own_business_is_not_in_a_hospitals_answer(scene: Scene) -> None:
    ticket = scene.file(fault_class=scene.fault_class("port"))
    workflow.take(ticket, by=scene.operator, now=scene.at("09:05"))
    inside = {"assignee", "team", "fault_class", "priority_reason", "offered_to"}
    hospital = Program(scene.nurse).get(f"/tickets/{ticket.number}/").json()
    company = Program(scene.lead).get(f"/tickets/{ticket.number}/").json()
    assert inside & set(hospital) == set()
    assert set(company) - set(hospital) == inside
    assert company["assignee"] == {"id": scene.operator.pk, "name": scene.operator.name}
    assert company["contact_phone"] == f"139****{scene.nurse.phone[-4:]}"
    assert hospital["contact_phone"] == scene.nurse.phone


def test_the_whole_number_is_given_once_and_who_looked_is_on_record(scene: Scene) -> None:
    ticket = scene.file()
    answer = Program(scene.operator).post(f"/tickets/{ticket.number}/phone/")
    assert answer.json() == {"contact_phone": scene.nurse.phone}
    assert Program(scene.nurse).post(f"/tickets/{ticket.number}/phone/").status_code == 403


def test_a_ticket_says_what_the_asker_may_do_to_it_now(scene: Scene) -> None:
    ticket = scene.file()
    assert Program(scene.nurse).get(f"/tickets/{ticket.number}/").json()["verbs"] == ["words"]
    assert "take" in Program(scene.operator).get(f"/tickets/{ticket.number}/").json()["verbs"]


@pytest.mark.parametrize("part", ["", "events/", "deadlines/"])
def test_anothers_ticket_is_byte_for_byte_no_ticket(scene: Scene, part: str) -> None:
    ticket, stranger = scene.file(), Program(NurseFactory())
    found = stranger.get(f"/tickets/{ticket.number}/{part}")
    nothing = stranger.get(f"/tickets/SR-2026-999999/{part}")
    nonsense = stranger.get(f"/tickets/nonsense/{part}")
    assert (found.status_code, found.content) == (404, nothing.content)
    assert (nonsense.status_code, nonsense.content) == (404, nothing.content)


# --- pages


def test_following_next_reads_every_ticket_once_and_previous_leads_back(scene: Scene) -> None:
    filed = [scene.file().number for _ in range(5)]
    program, seen, url = Program(scene.nurse), [], "/tickets/?page_size=2"
    pages = []
    while url:
        pages.append(program.get(url).json())
        seen += [row["number"] for row in pages[-1]["results"]]
        url = pages[-1]["next"]
    assert seen == filed[::-1]
    assert program.get(pages[1]["previous"]).json()["results"] == pages[0]["results"]


def test_a_cursor_with_nothing_behind_it_gives_an_empty_page_not_the_first(scene: Scene) -> None:
    scene.file()
    body = Program(scene.nurse).get("/tickets/", after="~1").json()
    assert body == {"next": None, "previous": None, "results": []}


def test_by_due_time_the_one_that_falls_due_first_comes_first(scene: Scene) -> None:
    late, early = scene.file("10:00").number, scene.file("09:00").number
    assert numbers(Program(scene.operator), ordering="due") == [early, late]


MEANINGLESS = [
    {"after": "x"}, {"after": "2026-13-45T00:00:00+00:00~1"}, {"before": "~٣"}, {"after": "~" + "9" * 40},
    {"page_size": 10**6}, {"page_size": 0}, {"page_size": "x"}, {"page_size": "٣"},
    {"ordering": "reporter__password"}, {"status": "gone"}, {"open": "maybe"}, {"priority": 9},
    {"hospital": "x"}, {"hospital": 2**70}, {"device": "1e400"}, {"q": "x" * 200}, {"q": "a\0b"},
    {"_connector": "OR"}, {"hospital__name": "x"}, {"__class__": "x"}, {"q'": "x"}, {"format": "api"},
]  # fmt: skip


def test_a_parameter_that_means_nothing_is_refused_by_name(db: None) -> None:
    program = Program(NurseFactory())
    found = [set(mistakes(program.get("/tickets/", **query))) for query in MEANINGLESS]
    assert found == [set(query) for query in MEANINGLESS]


@pytest.mark.parametrize("name", ["kind", "status", "site", "open", "priority", "ordering"])
def test_a_parameter_without_a_value_is_refused_by_name(db: None, name: str) -> None:
    response = Program(NurseFactory()).get("/tickets/", **{name: ""})
    assert (response.status_code, list(mistakes(response))) == (400, [name])


def test_known_parameters_narrow_the_list(scene: Scene) -> None:
    device = DeviceFactory(site=scene.site)
    one, other = scene.file(device=device, title="花屏"), scene.file()
    workflow.cancel(other, by=scene.operator, reason="重复", now=scene.at("09:05"))
    program = Program(scene.operator)
    assert numbers(program, q="花屏") == [one.number]
    assert numbers(program, device=device.pk) == [one.number]
    assert numbers(program, open="true") == [one.number]
    assert numbers(program, open="false") == [other.number]
    assert numbers(program, status=["new", "cancelled"]) == [other.number, one.number]
    assert numbers(program, hospital=scene.hospital.pk, kind="fault", priority=1) == []


def test_a_strangers_ids_narrow_to_nothing(scene: Scene) -> None:
    scene.file()
    stranger = Program(NurseFactory())
    assert numbers(stranger, hospital=scene.hospital.pk) == []
    assert numbers(stranger, q=Ticket.objects.get().number) == []


# --- story and files


def test_a_hospital_never_reads_an_internal_line_or_an_internal_detail(scene: Scene) -> None:
    ticket = scene.file()
    workflow.note(ticket, by=scene.operator, text="不可信", now=scene.at("09:05"))
    workflow.answer(ticket, by=scene.operator, text="请重启", now=scene.at("09:10"))
    workflow.log_call(
        ticket, by=scene.operator, started_at=scene.at("09:11"), seconds=60, summary="电话", answered=True,
        hang_up_reason="客户不耐烦", now=scene.at("09:12"),
    )  # fmt: skip
    hospital = Program(scene.nurse).get(f"/tickets/{ticket.number}/events/")
    company = Program(scene.operator).get(f"/tickets/{ticket.number}/events/").json()["results"]
    assert "不可信" not in hospital.content.decode()
    assert "客户不耐烦" not in hospital.content.decode()
    assert {line["kind"] for line in company} - {line["kind"] for line in hospital.json()["results"]} == {"note"}
    assert next(line for line in company if line["kind"] == "call")["details"]["hang_up_reason"] == "客户不耐烦"


def test_a_file_leaves_by_token_for_whoever_may_see_its_line(scene: Scene, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    photo = SimpleUploadedFile("photo.png", picture(), content_type="image/png")
    ticket = scene.file(files=[photo])
    program = Program(scene.nurse)
    [line] = [one for one in program.get(f"/tickets/{ticket.number}/events/").json()["results"] if one["files"]]
    [file] = line["files"]
    answer = program.get(file["url"])
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == storage.SANDBOX
    assert Program(NurseFactory()).get(file["url"]).status_code == 404


# --- cost


def test_fifty_tickets_cost_six_queries_and_one_costs_eight(
    scene: Scene, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    device = DeviceFactory(site=scene.site)
    tickets = [scene.file(device=device) for _ in range(12)]
    for person in (scene.nurse, scene.engineer, scene.operator):
        program = Program(person)
        for path, most in (("/tickets/", 6), (f"/tickets/{tickets[0].number}/", 8), ("/tickets/?ordering=due", 6)):
            with django_assert_max_num_queries(most):
                program.get(path)


# --- devices, sites, fault classes


def test_devices_and_sites_are_ones_own(scene: Scene) -> None:
    device, foreign = DeviceFactory(site=scene.site), DeviceFactory(site=SiteFactory())
    program = Program(scene.nurse)
    assert [row["id"] for row in program.get("/devices/").json()["results"]] == [device.pk]
    assert [row["id"] for row in program.get("/sites/").json()["results"]] == [scene.site.pk]
    assert program.get("/devices/", serial=device.serial).json()["results"][0]["model"]["kind"] == "terminal"
    assert program.get(f"/devices/{device.pk}/").json()["site"] == {"id": scene.site.pk, "name": scene.site.name}
    assert program.get(f"/sites/{scene.site.pk}/").json()["timezone"] == "Asia/Shanghai"
    assert program.get("/devices/", state="retired").json()["results"] == []
    assert program.get(f"/devices/{foreign.pk}/").status_code == 404
    assert program.get(f"/devices/{'9' * 30}/").status_code == 404
    assert program.get(f"/sites/{foreign.site_id}/").status_code == 404


def test_fault_classes_name_what_a_report_may_say(scene: Scene) -> None:
    rows = Program(scene.nurse).get("/fault-classes/").json()
    assert "node_down" in {row["code"] for row in rows}
    assert any(row["tiles"] for row in rows)
