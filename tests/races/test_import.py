"""One log imported by many hands at once, on real transactions."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla import defaults as promises
from sla.audit import differences
from sla.models import Fact
from tests.races.test_tickets import at_once
from tests.tickets.foreign_log import exported, run, simple, write
from tickets.models import Origin, Ticket, TicketEvent

pytestmark = pytest.mark.django_db(transaction=True)
INCIDENTS, HANDS = 12, 4


def test_the_same_log_imported_by_four_at_once_is_imported_once(tmp_path: Path) -> None:
    promises.load()
    log = write(tmp_path / "log.csv", [row for n in range(INCIDENTS) for row in simple(f"INC{n:07}")])
    results = at_once([lambda: run(log)] * HANDS, hands=HANDS)
    assert [code for code, _, _ in results] == [0] * HANDS, results
    assert Origin.objects.count() == Ticket.objects.count() == INCIDENTS
    counts = Fact.objects.count(), TicketEvent.objects.count()
    told = exported()
    assert run(log)[0] == 0
    assert (Fact.objects.count(), TicketEvent.objects.count()) == counts
    assert exported() == told
    assert [str(difference) for difference in differences()] == []
