"""In the depot: picked by scan, packed, handed to a carrier (A11)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from people.models import User
from sla.evidence import NOW, Evidence
from sla.facts import Kind
from spares import ledger, sourcing, stock
from spares.models import CarrierEvent, PartRequest, RequestLine, Unit
from spares.refusal import Refused
from spares.requests.act import Act, act
from spares.states import S


def scan(request: PartRequest, scanned: str, *, by: User, now: datetime) -> RequestLine:
    """Pick what the scanner read: the serial of a unit, or the number of a part that has no serials.

    Refused with what was scanned and what is wanted here; nothing is counted then.
    """
    scanned = scanned.strip()
    with act(request, "pick", by=by, now=now) as doing:
        lines = doing.lines()
        line = next((one for one in lines if not one.part.is_serialised and one.part.code == scanned), None)
        if line is None:
            line = _line_of_serial(lines, scanned)
            return _pick(doing, line, serial=scanned)
        return _pick(doing, line, serial="")


def pick(
    request: PartRequest, line: RequestLine, *, serial: str = "", quantity: int = 1, by: User, now: datetime
) -> PartRequest:
    """Take a unit by its serial, or so many pieces, off the shelf for a line; picked when all lines are."""
    with act(request, "pick", by=by, now=now) as doing:
        _pick(doing, _own(doing, line), serial=serial.strip(), quantity=quantity)
    return doing.request


def unpick(
    request: PartRequest, line: RequestLine, *, serial: str = "", quantity: int = 1, by: User, now: datetime
) -> PartRequest:
    """Put back what was picked; it stays held for the request."""
    with act(request, "unpick", by=by, now=now) as doing:
        stock.unpick(_own(doing, line), serial=serial.strip(), quantity=quantity)
        doing.move("unpick")
    return doing.request


def pack(request: PartRequest, *, by: User, now: datetime) -> PartRequest:
    """All of it lies in the parcel: nothing joins it any more."""
    with act(request, "pack", by=by, now=now) as doing:
        doing.move("pack")
        doing.change(packed_at=now)
    return doing.request


def unpack(request: PartRequest, *, by: User, now: datetime) -> PartRequest:
    """It is opened again: pieces can be put back, and another depot may send it."""
    with act(request, "unpack", by=by, now=now) as doing:
        doing.move("unpack")
        doing.change(packed_at=None)
    return doing.request


def ship(
    request: PartRequest, *, carrier: str, waybill: str = "", by: User, now: datetime, evidence: Evidence = NOW
) -> PartRequest:
    """Hand it to the carrier: the 24 hours stop (A11), and the pieces leave the depot's stock.

    `evidence`: when it was handed over, if that is told later. Without a waybill somebody carries it themselves.
    Refused for a waybill that another request has.
    """
    carrier, waybill = carrier.strip(), waybill.strip()
    if not carrier:
        raise Refused(_("Which carrier takes it?"))
    with act(request, "ship", by=by, now=now) as doing:
        at = told_at(doing, evidence)
        _issue(doing)
        doing.move("ship")
        doing.change(
            carrier=carrier[:40], waybill=waybill[:40], shipped_at=at, expected_at=_expected(doing, carrier, at)
        )
        _keep_waybill(doing.request)
        CarrierEvent.objects.create(
            request=doing.request, kind=CarrierEvent.Kind.HANDED_OVER, at=at, by=by, recorded_at=now
        )
        doing.fact(Kind.PART_SHIPPED, evidence, carrier=carrier, waybill=waybill)
    return doing.request


def _own(doing: Act, line: RequestLine) -> RequestLine:
    if line.request_id != doing.request.pk:
        raise Refused(_("This line belongs to another request."))
    return line


def _line_of_serial(lines: list[RequestLine], scanned: str) -> RequestLine:
    """The line that a unit with this serial is for; refused for a unit of another part, or one nobody knows."""
    units = list(Unit.objects.filter(serial=scanned).select_related("part")[:9])
    mine = {line.part_id: line for line in lines}
    for unit in units:
        if unit.part_id in mine:
            return mine[unit.part_id]
    wanted = "、".join(line.part.name for line in lines if line.picked < line.quantity)
    if units:
        said = {"scanned": units[0].part.name, "wanted": wanted}
        raise Refused(_("Wrong: %(scanned)s was scanned, %(wanted)s is wanted here.") % said)
    raise Refused(_("Unknown: %(scanned)s. %(wanted)s is wanted here.") % {"scanned": scanned, "wanted": wanted})


def _pick(doing: Act, line: RequestLine, *, serial: str, quantity: int = 1) -> RequestLine:
    line = stock.pick(line, serial=serial, quantity=quantity)
    if all(one.picked == one.quantity for one in doing.lines()):
        doing.become(S.PICKED)
    return line


def told_at(doing: Act, evidence: Evidence) -> datetime:
    """When it happened by the word of the sender; refused when that lies ahead, or before the parts were asked for."""
    at = evidence.happened(doing.now)
    if not doing.request.requested_at <= at <= doing.now:
        raise Refused(_("This time lies in the future, or before the parts were asked for."), field="at")
    return at


def _issue(doing: Act) -> None:
    lines, depot = doing.lines(), doing.request.depot
    if depot is None:
        raise Refused(_("Choose a depot first."))
    ledger.lock([depot], [line.part_id for line in lines])
    for line in lines:
        stock.issue(line, by=doing.by, now=doing.now)


def _expected(doing: Act, carrier: str, at: datetime) -> datetime | None:
    row = doing.request
    return sourcing.expected(row.depot, row.site.city, carrier, at) if row.depot else None


def _keep_waybill(row: PartRequest) -> None:
    """Save carrier and waybill; refused when another request has them."""
    try:
        with transaction.atomic():
            row.save(update_fields=["carrier", "waybill"])
    except IntegrityError as error:
        other = PartRequest.objects.filter(carrier=row.carrier, waybill=row.waybill).first()
        known = {"waybill": row.waybill, "number": other.number if other else ""}
        raise Refused(_("Waybill %(waybill)s is that of %(number)s already.") % known) from error
