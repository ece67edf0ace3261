"""The verbs of stock: the only writer of quantities and of what lies where (A11, A13).

Every verb locks request line → stock items in key order → units in key order, checks, and writes movements whose
sums are the stock. It raises `Refused` with a sentence when stock does not allow it. `key` is the sender's: the same
act sent again gives the movements of the first time. Serials are as the scanner reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from audit import trail
from people.models import User
from spares.ledger import Act, Movements, lock
from spares.models import Depot, Part, RequestLine, StockItem, StockMovement, Unit
from spares.refusal import Refused
from spares.units import checked, found, left_for, let_go, named, out, take_in

Kind = StockMovement.Kind
State = Unit.State


@transaction.atomic
def receive(
    depot: Depot,
    part: Part,
    *,
    quantity: int = 0,
    serials: Sequence[str] = (),
    reason: str = "",
    by: User | None,
    now: datetime,
    key: UUID | None = None,
) -> Movements:
    """Take pieces into stock: `quantity` of them, or these `serials` of a part that has serials.

    A known unit comes back repaired or found; what a request sent comes back by its return. Refused for serials that
    lie in a depot, are fitted, faulty or scrapped: all of them are named.
    """
    act, item = begin(depot, part, by, now, key, reason)
    if earlier := act.done():
        return earlier
    if not part.is_active:
        raise Refused(_("%(part)s is no longer in use.") % {"part": part.code})
    if part.is_serialised:
        take_in(act, Kind.RECEIVE, item, checked(part, serials, quantity))
    else:
        act.enter(item, Kind.RECEIVE, on_hand=_pieces(part, quantity, serials))
    return by_hand("stock.received", act, item)


@transaction.atomic
def reserve(
    line: RequestLine, quantity: int, *, depot: Depot, by: User | None, now: datetime, key: UUID | None = None
) -> Movements:
    """Promise free pieces of a depot to a line of a request; which units they are is settled by `pick`.

    Refused when fewer are free, when the line would get more than it asks for, or holds pieces of another depot.
    """
    line = _locked(line)
    act, item = begin(depot, line.part, by, now, key)
    if earlier := act.done():
        return earlier
    if line.picked and not line.reserved:
        raise Refused(_("What was picked for this line has left; ask for more in a new request."))
    if line.reserved and _item_of(line) != item.pk:
        raise Refused(_("Pieces of another depot are reserved for this line; release them first."))
    if quantity < 1 or line.reserved + quantity > line.quantity:
        raise Refused(
            _("%(quantity)d of %(part)s are asked for, and %(reserved)d are reserved already.")
            % {"quantity": line.quantity, "part": line.part.code, "reserved": line.reserved}
        )
    _free(item, quantity)
    act.enter(item, Kind.RESERVE, reserved=quantity, line=line)
    _keep(line, reserved=line.reserved + quantity)
    return act.close()


@transaction.atomic
def release(
    line: RequestLine,
    quantity: int | None = None,
    *,
    reason: str = "",
    by: User | None,
    now: datetime,
    key: UUID | None = None,
) -> Movements:
    """Give back what is reserved for a line, all of it or so many that nobody has picked; its units are free again.

    Nothing reserved: nothing happens.
    """
    line = _locked(line)
    if (act_item := _begin_for(line, by, now, key, reason)) is None:
        return ()
    act, item = act_item
    if earlier := act.done():
        return earlier
    if quantity is not None and not 1 <= quantity <= line.reserved - line.picked:
        raise Refused(_("Only %(count)d are reserved and not picked.") % {"count": line.reserved - line.picked})
    given_back = line.reserved if quantity is None else quantity
    if given_back == 0:
        return ()
    if quantity is None:
        let_go(list(_held(line)))
    act.enter(item, Kind.RELEASE, reserved=-given_back, line=line)
    _keep(line, reserved=line.reserved - given_back, picked=0 if quantity is None else line.picked)
    return act.close()


@transaction.atomic
def pick(line: RequestLine, *, serial: str = "", quantity: int = 1) -> RequestLine:
    """Take a unit, or so many pieces, off the shelf for a line that has reserved them; the stock stays as it is.

    Refused with what was scanned and what was wanted; nothing is counted then.
    """
    line = _locked(line)
    item = _stock_of(line)
    if item is None or quantity < 1 or line.picked + (1 if line.part.is_serialised else quantity) > line.reserved:
        raise Refused(
            _("%(picked)d of the %(reserved)d reserved pieces of %(part)s are picked; no more are needed.")
            % {"picked": line.picked, "reserved": line.reserved, "part": line.part.code}
        )
    if line.part.is_serialised:
        unit = found(line.part, serial, item, line)
        unit.state, unit.line = State.RESERVED, line
        unit.save(update_fields=["state", "line"])
        quantity = 1
    return _keep(line, picked=line.picked + quantity)


@transaction.atomic
def unpick(line: RequestLine, *, serial: str = "", quantity: int = 1) -> RequestLine:
    """Put back what was picked; it stays reserved for the line."""
    line = _locked(line)
    if line.part.is_serialised:
        units = [unit for unit in _held(line) if unit.serial == serial]
        if not units:
            raise Refused(_("%(serial)s is not picked for this request.") % {"serial": serial})
        let_go(units)
        quantity = 1
    elif not 1 <= quantity <= min(line.picked, line.reserved):
        raise Refused(_("Only %(count)d are picked.") % {"count": min(line.picked, line.reserved)})
    return _keep(line, picked=line.picked - quantity)


@transaction.atomic
def issue(line: RequestLine, *, by: User | None, now: datetime, key: UUID | None = None) -> Movements:
    """What was picked for a line leaves the depot; its units are on their way.

    `reserved` of the line goes down to nothing, `picked` stays and says what left. Refused while reserved pieces
    are not picked, or when nothing is.
    """
    line = _locked(line)
    begun = _begin_for(line, by, now, key)
    if begun and (earlier := begun[0].done()):
        return earlier
    if begun is None or not line.reserved:
        raise Refused(_("Nothing of %(part)s is reserved.") % {"part": line.part.code})
    act, item = begun
    if line.picked < line.reserved:
        raise Refused(
            _("%(picked)d of %(reserved)d pieces of %(part)s are picked; pick the others or release them.")
            % {"picked": line.picked, "reserved": line.reserved, "part": line.part.code}
        )
    if line.part.is_serialised:
        for unit in _held(line):
            act.enter(item, Kind.ISSUE, on_hand=-1, reserved=-1, unit=unit, line=line)
            unit.state, unit.item = State.SHIPPED, None
            unit.save(update_fields=["state", "item"])
    else:
        act.enter(item, Kind.ISSUE, on_hand=-line.reserved, reserved=-line.reserved, line=line)
    _keep(line, reserved=0)
    return act.close()


@transaction.atomic
def take_back(
    line: RequestLine,
    *,
    serial: str = "",
    quantity: int = 1,
    reason: str = "",
    by: User | None,
    now: datetime,
    key: UUID | None = None,
) -> Movements:
    """A unit, or so many pieces, that left for a line and were not fitted are stock of its depot again (A13).

    Refused for a unit that did not leave for it, or for more than did.
    """
    line = _locked(line)
    begun = _begin_for(line, by, now, key, reason)
    if begun and (earlier := begun[0].done()):
        return earlier
    gone = StockMovement.objects.filter(line=line, kind__in=(Kind.ISSUE, Kind.BACK)).aggregate(pieces=Sum("on_hand"))
    out_there = -(gone["pieces"] or 0) - line.used
    pieces = 1 if line.part.is_serialised else quantity
    if begun is None or not 1 <= pieces <= out_there:
        raise Refused(_("Only %(count)d of %(part)s can come back.") % {"count": out_there, "part": line.part.name})
    act, item = begun
    unit = left_for(line, serial) if line.part.is_serialised else None
    if unit is not None:
        unit.state, unit.item, unit.line = State.IN_STOCK, item, None
        unit.save(update_fields=["state", "item", "line"])
    act.enter(item, Kind.BACK, on_hand=pieces, unit=unit, line=line)
    return by_hand("stock.came_back", act, item)


@transaction.atomic
def transfer(
    origin: Depot,
    target: Depot,
    part: Part,
    *,
    quantity: int = 0,
    serials: Sequence[str] = (),
    reason: str = "",
    by: User | None,
    now: datetime,
    key: UUID | None = None,
) -> Movements:
    """Move free pieces to another depot: movements out and in, one pair. Refused when fewer are free."""
    if origin == target:
        raise Refused(_("Choose another depot than the one that the pieces lie in."))
    act = Act(by.pk if by else None, now, key, reason.strip())
    items = lock([origin, target], [part])
    here, there = items[origin.pk, part.pk], items[target.pk, part.pk]
    if earlier := act.done():
        return earlier
    if part.is_serialised:
        units = named(part, checked(part, serials, quantity), here, {State.IN_STOCK})
        _free(here, len(units))
        for unit in units:
            act.enter(here, Kind.TRANSFER_OUT, on_hand=-1, unit=unit)
            act.enter(there, Kind.TRANSFER_IN, on_hand=1, unit=unit)
            unit.item = there
            unit.save(update_fields=["item"])
    else:
        pieces = _pieces(part, quantity, serials)
        _free(here, pieces)
        act.enter(here, Kind.TRANSFER_OUT, on_hand=-pieces)
        act.enter(there, Kind.TRANSFER_IN, on_hand=pieces)
    return by_hand("stock.transferred", act, here, to=target.name)


@transaction.atomic
def scrap(
    depot: Depot,
    part: Part,
    *,
    reason: str,
    quantity: int = 0,
    serials: Sequence[str] = (),
    by: User | None,
    now: datetime,
    key: UUID | None = None,
) -> Movements:
    """Take pieces out of stock for good: free ones, or faulty units that lie here (they count as none on hand)."""
    act, item = begin(depot, part, by, now, key, reason)
    if earlier := act.done():
        return earlier
    if not act.reason:
        raise Refused(_("Say why it is scrapped."))
    if part.is_serialised:
        units = named(part, checked(part, serials, quantity), item, {State.IN_STOCK, State.FAULTY})
        _free(item, sum(unit.state == State.IN_STOCK for unit in units))
        for unit in units:
            act.enter(item, Kind.SCRAP, on_hand=-1 if unit.state == State.IN_STOCK else 0, unit=unit)
            out(unit, State.SCRAPPED)
    else:
        pieces = _pieces(part, quantity, serials)
        _free(item, pieces)
        act.enter(item, Kind.SCRAP, on_hand=-pieces)
    return by_hand("stock.scrapped", act, item)


@transaction.atomic
def place(item: StockItem, *, shelf: str, minimum: int, by: User | None, now: datetime) -> StockItem:
    """Say which shelf it lies on, and under how many pieces it is to be ordered anew (A13)."""
    row = StockItem.objects.select_for_update(of=("self",)).select_related("depot", "part").get(pk=item.pk)
    row.bin, row.minimum = shelf.strip(), minimum
    row.save(update_fields=["bin", "minimum"])
    trail.note("stock.placed", where(row), by=by, now=now, bin=row.bin, minimum=minimum)
    return row


def begin(
    depot: Depot, part: Part, by: User | None, now: datetime, key: UUID | None, reason: str = ""
) -> tuple[Act, StockItem]:
    """An act on one stock, which is locked."""
    return Act(by.pk if by else None, now, key, reason.strip()), lock([depot], [part])[depot.pk, part.pk]


def _begin_for(
    line: RequestLine, by: User | None, now: datetime, key: UUID | None, reason: str = ""
) -> tuple[Act, StockItem] | None:
    """As `_begin`, for the stock that a line has pieces of; nothing when it never had any."""
    item = _stock_of(line)
    return None if item is None else (Act(by.pk if by else None, now, key, reason.strip()), item)


def _stock_of(line: RequestLine) -> StockItem | None:
    """The stock that a line had its pieces reserved in at last, locked."""
    if (key := _item_of(line)) is None:
        return None
    return StockItem.objects.select_related("depot", "part").select_for_update(of=("self",)).get(pk=key)


def _item_of(line: RequestLine) -> int | None:
    last = StockMovement.objects.filter(line=line, kind=Kind.RESERVE).order_by("-pk")
    return last.values_list("item", flat=True).first()


def _locked(line: RequestLine) -> RequestLine:
    rows = RequestLine.objects.select_related("part", "request").select_for_update(of=("self",))
    return rows.get(pk=line.pk)


def _keep(line: RequestLine, **values: int) -> RequestLine:
    for name, value in values.items():
        setattr(line, name, value)
    line.save(update_fields=list(values))
    return line


def _held(line: RequestLine) -> list[Unit]:
    """The units picked for a line, locked in key order."""
    return list(Unit.objects.filter(line=line, state=State.RESERVED).select_for_update().order_by("pk"))


def _free(item: StockItem, wanted: int) -> None:
    if wanted > item.free:
        raise Refused(
            _("Only %(free)d of %(part)s are free in %(depot)s.")
            % {"free": item.free, "part": item.part.code, "depot": item.depot.name}
        )


def _pieces(part: Part, quantity: int, serials: Sequence[str]) -> int:
    if serials:
        raise Refused(_("%(part)s has no serial numbers; say how many.") % {"part": part.code})
    if quantity < 1:
        raise Refused(_("How many pieces of %(part)s?") % {"part": part.code})
    return quantity


def by_hand(act_name: str, act: Act, item: StockItem, **detail: Any) -> Movements:
    """Close an act that a person does by hand: it is on the audit trail, with the serials it moved."""
    movements = act.close()
    mine = [one for one in movements if one.item_id == item.pk]
    serials = [one.unit.serial for one in mine if one.unit]
    if serials:
        detail["serials"] = serials
    if act.reason:
        detail["reason"] = act.reason
    by = mine[0].by
    trail.note(act_name, where(item), by=by, now=act.now, quantity=sum(one.on_hand for one in mine), **detail)
    return movements


def where(item: StockItem) -> str:
    """Which stock, for the audit trail."""
    return f"{item.depot.name} {item.part.code}"
