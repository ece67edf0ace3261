"""The inbox page, the bell, and how one wishes to be told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import inbox, outbox
from notifications.models import Notification, Preference
from people.models import User
from tests.factories import LeadFactory, NurseFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)


def tell(person: User, key: str, link: str = "/requests/SR-2026-000123/") -> Notification:
    context = {"ticket": "SR-2026-000123", "title": key, "who": "李航", "text": "请重启终端"}
    outbox.tell(person, "ticket.answered", context=context, link=link, dedupe_key=key, now=NOW)
    return Notification.objects.get(person=person, dedupe_key=key)


@pytest.fixture
def nurse(client: Client) -> User:
    nurse = NurseFactory(language="en")
    client.force_login(nurse)
    client.cookies["django_language"] = "en"
    return nurse


def test_the_inbox_shows_each_matter_as_a_sentence_with_a_link(client: Client, nurse: User) -> None:
    tell(nurse, "会诊黑屏")
    page = client.get("/inbox/").content.decode()
    assert "李航 answered your report SR-2026-000123 “会诊黑屏”." in page
    assert "请重启终端" in page
    assert 'href="/requests/SR-2026-000123/"' in page


def test_the_inbox_reads_in_chinese_for_who_reads_chinese(client: Client, nurse: User) -> None:
    client.cookies["django_language"] = "zh-hans"
    assert 'lang="zh-hans"' in client.get("/inbox/").content.decode()


def test_an_empty_inbox_says_so(client: Client, nurse: User) -> None:
    assert "Nothing has been sent to you yet." in client.get("/inbox/").content.decode()
    assert "You have read everything." in client.get("/inbox/?show=unread").content.decode()


def test_nobody_reads_somebody_elses_inbox(client: Client, nurse: User) -> None:
    other = tell(LeadFactory(), "not for you")
    assert "not for you" not in client.get("/inbox/").content.decode()
    assert client.post("/inbox/read/", {"pk": other.pk}).status_code == 404
    client.post("/inbox/read/", {"up_to": other.pk})
    other.refresh_from_db()
    assert other.read_at is None


def test_signed_out_people_are_sent_to_sign_in(client: Client) -> None:
    for path in ("/inbox/", "/inbox/bell/", "/account/notifications/"):
        assert client.get(path).status_code == 302
    assert client.post("/inbox/read/").status_code == 302


def test_opening_a_matter_marks_it_read_and_leads_to_it(client: Client, nurse: User) -> None:
    row = tell(nurse, "a")
    answer = client.post("/inbox/read/", {"pk": row.pk}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == row.link
    assert client.post("/inbox/read/", {"pk": row.pk}).headers["Location"] == row.link
    row.refresh_from_db()
    assert row.read_at is not None
    assert inbox.unread(nurse) == 0


def test_looking_at_the_inbox_marks_nothing_read(client: Client, nurse: User) -> None:
    tell(nurse, "a")
    client.get("/inbox/")
    assert client.get("/inbox/read/").status_code == 405
    assert inbox.unread(nurse) == 1


def test_marking_all_read_leaves_what_came_after_the_page_was_drawn(client: Client, nurse: User) -> None:
    seen = tell(nurse, "seen")
    tell(nurse, "came since")
    client.post("/inbox/read/", {"up_to": seen.pk})
    assert list(inbox.of(nurse).filter(read_at=None).values_list("dedupe_key", flat=True)) == ["came since"]


@pytest.mark.parametrize("number", ["x", "-1", "９", "9" * 40, ""])
def test_a_number_made_up_is_ignored_or_not_found(client: Client, nurse: User, number: str) -> None:
    assert client.post("/inbox/read/", {"pk": number}).status_code in {302, 404}


def test_the_unread_filter_shows_only_what_is_new(client: Client, nurse: User) -> None:
    old = tell(nurse, "old matter")
    tell(nurse, "new matter")
    inbox.mark_read(nurse, pk=old.pk, now=timezone.now())
    page = client.get("/inbox/?show=unread").content.decode()
    assert "new matter" in page
    assert "old matter" not in page


def test_long_inboxes_come_in_pages_without_gap_or_repeat(client: Client, nurse: User) -> None:
    for number in range(65):
        tell(nurse, f"matter {number:02d}.")
    seen: list[str] = []
    url = "/inbox/"
    for _ in range(3):
        answer = client.get(url)
        seen += [row.dedupe_key for row, _words in answer.context["items"]]
        url = "/inbox/" + answer.context["older_url"]
    assert url == "/inbox/"
    assert seen == [f"matter {number:02d}." for number in reversed(range(65))]


def test_the_inbox_asks_as_often_for_thirty_matters_as_for_three(client: Client, nurse: User) -> None:
    for number in range(3):
        tell(nurse, str(number))
    client.get("/inbox/")
    with CaptureQueriesContext(connection) as few:
        client.get("/inbox/")
    for number in range(3, 30):
        tell(nurse, str(number))
    with CaptureQueriesContext(connection) as many:
        client.get("/inbox/")
    assert len(many) == len(few) <= 8


def test_the_bell_counts_what_is_unread(client: Client, nurse: User) -> None:
    tell(nurse, "a")
    tell(nurse, "b")
    assert ">2</span>" in client.get("/inbox/bell/").content.decode()


def test_script_in_a_title_is_shown_as_text(client: Client, nurse: User) -> None:
    tell(nurse, "<script>alert(1)</script>")
    page = client.get("/inbox/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_wishes_are_kept_and_read_back(client: Client, nurse: User) -> None:
    page = client.get("/account/notifications/").content.decode()
    assert page.count("checked") >= 2
    assert client.post("/account/notifications/", {"is_on": "on"}).status_code == 302
    wish = Preference.objects.get(person=nurse)
    assert (wish.is_on, wish.bundle) == (True, False)
    client.post("/account/notifications/", {})
    wish.refresh_from_db()
    assert not wish.is_on
