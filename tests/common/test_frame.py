"""What stands around every page."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from people.models import Role
from servicedesk.context import desk
from sla import defaults as promises
from sla.models import Heartbeat
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def frame(path, role):
    """The frame's context for a person of `role` at `path`."""
    request = RequestFactory().get(path)
    request.user = UserFactory(role=role)
    return desk(request)


def current(context):
    """Addresses of the entries marked as current."""
    return [item.url for item in context["nav"] if item.current]


@pytest.mark.parametrize(
    ("path", "role", "marked"),
    [
        ("/", Role.HOSPITAL_STAFF, ["/"]),
        ("/requests/SR-2026-000001/", Role.HOSPITAL_STAFF, ["/requests/"]),
        ("/inbox/", Role.HOSPITAL_STAFF, []),
        ("/desk/tickets/SR-2026-000001/", Role.OPERATOR, ["/desk/"]),
        ("/desk/wall/", Role.MANAGER, ["/desk/wall/"]),
    ],
)
def test_navigation_marks_the_place_where_the_reader_is(path, role, marked):
    assert current(frame(path, role)) == marked


@pytest.mark.parametrize("role", Role.values)
def test_navigation_offers_only_what_the_person_may_open(role, client):
    promises.load()
    person = UserFactory(role=role)
    client.force_login(person)
    request = RequestFactory().get("/")
    request.user = person
    entries = desk(request)["nav"]
    assert entries
    for item in entries:
        assert client.get(item.url).status_code == 200, item.url


def test_the_header_turns_red_when_the_last_sweep_is_older_than_a_minute(client):
    now = timezone.now()
    client.force_login(UserFactory(role=Role.OPERATOR))
    Heartbeat.objects.create(at=now - timedelta(seconds=20), due=1, fired=0, running=64, took_ms=9)
    assert b'sd-engine-alarm"' not in client.get("/desk/heartbeat/").content.replace(b'id="sd-engine-alarm"', b"")
    Heartbeat.objects.update(at=now - timedelta(seconds=61))
    answer = client.get("/desk/heartbeat/").content.decode()
    assert 'class="sd-engine-alarm"' in answer
    assert "sd-heartbeat-stale" in answer


def test_hospitals_are_not_told_about_the_engine():
    assert "engine" not in frame("/", Role.HOSPITAL_STAFF)


def test_the_error_page_stands_without_request_database_or_context(settings, django_assert_num_queries):
    settings.HOTLINE_NUMBER = "028-0000-1111"
    with django_assert_num_queries(0):
        html = render_to_string("500.html")
    assert 'href="tel:028-0000-1111"' in html


def test_a_page_that_is_not_there_says_so_and_names_the_hotline(client, settings):
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert settings.HOTLINE_NUMBER in answer.content.decode()
