"""B6: an urgent response takes one of the year's quota and tightens the clocks; the fifth is billable, said before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from notifications.models import Notification
from notifications.wording import words
from tests.factories import DeviceFactory, TechnicianFactory
from tests.tickets.conftest import Scene
from tests.tickets.urgent_case import HOLIDAY, WHY, at, file, mark, use_up, used
from tests.warranty.contract_case import signed
from tickets import urgent, workflow
from tickets.models import Ticket
from tickets.states import Refused, WrongState
from tickets.workflow.urgent import WouldBill
from warranty.models import Contract, Use


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override(None):
        yield


@pytest.fixture
def contract(scene: Scene) -> Contract:
    """Of Wed 2026-04-15 to 2027-04-14."""
    return signed(hospital=scene.hospital)


@pytest.fixture
def ticket(scene: Scene, contract: Contract) -> Ticket:
    return file(scene)


def test_it_takes_one_of_the_year_and_tightens_the_clocks_on_a_holiday(
    scene: Scene, ticket: Ticket, contract: Contract
) -> None:
    assert (scene.due(ticket, "response"), scene.due(ticket, "onsite_bound")) == ("10-02 10:00", "10-03 09:00")
    done = mark(scene, ticket)
    assert (scene.due(ticket, "response"), scene.due(ticket, "urgent")) == ("10-02 09:30", "10-03 00:00")
    assert done.urgent_use is not None
    assert (done.urgent_use.is_billable, done.urgent_use.reference, used(contract)) == (False, ticket.number, 1)
    event = ticket.events.get(kind="urgent")
    assert (event.is_public, event.body, event.data) == (
        True, WHY, {"how": "granted", "used": 1, "granted": 4},
    )  # fmt: skip
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
