"""The calendars' pages: who may look, who may decide, and what happens to a bad file."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from people.models import User
from sla import year_drafts
from sla.facts import Kind
from sla.models import CalendarDraft, NationalDay
from tests.factories import AdministratorFactory, LeadFactory, ManagerFactory
from tests.sla.cases import FAULT, Case, staff

pytestmark = pytest.mark.django_db
OVERVIEW, YEAR = "/desk/calendars/", "/desk/calendars/2031/"
LINES = "2031-01-01~2031-01-03,放假,元旦"


@pytest.fixture
def admin(db: None) -> User:
    staff()
    return AdministratorFactory()


def browser(person: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    person.language = "en"
    person.save()
    client.force_login(person)
    return client


def test_a_year_is_pasted_compared_and_put_in_force(admin: User) -> None:
    client = browser(admin)
    response = client.post(OVERVIEW, {"year": 2031, "lines": LINES, "source": "国办发明电"}, follow=True)
    assert response.redirect_chain == [(YEAR, 302)]
    page = response.content.decode()
    assert "2031-01-02" in page
    assert "No running clock would move" in page
    assert not NationalDay.objects.filter(year__year=2031).exists()
    edition = response.context["edition"]
    for _press in range(2):
        done = client.post(f"{YEAR}activate/", {"edition": edition}, follow=True)
        assert "2031 is in force" in done.content.decode()
    assert NationalDay.objects.filter(year__year=2031).count() == 3


def test_the_clocks_that_would_move_stand_there_with_ticket_hospital_and_both_times(admin: User) -> None:
    case = Case("2026-12-30")
    case.say(Kind.NOTIFIED, "09:00", **FAULT)
    case.say(Kind.PART_NEEDED, "09:00")
    client = browser(admin)
    client.post(OVERVIEW, {"year": 2027, "lines": "2027-01-01~2027-01-03,放假,元旦"})
    page = client.get("/desk/calendars/2027/").content.decode()
    for words in (case.timeline.subject, str(case.timeline.hospital), "2027-01-01 18:00", "2027-01-04 18:00", "final"):
        assert words in page


def test_a_page_that_is_out_of_date_is_refused_and_shows_the_new_difference(admin: User) -> None:
    client = browser(admin)
    old = client.post(OVERVIEW, {"year": 2031, "lines": LINES}, follow=True).context["edition"]
    client.post(f"{YEAR}day/", {"date": "2031-01-04", "kind": "workday", "name": "元旦"})
    page = client.post(f"{YEAR}activate/", {"edition": old}, follow=True)
    assert "has changed since you looked" in page.content.decode()
    assert "2031-01-04" in page.content.decode()
    assert page.context["edition"] != old
    assert year_drafts.current(2031) is not None


def test_bad_files_are_refused_in_words_and_leave_no_draft(admin: User) -> None:
    client = browser(admin)
    for content, says in (
        (b"PK\x03\x04 a workbook", "Save it as CSV"),
        (b"\x00\xff", "not text"),
        (b"x" * 70_000, "larger than"),
        ("2031-13-01,放假,元旦".encode(), "Line 1"),
        ("2030-01-01,放假,元旦".encode("gb18030"), "not a day of 2031"),
    ):
        upload = SimpleUploadedFile("year.csv", content, content_type="text/csv")
        response = client.post(OVERVIEW, {"year": 2031, "file": upload})
        assert response.status_code == 422
        assert says in response.content.decode()
    both = {"year": 2031, "lines": LINES, "file": SimpleUploadedFile("year.csv", LINES.encode())}
    for data in (both, {"year": 2031}, {"lines": LINES}, {"year": 1900, "lines": LINES}):
        assert client.post(OVERVIEW, data).status_code == 422
    assert not CalendarDraft.objects.exists()


def test_a_day_that_cannot_stand_is_refused_on_its_form(admin: User) -> None:
    client = browser(admin)
    for data in (
        {"date": "2030-01-01", "kind": "holiday"},
        {"date": "x", "kind": "holiday"},
        {"date": "2031-01-01", "kind": "z"},
    ):
        assert client.post(f"{YEAR}day/", data).status_code == 422
    assert client.get("/desk/calendars/1999/").status_code == 404
    assert client.get(f"{YEAR}?after=%00").status_code == 200


def test_a_manager_looks_and_decides_nothing_and_a_lead_sees_no_calendar(admin: User) -> None:
    browser(admin).post(OVERVIEW, {"year": 2031, "lines": LINES})
    manager = browser(ManagerFactory())
    assert manager.get(YEAR).status_code == 200
    assert "Put in force" not in manager.get(YEAR).content.decode()
    for path in (OVERVIEW, f"{YEAR}day/", f"{YEAR}activate/", f"{YEAR}discard/"):
        assert manager.post(path).status_code == 403
    assert browser(LeadFactory()).get(OVERVIEW).status_code == 403
