"""Depots, parts and requests in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from people.models import Site, User
from spares import stock
from spares.models import Depot, Part, PartRequest, RequestLine, StockItem
from tests.factories import SiteFactory

NOW = datetime(2026, 3, 11, 1, 0, tzinfo=UTC)


def depot(code: str = "beijing", name: str = "北京备件库", clerks: Sequence[User] = (), **about: Any) -> Depot:
    """An open depot."""
    made = Depot.objects.create(code=code, name=name, city=name[:2], address="朝阳区 1 号", **about)
    made.clerks.set(clerks)
    return made


def part(code: str = "FAN-01", *, serials: bool = False, **about: Any) -> Part:
    """A part, counted by quantity or by serials."""
    return Part.objects.create(code=code, name=about.pop("name", f"风扇盘 {code}"), is_serialised=serials, **about)


def stocked(where: Depot, what: Part, pieces: int | Sequence[str]) -> StockItem:
    """Received: so many, or these serials."""
    counted = {"quantity": pieces} if isinstance(pieces, int) else {"serials": pieces}
    stock.receive(where, what, by=None, now=NOW, **counted)  # type: ignore[arg-type]
    return StockItem.objects.get(depot=where, part=what)


def line(what: Part, quantity: int = 1, site: Site | None = None) -> RequestLine:
    """The one line of a new request."""
    site = site or SiteFactory()
    number = f"RQ-2026-{PartRequest.objects.count() + 1:06}"
    request = PartRequest.objects.create(
        number=number,
        hospital=site.hospital,
        site=site,
        subject="门诊 MCU 风扇报警",
        origin=PartRequest.Origin.TICKET,
        requested_at=NOW,
        changed_at=NOW,
    )
    return RequestLine.objects.create(request=request, part=what, quantity=quantity)
