"""Spare parts for a ticket: asked for, drafted by the engine, followed to their place (A6, A7, A11).

The depot reads no ticket: it works on the request, and what it did is told here in the ticket's words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from devices import lifecycle
from devices.models import Device
from devices.serials import tidy
from people.models import Role, User
from sla.deadlines import OPEN_STATES
from sla.evidence import NOW, Evidence
from sla.models import Deadline
from spares import promised, requests
from spares.models import Depot, Part, PartRequest, RequestLine, Unit
from spares.refusal import Refused as DepotRefused
from spares.requests import Wanted
from spares.states import IN_DEPOT
from tickets.models import Ticket, TicketPart
from tickets.states import OPEN, Refused, Status
from tickets.workflow import telling
from tickets.workflow.act import Act, E, act, each

State, INSTALLED = PartRequest.State, Unit.State.INSTALLED
Step: TypeAlias = TicketPart.Step
REACHED: dict[str, Step] = {
    State.DRAFT: Step.DRAFTED,
    **dict.fromkeys(IN_DEPOT, Step.ASKED),
    State.SHIPPED: Step.SHIPPED,
    State.DELIVERED: Step.DELIVERED,
    State.FITTED: Step.FITTED,
    State.UNUSED: Step.UNUSED,
    State.CANCELLED: Step.WITHDRAWN,
}
"""State of a request → the step of it that the ticket tells."""
WAY = (Step.ASKED, Step.SHIPPED, Step.DELIVERED)
ENDS = (Step.FITTED, Step.UNUSED)
PLACE: dict[str, int] = {**{step: place for place, step in enumerate(WAY)}, **dict.fromkeys(ENDS, len(WAY))}
"""How far along a step is that the hospital reads."""
ON_THE_WAY = OPEN - {Status.NEW, Status.REMOTE}
"""Where two hours on site can run out without a part."""


def about(ticket: Ticket) -> str:
    """What the depot reads of the matter: its number and its device, no word of a person."""
    return " ".join(part for part in (ticket.number, ticket.device.name if ticket.device else "") if part)[:200]


def ask_part(
    ticket: Ticket,
    wanted: Sequence[Wanted],
    *,
    by: User,
    reason: str = "",
    origin: str = PartRequest.Origin.TICKET,
    now: datetime,
    evidence: Evidence = NOW,
) -> PartRequest:
    """Ask for parts: the fix clock stops, 24 hours and two working days run (A11). The depot reads `reason`.

    A draft of the engine is taken up; parts join a request that is not packed yet.
    """
    with act(ticket, "ask_part", by=by, now=now) as doing, _sentences():
        row = doing.ticket
        request = requests.ask(
            wanted, hospital=row.hospital, site=row.site, timeline=row.timeline, device=row.device,
            subject=about(row), origin=origin, reason=reason, by=by, now=now, evidence=evidence,
        )  # fmt: skip
        link, is_new = _link(doing, request)
        _catch_up(doing, link, request)
        if not is_new and link.told == Step.ASKED:
            doing.event(E.PART, public=False, how="more", **_facts(request))
    return request


def choose_depot(
    ticket: Ticket, request: PartRequest, depot: Depot, *, reason: str = "", by: User, now: datetime
) -> PartRequest:
    """Send it from another depot; one that misses the promise needs a reason."""
    with _following(ticket, "follow_part", request, by, now) as doing:
        done = requests.choose(request, depot, reason=reason, by=by, now=now)
        doing.event(E.PART, public=False, body=reason, how="depot", **_facts(done))
    return done


def split_part(
    ticket: Ticket, request: PartRequest, line: RequestLine, *, quantity: int = 1, by: User, now: datetime
) -> PartRequest:
    """Send so many pieces apart, where no depot has it all; the hospital was told of them when they were asked for."""
    with _following(ticket, "follow_part", request, by, now) as doing:
        apart = requests.split(request, line, quantity=quantity, by=by, now=now)
        doing.event(E.PART, public=False, how="split", **_facts(apart))
        TicketPart.objects.create(ticket=doing.ticket, request=apart, cycle=doing.ticket.cycle, told=Step.ASKED)
    return apart


def note_part_event(
    ticket: Ticket, request: PartRequest, kind: str, *, at: datetime, place: str, text: str, by: User, now: datetime
) -> PartRequest:
    """What the carrier said on the phone."""
    with _following(ticket, "follow_part", request, by, now):
        return requests.note_event(request, kind, at=at, place=place, text=text, by=by, now=now)


def deliver_part(
    ticket: Ticket,
    request: PartRequest,
    *,
    received_by: str,
    signature: UploadedFile | None = None,
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
) -> PartRequest:
    """Signed for at the site: the two working days stop (A6)."""
    with _following(ticket, "follow_part", request, by, now):
        return requests.deliver(
            request, received_by=received_by, signature=signature, by=by, now=now, evidence=evidence
        )


def fit_part(
    ticket: Ticket,
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
    """The new piece is in its place, which the device's life tells; the faulty one is owed to the depot (A13).

    A whole device takes the place of the one with `faulty_serial` in the register, or of the ticket's own.
    """
    serial, faulty_serial = serial.strip(), faulty_serial.strip()
    with _following(ticket, "follow_part", request, by, now) as doing:
        part, is_told = line.part, bool(serial) and line.units.filter(serial=serial, state=INSTALLED).exists()
        old = None if is_told else _taken_out(doing.ticket, part, faulty_serial)
        if old is not None and part.device_model is not None:
            faulty_serial = old.serial
        done = requests.fit(
            request, line, serial=serial, quantity=quantity, faulty_serial=faulty_serial, by=by, now=now,
            evidence=evidence,
        )  # fmt: skip
        if old is not None:
            on = evidence.happened(now).astimezone(ZoneInfo(old.site.timezone)).date()
            _into_register(doing, old, part, 1 if serial else quantity, serial, faulty_serial, on)
    return done


def _taken_out(ticket: Ticket, part: Part, faulty_serial: str) -> Device | None:
    """The device that a part goes into, or whose place a whole device takes; refused when that is not known."""
    if part.device_model is None or not faulty_serial:
        if ticket.device is None and part.device_model is not None:
            raise Refused(_("Which device came out? Give its serial number."))
        return lifecycle.standing(ticket.device) if ticket.device else None
    here = Device.objects.in_use().filter(hospital=ticket.hospital_id, serial__iexact=tidy(faulty_serial))
    if (found := here.select_related("site").first()) is None:
        raise Refused(_("No device in use here has the serial number %(serial)s.") % {"serial": faulty_serial})
    return found


def _into_register(
    doing: Act, old: Device, part: Part, quantity: int, serial: str, faulty_serial: str, on: date
) -> None:
    """The device's life tells it with the ticket's number, which the hospital may read too."""
    number = doing.ticket.number
    said: dict[str, Any] = {"by": doing.by, "now": doing.now, "on": on}
    try:
        if part.device_model is not None:
            lifecycle.swap(old, serial=serial, model=part.device_model, reason=f"{number} {part.name}", **said)
        else:
            pieces = f"{part} × {quantity}" if quantity > 1 else str(part)
            lifecycle.fit(old, part=pieces, serial=serial, faulty_serial=faulty_serial, reason=number, **said)
    except lifecycle.Refused as refused:
        raise Refused(str(refused)) from refused


def unused_part(
    ticket: Ticket,
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
    """A delivered piece is not needed: the depot gets it back as good stock (A13), and reads `reason`."""
    with _following(ticket, "follow_part", request, by, now):
        return requests.unused(
            request, line, serial=serial, quantity=quantity, reason=reason, by=by, now=now, evidence=evidence
        )


def withdraw_part(ticket: Ticket, request: PartRequest, *, reason: str, by: User, now: datetime) -> PartRequest:
    """No part is needed after all, and it has not left yet."""
    with _following(ticket, "follow_part", request, by, now):
        return requests.cancel(request, reason=reason, by=by, now=now)


def drop_parts(doing: Act, reason: str, *, drafts_only: bool) -> None:
    """A solved ticket needs no draft, a withdrawn one nothing that has not left yet. The caller holds the ticket."""
    states = {State.DRAFT} if drafts_only else {State.DRAFT, *IN_DEPOT}
    links = TicketPart.objects.filter(ticket=doing.ticket, request__state__in=states).select_related(*REQUEST)
    for link in links.order_by("request_id"):
        _catch_up(doing, link, requests.cancel(link.request, reason=reason, by=doing.by, now=doing.now))


# What the engine and the depot did


def draft_parts(now: datetime) -> int:
    """A draft where two hours on site ran out with neither a solution nor a part (A11); how many were made.

    The engine's clock of such a request runs without a name from that instant; while it does and no draft stands,
    one is owed. Safe to call at any time, any number of times.
    """
    nameless = Deadline.objects.filter(
        timeline=OuterRef("timeline"), code=promised.SHIPPED, subject="", state__in=OPEN_STATES
    )
    drafted = TicketPart.objects.filter(ticket=OuterRef("pk"), request__state=State.DRAFT)
    behind = Ticket.objects.filter(~Exists(drafted), Exists(nameless), status__in=ON_THE_WAY)
    limits = dict(behind.annotate(limit_at=Subquery(nameless.values("started_at")[:1])).values_list("pk", "limit_at"))
    return each(
        Ticket.objects.in_bulk(limits).values(), lambda ticket: draft_part(ticket, at=limits[ticket.pk], now=now)
    )


def draft_part(ticket: Ticket, *, at: datetime, now: datetime) -> bool:
    """The engine's draft, needed since `at`; nothing if somebody asked or solved it meanwhile. The state stays."""
    with act(ticket, None, by=None, now=now) as doing:
        row = doing.ticket
        runs = row.timeline.deadlines.filter(code=promised.SHIPPED, subject="", state__in=OPEN_STATES)
        drafted = row.parts.filter(request__state=State.DRAFT)
        if row.status not in ON_THE_WAY or drafted.exists() or not runs.exists():
            return False
        request = requests.draft(
            hospital=row.hospital, site=row.site, timeline=row.timeline, device=row.device, subject=about(row), at=at,
            now=now,
        )  # fmt: skip
        _catch_up(doing, _link(doing, request)[0], request)
    return True


def follow_parts(now: datetime) -> int:
    """Tell on tickets what depots and carriers did with their parts; how many tickets heard something new."""
    ended = (State.FITTED, State.UNUSED)
    in_motion = (State.SHIPPED, State.DELIVERED, *ended, State.CANCELLED)
    behind = (
        (Q(told=Step.DRAFTED) & ~Q(request__state=State.DRAFT))
        | Q(told=Step.ASKED, request__state__in=in_motion)
        | Q(told=Step.SHIPPED, request__state__in=(*in_motion[1:], *IN_DEPOT))
        | Q(told=Step.DELIVERED, request__state__in=ended)
    )
    found = Ticket.objects.filter(pk__in=TicketPart.objects.filter(behind).values("ticket")).order_by("pk")

    def follow(ticket: Ticket) -> bool:
        with act(ticket, None, by=None, now=now) as doing:
            links = list(TicketPart.objects.filter(behind, ticket=ticket).select_related(*REQUEST).order_by("pk"))
            for link in links:
                _catch_up(doing, link, link.request)
        return bool(links)

    return each(found, follow)


REQUEST = ("request__hospital", "request__site", "request__timeline", "request__depot")


@contextmanager
def _sentences() -> Iterator[None]:
    """What the depot refuses, as the ticket's verbs refuse."""
    try:
        yield
    except DepotRefused as refused:
        raise Refused(str(refused), field=refused.field) from refused


@contextmanager
def _following(ticket: Ticket, verb: str, request: PartRequest, by: User, now: datetime) -> Iterator[Act]:
    """A verb on a request of this ticket, which then tells what came of it."""
    with act(ticket, verb, by=by, now=now) as doing, _sentences():
        link = doing.ticket.parts.filter(request=request).first()
        if link is None:
            raise Refused(_("This request belongs to another ticket."))
        yield doing
        _catch_up(doing, link, PartRequest.objects.select_related("depot").get(pk=request.pk))


def _link(doing: Act, request: PartRequest) -> tuple[TicketPart, bool]:
    row = doing.ticket
    return TicketPart.objects.get_or_create(request=request, defaults={"ticket": row, "cycle": row.cycle})


def _catch_up(doing: Act, link: TicketPart, request: PartRequest) -> None:
    """Tell the steps of a request that its ticket has not told yet."""
    reached = REACHED[request.state]
    if link.told == reached:
        return
    was_public = link.told in PLACE
    way = (*WAY, reached) if reached in ENDS else WAY
    if link.told == Step.SHIPPED and reached == Step.ASKED:
        doing.event(E.PART, public=True, how="again", **_facts(request))  # the parcel never got there
    elif reached in way:
        first = min(PLACE.get(link.told, -1) + 1, len(WAY))
        for step in way[first : PLACE[reached] + 1]:
            _tell(doing, step, request)
    else:
        _tell(doing, reached, request, public=was_public)
    link.told = reached
    link.save(update_fields=["told"])


def _tell(doing: Act, step: Step, request: PartRequest, *, public: bool = True) -> None:
    """One step in the story, and to whom it matters."""
    # A draft was needed when the two hours ran out; that parts are asked for is said when somebody takes it up.
    asked_at = doing.now if request.origin == PartRequest.Origin.ENGINE else request.requested_at
    moments = {
        Step.DRAFTED: request.requested_at, Step.ASKED: asked_at, Step.SHIPPED: request.shipped_at,
        Step.DELIVERED: request.delivered_at,
    }  # fmt: skip
    said = _facts(request, is_promise=step in {Step.DRAFTED, Step.ASKED})
    if step != Step.SHIPPED:
        said["expected_at"] = ""  # it has come
    at = moments.get(step) or doing.now
    event = doing.event(E.PART, public=public and step != Step.DRAFTED, at=at, how=str(step), **said)
    key = f"event:{event.pk}"
    if step == Step.DRAFTED:
        people = [doing.ticket.assignee, *telling.on_duty(doing, Role.LEAD)]
        telling.tell(doing, "ticket.part_drafted", people, key=key, request=request.number)
    elif step == Step.ASKED:
        telling.hospital(doing, "ticket.part_needed", key=key, request=request.number, deliver_by_at=said["until"])
    elif step == Step.SHIPPED:
        parcel = " ".join(part for part in (request.carrier, request.waybill) if part)
        told = {"request": request.number, "parcel": parcel, "expected_at": said["expected_at"]}
        telling.hospital(doing, "ticket.part_shipped", key=key, **told)


def _facts(request: PartRequest, *, is_promise: bool = False) -> dict[str, Any]:
    """What the story keeps of a request at that moment; `is_promise`: by when it is at the site, too."""
    lines = request.lines.select_related("part").order_by("pk")
    return {
        "request": request.number,
        "parts": "、".join(f"{line.part.name} × {line.quantity}" for line in lines),
        "depot": request.depot.name if request.depot else "",
        "parcel": " ".join(part for part in (request.carrier, request.waybill) if part),
        "until": request.deliver_by.isoformat() if is_promise and request.deliver_by else "",
        "expected_at": request.expected_at.isoformat() if request.shipped_at and request.expected_at else "",
        "received_by": request.received_by,
    }
