"""The hospital's pages: what a nurse sees, files and says, and what she never gets to see."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from attachments.models import Attachment
from people.models import User
from sla.models import Deadline, PauseReason
from tests.factories import (
    DeviceFactory,
    DeviceModelFactory,
    ManagerFactory,
    NurseFactory,
    SiteFactory,
)
from tests.tickets import hospital_case
from tests.tickets.hospital_case import Case
from tickets import portal_cards, workflow
from tickets.models import Ticket, TicketEvent
from tickets.states import Status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are asked for in the language that they are written in."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    """A Wednesday morning in Shanghai: no time of a test lies beyond midnight and is told with its day."""
    with time_machine.travel(datetime(2026, 11, 18, 11, 24, tzinfo=timezone.get_default_timezone())):
        yield


@pytest.fixture
def case() -> Case:
    return hospital_case.make()


@pytest.fixture
def nurse(case: Case) -> Client:
    return signed_in(case.nurse)


@pytest.fixture
def stranger(case: Case) -> Client:
    """A nurse of another hospital."""
    return signed_in(NurseFactory())


def signed_in(person: User) -> Client:
    User.objects.filter(pk=person.pk).update(language="en")
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    return client


def photo(name: str = "screen.jpg") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (32, 32), "navy").save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), "image/jpeg")


def report(case: Case, **changes: Any) -> dict[str, Any]:
    """A report with the three choices made; a `None` takes a field out."""
    fields = {
        "device": case.terminal.pk,
        "tile": case.tile("no_picture").pk,
        "severity": "today",
        "contact_name": case.nurse.name,
        "contact_phone": "13800002217",
        "client_key": uuid.uuid4(),
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def file_url(**query: Any) -> str:
    return reverse("portal:file", query=query)


def page_of(ticket: Ticket) -> str:
    return reverse("portal:ticket", args=[ticket.number])


def text_of(html: bytes) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.decode()).split())


# Home


@pytest.mark.parametrize(
    ("hour", "words"),
    [(2, "Good evening"), (8, "Good morning"), (11, "Good morning"), (12, "Good afternoon"), (19, "Good evening")],
)
def test_the_greeting_follows_the_hour_of_the_hospital(hour: int, words: str, case: Case) -> None:
    now = datetime(2026, 11, 18, hour, 30, tzinfo=timezone.get_default_timezone())
    assert portal_cards.greeting(case.nurse, now) == f"{words}, 周护士长"


@pytest.mark.parametrize(
    ("name", "title", "spoken"),
    [
        ("周敏", "护士长", "周护士长"),
        ("欧阳静", "主任", "欧阳主任"),
        ("王磊", "信息科网络工程师", "王磊"),
        ("Mary Smith", "nurse", "Mary Smith"),
        ("周敏", "", "周敏"),
    ],
)
def test_a_person_is_addressed_by_surname_and_post(name: str, title: str, spoken: str) -> None:
    assert portal_cards.address(User(name=name, title=title)) == spoken


def test_faults_that_wait_for_the_person_come_first_then_own_then_the_others(case: Case, nurse: Client) -> None:
    asks = case.solved(title="asks")
    own = case.file(5, title="own")
    other = case.file(3, by=case.technician, title="other")
    board = nurse.get("/").context["board"]
    assert [card.title for card in board.cards] == [asks.title, own.title, other.title]
    assert (board.open, board.asking) == (3, 1)


def test_only_the_reporter_and_the_technician_are_asked_to_confirm(case: Case, nurse: Client) -> None:
    case.solved(by=case.technician)
    board = nurse.get("/").context["board"]
    (card,) = board.cards
    assert board.asking == 0
    assert not card.next.asks
    assert not card.next.actions
    colleague = signed_in(case.technician)
    (card,) = colleague.get("/").context["board"].cards
    assert card.next.asks
    assert [action.text for action in card.next.actions] == ["Still a problem", "It works again"]


def test_a_card_says_what_happens_next_and_leads_to_the_sum(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    (card,) = nurse.get("/").context["board"].cards
    due = timezone.localtime(ticket.timeline.deadlines.get(code="response").due_at)
    assert f"A technician answers you by <b>{due:%H:%M}</b>." in card.next.text
    assert card.next.why_url == f"{page_of(ticket)}?why=response#why-response"
    assert len(card.steps) == 7


def test_the_home_page_costs_the_same_queries_for_three_faults_and_for_six(
    case: Case, nurse: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    case.solved()
    case.under_way()
    case.file(5)
    nurse.get("/")  # The first visit also writes the session.
    with django_assert_max_num_queries(15) as three:
        nurse.get("/")
    case.solved(by=case.technician, device=case.mcu)
    case.under_way(device=case.mcu)
    case.file(5, device=None)
    with django_assert_max_num_queries(15) as six:
        nurse.get("/")
    assert len(three) == len(six)


def test_without_faults_the_home_page_says_so_and_offers_the_form(nurse: Client) -> None:
    answer = nurse.get("/")
    assert "No fault is being worked on right now." in answer.content.decode()
    assert file_url() in answer.content.decode()


def test_solved_faults_tell_their_time_and_how_many_promises_were_kept(case: Case, nurse: Client) -> None:
    workflow.confirm(case.solved(60), by=case.nurse, now=case.at(30))
    late = case.file(200, title="late")
    workflow.answer(late, by=case.operator, text="Sorry", now=case.at(100))
    workflow.resolve(late, by=case.operator, cause="a", action="b", now=case.at(90))
    workflow.confirm(late, by=case.nurse, now=case.at(10))
    rows = nurse.get("/").context["recent"].rows
    assert [(row.took, str(row.verdict.text)) for row in rows] == [
        ("1 h 50 min", "1 of 3 promises late"),
        ("40 min", "3 promises, all kept"),
    ]


def test_the_companys_people_are_sent_to_their_queue(case: Case) -> None:
    answer = signed_in(case.operator).get("/")
    assert answer.status_code == 302
    assert answer["Location"] == reverse("console:queue")


def test_a_refresh_without_news_leaves_the_screen_alone(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    seen = nurse.get("/").context["board"].fingerprint
    assert nurse.get("/cards/", {"seen": seen})["HX-Reswap"] == "none"
    workflow.answer(ticket, by=case.operator, text="Looking", now=case.now)
    news = nurse.get("/cards/", {"seen": seen})
    assert "HX-Reswap" not in news
    assert "portal-summary" in news.content.decode()


def test_a_promise_that_runs_out_is_news(case: Case, nurse: Client) -> None:
    case.file(5)
    seen = nurse.get("/").context["board"].fingerprint
    with time_machine.travel(case.now + timedelta(hours=2), tick=False):
        assert "HX-Reswap" not in nurse.get("/cards/", {"seen": seen})


# File a fault


def test_three_choices_are_enough_and_the_answer_says_who_answers_by_when(case: Case, nurse: Client) -> None:
    answer = nurse.post(file_url(), report(case), follow=True)
    ticket = Ticket.objects.get()
    due = timezone.localtime(ticket.timeline.deadlines.get(code="response").due_at)
    assert answer.redirect_chain == [(page_of(ticket), 302)]
    assert f"A technician answers you by {due:%H:%M}." in text_of(answer.content)
    assert (ticket.reporter, ticket.site, ticket.device) == (case.nurse, case.site, case.terminal)
    assert (ticket.title, ticket.description, ticket.channel) == ("没有画面", "", "portal")


@pytest.mark.parametrize(("severity", "impact", "urgency"), [("now", 1, 1), ("today", 2, 2), ("later", 3, 3)])
def test_how_bad_it_is_becomes_impact_and_urgency(
    severity: str, impact: int, urgency: int, case: Case, nurse: Client
) -> None:
    nurse.post(file_url(), report(case, severity=severity))
    ticket = Ticket.objects.get()
    assert (ticket.impact, ticket.urgency) == (impact, urgency)


def test_own_words_and_what_was_tried_reach_the_technician(case: Case, nurse: Client) -> None:
    nurse.post(file_url(), report(case, text="Black since noon\nThe lamp is green", tried=["0", "2"]))
    ticket = Ticket.objects.get()
    steps = case.tile("no_picture").first_steps
    assert ticket.title == "没有画面: Black since noon"
    assert ticket.description == (
        f"Black since noon\nThe lamp is green\nAlready tried: {steps[0]['do']}; {steps[2]['do']}"
    )


@pytest.mark.parametrize("code", ["serial", "key"])
def test_a_scanned_code_chooses_the_device(code: str, case: Case, nurse: Client) -> None:
    value = case.terminal.serial.lower() if code == "serial" else case.terminal.pk
    form = nurse.get(file_url(device=value)).context["form"]
    assert form["device"].value() == case.terminal.pk
    assert [option.data["value"].value for option in form.device_options[0]] == [case.terminal.pk]


@pytest.mark.parametrize("code", ["SN-of-nobody", "9" * 30, "%00", "\x00", "-1", "１"])
def test_a_code_that_is_no_device_of_the_hospital_says_so(code: str, nurse: Client) -> None:
    answer = nurse.get(file_url(device=code))
    assert answer.status_code == 200
    assert answer.context["form"]["device"].value() is None
    assert "belongs to no device of your hospital" in text_of(answer.content)


def test_the_code_of_another_hospitals_device_looks_like_one_of_nobodys(case: Case, stranger: Client) -> None:
    answer = stranger.get(file_url(device=case.terminal.serial))
    assert "belongs to no device of your hospital" in text_of(answer.content)
    assert case.terminal.name not in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("device", "Choose the device"),
        ("tile", "Choose the picture that fits best."),
        ("severity", "Say how bad it is."),
        ("contact_name", "Say whom we should ask for."),
    ],
)
def test_a_missing_choice_is_named_and_nothing_is_lost_or_written(
    field: str, sentence: str, case: Case, nurse: Client
) -> None:
    answer = nurse.post(file_url(), report(case, text="A long story", **{field: None}))
    assert answer.status_code == 400
    page = answer.content.decode()
    assert page.count(sentence) == 2, "beside the field and on top"
    assert f'href="#id_{field}"' in page
    assert f'id="id_{field}"' in page
    assert "A long story" in page
    kept = answer.context["form"]
    assert {name: str(kept[name].value()) for name in ("device", "tile", "severity") if name != field} == {
        name: str(value) for name, value in report(case).items() if name in {"device", "tile", "severity"} - {field}
    }
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("field", ["device", "site"])
def test_another_hospitals_device_or_site_is_a_field_error_and_nothing_is_written(
    field: str, case: Case, nurse: Client
) -> None:
    foreign = DeviceFactory()
    changes = {"device": foreign.pk} if field == "device" else {"device": "unknown", "site": foreign.site.pk}
    answer = nurse.post(file_url(), report(case, **changes))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert foreign.name not in answer.content.decode()
    assert not Ticket.objects.exists()


def test_a_device_out_of_use_cannot_be_reported(case: Case, nurse: Client) -> None:
    gone = DeviceFactory(site=case.site, is_active=False)
    assert nurse.post(file_url(), report(case, device=gone.pk)).status_code == 400


def test_the_same_form_sent_twice_gives_one_ticket(case: Case, nurse: Client) -> None:
    once = report(case)
    first, second = nurse.post(file_url(), once), nurse.post(file_url(), once)
    assert first["Location"] == second["Location"] == page_of(Ticket.objects.get())


def test_an_unknown_device_needs_no_site_where_there_is_only_one(case: Case, nurse: Client) -> None:
    nurse.post(file_url(), report(case, device="unknown", place="三楼走廊"))
    ticket = Ticket.objects.get()
    assert (ticket.device, ticket.site, ticket.place) == (None, case.site, "三楼走廊")


def test_an_unknown_device_needs_a_site_where_there_are_several(case: Case, nurse: Client) -> None:
    other = SiteFactory(hospital=case.hospital)
    answer = nurse.post(file_url(), report(case, device="unknown"))
    assert answer.status_code == 400
    assert "Say at which site it is." in text_of(answer.content)
    assert answer.context["form"]["site"].value() is None, "nobody guesses where the engineer has to go"
    nurse.post(file_url(), report(case, device="unknown", site=other.pk))
    assert Ticket.objects.get().site == other


def test_photos_hang_on_the_report(case: Case, nurse: Client) -> None:
    nurse.post(file_url(), report(case, photos=[photo("a.jpg"), photo("b.jpg")]))
    ticket = Ticket.objects.get()
    assert ticket.files.count() == 2
    shown = nurse.get(page_of(ticket)).context["page"].photos
    assert {file.name for file in shown} == {"a.jpg", "b.jpg"}
    assert nurse.get(shown[0].url)["Content-Type"] == "image/jpeg"


def test_a_file_that_is_no_photo_is_refused_and_nothing_is_written(case: Case, nurse: Client) -> None:
    bad = SimpleUploadedFile("photo.jpg", b"<script>alert(1)</script>", "image/jpeg")
    answer = nurse.post(file_url(), report(case, text="A long story", photos=[photo(), bad]))
    assert answer.status_code == 400
    page = text_of(answer.content)
    assert "“photo.jpg” is not a photo" in page
    assert "Please choose the photos again" in page
    assert "A long story" in page
    assert not Ticket.objects.exists()
    assert not Attachment.objects.exists()


def test_the_promise_under_the_form_is_the_one_that_the_ticket_gets(case: Case, nurse: Client) -> None:
    with time_machine.travel(case.now, tick=False):
        hints = nurse.get(file_url(device=case.terminal.pk)).context["hints"]
        nurse.post(file_url(), report(case))
    assert Deadline.objects.get(code="response").due_at == hints.answer_by
    assert hints.answer_in == 3600


def test_the_first_steps_are_those_of_the_chosen_picture(case: Case, nurse: Client) -> None:
    tile = case.tile("no_sound")
    answer = nurse.get(reverse("portal:hints"), {"tile": tile.pk, "tried": ["1"]})
    steps = answer.context["hints"].steps
    assert [(step.do, step.tried) for step in steps] == [
        (step["do"], number == 1) for number, step in enumerate(tile.first_steps)
    ]


def test_open_faults_of_the_same_place_are_shown_the_same_device_first(case: Case, nurse: Client) -> None:
    elsewhere = DeviceFactory(site=SiteFactory(hospital=case.hospital))
    same, near = case.file(30, title="same"), case.file(20, title="near", device=case.mcu)
    case.file(10, title="far", device=elsewhere, site=elsewhere.site)
    workflow.cancel(case.file(5), by=ManagerFactory(), reason="twice", now=case.now)
    hints = nurse.get(reverse("portal:hints"), {"device": case.terminal.pk}).context["hints"]
    assert list(hints.open_faults) == [same, near]


@pytest.mark.parametrize("query", [{"device": "x"}, {"device": "9" * 40}, {"tile": "-1"}, {"tried": ["a", "\x00"]}])
def test_made_up_choices_give_no_hints_and_no_error(query: dict[str, Any], case: Case, nurse: Client) -> None:
    assert nurse.get(reverse("portal:hints"), query).status_code == 200


def test_another_hospitals_device_gives_no_hints(case: Case, stranger: Client) -> None:
    case.file(5)
    hints = stranger.get(reverse("portal:hints"), {"device": case.terminal.pk}).context["hints"]
    assert hints.device is None
    assert not hints.open_faults


# The list


def test_staff_start_with_their_own_faults_and_the_technician_with_everybodys(case: Case, nurse: Client) -> None:
    own, other = case.file(5), case.file(3, by=case.technician)
    url = reverse("portal:requests")
    assert [row.ticket for row in nurse.get(url).context["listing"].rows] == [own]
    assert [row.ticket for row in nurse.get(url, {"whose": "all"}).context["listing"].rows] == [other, own]
    assert [row.ticket for row in signed_in(case.technician).get(url).context["listing"].rows] == [other, own]


def test_the_filters_count_what_they_hold(case: Case, nurse: Client) -> None:
    case.file(5)
    case.solved()
    workflow.confirm(case.solved(300), by=case.nurse, now=case.at(200))
    listing = nurse.get(reverse("portal:requests"), {"show": "asking"}).context["listing"]
    assert [(one.text, one.count) for one in listing.filters] == [
        ("Open", 2),
        ("Waiting for me", 1),
        ("Closed", 1),
        ("All", 3),
    ]
    assert [row.ticket.status for row in listing.rows] == [Status.SOLVED]


def test_a_search_finds_numbers_and_words_of_the_own_hospital_only(case: Case, nurse: Client, stranger: Client) -> None:
    ticket = case.file(5, title="摄像头不转动")
    case.file(4, title="没有声音")
    url = reverse("portal:requests")
    for words in (ticket.number, "摄像头", case.terminal.serial):
        assert ticket in [row.ticket for row in nurse.get(url, {"q": words}).context["listing"].rows]
        assert not stranger.get(url, {"q": words, "whose": "all"}).context["listing"].rows
    assert len(nurse.get(url, {"q": "摄像头"}).context["listing"].rows) == 1
    assert "Nothing found for “轮椅”" in text_of(nurse.get(url, {"q": "轮椅"}).content)


def test_the_list_turns_pages_without_losing_or_repeating_a_fault(
    case: Case, nurse: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    filed = [case.file(minutes, title=f"fault {minutes}") for minutes in range(45, 0, -1)]
    url, found = reverse("portal:requests"), []
    while url:
        with django_assert_max_num_queries(10):
            listing = nurse.get(url).context["listing"]
        found += [row.ticket for row in listing.rows]
        url = listing.older_url
    assert found == filed[::-1]


@pytest.mark.parametrize(
    "query", [{"show": "nonsense"}, {"whose": "nonsense"}, {"after": "nonsense"}, {"q": "\x00"}, {"q": "'\"<(&!"}]
)
def test_made_up_queries_of_the_list_are_answered(query: dict[str, str], case: Case, nurse: Client) -> None:
    case.file(5)
    assert nurse.get(reverse("portal:requests"), query).status_code == 200


# One ticket


def test_each_promise_shows_its_sum_without_names_of_staff(case: Case, nurse: Client) -> None:
    ticket = case.under_way()
    page = nurse.get(page_of(ticket), {"why": "onsite"}).context["page"]
    promise = next(promise for promise in page.promises if promise.code == "onsite")
    figures = [line.figure for line in promise.lines]
    assert figures[1:3] == ["+ 95 min", "+ 60 min"]
    assert promise.lines[-1].result
    everything = " ".join(f"{line.text} {line.detail}" for p in page.promises for line in p.lines)
    assert case.operator.name not in everything
    assert case.engineer.name not in everything


def test_the_sum_that_was_asked_for_is_open(case: Case, nurse: Client) -> None:
    html = nurse.get(page_of(case.under_way()), {"why": "onsite"}).content.decode()
    opened = re.findall(r'id="why-(\w+)".*?<details( open)?>', html, re.DOTALL)
    assert [code for code, is_open in opened if is_open] == ["onsite"]


def test_the_way_of_the_engineer_is_told_with_the_promise(case: Case, nurse: Client) -> None:
    ticket = case.under_way(minutes_ago=19)
    with time_machine.travel(case.now, tick=False):
        page = nurse.get(page_of(ticket)).context["page"]
    arrival, expected = page.arrival, timezone.localtime(page.arrival.expected_at)
    assert page.story[0].body == f"李航 has set out, expected at {expected:%H:%M}."
    assert arrival.share == 20.0
    assert arrival.to_go == 76 * 60
    assert arrival.promised_at == ticket.timeline.deadlines.get(code="onsite").due_at
    assert arrival.margin > 0


def test_the_story_is_told_newest_first_and_internal_notes_never(case: Case, nurse: Client) -> None:
    ticket = case.file(30, description="Black")
    workflow.note(ticket, by=case.operator, text="Difficult", files=[photo("secret.jpg")], now=case.at(20))
    workflow.answer(ticket, by=case.operator, text="Please try HDMI 1", now=case.at(10))
    answer = nurse.get(page_of(ticket))
    story = answer.context["page"].story
    assert [entry.at for entry in story] == sorted((entry.at for entry in story), reverse=True)
    assert {"Please try HDMI 1", "Black"} <= {entry.body for entry in story}
    told = answer.content.decode()
    assert all(secret not in told for secret in ("Difficult", "secret.jpg", str(TicketEvent.EventKind.NOTE.label)))


def test_every_public_event_has_a_sentence_of_its_own(case: Case, nurse: Client) -> None:
    ticket = case.under_way()
    workflow.arrive(ticket, by=case.engineer, now=case.at(10))
    workflow.resolve(ticket, by=case.engineer, cause="cable", action="replaced", now=case.at(5))
    workflow.reopen(ticket, by=case.nurse, now=case.at(3))
    workflow.cancel(ticket, by=ManagerFactory(), reason="twice", now=case.at(1))
    labels = {str(label) for label in TicketEvent.EventKind.labels}
    told = [entry.body for entry in nurse.get(page_of(ticket)).context["page"].story]
    assert not labels & set(told)


def test_what_people_write_is_shown_as_text(case: Case, nurse: Client) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(1)">'
    ticket = case.file(5, title=evil, description=evil, place=evil[:100])
    for url in ("/", page_of(ticket), reverse("portal:requests"), reverse("portal:hints")):
        page = nurse.get(url).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_refresh_of_a_ticket_without_news_leaves_what_is_typed(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    seen = nurse.get(page_of(ticket)).context["page"].fingerprint
    url = reverse("portal:progress", args=[ticket.number])
    assert nurse.get(url, {"seen": seen})["HX-Reswap"] == "none"
    workflow.words(ticket, by=case.technician, text="Me too", now=case.now)
    news = nurse.get(url, {"seen": seen})
    assert "HX-Reswap" not in news
    assert "Me too" in news.content.decode()


def test_the_hospital_adds_words_and_photos(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    url = reverse("portal:words", args=[ticket.number])
    answer = nurse.post(url, {"text": "The lamp is red", "photos": [photo()]})
    assert answer.status_code == 302
    nurse.post(url, {"photos": [photo()]})
    words = TicketEvent.objects.filter(ticket=ticket, kind="words").order_by("pk")
    assert [event.body for event in words] == ["The lamp is red", "See the photo."]
    assert ticket.files.count() == 2


def test_empty_words_are_asked_for_again(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    answer = nurse.post(reverse("portal:words", args=[ticket.number]), {"text": " "})
    assert answer.status_code == 400
    assert "Write something or add a photo." in text_of(answer.content)


def test_words_survive_a_refused_photo(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    bad = SimpleUploadedFile("x.svg", b"<svg/>", "image/svg+xml")
    answer = nurse.post(reverse("portal:words", args=[ticket.number]), {"text": "A long story", "photos": [bad]})
    assert answer.status_code == 400
    assert "A long story" in answer.content.decode()
    assert not TicketEvent.objects.filter(kind="words").exists()


def test_confirming_twice_closes_once(case: Case, nurse: Client) -> None:
    ticket = case.solved()
    url = reverse("portal:confirm", args=[ticket.number])
    nurse.post(url)
    again = nurse.post(url, follow=True)
    ticket.refresh_from_db()
    assert ticket.status == Status.CLOSED
    assert TicketEvent.objects.filter(ticket=ticket, kind="closed").count() == 1
    assert "not possible now" not in text_of(again.content)


def test_confirming_what_is_not_solved_is_refused_in_words(case: Case, nurse: Client) -> None:
    ticket = case.file(5)
    answer = nurse.post(reverse("portal:confirm", args=[ticket.number]), follow=True)
    assert "That is not possible now" in text_of(answer.content)


def test_not_solved_needs_no_reason_and_starts_the_promises_anew(case: Case, nurse: Client) -> None:
    ticket = case.solved()
    url = reverse("portal:reopen", args=[ticket.number])
    answer = nurse.post(url, {"reason": ""}, follow=True)
    nurse.post(url, {"reason": ""})
    ticket.refresh_from_db()
    assert (ticket.status, ticket.cycle) == (Status.NEW, 2)
    due = timezone.localtime(ticket.timeline.deadlines.get(code="response", cycle=2).due_at)
    assert f"It is open again. A technician answers you by {due:%H:%M}." in text_of(answer.content)
    assert [promise.code for promise in answer.context["page"].earlier] == ["response", "remote"]


def test_a_fault_closed_long_ago_cannot_be_opened_again(case: Case, nurse: Client) -> None:
    ticket = case.solved(60 * 24 * 40)
    workflow.confirm(ticket, by=case.nurse, now=case.at(60 * 24 * 39))
    page = nurse.get(page_of(ticket)).context["page"]
    assert page.can == {"words": False, "confirm": False, "reopen": False}
    answer = nurse.post(reverse("portal:reopen", args=[ticket.number]), follow=True)
    assert "please report it anew" in text_of(answer.content)


def test_the_ticket_page_costs_the_same_queries_however_long_its_story(
    case: Case, nurse: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = case.under_way()
    nurse.get("/")
    with django_assert_max_num_queries(15) as short:
        nurse.get(page_of(ticket))
    for number in range(5):
        workflow.words(ticket, by=case.nurse, text=str(number), files=[photo()], now=case.now)
    with django_assert_max_num_queries(15) as long:
        nurse.get(page_of(ticket))
    assert len(short) == len(long)


# Who may see it

POSTED = ("words", "confirm", "reopen")
SECRETS = re.compile(r"\b\w{64}\b|T\d\d:\d\d:[\d.]+")
"""Form tokens and the server's time: what differs between any two answers."""


@pytest.mark.parametrize("name", ["ticket", "progress", *POSTED])
def test_another_hospitals_ticket_is_not_there(name: str, case: Case, stranger: Client) -> None:
    ticket = case.solved()
    send = stranger.post if name in POSTED else stranger.get
    answers = [
        send(reverse(f"portal:{name}", args=[number]), {"text": "x"}) for number in (ticket.number, "SR-2020-999999")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    here, nowhere = (SECRETS.sub("", answer.content.decode()) for answer in answers)
    assert here.replace(ticket.number, "SR-2020-999999") == nowhere
    ticket.refresh_from_db()
    assert ticket.status == Status.SOLVED
    assert not TicketEvent.objects.filter(ticket=ticket, kind="words").exists()


def test_the_companys_people_have_no_portal(case: Case) -> None:
    operator, ticket = signed_in(case.operator), case.file(5)
    for url in (page_of(ticket), reverse("portal:requests"), file_url(), reverse("portal:cards")):
        assert operator.get(url).status_code == 403


def test_who_is_not_signed_in_is_asked_to_and_comes_back(case: Case, client: Client) -> None:
    answer = client.get(file_url(device=case.terminal.serial))
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"?next=/report/%3Fdevice%3D{case.terminal.serial}")


def test_a_waiting_fault_says_until_when(case: Case, nurse: Client) -> None:
    ticket = case.file(60)
    workflow.answer(ticket, by=case.operator, text="Tomorrow then", now=case.at(30))
    until = case.now + timedelta(days=1)
    reason = PauseReason.objects.get(code="asked_later")
    workflow.wait(ticket, by=case.operator, reason=reason, note="theatre in use", until=until, now=case.at(20))
    page = nurse.get(page_of(ticket)).context["page"]
    assert "It rests as agreed until" in page.story[0].body
    assert "theatre in use" in page.story[0].body


def test_devices_of_all_kinds_can_be_reported(case: Case, nurse: Client) -> None:
    server = DeviceFactory(site=case.site, model=DeviceModelFactory(kind="his_server"))
    assert nurse.post(file_url(), report(case, device=server.pk)).status_code == 302
