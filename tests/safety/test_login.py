"""Log-in and lock-out: safety T066 to T068, through the page that people use."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from audit.models import Entry
from people import lockout
from people.models import LinkRequest
from people.tasks import send_links
from tests.factories import PASSWORD, AdministratorFactory, NurseFactory
from tests.safety.login_case import LOGIN, NOW, WRONG, fail, sign_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves by hand."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


# --- T066: five wrong passwords


def test_t066_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(
    clock: time_machine.Traveller,
) -> None:
    nurse = NurseFactory()
    assert fail(nurse.email, 5) == [200, 200, 200, 200, 429]
    assert sign_in(Client(), nurse.email, PASSWORD).status_code == 429
    clock.shift(timedelta(minutes=14, seconds=59))
    assert sign_in(Client(), nurse.email, PASSWORD).status_code == 429
    clock.shift(timedelta(seconds=2))
    assert sign_in(Client(), nurse.email, PASSWORD).status_code == 302


def test_t066_the_lock_holds_from_every_address_and_for_every_way_to_type_the_name() -> None:
    nurse = NurseFactory(email="li@hospital.example", phone="13900001234")
    fail("li@hospital.example", 2, "203.0.113.1")
    fail("LI@hospital.example ", 1, "203.0.113.2")
    assert fail("+86 139-0000-1234", 2, "203.0.113.3") == [200, 429]
    assert sign_in(Client(), nurse.phone, PASSWORD, "203.0.113.4").status_code == 429


def test_t066_the_lock_survives_a_flush_of_the_cache() -> None:
    nurse = NurseFactory()
    fail(nurse.email, 5)
    cache.clear()
    assert sign_in(Client(), nurse.email, PASSWORD).status_code == 429


def test_t066_the_locked_page_says_in_plain_words_how_long_and_is_in_the_audit_trail() -> None:
    nurse = NurseFactory()
    fail(nurse.email, 4)
    response = sign_in(Client(), nurse.email, WRONG)
    assert (response.status_code, response["Retry-After"]) == (429, "900")
    assert "429.html" in [template.name for template in response.templates]  # type: ignore[attr-defined]
    fail(nurse.email, 3)
    assert Entry.objects.filter(act="account.locked").count() == 1


def test_t066_a_right_password_forgets_the_wrong_ones_before() -> None:
    nurse = NurseFactory()
    fail(nurse.email, 4)
    assert sign_in(Client(), nurse.email, PASSWORD).status_code == 302
    assert fail(nurse.email, 4) == [200] * 4


# --- T067: nothing tells whether an account exists


def test_t067_unknown_disabled_invited_and_real_accounts_get_the_same_words_and_status() -> None:
    NurseFactory(email="real@desk.example")
    NurseFactory(email="gone@desk.example", is_active=False)
    NurseFactory(email="new@desk.example", password=make_password(None))
    answers = []
    for name in ("real", "gone", "new", "none"):
        response = sign_in(Client(), f"{name}@desk.example", WRONG)
        page = response.content.decode().replace(f"{name}@desk.example", "NAME")
        answers.append((response.status_code, re.sub(r"[A-Za-z0-9]{64}", "TOKEN", page)))
    assert len(set(answers)) == 1


def test_t067_disabled_account_with_the_right_password_gets_the_words_of_a_wrong_one() -> None:
    gone = NurseFactory(is_active=False)
    right, wrong = (sign_in(Client(), gone.email, password) for password in (PASSWORD, WRONG))
    words = [re.sub(r"[A-Za-z0-9]{64}", "", response.content.decode()) for response in (right, wrong)]
    assert right.status_code == wrong.status_code == 200
    assert words[0] == words[1]


class Counted(Argon2PasswordHasher):
    """argon2 that counts how often it computes a hash: what an answer's time is made of."""

    computed = 0

    def encode(self, password: str, salt: str) -> str:
        Counted.computed += 1
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        Counted.computed += 1
        return super().verify(password, encoded)


def test_t067_answers_cost_the_same_for_unknown_disabled_and_real(settings: Settings) -> None:
    """Counted in hashes and queries; the clock is asked only roughly, since a busy machine blurs it."""
    settings.PASSWORD_HASHERS = [f"{__name__}.Counted"]
    hashed = make_password(PASSWORD)
    NurseFactory(email="real@desk.example", password=hashed)
    NurseFactory(email="gone@desk.example", password=hashed, is_active=False)
    times: dict[str, list[float]] = {"real": [], "gone": [], "none": []}
    costs: dict[str, set[tuple[int, int]]] = {name: set() for name in times}
    for _ in range(7):
        for name in times:
            before, start = Counted.computed, time.process_time()
            with CaptureQueriesContext(connection) as queries:
                sign_in(Client(), f"{name}@desk.example", WRONG)
            times[name].append(time.process_time() - start)
            costs[name].add((Counted.computed - before, len(queries)))
            AccessAttempt.objects.all().delete()
    assert costs["real"] == costs["gone"] == costs["none"]
    assert {hashes for hashes, _ in costs["none"]} == {1}
    fastest = [min(taken) for taken in times.values()]
    assert max(fastest) < 1.3 * min(fastest), times


def test_t067_forgotten_password_answers_alike_and_writes_one_row_for_every_name() -> None:
    NurseFactory(email="real@desk.example")
    NurseFactory(email="gone@desk.example", is_active=False)
    places = set()
    for name in ("real@desk.example", "gone@desk.example", "none@desk.example"):
        response = Client().post("/account/forgot/", {"login": name})
        places.add((response.status_code, response["Location"]))
    assert places == {(302, "/account/forgot/sent/")}
    assert LinkRequest.objects.filter(next_try_at__isnull=False).count() == 3
    assert mail.outbox == []
    send_links()
    assert [message.to for message in mail.outbox] == [["real@desk.example"]]


# --- T068: spraying, and keeping somebody out


def test_t068_one_password_tried_on_many_names_is_throttled_by_address(settings: Settings) -> None:
    settings.LOGIN_FAILURES_PER_ADDRESS = 20
    tries = [sign_in(Client(), f"name{n}@desk.example", WRONG).status_code for n in range(30)]
    assert tries == [200] * 20 + [429] * 10
    other = NurseFactory()
    assert sign_in(Client(), other.email, PASSWORD).status_code == 429
    assert sign_in(Client(), other.email, PASSWORD, "198.51.100.1").status_code == 302


def test_t068_tries_while_locked_do_not_make_the_lock_longer(clock: time_machine.Traveller) -> None:
    admin = AdministratorFactory()
    fail(admin.email, 5)
    for _ in range(14):
        clock.shift(timedelta(minutes=1))
        assert fail(admin.email, 1) == [429]
    clock.shift(timedelta(minutes=1, seconds=1))
    assert sign_in(Client(), admin.email, PASSWORD).status_code == 302


def test_t068_guessing_from_elsewhere_cannot_keep_the_administrator_out_of_a_known_browser(
    settings: Settings,
) -> None:
    settings.LOGIN_FAILURES_PER_ADDRESS = 20
    admin = AdministratorFactory()
    browser = signed_in(admin)
    browser.post("/account/sign-out/")
    fail(admin.email, 6)
    fail("name@desk.example", 6)
    assert sign_in(Client(), admin.email, PASSWORD).status_code == 429
    assert sign_in(browser, admin.email, PASSWORD).status_code == 302


def test_t068_a_known_browser_has_five_tries_of_its_own_and_no_other_account() -> None:
    admin, nurse = AdministratorFactory(), NurseFactory()
    browser = signed_in(admin)
    browser.post("/account/sign-out/")
    assert fail(admin.email, 5, client=browser)[-1] == 429
    fail(nurse.email, 5)
    assert sign_in(browser, nurse.email, PASSWORD).status_code == 429


def test_t068_a_forged_device_cookie_makes_no_browser_known() -> None:
    admin = AdministratorFactory()
    fail(admin.email, 5)
    browser = Client()
    browser.cookies[lockout.DEVICE_COOKIE] = f"[{admin.pk},'x']:1abc:forged"
    assert sign_in(browser, admin.email, PASSWORD).status_code == 429


# --- next


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "\thttps://x.y/"]
)
def test_t059_sign_in_leads_only_to_paths_of_ours(target: str) -> None:
    nurse = NurseFactory()
    data = {"username": nurse.email, "password": PASSWORD, "next": target}
    assert Client().post(LOGIN, data)["Location"] == "/"


def test_sign_in_leads_back_to_the_form_that_was_open() -> None:
    nurse = NurseFactory()
    data = {"username": nurse.email, "password": PASSWORD, "next": "/account/contact/?x=1"}
    assert Client().post(LOGIN, data)["Location"] == "/account/contact/?x=1"
