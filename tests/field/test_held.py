"""An act that came too late for its engineer's visit: a lead lets it count or leaves it, and the phone hears (T101)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from field import held, pack
from field.models import Held
from notifications.models import Notification
from people.models import User
from sla.models import Deadline
from tests.factories import EngineerFactory
from tests.field import field_case
from tests.field.field_case import MINUTE, NOW, Day
from tickets import workflow
from tickets.models import Ticket
from tickets.states import Refused
from visits.models import Signature, Visit

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def colleague(day: Day) -> User:
    """Who has the visit now."""
    other: User = EngineerFactory(team=day.engineer.team, name="李敏")
    workflow.reassign_visit(day.ticket, day.visit, engineer=other, by=day.lead, now=LATER)
    return other


def sent(day: Day, kind: str, minutes: int, key: str | None = None, **more: Any) -> Held:
    """What the phone tells of too late; it waits."""
    files = {name: more.pop(name) for name in ("photo", "signature", "engineer_signature") if name in more}
    answer = day.phone.push(day.phone.act(kind, day.visit, NOW + minutes * MINUTE, LATER, **more), key, **files)
    assert (answer.status_code, "held" in answer.json()["flags"]) == (200, True), answer.content.decode()
    return Held.objects.latest("pk")


def visit_of(day: Day) -> Visit:
    return Visit.objects.get(pk=day.visit.pk)


def let(day: Day, *rows: Held) -> list[str]:
    return [held.decide(row, "mine", by=day.lead, now=LATER) for row in rows]


def test_a_whole_visit_counts_with_its_own_times_and_leaves_the_work_with_who_has_it(day: Day, colleague: User) -> None:
    said = [
        sent(day, "depart", 5),
        sent(day, "arrive", 40, photo=field_case.photo()),
        sent(day, "note", 41, text="主控板鼓包", is_public=True),
        sent(day, "finish", 50, outcome="solved", found="主控板", done="换板"),
        sent(day, "sign", 55, is_solved=True, name="刘海燕", department="信息科",
             signature=field_case.photo(), engineer_signature=field_case.photo()),
    ]  # fmt: skip
    assert (visit_of(day).state, visit_of(day).arrived_at) == ("planned", None)
    assert day.ticket.timeline.facts.filter(kind__in=["departed", "arrived"]).count() == 0
    let(day, *said[:2])
    ticket = Ticket.objects.get(pk=day.ticket.pk)
    assert (ticket.status, ticket.assignee) == ("on_site", colleague)
    let(day, *said[2:])
    visit = visit_of(day)
    assert (visit.state, visit.check_in) == ("done", "photo")
    assert (visit.departed_at, visit.arrived_at, visit.finished_at) == tuple(NOW + at * MINUTE for at in (5, 40, 50))
    onsite = day.ticket.timeline.deadlines.get(code="onsite")
    assert (onsite.state, onsite.stopped_at, onsite.is_disputed) == (Deadline.State.MET, NOW + 40 * MINUTE, False)
    assert [one["text"] for one in pack.read(colleague, LATER)["jobs"][0]["records"]].count("主控板鼓包") == 1
    signature = Signature.objects.get(visit=visit)
    assert None not in (signature.image, signature.engineer_image)
    assert visit.reports.count() == 2
    assert Ticket.objects.get(pk=day.ticket.pk).status == "solved"
    kept = [row.record for row in Held.objects.select_related("record")]
    assert all(row.by == day.engineer and row.data["held"] for row in kept), "what was sent stays as it was"


def test_a_visit_that_was_called_off_took_place_after_all(day: Day) -> None:
    other = EngineerFactory(team=day.engineer.team)
    workflow.assign(day.ticket, to=other, by=day.lead, now=LATER)
    assert visit_of(day).state == "cancelled"
    there = sent(day, "arrive", 40)
    ticket = Ticket.objects.get(pk=day.ticket.pk)
    assert (ticket.status, ticket.assignee, visit_of(day).arrived_at) == ("dispatch", other, None)
    let(day, there)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee, visit_of(day).state) == ("on_site", other, "on_site")


@pytest.mark.usefixtures("colleague")
def test_an_edit_of_who_lost_the_visit_is_made_in_the_leads_name(day: Day) -> None:
    row = sent(day, "edit", 10, field="place", base=day.ticket.place, value="B1 机房 3 号机柜", text="门牌换了")
    let(day, row)
    ticket = Ticket.objects.get(pk=day.ticket.pk)
    assert ticket.place == "B1 机房 3 号机柜"
    assert ticket.events.filter(kind="edited").latest("pk").by == day.lead


@pytest.mark.usefixtures("colleague")
def test_what_the_verb_refuses_again_says_why_and_goes_on_waiting(day: Day) -> None:
    row = sent(day, "ask_part", 10, parts=[{"part": 999999, "quantity": 1}], reason="主控板坏")
    with pytest.raises(Refused, match="no part 999999"):
        let(day, row)
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(day.lead)
    page = browser.post(f"/desk/field/held/{row.pk}/", {"choice": "mine"}, follow=True)
    assert "It goes on waiting: There is no part 999999." in page.content.decode()
    row.refresh_from_db()
    assert row.decided_at is None


@pytest.mark.usefixtures("colleague")
@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_the_phone_hears_what_became_of_it_and_its_person_is_told_once(day: Day, choice: str) -> None:
    keys = [str(uuid.uuid4()) for _ in range(2)]
    rows = [sent(day, "note", 10, key, text="到了") for key in keys]
    assert pack.read(day.engineer, LATER)["decided"] == []
    for row in rows:
        held.decide(row, choice, by=day.lead, now=LATER)
    told = day.phone.get("pack").json()["decided"]
    assert [(one["key"], one["choice"], one["by"]) for one in told] == [(key, choice, "林晓") for key in keys]
    assert Notification.objects.filter(kind=f"visit.held_{choice}", person=day.engineer).count() == 1
    assert visit_of(day).records.filter(body="到了").exclude(data__has_key="held").count() == (
        2 if choice == "mine" else 0
    )
    assert pack.read(day.engineer, LATER + timedelta(days=8))["decided"] == []


@pytest.mark.usefixtures("colleague")
def test_nobody_decides_twice(day: Day) -> None:
    row = sent(day, "note", 10, text="到了")
    let(day, row)
    with pytest.raises(Refused, match="decided about this already"):
        let(day, row)
    assert visit_of(day).records.filter(body="到了").count() == 2
