"""Account pages: language, contact, links that are tried again, and the demo's one-click door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from pytest_django import Settings

from audit.models import Entry
from people import links
from people.models import LinkRequest, Role, User
from tests.factories import PASSWORD, AdministratorFactory, ManagerFactory, NurseFactory, OperatorFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)


class DeadServer(BaseEmailBackend):
    """A mail server that hangs up."""

    def send_messages(self, email_messages: object) -> int:
        raise SMTPServerDisconnected("gone")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


# --- language


def test_language_switch_holds_for_the_browser_and_is_kept_on_the_person() -> None:
    nurse = NurseFactory(language="zh-hans")
    client = signed_in(nurse)
    response = client.post("/account/language/", {"language": "en", "next": "/account/"})
    assert response["Location"] == "/account/"
    assert "My account" in client.get("/account/").content.decode()
    assert User.objects.get(pk=nurse.pk).language == "en"


def test_sign_in_speaks_the_persons_language_in_any_browser() -> None:
    nurse = NurseFactory(language="en")
    client = Client()
    client.cookies["django_language"] = "zh-hans"
    client.post("/account/sign-in/", {"username": nurse.email, "password": PASSWORD})
    assert client.cookies["django_language"].value == "en"


@pytest.mark.parametrize("chosen", ["fr", "", "../../etc"])
def test_unknown_language_changes_nothing(chosen: str) -> None:
    nurse = NurseFactory()
    signed_in(nurse).post("/account/language/", {"language": chosen})
    assert User.objects.get(pk=nurse.pk).language == "zh-hans"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/"])
def test_language_switch_leads_only_to_paths_of_ours(target: str) -> None:
    response = Client().post("/account/language/", {"language": "en", "next": target})
    assert response["Location"] == "/"


# --- contact


def contact(**values: str) -> dict[str, str]:
    return {"email": "", "phone": "", "current_password": PASSWORD} | values


def test_phone_is_stored_without_the_signs_around_it_and_the_change_is_in_the_trail() -> None:
    nurse = NurseFactory()
    assert signed_in(nurse).post("/account/contact/", contact(phone="+86 137-0000 1111")).status_code == 302
    changed = User.objects.get(pk=nurse.pk)
    assert (changed.email, changed.phone) == (None, "13700001111")
    assert Entry.objects.get(act="account.contact_changed").detail["fields"] == ["email", "phone"]


def test_somebody_elses_address_is_refused_without_saying_that_it_is_taken() -> None:
    other = NurseFactory(email="taken@desk.example", phone="13700002222")
    client = signed_in(NurseFactory())
    response = client.post("/account/contact/", contact(email="Taken@desk.example", phone="137 0000 2222"))
    errors = response.context["form"].errors
    assert set(errors) == {"email", "phone"}
    assert str(other.name) not in response.content.decode()


def test_without_mail_and_phone_nobody_could_sign_in_again() -> None:
    nurse = NurseFactory()
    response = signed_in(nurse).post("/account/contact/", contact())
    assert response.context["form"].non_field_errors()
    assert User.objects.get(pk=nurse.pk).email == nurse.email


# --- links


def test_mail_that_fails_is_tried_again_later_and_not_for_ever(settings: Settings) -> None:
    person = NurseFactory()
    settings.EMAIL_BACKEND = f"{__name__}.DeadServer"
    links.ask(person.email or "", LinkRequest.Purpose.RESET, address=None, now=NOW)
    tried, now = 0, NOW
    for _ in range(90):
        for row in links.claim(now):
            links.send(row)
            tried += 1
        now += timedelta(minutes=1)
    assert tried == links.MAX_TRIES
    assert LinkRequest.objects.get().next_try_at is None


def test_claimed_row_is_not_claimed_again_and_a_sent_one_is_done() -> None:
    person = NurseFactory()
    links.ask(person.email or "", LinkRequest.Purpose.RESET, address=None, now=NOW)
    [row] = links.claim(NOW)
    assert links.claim(NOW) == []
    links.send(row)
    assert links.claim(NOW + timedelta(days=1)) == []
    assert len(mail.outbox) == 1


def test_mail_is_in_the_persons_language() -> None:
    person = NurseFactory(language="en")
    assert "password" in links.letter(person, LinkRequest.Purpose.RESET).subject


def test_old_requests_are_deleted() -> None:
    links.ask("nobody@desk.example", LinkRequest.Purpose.RESET, address=None, now=NOW)
    links.prune(NOW + links.KEEP)
    assert LinkRequest.objects.count() == 1
    links.prune(NOW + links.KEEP + timedelta(seconds=1))
    assert LinkRequest.objects.count() == 0


# --- the demo's door


def test_outside_the_demo_the_one_click_door_does_not_exist() -> None:
    person = OperatorFactory(is_demo=True)
    client = Client()
    assert client.get("/demo/").status_code == 404
    assert client.post("/demo/sign-in/", {"person": person.pk}).status_code == 404


@pytest.mark.parametrize("factory", [NurseFactory, OperatorFactory, ManagerFactory, AdministratorFactory])
def test_one_click_signs_a_visitor_in_where_that_person_starts(settings: Settings, factory: type) -> None:
    settings.DEMO = True
    person = factory(is_demo=True)
    client = Client()
    assert person.name in client.get("/demo/").content.decode()
    response = client.post("/demo/sign-in/", {"person": person.pk})
    assert response["Location"] == ("/" if person.is_hospital else "/desk/")
    assert client.get("/account/").context["user"] == person


@pytest.mark.parametrize("person", ["real", "gone", "", "x", "99999999"])
def test_one_click_opens_no_other_account(settings: Settings, person: str) -> None:
    settings.DEMO = True
    known = {"real": NurseFactory().pk, "gone": NurseFactory(is_demo=True, is_active=False).pk}
    response = Client().post("/demo/sign-in/", {"person": known.get(person, person)})
    assert response.status_code == 404


def test_shared_demo_accounts_keep_their_password_and_contact() -> None:
    person = NurseFactory(is_demo=True, role=Role.HOSPITAL_STAFF)
    client = signed_in(person)
    new = "nine-quiet-otters-41"
    data = contact(email="mine@desk.example", new_password1=new, new_password2=new)
    for path in ("/account/contact/", "/account/password/"):
        assert client.post(path, data).status_code == 200
    same = User.objects.get(pk=person.pk)
    assert (same.password, same.email) == (person.password, person.email)
