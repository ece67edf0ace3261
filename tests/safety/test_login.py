"""Log-in, session, reset: safety T066 to T074, each through the pages that people use."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from audit.models import Entry
from people import lockout
from people.models import LinkRequest, Role, User
from people.tasks import send_links
from tests.factories import PASSWORD, AdministratorFactory, NurseFactory, OperatorFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
WRONG = "not-the-password-1"
NEW = "nine-quiet-otters-41"
LOGIN, ME = "/account/sign-in/", "/account/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves by hand."""
    with time_machine.travel(NOW, tick=False) as coordinates:
        yield coordinates


def sign_in(client: Client, name: str | None, password: str, address: str = "203.0.113.7") -> HttpResponse:
    data = {"username": name, "password": password}
    return client.post(LOGIN, data, REMOTE_ADDR=address)  # type: ignore[return-value]


def fail(name: str | None, times: int, address: str = "203.0.113.7", client: Client | None = None) -> list[int]:
    return [sign_in(client or Client(), name, WRONG, address).status_code for _ in range(times)]


def is_in(client: Client) -> bool:
    return client.get(ME, headers={"Sec-Fetch-Mode": "navigate"}).status_code == 200


def signed_in(person: User) -> Client:
    client = Client()
    assert sign_in(client, person.email, PASSWORD).status_code == 302
    return client


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


def test_t067_answers_cost_the_same_for_unknown_disabled_and_real(settings: Settings) -> None:
    """Counted in processor time and queries, so that a busy machine does not blur the comparison."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    hashed = make_password(PASSWORD)
    NurseFactory(email="real@desk.example", password=hashed)
    NurseFactory(email="gone@desk.example", password=hashed, is_active=False)
    costs: dict[str, list[float]] = {"real": [], "gone": [], "none": []}
    queries: dict[str, set[int]] = {name: set() for name in costs}
    for _ in range(11):
        for name, times in costs.items():
            start = time.process_time_ns()
            with CaptureQueriesContext(connection) as captured:
                sign_in(Client(), f"{name}@desk.example", WRONG)
            times.append((time.process_time_ns() - start) / 1e6)
            queries[name].add(len(captured))
            AccessAttempt.objects.all().delete()
    medians = {name: statistics.median(times) for name, times in costs.items()}
    assert max(medians.values()) - min(medians.values()) < 10, medians
    assert queries["real"] == queries["gone"] == queries["none"]


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


# --- T069, T070: session ids and their end


def test_t069_session_id_changes_at_sign_in_and_a_planted_one_is_not_adopted() -> None:
    nurse = NurseFactory()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "planted0planted0planted0planted0"
    assert sign_in(client, nurse.email, PASSWORD).status_code == 302
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert key != "planted0planted0planted0planted0"
    assert not Session.objects.filter(session_key="planted0planted0planted0planted0").exists()


def test_t069_anonymous_session_gets_a_new_id_when_the_person_signs_in() -> None:
    nurse = NurseFactory()
    client = Client()
    session = client.session
    session["before"] = 1
    session.save()
    before = session.session_key
    sign_in(client, nurse.email, PASSWORD)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_t069_password_change_gives_a_new_id_here_and_ends_every_other_session() -> None:
    nurse = NurseFactory()
    here, there = signed_in(nurse), signed_in(nurse)
    before = here.session.session_key
    data = {"current_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert here.post("/account/password/", data).status_code == 302
    assert here.session.session_key != before
    assert is_in(here)
    assert not is_in(there)


@pytest.mark.parametrize("change", [{"role": Role.LEAD}, {"is_active": False}], ids=["role", "disabled"])
def test_t069_t070_role_change_and_disabling_end_every_session(change: dict[str, object]) -> None:
    operator = OperatorFactory()
    client = signed_in(operator)
    User.objects.filter(pk=operator.pk).update(**change)
    assert not is_in(client)
    assert SESSION_KEY not in client.session


def test_t070_sign_out_ends_the_session_on_the_server() -> None:
    client = signed_in(NurseFactory())
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/account/sign-out/")
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert not is_in(thief)


def test_t070_sign_out_everywhere_ends_all_sessions_of_that_person_only() -> None:
    nurse, other = NurseFactory(), signed_in(NurseFactory())
    here, there = signed_in(nurse), signed_in(nurse)
    here.post("/account/sign-out-everywhere/")
    assert [is_in(here), is_in(there), is_in(other)] == [False, False, True]


def test_t070_sign_out_by_get_does_nothing() -> None:
    client = signed_in(NurseFactory())
    assert client.get("/account/sign-out/").status_code == 405
    assert is_in(client)


# --- T071: idle and absolute limits


def test_t071_session_ends_after_half_an_hour_without_an_act(clock: time_machine.Traveller) -> None:
    client = signed_in(NurseFactory())
    for _ in range(3):
        clock.shift(timedelta(minutes=29))
        assert is_in(client)
    clock.shift(timedelta(minutes=30))
    assert not is_in(client)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Background": "1"},
        {"HX-Request": "true", "HX-Trigger": "queue"},
        {"Sec-Fetch-Mode": "cors", "Accept": "text/event-stream"},
    ],
    ids=["background", "polling", "live stream"],
)
def test_t071_background_requests_do_not_keep_a_session_alive(
    clock: time_machine.Traveller, headers: dict[str, str]
) -> None:
    client = signed_in(NurseFactory())
    for _ in range(5):
        clock.shift(timedelta(minutes=5))
        assert client.get(ME, headers=headers).status_code == 200
    clock.shift(timedelta(minutes=5))
    assert client.get(ME, headers=headers).status_code == 302


def test_t071_session_ends_after_twelve_hours_of_work(clock: time_machine.Traveller) -> None:
    client = signed_in(NurseFactory())
    for _ in range(35):
        clock.shift(timedelta(minutes=20))
        assert is_in(client)
    clock.shift(timedelta(minutes=20))
    assert not is_in(client)


def test_t071_signing_in_again_starts_both_limits_anew(clock: time_machine.Traveller) -> None:
    nurse = NurseFactory()
    client = signed_in(nurse)
    clock.shift(timedelta(minutes=31))
    assert sign_in(client, nurse.email, PASSWORD).status_code == 302
    clock.shift(timedelta(minutes=29))
    assert is_in(client)


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


def test_t080_no_password_in_sessions_or_attempt_rows() -> None:
    nurse = NurseFactory()
    client = signed_in(nurse)
    fail(nurse.email, 2)
    client.post("/account/password/", {"current_password": WRONG, "new_password1": NEW, "new_password2": NEW})
    stored = str(list(AccessAttempt.objects.values())) + str([dict(client.session.items())])
    assert WRONG not in stored
    assert NEW not in stored
