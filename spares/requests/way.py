"""On its way, lost on it, signed for at the site (A6, A11)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from attachments import storage
from audit import trail
from common.wording import clock
from people.models import Role, User
from sla.evidence import NOW, Evidence
from sla.facts import Kind
from spares import ledger, stock
from spares.models import CarrierEvent, PartRequest, Unit
from spares.refusal import Refused
from spares.requests.act import Act, act
from spares.requests.asking import choose_anew
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
    What happened before the parcel was handed over is refused from a person. From a carrier it is kept as out of
    order and told to the lead; one whose clock is at most `CARRIER_CLOCK_TOLERANCE` behind is believed.
    """
    if at > now:
        raise Refused(_("This time lies in the future."), field="at")
    with act(request, "note_event", by=by, now=now) as doing:
        row = doing.request
        if source == CarrierEvent.Source.MANUAL:
            at = _after_shipping(doing, Evidence(at=at)).happened(now)
        if external_id and CarrierEvent.objects.filter(source=source, external_id=external_id).exists():
            doing.is_repeat = True
            return row
        shipped_at = row.shipped_at or row.requested_at
        is_early = at < shipped_at - settings.CARRIER_CLOCK_TOLERANCE
        CarrierEvent.objects.create(
            request=row, kind=Event(kind), at=at, place=place.strip()[:80], text=text.strip()[:200], source=source,
            external_id=external_id[:80], is_out_of_order=is_early, by=by, recorded_at=now,
        )  # fmt: skip
        if kind == Event.PROBLEM:
            _warn(doing, "parts.problem", at, text)
        elif kind == Event.DELIVERED and row.state == S.SHIPPED:
            if is_early:
                _warn(doing, "parts.out_of_order", at, text)
            else:
                at = max(at, shipped_at)
                _deliver(doing, text.strip() or row.carrier, at, Evidence(at=at))
    return doing.request


def _warn(doing: Act, kind: str, at: datetime, text: str) -> None:
    """The depot and the lead have to look at what the carrier said."""
    people = [*doing.clerks(), *doing.on_duty(Role.LEAD)]
    doing.tell(kind, people, key=f"event:{at.isoformat()}", said_at=at.isoformat(), text=text, urgent=True)


def _after_shipping(doing: Act, evidence: Evidence) -> Evidence:
    """A person's word of when it happened, who tells minutes; refused when that lies before it was handed over."""
    at, shipped_at = told_at(doing, evidence), doing.request.shipped_at
    if shipped_at is None or at >= shipped_at:
        return evidence
    if at < shipped_at.replace(second=0, microsecond=0):
        said = {"time": clock(shipped_at, doing.now)}
        raise Refused(_("It was handed to the carrier at %(time)s; this cannot be before.") % said, field="at")
    return replace(evidence, at=shipped_at, clock_offset_ms=0)


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

    Told twice, it stands as told first. Refused for a time before it was handed over.
    """
    if not (received_by := received_by.strip()):
        raise Refused(_("Who signed for it?"))
    if request.state in {S.DELIVERED, S.FITTED, S.UNUSED}:
        return request
    with act(request, "deliver", by=by, now=now) as doing:
        evidence = _after_shipping(doing, evidence)
        at = evidence.happened(now)
        if signature is not None:
            kept = storage.accept_picture(signature, hospital=doing.request.hospital, by=by, now=now)
            doing.change(signature=kept)
        CarrierEvent.objects.create(
            request=doing.request, kind=Event.DELIVERED, at=at, text=received_by[:200], by=by, recorded_at=now
        )
        _deliver(doing, received_by, at, evidence)
    return doing.request


def send_again(request: PartRequest, *, reason: str, came_back: bool = False, by: User, now: datetime) -> PartRequest:
    """The parcel never gets there: depots are weighed anew, and its clocks go on as they run (A6).

    `came_back`: its pieces lie in the depot again and are stock; else they are missing until somebody finds them.
    """
    if not (reason := reason.strip()):
        raise Refused(_("Say what became of the parcel."))
    with act(request, "send_again", by=by, now=now) as doing:
        row = doing.request
        CarrierEvent.objects.create(
            request=row, kind=Event.PROBLEM, at=now, by=by, recorded_at=now,
            text=" ".join(filter(None, (row.carrier, row.waybill, reason)))[:200],
        )  # fmt: skip
        trail.note("parts.sent_again", row.number, by=by, now=now, reason=reason, came_back=came_back)
        _take_apart(doing, came_back)
        doing.move("send_again")
        gone = dict.fromkeys(("packed_at", "shipped_at", "expected_at", "depot"))
        doing.change(carrier="", waybill="", **gone)
        choose_anew(doing)
    return doing.request


def _take_apart(doing: Act, came_back: bool) -> None:
    """Nothing of the parcel is on its way any more."""
    row, lines = doing.request, doing.lines()
    assert row.depot is not None, "it was sent from there"
    ledger.lock([row.depot], [line.part_id for line in lines])
    for line in lines:
        units = line.units.filter(state=Unit.State.SHIPPED).select_for_update(of=("self",)).order_by("pk")
        if came_back:
            pieces: list[dict[str, Any]] = [{"serial": unit.serial} for unit in units] or [{"quantity": line.picked}]
            for piece in pieces:
                stock.take_back(line, **piece, reason=row.number, by=doing.by, now=doing.now)
        else:
            units.update(state=Unit.State.MISSING, line=None)
        line.picked = 0
        line.save(update_fields=["picked"])


def _deliver(doing: Act, received_by: str, at: datetime, evidence: Evidence) -> None:
    doing.move("deliver")
    doing.change(delivered_at=at, received_by=received_by[:60])
    Unit.objects.filter(line__request=doing.request, state=Unit.State.SHIPPED).update(state=Unit.State.DELIVERED)
    doing.fact(Kind.PART_DELIVERED, evidence)
