"""The wall: bounded queries, honest verdicts, one act per row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.sql.compiler import SQLCompiler
from django.test import Client
from django.urls import reverse

from people.models import Role, User
from reports import wall as walls
from sla import defaults, escalation
from sla.models import Deadline
from sla.sweep import database_now, sweep
from tests.factories import (
    PERSON_OF,
    ManagerFactory,
    OperatorFactory,
    RotationFactory,
    TicketFactory,
    TravelTimeFactory,
)
from tickets import workflow

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    """The promise book loaded and one operator on duty."""
    defaults.load()
    person: User = OperatorFactory(name="何静")
    RotationFactory(role=Role.OPERATOR, people=[person])
    return person


def ticket_filed(minutes_ago: float) -> Any:
    return TicketFactory(now=database_now() - timedelta(minutes=minutes_ago))


def test_a_clock_due_within_the_hour_names_who_can_still_save_it(operator: User) -> None:
    ticket_filed(10)
    wall = walls.build(operator, database_now())
    response = wall.rows[0]
    assert response.verdict == "unknown"
    assert "何静" in str(response.rescue)
    assert response.action is not None
    assert response.action.method == "post"


def test_what_is_over_stands_first_and_says_by_how_much(operator: User) -> None:
    ticket_filed(10)
    late = ticket_filed(68)
    wall = walls.build(operator, database_now())
    assert wall.rows[0].verdict == "over"
    assert late.number in str(wall.rows[0].promise)
    assert wall.figures[0].count == 1


def test_each_figure_leads_to_a_queue_that_holds_what_it_counts(operator: User, client: Client) -> None:
    ticket_filed(10)
    late = ticket_filed(68)
    client.force_login(operator)
    figures = walls.build(operator, database_now()).figures
    tabs = {figure.url: client.get(figure.url).context["board"] for figure in figures if figure.url}
    assert [board.tab for board in tabs.values()] == ["over", "soon", "unassigned", "waiting"]
    assert [row.ticket.number for row in tabs[figures[0].url].rows] == [late.number]


@pytest.mark.parametrize(("arrives_in", "verdict"), [(20, "ok"), (70, "late")])
def test_the_forecast_decides_between_kept_and_missed(operator: User, arrives_in: int, verdict: str) -> None:
    now = database_now()
    ticket = ticket_filed(150)
    TravelTimeFactory(site=ticket.site, minutes=95)
    workflow.answer(ticket, by=operator, text="看一下", now=now - timedelta(minutes=130))
    workflow.remote_failed(ticket, by=operator, reason="要到现场", now=now - timedelta(minutes=110))
    engineer = PERSON_OF[Role.ENGINEER]()
    expected = now + timedelta(minutes=arrives_in)
    workflow.depart(ticket, by=engineer, expected_arrival_at=expected, now=now - timedelta(minutes=50))
    wall = walls.build(operator, now)
    onsite = next(row for row in wall.rows if row.axis.expected is not None)
    assert onsite.verdict == verdict


def test_an_acknowledged_row_names_its_follower_instead_of_a_button(operator: User) -> None:
    ticket = ticket_filed(40)
    row = Deadline.objects.get(timeline=ticket.timeline, code="response")
    escalation.acknowledge(row, by=operator, now=database_now())
    shown = walls.build(operator, database_now()).rows[0]
    assert shown.action is None
    assert "何静" in str(shown.followed_by)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    operator: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    client.force_login(ManagerFactory())
    sweep()
    client.get(reverse("wall"))  # begins the session
    for count in (1, 8):
        for _ in range(count):
            ticket_filed(20)
        with django_assert_max_num_queries(10):
            assert client.get(reverse("wall")).status_code == 200


def test_asked_again_neither_wall_nor_ticket_writes_sql_anew(
    operator: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both have gone out to somebody: the pages of a ticket that has none are not asked for.
    first, second = ticket_filed(70), ticket_filed(70)
    sweep()
    client.force_login(operator)
    for path in (reverse("wall"), reverse("console:ticket", args=[first.number])):
        assert client.get(path).status_code == 200
    written: list[str] = []
    as_sql = SQLCompiler.as_sql

    def noted(self: SQLCompiler, *args: Any, **more: Any) -> Any:
        sql, params = as_sql(self, *args, **more)
        written.append(sql)
        return sql, params

    monkeypatch.setattr(SQLCompiler, "as_sql", noted)
    for path in (reverse("wall"), reverse("console:ticket", args=[second.number])):
        assert client.get(path).status_code == 200
    assert written == []
    assert list(User.objects.filter(pk=operator.pk))
    assert written, "what is written is not seen"


def test_an_empty_wall_says_so(operator: User, client: Client) -> None:
    client.force_login(ManagerFactory(language="en"))
    assert b"sd-wall-calm" in client.get(reverse("wall")).content


def test_acknowledging_from_the_wall_comes_back_to_it(operator: User, client: Client) -> None:
    ticket = ticket_filed(40)
    row = Deadline.objects.get(timeline=ticket.timeline, code="response")
    client.force_login(operator)
    answer = client.post(reverse("sla:acknowledge", args=[row.pk]), {"next": reverse("wall")})
    assert answer["Location"] == reverse("wall")
    row.refresh_from_db()
    assert row.acknowledged_by == operator


@pytest.mark.parametrize("role", [Role.HOSPITAL_STAFF, Role.ENGINEER, Role.DEPOT])
def test_the_wall_is_for_the_desk(client: Client, role: Role) -> None:
    client.force_login(PERSON_OF[role]())
    assert client.get(reverse("wall")).status_code == 403
