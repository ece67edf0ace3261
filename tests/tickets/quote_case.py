"""A ticket that the hospital pays for, and quotes on it in every state."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.factories import DeviceFactory, TechnicianFactory
from tests.tickets.conftest import Scene
from tickets import workflow
from tickets.models import Quote, Ticket
from tickets.quote_sums import Line
from warranty import defaults as rules

VALID = date(2026, 3, 26)
ITEMS = (
    Line("上门费", "次", Decimal(1), Decimal(300), Decimal(6)),
    Line("工程师工时", "小时", Decimal("2.5"), Decimal("200.02"), Decimal(6)),
)
"""500.05 and 300.00 before tax, 848.05 in all."""


def billable(scene: Scene, when: str = "09:00") -> Ticket:
    """A terminal out of warranty: repaired at the hospital's cost. Its technician is told of quotes."""
    rules.load()
    device = DeviceFactory(site=scene.site, name="会诊终端 TE-3", accepted_on=date(2020, 5, 20))
    TechnicianFactory(hospital=scene.hospital, name="刘海燕")
    return scene.file(when, device=device)


def drafted(scene: Scene, ticket: Ticket, when: str = "09:30", **changes: Any) -> Quote:
    """A draft, or the standing one changed."""
    fields: dict[str, Any] = {"lines": ITEMS, "valid_until": VALID, "note": "不含配件", **changes}
    read = ticket.quotes.filter(state="draft").first()
    return workflow.save_quote(ticket, read=read, by=scene.operator, now=scene.at(when), **fields)


def sent(scene: Scene, ticket: Ticket, when: str = "09:30", **changes: Any) -> Quote:
    """A quote that waits for its answer."""
    return workflow.send_quote(drafted(scene, ticket, when, **changes), by=scene.operator, now=scene.at(when))


def technician(scene: Scene) -> Any:
    return scene.hospital.people.get(name="刘海燕")


def accepted(scene: Scene, quote: Quote, when: datetime | None = None) -> Quote:
    return workflow.answer_quote(quote, accept=True, by=technician(scene), now=when or scene.at("10:00"))
