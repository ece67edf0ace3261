"""From told to delivered: claims, bundles, retries, refusals, and what survives a death in between."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from notifications import delivery, letters, outbox
from notifications.channels import Mail
from notifications.delivery import BACK_OFF, BATCH, LEASE, MOST_TRIES
from notifications.models import Attempt, Channel, Delivery, Notification, Preference
from people.models import User
from tests.factories import AdministratorFactory, LeadFactory, ManagerFactory, NurseFactory

if TYPE_CHECKING:
    from tests.notifications.conftest import Clock, Server

pytestmark = pytest.mark.django_db

S = Delivery.State


def tell(person: User, key: str, clock: Clock, *, urgent: bool = False, kind: str = "ticket.assigned") -> None:
    context = {"ticket": "SR-2026-000123", "title": key, "hospital": "绵阳三院"}
    outbox.tell(person, kind, context=context, link="/desk/", dedupe_key=key, urgent=urgent, now=clock.now)


def run(clock: Clock) -> int:
    return delivery.run("mail", Mail(), clock)


def states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def test_an_urgent_mail_goes_out_on_the_next_run(smtp: Server, clock: Clock) -> None:
    lead = LeadFactory()
    tell(lead, "down", clock, urgent=True)
    assert run(clock) == 1
    (mail,) = smtp.mails
    assert mail["To"] == lead.email
    row = Delivery.objects.get()
    assert (row.state, row.tries, row.sent_at, row.leased_until) == (S.SENT, 1, clock.now, None)
    assert row.attempts.get().ok


def test_nothing_is_sent_twice(smtp: Server, clock: Clock) -> None:
    tell(LeadFactory(), "down", clock, urgent=True)
    run(clock)
    clock.pass_by(hours=5)
    assert run(clock) == 0
    assert len(smtp.mails) == 1


def test_calm_matters_of_two_minutes_go_as_one_mail(smtp: Server, clock: Clock) -> None:
    lead = LeadFactory()
    tell(lead, "first", clock)
    clock.pass_by(seconds=110)
    tell(lead, "second", clock)
    assert run(clock) == 0
    clock.pass_by(seconds=10)
    assert run(clock) == 1
    (body,) = smtp.bodies()
    assert body.index("first") < body.index("second")
    assert states() == [S.SENT, S.SENT]
    assert Attempt.objects.count() == 2


def test_what_is_told_after_the_bundle_left_starts_a_new_one(smtp: Server, clock: Clock) -> None:
    lead = LeadFactory()
    tell(lead, "first", clock)
    clock.pass_by(minutes=2)
    run(clock)
    tell(lead, "second", clock)
    assert run(clock) == 0
    clock.pass_by(minutes=2)
    assert run(clock) == 1


def test_bundles_hold_one_persons_mail_only(smtp: Server, clock: Clock) -> None:
    tell(LeadFactory(), "one-room", clock)
    tell(LeadFactory(), "other-room", clock)
    clock.pass_by(minutes=2)
    assert run(clock) == 2
    assert all(("one-room" in body) != ("other-room" in body) for body in smtp.bodies())


def test_urgent_mails_go_alone_and_before_the_others(smtp: Server, clock: Clock) -> None:
    lead = LeadFactory()
    tell(lead, "calm", clock)
    clock.pass_by(minutes=2)
    tell(lead, "page one", clock, urgent=True)
    tell(lead, "page two", clock, urgent=True)
    assert run(clock) == 3
    assert ["page one" in smtp.subjects()[0], "page two" in smtp.subjects()[1]] == [True, True]


def test_a_calm_letter_has_a_place_in_each_batch_however_many_urgent_ones_wait(smtp: Server, clock: Clock) -> None:
    tell(LeadFactory(), "calm", clock)
    clock.pass_by(minutes=2)
    storm = LeadFactory()
    for number in range(2 * BATCH):
        tell(storm, f"page {number}", clock, urgent=True)
    parcels = delivery.claim("mail", clock())
    assert [parcel.deliveries[0].notification.is_urgent for parcel in parcels] == [True] * (BATCH - 1) + [False]


def test_without_bundles_each_matter_is_its_own_mail(smtp: Server, clock: Clock) -> None:
    lead = LeadFactory()
    Preference.objects.create(person=lead, channel=Channel.MAIL, bundle=False)
    tell(lead, "first", clock)
    tell(lead, "second", clock)
    assert run(clock) == 2


@pytest.mark.usefixtures("no_server")
def test_a_dead_server_costs_one_try_a_run_and_holds_nothing_back(clock: Clock) -> None:
    for _ in range(3):
        tell(LeadFactory(), "down", clock, urgent=True)
    run(clock)
    assert sorted(Delivery.objects.values_list("tries", flat=True)) == [0, 0, 1]
    assert not Delivery.objects.filter(leased_until__isnull=False).exists()
    assert not Attempt.objects.get().ok


def test_a_server_that_came_back_gets_everything(smtp: Server, clock: Clock) -> None:
    for key in "abc":
        tell(LeadFactory(), key, clock, urgent=True)
    smtp.answer = "421 closing"
    run(clock)
    smtp.answer = ""
    clock.pass_by(seconds=30)
    run(clock)
    assert states() == [S.SENT] * 3
    assert len(smtp.mails) == 3


@pytest.mark.usefixtures("no_server")
def test_administrators_hear_once_an_hour_that_mail_stands_still(clock: Clock) -> None:
    lead, administrator = LeadFactory(), AdministratorFactory()
    tell(lead, "down", clock, urgent=True)
    run(clock)
    assert not Notification.objects.filter(person=administrator).exists()
    for _ in range(3):
        clock.pass_by(minutes=11)
        run(clock)
    (told,) = Notification.objects.filter(person=administrator)
    assert (told.kind, told.context["count"]) == ("mail.stuck", 1)
    assert "refused" in told.context["reason"]
    clock.pass_by(hours=1)
    run(clock)
    assert Notification.objects.filter(person=administrator).count() == 2


@pytest.mark.usefixtures("black_hole")
def test_a_server_that_never_answers_is_left_after_the_timeout(clock: Clock) -> None:
    for _ in range(5):
        tell(LeadFactory(), "down", clock, urgent=True)
    begun = time.monotonic()
    run(clock)
    assert time.monotonic() - begun < 5
    assert Attempt.objects.count() == 1
    assert "timed out" in Attempt.objects.get().answer


def test_a_temporary_refusal_is_tried_again_later_and_later(smtp: Server, clock: Clock) -> None:
    lead = LeadFactory()
    smtp.refusals[lead.email] = "451 greylisted, come back"
    tell(lead, "down", clock, urgent=True)
    for wait in BACK_OFF:
        run(clock)
        assert Delivery.objects.get().next_try_at == clock.now + wait
        clock.now += wait - timedelta(seconds=1)
        assert run(clock) == 0
        clock.pass_by(seconds=1)
    assert [wait.total_seconds() for wait in BACK_OFF[:4]] == [30, 120, 600, 3600]
    smtp.refusals.clear()
    assert run(clock) == 1
    assert list(Attempt.objects.values_list("ok", flat=True)) == [False] * 5 + [True]
    assert Attempt.objects.first().answer == "451 greylisted, come back"


def test_one_persons_refusal_delays_nobody_else(smtp: Server, clock: Clock) -> None:
    lead, manager = LeadFactory(), ManagerFactory()
    smtp.refusals[lead.email] = "451 later"
    tell(lead, "down", clock, urgent=True)
    tell(manager, "down", clock, urgent=True)
    run(clock)
    assert [mail["To"] for mail in smtp.mails] == [manager.email]


def test_after_six_tries_it_is_given_up_and_administrators_are_told(smtp: Server, clock: Clock) -> None:
    lead, administrator = LeadFactory(), AdministratorFactory()
    smtp.refusals[lead.email] = "451 later"
    tell(lead, "down", clock, urgent=True)
    for _ in range(MOST_TRIES + 3):
        run(clock)
        clock.pass_by(hours=2)
    row = Delivery.objects.get(notification__person=lead)
    assert (row.state, row.tries) == (S.FAILED, MOST_TRIES)
    told = Notification.objects.get(person=administrator)
    assert (told.kind, told.context["address"], told.context["reason"]) == ("mail.given_up", lead.email, "451 later")


def test_an_address_that_does_not_exist_is_given_up_at_once_and_aloud(
    smtp: Server, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    lead, administrator = LeadFactory(), AdministratorFactory()
    smtp.refusals[lead.email] = "550 no such user"
    tell(lead, "down", clock, urgent=True)
    run(clock)
    assert Delivery.objects.get(notification__person=lead).state == S.FAILED
    assert Notification.objects.filter(person=administrator, kind="mail.given_up").count() == 1
    assert "given up: 550 no such user" in caplog.text


def test_mail_that_administrators_cannot_get_starts_no_endless_talk(smtp: Server, clock: Clock) -> None:
    administrator = AdministratorFactory()
    smtp.refusals[administrator.email] = "550 no such user"
    tell(administrator, "down", clock, urgent=True)
    for _ in range(6):
        run(clock)
        clock.pass_by(minutes=5)
    assert Notification.objects.count() == 2
    assert states() == [S.FAILED, S.FAILED]


@pytest.mark.parametrize("address", ["line\r\nBcc: x@evil.example", "no-at-sign"])
def test_an_address_that_no_server_can_take_is_given_up(smtp: Server, clock: Clock, address: str) -> None:
    lead = LeadFactory()
    User.objects.filter(pk=lead.pk).update(email=address)
    smtp.refusals["no-at-sign"] = "553 not an address"
    tell(lead, "down", clock, urgent=True)
    run(clock)
    assert states() == [S.FAILED]
    assert not smtp.mails


def test_what_was_given_up_can_be_sent_again_as_the_same_letter(smtp: Server, clock: Clock) -> None:
    lead, administrator = LeadFactory(), AdministratorFactory()
    smtp.refusals[lead.email] = "550 no such user"
    tell(lead, "first", clock)
    tell(lead, "second", clock)
    clock.pass_by(minutes=2)
    run(clock)
    smtp.refusals.clear()
    second = Delivery.objects.filter(notification__person=lead).latest("id")
    assert delivery.start_over(Delivery.objects.filter(pk=second.pk), clock.now) == 2
    run(clock)
    (mail,) = [mail for mail in smtp.mails if mail["To"] == lead.email]
    assert "first" in smtp.bodies()[0]
    assert "second" in smtp.bodies()[0]
    assert administrator.email not in mail["To"]


def test_administrators_see_deliveries_and_start_them_over(client: Client, smtp: Server, clock: Clock) -> None:
    lead, administrator = LeadFactory(), AdministratorFactory()
    smtp.refusals[lead.email] = "550 no such user"
    tell(lead, "down", clock, urgent=True)
    run(clock)
    client.force_login(administrator)
    row = Delivery.objects.get(notification__person=lead)
    assert "550 no such user" in client.get(f"/admin/notifications/delivery/{row.pk}/change/").content.decode()
    chosen = {"action": "send_again", "_selected_action": [row.pk]}
    assert client.post("/admin/notifications/delivery/", chosen).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.tries) == (S.WAITING, 0)


def test_a_closed_account_gets_no_more_mail(smtp: Server, clock: Clock) -> None:
    lead, administrator = LeadFactory(), AdministratorFactory()
    tell(lead, "down", clock, urgent=True)
    User.objects.filter(pk=lead.pk).update(is_active=False)
    run(clock)
    assert states() == [S.FAILED]
    assert not smtp.mails
    assert not Notification.objects.filter(person=administrator).exists()


def test_a_row_that_cannot_be_worded_holds_up_nobody(smtp: Server, clock: Clock) -> None:
    lead = LeadFactory()
    bad = {"due_at": "not a time", "late_seconds": 0}
    outbox.tell(lead, "sla.page", context=bad, link="", dedupe_key="poison", urgent=True, now=clock.now)
    tell(lead, "sound", clock, urgent=True)
    run(clock)
    assert states() == [S.WAITING, S.SENT]
    assert "ValueError" in Attempt.objects.get(ok=False).answer


def test_two_senders_share_the_work_and_send_nothing_twice(clock: Clock) -> None:
    for number in range(25):
        tell(LeadFactory(), str(number), clock, urgent=True)
    first, second = delivery.claim("mail", clock.now), delivery.claim("mail", clock.now)
    third, nothing = delivery.claim("mail", clock.now), delivery.claim("mail", clock.now)
    numbers = [parcel.number for parcels in (first, second, third) for parcel in parcels]
    assert len(numbers) == len(set(numbers)) == 25
    assert nothing == []


def test_a_sender_that_died_loses_its_parcel_after_the_lease(smtp: Server, clock: Clock) -> None:
    tell(LeadFactory(), "down", clock, urgent=True)
    delivery.claim("mail", clock.now)
    assert run(clock) == 0
    clock.now += LEASE
    assert run(clock) == 1


def test_a_sender_that_slept_past_its_lease_sends_nothing(smtp: Server, clock: Clock) -> None:
    tell(LeadFactory(), "down", clock, urgent=True)
    (mine,) = delivery.claim("mail", clock.now)
    clock.pass_by(minutes=5)
    (theirs,) = delivery.claim("mail", clock.now)
    assert delivery.send(mine, Mail(), clock) is None
    assert not smtp.mails
    assert delivery.send(theirs, Mail(), clock) is None
    assert len(smtp.mails) == 1
    assert Attempt.objects.count() == 1


def test_a_repeated_bundle_is_the_same_letter_under_the_same_id(smtp: Server, clock: Clock) -> None:
    lead = LeadFactory()
    tell(lead, "first", clock)
    tell(lead, "second", clock)
    clock.pass_by(minutes=2)
    (parcel,) = delivery.claim("mail", clock.now)
    Mail().send(letters.write(parcel.number, [row.notification for row in parcel.deliveries], clock.now))
    tell(lead, "third", clock)
    clock.now += LEASE
    run(clock)
    taken, repeated = smtp.mails
    assert taken["Message-ID"] == repeated["Message-ID"]
    assert "second" in smtp.bodies()[1]
    assert "third" not in smtp.bodies()[1]


def test_a_nurse_reads_her_mail_in_her_language_with_a_link(smtp: Server, clock: Clock) -> None:
    nurse = NurseFactory(language="en")
    tell(nurse, "会诊黑屏", clock, urgent=True, kind="ticket.answered")
    run(clock)
    (mail,) = smtp.mails
    assert "SR-2026-000123" in mail["Subject"]
    assert "会诊黑屏" in mail["Subject"]
    assert "http://localhost:8000/desk/" in smtp.bodies()[0]
    assert mail.get_body(("html",)) is not None
    assert (mail["Auto-Submitted"], mail["List-Id"]) == ("auto-generated", "<notifications.localhost>")
