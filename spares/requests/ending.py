"""At the site: put in its place, for which the faulty one goes back, or not needed and going back itself (A13)."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from people.models import User
from sla.evidence import NOW, Evidence
from spares import returns
from spares.models import PartRequest, RequestLine, Unit
from spares.refusal import Refused
from spares.requests.act import Act, act
from spares.requests.packing import told_at
from spares.states import S


def fit(
    request: PartRequest,
    line: RequestLine,
    *,
    serial: str = "",
    quantity: int = 1,
    faulty_serial: str = "",
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
) -> PartRequest:
    """Put a delivered piece in its place. The faulty one of a part with serials is owed to the depot from then on.

    Of a part without serials, only when a serial of the faulty one is told. A unit that was to go back is kept after
    all. Fitting the same serial twice changes nothing. Refused for a serial that did not come with this request.
    """
    serial, faulty_serial = serial.strip(), faulty_serial.strip()
    with act(request, "fit", by=by, now=now) as doing:
        pair = returns.coming_back(line, serial) if serial else None
        row = _locked(doing, line)
        unit = _unit_of(row, serial) if row.part.is_serialised else None
        if unit is not None and unit.state == Unit.State.INSTALLED:
            doing.is_repeat = True
            return doing.request
        if pair is not None:
            returns.keep(pair, by=by, now=now)
            row.unused -= 1
        row.used += _pieces(row, unit, quantity)
        row.save(update_fields=["used", "unused"])
        if unit is not None:
            unit.state = Unit.State.INSTALLED
            unit.save(update_fields=["state"])
        if unit is not None or faulty_serial:
            returns.open_for(
                doing.request, row, good=unit, faulty_serial=faulty_serial, by=by, now=now,
                owed_since=told_at(doing, evidence),
            )  # fmt: skip
        _end(doing)
    return doing.request


def unused(
    request: PartRequest,
    line: RequestLine,
    *,
    serial: str = "",
    quantity: int = 1,
    reason: str = "",
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
) -> PartRequest:
    """A delivered piece is not needed: it is owed to the depot as good stock from then on (A13).

    Told twice of the same serial, it stands as told first. Refused for one that is fitted, or for more than is left.
    """
    serial = serial.strip()
    with act(request, "unused", by=by, now=now) as doing:
        if serial and returns.coming_back(line, serial) is not None:
            doing.is_repeat = True
            return doing.request
        row = _locked(doing, line)
        unit = _unit_of(row, serial) if row.part.is_serialised else None
        if unit is not None and unit.state != Unit.State.DELIVERED:
            said = {"serial": unit.serial, "state": unit.get_state_display()}
            raise Refused(_("%(serial)s cannot go back: it is “%(state)s”.") % said)
        pieces = _pieces(row, unit, quantity)
        row.unused += pieces
        row.save(update_fields=["unused"])
        returns.open_unused(
            row, unit=unit, quantity=pieces, reason=reason, owed_since=told_at(doing, evidence), by=by, now=now
        )  # fmt: skip
        _end(doing)
    return doing.request


def _locked(doing: Act, line: RequestLine) -> RequestLine:
    rows = RequestLine.objects.select_related("part", "request__depot", "request__hospital", "request__device")
    row = rows.select_for_update(of=("self",)).get(pk=line.pk)
    if row.request_id != doing.request.pk:
        raise Refused(_("This line belongs to another request."))
    return row


def _unit_of(line: RequestLine, serial: str) -> Unit:
    """The unit of a line with this serial, locked."""
    if not serial:
        raise Refused(_("Which serial number has the new %(part)s?") % {"part": line.part.name}, field="serial")
    unit = Unit.objects.select_for_update(of=("self",)).filter(part=line.part_id, serial=serial).first()
    if unit is None or unit.line_id != line.pk:
        said = {"serial": serial, "part": line.part.name}
        sentence = _("%(serial)s did not come with this request; check the label of the %(part)s.")
        raise Refused(sentence % said, field="serial")
    return unit


def _pieces(line: RequestLine, unit: Unit | None, quantity: int) -> int:
    """So many of what is left at the site; a unit is one."""
    pieces = 1 if unit else quantity
    if not 1 <= pieces <= line.left:
        raise Refused(
            _("Only %(count)d of %(part)s are left at the site.") % {"count": line.left, "part": line.part.name}
        )
    return pieces


def _end(doing: Act) -> None:
    """With nothing left at the site the request has come to its end."""
    lines = doing.lines()
    if not any(line.left for line in lines):
        doing.become(S.FITTED if any(line.used for line in lines) else S.UNUSED)
