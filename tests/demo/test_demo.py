"""The demo: loads once, keeps some faults running, and every clock in it follows from its facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from people.models import Hospital, Role, User
from servicedesk.demo import live, parcels, world
from sla import critical
from sla.audit import differences
from sla.models import CalendarDraft, CriticalPeriod, Deadline, Page
from sla.sweep import sweep
from spares.models import PartRequest, Return, StockItem
from spares.states import IN_DEPOT
from tests.kept import kept
from tickets.models import Quote, Ticket, TicketVerdict, Training
from visits.models import Visit
from warranty import duties, entitlements
from warranty.coverage import Outcome
from warranty.models import Contract, DutyEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """It is told once for the file; what a test does to it is undone."""
    with kept(django_db_blocker):
        call_command("demo", tickets=12, stdout=StringIO())
        yield


@pytest.fixture
def demo(told: None, db: None) -> None:
    """The demo as it was told."""


def test_every_role_can_sign_in(demo: None) -> None:
    assert set(User.objects.filter(is_demo=True).values_list("role", flat=True)) == set(Role.values)


def test_the_audit_finds_nothing(demo: None) -> None:
    assert list(differences()) == []


def test_a_visitor_soon_sees_a_warning_a_page_and_a_breach(demo: None) -> None:
    now = timezone.now()
    running = Deadline.objects.filter(state="running")
    assert running.filter(due_at__lt=now).exists()
    assert running.filter(acknowledged_by__isnull=False).exists()
    soon = running.filter(next_action_at__range=(now, now + timedelta(minutes=5)))
    assert soon.filter(code="response", due_at__lt=now + timedelta(minutes=5)).exists()
    assert soon.count() >= 3
    assert Page.objects.filter(state="sent").exists()


def test_the_engine_takes_over_every_clock(demo: None) -> None:
    swept = sweep()
    assert swept.set_aside == 0
    assert not Deadline.objects.exclude(failure="").exists()


def test_tickets_stand_in_many_states(demo: None) -> None:
    states = set(Ticket.objects.values_list("status", flat=True))
    assert {"new", "remote", "travel", "on_site", "waiting", "solved", "closed", "hospital"} <= states
    assert Ticket.objects.filter(is_unverified=True, status="new").exists()
    verdicts = TicketVerdict.objects.filter(ticket__in=Ticket.objects.unfinished()).order_by("ticket_id", "-version")
    assert set(verdicts.distinct("ticket_id").values_list("outcome", flat=True)) == set(Outcome)
    assert set(Quote.objects.values_list("state", flat=True)) == {"sent", "accepted"}


def test_a_second_start_adds_nothing_while_the_faults_are_warm(demo: None) -> None:
    before = Ticket.objects.count()
    call_command("demo", stdout=StringIO())
    assert Ticket.objects.count() == before


def test_a_start_on_another_day_ends_the_cold_ones_and_tells_fresh_ones(demo: None) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    assert live.refresh(world.read(), tomorrow) > 0
    running = Ticket.objects.filter(status__in=["new", "remote", "dispatch", "travel", "on_site", "waiting"])
    assert not running.filter(created_at__lt=tomorrow - timedelta(hours=20), parts=None).exists()
    # Those that wait for parts began days ago; the first set's have ended all the same.
    assert running.filter(parts__isnull=False).count() == len(parcels.PARCELS) + 1
    assert list(differences()) == []


def test_production_refuses_the_demo(settings: object) -> None:
    settings.PRODUCTION = True  # type: ignore[attr-defined]
    with pytest.raises(CommandError):
        call_command("demo")


def test_contracts_of_both_kinds_are_in_force_used_and_owed(demo: None) -> None:
    today = timezone.localdate()
    running = list(Contract.objects.signed().filter(starts_on__lte=today, ends_on__gte=today))
    assert {contract.policy.code for contract in running} == {"telemedicine", "his_later"}
    assert {contract.phase for contract in running} == {"free", "paid"}
    assert Contract.objects.filter(activated_at=None).exists()
    assert [one for one in running if one.ends_on < today + timedelta(days=30)]
    quotas = entitlements.in_year(running, today)
    assert {quota.left for quota in quotas if quota.entitlement.kind == "urgent"} == {0, 1}
    now_at_risk = at_risk(running, today)
    assert {"done", "on_track", "at_risk"} <= {duty.forecast.state for duty in duties.ledger_of(quotas, today)}
    # What moving the demo's clock shows.
    assert at_risk(running, today + timedelta(days=150)) > now_at_risk
    proofs = DutyEntry.objects.exclude(done_on=None).values_list("proof__content_type", flat=True)
    assert set(proofs) == {"application/pdf"}


def at_risk(contracts: list[Contract], day: date) -> int:
    return sum(duty.forecast.state == "at_risk" for duty in duties.ledger(contracts, day))


def test_what_hospitals_plan_is_there_to_be_seen(demo: None) -> None:
    now = timezone.now()
    states = {line.period.state for line in critical.lines(CriticalPeriod.objects.all(), now) if not line.is_on}
    assert states == {"confirmed", "proposed"}
    assert critical.on(Hospital.objects.get(name__startswith="攀枝花"), now)
    assert Training.objects.filter(person=None).exists()
    assert CalendarDraft.objects.filter(state="draft").exists()


def test_depots_have_work_at_every_step_and_parts_that_are_owed(demo: None) -> None:
    states = set(PartRequest.objects.values_list("state", flat=True))
    assert {"draft", "requested", "reserved", "packed", "shipped", "delivered"} <= states
    now = timezone.now()
    to_ship = PartRequest.objects.filter(state__in=IN_DEPOT)
    assert to_ship.filter(ship_by__lt=now).exists()
    assert to_ship.filter(ship_by__range=(now, now + timedelta(hours=4))).exists()
    assert [item for item in StockItem.objects.all() if item.free < item.minimum]
    assert set(Return.objects.values_list("state", flat=True)) == {"owed", "received", "at_maker"}
    assert Return.objects.filter(is_advance=True, replaced_at__isnull=False).exists()


def test_visits_stand_at_every_step_from_waiting_for_somebody_to_the_signed_report(demo: None) -> None:
    assert Ticket.objects.filter(status="dispatch", visits=None).exists()
    assert {"planned", "travel", "on_site", "done"} <= set(Visit.objects.values_list("state", flat=True))
    signed = Visit.objects.get(signature__isnull=False)
    assert set(signed.reports.values_list("language", flat=True)) == {"zh-hans", "en"}
    present = Visit.objects.filter(state="on_site").values_list("crew__engineer", flat=True)
    assert len(present) == len(set(present)), "nobody is in two places"
