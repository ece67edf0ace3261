"""B6: an urgent response takes one of the year's quota and tightens the clocks; the fifth is billable, said before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from devices.models import DeviceModel
from notifications.models import Notification
from notifications.wording import words
from people.models import Role, User
from tests.api_case import Program
from tests.factories import DeviceFactory, DeviceModelFactory, HospitalFactory, TechnicianFactory, UserFactory
from tests.tickets.conftest import Scene
from tests.warranty.contract_case import signed
from tickets import urgent, workflow
from tickets.models import Ticket
from tickets.states import Refused, WrongState
from tickets.workflow.urgent import WouldBill
from warranty import entitlements
from warranty.models import Contract, EntitlementYear, Use

HOLIDAY = "2026-10-02"
WHY = "全院挂号停了"


@pytest.fixture(autouse=True)
def english():
    with translation.override(None):
        yield


@pytest.fixture
def contract(scene: Scene) -> Contract:
    """A HIS contract of Wed 2026-04-15 to 2027-04-14 with four urgent responses a year."""
    return signed(hospital=scene.hospital)


@pytest.fixture
def ticket(scene: Scene, contract: Contract) -> Ticket:
    """A fault of a HIS server, filed at 09:00 on a day of National Day's week."""
    model = DeviceModelFactory(kind=DeviceModel.Kind.HIS_SERVER)
    return scene.file(f"{HOLIDAY} 09:00", device=DeviceFactory(site=scene.site, model=model))


def at(scene: Scene, time: str, day: str = HOLIDAY) -> datetime:
    return scene.at(f"{day} {time}")


def mark(scene: Scene, ticket: Ticket, time: str = "09:10", **more: Any) -> Ticket:
    return workflow.mark_urgent(ticket, **{"reason": WHY, "by": scene.operator, "now": at(scene, time), **more})


def use_up(scene: Scene, contract: Contract, count: int = 4) -> None:
    now = at(scene, "08:00")
    for number in range(count):
        entitlements.take(contract, "urgent", reference=f"SR-{number}", on=now.date(), by=None, now=now)


def used(contract: Contract) -> int:
    year = EntitlementYear.objects.filter(entitlement__contract=contract, entitlement__kind="urgent").first()
    return year.used if year else 0


def test_it_takes_one_of_the_year_and_tightens_the_clocks_on_a_holiday(
    scene: Scene, ticket: Ticket, contract: Contract
) -> None:
    assert (scene.due(ticket, "response"), scene.due(ticket, "onsite_bound")) == ("10-02 10:00", "10-03 09:00")
    done = mark(scene, ticket)
    assert (scene.due(ticket, "response"), scene.due(ticket, "urgent")) == ("10-02 09:30", "10-03 00:00")
    assert done.urgent_use is not None
    assert (done.urgent_use.is_billable, done.urgent_use.reference, used(contract)) == (False, ticket.number, 1)
    event = ticket.events.get(kind="urgent")
    assert (event.is_public, event.body, event.data["used"], event.data["granted"]) == (True, WHY, 1, 4)
    assert done.timeline.__class__.objects.get(pk=done.timeline_id).is_urgent


def test_whoever_works_on_it_and_the_hospital_are_told_who_pays(scene: Scene, ticket: Ticket) -> None:
    technician = TechnicianFactory(hospital=scene.hospital)
    mark(scene, ticket, by=scene.lead)
    assert {*scene.told("ticket.urgent")} == {scene.operator, scene.nurse, technician}
    told = Notification.objects.get(kind="ticket.urgent", person=scene.nurse)
    assert "1 of 4 this contract year" in words(told, scene.nurse, at(scene, "09:11")).sentence


def test_pressed_twice_it_takes_one(scene: Scene, ticket: Ticket, contract: Contract) -> None:
    mark(scene, ticket)
    mark(scene, ticket, "09:11", may_bill=True)
    assert (used(contract), Use.objects.count(), scene.kinds(ticket, kind="urgent")) == (1, 1, ["urgent"])


def test_the_fifth_is_refused_until_somebody_says_that_it_may_cost_and_then_it_is_billable(
    scene: Scene, ticket: Ticket, contract: Contract
) -> None:
    """Worked example 12."""
    use_up(scene, contract)
    with pytest.raises(WouldBill):
        mark(scene, ticket)
    ticket.refresh_from_db()
    assert (ticket.is_urgent, used(contract), Use.objects.count()) == (False, 4, 4)
    assert not scene.kinds(ticket, kind="urgent")
    done = mark(scene, ticket, may_bill=True)
    assert done.urgent_use is not None
    assert (done.urgent_use.is_billable, used(contract)) == (True, 4)
    assert scene.due(ticket, "urgent") == "10-03 00:00"


@pytest.mark.parametrize(("day", "billable"), [("2027-04-14", True), ("2027-04-15", False)])
def test_the_site_s_own_day_says_which_contract_year_pays(scene: Scene, day: str, billable: bool) -> None:
    contract = signed(hospital=scene.hospital, years=2)
    use_up(scene, contract)
    # 00:30 in Shanghai is the day before in UTC.
    ticket = scene.file(f"{day} 00:10")
    done = workflow.mark_urgent(ticket, reason=WHY, by=scene.operator, now=scene.at(f"{day} 00:30"), may_bill=True)
    assert done.urgent_use is not None
    assert done.urgent_use.is_billable is billable


def test_without_a_contract_that_grants_it_for_the_device_it_is_refused(
    scene: Scene, ticket: Ticket, contract: Contract
) -> None:
    terminal = scene.file(f"{HOLIDAY} 09:00", device=DeviceFactory(site=scene.site))
    with pytest.raises(Refused, match="No contract"):
        mark(scene, terminal, may_bill=True)
    past = scene.file("2027-05-01 09:00", device=ticket.device)
    with pytest.raises(Refused, match="No contract"):
        workflow.mark_urgent(past, reason=WHY, by=scene.operator, now=scene.at("2027-05-01 09:10"))
    assert urgent.offer(terminal, at(scene, "09:10")) is None
    assert mark(scene, scene.file(f"{HOLIDAY} 09:00")).is_urgent, (
        "without a device any contract of the hospital may pay"
    )


def test_of_two_contracts_the_one_with_something_left_pays(scene: Scene, ticket: Ticket, contract: Contract) -> None:
    use_up(scene, contract)
    second = signed(hospital=scene.hospital, years=2)
    done = mark(scene, ticket)
    assert done.urgent_use is not None
    assert (done.urgent_use.year.entitlement.contract_id, done.urgent_use.is_billable) == (second.pk, False)


@pytest.mark.parametrize("reason", ["", "  "])
def test_it_needs_a_reason(scene: Scene, ticket: Ticket, reason: str) -> None:
    with pytest.raises(Refused):
        mark(scene, ticket, reason=reason)


def test_what_is_solved_is_not_marked_any_more(scene: Scene, ticket: Ticket) -> None:
    workflow.resolve(ticket, by=scene.engineer, cause="网线", action="重插", now=at(scene, "09:05"))
    with pytest.raises(WrongState):
        mark(scene, ticket)


def test_what_nobody_has_verified_takes_nothing(scene: Scene, ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(is_unverified=True)
    with pytest.raises(Refused, match="verify"):
        mark(scene, ticket)


def test_given_back_the_quota_has_it_again_and_the_clocks_go_on_as_before(
    scene: Scene, ticket: Ticket, contract: Contract
) -> None:
    mark(scene, ticket)
    with pytest.raises(Refused):
        workflow.unmark_urgent(ticket, reason=" ", by=scene.lead, now=at(scene, "09:15"))
    back = workflow.unmark_urgent(ticket, reason="误按", by=scene.lead, now=at(scene, "09:15"))
    assert (back.is_urgent, used(contract), scene.due(ticket, "response")) == (False, 0, "10-02 10:00")
    assert Use.objects.get().reason == "误按"
    with pytest.raises(Refused):
        workflow.unmark_urgent(ticket, reason="误按", by=scene.lead, now=at(scene, "09:16"))
    assert mark(scene, ticket, "09:20").is_urgent
    assert (used(contract), scene.clock(ticket, "urgent").turn) == (1, 2)


def test_withdrawn_it_gives_back_unless_an_engineer_had_set_out(
    scene: Scene, ticket: Ticket, contract: Contract
) -> None:
    other = scene.file(f"{HOLIDAY} 09:00", device=ticket.device)
    for one in (mark(scene, ticket), mark(scene, other)):
        workflow.answer(one, by=scene.operator, text="已收到", now=at(scene, "09:20"))
    workflow.remote_failed(other, by=scene.operator, reason="不通", now=at(scene, "09:25"))
    workflow.depart(other, by=scene.engineer, now=at(scene, "09:30"))
    for one in (ticket, other):
        workflow.cancel(one, by=scene.operator, reason="重复", now=at(scene, "09:40"))
        one.refresh_from_db()
    assert (ticket.is_urgent, other.is_urgent, used(contract)) == (False, True, 1)


def test_reopened_it_is_urgent_still_and_takes_no_second_one(scene: Scene, ticket: Ticket, contract: Contract) -> None:
    mark(scene, ticket)
    workflow.resolve(ticket, by=scene.engineer, cause="网线", action="重插", now=at(scene, "10:00"))
    workflow.reopen(ticket, by=scene.nurse, now=at(scene, "08:00", "2026-10-03"))
    assert (scene.due(ticket, "response"), scene.due(ticket, "urgent")) == ("10-03 08:30", "10-04 00:00")
    assert used(contract) == 1


# The form


def path(ticket: Ticket, verb: str = "mark-urgent") -> str:
    return f"/desk/tickets/{ticket.number}/{verb}/"


@pytest.fixture
def clock(scene: Scene, time_machine: Any) -> None:
    """Ten past nine; the pages are in English."""
    time_machine.move_to(at(scene, "09:10"), tick=False)
    User.objects.update(language="en")


@pytest.mark.usefixtures("clock")
def test_the_form_says_what_it_takes_and_the_button_what_it_costs(
    scene: Scene, ticket: Ticket, contract: Contract, client: Client
) -> None:
    client.force_login(scene.operator)
    use_up(scene, contract, 3)
    page = client.get(path(ticket)).content.decode()
    assert "1 of 4 left this contract year" in page
    assert "Take one of the quota" in page
    assert "<b>3 / 4</b>" in page
    use_up(scene, contract, 4)
    page = client.get(path(ticket)).content.decode()
    assert "None of 4 left" in page
    assert "Go ahead, billable" in page


@pytest.mark.usefixtures("clock")
def test_used_up_while_it_was_read_the_form_comes_back_says_so_and_takes_nothing(
    scene: Scene, ticket: Ticket, contract: Contract, client: Client
) -> None:
    client.force_login(scene.operator)
    use_up(scene, contract, 3)
    shown = client.get(path(ticket)).context["form"]
    use_up(scene, contract, 4)
    sent = {"reason": WHY, "may_bill": "on" if shown["may_bill"].value() else ""}
    answer = client.post(path(ticket), sent)
    page = answer.content.decode()
    assert (answer.status_code, used(contract), Use.objects.count()) == (422, 4, 4)
    assert "Go ahead, billable" in page
    assert "would be billable" in page
    again = {"reason": WHY, "may_bill": "on" if answer.context["form"]["may_bill"].value() else ""}
    assert client.post(path(ticket), again).status_code == 302
    assert Use.objects.get(reference=ticket.number).is_billable


@pytest.mark.usefixtures("clock")
def test_without_a_grant_the_form_says_so_and_has_no_button(scene: Scene, client: Client) -> None:
    client.force_login(scene.operator)
    page = client.get(path(scene.file(f"{HOLIDAY} 09:00"))).content.decode()
    assert "No contract in force grants" in page
    assert 'type="submit" class="btn btn-primary"' not in page


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("role", [Role.ENGINEER, Role.ADMIN, Role.DEPOT])
def test_only_operators_leads_and_managers_of_the_company_may(
    scene: Scene, ticket: Ticket, client: Client, role: Role
) -> None:
    client.force_login(UserFactory(role=role))
    assert client.get(path(ticket)).status_code == 403
    client.force_login(scene.operator)
    assert client.get(path(mark(scene, ticket), "unmark-urgent")).status_code == 403


# Other programs


@pytest.mark.usefixtures("clock")
def test_a_program_is_refused_the_fifth_until_it_says_that_it_may_cost(
    scene: Scene, ticket: Ticket, contract: Contract
) -> None:
    use_up(scene, contract)
    program, url = Program(scene.operator), f"/tickets/{ticket.number}/mark-urgent/"
    key = {"Idempotency-Key": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}
    refused = program.post(url, reason=WHY)
    assert (refused.status_code, Use.objects.count()) == (409, 4)
    assert "billable" in refused.json()["detail"]
    answers = [program.post(url, key, reason=WHY, may_bill=True) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json()["urgent"] == {
        "at": "2026-10-02T01:10:00Z", "on": HOLIDAY, "is_billable": True,
    }  # fmt: skip
    assert answers[0].json()["is_urgent"]
    assert Use.objects.count() == 5


@pytest.mark.usefixtures("clock")
def test_the_hospital_s_technician_asks_for_it_and_another_hospital_s_finds_nothing(
    scene: Scene, ticket: Ticket
) -> None:
    url = f"/tickets/{ticket.number}/mark-urgent/"
    assert Program(TechnicianFactory(hospital=HospitalFactory())).post(url, reason=WHY).status_code == 404
    assert Program(scene.nurse).post(url, reason=WHY).status_code == 403
    assert Program(TechnicianFactory(hospital=scene.hospital)).post(url, reason=WHY).status_code == 200
    assert (
        Program(TechnicianFactory(hospital=scene.hospital))
        .post(f"/tickets/{ticket.number}/unmark-urgent/", reason=WHY)
        .status_code
        == 403
    )
