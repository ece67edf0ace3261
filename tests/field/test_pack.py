"""What a phone takes along: own jobs with all they need, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from devices import lifecycle
from field import pack
from people.models import Role
from spares.models import Part
from tests.factories import EngineerFactory
from tests.field import field_case
from tests.field.field_case import MINUTE, NOW, Day, Phone
from visits import checklists, dispatch
from visits.models import Checklist, Visit


def jobs(day: Day) -> list[dict[str, Any]]:
    answer = day.phone.get("pack")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["jobs"])


def test_a_job_brings_all_that_is_needed_without_a_signal(day: Day) -> None:
    part = Part.objects.create(code="MX8-MB-03", name="主控板", price="12800")
    part.fits.add(day.case.mcu.model)
    (job,) = jobs(day)
    assert (job["day"], job["state"], job["is_mine_to_lead"]) == ("today", "planned", True)
    assert job["site"]["address"] == day.case.site.address
    assert job["contact"] == {"name": "刘海燕", "phone": "13900000217"}
    assert job["ticket"]["number"] == day.ticket.number
    assert job["ticket"]["fault_class"]["code"] == "node_down"
    assert job["ticket"]["verdict"]["text"]
    assert job["device"]["serial"] == day.case.mcu.serial
    assert (job["checklist"]["code"], job["checklist"]["version"]) == ("mcu-fault", 1)
    assert job["fits"] == [{"part": part.pk, "code": "MX8-MB-03", "name": "主控板"}]
    assert job["fields"]["fault_class"]["value"] == "node_down"
    assert [one["name"] for one in job["crew"]] == ["李航"]


def test_the_clock_says_by_when_to_leave(day: Day) -> None:
    visit = day.visit
    visit.travel_minutes = 35
    visit.save()
    (job,) = jobs(day)
    clock = next(one for one in job["clocks"] if one["code"] == "onsite")
    due = day.ticket.timeline.deadlines.get(code="onsite").due_at
    assert clock["due_at"] == due.isoformat().replace("+00:00", "Z")
    assert clock["clause"]
    assert clock["warn_at"] < clock["due_at"]
    assert job["depart_by"] == (due - timedelta(minutes=35)).isoformat().replace("+00:00", "Z")


def test_prices_and_other_peoples_jobs_are_never_in_it(day: Day) -> None:
    Part.objects.create(code="MX8-MB-03", name="主控板", price="98765.43").fits.add(day.case.mcu.model)
    colleague = EngineerFactory(team=day.engineer.team, name="陈亮")
    other = field_case.plan(day.case, day.case.file(10, device=day.case.terminal), NOW + 2 * 60 * MINUTE, colleague)
    text = day.phone.get("pack").content.decode()
    assert "98765" not in text
    assert other.subject not in text
    assert "陈亮" not in text


def test_what_lies_after_tomorrow_is_left_out_and_what_is_overdue_stays(day: Day) -> None:
    later = field_case.plan(day.case, day.case.file(10), NOW + timedelta(days=2))
    tomorrow = field_case.plan(day.case, day.case.file(9), NOW + timedelta(days=1))
    Visit.objects.filter(pk=day.visit.pk).update(starts_at=NOW - timedelta(days=3), ends_at=NOW - timedelta(days=2))
    assert [(one["id"], one["day"]) for one in jobs(day)] == [(day.visit.pk, "overdue"), (tomorrow.pk, "tomorrow")]
    assert later.pk not in {one["id"] for one in jobs(day)}


def test_history_goes_twelve_months_back_and_stays_with_the_device(day: Day) -> None:
    day.case.solved(60, device=day.case.mcu, title="风扇告警")
    day.case.solved(60, device=day.case.terminal, title="别的设备")
    lifecycle.upgrade(day.case.mcu, version="5.2.1", on=NOW.date(), by=day.case.operator, now=NOW)
    lines = jobs(day)[0]["device"]["history"]
    assert {one["kind"] for one in lines} == {"fault", "life"}
    assert any("风扇告警" in one["text"] for one in lines)
    assert not any("别的设备" in one["text"] for one in lines)


def test_a_job_that_went_to_somebody_else_is_to_be_dropped(day: Day) -> None:
    colleague = EngineerFactory(team=day.engineer.team)
    dispatch.reassign(day.visit, colleague, way=None, by=day.lead, now=NOW)
    answer = day.phone.get(f"pack?have={day.visit.pk},77").json()
    assert answer["jobs"] == []
    assert answer["drop"] == sorted([day.visit.pk, 77])
    assert [one["id"] for one in Phone(colleague).get("pack").json()["jobs"]] == [day.visit.pk]


def test_whoever_changed_the_role_has_no_pack_any_more(day: Day) -> None:
    day.engineer.role = Role.OPERATOR
    day.engineer.save()
    day.phone.client.force_login(day.engineer)
    assert day.phone.get("pack").status_code == 403


def test_whoever_takes_a_phone_over_is_given_none_of_what_was_on_it(day: Day) -> None:
    day.phone.get("pack")
    other = Phone(EngineerFactory(team=day.engineer.team), key=day.phone.key)
    answer = other.get(f"pack?have={day.visit.pk}").json()
    assert (answer["jobs"], answer["drop"], answer["decided"]) == ([], [day.visit.pk], [])


def test_it_costs_the_same_for_one_job_and_for_six(day: Day) -> None:
    with CaptureQueriesContext(
        connection,
    ) as one:
        pack.read(day.engineer, NOW)
    for number in range(5):
        field_case.plan(day.case, day.case.file(5, device=day.case.terminal), NOW + (120 + 70 * number) * MINUTE)
    with CaptureQueriesContext(connection) as six:
        assert len(pack.read(day.engineer, NOW)["jobs"]) == 6
    assert len(one) == len(six) <= 13


def test_the_same_pack_is_not_sent_twice_and_handing_it_out_is_on_record(day: Day) -> None:
    first = day.phone.get("pack")
    again = day.phone.get(f"pack?have={day.visit.pk}", **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Entry.objects.filter(act="field.packed").count() == 1
    day.visit.refresh_from_db()
    dispatch.depart(day.visit, by=day.engineer, now=NOW)
    changed = day.phone.get(f"pack?have={day.visit.pk}", **{"If-None-Match": first["ETag"]})
    assert changed.status_code == 200


def test_have_is_read_strictly(day: Day) -> None:
    assert day.phone.get("pack?have=1;2").status_code == 400
    assert day.phone.get("pack?have=" + ",".join(["1"] * 201)).status_code == 400
    assert day.phone.get("pack?want=1").status_code == 400


@pytest.mark.parametrize(
    ("kind", "fault", "code"),
    [("mcu", "node_down", "mcu-fault"), ("terminal", "", "terminal-fault"), ("software", "port", "on-site")],
)
def test_the_list_fits_the_kind_of_device(day: Day, kind: str, fault: str, code: str) -> None:
    found = checklists.choose(checklists.published(), kind, fault)
    assert found is not None
    assert found.code == code


def test_a_published_list_gives_way_to_its_next_version_but_not_where_it_was_used(day: Day) -> None:
    first = Checklist.objects.get(code="mcu-fault")
    draft = checklists.draft_of(first, by=day.lead, now=NOW)
    draft.name = "MCU 现场故障（新）"
    draft.save()
    assert jobs(day)[0]["checklist"]["version"] == 1
    checklists.publish(draft, by=day.lead, now=NOW)
    assert jobs(day)[0]["checklist"]["version"] == 2
    Visit.objects.filter(pk=day.visit.pk).update(checklist=first)
    assert jobs(day)[0]["checklist"]["version"] == 1
    with pytest.raises(checklists.Refused):
        checklists.publish(draft, by=day.lead, now=NOW)
