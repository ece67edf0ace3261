"""Whom to send and when: who will miss the deadline is said before the choice (A2, N1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client

from devices.models import DeviceModel
from people.models import DutyOverride, Role, TravelTime, User
from tests.factories import EngineerFactory, ServiceBaseFactory, TeamFactory, TravelTimeFactory
from tests.tickets.console.pages import at, page, queries, signed_in
from tests.tickets.desk_case import Desk
from tickets import workflow
from tickets.dispatch_board import read
from tickets.models import Ticket
from visits.models import Crew, Skill, Visit

pytestmark = pytest.mark.django_db
BOARD = "/desk/dispatch/"


@pytest.fixture
def waiting(desk: Desk) -> Ticket:
    """A ticket that nobody was sent for, declared five minutes ago: 95 minutes by road and an hour are promised."""
    case = desk.case
    ticket = case.file(60, title="会诊终端 TE-4 无画面")
    workflow.answer(ticket, by=case.operator, text="请重启", now=case.at(40))
    return workflow.remote_failed(ticket, by=case.operator, reason="重启无效", now=case.at(5))


@pytest.fixture
def near(desk: Desk) -> User:
    """Somebody who is not on the way to another hospital."""
    return EngineerFactory(name="许诺", team=TeamFactory(region=desk.case.hospital.region, base=desk.case.base))


@pytest.fixture
def far(desk: Desk) -> User:
    """Somebody who knows the device best, six hours away."""
    base = ServiceBaseFactory(name="攀枝花站", region=desk.case.hospital.region)
    TravelTimeFactory(site=desk.case.site, base=base, minutes=360, km=500)
    engineer = EngineerFactory(name="孙浩", team=TeamFactory(region=desk.case.hospital.region, base=base))
    Skill.objects.create(engineer=engineer, device_kind=DeviceModel.Kind.TERMINAL, grade=3)
    return engineer


def send(client: Client, ticket: Ticket, engineer: User, **more: Any) -> Any:
    return client.post(at(ticket, "send"), {"engineer": engineer.pk, **more})


def test_candidates_stand_by_who_can_still_make_it_with_the_hour_and_the_reason(
    lead: Client, waiting: Ticket, near: User, far: User
) -> None:
    text = page(lead, at(waiting, "send"))
    assert text.index("许诺") < text.index("孙浩")
    assert "to spare" in text
    assert "too late" in text
    assert "grade 3 of 3 for this device" in text
    assert "from 攀枝花站: 360 min, 500 km" in text


def test_choice_that_will_miss_says_so_before_it_is_made_and_goes_on_a_second_word(
    lead: Client, waiting: Ticket, near: User, far: User
) -> None:
    answer = send(lead, waiting, far)
    assert answer.status_code == 422
    assert "孙浩 would be there at" in answer.content.decode()
    assert not Visit.objects.filter(ticket_link__ticket=waiting).exists()
    assert send(lead, waiting, far, late_all_the_same="on").status_code == 302
    assert Crew.objects.get(visit__ticket_link__ticket=waiting).engineer == far


def test_engineer_is_booked_for_as_soon_as_they_can_be_there(
    desk: Desk, lead: Client, waiting: Ticket, near: User
) -> None:
    assert send(lead, waiting, near).status_code == 302
    visit = Visit.objects.get(ticket_link__ticket=waiting)
    waiting.refresh_from_db()
    assert waiting.assignee == near
    assert visit.travel_minutes == 95
    assert timedelta(minutes=94) < visit.starts_at - desk.case.now < timedelta(minutes=97)


def test_start_that_lies_behind_the_deadline_is_a_late_choice_too(
    desk: Desk, lead: Client, waiting: Ticket, near: User
) -> None:
    tomorrow = (desk.case.now + timedelta(days=1)).isoformat()
    assert send(lead, waiting, near, starts_at=tomorrow).status_code == 422


SLIPS: tuple[tuple[str, dict[str, int], dict[str, int]], ...] = (
    ("starts_at", {"starts_at": -1}, {}),
    ("starts_at", {"starts_at": 400}, {}),
    ("ends_at", {"starts_at": 2, "ends_at": 1}, {}),
    ("ends_at", {"starts_at": 2, "ends_at": 40}, {}),
    ("reason", {"starts_at": 2}, {"minutes": 30}),
)
"""The field that is wrong, the days from now in its plan, and what else is said."""


def test_slip_in_a_plan_is_said_beside_its_field_and_books_nobody(
    desk: Desk, lead: Client, waiting: Ticket, near: User
) -> None:
    for field, days, more in SLIPS:
        times = {name: (desk.case.now + timedelta(days=count)).isoformat() for name, count in days.items()}
        answer = send(lead, waiting, near, late_all_the_same="on", **times, **more)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not Visit.objects.filter(ticket_link__ticket=waiting).exists()


def test_drop_on_somebody_who_cannot_go_there_says_so_and_chooses_nobody(
    lead: Client, waiting: Ticket, near: User
) -> None:
    forms = [lead.get(at(waiting, "send"), {"engineer": one.pk}).context["form"] for one in (near, EngineerFactory())]
    assert ["checked" in str(form["engineer"]) for form in forms] == [True, False]
    assert forms[1].hint == "Whom you chose cannot be sent to this hospital. These can:"


def test_planned_visit_is_moved_given_on_and_called_off_from_its_forms(
    desk: Desk, lead: Client, waiting: Ticket, near: User
) -> None:
    other = EngineerFactory(name="郑凯", team=near.team)
    send(lead, waiting, near)
    visit = Visit.objects.get(ticket_link__ticket=waiting)
    later = visit.starts_at + timedelta(minutes=30)
    assert lead.post(at(waiting, "move-visit"), {"visit": visit.pk, "starts_at": later.isoformat()}).status_code == 302
    assert "许诺" not in page(lead, at(waiting, "reassign-visit"))
    chosen = {"visit": visit.pk, "engineer": other.pk, "late_all_the_same": "on"}
    assert lead.post(at(waiting, "reassign-visit"), chosen).status_code == 302
    visit.refresh_from_db()
    assert visit.starts_at == later
    assert visit.crew.get(released_at=None).engineer == other
    assert lead.post(at(waiting, "call-off"), {"visit": visit.pk, "reason": "医院约明天"}).status_code == 302
    visit.refresh_from_db()
    assert visit.state == Visit.State.CANCELLED


def test_visit_of_another_ticket_cannot_be_called_off_from_here(
    desk: Desk, lead: Client, waiting: Ticket, near: User
) -> None:
    send(lead, waiting, near)
    foreign = Visit.objects.get(ticket_link__ticket=desk.story)
    assert lead.post(at(waiting, "call-off"), {"visit": foreign.pk, "reason": "x"}).status_code == 422
    foreign.refresh_from_db()
    assert foreign.state == Visit.State.TRAVEL


def test_engineer_may_look_but_not_send(desk: Desk, client: Client, waiting: Ticket) -> None:
    signed_in(client, desk.case.engineer)
    assert client.get(at(waiting, "send")).status_code == 403


# The board


def crowd(desk: Desk, engineers: int, days: int) -> None:
    """That many engineers with a visit on each day, from the hour of the case on."""
    now, team = desk.case.now, desk.case.engineer.team
    start = now.replace(hour=2, minute=0)
    for _number in range(engineers):
        engineer = EngineerFactory(team=team)
        for day in range(days):
            begins = start + timedelta(days=day)
            window = {"starts_at": begins + timedelta(hours=1), "ends_at": begins + timedelta(hours=3)}
            visit = Visit.objects.create(
                hospital=desk.case.hospital, site=desk.case.site, timeline=desk.story.timeline, subject="visit",
                created_at=now, changed_at=now, **window,
            )  # fmt: skip
            Crew.objects.create(visit=visit, engineer=engineer, during=DateTimeTZRange(begins, window["ends_at"]))


def test_board_shows_who_waits_until_when_to_leave_and_who_is_booked(lead: Client, desk: Desk, waiting: Ticket) -> None:
    text = page(lead, BOARD)
    assert waiting.title in text
    assert "leave by" in text
    assert desk.case.engineer.name in text
    assert desk.story.hospital.short_name in text
    listed = page(lead, f"{BOARD}list/")
    assert waiting.number in listed
    assert desk.story.number in listed


def test_ticket_that_somebody_is_planned_for_waits_no_longer(lead: Client, waiting: Ticket, near: User) -> None:
    assert f"{waiting.number}/send/" in page(lead, BOARD)
    send(lead, waiting, near)
    assert f"{waiting.number}/send/" not in page(lead, BOARD)


def test_week_of_sixty_engineers_takes_no_more_than_eight_queries(lead: Client, desk: Desk) -> None:
    crowd(desk, 60, 7)
    queries(lead, BOARD)
    assert queries(lead, f"{BOARD}?view=week") <= 8
    assert queries(lead, BOARD) <= 8


def test_board_shows_who_stands_in_for_whom(desk: Desk, lead: Client) -> None:
    now, region = desk.case.now, desk.case.hospital.region
    stand_in = EngineerFactory(name="代班", team=desk.case.engineer.team)
    span = {"starts_at": now - timedelta(days=2), "ends_at": now + timedelta(days=2)}
    DutyOverride.objects.create(role=Role.ENGINEER, region=region, user=stand_in, **span)
    board = read(desk.lead, now.date(), "day", now)
    duty = {line.person: line.duty for group in board.groups for line in group.lines}
    assert (duty[stand_in], duty[desk.case.engineer]) == (((0.0, 100.0),), ())


def test_engineer_sees_the_region_and_cannot_send(desk: Desk, client: Client, waiting: Ticket) -> None:
    stranger = EngineerFactory(name="外地人")
    text = page(signed_in(client, desk.case.engineer), BOARD)
    assert waiting.title in text
    assert "Send an engineer" not in text
    assert "外地人" not in text
    text = page(signed_in(client, stranger), BOARD)
    assert waiting.title not in text
    assert desk.case.engineer.name not in text


def test_visit_of_another_region_does_not_exist_for_an_engineer(desk: Desk, client: Client) -> None:
    visit = Visit.objects.get(ticket_link__ticket=desk.story)
    path = f"{BOARD}visits/{visit.pk}/"
    assert desk.case.engineer.name in page(signed_in(client, desk.case.engineer), path)
    assert "Send somebody else" not in page(client, path)
    assert "Send somebody else" in page(signed_in(client, desk.lead), path)
    assert signed_in(client, EngineerFactory()).get(path).status_code == 404


@pytest.mark.parametrize("query", ["day=x", "day=9999-12-31", "view=year", "day=2026-02-30&view=week"])
def test_address_that_makes_no_sense_shows_today(lead: Client, query: str) -> None:
    assert "Today" not in page(lead, f"{BOARD}?{query}")


TRAVEL = "/desk/dispatch/travel/"


def test_travel_page_of_no_month_and_no_name_shows_this_month(lead: Client) -> None:
    months = {lead.get(TRAVEL, query).context["month"] for query in ({"month": "9999-12"}, {"month": "x"}, {"q": "\0"})}
    assert len(months) == 1


def test_new_travel_figure_is_a_new_row_that_names_its_source(desk: Desk, lead: Client) -> None:
    before = TravelTime.objects.filter(site=desk.case.site).count()
    said = {"site": desk.case.site.pk, "base": desk.case.base.pk, "minutes": 105, "km": 126, "mode": "road"}
    assert lead.post(TRAVEL, said).status_code == 422
    assert lead.post(TRAVEL, {**said, "source": "2026-11 路程表"}).status_code == 302
    assert TravelTime.objects.filter(site=desk.case.site).count() == before + 1
    assert "2026-11 路程表" in page(lead, TRAVEL)


def test_month_that_shows_the_table_wrong_is_taken_over_by_a_press(desk: Desk, lead: Client) -> None:
    set_out = desk.case.now - timedelta(hours=12)
    for _number in range(3):
        Visit.objects.create(
            hospital=desk.case.hospital, site=desk.case.site, travel_base=desk.case.base, subject="visit",
            starts_at=set_out, ends_at=desk.case.now, created_at=set_out, changed_at=set_out, state="done",
            departed_at=set_out, arrived_at=set_out + timedelta(minutes=130),
        )  # fmt: skip
    month = f"{set_out.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m}"
    assert "+35" in page(lead, TRAVEL, month=month)
    keys = {"site": desk.case.site.pk, "base": desk.case.base.pk, "month": month}
    assert lead.post(f"{TRAVEL}take-over/", keys).status_code == 302
    assert TravelTime.objects.filter(site=desk.case.site).latest("valid_from").minutes == 130
