"""Data that nobody here wrote, where it lies beside the checkout: a real event log, and real texts to search."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pytest
from django.conf import settings

from common.keyset import Keyset, page
from sla.audit import differences
from sla.models import Timeline
from tests.factories import NurseFactory, OperatorFactory, SiteFactory
from tests.tickets.foreign_log import exported, run
from tickets import search
from tickets.models import Ticket

DATA = Path(settings.BASE_DIR).parent / "shared" / "data"
LOG = DATA / "servicenow_incident_event_log_890.csv.gz"
TEXTS = DATA / "it_support_ticket_texts_5431.csv.gz"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TARGETS = {"1 - Critical": 240, "2 - High": 600, "3 - Moderate": 3000, "4 - Low": 6000}
ODD = {330, 336, 346, 351, 359, 438}
"""Lines of the six incidents whose times run backwards: five before the incident was opened, one before its next."""

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not DATA.is_dir(), reason="there are no data beside the checkout"),
]


def table(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def wall(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


def working_minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    """Each minute between that begins between 8 and 18 on a day from Monday to Friday."""
    midnight = start.replace(hour=0, minute=0)
    while midnight < end:
        if midnight.weekday() < 5:
            at = max(start, midnight.replace(hour=8))
            close = min(end, midnight.replace(hour=18))
            while at < close:
                yield at
                at += MINUTE
        midnight += DAY


class Walk:
    """A slow second opinion: look at an incident minute by minute. Shares no code with the import or the clocks."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.minutes, self.rows = 0, rows
        self._begin(wall(rows[0]["opened_at"]), rows[0]["priority"])
        at, state = self.started, "New"
        for row in rows:
            until = wall(row["sys_updated_at"])
            self._pass(at, until, state)
            at = until
            if row["priority"] != self.priority:
                self._change(at, row["priority"])
            if state in {"Resolved", "Closed"} and row["incident_state"] not in {"Resolved", "Closed"}:
                self._begin(at, row["priority"])
            if state != "Resolved" and row["incident_state"] == "Resolved":
                self.stopped = at
            state = row["incident_state"]
        if self.due is None:
            self._finish()

    def _begin(self, at: datetime, priority: str) -> None:
        self.started, self.priority, self.worked, self.used = at, priority, 0, 0
        self.due: datetime | None = None
        self.stopped: datetime | None = None

    def _pass(self, start: datetime, end: datetime, state: str) -> None:
        if state.startswith("Awaiting") or state in {"Resolved", "Closed"}:
            return
        for at in working_minutes(start, end):
            self.minutes += 1
            self._use(at)

    def _use(self, at: datetime) -> None:
        self.worked += 1
        self.used += 1
        if self.due is None and self.used == TARGETS[self.priority]:
            self.due = at + MINUTE

    def _change(self, at: datetime, priority: str) -> None:
        """A new target for a clock that is not over counts from its start; lies that behind, from the change."""
        self.priority = priority
        if self.due is None and self.stopped is None:
            self.used = self.worked if self.worked < TARGETS[priority] else 0

    def _finish(self) -> None:
        """When it would have fallen due if it had gone on."""
        assert self.stopped is not None
        for at in working_minutes(self.stopped, self.stopped + timedelta(days=60)):
            self._use(at)
            if self.due is not None:
                return

    @property
    def verdict(self) -> tuple[int, str, datetime | None, datetime | None]:
        assert self.stopped is not None
        assert self.due is not None
        return self.minutes, "missed" if self.stopped > self.due else "met", self.due, self.stopped


def test_the_real_log_comes_in_once_and_every_figure_agrees_with_a_walk_through_its_minutes() -> None:
    code, out, _err = run(LOG)
    assert code == 3
    assert "incidents: 890 (890 imported, 0 extended, 0 unchanged, 0 left alone)" in out
    assert "5 changed before it was opened\n" in out
    assert "1 time runs backwards\n" in out
    figures = exported()
    assert "changed:   0 incidents, 0 facts" in run(LOG)[1]
    assert exported() == figures
    assert [str(difference) for difference in differences()] == []

    numbered = [(line, row) for line, row in enumerate(table(LOG), start=2) if line not in ODD]
    incidents = groupby((row for _line, row in numbered), key=itemgetter("number"))
    walked = {key: Walk(list(rows)).verdict for key, rows in incidents}
    assert {one["key"]: solution(one) for one in json.loads(figures)} == walked


def solution(one: dict[str, object]) -> tuple[object, ...]:
    """Minutes, and the last solution clock's state, due time and stop."""
    rows = [row for row in one["deadlines"] if row["clock"] == "solution"]
    last = max(rows, key=lambda row: (row["cycle"], row["revision"]))
    due, stopped = datetime.fromisoformat(last["due_at"]), datetime.fromisoformat(last["stopped_at"])
    return one["open_business_minutes"], last["state"], due, stopped


def filed(rows: list[dict[str, str]], now: datetime) -> None:
    """The texts as tickets of one hospital, in bulk: what matters here is what search and pages make of them."""
    nurse = NurseFactory()
    site = SiteFactory(hospital=nurse.hospital)
    timelines = Timeline.objects.bulk_create(
        Timeline(hospital=site.hospital, site=site, region=site.hospital.region, subject="", link="") for _ in rows
    )
    tickets = [
        Ticket(
            number=f"SR-2026-{n:06}", hospital=site.hospital, site=site, reporter=nurse, timeline=timeline,
            title=row["title"][:120] or "?", description=row["body"], created_at=now, changed_at=now,
        )
        for n, (row, timeline) in enumerate(zip(rows, timelines, strict=True), start=1)
    ]  # fmt: skip
    for ticket in tickets:
        ticket.search = search.index(ticket)
    Ticket.objects.bulk_create(tickets, batch_size=1000)


def test_real_texts_are_found_by_every_word_and_paged_without_a_gap_or_a_repeat() -> None:
    rows = table(TEXTS)
    filed(rows, datetime(2026, 11, 22, tzinfo=UTC))
    operator = OperatorFactory()
    spoken = [set(f"{row['title'][:120]} {row['body']}".lower().split()) for row in rows]
    for text in ("printer", "password reset", "work experience", "monitor cable", "zzz"):
        wanted = {n for n, words in enumerate(spoken, start=1) if words >= set(text.split())}
        assert {int(number[8:]) for number in numbers_of_all_pages(operator, text)} == wanted
    first = page(Ticket.objects.for_user(operator), Keyset(), {}, 50)
    assert [row.number for row in first.rows] == [f"SR-2026-{n:06}" for n in range(5431, 5381, -1)]


def numbers_of_all_pages(operator: object, text: str) -> list[str]:
    """Page by page to the end, newest first, each once."""
    found: list[str] = []
    query: dict[str, str] = {}
    while True:
        part = page(search.find(operator, text), Keyset(), query, 50)
        found += [row.number for row in part.rows]
        if not part.after:
            break
        query = {"after": part.after}
    assert found == sorted(set(found), reverse=True)
    return found
