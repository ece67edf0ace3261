"""Who pays is said when a ticket comes in, and asked again when its cause, its device or a contract changes (N6)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from people.models import User
from tickets.models import Ticket, TicketVerdict
from tickets.states import Refused
from tickets.workflow.act import Act, E, act, each, needed
from warranty import cases
from warranty.cases import Book, facts_of
from warranty.coverage import Cause, Outcome, Verdict, local_day
from warranty.models import PriceRow

COPIED = (
    "cause", "rule_source", "rule_key", "rule_code", "rule_version", "clause", "until", "facts", "links", "changes",
    "estimate",
)  # fmt: skip
CHOICES = frozenset({Outcome.FREE, Outcome.CONTRACT, Outcome.BILLABLE, Outcome.INHERENT, Outcome.UNSUPPORTED})
"""What a manager may decide; "unclear" decides nothing."""


def judge(doing: Act, cause: str = Cause.UNKNOWN, *, before: TicketVerdict | None = None) -> TicketVerdict | None:
    """Give the ticket a verdict for `cause`, the one that follows `before`; nothing without a device."""
    ticket = doing.ticket
    if ticket.device_id is None:
        return None
    known = cases.with_replaced([ticket.device_id])
    return _keep(doing, _found(ticket, cause, known, Book.load([ticket.hospital_id])), before)


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
            _append(doing, TicketVerdict(**copied, outcome=outcome, reason=reason[:200]), before)
    return doing.ticket


def follow_verdicts(now: datetime) -> int:
    """Ask again for every open ticket whose device or contracts changed since; how many verdicts changed.

    A manager's word stands as long as the rules say what they said when it was given.
    """
    open_now = list(Ticket.objects.unfinished().filter(device__isnull=False).select_related("site").defer("search"))
    known = cases.with_replaced({ticket.device_id for ticket in open_now if ticket.device_id})
    book = Book.load({ticket.hospital_id for ticket in open_now})
    latest = {row.ticket_id: row for row in TicketVerdict.objects.filter(ticket__in=open_now).order_by("version")}

    def follow(ticket: Ticket) -> bool:
        row = latest.get(ticket.pk)
        found = _found(ticket, row.cause if row else Cause.UNKNOWN, known, book)
        if row is not None and _same(row, found):
            return False
        with act(ticket, None, by=None, now=now) as doing:
            _keep(doing, found, current(doing.ticket))
        return True

    return each(open_now, follow)


def with_current(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """`tickets`, each read together with what `current` says of it."""
    newest = TicketVerdict.objects.filter(ticket=OuterRef("pk")).order_by("-version").values("version")[:1]
    verdict = FilteredRelation("verdicts", condition=Q(verdicts__version=Subquery(newest)))
    return tickets.annotate(verdict=verdict).select_related("verdict__by")


def current(ticket: Ticket) -> TicketVerdict | None:
    """The verdict that counts; nothing without a device."""
    if ticket.device_id is None:
        return None
    if "verdict" in vars(ticket):
        return ticket.verdict
    return TicketVerdict.objects.filter(ticket=ticket).select_related("by").order_by("-version").first()


def _found(ticket: Ticket, cause: str, known: dict[int, Any], book: Book) -> tuple[str, Any, Verdict]:
    assert ticket.device_id is not None
    row = known[ticket.device_id]
    facts = facts_of(row, known)
    on = local_day(ticket.created_at, ticket.site.timezone)
    return cause, facts, book.verdict(row, facts, cause=cause, on=on)


def _keep(doing: Act, found: tuple[str, Any, Verdict], before: TicketVerdict | None) -> TicketVerdict:
    cause, facts, verdict = found
    rule = verdict.rule
    names = PriceRow.objects.in_bulk([line.price.key for line in verdict.estimate]) if verdict.estimate else {}
    lines = [
        {
            "code": line.price.code,
            "version": line.price.version,
            "name": names[line.price.key].name,
            "unit": names[line.price.key].unit,
            "amount": line.price.amount,
            "quantity": line.price.quantity,
            "sum": line.sum,
        }
        for line in verdict.estimate
    ]
    row = TicketVerdict(
        cause=cause,
        outcome=str(verdict.outcome),
        rule_source=rule.source,
        rule_key=rule.key,
        rule_code=rule.code,
        rule_version=rule.version,
        clause=verdict.clause,
        until=verdict.until,
        decider=verdict.decider,
        facts=asdict(facts),
        links=[asdict(link) for link in verdict.chain],
        changes=[asdict(change) for change in verdict.changes],
        estimate=lines,
    )
    return _append(doing, row, before)


def _append(doing: Act, row: TicketVerdict, before: TicketVerdict | None) -> TicketVerdict:
    row.ticket, row.at, row.by = doing.ticket, doing.now, doing.by
    doing.ticket.verdict = row
    row.version = before.version + 1 if before else 1
    row.save(force_insert=True)
    old = before.outcome if before else ""
    doing.event(E.VERDICT, public=False, body=row.reason, old=old, new=row.outcome, cause=row.cause, clause=row.clause)
    return row


def _same(row: TicketVerdict, found: tuple[str, Any, Verdict]) -> bool:
    """Whether the rules say what they said when `row` was written."""
    _cause, _facts, verdict = found
    rule = verdict.rule
    until = verdict.until
    then = (row.rule_source, row.rule_key, row.rule_version, row.until)
    return then == (rule.source, rule.key, rule.version, until) and (bool(row.reason) or row.outcome == verdict.outcome)
