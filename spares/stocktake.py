"""A stocktake: what lies on the shelf against what the books say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from people.models import User
from spares.ledger import Act, Movements
from spares.models import Depot, Part, RequestLine, StockItem, StockMovement, Unit
from spares.refusal import Refused
from spares.stock import begin, by_hand
from spares.units import checked, out, take_in

Kind = StockMovement.Kind
State = Unit.State


@transaction.atomic
def count(
    depot: Depot,
    part: Part,
    *,
    quantity: int | None = None,
    serials: Sequence[str] | None = None,
    expected: int | None = None,
    reason: str = "",
    by: User | None,
    now: datetime,
    key: UUID | None = None,
) -> Movements:
    """A stocktake: what lies there, picked and not yet gone included; the difference goes into the ledger.

    `serials` are those seen of a part that has serials, `quantity` the figure of any other. Refused without a reason
    when it differs, below what is reserved (the requests are named), and when the stock is no longer the `expected`
    one that the person counted against.
    """
    act, item = begin(depot, part, by, now, key, reason)
    if earlier := act.done():
        return earlier
    if expected is not None and expected != item.on_hand:
        raise Refused(
            _("The stock changed from %(before)d to %(now)d while you counted. Please count again.")
            % {"before": expected, "now": item.on_hand}
        )
    before = item.on_hand
    if part.is_serialised:
        if serials is None:
            raise Refused(_("%(part)s is counted by serial numbers; name them.") % {"part": part.code})
        _count_units(act, item, checked(part, serials, None))
    elif quantity is None or quantity < 0:
        raise Refused(_("How many pieces of %(part)s?") % {"part": part.code})
    elif quantity != item.on_hand:
        act.enter(item, Kind.COUNT, on_hand=quantity - item.on_hand)
    if act.movements and not act.reason:
        raise Refused(_("It differs from the books (%(stock)d). Say why.") % {"stock": before})
    if item.on_hand < item.reserved:
        raise Refused(
            _("%(reserved)d are reserved for %(requests)s. Release them first.")
            % {"reserved": item.reserved, "requests": ", ".join(holders(item))}
        )
    if not act.movements:
        act.enter(item, Kind.COUNT)
    return by_hand("stock.counted", act, item, before=before, counted=item.on_hand)


def holders(item: StockItem) -> list[str]:
    """The numbers of the requests that have pieces of this stock reserved."""
    lines = RequestLine.objects.filter(part=item.part_id, reserved__gt=0, movements__item=item)
    return list(lines.order_by("request__number").values_list("request__number", flat=True).distinct())


def _count_units(act: Act, item: StockItem, seen: list[str]) -> None:
    lying = {unit.serial: unit for unit in _lying(item)}
    picked = [unit for serial, unit in lying.items() if unit.state == State.RESERVED and serial not in seen]
    if picked:
        raise Refused(
            _("Picked and not seen: %(serials)s, for %(requests)s. Put them back in the books first.")
            % {
                "serials": ", ".join(unit.serial for unit in picked),
                "requests": ", ".join(sorted({unit.line.request.number for unit in picked if unit.line})),
            }
        )
    take_in(act, Kind.COUNT, item, [serial for serial in seen if serial not in lying])
    for serial, unit in lying.items():
        if serial not in seen:
            act.enter(item, Kind.COUNT, on_hand=-1, unit=unit)
            out(unit, State.MISSING)


def _lying(item: StockItem) -> list[Unit]:
    rows = Unit.objects.filter(item=item, state__in=(State.IN_STOCK, State.RESERVED))
    return list(rows.select_related("line__request").select_for_update(of=("self",)).order_by("pk"))
