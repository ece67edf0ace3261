"""What a phone sends is done once, kept where it cannot be done, and never dropped (T100-T102, worked example 10)."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from field.models import Held
from notifications.models import Notification
from sla.facts import Kind as FactKind
from sla.models import Deadline
from tests.factories import EngineerFactory
from tests.field import field_case
from tests.field.field_case import MINUTE, NOW, Day, Phone
from tickets import workflow
from tickets.models import Ticket, TicketEvent
from tickets.states import Status
from visits import dispatch
from visits.models import Signature, Visit, VisitRecord

LATER = NOW + timedelta(hours=4)
"""When there is a signal again."""


def said(day: Day, kind: str, minutes: int = 0, **more: object) -> dict[str, object]:
    """An act of the engineer so many minutes after 10:00, sent when there is a signal."""
    act: dict[str, object] = day.phone.act(kind, day.visit, NOW + minutes * MINUTE, LATER, **more)
    return act


def done(day: Day, kind: str, minutes: int = 0, **more: object) -> dict[str, object]:
    answer = day.phone.push(said(day, kind, minutes, **more))
    assert answer.status_code == 200, answer.content.decode()
    found: dict[str, object] = answer.json()
    return found


def clock(day: Day, code: str) -> Deadline:
    rows: Deadline = day.ticket.timeline.deadlines.filter(code=code).order_by("-pk")[0]
    return rows


def test_an_offline_day_is_replayed_and_its_clocks_turn_met(day: Day) -> None:
    assert done(day, "depart", 5)["state"] == "travel"
    there = done(day, "arrive", 40, position={"latitude": 31.47, "longitude": 104.68, "accuracy_m": 30})
    assert (there["state"], there["flags"]) == ("on_site", ["late"])
    assert done(day, "start", 45)["state"] == "working"
    temperature = {"item": "board_temp", "value": "83", "checklist": {"code": "mcu-fault", "version": 1}}
    assert "out_of_range" in str(done(day, "reading", 50, **temperature)["flags"])
    done(day, "note", 51, text="主控板电容鼓包")
    assert done(day, "finish", 80, outcome="solved", found="电容鼓包", done="换主控板")["state"] == "done"
    signed = day.phone.push(
        said(day, "sign", 90, is_solved=True, name="刘海燕", department="信息科"), signature=field_case.photo()
    )
    assert signed.status_code == 200, signed.content.decode()
    onsite = clock(day, "onsite")
    assert (onsite.state, onsite.is_late_evidence) == (Deadline.State.MET, True)
    assert onsite.stopped_at == NOW + 40 * MINUTE
    assert Ticket.objects.get(pk=day.ticket.pk).status == Status.SOLVED
    visit = Visit.objects.get(pk=day.visit.pk)
    assert (visit.arrived_at, visit.distance_m) == (NOW + 40 * MINUTE, 0)
    assert visit.checklist is not None
    reading = visit.records.get(kind=VisitRecord.Kind.READING)
    assert (reading.data["ok"], reading.data["unit"]) == (False, "℃")
    (job,) = day.phone.get("pack").json()["jobs"]
    assert job["results"]["board_temp"]["value"] == "83"
    assert job["signed"]


def test_the_same_act_again_is_answered_as_the_first_time_and_done_once(day: Day) -> None:
    key, act = str(uuid.uuid4()), said(day, "note", 10, text="一次")
    first, second = day.phone.push(act, key), day.phone.push({**act, "sent_at": NOW.isoformat()}, key)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert VisitRecord.objects.filter(body="一次").count() == 1
    assert TicketEvent.objects.filter(body="一次", is_public=False).count() == 1
    other = day.phone.push({**act, "text": "两次"}, key)
    assert other.status_code == 422


def test_a_photo_lies_on_the_visit_and_on_the_ticket_and_its_bytes_belong_to_the_key(day: Day) -> None:
    key, act = str(uuid.uuid4()), said(day, "photo", 10, item="panel", is_public=True)
    assert day.phone.push(act, key, photo=field_case.photo()).status_code == 200
    assert day.phone.push(act, key, photo=field_case.photo()).status_code == 200
    assert day.phone.push(act, key, photo=field_case.photo() + b"x").status_code == 422
    record = VisitRecord.objects.get(kind=VisitRecord.Kind.PHOTO)
    assert record.data["item"] == "panel"
    event = TicketEvent.objects.get(files__attachment=record.file)
    assert event.is_public
    assert clock(day, "update").started_at < LATER, "a picture alone is no word to the hospital"
    assert day.phone.push(said(day, "photo", 11)).status_code == 422


def test_a_public_note_is_a_word_to_the_hospital_from_the_moment_it_comes(day: Day) -> None:
    done(day, "note", 10, text="还在换主控板", is_public=True)
    assert day.ticket.timeline.facts.filter(kind=FactKind.UPDATED, recorded_at=LATER, at=LATER).exists()
    assert Notification.objects.filter(kind="ticket.answered", person=day.case.nurse).exists()


def test_a_step_whose_predecessor_is_missing_is_kept_and_says_so(day: Day) -> None:
    there = done(day, "arrive", 40, afterwards=True)
    assert there["state"] == "on_site"
    assert "late" in str(there["flags"])
    gone = done(day, "depart", 5)
    assert "order" in str(gone["flags"])
    assert gone["state"] == "on_site"
    assert Visit.objects.get(pk=day.visit.pk).departed_at == NOW + 5 * MINUTE


def test_an_act_for_a_visit_that_went_to_somebody_else_is_kept_for_the_lead(day: Day) -> None:
    colleague = EngineerFactory(team=day.engineer.team, name="李敏")
    dispatch.reassign(Visit.objects.get(pk=day.visit.pk), colleague, way=None, by=day.lead, now=LATER)
    there = done(day, "arrive", 40)
    assert {"reassigned", "held"} <= set(there["flags"])
    assert "李敏" in str(there["detail"])
    done(day, "note", 41, text="我已经在现场")
    done(day, "ask_part", 42, parts=[{"part": 999, "quantity": 1}], reason="主控板坏")
    visit = Visit.objects.get(pk=day.visit.pk)
    assert (visit.state, visit.arrived_at) == (Visit.State.PLANNED, None)
    assert set(Held.objects.values_list("kind", "reason")) == {
        ("arrive", "reassigned"), ("note", "reassigned"), ("ask_part", "reassigned"),
    }  # fmt: skip
    assert VisitRecord.objects.filter(body="我已经在现场", data__held="note").exists()
    assert Notification.objects.filter(kind="visit.held", person=day.lead).count() == 1
    assert clock(day, "onsite").state != Deadline.State.MET


def test_an_act_for_a_cancelled_visit_is_kept_with_its_picture(day: Day) -> None:
    dispatch.cancel(Visit.objects.get(pk=day.visit.pk), reason="医院改期", by=day.lead, now=LATER)
    answer = day.phone.push(said(day, "photo", 30, item="panel"), photo=field_case.photo())
    assert {"cancelled", "held"} <= set(answer.json()["flags"])
    assert Held.objects.get().record.file is not None


def test_what_no_paper_can_show_is_no_signature_and_nothing_is_signed(day: Day) -> None:
    done(day, "arrive", 40)
    act = json.dumps(said(day, "sign", 90, is_solved=True, name="刘海燕"))
    sent = {"act": act, "signature": SimpleUploadedFile("s.txt", b"signed", "text/plain")}
    headers = {"X-Phone": day.phone.key, "Idempotency-Key": str(uuid.uuid4())}
    answer = day.phone.client.post("/m/push", sent, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (422, "“s.txt” is not a picture.")
    assert not Signature.objects.exists()


@pytest.mark.parametrize("days", [-2, 2])
def test_a_phone_two_days_off_is_measured_and_waits_for_a_lead(day: Day, days: int) -> None:
    day.phone.offset_ms = days * 24 * 3600 * 1000
    there = done(day, "arrive", 40)
    assert "disputed" in str(there["flags"])
    assert Visit.objects.get(pk=day.visit.pk).arrived_at == NOW + 40 * MINUTE
    onsite = clock(day, "onsite")
    assert onsite.is_disputed
    fact = day.ticket.timeline.facts.get(kind=FactKind.ARRIVED)
    assert fact.device_id == day.phone.key
    workflow.confirm_evidence(day.ticket, fact, accept=True, by=day.lead, now=LATER)
    assert clock(day, "onsite").state == Deadline.State.MET


@pytest.mark.parametrize("at", [NOW + timedelta(days=2), NOW - timedelta(days=2)])
def test_a_moment_that_cannot_be_gives_way_to_the_servers(day: Day, at: object) -> None:
    act = {**said(day, "note", 0, text="何时"), "at": str(at)}
    answer = day.phone.push(act).json()
    assert "clock" in answer["flags"]
    record = VisitRecord.objects.get(body="何时")
    assert record.at == LATER
    assert record.data["told"]["at"].startswith(str(at)[:10])


def test_what_was_never_ones_own_does_not_exist(day: Day) -> None:
    colleague = EngineerFactory(team=day.engineer.team)
    stranger = EngineerFactory()
    for phone in (Phone(colleague), Phone(stranger)):
        answer = phone.push(phone.act("note", day.visit, NOW, LATER, text="偷看"))
        assert answer.status_code == 404
    assert day.phone.push(day.phone.act("note", 10**9, NOW, LATER, text="没有")).status_code == 404
    assert not VisitRecord.objects.filter(kind=VisitRecord.Kind.NOTE).exists()


def test_signed_out_or_without_a_role_it_is_refused_and_nothing_is_written(day: Day) -> None:
    phone = Phone(day.engineer)
    phone.client = Client()
    assert phone.push(said(day, "depart")).status_code == 401
    assert Phone(day.case.nurse).push(said(day, "depart")).status_code == 403
    strict = Phone(day.engineer)
    strict.client = Client(enforce_csrf_checks=True)
    strict.client.force_login(day.engineer)
    assert strict.push(said(day, "depart")).status_code == 403
    token = strict.get("clock").json()["csrf"]
    sent = strict.post("push", said(day, "depart"), **{"Idempotency-Key": str(uuid.uuid4()), "X-CSRFToken": token})
    assert sent.status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"kind": "teleport"}, 400),
        ({"text": ""}, 400),
        ({"visit": "41"}, 400),
        ({"at": "2026-03-11T10:00:00"}, 400),
        ({"colour": "red"}, 400),
        ({"offset_ms": 10**20}, 400),
        ({"text": "x" * 300_000}, 413),
    ],
)
def test_what_is_no_act_is_refused_by_name(day: Day, change: dict[str, object], status: int) -> None:
    answer = day.phone.push({**said(day, "note", 0, text="好"), **change})
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_an_act_without_a_key_or_a_phone_is_refused(day: Day) -> None:
    act = said(day, "note", 0, text="好")
    assert day.phone.post("push", act).status_code == 400
    assert day.phone.post("push", act, **{"Idempotency-Key": "seven"}).status_code == 400
    nameless = day.phone.post("push", act, **{"Idempotency-Key": str(uuid.uuid4()), "X-Phone": "me"})
    assert nameless.status_code == 400


def test_a_verbs_refusal_is_a_sentence_and_can_be_sent_again(day: Day) -> None:
    key, act = str(uuid.uuid4()), said(day, "part", 10, line=77, serial="MB03")
    answer = day.phone.push(act, key)
    assert (answer.status_code, answer.json()["detail"]) == (422, "This part was not sent for this ticket.")
    assert day.phone.push(act, key).status_code == 422
