"""B6: an urgent response tightens the clocks, the same day, also on holidays."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.utils import translation

from sla.audit import differences
from sla.explain import explain
from sla.facts import Kind
from sla.models import Calendar, Commitment, Deadline, Policy
from tests.sla.cases import Case, staff

pytestmark = pytest.mark.django_db
MET, CANCELLED = Deadline.State.MET, Deadline.State.CANCELLED
TERMS: dict[str, Any] = {"kind": "fault", "priority": 2, "node_down": False}


@pytest.fixture(autouse=True)
def book() -> Iterator[None]:
    staff()
    with translation.override(None):
        yield


def fault(day: str, at: str, policy: str = "his") -> Case:
    case = Case(day)
    case.say(Kind.NOTIFIED, at, policy=policy, **TERMS)
    return case


@pytest.mark.parametrize("day", ["2026-02-17", "2026-10-02", "2026-11-18"], ids=["spring", "national", "ordinary"])
def test_an_urgent_response_is_due_the_same_day_whatever_day_it_is(day: str) -> None:
    case = fault(day, "09:00")
    tomorrow = f"{day[:-2]}{int(day[-2:]) + 1:02}"
    assert (case.due("response"), case.due("onsite_bound")) == (f"{day} 10:00:00", f"{tomorrow} 09:00:00")
    assert not case.has("urgent")
    case.say(Kind.TERMS_CHANGED, "09:10", urgent=True)
    assert (case.due("response"), case.due("urgent")) == (f"{day} 09:30:00", f"{tomorrow} 00:00:00")
    assert case.due("onsite_bound") == f"{tomorrow} 09:00:00"
    assert not list(differences())


def test_hours_that_rest_on_holidays_do_not_hold_it_up() -> None:
    policy, cn = Policy.objects.create(code="office", name="office"), Calendar.objects.get(code="cn")
    for row in Commitment.objects.filter(policy__code="his", code__in=("response", "onsite_bound", "urgent")):
        row.pk, row.policy = None, policy
        row.calendar = row.calendar if row.code == "urgent" else cn
        row.save()
    case = fault("2026-10-02", "09:00", "office")
    assert case.due("response") == "2026-10-08 10:00:00"
    case.say(Kind.TERMS_CHANGED, "09:10", urgent=True)
    assert case.due("urgent") == "2026-10-03 00:00:00"


def test_what_is_tightened_late_counts_from_the_change() -> None:
    case = fault("2026-10-02", "09:00")
    case.say(Kind.RESPONDED, "09:20")
    assert (case.due("remote"), case.due("update")) == ("2026-10-02 11:20:00", "2026-10-02 13:20:00")
    case.say(Kind.TERMS_CHANGED, "10:30", urgent=True)
    assert (case.due("remote"), case.due("update")) == ("2026-10-02 11:30:00", "2026-10-02 11:30:00")
    assert case.clock("response").state == MET
    assert case.clock("response").revision == 1


def test_a_node_down_is_not_made_slower_and_owes_the_same_day_as_well() -> None:
    case = Case("2026-10-02")
    case.say(Kind.NOTIFIED, "09:00", policy="his", **{**TERMS, "node_down": True})
    case.say(Kind.RESPONDED, "09:20")
    case.say(Kind.TERMS_CHANGED, "09:30", urgent=True)
    assert (case.due("remote"), case.due("urgent")) == ("2026-10-02 10:20:00", "2026-10-03 00:00:00")
    assert "urgent" not in case.clock("remote").inputs


@pytest.mark.parametrize("ends", [Kind.ARRIVED, Kind.SOLVED])
def test_it_is_kept_by_whoever_arrives_or_solves_it(ends: Kind) -> None:
    case = fault("2026-10-02", "09:00")
    case.say(Kind.TERMS_CHANGED, "09:10", urgent=True)
    case.say(Kind.RESPONDED, "09:20")
    case.say(ends, "15:00")
    assert case.clock("urgent").state == MET
    assert case.clock("urgent").margin_seconds == 9 * 3600


def test_taken_back_the_clocks_go_on_as_before_and_given_again_it_counts_anew() -> None:
    case = fault("2026-10-02", "09:00")
    case.say(Kind.TERMS_CHANGED, "09:10", urgent=True)
    case.say(Kind.TERMS_CHANGED, "09:15", urgent=False)
    assert (case.due("response"), case.clock("urgent").state) == ("2026-10-02 10:00:00", CANCELLED)
    case.say(Kind.TERMS_CHANGED, "09:20", urgent=True)
    assert (case.due("response"), case.due("urgent", turn=2)) == ("2026-10-02 09:30:00", "2026-10-03 00:00:00")
    assert not list(differences())


def test_opened_again_it_is_urgent_still() -> None:
    case = fault("2026-10-02", "09:00")
    case.say(Kind.TERMS_CHANGED, "09:10", urgent=True)
    case.say(Kind.RESPONDED, "09:20")
    case.say(Kind.SOLVED, "10:00")
    case.say(Kind.REOPENED, "2026-10-03 08:00")
    assert (case.due("response"), case.due("urgent")) == ("2026-10-03 08:30:00", "2026-10-04 00:00:00")


def test_a_pause_over_midnight_moves_it_to_the_end_of_the_day_on_which_work_goes_on() -> None:
    case = fault("2026-10-02", "09:00")
    case.say(Kind.TERMS_CHANGED, "09:10", urgent=True)
    case.say(Kind.PAUSED, "20:00", reason="asked_later")
    case.say(Kind.RESUMED, "2026-10-03 08:00")
    assert case.due("urgent") == "2026-10-04 00:00:00"


def test_the_sum_says_what_tightened_it() -> None:
    case = fault("2026-10-02", "09:00")
    case.say(Kind.TERMS_CHANGED, "09:10", urgent=True, reason="registration is down")
    tightened = "Tightened by an urgent response of the contract (B6)."
    answer, same_day = explain(case.clock("response")), explain(case.clock("urgent"))
    assert "registration is down" in answer.notes[0]
    assert tightened in answer.notes
    assert (same_day.clause, same_day.lines[1].figure) == ("B6", "+ until midnight")
    assert tightened not in explain(case.clock("onsite_bound")).notes


def test_a_desk_that_runs_already_gets_the_rows_as_its_next_versions() -> None:
    migration = import_module("sla.migrations.0008_urgent_response")
    Commitment.objects.filter(code="urgent").delete()
    old = Commitment.objects.get(policy__code="his", code="response")
    old.targets = [{"minutes": 45}]
    old.save()
    migration.promise(apps, None)
    new = Commitment.objects.get(policy__code="his", code="response", version=2)
    assert new.targets == [{"when": {"urgent": True}, "minutes": 30}, {"minutes": 45}]
    assert Commitment.objects.filter(code="urgent").count() == 3
    rows = Commitment.objects.count()
    migration.promise(apps, None)
    assert Commitment.objects.count() == rows
    old.refresh_from_db()
    assert old.targets == [{"minutes": 45}]
    migration.withdraw(apps, None)
    assert not Commitment.objects.filter(code="urgent").exists()
    assert Commitment.objects.filter(code="response", version=1).count() == 3
