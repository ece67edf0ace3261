"""The faulty part on its way back, and the maker's good one for it: one pair, two legs (A13).

Leg one: hospital → depot. Leg two: depot ↔ maker, who with an advance replacement ships first. A good part that was
not needed has the first leg only: it is stock again. Nothing outside this module writes a state of a return.
A verb raises `Refused` with a sentence; roles are the caller's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeAlias

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import trail
from common import live, numbers
from devices.models import Device
from notifications import outbox
from notifications.outbox import Message
from people import roster
from people.models import Hospital, Role, User
from spares import ledger, links, stock
from spares.models import Depot, Part, PartRequest, RequestLine, Return, Unit
from spares.refusal import Refused
from spares.units import out

State: TypeAlias = Return.State
Kind: TypeAlias = Return.Kind
Resolution: TypeAlias = Return.Resolution
ENDS = (Resolution.REPLACED, Resolution.REPAIRED, Resolution.CREDITED, Resolution.SCRAPPED)
"""How a faulty part is settled by somebody's word; the others follow from what is done."""
OPEN = frozenset({State.OWED, State.RECEIVED, State.AT_MAKER})
VERBS: dict[str, frozenset[State]] = {
    "receive": frozenset({State.OWED}),
    "send_to_maker": frozenset({State.RECEIVED}),
    "maker_shipped": OPEN,
    "replacement_in": OPEN,
    "close": frozenset({State.RECEIVED, State.AT_MAKER}),
    "write_off": OPEN,
    "keep": frozenset({State.OWED}),
}
"""Verb → the states in which it is allowed."""
OF_UNUSED = frozenset({"receive", "write_off", "keep"})
"""Verbs for a good part that comes back; the others, and `receive` and `write_off` too, are for a faulty one."""
NEEDED = ("hospital", "device", "part", "depot", "line", "faulty_unit", "good_unit")


def allows(row: Return, verb: str) -> bool:
    """Whether `verb` may be done to a return as it is."""
    fits = verb in OF_UNUSED if row.kind == Kind.UNUSED else verb != "keep"
    return fits and row.state in VERBS[verb]


def open_for(
    request: PartRequest,
    line: RequestLine,
    *,
    good: Unit | None,
    faulty_serial: str,
    owed_since: datetime,
    by: User,
    now: datetime,
) -> Return:
    """The faulty piece in whose place one of `line` was put is owed to the depot that sent the good one."""
    if request.depot is None:
        raise Refused(_("No depot sent this part."))
    return open_one(
        hospital=request.hospital, part=line.part, depot=request.depot, device=request.device, line=line, good=good,
        faulty_serial=faulty_serial, owed_since=owed_since, by=by, now=now,
    )  # fmt: skip


def open_one(
    *,
    hospital: Hospital,
    part: Part,
    depot: Depot,
    device: Device | None = None,
    line: RequestLine | None = None,
    good: Unit | None = None,
    faulty_serial: str = "",
    owed_since: datetime,
    by: User,
    now: datetime,
) -> Return:
    """A faulty part is owed to a depot. Refused for a serial that is on its way back already."""
    number = numbers.next_number("RT", "spares_return_number", now)
    known = Unit.objects.filter(part=part, serial=faulty_serial).first() if faulty_serial else None
    try:
        with transaction.atomic():
            return Return.objects.create(
                number=number, hospital=hospital, device=device, line=line, part=part, good_unit=good, depot=depot,
                faulty_serial=faulty_serial, faulty_unit=known, owed_since=owed_since, opened_by=by,
            )  # fmt: skip
    except IntegrityError as error:
        raise Refused(_("A return of %(serial)s is open already.") % {"serial": faulty_serial}) from error


def open_unused(
    line: RequestLine, *, unit: Unit | None, quantity: int, reason: str, owed_since: datetime, by: User, now: datetime
) -> Return:
    """A good unit of `line`, or so many pieces, that nobody needs at the site is owed to the depot that sent it."""
    request = line.request
    if request.depot is None:
        raise Refused(_("No depot sent this part."))
    return Return.objects.create(
        number=numbers.next_number("RT", "spares_return_number", now), kind=Kind.UNUSED, hospital=request.hospital,
        device=request.device, line=line, part=line.part, quantity=quantity, good_unit=unit, depot=request.depot,
        owed_since=owed_since, reason=reason.strip()[:200], opened_by=by,
    )  # fmt: skip


def coming_back(line: RequestLine, serial: str) -> Return | None:
    """The open return of the good unit with this serial, locked: before its line, as whoever receives it does."""
    rows = Return.objects.filter(kind=Kind.UNUSED, state=State.OWED, line=line, good_unit__serial=serial)
    return rows.select_for_update(of=("self",), no_key=True).first()


def keep(row: Return, *, by: User, now: datetime) -> Return:
    """The good part was fitted after all: it does not come back."""
    with _act(row, "keep", by, now) as doing:
        _settle(doing, Resolution.KEPT, now)
    return doing


def receive(row: Return, *, serial: str = "", by: User, now: datetime) -> Return:
    """It is back in the depot; a good part is stock again. `serial`: what its label says, where nobody told it before.

    Refused for another serial than the one that is owed.
    """
    with _act(row, "receive", by, now) as doing:
        if doing.kind == Kind.UNUSED:
            return _restock(doing, serial.strip(), by, now)
        serial = serial.strip() or doing.faulty_serial
        if doing.part.is_serialised and not serial:
            raise Refused(_("Which serial number has the faulty %(part)s?") % {"part": doing.part.name})
        if doing.faulty_serial and serial != doing.faulty_serial:
            said = {"scanned": serial, "wanted": doing.faulty_serial}
            raise Refused(_("Wrong: %(scanned)s was scanned, %(wanted)s is owed.") % said)
        if doing.part.is_serialised:
            doing.faulty_unit = _faulty_unit(doing, serial)
        doing.faulty_serial, doing.received_at = serial, now
        _become(doing, State.RECEIVED)
    return doing


def send_to_maker(row: Return, *, maker_case: str = "", waybill: str = "", by: User, now: datetime) -> Return:
    """The faulty part leaves for its maker; settled when the maker's good one is here already."""
    with _act(row, "send_to_maker", by, now) as doing:
        doing.sent_at, doing.sent_waybill = now, waybill.strip()[:40]
        doing.maker_case = maker_case.strip()[:60] or doing.maker_case
        if doing.faulty_unit is not None:
            Unit.objects.filter(pk=doing.faulty_unit.pk).update(state=Unit.State.AT_MAKER, item=None)
        _become(doing, State.AT_MAKER)
        if doing.replaced_at is not None:
            _settle(doing, Resolution.REPLACED, now)
    return doing


def maker_shipped(row: Return, *, maker_case: str = "", by: User, now: datetime) -> Return:
    """The maker says that a good unit is on its way; before the faulty one is sent, that is an advance replacement."""
    with _act(row, "maker_shipped", by, now) as doing:
        if doing.maker_shipped_at is not None:
            raise Refused(_("The maker has shipped already."))
        doing.maker_shipped_at = now
        doing.is_advance = doing.is_advance or doing.state != State.AT_MAKER
        doing.maker_case = maker_case.strip()[:60] or doing.maker_case
    return doing


def replacement_in(row: Return, *, serial: str = "", by: User, now: datetime) -> Return:
    """The maker's good unit is in stock; settled when the faulty one has been sent, else that is still owed."""
    with _act(row, "replacement_in", by, now) as doing:
        if doing.replaced_at is not None:
            raise Refused(_("The maker's unit is in stock already."))
        serials = [serial.strip()] if serial.strip() else []
        count = 0 if doing.part.is_serialised else 1
        stock.receive(doing.depot, doing.part, quantity=count, serials=serials, reason=doing.number, by=by, now=now)
        doing.replaced_at = now
        doing.replacement = Unit.objects.get(part=doing.part, serial=serials[0]) if serials else None
        doing.is_advance = doing.is_advance or doing.state != State.AT_MAKER
        if doing.state == State.AT_MAKER:
            _settle(doing, Resolution.REPLACED, now)
    return doing


def close(row: Return, *, resolution: str, reason: str = "", by: User, now: datetime) -> Return:
    """Settle it otherwise: repaired (the unit is good stock again), credited, or scrapped."""
    with _act(row, "close", by, now) as doing:
        unit = doing.faulty_unit
        if resolution not in ENDS:
            raise Refused(_("Say how it is settled."))
        if resolution == Resolution.REPAIRED and doing.state != State.AT_MAKER:
            raise Refused(_("It has not been with the maker."))
        if resolution == Resolution.REPLACED and doing.replaced_at is None:
            raise Refused(_("The maker's unit is not here yet."))
        if resolution == Resolution.REPAIRED:
            serials, count = ([unit.serial], 0) if unit else ([], 1)
            stock.receive(doing.depot, doing.part, quantity=count, serials=serials, reason=doing.number, by=by, now=now)
        elif resolution == Resolution.SCRAPPED and unit is not None and doing.state == State.RECEIVED:
            stock.scrap(
                doing.depot, doing.part, serials=[unit.serial], reason=reason or doing.number, by=by, now=now
            )  # fmt: skip
        doing.reason = reason.strip()[:200] or doing.reason
        _settle(doing, Resolution(resolution), now)
    return doing


def write_off(row: Return, *, reason: str, by: User, now: datetime) -> Return:
    """Nobody will see it again."""
    if not (reason := reason.strip()):
        raise Refused(_("Say why it is written off."))
    with _act(row, "write_off", by, now) as doing:
        doing.reason, doing.closed_at = reason[:200], now
        if doing.kind == Kind.UNUSED and doing.good_unit is not None:
            out(doing.good_unit, Unit.State.MISSING)
        _become(doing, State.LOST)
    return doing


def _restock(doing: Return, serial: str, by: User, now: datetime) -> Return:
    """Of a unit the serial must be its own."""
    wanted = doing.good_unit.serial if doing.good_unit else ""
    if wanted and serial and serial != wanted:
        raise Refused(_("Wrong: %(scanned)s was scanned, %(wanted)s is owed.") % {"scanned": serial, "wanted": wanted})
    assert doing.line is not None, "the database sees to it"
    stock.take_back(doing.line, serial=wanted, quantity=doing.quantity, reason=doing.number, by=by, now=now)
    doing.received_at = now
    _settle(doing, Resolution.RESTOCKED, now)
    return doing


def chase(now: datetime) -> int:
    """Ask again for what is owed, lies unsent or is with the maker, after each of the terms, once; how many were told.

    Each leg has its own count. After an outage only the latest is said. The clerks and the lead hear it, the last
    time the manager too.
    """
    terms = settings.RETURN_REMINDERS
    rows = Return.objects.filter(state__in=OPEN, chased__lt=len(terms), owed_since__lte=now - terms[0])
    told = 0
    for row in rows.select_related(*NEEDED).order_by("pk"):
        since = _leg(row)[1]
        passed = sum(since + term <= now for term in terms)
        if passed > row.chased:
            told += _ask_again(row, passed, (now - since).days, now)
    return told


def _ask_again(row: Return, count: int, days: int, now: datetime) -> bool:
    """Send the `count`th reminder unless somebody did meanwhile."""
    with transaction.atomic():
        mine = Return.objects.filter(pk=row.pk, state=row.state, chased=row.chased)
        if not mine.update(chased=count):
            return False
        region = row.hospital.region_id
        roles = [Role.LEAD, *([Role.MANAGER] if count == len(settings.RETURN_REMINDERS) else [])]
        people = list(row.depot.clerks.filter(is_active=True))
        people += [person for role in roles for person in roster.on_duty(role, region, now)]
        context = {
            "return": row.number, "part": row.part.name, "serial": row.faulty_serial, "days": days,
            "quantity": row.quantity,
            "hospital": row.hospital.short_name or row.hospital.name, "depot": row.depot.name,
        }  # fmt: skip
        leg = _leg(row)[0]
        key = f"return:{row.pk}:{row.state}:{count}"
        outbox.tell_batch(
            [Message(list({one.pk: one for one in people}.values()), leg, key, context, links.returns())], now
        )
    return True


def _leg(row: Return) -> tuple[str, datetime]:
    """Which leg it is on, as the kind of the reminder, and since when."""
    if row.state == State.OWED:
        return "return.unused" if row.kind == Kind.UNUSED else "return.owed", row.owed_since
    if row.state == State.RECEIVED:
        return "return.unsent", row.received_at or row.owed_since
    return "return.at_maker", row.sent_at or row.owed_since


@contextmanager
def _act(row: Return, verb: str, by: User, now: datetime) -> Iterator[Return]:
    """Lock `row`, check its state, save it whole afterwards and note it on the audit trail; one transaction."""
    with transaction.atomic():
        Return.objects.select_for_update(no_key=True).only("pk").get(pk=row.pk)
        doing = Return.objects.select_related(*NEEDED).get(pk=row.pk)
        if not allows(doing, verb):
            sentence = _("That is not possible now: the return is in the state “%(state)s”.")
            raise Refused(sentence % {"state": State(doing.state).label})
        yield doing
        doing.save()
        trail.note(f"return.{verb}", doing.number, by=by, now=now, part=doing.part.code, serial=doing.faulty_serial)
        live.publish("parts", doing.number)


def _become(doing: Return, state: State) -> None:
    """The next leg: its reminders are counted anew."""
    doing.state, doing.chased = state, 0


def _settle(doing: Return, resolution: Resolution, now: datetime) -> None:
    doing.resolution, doing.closed_at = resolution, now
    _become(doing, State.CLOSED)


def _faulty_unit(doing: Return, serial: str) -> Unit:
    """The faulty unit as it lies in the depot now; one that nobody knew is put on record."""
    item = ledger.lock([doing.depot], [doing.part])[doing.depot.pk, doing.part.pk]
    unit = Unit.objects.select_for_update(of=("self",)).filter(part=doing.part, serial=serial).first()
    lies: dict[str, Any] = {"state": Unit.State.FAULTY, "item": item}
    if unit is None:
        return Unit.objects.create(part=doing.part, serial=serial, **lies)
    if unit.state in {Unit.State.IN_STOCK, Unit.State.RESERVED, Unit.State.SCRAPPED}:
        said = {"serial": serial, "state": unit.get_state_display()}
        raise Refused(_("%(serial)s cannot be a faulty part that comes back: it is “%(state)s”.") % said)
    for name, value in lies.items():
        setattr(unit, name, value)
    unit.save(update_fields=sorted(lies))
    return unit
