"""Good out, faulty in: one pair, two legs, and who is asked for it when (A13)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.models import Entry
from notifications.models import Notification
from sla import defaults
from spares import requests, returns
from spares.models import Return, StockItem
from spares.refusal import Refused
from tests.factories import ManagerFactory, RotationFactory
from tests.spares.request_case import Matter, state_of

pytestmark = pytest.mark.django_db
State = Return.State


@pytest.fixture
def matter(db: None) -> Matter:
    defaults.load()
    return Matter()


@pytest.fixture
def owed(matter: Matter) -> Return:
    """Since Thu 2026-03-12 11:00."""
    row = matter.delivered()
    requests.fit(
        row, row.lines.get(), serial="A1", faulty_serial="OLD-9", by=matter.lead, now=matter.at("2026-03-12 11:00")
    )
    return Return.objects.get()


def on_hand(matter: Matter) -> int:
    return StockItem.objects.get(depot=matter.chengdu, part=matter.board).on_hand


def test_back_in_the_depot_to_the_maker_and_replaced(matter: Matter, owed: Return) -> None:
    at = {"by": matter.clerk, "now": matter.at("2026-03-20 10:00")}
    with pytest.raises(Refused, match="Wrong: A2 was scanned, OLD-9 is owed"):
        returns.receive(owed, serial="A2", **at)
    row = returns.receive(owed, serial="OLD-9", **at)
    assert (row.state, state_of("OLD-9"), on_hand(matter)) == (State.RECEIVED, "faulty", 1)
    row = returns.send_to_maker(row, maker_case="RMA-7", waybill="SF8", **at)
    assert (row.state, state_of("OLD-9"), row.is_advance) == (State.AT_MAKER, "at_maker", False)
    row = returns.replacement_in(row, serial="N1", **at)
    assert (row.state, row.resolution, on_hand(matter), state_of("N1")) == (State.CLOSED, "replaced", 2, "in_stock")
    acts = list(Entry.objects.filter(act__startswith="return.").order_by("pk").values_list("act", flat=True))
    assert acts == ["return.receive", "return.send_to_maker", "return.replacement_in"]


def test_the_maker_ships_first_and_the_faulty_part_is_still_owed(matter: Matter, owed: Return) -> None:
    at = {"by": matter.clerk, "now": matter.at("2026-03-14 10:00")}
    row = returns.maker_shipped(owed, maker_case="RMA-7", **at)
    row = returns.replacement_in(row, serial="N1", **at)
    assert (row.state, row.is_advance, on_hand(matter)) == (State.OWED, True, 2)
    row = returns.send_to_maker(returns.receive(row, **at), **at)
    assert (row.state, row.maker_case) == (State.CLOSED, "RMA-7")


def test_repaired_it_is_good_stock_again_and_scrapped_it_is_none(matter: Matter, owed: Return) -> None:
    at = {"by": matter.clerk, "now": matter.at("2026-03-20 10:00")}
    row = returns.receive(owed, **at)
    with pytest.raises(Refused, match="not been with the maker"):
        returns.close(row, resolution="repaired", **at)
    row = returns.close(returns.send_to_maker(row, **at), resolution="repaired", **at)
    assert (row.state, state_of("OLD-9"), on_hand(matter)) == (State.CLOSED, "in_stock", 2)
    with pytest.raises(Refused, match="state"):
        returns.write_off(row, reason="遗失", **at)


def test_written_off_needs_a_reason(matter: Matter, owed: Return) -> None:
    at = {"by": matter.lead, "now": matter.at("2026-04-20 10:00")}
    with pytest.raises(Refused, match="why"):
        returns.write_off(owed, reason="", **at)
    assert returns.write_off(owed, reason="医院已丢弃", **at).state == State.LOST


def test_one_faulty_serial_is_owed_once(matter: Matter, owed: Return) -> None:
    with pytest.raises(Refused, match="open already"):
        returns.open_one(
            hospital=matter.site.hospital, part=matter.board, depot=matter.beijing, faulty_serial="OLD-9",
            owed_since=matter.at("2026-03-13 09:00"), by=matter.lead, now=matter.at("2026-03-13 09:00"),
        )  # fmt: skip


def test_it_is_asked_for_at_10_20_and_30_days_once_each_and_the_manager_hears_of_the_last(
    matter: Matter, owed: Return
) -> None:
    manager = ManagerFactory()
    RotationFactory(role="manager", people=[manager])

    def told(person: object) -> int:
        return Notification.objects.filter(person=person, kind="return.owed").count()

    since = owed.owed_since
    assert returns.chase(since + timedelta(days=9, hours=23)) == 0
    for days, count in ((10, 1), (11, 0), (20, 1), (30, 1), (31, 0)):
        assert returns.chase(since + timedelta(days=days)) == count, days
    assert (told(matter.clerk), told(matter.lead), told(manager)) == (3, 3, 1)


def test_after_an_outage_only_the_latest_is_said_and_each_leg_counts_anew(matter: Matter, owed: Return) -> None:
    assert returns.chase(owed.owed_since + timedelta(days=25)) == 1
    assert Notification.objects.filter(person=matter.clerk, kind="return.owed").count() == 1
    back = owed.owed_since + timedelta(days=26)
    returns.receive(owed, by=matter.clerk, now=back)
    assert returns.chase(back + timedelta(days=9)) == 0
    assert returns.chase(back + timedelta(days=10)) == 1
    assert Notification.objects.filter(person=matter.clerk, kind="return.unsent").count() == 1
