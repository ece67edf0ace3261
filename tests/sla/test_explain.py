"""Why this deadline: every line has its source, and the lines add up to the due time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import translation

from people.models import ServiceBase
from sla import deadlines, defaults
from sla.explain import Explanation, explain
from sla.facts import Kind
from sla.models import Calendar, NationalYear
from tests.factories import ManagerFactory, SiteFactory
from tests.sla.cases import FAULT, SHANGHAI, Case, local

pytestmark = pytest.mark.django_db
DAY = "2026-03-11"


@pytest.fixture(autouse=True)
def promise_book(db: None) -> Iterator[None]:
    defaults.load()
    with translation.override("en"):
        yield


def failed_at_0940() -> Case:
    """Remote repair declared failed at 09:40; 95 min and 126 km from the base."""
    case = Case(DAY)
    case.say(Kind.NOTIFIED, "09:00", **FAULT)
    case.say(Kind.RESPONDED, "09:10")
    case.say(Kind.REMOTE_FAILED, "09:40")
    return case


def figures(explanation: Explanation) -> list[tuple[str, str]]:
    return [(line.figure, line.text) for line in explanation.lines]


def total(explanation: Explanation) -> datetime:
    """The first line's time plus all addends, on the 11th of March 2026 in Shanghai."""
    start = local(f"{DAY} {explanation.lines[0].figure}")
    addends = [line.figure for line in explanation.lines if line.figure.startswith("+")]
    hours = sum(int(n) for figure in addends for n in re.findall(r"(\d+) h", figure))
    minutes = sum(int(n) for figure in addends for n in re.findall(r"(\d+) min", figure))
    return start + timedelta(hours=hours, minutes=minutes)


def test_travel_and_the_clause_are_two_lines_with_their_sources() -> None:
    case = failed_at_0940()
    explanation = explain(case.clock("onsite"))
    base = ServiceBase.objects.get().name
    assert figures(explanation) == [
        ("09:40", "Remote repair declared failed"),
        ("+ 95 min", f"travel from {base}, 126 km"),
        ("+ 60 min", "车程 + 1 小时到场"),
        ("12:15", "due"),
    ]
    assert "road table 2026-03" in explanation.lines[1].detail
    assert "rule version 1, calendar 7×24 小时 version 1" in explanation.lines[2].detail
    assert (explanation.clause, explanation.version, explanation.calendar_version) == ("A2 A4", 1, 1)
    assert [line.is_result for line in explanation.lines] == [False, False, False, True]


@pytest.mark.parametrize("code", ["response", "onsite", "onsite_bound", "update"])
def test_the_lines_add_up_to_the_due_time(code: str) -> None:
    clock = failed_at_0940().clock(code)
    explanation = explain(clock)
    assert total(explanation) == clock.due_at == explanation.due_at
    assert explanation.lines[-1].figure == f"{clock.due_at.astimezone(SHANGHAI):%H:%M}"


def test_without_a_travel_figure_nothing_is_added_and_the_widest_bound_holds() -> None:
    case = Case(DAY, site=SiteFactory())
    case.say(Kind.NOTIFIED, "09:00", **FAULT)
    case.say(Kind.RESPONDED, "09:10")
    case.say(Kind.REMOTE_FAILED, "09:40")
    onsite, bound = explain(case.clock("onsite")), explain(case.clock("onsite_bound"))
    assert total(onsite) == local(f"{DAY} 10:40")
    assert figures(onsite)[1] == ("+ 0 min", "travel")
    assert "No travel time on file" in onsite.lines[1].detail
    assert "no figure on file" in bound.lines[1].text


def test_a_band_names_the_distance() -> None:
    explanation = explain(failed_at_0940().clock("onsite_bound"))
    assert figures(explanation)[1] == ("+ 480 min", "outer bound for the distance: 126 km")


def test_pauses_are_lines_with_reason_and_span_and_count() -> None:
    case = failed_at_0940()
    case.say(Kind.PAUSED, "10:00", reason="asked_later", until=None)
    case.say(Kind.RESUMED, "10:30")
    case.say(Kind.PAUSED, "11:00", reason="no_access", until=None)
    assert ("+ …", "paused: 无法进入现场（手术、隔离等）") in figures(explain(case.clock("onsite")))
    case.say(Kind.RESUMED, "12:10")
    explanation = explain(case.clock("onsite"))
    assert figures(explanation)[3:5] == [
        ("+ 30 min", "paused: 医院要求改约时间"),
        ("+ 1 h 10 min", "paused: 无法进入现场（手术、隔离等）"),
    ]
    assert explanation.lines[3].detail == "10:00 – 10:30"
    assert total(explanation) == local(f"{DAY} 13:55") == explanation.due_at


def test_a_pause_that_is_agreed_anew_stays_one_line_and_the_next_keeps_its_own_reason() -> None:
    case = failed_at_0940()
    case.say(Kind.PAUSED, "10:00", reason="asked_later", until=None)
    case.say(Kind.PAUSED, "10:10", reason="hospital_work", until=None)
    case.say(Kind.RESUMED, "10:30")
    case.say(Kind.PAUSED, "11:00", reason="no_access", until=None)
    case.say(Kind.RESUMED, "11:05")
    assert figures(explain(case.clock("onsite")))[3:5] == [
        ("+ 30 min", "paused: 等待医院方配合（断电、网络、第三方）"),
        ("+ 5 min", "paused: 无法进入现场（手术、隔离等）"),
    ]


def test_response_says_that_it_is_never_paused() -> None:
    lines = explain(failed_at_0940().clock("response")).lines
    assert ("+ 0", "This clock is never paused.") in [(line.figure, line.detail) for line in lines]


def test_a_target_that_would_have_passed_counts_from_the_change_and_says_so() -> None:
    case = Case(DAY)
    case.say(Kind.NOTIFIED, "08:50", **FAULT)
    case.say(Kind.RESPONDED, "09:00")
    case.say(Kind.TERMS_CHANGED, "11:30", node_down=True)
    explanation = explain(case.clock("update"))
    assert figures(explanation)[0] == ("11:30", "counted from the change")
    assert "started at 09:00" in explanation.lines[0].detail
    assert total(explanation) == local(f"{DAY} 12:30") == explanation.due_at
    assert explanation.notes == ("Re-targeted at 11:30: Terms changed.",)


def test_what_is_left_of_a_pause_after_the_change_keeps_its_own_reason() -> None:
    case = Case(DAY)
    case.say(Kind.NOTIFIED, "08:50", **FAULT)
    case.say(Kind.RESPONDED, "09:00")
    case.say(Kind.PAUSED, "09:10", reason="asked_later", until=None)
    case.say(Kind.RESUMED, "09:20")
    case.say(Kind.PAUSED, "11:20", reason="no_access", until=local(f"{DAY} 11:50").isoformat())
    case.say(Kind.TERMS_CHANGED, "11:30", node_down=True)
    case.rebuild("12:00")
    explanation = explain(case.clock("update"))
    assert [line.text for line in explanation.lines if "paused" in line.text] == [
        "paused: 无法进入现场（手术、隔离等）"
    ]
    assert total(explanation) == explanation.due_at == local(f"{DAY} 12:50")


def test_a_managers_target_is_named_with_its_reason() -> None:
    case = failed_at_0940()
    clock = case.clock("onsite")
    target, now = local(f"{DAY} 15:00"), local(f"{DAY} 10:00")
    deadlines.retarget(clock, due_at=target, reason="道路塌方", by=ManagerFactory(), now=now)
    explanation = explain(case.clock("onsite"))
    assert figures(explanation)[1] == ("=", "target set by a manager")
    assert explanation.lines[1].detail == "道路塌方"
    assert explanation.lines[-1].figure == "15:00"
    assert explanation.notes == ("Re-targeted at 10:00: Target set by a manager – 道路塌方.",)
    assert explain(case.clock("onsite", revision=1)).due_at == local(f"{DAY} 12:15")


def test_working_days_name_the_law_and_an_unpublished_year_is_provisional() -> None:
    cn = Calendar.objects.get(code="cn")
    NationalYear.objects.filter(year__gte=2027).delete()
    deadlines.activate_calendar(cn, by=None, now=local("2026-12-01 00:00"))
    case = Case("2026-12-30")
    case.say(Kind.NOTIFIED, "09:00", **FAULT)
    case.say(Kind.PART_NEEDED, "09:00", request=12)
    explanation = explain(case.clock("spare_delivered"))
    assert figures(explanation)[1] == ("+ 2 working days", "2 个工作日送达")
    assert "art. 201-203" in explanation.lines[1].detail
    assert "18:00" in explanation.lines[1].detail
    assert explanation.is_provisional
    assert explanation.lines[-1].figure == "2027-01-01 18:00"
    assert "Provisional" in explanation.lines[-1].detail


def test_late_and_disputed_evidence_are_noted() -> None:
    case = failed_at_0940()
    case.say(Kind.ARRIVED, "12:00", now="13:00")
    assert explain(case.clock("onsite")).notes == ("Met by late evidence: reported only at 13:00.",)
    doubtful = failed_at_0940()
    at, heard = local(f"{DAY} 12:00"), local(f"{DAY} 13:00")
    deadlines.record(doubtful.timeline, Kind.ARRIVED, at=at, now=heard, disputed=True)
    assert "team lead has to confirm" in explain(doubtful.clock("onsite")).notes[-1]


def test_times_are_the_sites_or_those_of_the_zone_asked_for() -> None:
    clock = failed_at_0940().clock("response")
    assert explain(clock).lines[0].figure == "09:00"
    assert explain(clock, zone="UTC").lines[0].figure == "01:00"
