"""On its way, signed for at the site, and in its place; the faulty part goes back (A6, A11, A13)."""

from __future__ import annotations

from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from attachments import storage
from people.models import Role, User
from sla.evidence import NOW, Evidence
from sla.facts import Kind
from spares import returns
from spares.models import CarrierEvent, PartRequest, RequestLine, Unit
from spares.refusal import Refused
from spares.requests.act import Act, act
from spares.requests.packing import told_at
from spares.states import S

Event = CarrierEvent.Kind


def note_event(
    request: PartRequest,
    kind: str,
    *,
    at: datetime,
    place: str = "",
    text: str = "",
    source: str = CarrierEvent.Source.MANUAL,
    external_id: str = "",
    by: User | None,
    now: datetime,
) -> PartRequest:
    """What the carrier said of the parcel. The same `external_id` counts once.

    A carrier's DELIVERED is the signature at the site, in the name that `text` gives; a problem is told to the lead.
    """
    if at > now:
        raise Refused(_("This time lies in the future."))
    with act(request, "note_event", by=by, now=now) as doing:
        row = doing.request
        if source == CarrierEvent.Source.MANUAL:
            told_at(doing, Evidence(at=at))
        if external_id and CarrierEvent.objects.filter(source=source, external_id=external_id).exists():
            doing.is_repeat = True
            return row
        CarrierEvent.objects.create(
            request=row, kind=Event(kind), at=at, place=place.strip()[:80], text=text.strip()[:200], source=source,
            external_id=external_id[:80], by=by, recorded_at=now,
        )  # fmt: skip
        if kind == Event.DELIVERED and row.state == S.SHIPPED:
            _deliver(doing, text.strip() or row.carrier, max(at, row.requested_at), Evidence(at=at))
        elif kind == Event.PROBLEM:
            people = [*doing.clerks(), *doing.on_duty(Role.LEAD)]
            doing.tell("parts.problem", people, key=f"event:{at.isoformat()}", text=text, urgent=True)
    return doing.request


def deliver(
    request: PartRequest,
    *,
    received_by: str,
    signature: UploadedFile | None = None,
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
) -> PartRequest:
    """Signed for at the site: the two working days stop (A6). `evidence`: when, if it is told later.

    Told twice, it stands as told first.
    """
    if not (received_by := received_by.strip()):
        raise Refused(_("Who signed for it?"))
    if request.state in {S.DELIVERED, S.FITTED}:
        return request
    with act(request, "deliver", by=by, now=now) as doing:
        at = told_at(doing, evidence)
        if signature is not None:
            kept = storage.accept(signature, hospital=doing.request.hospital, by=by, now=now)
            doing.change(signature=kept)
        CarrierEvent.objects.create(
            request=doing.request, kind=Event.DELIVERED, at=at, text=received_by[:200], by=by, recorded_at=now
        )
        _deliver(doing, received_by, at, evidence)
    return doing.request


def _deliver(doing: Act, received_by: str, at: datetime, evidence: Evidence) -> None:
    doing.move("deliver")
    doing.change(delivered_at=at, received_by=received_by[:60])
    Unit.objects.filter(line__request=doing.request, state=Unit.State.SHIPPED).update(state=Unit.State.DELIVERED)
    doing.fact(Kind.PART_DELIVERED, evidence)


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

    Of a part without serials, only when a serial of the faulty one is told. Fitting the same serial twice changes
    nothing. Refused for a serial that did not come with this request.
    """
    with act(request, "fit", by=by, now=now) as doing:
        row = RequestLine.objects.select_related("part").select_for_update(of=("self",)).get(pk=line.pk)
        if row.request_id != doing.request.pk:
            raise Refused(_("This line belongs to another request."))
        unit = _fitted_unit(row, serial.strip()) if row.part.is_serialised else None
        if unit is not None and unit.state == Unit.State.INSTALLED:
            doing.is_repeat = True
            return doing.request
        _use(row, unit, 1 if unit else quantity)
        if unit is not None or faulty_serial.strip():
            returns.open_for(
                doing.request, row, good=unit, faulty_serial=faulty_serial.strip(), by=by, now=now,
                owed_since=told_at(doing, evidence),
            )  # fmt: skip
        if all(one.used >= one.picked for one in doing.lines()):
            doing.become(S.FITTED)
    return doing.request


def _fitted_unit(line: RequestLine, serial: str) -> Unit:
    """The unit of a line with this serial, locked."""
    if not serial:
        raise Refused(_("Which serial number has the new %(part)s?") % {"part": line.part.name})
    unit = Unit.objects.select_for_update(of=("self",)).filter(part=line.part_id, serial=serial).first()
    if unit is None or unit.line_id != line.pk:
        said = {"serial": serial, "part": line.part.name}
        raise Refused(_("%(serial)s did not come with this request; check the label of the %(part)s.") % said)
    return unit


def _use(line: RequestLine, unit: Unit | None, quantity: int) -> None:
    if not 1 <= quantity <= line.picked - line.used:
        said = {"count": line.picked - line.used, "part": line.part.name}
        raise Refused(_("Only %(count)d of %(part)s are left to be fitted.") % said)
    line.used += quantity
    line.save(update_fields=["used"])
    if unit is not None:
        unit.state = Unit.State.INSTALLED
        unit.save(update_fields=["state"])
