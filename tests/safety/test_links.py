"""The current password, and links that set a new one: safety T072 to T074."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from people.models import LinkRequest, Role, User
from people.tasks import send_links
from tests.factories import NurseFactory
from tests.safety.login_case import ME, NEW, NOW, WRONG, fail, is_in, sign_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves by hand."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


# --- T072: the current password


@pytest.mark.parametrize("current", ["", WRONG], ids=["missing", "wrong"])
def test_t072_password_and_contact_change_only_against_the_current_password(current: str) -> None:
    nurse = NurseFactory()
    client = signed_in(nurse)
    before = (nurse.password, nurse.email, nurse.phone)
    wanted = {"new_password1": NEW, "new_password2": NEW, "email": "thief@example.com", "phone": "13700000000"}
    for path in ("/account/password/", "/account/contact/"):
        assert client.post(path, wanted | {"current_password": current}).status_code == 200
    nurse.refresh_from_db()
    assert (nurse.password, nurse.email, nurse.phone) == before


def test_t072_the_profile_form_takes_no_contact_role_or_hospital() -> None:
    nurse = NurseFactory()
    client = signed_in(nurse)
    data = {
        "name": "Wang Fang", "language": "en", "email": "thief@example.com",
        "role": "admin", "is_superuser": "1", "is_active": "", "hospital": "",
    }  # fmt: skip
    assert client.post(ME, data).status_code == 302
    changed = User.objects.get(pk=nurse.pk)
    assert (changed.name, changed.language) == ("Wang Fang", "en")
    same = ("email", "role", "is_superuser", "is_active", "hospital_id", "password")
    assert [getattr(changed, field) for field in same] == [getattr(nurse, field) for field in same]


def test_t072_guessing_the_current_password_counts_like_guessing_at_the_sign_in() -> None:
    client = signed_in(NurseFactory())
    wanted = {"current_password": WRONG, "new_password1": NEW, "new_password2": NEW}
    answers = [client.post("/account/password/", wanted).status_code for _ in range(5)]
    assert answers == [200] * 4 + [429]


# --- T073, T074: reset links


def link_mailed_to(person: User, **headers: str) -> str:
    """Ask for a link and take its path from the mail."""
    Client().post("/account/forgot/", {"login": person.email}, headers=headers)
    send_links()
    [found] = re.findall(r"https?://\S+", str(mail.outbox[-1].body))
    return str(found)


def use(link: str, password: str = NEW) -> HttpResponse:
    """Follow the link as a browser does and set a password; the answer of the last step."""
    client = Client()
    page = client.get(link.removeprefix(settings.SITE_URL), follow=True)
    data = {"new_password1": password, "new_password2": password}
    return client.post(page.request["PATH_INFO"], data)  # type: ignore[return-value]


def test_t073_a_link_sets_the_password_once() -> None:
    nurse = NurseFactory()
    link = link_mailed_to(nurse)
    assert use(link).status_code == 302
    assert use(link, "other-password-99x").status_code == 200
    assert sign_in(Client(), nurse.email, NEW).status_code == 302


def test_t073_a_link_holds_for_half_an_hour(clock: time_machine.Traveller) -> None:
    nurse = NurseFactory()
    link = link_mailed_to(nurse)
    clock.shift(timedelta(minutes=30, seconds=1))
    assert use(link).status_code == 200
    assert sign_in(Client(), nurse.email, NEW).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"password": make_password(None)},
        {"email": "other@desk.example"},
        {"phone": "13711112222"},
        {"role": Role.HOSPITAL_TECHNICIAN},
        {"is_active": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_t073_a_link_is_void_after_a_change_of_the_account(change: dict[str, object]) -> None:
    nurse = NurseFactory()
    link = link_mailed_to(nurse)
    User.objects.filter(pk=nurse.pk).update(**change)
    assert use(link).status_code == 200
    assert not User.objects.get(pk=nurse.pk).check_password(NEW)


def test_t073_empty_null_foreign_and_altered_tokens_are_refused() -> None:
    nurse, other = NurseFactory(), NurseFactory()
    uid, token = link_mailed_to(nurse).rstrip("/").split("/")[-2:]
    other_uid = link_mailed_to(other).rstrip("/").split("/")[-2]
    for path in (
        f"/account/reset/{uid}//",
        f"/account/reset/{uid}/null/",
        f"/account/reset/{uid}/[]/",
        f"/account/reset/{uid}/set-password/",
        f"/account/reset/{other_uid}/{token}/",
        f"/account/reset/{uid}/{token[:-1]}{'0' if token[-1] != '0' else '1'}/",
    ):
        client = Client()
        page = client.get(path, follow=True)
        if page.status_code == 200:
            assert page.context["validlink"] is False
            client.post(page.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})
    assert not any(User.objects.get(pk=person.pk).check_password(NEW) for person in (nurse, other))


def test_t073_the_token_has_128_bits_and_is_stored_nowhere() -> None:
    nurse = NurseFactory()
    token = link_mailed_to(nurse).rstrip("/").rsplit("/", 1)[-1]
    signature = token.partition("-")[2]
    assert len(signature) * 4 >= 128
    assert not LinkRequest.objects.filter(login__contains=signature).exists()
    assert signature not in str(list(Session.objects.values()))


def test_t073_a_reset_lifts_the_lock_and_ends_every_session() -> None:
    nurse = NurseFactory()
    thief = signed_in(nurse)
    fail(nurse.email, 5)
    use(link_mailed_to(nurse))
    assert sign_in(Client(), nurse.email, NEW).status_code == 302
    assert not is_in(thief)


def test_t073_many_requests_for_one_name_or_from_one_address_send_no_flood() -> None:
    nurse = NurseFactory()
    for _ in range(10):
        Client().post("/account/forgot/", {"login": nurse.email})
    send_links()
    assert len(mail.outbox) == 3
    for number in range(30):
        Client().post("/account/forgot/", {"login": f"name{number}@desk.example"})
    assert LinkRequest.objects.filter(next_try_at__isnull=False).count() <= 20


def test_t074_the_link_starts_with_our_own_address_whatever_the_request_says(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    link = link_mailed_to(NurseFactory(), Host="evil.example", **{"X-Forwarded-Host": "evil.example"})
    assert link.startswith(settings.SITE_URL + reverse("account:login").replace("sign-in/", "reset/"))


# --- what is stored


def test_t080_no_password_in_sessions_or_attempt_rows() -> None:
    nurse = NurseFactory()
    client = signed_in(nurse)
    fail(nurse.email, 2)
    client.post("/account/password/", {"current_password": WRONG, "new_password1": NEW, "new_password2": NEW})
    stored = str(list(AccessAttempt.objects.values())) + str([dict(client.session.items())])
    assert WRONG not in stored
    assert NEW not in stored
