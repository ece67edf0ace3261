"""Who pays is said when a ticket comes in, and asked again when its cause, its device or a contract changes (N6)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.translation import gettext as _

from common.prepared import insert
from people.models import User
from tickets.models import Ticket, TicketEvent, TicketVerdict
from tickets.states import Refused
from tickets.workflow.act import Act, E, act, each, needed
from warranty import cases
from warranty.cases import Book, facts_of
from warranty.coverage import Cause, Facts, Outcome, Verdict, local_day

COPIED = (
    "cause", "rule_source", "rule_key", "rule_code", "rule_version", "clause", "until", "facts", "links", "changes",
    "estimate",
)  # fmt: skip
CHOICES = frozenset({Outcome.FREE, Outcome.CONTRACT, Outcome.BILLABLE, Outcome.INHERENT, Outcome.UNSUPPORTED})
"""What a manager may decide; "unclear" decides nothing."""
ENCODER = DjangoJSONEncoder()
AT_ONCE = 1000
"""Tickets that are held in memory at a time."""


def judge(doing: Act, cause: str = Cause.UNKNOWN, *, before: TicketVerdict | None = None) -> TicketVerdict | None:
    """Give the ticket a verdict for `cause`, the one that follows `before`; nothing without a device."""
    if (row := _judged(doing.ticket, cause)) is None:
        return None
    _write(doing, row, before).save(force_insert=True)
    return row


def first(desk: Act) -> list[TicketEvent]:
    """Give a new ticket its verdict, if it has a device; the line of its story is the caller's to save."""
    row = _judged(desk.ticket, Cause.UNKNOWN)
    return [_write(desk, row, None)] if row is not None else []


def _judged(ticket: Ticket, cause: str) -> TicketVerdict | None:
    device = ticket.device
    if device is None:
        return None
    # Whoever files by the API has asked for the device with these facts just now.
    known = cases.with_replaced([device.pk], [device] if cases.has_facts(device) else ())
    row = known[device.pk]
    facts = facts_of(row, known)
    return _row(cause, facts, Book.load([ticket.hospital_id]).verdict(row, facts, cause=cause, on=_day(ticket)))


def _day(ticket: Ticket) -> date:
    """The site's date on which the fault was notified."""
    return local_day(ticket.created_at, ticket.site.timezone)


def set_cause(ticket: Ticket, *, cause: str, by: User, now: datetime) -> Ticket:
    """Say what the fault came from; who pays is asked again. `Refused` without a device."""
    with act(ticket, "set_cause", by=by, now=now) as doing:
        before = current(doing.ticket)
        if (before is None or before.cause != cause) and judge(doing, cause, before=before) is None:
            raise Refused(_("Without a device nobody can say who pays."))
    return doing.ticket


def override_verdict(ticket: Ticket, *, outcome: str, reason: str, by: User, now: datetime) -> Ticket:
    """A manager decides otherwise, with a reason; it holds until cause, device or contract change."""
    reason = needed(reason, _("Say why it is decided otherwise."))
    with act(ticket, "override_verdict", by=by, now=now) as doing:
        before = current(doing.ticket)
        if before is None:
            raise Refused(_("Without a device nobody can say who pays."))
        if outcome not in CHOICES:
            raise Refused(_("Choose who pays."))
        if before.outcome != outcome:
            copied = {name: getattr(before, name) for name in COPIED}
            row = TicketVerdict(**copied, outcome=outcome, reason=reason[:200])
            _write(doing, row, before).save(force_insert=True)
    return doing.ticket


def follow_verdicts(now: datetime) -> int:
    """Ask again for every open ticket whose device or contracts changed since; how many verdicts changed.

    A manager's word stands as long as the rules say what they said when it was given.
    """
    keys = list(Ticket.objects.unfinished().filter(device__isnull=False).order_by("pk").values_list("pk", flat=True))
    return sum(_follow(keys[start : start + AT_ONCE], now) for start in range(0, len(keys), AT_ONCE))


def _follow(keys: Sequence[int], now: datetime) -> int:
    read = ("number", "device", "hospital", "created_at", "site__timezone")
    open_now = list(Ticket.objects.filter(pk__in=keys).select_related("site").only(*read).order_by("pk"))
    known = cases.with_replaced({ticket.device_id for ticket in open_now if ticket.device_id})
    book = Book.load({ticket.hospital_id for ticket in open_now})
    rows = TicketVerdict.objects.filter(ticket__in=keys).order_by("version")
    latest = {row.ticket_id: row for row in rows.defer("facts", "links", "changes", "estimate")}

    def follow(ticket: Ticket) -> bool:
        row, device = latest.get(ticket.pk), known[ticket.device_id or 0]
        cause = row.cause if row else Cause.UNKNOWN
        found = book.standing(device, facts_of(device, known), cause=cause, on=_day(ticket))
        if row is not None and _same(row, found):
            return False
        with act(ticket, None, by=None, now=now) as doing:
            judge(doing, cause, before=current(doing.ticket))
        return True

    return each(open_now, follow)


def with_current(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """`tickets`, each read together with what `current` says of it."""
    newest = TicketVerdict.objects.filter(ticket=OuterRef("pk")).order_by("-version").values("version")[:1]
    verdict = FilteredRelation("verdicts", condition=Q(verdicts__version=Subquery(newest)))
    rows: Any = tickets  # the checker knows no relation that is filtered
    found: QuerySet[Ticket] = rows.annotate(verdict=verdict, with_verdict=Value(True)).select_related("verdict__by")
    return found


def current(ticket: Ticket) -> TicketVerdict | None:
    """The verdict that counts; nothing without a device."""
    if ticket.device_id is None:
        return None
    known = vars(ticket)
    # Where there is none, the relation leaves nothing behind.
    if "verdict" in known or "with_verdict" in known:
        return known.get("verdict")
    return TicketVerdict.objects.filter(ticket=ticket).select_related("by").order_by("-version").first()


def _row(cause: str, facts: Facts, verdict: Verdict) -> TicketVerdict:
    rule = verdict.rule
    lines = [
        {
            "code": line.price.code,
            "version": line.price.version,
            "name": line.price.name,
            "unit": line.price.unit,
            "amount": line.price.amount,
            "quantity": line.price.quantity,
            "sum": line.sum,
        }
        for line in verdict.estimate
    ]
    return TicketVerdict(
        cause=cause,
        outcome=str(verdict.outcome),
        rule_source=rule.source,
        rule_key=rule.key,
        rule_code=rule.code,
        rule_version=rule.version,
        clause=verdict.clause,
        until=verdict.until,
        decider=verdict.decider,
        facts=_as_stored(asdict(facts)),
        links=_as_stored([asdict(link) for link in verdict.chain]),
        changes=_as_stored([asdict(change) for change in verdict.changes]),
        estimate=_as_stored(lines),
    )


def _as_stored(value: Any) -> Any:
    """As it is read back: a new row is shown as it stands."""
    return json.loads(ENCODER.encode(value))


def _write(doing: Act, row: TicketVerdict, before: TicketVerdict | None) -> TicketEvent:
    """Save `row` as the verdict that follows `before`; the line of the story that says so."""
    row.ticket, row.at, row.by = doing.ticket, doing.now, doing.by
    doing.ticket.verdict = row
    row.version = before.version + 1 if before else 1
    insert([row])
    old = before.outcome if before else ""
    return doing.line(
        E.VERDICT, public=False, body=row.reason, old=old, new=row.outcome, cause=row.cause, clause=row.clause
    )


def _same(row: TicketVerdict, verdict: Verdict) -> bool:
    """Whether the rules say what they said when `row` was written."""
    rule, until = verdict.rule, verdict.until
    then = (row.rule_source, row.rule_key, row.rule_version, row.until)
    return then == (rule.source, rule.key, rule.version, until) and (bool(row.reason) or row.outcome == verdict.outcome)
