"""API tokens: hashed, scoped, expiring, shown once, dead with whatever their person loses (T011, T023, T077)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from audit.models import Entry
from people import sessions, tokens
from people.models import ApiToken, Role, User
from tests.factories import PASSWORD, AdministratorFactory, HospitalFactory, NurseFactory, OperatorFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> object:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def make(person: User, scope: str = "read", days: int = 90) -> tuple[ApiToken, str]:
    return tokens.make(person, name="HIS", scope=scope, days=days, by=person, now=NOW)


def ask(text: str, path: str = "/api/v1/me/", **headers: str) -> int:
    return Client().get(path, headers={"Authorization": f"Bearer {text}", **headers}).status_code


def test_a_token_opens_the_interface_as_its_person() -> None:
    nurse = NurseFactory()
    _, text = make(nurse)
    body = Client().get("/api/v1/me/", headers={"Authorization": f"bearer {text}"}).json()
    assert (body["id"], body["hospital"]["id"]) == (nurse.pk, nurse.hospital_id)
    assert body["token"] == {"name": "HIS", "scope": "read", "expires_at": "2027-02-16T03:24:00Z"}


def test_only_a_hash_of_it_is_stored() -> None:
    token, text = make(NurseFactory())
    assert text.startswith("desk_")
    assert len(text) == 5 + 64
    row = ApiToken.objects.values().get(pk=token.pk)
    assert all(text not in str(value) for value in row.values())


@pytest.mark.parametrize("text", ["", "desk_", "desk_" + "0" * 64, "两", "a b", "x" * 9000])
def test_a_made_up_token_opens_nothing(text: str) -> None:
    answer = Client().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {text}")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_read_only_token_changes_nothing() -> None:
    _, text = make(NurseFactory())
    answer = Client().post("/api/v1/tickets/", {}, headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 403
    _, text = make(NurseFactory(), scope="write")
    answer = Client().post("/api/v1/tickets/", {}, "application/json", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 400


def test_it_ends_by_itself(clock: time_machine.Coordinates) -> None:
    _, text = make(NurseFactory(), days=30)
    clock.move_to(NOW + timedelta(days=30, seconds=-1))
    assert ask(text) == 200
    clock.move_to(NOW + timedelta(days=30))
    assert ask(text) == 401


def test_nobody_gets_one_for_longer_than_the_settings_say(settings: Settings) -> None:
    settings.API_TOKEN_MAX_DAYS = 10
    token, _ = make(NurseFactory(), days=365)
    assert token.expiry == NOW + timedelta(days=10)


def test_it_is_dead_while_its_person_is_switched_off() -> None:
    nurse = NurseFactory()
    _, text = make(nurse)
    User.objects.filter(pk=nurse.pk).update(is_active=False)
    assert ask(text) == 401


def test_a_move_to_another_hospital_ends_it() -> None:
    nurse = NurseFactory()
    _, text = make(nurse)
    User.objects.filter(pk=nurse.pk).update(hospital=HospitalFactory())
    assert ask(text) == 401


def test_another_role_ends_it() -> None:
    operator = OperatorFactory()
    _, text = make(operator)
    User.objects.filter(pk=operator.pk).update(role=Role.ADMIN)
    assert ask(text) == 401


def test_logging_out_everywhere_ends_it() -> None:
    nurse = NurseFactory()
    _, text = make(nurse)
    sessions.end_all(nurse)
    assert ask(text) == 401


def test_checking_it_is_one_query_and_its_use_is_noted_once_a_minute(clock: time_machine.Coordinates) -> None:
    token, text = make(NurseFactory())
    assert ask(text) == 200
    token.refresh_from_db()
    assert token.last_used_at == NOW
    clock.move_to(NOW + timedelta(seconds=59))
    with CaptureQueriesContext(connection) as queries:
        ask(text)
    assert len(queries) == 1
    clock.move_to(NOW + timedelta(seconds=60))
    with CaptureQueriesContext(connection) as queries:
        ask(text)
    assert len(queries) == 2
    token.refresh_from_db()
    assert token.last_used_at == NOW + timedelta(seconds=60)


# --- one's own page


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_person_makes_one_against_the_password_and_reads_it_once() -> None:
    nurse = NurseFactory()
    client = signed_in(nurse)
    form = {"name": "HIS", "scope": "write", "days": "30", "current_password": PASSWORD}
    page = client.post("/account/tokens/", form)
    text = page.content.decode().partition('class="sd-token">')[2].partition("<")[0]
    assert page["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert ask(text) == 200
    assert text not in client.get("/account/tokens/").content.decode()
    entry = Entry.objects.get(act="people.apitoken.made")
    assert (entry.actor, entry.subject, entry.detail["scope"]) == (nurse, nurse.name, "write")
    assert text not in str(entry.detail)


def test_without_the_password_there_is_none() -> None:
    client = signed_in(NurseFactory())
    client.post("/account/tokens/", {"name": "HIS", "scope": "write", "days": "30", "current_password": "wrong"})
    assert not ApiToken.objects.exists()


def test_a_person_revokes_an_own_one_at_once_and_nobody_elses() -> None:
    nurse = NurseFactory()
    token, text = make(nurse)
    assert signed_in(NurseFactory()).post(f"/account/tokens/{token.token_key}/revoke/").status_code == 404
    assert ask(text) == 200
    assert signed_in(nurse).post(f"/account/tokens/{token.token_key}/revoke/").status_code == 302
    assert ask(text) == 401
    assert Entry.objects.get(act="people.apitoken.revoked").detail["token"] == token.token_key


# --- the administrator's


def test_the_administrator_makes_one_for_somebody_and_it_is_on_record() -> None:
    admin, nurse = AdministratorFactory(), NurseFactory()
    client = signed_in(admin)
    form = {"user": nurse.pk, "name": "HIS", "scope": "read", "days": "365"}
    page = client.post("/admin/people/apitoken/add/", form, follow=True).content.decode()
    text = "desk_" + page.partition("desk_")[2][:64]
    assert ask(text) == 200
    entry = Entry.objects.get(act="people.apitoken.made")
    assert (entry.actor, entry.subject) == (admin, nurse.name)


def test_the_administrator_revokes_any() -> None:
    token, text = make(NurseFactory())
    client = signed_in(AdministratorFactory())
    client.post(f"/admin/people/apitoken/{token.pk}/delete/", {"post": "yes"})
    assert ask(text) == 401
    assert Entry.objects.filter(act="people.apitoken.revoked").count() == 1


def test_nobody_makes_one_for_a_switched_off_account() -> None:
    nurse = NurseFactory(is_active=False)
    form = {"user": nurse.pk, "name": "HIS", "scope": "read", "days": "365"}
    signed_in(AdministratorFactory()).post("/admin/people/apitoken/add/", form)
    assert not ApiToken.objects.exists()
