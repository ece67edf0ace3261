"""Set-up pages: usable by the administrator only, every change in the trail, nobody gets a password from others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from people.models import Role, Rotation, TravelTime, User
from people.tasks import send_links
from tests.factories import (
    PERSON_OF,
    AdministratorFactory,
    DepartmentFactory,
    HospitalFactory,
    NurseFactory,
    OperatorFactory,
    SiteFactory,
    TravelTimeFactory,
)

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/people/user/"
LISTS = ["region", "servicebase", "team", "hospital", "site", "department", "user", "rotation", "dutyoverride"]


@pytest.fixture
def admin() -> User:
    return AdministratorFactory()


@pytest.fixture
def setup(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def person_data(**changes: object) -> dict[str, object]:
    values = {
        "name": "Li Na", "title": "", "email": "li.na@hospital.example", "phone": "", "role": "operator",
        "hospital": "", "department": "", "team": "", "language": "zh-hans", "is_active": "on",
    }  # fmt: skip
    return values | changes


def turns(*people: User) -> dict[str, object]:
    data: dict[str, object] = {"turns-TOTAL_FORMS": len(people), "turns-INITIAL_FORMS": 0}
    for number, person in enumerate(people):
        data |= {f"turns-{number}-user": person.pk, f"turns-{number}-position": number + 1}
    return data


@pytest.mark.parametrize("model", LISTS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_list_and_form_opens_and_searches_in_both_languages(setup: Client, model: str, language: str) -> None:
    TravelTimeFactory(site=SiteFactory())
    setup.cookies["django_language"] = language
    for path in (f"/admin/people/{model}/?q=a", f"/admin/people/{model}/add/"):
        assert setup.get(path).status_code == 200
    assert setup.get("/admin/audit/entry/?q=a").status_code == 200


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.ADMIN])
def test_set_up_is_closed_to_every_other_role(role: str) -> None:
    client = Client()
    client.force_login(PERSON_OF[role](is_superuser=True))
    assert client.get(PEOPLE, follow=True).status_code == 403


def test_anonymous_visitor_is_sent_to_our_own_log_in() -> None:
    response = Client().get(PEOPLE, follow=True)
    assert response.redirect_chain[-1][0] == f"{reverse('account:login')}?next={PEOPLE}"


def test_new_person_gets_an_invitation_and_no_password_from_anybody(setup: Client) -> None:
    assert setup.post(f"{PEOPLE}add/", person_data()).status_code == 302
    person = User.objects.get(email="li.na@hospital.example")
    assert not person.has_usable_password()
    send_links()
    [message] = mail.outbox
    assert message.to == ["li.na@hospital.example"]
    path = next(word for word in str(message.body).split() if "/account/reset/" in word).split("/", 3)[3]
    assert Client().get(f"/{path}", follow=True).context["validlink"] is True


def test_person_without_mail_gets_a_link_that_the_administrator_hands_over(setup: Client) -> None:
    person = OperatorFactory(email=None)
    data = {"action": "show_link", "_selected_action": [person.pk]}
    page = setup.post(PEOPLE, data, follow=True).content.decode()
    path = page.partition("/account/reset/")[2].split("<")[0]
    assert Client().get(f"/account/reset/{path}", follow=True).context["validlink"] is True
    assert Entry.objects.filter(act="people.user.link_shown").count() == 1


def test_every_change_of_a_person_is_in_the_trail_with_its_fields(setup: Client, admin: User) -> None:
    person = OperatorFactory(title="old")
    data = person_data(name=person.name, email=person.email, phone=person.phone, role="lead", title="new")
    assert setup.post(f"{PEOPLE}{person.pk}/change/", data).status_code == 302
    entry = Entry.objects.get(act="people.user.changed")
    assert (entry.actor, entry.subject, sorted(entry.detail["fields"])) == (admin, person.name, ["role", "title"])


def test_administrator_cannot_change_the_own_role_or_switch_off_the_own_account(setup: Client, admin: User) -> None:
    data = person_data(name=admin.name, email=admin.email, phone=admin.phone, role="manager", is_active="")
    setup.post(f"{PEOPLE}{admin.pk}/change/", data)
    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == (Role.ADMIN, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "", "phone": ""}, "email"),
        ({"role": "hospital_staff"}, "hospital"),
        ({"role": "operator", "hospital": "own"}, "hospital"),
        ({"role": "hospital_staff", "hospital": "own", "department": "foreign"}, "department"),
    ],
    ids=["unreachable", "nurse without hospital", "operator with hospital", "foreign department"],
)
def test_what_does_not_fit_is_said_beside_the_field(setup: Client, changes: dict[str, object], field: str) -> None:
    known = {"own": HospitalFactory().pk, "foreign": DepartmentFactory().pk}
    data = person_data(**{key: known.get(str(value), value) for key, value in changes.items()})
    response = setup.post(f"{PEOPLE}add/", data)
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert not User.objects.filter(name="Li Na").exists()


def test_people_and_hospitals_are_never_deleted(setup: Client) -> None:
    nurse = NurseFactory()
    assert setup.post(f"{PEOPLE}{nurse.pk}/delete/", {"post": "yes"}).status_code == 403
    assert setup.post(f"/admin/people/hospital/{nurse.hospital_id}/delete/", {"post": "yes"}).status_code == 403


def test_travel_figures_are_added_and_never_edited(setup: Client) -> None:
    row = TravelTimeFactory(minutes=95)
    site = row.site
    data = {
        "hospital": site.hospital_id, "name": site.name, "address": site.address, "city": site.city,
        "latitude": site.latitude, "longitude": site.longitude, "timezone": site.timezone, "base": "",
        "access_notes": "", "travel_times-TOTAL_FORMS": 2, "travel_times-INITIAL_FORMS": 1,
        "travel_times-0-id": row.pk, "travel_times-0-site": site.pk, "travel_times-0-minutes": 10,
        "travel_times-1-site": site.pk, "travel_times-1-base": row.base_id, "travel_times-1-minutes": 80,
        "travel_times-1-km": 128, "travel_times-1-mode": "road", "travel_times-1-source": "road table 2026-11",
        "travel_times-1-source_date": "2026-11-01", "travel_times-1-valid_from_0": "2026-11-20",
        "travel_times-1-valid_from_1": "00:00:00",
    }  # fmt: skip
    response = setup.post(f"/admin/people/site/{site.pk}/change/", data)
    assert response.status_code == 302, response.context["errors"]
    assert sorted(TravelTime.objects.values_list("minutes", flat=True)) == [80, 95]
    assert Entry.objects.filter(act="people.traveltime.added").count() == 1


def test_rotation_takes_company_people_only(setup: Client) -> None:
    data = {
        "name": "Hotline", "role": "operator", "region": "", "timezone": "Asia/Shanghai", "starts_on": "2026-11-02",
        "turn_days": 7, "weekdays": "1234567", "starts_at": "08:00", "ends_at": "08:00",
    }  # fmt: skip
    refused = setup.post("/admin/people/rotation/add/", data | turns(NurseFactory()))
    assert refused.status_code == 200
    assert setup.post("/admin/people/rotation/add/", data | turns(OperatorFactory())).status_code == 302
    assert Rotation.objects.get().turns.count() == 1


def test_broken_zone_or_weekday_is_refused_where_it_is_typed(setup: Client) -> None:
    data = {
        "name": "Hotline", "role": "operator", "region": "", "timezone": "Mars/Base", "starts_on": "2026-11-02",
        "turn_days": 7, "weekdays": "18", "starts_at": "08:00", "ends_at": "08:00",
    }  # fmt: skip
    response = setup.post("/admin/people/rotation/add/", data | turns())
    assert {"timezone", "weekdays"} <= set(response.context["adminform"].form.errors)


def test_trail_can_be_read_and_not_written(setup: Client) -> None:
    entry = Entry.objects.create(at=datetime(2026, 11, 18, tzinfo=UTC), act="x", subject="y")
    assert setup.get(f"/admin/audit/entry/{entry.pk}/change/").status_code == 200
    for path in ("add/", f"{entry.pk}/change/", f"{entry.pk}/delete/"):
        assert setup.post(f"/admin/audit/entry/{path}", {"subject": "z", "post": "yes"}).status_code == 403
