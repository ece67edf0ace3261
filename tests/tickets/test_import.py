"""Another desk's history comes in: as tickets like any other, once, and without a word to anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from notifications.models import Delivery, Notification
from people.models import Hospital
from servicedesk.faults.gates import wait_for
from servicedesk.faults.invariants import i1
from sla import defaults as promises
from sla.audit import differences
from sla.models import Deadline, Page
from sla.sweep import sweep
from tests.factories import HospitalFactory, ManagerFactory, OperatorFactory, SiteFactory, TicketFactory
from tests.faults.processes import process
from tests.tickets.foreign_log import changed_map, exported, incident, moment, run, simple, write
from tickets import workflow
from tickets.models import Origin, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def book(db: None) -> Iterator[None]:
    """The desk's own promises; when a test is over, every clock still has to follow from the facts alone."""
    promises.load()
    yield
    assert [str(difference) for difference in differences()] == []


def ticket_of(key: str = "INC0000001") -> Ticket:
    return Origin.objects.get(source="servicenow", key=key).ticket


def clocks(ticket: Ticket) -> list[tuple[str, int, str, Any]]:
    rows = ticket.timeline.deadlines.order_by("code", "cycle", "revision")
    return [(row.code, row.cycle, row.state, row.due_at) for row in rows]


def kinds(ticket: Ticket) -> list[str]:
    return list(ticket.timeline.facts.order_by("at", "id").values_list("kind", flat=True))


def footprint() -> dict[str, object]:
    """Rows and newest key of every table, and where every sequence stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        found: dict[str, object] = {}
        for name in tables:
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t")
            found[name] = cursor.fetchone()
        cursor.execute("SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences")
        return found | dict(cursor.fetchall())


def test_an_incident_becomes_a_ticket_with_facts_verdicts_and_a_story(book: None, tmp_path: Path) -> None:
    """Working hours are 8 to 18: 10 h to the answer are due at the next morning's 9:00, 50 h at the sixth day's."""
    code, out, err = run(write(tmp_path / "log.csv", simple()))
    ticket = ticket_of()
    assert (code, err) == (0, "")
    assert "changed:   1 incidents, 6 facts" in out
    assert kinds(ticket) == ["notified", "responded", "paused", "resumed", "solved", "closed"]
    assert clocks(ticket) == [
        ("response", 1, "met", moment("02-06-2026 09:00")),
        ("solution", 1, "met", moment("08-06-2026 13:00")),
    ]
    assert not ticket.timeline.deadlines.filter(is_late_evidence=True).exists()
    assert (ticket.status, ticket.priority, ticket.channel) == ("closed", 3, "import")
    assert (ticket.created_at, ticket.solved_at) == (moment("09:00"), moment("15:00"))
    assert (ticket.title, ticket.solution, ticket.contact_name) == ("Category 7 · Subcategory 9", "code 5", "Caller 11")
    assert ticket.number.startswith("SR-2026-")
    assert [event.kind for event in ticket.events.order_by("at", "id")] == [
        "filed", "assigned", "answer", "waiting", "resumed", "solved", "closed",
    ]  # fmt: skip


def test_its_page_opens_in_the_console_and_its_texts_stay_texts(book: None, client: Client, tmp_path: Path) -> None:
    rows = simple(category="=HYPERLINK(1)", subcategory="<script>alert(1)</script>")
    run(write(tmp_path / "log.csv", rows))
    client.force_login(OperatorFactory())
    page = client.get(f"/desk/tickets/{ticket_of().number}/").content.decode()
    assert "=HYPERLINK(1) · &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Awaiting user info" in page
    assert "First answer" in page
    assert "Solution" in page
    found = client.get("/desk/", {"q": "INC0000001", "tab": "all"}).content.decode()
    assert ticket_of().number in found


@pytest.mark.parametrize(
    ("changes", "facts", "status"),
    [
        ([("09:05", "New")], "notified", "new"),
        ([("09:05", "Active")], "notified responded", "remote"),
        ([("09:05", "user")], "notified responded paused", "waiting"),
        (
            [("09:05", "user"), ("10:00", "vendor"), ("11:00", "New")],
            "notified responded paused resumed paused resumed",
            "remote",
        ),
        ([("09:05", "user"), ("10:00", "Resolved")], "notified responded paused solved", "solved"),
        ([("09:05", "New"), ("10:00", "Closed")], "notified responded solved closed", "closed"),
        ([("09:05", "Resolved"), ("10:00", "New")], "notified responded solved reopened", "new"),
        (
            [("09:05", "Closed"), ("10:00", "Active"), ("11:00", "Closed")],
            "notified responded solved closed reopened responded solved closed",
            "closed",
        ),
        (
            [("09:05", "Closed"), ("10:00", "Resolved"), ("10:00", "Closed")],
            "notified responded solved closed",
            "closed",
        ),
    ],
)
def test_states_become_facts_as_the_desks_own_verbs_would_record_them(
    book: None, tmp_path: Path, changes: list[tuple[str, str]], facts: str, status: str
) -> None:
    run(write(tmp_path / "log.csv", incident("INC0000001", *changes)))
    assert " ".join(kinds(ticket_of())) == facts
    assert ticket_of().status == status


def test_a_change_of_priority_moves_the_targets_from_then_on(book: None, tmp_path: Path) -> None:
    rows = incident("INC0000001", ("09:05", "New"), ("09:10", "Active"), ("10:00", "Active"), ("12:30", "Resolved"))
    for row in rows[2:]:
        row["priority"] = "1 - Critical"
    run(write(tmp_path / "log.csv", rows))
    assert clocks(ticket_of())[1:] == [
        ("solution", 1, "superseded", moment("08-06-2026 09:00")),
        ("solution", 1, "met", moment("13:00")),
    ]
    assert ticket_of().priority == 1


def test_nobody_is_told_and_no_other_ticket_moves(book: None, tmp_path: Path) -> None:
    """Not by the import, nor by the sweep, the reminders or the silent closing that come after it."""
    live = TicketFactory(now=timezone.now())
    ManagerFactory()
    Notification.objects.all().delete()

    def others() -> tuple[object, ...]:
        rows = (Ticket.objects.filter(pk=live.pk), live.timeline.deadlines.order_by("pk"), live.timeline.facts.all())
        return tuple(list(one.values()) for one in rows)

    before = others()
    log = [*simple("INC1"), *incident("INC2", ("09:05", "Active")), *incident("INC3", ("09:05", "Resolved"))]
    run(write(tmp_path / "log.csv", log))
    sweep()
    workflow.remind(timezone.now())
    assert workflow.close_silent(timezone.now()) == 0
    assert others() == before
    assert (Notification.objects.count(), Delivery.objects.count()) == (0, 0)
    assert not Deadline.objects.exclude(timeline=live.timeline).exclude(next_action_at=None).exists()
    assert not Page.objects.exists()


def test_open_promises_with_a_ladder_page_for_what_comes_and_not_for_what_is_past(book: None, tmp_path: Path) -> None:
    ladder = ("[calendar]", 'ladder = "默认升级阶梯"\n[calendar]')
    log_map = changed_map(tmp_path / "map.toml", ladder, ("3 = 3000", "3 = 5256000"))
    opened = timezone.now() - timedelta(days=7)  # 10 working hours are over by then, 87,600 are not
    at = f"{opened:%d-%m-%Y %H:%M}"
    run(write(tmp_path / "log.csv", incident("INC1", (at, "New"), opened=at)), log_map=log_map)
    assert set(Page.objects.values_list("deadline__code", "state")) == {("response", "skipped")}
    assert Deadline.objects.get(code="solution").next_action_at > timezone.now()
    ManagerFactory()
    assert sweep().fired == 0
    assert i1() == []


def test_a_dry_run_says_what_would_come_and_writes_nothing_at_all(book: None, tmp_path: Path) -> None:
    path = write(tmp_path / "log.csv", [*simple("INC1"), *simple("INC2", priority="none")])
    before = footprint()
    code, out, err = run(path, "--dry-run")
    assert footprint() == before
    assert code == 3
    assert "incidents: 1 (1 imported, 0 extended, 0 unchanged, 0 left alone)" in out
    assert "line 8: unknown priority: none" in err
    wet = run(path)
    assert out.replace(" (dry run)", "") == wet[1]
    assert footprint() != before


def test_the_same_log_again_changes_nothing(book: None, tmp_path: Path) -> None:
    path = write(tmp_path / "log.csv", [*simple("INC1"), *incident("INC2", ("09:05", "user"))])
    run(path)
    before, figures = footprint(), exported()
    code, out, _err = run(path)
    assert (code, footprint(), exported()) == (0, before, figures)
    assert "incidents: 2 (0 imported, 0 extended, 2 unchanged, 0 left alone)" in out
    assert "changed:   0 incidents, 0 facts" in out


def test_a_longer_log_adds_just_the_new_facts_and_a_shorter_one_nothing(book: None, tmp_path: Path) -> None:
    whole, part = write(tmp_path / "whole.csv", simple()), write(tmp_path / "part.csv", simple()[:3])
    run(part)
    ticket = ticket_of()
    assert ticket.status == "waiting"
    before = set(ticket.timeline.facts.values_list("pk", flat=True))
    assert "changed:   1 incidents, 3 facts" in run(whole)[1]
    after = ticket.timeline.facts.values_list("pk", flat=True)
    assert before < set(after)
    assert (ticket_of().pk, ticket_of().status, len(after)) == (ticket.pk, "closed", 6)
    at_once = exported()
    assert "changed:   0 incidents" in run(part)[1]
    Origin.objects.all().delete()
    run(whole)
    assert exported().replace(ticket_of().number, ticket.number) == at_once


def test_a_log_that_contradicts_what_was_imported_leaves_the_incident_alone(book: None, tmp_path: Path) -> None:
    run(write(tmp_path / "log.csv", simple()))
    before = footprint()
    other = incident("INC0000001", ("09:05", "New"), ("11:20", "Active"))
    code, out, err = run(write(tmp_path / "other.csv", [*other]))
    assert (code, footprint()) == (3, before)
    assert "1 left alone" in out
    assert f"it contradicts what was imported as {ticket_of().number}" in err


def test_a_ticket_that_people_work_on_here_is_left_to_them(book: None, tmp_path: Path) -> None:
    run(write(tmp_path / "part.csv", simple()[:2]))
    workflow.note(ticket_of(), by=OperatorFactory(), text="we go on here", now=timezone.now())
    code, _out, err = run(write(tmp_path / "log.csv", simple()))
    assert code == 3
    assert "people have worked on" in err
    assert kinds(ticket_of()) == ["notified", "responded"]


def test_promises_once_made_are_not_changed_by_another_map(book: None, tmp_path: Path) -> None:
    run(write(tmp_path / "log.csv", simple()))
    before = footprint()
    log_map = changed_map(tmp_path / "map.toml", ("1 = 240", "1 = 120"))
    code, _out, err = run(tmp_path / "log.csv", log_map=log_map)
    assert (code, footprint()) == (1, before)
    assert "clocks.solution: differs from the first import of “servicenow”" in err


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((("[calendar]", 'ladder = "Jacob"\n[calendar]'),), "ladder: there is no escalation ladder “Jacob”"),
        ((("08:00", "25:00"),), "calendar.hours: "),
        ((("hours.mon", "hours.moon"),), "calendar.hours: unknown day “moon”"),
        ((('key = "number"', 'key = "ticket"'),), "columns: the file has no column ticket"),
    ],
)
def test_a_map_that_does_not_fit_stops_the_import_before_it_begins(
    book: None, tmp_path: Path, changes: tuple[tuple[str, str], ...], said: str
) -> None:
    log_map = changed_map(tmp_path / "map.toml", *changes)
    before = footprint()
    code, _out, err = run(write(tmp_path / "log.csv", simple()), log_map=log_map)
    assert (code, footprint()) == (1, before)
    assert said in err


def test_the_command_line_may_name_another_hospital_that_is_here(book: None, tmp_path: Path) -> None:
    site = SiteFactory(hospital=HospitalFactory(name="City Hospital"), name="North")
    path = write(tmp_path / "log.csv", simple())
    assert "there is no site “South”" in run(path, "--hospital", "City Hospital", "--site", "South")[2]
    assert run(path, "--hospital", "City Hospital")[0] == 0
    assert ticket_of().site == site
    assert not Hospital.objects.filter(name="ServiceNow archive").exists()


def test_the_export_counts_working_minutes_without_waits_and_after_each_reopening(book: None, tmp_path: Path) -> None:
    """9:00 to 15:00 without 10:00 to 14:00: 120. Again from Tuesday 17:30 to 17:50, then waiting to its end: 20."""
    again = [("02-06-2026 17:30", "Active"), ("02-06-2026 17:50", "user"), ("03-06-2026 08:30", "Resolved")]
    rows = incident("INC1", ("09:05", "New"), ("10:00", "user"), ("14:00", "New"), ("15:00", "Resolved"), *again)
    run(write(tmp_path / "log.csv", rows))
    (found,) = json.loads(exported())
    assert found["open_business_minutes"] == 140
    assert (found["key"], found["priority"], found["until"]) == ("INC1", 3, "2026-06-03T08:30:00+00:00")
    solution = [row for row in found["deadlines"] if row["clock"] == "solution"]
    assert [(row["cycle"], row["state"], row["stopped_at"]) for row in solution] == [
        (1, "met", "2026-06-01T15:00:00+00:00"),
        (2, "met", "2026-06-03T08:30:00+00:00"),
    ]
    assert json.loads(exported("elsewhere")) == []


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_and_started_again_it_ends_like_an_undisturbed_one(
    tmp_path: Path, process_environment: dict[str, str]
) -> None:
    """A row of the twentieth incident, not committed yet, stops the import there: it waits to know if it stays."""
    log = [row for number in range(1, 31) for row in simple(f"INC{number:07}")]
    path = write(tmp_path / "log.csv", log)
    code = f"import django; django.setup(); from tests.tickets.foreign_log import *; run(Path({str(path)!r}))"
    bystander = TicketFactory(now=timezone.now())
    with transaction.atomic():
        Origin.objects.create(source="servicenow", key="INC0000020", ticket=bystander)
        with process("victim", ["-c", code], process_environment) as victim:
            wait_for(lambda: Origin.objects.count() == 20)
            victim.kill()
        transaction.set_rollback(True)
    wait_for(victim.is_forgotten)
    assert Origin.objects.count() == 19
    assert "incidents: 30 (11 imported, 0 extended, 19 unchanged, 0 left alone)" in run(path)[1]
    log_map = changed_map(tmp_path / "map.toml", ('source = "servicenow"', 'source = "undisturbed"'))
    run(path, log_map=log_map)
    again, undisturbed = json.loads(exported()), json.loads(exported("undisturbed"))
    own = {"source", "ticket"}
    assert [{k: v for k, v in one.items() if k not in own} for one in again] == [
        {k: v for k, v in one.items() if k not in own} for one in undisturbed
    ]
    assert list(differences()) == []
