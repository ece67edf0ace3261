"""The service report of a visit (A8): frozen when it is signed, made in two languages, checked by its code."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from pypdf import PdfReader

from attachments import storage
from sla.evidence import Evidence
from tests.factories import EngineerFactory, NurseFactory
from tests.tickets.conftest import Scene
from tests.tickets.portal.pages import signed_in
from tests.world import picture
from tickets import service_report, workflow
from tickets.models import Ticket, TicketVisit
from visits.models import Checklist, Crew, ServiceReport, Signature, Visit, VisitRecord

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def papers(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def ticket(scene: Scene) -> Ticket:
    """Answered eleven minutes late, an engineer sent, there in time."""
    row = scene.file()
    workflow.answer(row, by=scene.operator, text="请先重启。", now=scene.at("10:31"))
    workflow.remote_failed(row, by=scene.operator, reason="重启无效", now=scene.at("10:40"))
    workflow.depart(row, by=scene.engineer, now=scene.at("10:50"))
    return workflow.arrive(row, by=scene.engineer, now=scene.at("11:20"))


@pytest.fixture
def visit(scene: Scene, ticket: Ticket) -> Visit:
    """At work, with a reading, a part, a note for the hospital and one that is internal; signed."""
    link = TicketVisit.objects.filter(ticket=ticket).first()
    row = link.visit if link else _visit(scene, ticket)
    row.found, row.done, row.outcome = "主控板输出偏低", "更换主控板", Visit.Outcome.SOLVED
    row.checklist = Checklist.objects.create(
        code="mcu", version=1, name="MCU", items=[{"key": "temp", "text": "主控板温度", "kind": "number"}]
    )
    row.save()
    hot = {"item": "temp", "value": "83", "unit": "℃", "ok": False}
    board = {"part": "MX8-MB-03", "name": "主控板", "quantity": 1, "serial_in": "MB-0042", "serial_out": "MB-0117"}
    said: list[tuple[str, str, bool, dict[str, Any]]] = [
        ("reading", "更换前", False, hot),
        ("part", "", False, board),
        ("note", "建议清洁滤网", True, {}),
        ("note", "门卫很慢", False, {}),
        ("part", "已改派后才到的记录", False, {"held": "part"}),
    ]  # fmt: skip
    for number, (kind, body, public, data) in enumerate(said):
        VisitRecord.objects.create(
            visit=row, hospital=row.hospital, kind=kind, body=body, is_public=public, data=data, by=scene.engineer,
            at=scene.at(f"12:0{number}"), recorded_at=scene.at("12:10"),
        )  # fmt: skip
    Signature.objects.create(
        visit=row, is_solved=True, name="刘海燕", department="信息科", signed_at=scene.at("12:30"), satisfaction=5,
        image=storage.accept(
            SimpleUploadedFile("s.png", picture(), "image/png"), hospital=row.hospital, by=None, now=scene.at("12:30")
        ),
    )  # fmt: skip
    return row


def _visit(scene: Scene, ticket: Ticket) -> Visit:
    window = {"starts_at": scene.at("11:00"), "ends_at": scene.at("13:00")}
    row = Visit.objects.create(
        hospital=ticket.hospital, site=ticket.site, timeline=ticket.timeline, subject="x", arrived_at=scene.at("11:20"),
        created_at=scene.at("10:45"), changed_at=scene.at("10:45"), **window,
    )  # fmt: skip
    TicketVisit.objects.create(ticket=ticket, visit=row)
    Crew.objects.create(visit=row, engineer=scene.engineer, during=(window["starts_at"], window["ends_at"]))
    return row


def test_it_freezes_what_was_found_measured_fitted_and_promised(scene: Scene, ticket: Ticket, visit: Visit) -> None:
    report, _english = service_report.freeze(ticket, visit, now=scene.at("12:30"))
    said = report.content
    assert (said["found"], said["done"], said["outcome"]) == ("主控板输出偏低", "更换主控板", "solved")
    assert said["engineers"] == [scene.engineer.name]
    assert said["readings"] == [
        {"item": "temp", "name": "主控板温度", "value": "83", "unit": "℃", "ok": False, "remark": "更换前"}
    ]
    assert [(one["serial_in"], one["serial_out"]) for one in said["parts"]] == [("MB-0042", "MB-0117")]
    verdicts = {one["code"]: one["state"] for one in said["promises"]}
    assert (verdicts["response"], verdicts["onsite"], verdicts["fix"]) == ("missed", "met", "running")
    assert said["notes"] == ["建议清洁滤网"], "an internal note stays inside"


def test_it_names_the_engineer_who_signed_of_all_who_came(scene: Scene, ticket: Ticket) -> None:
    row, colleague = TicketVisit.objects.get(ticket=ticket).visit, EngineerFactory(name="李敏")
    images = [
        storage.accept(
            SimpleUploadedFile("s.png", picture(ink), "image/png"),
            hospital=row.hospital,
            by=None,
            now=scene.at("12:30"),
        )
        for ink in ("navy", "black")
    ]
    said = {"is_solved": True, "name": "刘海燕", "image": images[0], "engineer_image": images[1]}
    workflow.sign_visit(ticket, row, by=colleague, evidence=Evidence(scene.at("12:30")), now=scene.at("12:30"), **said)
    signed = ServiceReport.objects.filter(visit=row)[0].content["signature"]
    assert (signed["engineer"], signed["engineer_image"]) == ("李敏", images[1].sha256)
    workflow.make_reports(scene.at("12:31"))
    report = ServiceReport.objects.get(visit=row, language="en")
    assert report.file is not None
    paper = PdfReader(BytesIO(storage.full_path(report.file.path).read_bytes()))
    assert len(paper.pages[-1].images) == 2
    assert "李敏" in paper.pages[-1].extract_text()


def test_what_is_changed_later_changes_neither_the_report_nor_its_code(
    scene: Scene, ticket: Ticket, visit: Visit
) -> None:
    first = service_report.freeze(ticket, visit, now=scene.at("12:30"))
    visit.done = "nothing"
    visit.save()
    again = service_report.freeze(ticket, visit, now=scene.at("13:00"))
    assert {row.pk for row in again} == {row.pk for row in first}
    kept = ServiceReport.objects.get(pk=first[0].pk)
    assert kept.content["done"] == "更换主控板"
    assert service_report.check_code(kept.content) == kept.check_code == first[1].check_code
    assert service_report.check_code({**kept.content, "done": "nothing"}) != kept.check_code


def test_the_papers_are_made_once_in_both_languages_and_the_hospital_is_told(
    scene: Scene, ticket: Ticket, visit: Visit
) -> None:
    code = service_report.freeze(ticket, visit, now=scene.at("12:30"))[0].check_code
    assert (workflow.make_reports(scene.at("12:31")), workflow.make_reports(scene.at("12:32"))) == (1, 0)
    for report in ServiceReport.objects.filter(visit=visit).select_related("file"):
        assert report.file is not None
        paper = PdfReader(BytesIO(storage.full_path(report.file.path).read_bytes()))
        text = "".join(page.extract_text() for page in paper.pages)
        for words in (code, ticket.number, "更换主控板", "83 ℃", "MB-0042", "MB-0117", "刘海燕"):
            assert words in text, (report.language, words)
        assert report.sha256 == report.file.sha256
        assert ("Times against what we promised" in text) or report.language != "en"
        assert "门卫很慢" not in text
    assert scene.told("ticket.report") == [scene.nurse]


def test_the_hospital_fetches_it_from_the_story_and_another_hospital_does_not(
    scene: Scene, ticket: Ticket, visit: Visit
) -> None:
    code = service_report.freeze(ticket, visit, now=scene.at("12:30"))[0].check_code
    workflow.make_reports(scene.at("12:31"))
    client = signed_in(scene.nurse)
    page = client.get(f"/requests/{ticket.number}/").content.decode()
    assert f"{ticket.number}-{visit.pk}-zh.pdf" in page
    record = client.get(f"/reports/{code}/").content.decode()
    assert "Unchanged since it was signed" in record
    assert signed_in(NurseFactory()).get(f"/reports/{code}/").status_code == 404


def test_a_record_that_was_tampered_with_says_so(scene: Scene, ticket: Ticket, visit: Visit) -> None:
    report = service_report.freeze(ticket, visit, now=scene.at("12:30"))[0]
    ServiceReport.objects.filter(pk=report.pk).update(content={**report.content, "outcome": "part"})
    client = signed_in(scene.nurse)
    assert "Does not agree with its check code" in client.get(f"/reports/{report.check_code}/").content.decode()
