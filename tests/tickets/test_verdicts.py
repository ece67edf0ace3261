"""Who pays is on the ticket before anybody travels (A4, A12, B2, N6), with the rule, and is asked again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.api_case import Program
from tests.factories import DeviceFactory
from tests.tickets.conftest import Scene
from tickets import workflow
from tickets.models import Ticket, TicketVerdict
from tickets.states import Refused
from tickets.workflow.verdicts import current, with_current
from warranty import defaults as rules


@pytest.fixture
def ticket(scene: Scene) -> Ticket:
    """A terminal accepted on 2024-05-20, so in warranty until 2027-05-20 (worked example 11)."""
    rules.load()
    device = DeviceFactory(site=scene.site, accepted_on=date(2024, 5, 20))
    return scene.file(device=device)


def versions(ticket: Ticket) -> list[tuple[int, str, str]]:
    rows = TicketVerdict.objects.filter(ticket=ticket).order_by("version")
    return [(row.version, row.cause, row.outcome) for row in rows]


def test_a_fault_of_a_device_in_warranty_is_free_from_the_moment_it_is_filed(ticket: Ticket) -> None:
    row = TicketVerdict.objects.get(ticket=ticket)
    assert (row.outcome, row.clause, row.until) == ("free", "A4", date(2027, 5, 20))
    assert (row.rule_code, row.rule_version, row.by) == ("maker_3_years", 1, None)
    assert row.links[-1]["code"] == "maker_3_years"


@pytest.mark.parametrize(("accepted", "outcome"), [(date(2025, 5, 20), "free"), (date(2020, 5, 20), "billable")])
def test_a_program_is_told_who_pays_with_the_receipt_as_whoever_reads_it_later(
    scene: Scene, accepted: date, outcome: str
) -> None:
    rules.load()
    device, program = DeviceFactory(site=scene.site, accepted_on=accepted), Program(scene.nurse)
    filed = program.post("/tickets/", title="打不开", device=device.pk).json()
    assert filed["verdict"]["outcome"] == outcome
    assert program.get(f"/tickets/{filed['number']}/").json()["verdict"] == filed["verdict"]


def test_a_ticket_without_a_device_has_no_verdict_and_takes_no_cause(scene: Scene) -> None:
    ticket = scene.file()
    with pytest.raises(Refused):
        workflow.set_cause(ticket, cause="damage", by=scene.engineer, now=scene.at("10:00"))
    assert versions(ticket) == []


def test_whoever_reads_a_ticket_with_its_verdict_does_not_ask_again_where_there_is_none(
    ticket: Ticket, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        (row,) = with_current(Ticket.objects.filter(pk=ticket.pk))
        assert getattr(current(row), "outcome", None) == "free"
    TicketVerdict.objects.all().delete()
    with django_assert_num_queries(1):
        (row,) = with_current(Ticket.objects.filter(pk=ticket.pk))
        assert current(row) is None


def test_another_cause_asks_again_and_the_earlier_verdict_stays(scene: Scene, ticket: Ticket) -> None:
    workflow.set_cause(ticket, cause="damage", by=scene.engineer, now=scene.at("10:00"))
    workflow.set_cause(ticket, cause="damage", by=scene.engineer, now=scene.at("10:05"))
    assert versions(ticket) == [(1, "unknown", "free"), (2, "damage", "billable")]
    row = TicketVerdict.objects.get(ticket=ticket, version=2)
    assert [line["code"] for line in row.estimate] == ["call_out", "hour"]
    assert [line["sum"] for line in row.estimate] == ["300.00", "400.00"]
    assert scene.kinds(ticket, kind="verdict") == ["verdict", "verdict"]


def test_a_managers_word_needs_a_reason_and_holds_until_the_cause_changes(scene: Scene, ticket: Ticket) -> None:
    with pytest.raises(Refused):
        workflow.override_verdict(ticket, outcome="billable", reason=" ", by=scene.manager, now=scene.at("10:00"))
    workflow.override_verdict(ticket, outcome="billable", reason="约定", by=scene.manager, now=scene.at("10:00"))
    assert workflow.follow_verdicts(scene.at("10:01")) == 0
    workflow.set_cause(ticket, cause="hardware", by=scene.engineer, now=scene.at("10:02"))
    assert [outcome for _version, _cause, outcome in versions(ticket)] == ["free", "billable", "free"]


def test_a_changed_date_of_the_device_is_followed_once(scene: Scene, ticket: Ticket) -> None:
    assert workflow.follow_verdicts(scene.at("10:00")) == 0
    assert ticket.device is not None
    type(ticket.device).objects.filter(pk=ticket.device.pk).update(accepted_on=date(2020, 1, 1))
    assert [workflow.follow_verdicts(scene.at("10:05")), workflow.follow_verdicts(scene.at("10:10"))] == [1, 0]
    assert versions(ticket)[-1][2] == "billable"


def test_the_workspace_and_the_portal_say_who_pays(scene: Scene, ticket: Ticket, client: Client) -> None:
    client.force_login(scene.operator)
    desk = client.get(f"/desk/tickets/{ticket.number}/").content.decode()
    assert "desk-verdict-ok" in desk
    assert "A4" in desk
    client.force_login(scene.nurse)
    portal = client.get(f"/requests/{ticket.number}/").content.decode()
    assert "A4" in portal.split('id="who-pays"')[1].split("</section>")[0]


def test_a_program_reads_the_verdict_and_must_say_what_it_read_before_it_sets_a_cause(
    scene: Scene, ticket: Ticket, client: Client
) -> None:
    client.force_login(scene.operator)
    url = f"/api/v1/tickets/{ticket.number}/"
    answer = client.get(url)
    assert (answer.json()["verdict"]["outcome"], answer.json()["verdict"]["clause"]) == ("free", "A4")
    said: dict[str, Any] = {"data": {"cause": "damage"}, "content_type": "application/json"}
    assert client.post(f"{url}set-cause/", **said).status_code == 428
    done = client.post(f"{url}set-cause/", **said, headers={"If-Match": answer["ETag"]})
    assert (done.status_code, done.json()["verdict"]["outcome"]) == (200, "billable")
    word = {"outcome": "free", "reason": "x"}
    assert client.post(f"{url}override-verdict/", word, content_type="application/json").status_code == 403
