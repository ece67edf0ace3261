"""Which phones there are, what waits in them, and what becomes of a lost one (T103)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import time_machine
from django.test import Client

from audit.models import Entry
from field import phones
from field.models import Held
from field.models import Phone as Row
from tests.factories import AdministratorFactory, EngineerFactory, OperatorFactory
from tests.field.field_case import MINUTE, NOW, Day, Phone
from visits import dispatch


def waiting(day: Day, *kinds: str) -> list[dict[str, Any]]:
    return [{"key": str(uuid.uuid4()), "kind": kind, "visit": day.visit.pk, "at": NOW.isoformat()} for kind in kinds]


def announce(phone: Phone, pending: list[dict[str, Any]]) -> Any:
    return phone.post("phone", {"name": "Chrome · Android", "offset_ms": 3120, "pending": pending})


def browser(person: Any) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person)
    return client


def test_the_clock_says_the_time_and_who_is_signed_in(day: Day) -> None:
    answer = day.phone.get("clock").json()
    assert answer["now"].startswith("2026-03-11T02:00:00")
    assert answer["person"]["name"] == "李航"
    assert answer["csrf"]
    assert Row.objects.get().last_seen_at == NOW


def test_a_phone_says_what_waits_in_it_and_the_last_word_counts(day: Day) -> None:
    assert announce(day.phone, waiting(day, "arrive", "photo")).status_code == 200
    assert announce(day.phone, waiting(day, "photo")).status_code == 200
    row = Row.objects.get()
    assert (row.name, row.offset_ms, [one["kind"] for one in row.pending]) == ("Chrome · Android", 3120, ["photo"])
    assert announce(day.phone, waiting(day, *["note"] * 501)).status_code == 400


def test_a_lost_phone_is_told_to_wipe_itself_at_every_door_and_its_person_is_signed_out(day: Day) -> None:
    announce(day.phone, waiting(day, "arrive", "photo"))
    other = Phone(day.engineer)
    assert browser(day.lead).post(f"/desk/field/phones/{Row.objects.get().pk}/revoke/").status_code == 302
    act = day.phone.act("note", day.visit, NOW, text="x")
    for answer in (day.phone.get("pack"), day.phone.get("clock"), day.phone.push(act), announce(day.phone, [])):
        assert (answer.status_code, answer.json()["wipe"]) == (410, True)
    assert other.get("pack").status_code == 401
    assert Entry.objects.get(act="field.phone_revoked").detail["lost"] == 2
    day.engineer.refresh_from_db()
    assert Phone(day.engineer).get("pack").status_code == 200


def test_a_lost_phone_stays_lost_whoever_signs_in_on_it(day: Day) -> None:
    day.phone.get("clock")
    phones.revoke(Row.objects.get(), by=day.lead, now=NOW)
    colleague = Phone(EngineerFactory(), key=day.phone.key)
    nobody = Phone(day.engineer, key=day.phone.key)
    nobody.client = Client()
    for phone in (colleague, nobody):
        assert {phone.get(door).status_code for door in ("clock", "pack")} == {410}


def test_what_was_lost_with_a_phone_is_listed(day: Day) -> None:
    announce(day.phone, waiting(day, "arrive", "photo"))
    phones.revoke(Row.objects.get(), by=day.lead, now=NOW + MINUTE)
    page = browser(day.lead).get("/desk/field/").content.decode()
    assert "Lost with a phone" in page
    assert "Check-in 10:00" in page


def test_leads_and_administrators_revoke_and_nobody_else(day: Day) -> None:
    day.phone.get("clock")
    address = f"/desk/field/phones/{Row.objects.get().pk}/revoke/"
    for person in (day.engineer, OperatorFactory(), day.case.nurse):
        assert browser(person).post(address).status_code == 403
    assert browser(AdministratorFactory()).post(address).status_code == 302
    assert Row.objects.get().revoked_at == NOW


def test_the_desk_sees_what_waits_for_a_decision_at_the_cost_of_what_is_shown(
    day: Day, django_assert_max_num_queries: Any
) -> None:
    colleague = EngineerFactory(team=day.engineer.team)
    dispatch.reassign(day.visit, colleague, way=None, by=day.lead, now=NOW)
    for number in range(3):
        day.phone.push(day.phone.act("note", day.visit, NOW, text=f"记录 {number}"))
    lead = browser(day.lead)
    with django_assert_max_num_queries(12):
        page = lead.get("/desk/field/").content.decode()
    assert page.count("记录 ") >= 3
    row = Held.objects.order_by("pk")[0]
    assert lead.post(f"/desk/field/held/{row.pk}/", {"choice": "theirs"}).status_code == 302
    page = lead.get("/desk/field/").content.decode()
    assert "记录 0" not in page.partition("Decided lately")[0]
    assert "decided 10:00 by 林晓" in page
    assert browser(colleague).post(f"/desk/field/held/{row.pk}/").status_code == 403


def test_a_phone_is_seen_once_a_minute_and_belongs_to_its_person(day: Day) -> None:
    day.phone.get("clock")
    with time_machine.travel(NOW + timedelta(seconds=30), tick=False):
        day.phone.get("clock")
    assert Row.objects.get().last_seen_at == NOW
    colleague = Phone(EngineerFactory(), key=day.phone.key)
    colleague.get("clock")
    assert Row.objects.count() == 2
