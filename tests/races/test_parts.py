"""Many hands at one request for parts: asked once, picked once, delivered once (A11)."""

from __future__ import annotations

import pytest

from sla import defaults
from sla.facts import Kind
from spares import requests
from spares.models import PartRequest, StockItem, Unit
from spares.refusal import Refused
from spares.requests import Wanted
from tests.races.test_tickets import at_once
from tests.spares.request_case import Matter

pytestmark = pytest.mark.django_db(transaction=True)
State = PartRequest.State


@pytest.fixture
def matter(transactional_db: None) -> Matter:
    defaults.load()
    return Matter()


def test_with_the_lock_off_the_same_matter_is_asked_for_more_than_once(matter: Matter) -> None:
    """Looking for an open request and then making one: what `ask` does not do."""

    def naive(number: int) -> None:
        if not PartRequest.objects.filter(timeline=matter.case.timeline).exists():
            matter.site.hospital.refresh_from_db()  # somebody else looks meanwhile
            PartRequest.objects.create(
                number=f"RQ-2026-{number:06}", hospital=matter.site.hospital, site=matter.site,
                timeline=matter.case.timeline, requested_at=matter.at("12:00"), changed_at=matter.at("12:00"),
            )  # fmt: skip

    at_once([lambda n=n: naive(n) for n in range(16)], hands=16)
    assert PartRequest.objects.count() > 1


def test_asked_for_by_many_at_once_it_is_one_request_with_all_their_pieces(matter: Matter) -> None:
    asked = at_once([lambda: matter.ask((matter.fan, 1))] * 5, hands=5)
    assert len({row.pk for row in asked}) == 1
    row = PartRequest.objects.get()
    assert (row.lines.get().quantity, row.lines.get().reserved, row.state) == (5, 5, State.RESERVED)
    assert matter.case.timeline.facts.filter(kind=Kind.PART_NEEDED).count() == 1


def test_two_clerks_scan_the_last_serial_and_one_has_it(matter: Matter) -> None:
    first = matter.ask((matter.board, 1))
    requests.scan(first, "A1", by=matter.clerk, now=matter.at("12:05"))
    requests.pack(first, by=matter.clerk, now=matter.at("12:06"))
    others = [_alone(matter), _alone(matter)]
    # Without a promise to keep, the second one takes the board of the farther depot.
    held = next(row for row in others if row.depot == matter.chengdu)
    scans = [lambda row=row: requests.scan(row, "A2", by=matter.clerk, now=matter.at("12:10")) for row in others * 2]
    done = at_once(scans, hands=4)
    assert sum(isinstance(one, Refused) for one in done) == 3
    held.refresh_from_db()
    assert (held.state, held.lines.get().picked, Unit.objects.get(serial="A2").line_id) == (
        State.PICKED, 1, held.lines.get().pk,
    )  # fmt: skip
    assert StockItem.objects.get(depot=matter.chengdu, part=matter.board).reserved == 2


def test_delivered_by_the_carrier_and_by_hand_at_once_it_is_one_fact(matter: Matter) -> None:
    row, at = matter.shipped(), matter.at("2026-03-12 10:00")

    def carrier() -> PartRequest:
        return requests.note_event(
            row, "delivered", at=at, text="刘海燕", source="webhook", external_id="sf:1", by=None, now=at
        )

    done = at_once([carrier, lambda: requests.deliver(row, received_by="刘", by=matter.lead, now=at)] * 3, hands=6)
    assert all(isinstance(one, PartRequest | Refused) for one in done)
    assert matter.case.timeline.facts.filter(kind=Kind.PART_DELIVERED).count() == 1


def _alone(matter: Matter) -> PartRequest:
    """A board for the site, of no timeline: it joins nothing."""
    return requests.ask(
        [Wanted(matter.board)], hospital=matter.site.hospital, site=matter.site, subject="备用", by=matter.lead,
        now=matter.at("12:07"),
    )  # fmt: skip
