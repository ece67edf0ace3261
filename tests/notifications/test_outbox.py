"""Telling people: rows in the caller's transaction, once per matter, whatever the number of persons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import outbox
from notifications.models import Channel, Delivery, Notification, Preference
from notifications.wording import NotForHospitals
from people.models import Role, User
from tests.factories import HospitalFactory, UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)


def tell(person: User, key: str = "k", *, kind: str = "ticket.assigned", urgent: bool = False) -> None:
    context = {"ticket": "SR-2026-000123", "title": "远程会诊黑屏"}
    outbox.tell(person, kind, context=context, link="/desk/", dedupe_key=key, urgent=urgent, now=NOW)


def test_a_matter_told_becomes_one_inbox_row_and_one_mail_to_send() -> None:
    lead = UserFactory(role=Role.LEAD)
    tell(lead)
    row = Notification.objects.get()
    assert (row.person, row.kind, row.context["title"], row.created_at) == (
        lead,
        "ticket.assigned",
        "远程会诊黑屏",
        NOW,
    )
    assert row.read_at is None
    assert row.deliveries.get().state == Delivery.State.WAITING


def test_the_same_key_told_again_says_nothing_twice() -> None:
    lead = UserFactory(role=Role.LEAD)
    tell(lead)
    Delivery.objects.update(state=Delivery.State.SENT)
    tell(lead)
    tell(lead, "other")
    assert Notification.objects.count() == 2
    assert Delivery.objects.filter(state=Delivery.State.WAITING).count() == 1


def test_a_person_named_twice_in_one_batch_hears_once() -> None:
    lead = UserFactory(role=Role.LEAD)
    message = outbox.Message([lead, lead], "ticket.assigned", "k")
    outbox.tell_batch([message, message], NOW)
    assert Notification.objects.count() == 1


def test_five_hundred_pages_for_three_people_each_are_one_statement() -> None:
    people = [UserFactory(role=Role.LEAD), UserFactory(role=Role.MANAGER), UserFactory(role=Role.ENGINEER)]
    batch = [outbox.Message(people, "sla.page", f"page:{n}", urgent=True) for n in range(500)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        outbox.tell_batch(batch, NOW)
    assert len(queries) == 1
    assert Notification.objects.count() == Delivery.objects.count() == 1500


def test_nobody_to_tell_is_no_statement_at_all() -> None:
    with CaptureQueriesContext(connection) as queries:
        outbox.tell_batch([outbox.Message([], "sla.page", "k")], NOW)
    assert not queries


def test_what_is_told_in_a_failed_transaction_was_never_told() -> None:
    lead = UserFactory(role=Role.LEAD)
    with transaction.atomic():
        tell(lead)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()


def test_an_urgent_mail_is_due_at_once_and_others_wait_for_their_bundle() -> None:
    lead = UserFactory(role=Role.LEAD)
    tell(lead, "page", urgent=True)
    tell(lead, "calm")
    urgent, calm = Delivery.objects.order_by("id")
    assert (urgent.next_try_at, urgent.is_bundled) == (NOW, False)
    assert (calm.next_try_at, calm.is_bundled) == (NOW + timedelta(minutes=2), True)


def test_a_person_who_wants_no_bundles_gets_every_mail_at_once() -> None:
    lead = UserFactory(role=Role.LEAD)
    Preference.objects.create(person=lead, channel=Channel.MAIL, bundle=False)
    tell(lead)
    assert Delivery.objects.get().next_try_at == NOW


def test_mail_switched_off_leaves_the_inbox_and_the_urgent_mails() -> None:
    lead = UserFactory(role=Role.LEAD)
    Preference.objects.create(person=lead, channel=Channel.MAIL, is_on=False)
    tell(lead, "calm")
    tell(lead, "page", urgent=True)
    assert Notification.objects.count() == 2
    assert Delivery.objects.get().notification.dedupe_key == "page"


def test_a_person_without_an_address_is_told_in_the_inbox_only() -> None:
    tell(UserFactory(role=Role.LEAD, email=None, phone="13800000001"), urgent=True)
    assert Notification.objects.count() == 1
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("kind", ["sla.page", "ticket.assigned", "mail.given_up"])
def test_matters_of_the_company_cannot_be_told_to_hospital_people(kind: str) -> None:
    nurse = UserFactory(role=Role.HOSPITAL_STAFF, hospital=HospitalFactory())
    with pytest.raises(NotForHospitals):
        tell(nurse, kind=kind)
    assert not Notification.objects.exists()
