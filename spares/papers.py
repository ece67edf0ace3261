"""What a depot prints: the list that a clerk walks the shelves with, and the label of a parcel (A11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import segno
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common import paper
from common.wording import clock
from spares.depot_board import Order
from spares.models import PartRequest


def pick_list(orders: Sequence[Order], *, now: datetime) -> bytes:
    """The requests that wait to be picked, each with its lines by shelf, on A4."""
    data = {
        **_common(),
        "title": _("Pick list"),
        "printed": f"{timezone.localtime(now):%Y-%m-%d %H:%M}",
        "head": [_("Bin"), _("Part"), _("Pieces"), _("Serial numbers")],
        "orders": [_order(order) for order in orders],
    }
    return paper.pdf("pick_list.typ", data, now)


def label(request: PartRequest, *, now: datetime) -> bytes:
    """The label of a parcel, 100 × 150 mm: from where, to whom, the request as a code, and room for the waybill."""
    depot, site = request.depot, request.site
    data = {
        **_common(),
        "title": _("Spare part, urgent"),
        "number": request.number,
        "code": _code(request.number),
        "from_word": _("From"),
        "from": [depot.name, depot.address, depot.phone] if depot else [],
        "to_word": _("To"),
        "to": [request.hospital.name, site.name, site.address],
        "lines": [f"{line.part.name} {line.part.code} × {line.quantity}" for line in request.lines.all()],
        "due": _("There by %(time)s") % {"time": clock(request.deliver_by, now)} if request.deliver_by else "",
        "waybill_word": _("Waybill"),
        "waybill": " ".join(filter(None, (request.carrier, request.waybill))),
    }
    return paper.pdf("parcel_label.typ", data, now)


def _common() -> dict[str, Any]:
    return {"lang": (get_language() or "zh").partition("-")[0], "product": _("Service Desk")}


def _order(order: Order) -> dict[str, Any]:
    row = order.request
    return {
        "number": row.number,
        "code": _code(row.number),
        "due": " · ".join(filter(None, (order.title, order.detail))),
        "is_late": order.tone == "over",
        "to": f"{row.hospital.name} · {row.site.name}",
        "depot": row.depot.name if row.depot else "",
        "lines": [
            [
                pick.bin or "—",
                f"{pick.line.part.name} {pick.line.part.code}",
                f"{pick.line.picked} / {pick.line.quantity}",
                ", ".join(pick.serials),
            ]
            for pick in order.picks
        ],
    }


def _code(number: str) -> str:
    """The number as a code that the scan field reads."""
    return segno.make(number, error="m", micro=False).svg_inline(scale=4, border=0)
