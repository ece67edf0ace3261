"""A contract's clocks: its policy from the first day to the last, and what runs follows a change (B4, B5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from devices.models import DeviceModel
from people.models import Site
from sla import deadlines
from sla.audit import differences
from sla.explain import explain
from sla.models import Deadline, Policy, PolicyAssignment
from tests.factories import (
    DeviceFactory,
    ManagerFactory,
    NurseFactory,
    ServiceBaseFactory,
    SiteFactory,
    TicketFactory,
    TravelTimeFactory,
)
from tests.warranty.contract_case import NOW, START, load, signed
from tickets.models import Ticket
from warranty import cases, contracts, defaults
from warranty.models import Contract
from warranty.refusal import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(db: None) -> Site:
    load()
    site = SiteFactory()
    TravelTimeFactory(site=site, base=ServiceBaseFactory(region=site.hospital.region), minutes=300, km=310)
    return site


def policy(site: Site, kind: str, on: date) -> str:
    noon = datetime(on.year, on.month, on.day, 4, tzinfo=UTC)
    return deadlines.policy_for(site.hospital, kind, noon).code


def fault(site: Site, kind: str, now: datetime = NOW) -> Ticket:
    device = DeviceFactory(site=site, model__kind=kind)
    return TicketFactory(device=device, reporter=NurseFactory(hospital=site.hospital), now=now)


def clock(ticket: Ticket, code: str = "onsite_bound") -> Deadline:
    rows = Deadline.objects.filter(timeline=ticket.timeline_id, code=code).exclude(state="superseded")
    return rows.select_related("commitment__calendar", "timeline__site").get()


def test_its_policy_holds_from_the_sites_first_midnight_to_its_last(site: Site) -> None:
    signed(hospital=site.hospital)
    starts = PolicyAssignment.objects.order_by("valid_from")[0].valid_from
    assert starts == datetime(2026, 4, 14, 16, 0, tzinfo=UTC)
    held = [policy(site, "his_server", START + timedelta(days=day)) for day in (-1, 0, 364, 365)]
    assert held == ["telemedicine", "his", "his", "telemedicine"]
    assert policy(site, "mcu", START) == "telemedicine"


@pytest.mark.parametrize("first_signed", ["earlier", "later"])
def test_the_paid_phase_takes_over_where_the_free_one_ends(site: Site, first_signed: str) -> None:
    """B5: from the second year on an engineer is there within two hours, in whichever order they were signed."""
    about = {"hospital": site.hospital, "years": 1}
    free = defaults.draft("his", phase="free", number="HT-1", starts_on=START, is_first=True, **about)
    next_day = free.ends_on + timedelta(days=1)
    paid = defaults.draft("his", phase="paid", number="HT-2", starts_on=next_day, is_first=False, follows=free, **about)
    paid.full_clean()
    for contract in (free, paid) if first_signed == "earlier" else (paid, free):
        contracts.activate(contract, by=ManagerFactory(), now=NOW)
    held = [policy(site, "his_server", START + timedelta(days=day)) for day in (-1, 0, 364, 365, 730, 731)]
    assert held == ["telemedicine", "his", "his", "his_later", "his_later", "telemedicine"]


def test_a_contract_that_comes_into_force_moves_the_clocks_that_run_and_keeps_the_old_target(site: Site) -> None:
    video, his = fault(site, DeviceModel.Kind.TERMINAL), fault(site, DeviceModel.Kind.HIS_SERVER)
    assert clock(his).target_seconds == 12 * 3600
    contract = signed(hospital=site.hospital)
    assert (clock(his).target_seconds, clock(his).commitment.clause) == (24 * 3600, "B4")
    assert (
        Deadline.objects.get(timeline=his.timeline_id, code="onsite_bound", state="superseded").target_seconds == 43200
    )
    assert clock(video).target_seconds == 12 * 3600
    assert any(contract.number in note for note in explain(clock(his)).notes)
    assert list(differences()) == []


def test_a_change_mid_ticket_tightens_from_the_change_when_the_rest_has_passed(site: Site) -> None:
    """Worked example 8 for a contract: 2 h from the notification lie behind, so they count from the change."""
    contract = signed(hospital=site.hospital)
    ticket = fault(site, DeviceModel.Kind.HIS_SERVER)
    later = NOW + timedelta(hours=3)
    contracts.change(contract, by=ManagerFactory(), now=later, policy=Policy.objects.get(code="his_later"))
    assert clock(ticket).due_at == later + timedelta(hours=2)
    assert clock(ticket).commitment.clause == "B5"
    assert contracts.turn(date(2026, 5, 4), later) == 0


def test_clocks_follow_on_the_day_that_a_contract_begins_and_only_once(site: Site) -> None:
    begins = NOW.date() + timedelta(days=2)
    signed(hospital=site.hospital, starts_on=begins)
    ticket = fault(site, DeviceModel.Kind.HIS_SERVER, NOW)
    assert contracts.turn(NOW.date(), NOW) == 0
    on_the_day = NOW + timedelta(days=2)
    assert contracts.turn(on_the_day.date(), on_the_day) == 1
    assert contracts.turn(on_the_day.date(), on_the_day) == 0
    assert ticket.timeline.facts.filter(kind="terms_changed").count() == 1


def test_what_is_in_force_is_not_activated_again_and_a_draft_is_not_changed(site: Site) -> None:
    contract = signed(hospital=site.hospital)
    with pytest.raises(Refused):
        contracts.activate(contract, by=ManagerFactory(), now=NOW)
    Contract.objects.filter(pk=contract.pk).update(activated_at=None)
    with pytest.raises(Refused):
        contracts.change(contract, by=ManagerFactory(), now=NOW, name="x")
    with pytest.raises(ValueError, match="starts_on"):
        contracts.change(contract, by=ManagerFactory(), now=NOW, starts_on=START)


@pytest.mark.parametrize(("scope", "covered"), [("all", [1, 2, 3]), ("project", [1]), ("listed", [2])])
def test_it_covers_the_whole_hospital_a_project_or_what_is_listed(site: Site, scope: str, covered: list[int]) -> None:
    contract = signed(hospital=site.hospital)
    project = site.hospital.projects.create(name="HIS 一期")
    rows = {n: DeviceFactory(site=site, model__kind="his_server") for n in (1, 2, 3)}
    rows[1].project = project
    rows[1].save()
    DeviceFactory(model__kind="his_server")
    contract.devices.set([rows[2]])
    about = {"scope": scope, "project": project if scope == "project" else None}
    contracts.change(contract, by=ManagerFactory(), now=NOW, **about)
    found = [n for n, row in rows.items() if cases.verdict(row, cause="software", on=NOW.date()).outcome == "contract"]
    assert found == covered
    assert cases.verdict(DeviceFactory(site=site), cause="unknown", on=NOW.date()).outcome == "unclear"


def test_rows_say_what_the_chain_says(site: Site) -> None:
    """The shipped rules, out of the database: from the acceptance of a project through a swap."""
    project = site.hospital.projects.create(name="会诊一期", accepted_on=date(2024, 5, 20), started_on=date(2024, 3, 1))
    device = DeviceFactory(site=site, project=project, model__kind="mcu")
    found = cases.verdict(device, cause="unknown", on=date(2027, 5, 20))
    assert (found.outcome, found.clause, found.until) == ("free", "A4", date(2027, 5, 20))
    billable = cases.verdict(device, cause="damage", on=date(2026, 5, 20))
    assert [(line.price.code, str(line.sum)) for line in billable.estimate] == [
        ("call_out", "300.00"),
        ("hour", "400.00"),
    ]
    successor = DeviceFactory(site=site, model=device.model, replaces=device, installed_on=date(2025, 1, 10))
    assert cases.verdict(successor, cause="unknown", on=date(2027, 5, 21)).outcome == "billable"
    assert cases.verdict(successor, cause="unknown", on=date(2027, 5, 20)).outcome == "free"
