"""The roster page: who may open it, what it shows, changes by form, gaps before they hurt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from people import roster
from people.models import DutyOverride, Role, User
from tests.factories import LeadFactory, ManagerFactory, NurseFactory, OperatorFactory, RegionFactory, RotationFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
"""Wednesday 11:24 in Shanghai."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lead() -> User:
    return LeadFactory()


@pytest.fixture
def page(lead: User) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(lead)
    return client


def planned(lead: User) -> User:
    """A roster without gaps; returns the operator on duty."""
    operator = OperatorFactory(name="Lin Xiao")
    RotationFactory(role=Role.OPERATOR, people=[operator])
    RotationFactory(role=Role.LEAD, people=[lead])
    RotationFactory(role=Role.MANAGER, people=[ManagerFactory()])
    return operator


def change(**values: object) -> dict[str, object]:
    data = {
        "role": "operator", "region": "", "user": "", "starts_at": "2026-11-19T20:00", "ends_at": "2026-11-20T08:00",
        "reason": "",
    }  # fmt: skip
    return data | values


def test_page_shows_two_weeks_and_who_is_on_duty(page: Client, lead: User) -> None:
    planned(lead)
    response = page.get("/desk/roster/")
    board = response.context["board"]
    assert len(board.days) == 14
    assert {row.role for row in board.rows} == {"operator", "lead", "manager"}
    assert board.gaps == ()
    assert "Lin Xiao" in response.content.decode()


def test_change_by_form_is_in_the_roster_at_once_and_in_the_trail(page: Client, lead: User) -> None:
    planned(lead)
    stand_in = OperatorFactory()
    assert page.post("/desk/roster/", change(user=stand_in.pk, reason="swap")).status_code == 302
    assert roster.on_duty(Role.OPERATOR, None, datetime(2026, 11, 19, 13, tzinfo=UTC)) == [stand_in]
    entry = Entry.objects.get(act="roster.override_added")
    assert (entry.actor, entry.detail["user"]) == (lead, stand_in.pk)


def test_change_without_a_person_makes_a_gap_that_page_and_strip_name(page: Client, lead: User) -> None:
    planned(lead)
    page.post("/desk/roster/", change())
    [gap] = page.get("/desk/roster/").context["board"].gaps
    assert gap.end - gap.start == timedelta(hours=12)
    strip = page.get("/desk/roster/gaps/").content.decode()
    assert "Nobody on duty" in strip
    assert "tomorrow 20:00" in strip


def test_strip_is_empty_while_there_is_no_gap_in_the_next_days(page: Client, lead: User) -> None:
    planned(lead)
    page.post("/desk/roster/", change(starts_at="2026-11-25T20:00", ends_at="2026-11-26T08:00"))
    assert page.get("/desk/roster/gaps/").content.strip() == b""


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"starts_at": "2026-11-19T20:00", "ends_at": "2026-11-19T20:00"}, "ends_at"),
        ({"starts_at": "2026-11-17T20:00", "ends_at": "2026-11-18T08:00"}, "ends_at"),
        ({"role": "hospital_staff"}, "role"),
        ({"starts_at": "tomorrow"}, "starts_at"),
    ],
    ids=["no length", "over already", "no duty role", "no time"],
)
def test_change_that_cannot_be_is_refused_beside_its_field(page: Client, values: dict[str, object], field: str) -> None:
    response = page.post("/desk/roster/", change(**values, reason="keep this"))
    assert field in response.context["form"].errors
    assert "keep this" in response.content.decode()
    assert not DutyOverride.objects.exists()


def test_hospital_people_cannot_be_put_on_duty(page: Client) -> None:
    response = page.post("/desk/roster/", change(user=NurseFactory().pk))
    assert "user" in response.context["form"].errors


def test_change_ahead_is_taken_back_and_one_that_runs_ends_now_and_stays_on_record(page: Client) -> None:
    person = OperatorFactory()
    hour = timedelta(hours=1)
    ahead = DutyOverride.objects.create(role="operator", user=person, starts_at=NOW + hour, ends_at=NOW + 2 * hour)
    runs = DutyOverride.objects.create(role="operator", user=person, starts_at=NOW - hour, ends_at=NOW + hour)
    over = DutyOverride.objects.create(role="operator", user=person, starts_at=NOW - 2 * hour, ends_at=NOW - hour)
    for row in (ahead, runs, over):
        assert page.post(f"/desk/roster/changes/{row.pk}/end/").status_code == 302
    assert set(DutyOverride.objects.values_list("pk", "ends_at")) == {(runs.pk, NOW), (over.pk, NOW - hour)}
    assert Entry.objects.filter(act="roster.override_ended").count() == 2


@pytest.mark.parametrize("start", ["2026-11-02", "nonsense", "2026-13-45", "1800-01-01", ""])
def test_any_first_day_opens_the_page(page: Client, start: str) -> None:
    assert page.get("/desk/roster/", {"from": start}).status_code == 200


def test_gaps_that_are_over_are_not_counted_on_an_earlier_page(page: Client) -> None:
    assert page.get("/desk/roster/?from=2026-10-01").context["board"].gaps == ()


def test_rotation_of_office_hours_is_off_duty_and_no_gap(page: Client, lead: User) -> None:
    planned(lead)
    RotationFactory(
        role=Role.ENGINEER, region=RegionFactory(), people=[OperatorFactory()],
        starts_on=date(2026, 11, 2), starts_at=time(8), ends_at=time(18), weekdays="12345",
    )  # fmt: skip
    board = page.get("/desk/roster/").context["board"]
    [row] = [row for row in board.rows if row.role == Role.ENGINEER]
    assert {bar.kind for bar in row.bars} == {"duty", "off"}
    assert board.gaps == ()


def test_number_of_queries_does_not_grow_with_the_roster(
    page: Client, lead: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    planned(lead)
    for _ in range(5):
        region = RegionFactory()
        RotationFactory(role=Role.OPERATOR, region=region, people=[OperatorFactory(), OperatorFactory()])
        DutyOverride.objects.create(
            role="lead", region=region, user=lead, starts_at=NOW, ends_at=NOW + timedelta(hours=1)
        )
    with django_assert_max_num_queries(16):
        page.get("/desk/roster/")
