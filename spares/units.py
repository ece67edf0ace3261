"""Units by the serials that are scanned or typed: looked up, put on the shelf and off it, in words what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from spares.ledger import Act, lock_units
from spares.models import Part, RequestLine, StockItem, StockMovement, Unit
from spares.refusal import Refused

State = Unit.State
LONGEST = 60
COMES_BACK = frozenset({State.AT_MAKER, State.MISSING})
"""States from which a known unit can be taken into stock as good: repaired or found again."""


def cleaned(lines: Sequence[str]) -> list[str]:
    """The serials of a list, without blanks around them and empty ones; refused when one is too long or there twice."""
    serials = [text for line in lines if (text := line.strip())]
    if long := [text for text in serials if len(text) > LONGEST]:
        raise Refused(_("This is no serial number: %(text)s…") % {"text": long[0][:LONGEST]})
    if twice := [text for text, times in Counter(serials).items() if times > 1]:
        raise Refused(_("There twice: %(serials)s.") % {"serials": ", ".join(twice)})
    return serials


def checked(part: Part, lines: Sequence[str], quantity: int | None) -> list[str]:
    """As `cleaned`, for a part that is counted by serials; refused when none is named (`quantity` None: none is right)
    or when `quantity` says another number of them.
    """
    serials = cleaned(lines)
    if quantity is not None and not serials:
        raise Refused(_("%(part)s is counted by serial numbers; name them.") % {"part": part.code})
    if quantity and quantity != len(serials):
        raise Refused(
            _("%(count)d serials are named, but the quantity says %(quantity)d.")
            % {"count": len(serials), "quantity": quantity}
        )
    return serials


def named(part: Part, serials: Sequence[str], item: StockItem, states: Collection[str]) -> list[Unit]:
    """The locked units of these serials, which must lie in `item` in one of `states`; refused with all that do not."""
    units = lock_units(part, serials)
    unknown = [serial for serial in serials if serial not in units]
    if unknown:
        raise Refused(_("Not in the books: %(serials)s.") % {"serials": ", ".join(unknown)})
    if wrong := [one for one in units.values() if one.item_id != item.pk or one.state not in states]:
        raise Refused(_("Not free here: %(units)s.") % {"units": "; ".join(map(whereabouts, wrong))})
    return list(units.values())


def found(part: Part, serial: str, item: StockItem, line: RequestLine) -> Unit:
    """The free unit of `item` that was scanned for `line`, locked; refused with what it is instead."""
    serial = serial.strip()
    unit = lock_units(part, [serial]).get(serial)
    if unit is None:
        raise Refused(_instead(part, serial))
    if unit.line_id == line.pk and unit.state == State.RESERVED:
        raise Refused(_("%(serial)s is picked for this request already.") % {"serial": serial})
    if unit.state != State.IN_STOCK or unit.item_id != item.pk:
        raise Refused(_("%(unit)s. Check it or take another one.") % {"unit": whereabouts(unit)})
    return unit


def left_for(line: RequestLine, serial: str) -> Unit:
    """The unit with this serial that left for `line` and is fitted nowhere, locked; refused with what it is instead."""
    unit = lock_units(line.part, [serial]).get(serial)
    if unit is None:
        raise Refused(_instead(line.part, serial))
    if unit.line_id != line.pk or unit.state not in {State.SHIPPED, State.DELIVERED}:
        raise Refused(_("%(unit)s. It is not one that comes back from here.") % {"unit": whereabouts(unit)})
    return unit


def take_in(act: Act, kind: StockMovement.Kind, item: StockItem, serials: list[str]) -> None:
    """Put units on the shelf: new ones, and known ones that may come back."""
    known = lock_units(item.part, serials)
    if wrong := [unit for unit in known.values() if unit.state not in COMES_BACK]:
        raise Refused(_("Not taken in: %(units)s.") % {"units": "; ".join(map(whereabouts, wrong))})
    for unit in known.values():
        unit.state, unit.item, unit.line = State.IN_STOCK, item, None
        unit.save(update_fields=["state", "item", "line"])
    new = [Unit(part=item.part, serial=serial, item=item) for serial in serials if serial not in known]
    try:
        with transaction.atomic():
            Unit.objects.bulk_create(new)
    except IntegrityError as error:
        raise Refused(_("One of these serials was received elsewhere at this moment. Please look again.")) from error
    for unit in (*known.values(), *new):
        act.enter(item, kind, on_hand=1, unit=unit)


def let_go(units: Iterable[Unit]) -> None:
    """Back on the shelf, for nobody."""
    for unit in units:
        unit.state, unit.line = State.IN_STOCK, None
        unit.save(update_fields=["state", "line"])


def out(unit: Unit, state: Unit.State) -> None:
    """Off the shelf, into `state`."""
    unit.state, unit.item = state, None
    unit.save(update_fields=["state", "item"])


def whereabouts(unit: Unit) -> str:
    """Where a unit is by the books, as `SN-1: in stock in Beijing` or `SN-2: fitted, RQ-2026-000012`."""
    place = ""
    if unit.item:
        place = unit.item.depot.name
    if unit.line:
        place = ", ".join(filter(None, (place, unit.line.request.number)))
    state = unit.get_state_display()
    return f"{unit.serial}: {state} ({place})" if place else f"{unit.serial}: {state}"


def _instead(part: Part, serial: str) -> str:
    other = Unit.objects.filter(serial=serial).select_related("part").first()
    if other is None:
        return _("%(serial)s is not in the books of %(part)s.") % {"serial": serial, "part": part.name}
    return _("Wrong: scanned %(scanned)s, needed is %(needed)s.") % {"scanned": other.part.name, "needed": part.name}
