"""Parts are needed: asked for, drafted by the engine, given a depot that makes it, withdrawn (A6, A7, A11, N10)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from common import numbers
from devices.models import Device
from people.models import Hospital, Role, Site, User
from sla import deadlines
from sla.evidence import NOW, Evidence
from sla.facts import Kind
from sla.models import Fact, Timeline
from spares import choice, ledger, promised, sourcing, stock
from spares.choice import Option
from spares.models import Depot, Part, PartRequest, RequestLine
from spares.promised import Promised
from spares.refusal import Refused
from spares.requests.act import NEEDED, Act, act
from spares.states import CHANGEABLE

State, Origin = PartRequest.State, PartRequest.Origin
MOST_LINES = 20
MOST_PIECES = 99
REASON = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part and how many pieces of it."""

    part: Part
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Preview:
    """What asking now would promise, and what each depot would make of it, the best first."""

    promised: Promised
    options: tuple[Option, ...]


def preview(
    wanted: Sequence[Wanted],
    *,
    hospital: Hospital,
    site: Site,
    timeline: Timeline | None = None,
    device: Device | None = None,
    now: datetime,
) -> Preview:
    """Which depots would make it if these parts were asked for now; nothing is written."""
    due = promised.foreseen(hospital, site, timeline=timeline, device=device, now=now)
    needs = {one.part.pk: one.quantity for one in wanted}
    found = sourcing.options(needs, site.city, asked_at=now, ship_by=due.ship_by, deliver_by=due.deliver_by)
    return Preview(due, found)


def ask(
    wanted: Sequence[Wanted],
    *,
    hospital: Hospital,
    site: Site,
    subject: str,
    origin: str = Origin.TICKET,
    timeline: Timeline | None = None,
    device: Device | None = None,
    reason: str = "",
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
) -> PartRequest:
    """Ask for parts: the 24 hours and the two working days run from when they were needed.

    The depot is the one that makes it and its stock is held at once; where none makes it, a lead is told to choose.
    A draft of the same timeline is taken up; parts that come while an open request is not packed yet join it.
    The same `client_key` gives the first request of the matter. Refused for parts that are out of use, for a time
    ahead of now.
    """
    wanted, happened = _checked(wanted), _happened(evidence, now)
    with transaction.atomic():
        if timeline is not None:
            deadlines.lock(timeline)
        if (known := _sent_before(evidence, timeline)) is not None:
            return known
        if (standing := _standing(timeline, site)) is not None:
            if standing.state == State.DRAFT:
                return adopt(standing, wanted, reason=reason, by=by, now=now, evidence=evidence)
            return join(standing, wanted, reason=reason, by=by, now=now)
        row = _new(
            hospital=hospital, site=site, timeline=timeline, device=device, subject=subject[:200], origin=origin,
            reason=reason.strip()[:REASON], requested_at=happened, requested_by=by, client_key=evidence.client_key,
            now=now,
        )  # fmt: skip
        doing = Act(row, by, now)
        _add(row, wanted)
        doing.fact(Kind.PART_NEEDED, evidence)
        choose_anew(doing)
        doing.finish()
    return doing.request


def draft(
    *,
    hospital: Hospital,
    site: Site,
    timeline: Timeline,
    device: Device | None,
    subject: str,
    at: datetime,
    now: datetime,
) -> PartRequest:
    """The engine's request, when two hours on site ran out at `at` (worked example 6): somebody says which parts.

    Its clocks run from that instant by themselves, so that no fact is written. The clerks on duty are told.
    """
    with transaction.atomic():
        deadlines.lock(timeline)
        row = _new(
            hospital=hospital, site=site, timeline=timeline, device=device, subject=subject[:200],
            origin=Origin.ENGINE, state=State.DRAFT, requested_at=at, now=now,
        )  # fmt: skip
        doing = Act(row, None, now)
        due = promised.copy(row)
        doing.change(ship_by=due.ship_by, deliver_by=due.deliver_by)
        doing.tell("parts.drafted", doing.clerks(), key="draft", ship_by_at=_iso(due.ship_by))
        doing.finish()
    return row


def adopt(
    request: PartRequest,
    wanted: Sequence[Wanted],
    *,
    reason: str = "",
    by: User,
    now: datetime,
    evidence: Evidence = NOW,
) -> PartRequest:
    """Take up a draft: these are the parts. Its clocks go on as they run."""
    wanted = _checked(wanted)
    with act(request, "adopt", by=by, now=now) as doing:
        doing.move("adopt")
        doing.change(requested_by=by, reason=reason.strip()[:REASON], client_key=evidence.client_key)
        _add(doing.request, wanted)
        doing.fact(Kind.PART_NEEDED, evidence)
        choose_anew(doing)
    return doing.request


def join(
    request: PartRequest,
    wanted: Sequence[Wanted],
    *,
    reason: str = "",
    by: User,
    now: datetime,
) -> PartRequest:
    """Further parts for a request that is not packed yet: one parcel, and the clocks of the first parts."""
    with act(request, "join", by=by, now=now) as doing:
        doing.move("join")
        said = "；".join(text for text in (doing.request.reason, reason.strip()) if text)
        doing.change(reason=said[:REASON])
        _add(doing.request, wanted)
        if doing.request.depot is None:
            choose_anew(doing)
        else:
            _hold(doing)
            doing.tell("parts.more", doing.clerks(), key=f"more:{doing.request.version}")
    return doing.request


def choose(request: PartRequest, depot: Depot, *, reason: str = "", by: User, now: datetime) -> PartRequest:
    """Send it from another depot; what was held is free again. A depot that misses the promise needs a reason."""
    reason = reason.strip()
    with act(request, "choose", by=by, now=now) as doing:
        doing.move("choose")
        _let_go(doing)
        options = _weigh(doing)
        option = next((one for one in options if one.depot == depot.pk), None)
        if option is None:
            raise Refused(_("%(depot)s is not in use.") % {"depot": depot.name})
        if not option.makes_it and not reason:
            raise Refused(_("%(depot)s does not make the promise; say why it is sent from there.") % {"depot": depot})
        _take(doing, depot, options, chosen_because=reason)
        doing.tell("parts.requested", doing.clerks(), key=f"depot:{depot.pk}:{doing.request.version}", **_due(doing))
    return doing.request


def split(request: PartRequest, line: RequestLine, *, quantity: int = 1, by: User, now: datetime) -> PartRequest:
    """Send so many pieces of a line apart, where no depot has it all: a new request, which is returned.

    It was needed when the old one was and its clocks run from the same moment. Both get the depot that makes them,
    what stays first. Refused for all that is asked for.
    """
    with act(request, "split", by=by, now=now) as doing:
        lines, old = doing.lines(), doing.request
        mine = next((one for one in lines if one.pk == line.pk), None)
        if mine is None or not 1 <= quantity <= mine.quantity or quantity == sum(one.quantity for one in lines):
            raise Refused(_("Choose fewer pieces: some of them have to stay in this request."), field="quantity")
        _let_go(doing)
        row = _new(
            hospital=old.hospital, site=old.site, timeline=old.timeline, device=old.device, subject=old.subject,
            origin=old.origin, reason=old.reason, requested_at=old.requested_at, requested_by=by, now=now,
        )  # fmt: skip
        if quantity == mine.quantity:
            RequestLine.objects.filter(pk=mine.pk).update(request=row)
        else:
            RequestLine.objects.filter(pk=mine.pk).update(quantity=mine.quantity - quantity)
            _add(row, [Wanted(mine.part, quantity)])
        apart = Act(row, by, now)
        apart.fact(Kind.PART_NEEDED, _needed_at(old))
        doing.move("split")
        for one in (doing, apart):
            one.change(depot=None, expected_at=None)
            choose_anew(one)
        apart.finish()
    return row


def reserve(request: PartRequest, *, by: User | None, now: datetime) -> PartRequest:
    """Hold in its depot whatever is not held yet; refused while the depot lacks pieces, naming the part."""
    with act(request, "reserve", by=by, now=now) as doing:
        if doing.request.depot is None:
            raise Refused(_("Choose a depot first."))
        _reserve(doing)
    return doing.request


def cancel(request: PartRequest, *, reason: str, by: User | None, now: datetime) -> PartRequest:
    """Withdraw it before it has left: its clocks end without a verdict, and the stock is free again."""
    if not (reason := reason.strip()):
        raise Refused(_("Say why it is withdrawn."))
    with act(request, "cancel", by=by, now=now) as doing:
        _let_go(doing)
        doing.move("cancel")
        doing.change(cancel_reason=reason[:REASON])
        doing.fact(Kind.PART_CANCELLED)
        doing.tell("parts.cancelled", doing.clerks(), key="cancelled", reason=reason)
    return doing.request


# Steps of these verbs


def _checked(wanted: Sequence[Wanted]) -> list[Wanted]:
    """The same parts, each once; refused for none, too many, or one that is out of use."""
    pieces: dict[Part, int] = {}
    for one in wanted:
        if one.quantity < 1:
            raise Refused(_("How many pieces of %(part)s?") % {"part": one.part.code})
        pieces[one.part] = pieces.get(one.part, 0) + one.quantity
    if not pieces:
        raise Refused(_("Say which parts are needed."))
    if len(pieces) > MOST_LINES or max(pieces.values()) > MOST_PIECES:
        raise Refused(_("At most %(parts)d parts and %(count)d pieces of each.")
                      % {"parts": MOST_LINES, "count": MOST_PIECES})  # fmt: skip
    if idle := [part.code for part in pieces if not part.is_active]:
        raise Refused(_("%(part)s is no longer in use.") % {"part": "、".join(idle)})
    return [Wanted(part, quantity) for part, quantity in pieces.items()]


def _happened(evidence: Evidence, now: datetime) -> datetime:
    if (at := evidence.happened(now)) > now:
        raise Refused(_("This time lies in the future; check the clock of the device."))
    return at


def _sent_before(evidence: Evidence, timeline: Timeline | None) -> PartRequest | None:
    """The request that was asked for by this key; another matter's is nobody's business here."""
    key = evidence.client_key
    known = PartRequest.objects.select_related(*NEEDED).filter(client_key=key).first() if key else None
    if known is not None and known.timeline != timeline:
        raise Refused(_("This Idempotency-Key came with another request before. Use a new one."))
    return known


def _needed_at(row: PartRequest) -> Evidence:
    """The moment from which its own clocks are named."""
    facts = Fact.objects.filter(timeline=row.timeline, kind=Kind.PART_NEEDED, data__request=row.pk)
    told = facts.order_by("at", "id").first() if row.timeline else None
    return Evidence(at=told.at if told else row.requested_at, is_granted=True)


def _standing(timeline: Timeline | None, site: Site) -> PartRequest | None:
    """The draft, else the newest request that is not packed yet, of the same matter."""
    if timeline is None:
        return None
    open_ones = PartRequest.objects.select_related(*NEEDED).filter(timeline=timeline, site=site)
    return open_ones.filter(state=State.DRAFT).first() or open_ones.filter(state__in=CHANGEABLE).first()


def _new(*, now: datetime, **values: Any) -> PartRequest:
    number = numbers.next_number("RQ", "spares_request_number", now)
    return PartRequest.objects.create(number=number, changed_at=now, version=0, **values)


def _add(row: PartRequest, wanted: Sequence[Wanted]) -> None:
    """Put parts on it; of one that stands there already it needs so many more."""
    lines = {line.part_id: line for line in row.lines.all()}
    for one in wanted:
        line = lines.get(one.part.pk) or RequestLine(request=row, part=one.part, quantity=0)
        line.quantity += one.quantity
        line.save()


def _weigh(doing: Act) -> tuple[Option, ...]:
    row, lines = doing.request, doing.lines()
    needs = {line.part_id: line.quantity for line in lines}
    return sourcing.options(
        needs, row.site.city, asked_at=doing.now, ship_by=row.ship_by, deliver_by=row.deliver_by
    )  # fmt: skip


def choose_anew(doing: Act) -> None:
    """Give it the depot that makes it, and hold the stock there; where none makes it, ask a lead to choose."""
    version = doing.request.version
    options = _weigh(doing)
    winner = choice.best(options)
    if winner is not None:
        _take(doing, Depot.objects.get(pk=winner.depot), options)
        doing.tell("parts.requested", doing.clerks(), key=f"requested:{version}", **_due(doing))
        return
    doing.change(choice=sourcing.kept(options))
    doing.tell("parts.no_depot", doing.on_duty(Role.LEAD, Role.MANAGER), key=f"no-depot:{version}", urgent=True,
               **_due(doing))  # fmt: skip


def _take(doing: Act, depot: Depot, options: Sequence[Option], chosen_because: str = "") -> None:
    doing.change(depot=depot, choice=sourcing.kept(options, depot.pk, chosen_because))
    option = next(one for one in options if one.depot == depot.pk)
    doing.change(expected_at=option.there_at)
    _hold(doing)


def _hold(doing: Act) -> None:
    """Hold the stock if the depot has it; what it lacks shows on the depot's page."""
    with suppress(Refused), transaction.atomic():
        _reserve(doing)


def _reserve(doing: Act) -> None:
    row, lines = doing.request, doing.lines()
    assert row.depot is not None, "the callers see to it"
    ledger.lock([row.depot], [line.part_id for line in lines])
    for line in lines:
        if open_pieces := line.quantity - line.reserved:
            stock.reserve(line, open_pieces, depot=row.depot, by=doing.by, now=doing.now)
    is_picked = all(line.picked == line.quantity for line in lines)
    doing.move("reserve")
    if is_picked:
        doing.become(State.PICKED)


def _let_go(doing: Act) -> None:
    lines = doing.lines()
    if doing.request.depot is not None:
        ledger.lock([doing.request.depot], [line.part_id for line in lines])
    for line in lines:
        stock.release(line, by=doing.by, now=doing.now)


def _due(doing: Act) -> dict[str, Any]:
    return {"ship_by_at": _iso(doing.request.ship_by), "deliver_by_at": _iso(doing.request.deliver_by)}


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""
