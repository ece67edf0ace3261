"""A calendar year is loaded, its running clocks are foreseen, and it comes into force once (N11, worked example 6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from audit.models import Entry
from people.models import User
from sla import chinese, deadlines, year_drafts
from sla.audit import differences
from sla.deadlines import Refused
from sla.facts import Kind
from sla.holidays import Wrong, parse
from sla.models import Calendar, CalendarDraft, Deadline, NationalDay
from tests.factories import AdministratorFactory
from tests.sla.cases import FAULT, Case, local, staff

pytestmark = pytest.mark.django_db
NEW_YEAR = "2027-01-01~2027-01-03,放假,元旦"
NOW = local("2026-12-30 12:00")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def admin(db: None) -> User:
    staff()
    return AdministratorFactory()


def asked(when: str) -> Case:
    """A part was requested at `when`; two working days run."""
    case = Case(when[:10])
    case.say(Kind.NOTIFIED, when, **FAULT)
    case.say(Kind.PART_NEEDED, when)
    return case


def drafted(text: str, admin: User, *, year: int = 2027, now: datetime = NOW) -> CalendarDraft:
    days, problems = parse(text, year)
    assert problems == []
    return year_drafts.load(year, days, source="国办发明电", by=admin, now=now)


def in_force(draft: CalendarDraft, admin: User, now: datetime = NOW, **more: Any) -> CalendarDraft:
    return year_drafts.activate(draft, seen=more.get("seen", year_drafts.edition(draft)), by=admin, now=now)


def foreseen(draft: CalendarDraft, now: datetime = NOW) -> list[tuple[str, str]]:
    rows = year_drafts.moves(draft, now=now).rows
    due = [f"{row.due_at.astimezone(NOW.tzinfo):%m-%d %H:%M}" for row in rows]
    return list(zip(due, ("?" if row.is_provisional else "final" for row in rows), strict=True))


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("2027-01-01,放假,元旦", "01-04 18:00"),
        (NEW_YEAR, "01-04 18:00"),
        ("2027-01-01~2027-01-04,放假,元旦", "01-05 18:00"),
        ("2027-01-01~2027-01-03,放假,元旦\n2027-01-09,上班,元旦", "01-04 18:00"),
        ("2027-01-01,放假,元旦\n2027-01-02,上班,元旦", "01-02 18:00"),
        ("2027-01-01~2027-01-02,放假,元旦\n2027-01-03,上班,元旦", "01-03 18:00"),
        ("2027-01-01~2027-01-08,放假,元旦\n2027-01-09,上班,元旦", "01-09 18:00"),
    ],
)
def test_what_is_foreseen_is_what_happens_around_make_up_days(text: str, due: str, admin: User) -> None:
    """Requested on 30 December: the first working day is the 31st, the second lies in a year not published yet."""
    case = asked("2026-12-30 09:00")
    assert case.clock("spare_delivered").is_provisional
    draft = drafted(text, admin)
    assert foreseen(draft) == [(due, "final")]
    assert case.clock("spare_delivered").is_provisional, "looking changes nothing"
    assert in_force(draft, admin).moved == 1
    row = case.clock("spare_delivered")
    assert f"{row.due_at.astimezone(NOW.tzinfo):%m-%d %H:%M}" == due
    assert not row.is_provisional
    assert [one.state for one in case.timeline.deadlines.filter(code="spare_delivered").order_by("revision")] == [
        Deadline.State.SUPERSEDED,
        Deadline.State.RUNNING,
    ]
    assert list(differences()) == []


def test_a_correction_of_a_year_in_force_moves_only_the_clocks_that_it_touches(admin: User) -> None:
    touched, other = asked("2026-10-06 09:00"), asked("2026-09-23 09:00")
    now = local("2026-10-06 10:00")
    other.say(Kind.PART_DELIVERED, "2026-09-24 09:00")
    draft = year_drafts.set_day(2026, now.date() + timedelta(days=2), "holiday", "国庆节", by=admin, now=now)
    moves = year_drafts.moves(draft, now=now)
    assert [(row.deadline.timeline_id, row.deadline.code) for row in moves.rows] == [
        (touched.timeline.pk, "spare_delivered")
    ]
    assert (moves.examined, moves.total, moves.after) == (1, 1, None)
    in_force(draft, admin, now)
    assert touched.due("spare_delivered") == "2026-10-10 18:00:00"
    assert other.timeline.deadlines.filter(code="spare_delivered").count() == 1


def test_putting_it_in_force_writes_rows_versions_and_one_line_of_the_trail(admin: User) -> None:
    before = {one.code: one.versions.count() for one in Calendar.objects.all()}
    draft = in_force(drafted(NEW_YEAR, admin), admin)
    assert draft.state == CalendarDraft.State.ACTIVE
    assert NationalDay.objects.filter(year__year=2027, year__is_published=True).count() == 3
    after = {one.code: one.versions.count() - before[one.code] for one in Calendar.objects.all()}
    assert (after["always"], after["cn"], after["hotline"]) == (0, 1, 1)
    [entry] = Entry.objects.filter(act="sla.calendar_activated")
    assert (entry.subject, entry.actor_id, entry.detail["added"]) == ("2027", admin.pk, 3)


def test_pressed_twice_it_happens_once(admin: User) -> None:
    case = asked("2026-12-30 09:00")
    draft = drafted(NEW_YEAR, admin)
    seen = year_drafts.edition(draft)
    for _press in range(2):
        in_force(draft, admin, seen=seen)
    assert case.timeline.facts.filter(kind=Kind.CALENDAR_CHANGED).count() == 1
    assert Entry.objects.filter(act="sla.calendar_activated").count() == 1
    assert Calendar.objects.get(code="cn").versions.count() == 2


def test_what_was_seen_of_an_older_edition_is_refused_in_words(admin: User) -> None:
    draft = drafted(NEW_YEAR, admin)
    seen = year_drafts.edition(draft)
    drafted("2027-01-01,放假,元旦", admin)
    with pytest.raises(Refused, match="has changed since you looked"):
        in_force(draft, admin, seen=seen)
    draft.refresh_from_db()
    seen = year_drafts.edition(draft)
    list_2026 = "\n".join(f"{one.day},{one.kind},{one.name}" for one in chinese.special_days(2026)[1:])
    in_force(drafted(list_2026, admin, year=2026), admin)
    with pytest.raises(Refused, match="has changed since you looked"):
        in_force(draft, admin, seen=seen)
    assert in_force(draft, admin).state == CalendarDraft.State.ACTIVE


def test_a_discarded_draft_changes_nothing_and_cannot_come_into_force(admin: User) -> None:
    draft = drafted(NEW_YEAR, admin)
    year_drafts.discard(draft, by=admin, now=NOW)
    year_drafts.discard(draft, by=admin, now=NOW)
    with pytest.raises(Refused, match="discarded"):
        in_force(draft, admin)
    assert not NationalDay.objects.filter(year__year=2027).exists()
    assert Entry.objects.filter(act="sla.calendar_discarded").count() == 1
    again = drafted(NEW_YEAR, admin)
    assert again.pk != draft.pk


def test_a_day_is_changed_in_a_draft_that_begins_with_what_stands(admin: User) -> None:
    stands = len(chinese.special_days(2026))
    day = chinese.special_days(2026)[0].day
    draft = year_drafts.set_day(2026, day, None, "", by=admin, now=NOW)
    assert len(draft.days) == stands - 1
    assert [one.day for one in year_drafts.compared(draft).removed] == [day]
    with pytest.raises(Wrong):
        year_drafts.set_day(2026, day.replace(year=2025), "holiday", "", by=admin, now=NOW)


def test_a_clock_that_a_manager_set_and_one_that_is_over_stay(admin: User) -> None:
    fixed, over = asked("2026-12-30 09:00"), asked("2026-12-24 09:00")
    row = fixed.clock("spare_delivered")
    deadlines.retarget(row, due_at=local("2027-01-02 12:00"), reason="agreed", by=admin, now=NOW)
    draft = drafted(NEW_YEAR, admin)
    assert foreseen(draft) == []
    assert in_force(draft, admin).moved == 0
    assert fixed.due("spare_delivered") == "2027-01-02 12:00:00"
    assert over.timeline.facts.filter(kind=Kind.CALENDAR_CHANGED).count() == 0


def test_pages_of_moves_lead_on_and_lose_none(admin: User) -> None:
    cases = [asked("2026-12-30 09:00") for _n in range(5)]
    draft = drafted(NEW_YEAR, admin)
    found, after = [], 0
    for _page in range(4):
        moves = year_drafts.moves(draft, now=NOW, after=after, page=2)
        found += [row.deadline.timeline_id for row in moves.rows]
        assert moves.total == 5
        if moves.after is None:
            break
        after = moves.after
    assert found == [case.timeline.pk for case in cases]


def test_foreseeing_costs_the_same_number_of_queries_whatever_runs(
    admin: User, django_assert_max_num_queries: Any
) -> None:
    for _n in range(8):
        asked("2026-12-30 09:00")
    draft = drafted(NEW_YEAR, admin)
    year_drafts.moves(draft, now=NOW)
    with django_assert_max_num_queries(20):
        year_drafts.moves(draft, now=NOW)
