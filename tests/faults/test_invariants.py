"""I7-I9 and I13 can go red: each broken row is named. (I1-I6 stand in every other test here.)"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from audit import trail
from notifications import outbox
from notifications.models import Delivery
from people.models import User
from servicedesk.faults.invariants import Evidence, Receipt, i2, i7, i8, i9, i13
from sla.models import Deadline, Page
from sla.sweep import database_now, sweep
from spares.models import StockItem
from tests.factories import NurseFactory, OperatorFactory, SiteFactory, TicketFactory
from tests.faults.many import faults
from tests.spares.stock_case import depot, part, stocked
from tickets import defaults
from tickets.models import Ticket

NOW = datetime(2026, 11, 18, 3, 24, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> Delivery:
    """A letter that the desk calls sent."""
    outbox.tell(OperatorFactory(), "sla.page", context={}, link="", dedupe_key="one", now=NOW)
    delivery = Delivery.objects.get()
    Delivery.objects.update(state=Delivery.State.SENT, parcel=delivery.pk)
    return Delivery.objects.select_related("notification__person").get()


def receipt(delivery: Delivery, *, mark: str = "0a", to: str | None = None) -> Receipt:
    address = to or delivery.notification.person.email or ""
    return Receipt(f"<desk.{delivery.parcel}.{mark}@localhost>", address)


def test_a_letter_that_arrived_once_keeps_i7(sent: Delivery) -> None:
    assert i7(lambda: [receipt(sent)], set()) == []


def test_a_letter_that_was_sent_and_is_nowhere_breaks_i7(sent: Delivery) -> None:
    assert i7(list, set()) == [("sent, never arrived", sent.parcel, sent.pk)]


def test_a_repeat_breaks_i7_unless_a_sender_was_hit_and_always_under_another_message_id(sent: Delivery) -> None:
    assert sent.parcel is not None
    twice = [receipt(sent), receipt(sent)]
    assert i7(lambda: twice, set()) == [("arrived more than once", sent.parcel, 2)]
    assert i7(lambda: twice, {sent.parcel}) == []
    other = [receipt(sent), receipt(sent, mark="0b")]
    assert i7(lambda: other, {sent.parcel}) == [("one letter under several Message-IDs", sent.parcel)]


def test_a_letter_at_a_strange_address_or_that_nobody_wrote_breaks_i7(sent: Delivery) -> None:
    assert i7(lambda: [receipt(sent, to="x@y")], set()) == [("arrived at another address", sent.parcel, sent.pk)]
    strange = Receipt("<desk.999999.00@localhost>", "x@y")
    assert i7(lambda: [receipt(sent), strange], set()) == [("nobody wrote it", 999999)]


@pytest.fixture
def nurse() -> User:
    defaults.load()
    nurse: User = NurseFactory()
    SiteFactory(hospital=nurse.hospital)
    return nurse


def test_an_acknowledged_filing_that_is_not_there_breaks_i8(nurse: User) -> None:
    key, lost = uuid4(), uuid4()
    TicketFactory(reporter=nurse, client_key=key)
    assert i8(Evidence(acknowledged={key}, unanswered={lost})) == []
    assert i8(Evidence(acknowledged={key, lost})) == [("acknowledged, not there", lost)]


def test_a_filing_that_stands_twice_breaks_i8(nurse: User) -> None:
    key = uuid4()
    TicketFactory(reporter=nurse, client_key=key)
    TicketFactory(reporter=NurseFactory(hospital=nurse.hospital), client_key=key)
    assert i8(Evidence(unanswered={key})) == [("filed more than once", key, 2)]


def test_a_fact_without_its_event_and_a_ticket_without_its_filing_break_i9(nurse: User) -> None:
    ticket: Ticket = TicketFactory(reporter=nurse)
    assert i9() == []
    ticket.events.filter(kind="filed").update(recorded_at=NOW, kind="note")
    assert [row[:2] for row in i9()] == [("filings", ticket.number), ("fact without an event", ticket.number)]


def test_a_look_without_its_row_breaks_i9_and_so_does_a_row_outside_the_chain() -> None:
    looked = Evidence(looked_at=1, perhaps_looked_at=1)
    assert i9(looked)[0][0] == "contacts looked at"
    trail.note("tickets.phone_shown", "SR-2026-000001", by=None, now=NOW)
    assert [row[0] for row in i9(looked)] == ["trail"]


@pytest.mark.usefixtures("duty")
def test_a_clock_that_forgot_its_page_breaks_i2() -> None:
    faults([database_now() - timedelta(minutes=31)])
    sweep()
    assert i2() == []
    page = Page.objects.get()
    Deadline.objects.filter(pk=page.deadline_id).update(last_step=0)
    assert i2() == [(page.deadline_id, 1, 0, "would be paged again")]


def test_a_piece_that_no_movement_knows_breaks_i13() -> None:
    item = stocked(depot(), part(), 3)
    assert i13() == []
    StockItem.objects.update(on_hand=2)
    assert i13() == [("pieces on hand are the sum of the movements", "stock", item.pk, 2, 3)]
