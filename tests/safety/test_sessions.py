"""How long a sign-in lasts, and what ends it: safety T069 to T071."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.test import Client

from people.models import Role, User
from tests.factories import PASSWORD, NurseFactory, OperatorFactory
from tests.safety.login_case import ME, NEW, NOW, is_in, sign_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that the test moves by hand."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


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
