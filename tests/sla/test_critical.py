"""Critical periods: month-ends by the working calendar, who plans them, and ladders that warn earlier (N12)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from audit.models import Entry
from people.models import Hospital, User
from sla import calendars, critical, deadlines, defaults
from sla.audit import differences
from sla.deadlines import Refused
from sla.explain import explain
from sla.facts import Kind
from sla.models import Calendar, Commitment, CriticalPeriod, Ladder
from tests.factories import HospitalFactory, LeadFactory, OperatorFactory, TechnicianFactory
from tests.sla.cases import FAULT, SHANGHAI, Case, local

pytestmark = pytest.mark.django_db
NOW = local("2026-03-30 10:00")
UNTIL = local("2026-04-03 00:00")


@pytest.fixture(autouse=True)
def promise_book(db: None) -> None:
    defaults.load()


@pytest.fixture
def lead(db: None) -> User:
    return LeadFactory(language="en")


def monthly(hospital: Hospital, before: int = 1, after: int = 2) -> CriticalPeriod:
    return CriticalPeriod(hospital=hospital, kind="month_end", reason="月结", days_before=before, days_after=after)


def once(hospital: Hospital, starts: str, ends: str) -> CriticalPeriod:
    return CriticalPeriod(hospital=hospital, kind="audit", reason="评审", starts_at=local(starts), ends_at=local(ends))


def shown(window: tuple[datetime, datetime]) -> tuple[str, str]:
    return tuple(f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" for at in window)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("year", "month", "before", "after", "expected"),
    [
        (2026, 3, 1, 2, ("2026-03-30 00:00", "2026-04-03 00:00")),
        (2026, 3, 0, 0, ("2026-03-31 00:00", "2026-04-01 00:00")),
        (2026, 2, 1, 1, ("2026-02-27 00:00", "2026-03-03 00:00")),
        (2026, 9, 1, 2, ("2026-09-29 00:00", "2026-10-10 00:00")),
        (2026, 1, 0, 1, ("2026-01-30 00:00", "2026-02-03 00:00")),
        (2026, 12, 1, 1, ("2026-12-30 00:00", "2027-01-02 00:00")),
    ],
)
def test_a_month_end_is_counted_in_working_days_of_the_chinese_calendar(
    year: int, month: int, before: int, after: int, expected: tuple[str, str]
) -> None:
    """February 2026 has its 28th as a make-up Saturday; October begins with seven days off; 2027 is not published."""
    cn = Calendar.objects.get(code="cn")
    hours = calendars.hours_of(cn.versions.latest("number"))
    assert shown(critical.month_end(year, month, before, after, hours)) == expected


@pytest.mark.parametrize(
    ("at", "on"),
    [
        ("2026-03-29 23:59:59", False),
        ("2026-03-30 00:00", True),
        ("2026-04-02 23:59:59", True),
        ("2026-04-03 00:00", False),
        ("2026-04-30 12:00", True),
    ],
)
def test_it_is_on_from_its_first_instant_and_over_at_its_end(at: str, on: bool, lead: User) -> None:
    hospital = HospitalFactory()
    critical.plan(monthly(hospital), by=lead, now=NOW)
    assert bool(critical.on(hospital, local(at))) is on
    assert critical.on(HospitalFactory(), local(at)) is None


def test_of_two_the_one_that_lasts_longer_counts(lead: User) -> None:
    hospital = HospitalFactory()
    critical.plan(monthly(hospital), by=lead, now=NOW)
    critical.plan(once(hospital, "2026-03-30 08:00", "2026-04-10 18:00"), by=lead, now=NOW)
    window = critical.on(hospital, NOW)
    assert window
    assert window.period.reason == "评审"


def test_what_a_technician_proposes_counts_once_the_desk_confirms_it(lead: User) -> None:
    technician = TechnicianFactory()
    period = critical.plan(monthly(technician.hospital), by=technician, now=NOW)
    assert period.state == CriticalPeriod.State.PROPOSED
    assert critical.on(technician.hospital, NOW) is None
    for _press in range(2):
        critical.decide(period, accept=True, by=lead, now=NOW)
    assert critical.on(technician.hospital, NOW)
    critical.decide(period, accept=False, by=lead, now=NOW)
    assert critical.on(technician.hospital, NOW) is None
    with pytest.raises(Refused, match="has ended"):
        critical.decide(period, accept=True, by=lead, now=NOW)
    acts = list(Entry.objects.filter(act__startswith="sla.critical").order_by("id").values_list("act", flat=True))
    assert acts == ["sla.critical_planned", "sla.critical_confirmed", "sla.critical_ended"]


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ("2026-04-02 08:00", "2026-04-01 08:00"),
        ("2026-03-01 08:00", "2026-03-30 09:59"),
        ("2026-04-01 08:00", "2026-05-09 08:00"),
        ("2028-04-01 08:00", "2028-04-02 08:00"),
    ],
)
def test_a_period_that_ends_before_it_starts_is_over_too_long_or_too_far_is_refused(
    starts: str, ends: str, lead: User
) -> None:
    with pytest.raises(Refused):
        critical.plan(once(HospitalFactory(), starts, ends), by=lead, now=NOW)


# The clocks


def filed(at: str, **terms: Any) -> Case:
    case = Case(at[:10])
    case.say(Kind.NOTIFIED, at, **FAULT, **terms)
    return case


CRITICAL = {"critical": {"reason": "月结", "until": UNTIL.isoformat()}}


def warnings(case: Case, code: str) -> list[int]:
    return [one["percent"] for one in case.clock(code).milestones if "percent" in one]


def test_a_clock_that_starts_in_a_critical_period_warns_earlier_and_says_why() -> None:
    usual, tight = filed("2026-03-30 10:00"), filed("2026-03-30 10:00", **CRITICAL)
    assert warnings(usual, "response") == [50, 80, 100]
    assert warnings(tight, "response") == [25, 50, 75, 100]
    assert usual.due("response") == tight.due("response"), "the promise itself stays"
    with translation.override("en"):
        [note] = explain(tight.clock("response")).notes
    assert note == "Warned earlier, since the hospital is in a critical period: 月结 until 04-03 00:00."
    assert not explain(usual.clock("response")).notes
    assert list(differences()) == []


def test_a_clock_that_starts_after_it_warns_as_usual() -> None:
    case = filed("2026-04-02 23:50", **CRITICAL)
    case.say(Kind.RESPONDED, "2026-04-03 00:00")
    assert warnings(case, "response") == [25, 50, 75, 100]
    assert warnings(case, "remote") == [50, 80, 100]
    assert list(differences()) == []


def test_a_commitment_may_promise_more_in_a_critical_period() -> None:
    """`critical` is a term like the others: a new version of a rule names it."""
    remote = Commitment.objects.get(policy__code="telemedicine", code="remote")
    remote.pk, remote.version = None, 2
    remote.targets = [{"when": {"critical": True}, "minutes": 45}, *remote.targets]
    remote.save()
    usual, tight = filed("2026-03-30 10:00"), filed("2026-03-30 10:00", **CRITICAL)
    for case in (usual, tight):
        case.say(Kind.RESPONDED, "2026-03-30 10:10")
    assert usual.due("remote") == "2026-03-30 12:10:00"
    assert tight.due("remote") == "2026-03-30 10:55:00"


def test_a_ladder_without_a_critical_one_stays_as_it_is() -> None:
    Ladder.objects.update(critical=None)
    assert warnings(filed("2026-03-30 10:00", **CRITICAL), "response") == [50, 80, 100]


def test_a_reload_of_the_promise_book_keeps_what_an_administrator_chose() -> None:
    Ladder.objects.update(critical=None)
    defaults.load()
    assert not Ladder.objects.filter(critical__isnull=False).exists()
    assert deadlines.OPEN_STATES


# The page


def browser(person: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def test_the_desk_plans_confirms_and_ends_on_its_page(lead: User) -> None:
    technician, client = TechnicianFactory(language="en"), browser(lead)
    said = {"hospital": technician.hospital_id, "kind": "month_end", "reason": "月结", "monthly": "on"}
    assert client.post("/desk/critical/", said).status_code == 422
    planned = client.post("/desk/critical/", {**said, "days_before": 1, "days_after": 2}, follow=True)
    assert "Planned" in planned.content.decode()
    proposal = {"kind": "audit", "reason": "等级评审", "starts_at": "2030-01-01T08:00", "ends_at": "2030-01-03T18:00"}
    assert browser(technician).post("/technician/critical/", proposal).status_code == 400
    near = {**proposal, "monthly": "on", "days_before": 0, "days_after": 1}
    assert browser(technician).post("/technician/critical/", near).status_code == 302
    asked = CriticalPeriod.objects.get(state="proposed")
    assert asked.hospital == technician.hospital
    assert "proposed by the hospital" in client.get("/desk/critical/").content.decode()
    client.post(f"/desk/critical/{asked.pk}/decide/", {"accept": "1"})
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == (CriticalPeriod.State.CONFIRMED, lead)
    assert "等级评审" in browser(technician).get("/technician/").content.decode()


def test_bad_fields_are_refused_on_the_form(lead: User) -> None:
    client, hospital = browser(lead), HospitalFactory()
    said = {"hospital": hospital.pk, "kind": "audit", "reason": "评审"}
    for wrong in (
        {"starts_at": "x", "ends_at": "y"},
        {"starts_at": "2026-01-01T08:00"},
        {"monthly": "on", "days_before": "99", "days_after": "1"},
        {"monthly": "on", "days_before": "-1", "days_after": "1"},
        {"kind": "party", "monthly": "on", "days_before": "1", "days_after": "1"},
        {"hospital": "0", "monthly": "on", "days_before": "1", "days_after": "1"},
        {"reason": "长" * 81, "monthly": "on", "days_before": "1", "days_after": "1"},
    ):
        assert client.post("/desk/critical/", {**said, **wrong}).status_code == 422
    assert not CriticalPeriod.objects.exists()


def test_a_hospital_opens_no_page_of_the_desk_and_decides_nothing(lead: User) -> None:
    technician = TechnicianFactory()
    period = critical.plan(monthly(technician.hospital), by=technician, now=NOW)
    assert browser(technician).post(f"/desk/critical/{period.pk}/decide/", {"accept": "1"}).status_code == 403
    assert browser(OperatorFactory()).get("/desk/critical/").status_code == 200
