"""Billable work needs the hospital's acceptance of a quote (B2): drafted, sent, answered; its versions stay on record.

A quote touches no clock, unless the policy lists `PAUSE` among the pauses that it accepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.translation import gettext as _

from audit import trail
from common.wording import money
from people.models import User
from sla.facts import Kind as FactKind
from sla.models import Deadline, Fact, PauseReason
from tickets import quote_paper
from tickets.models import Quote, Ticket, TicketEvent
from tickets.quote_sums import MOST_LINES, MOST_TOTAL, Line
from tickets.states import Refused, Status, allows
from tickets.workflow import telling, waits
from tickets.workflow.act import Act, E, act, each, needed
from warranty.coverage import local_day

State, Means = Quote.State, Quote.Means
PAUSE = "quote"
"""Code of the pause that policies may accept while a quote waits for its answer; none does by default."""
LONGEST_VALIDITY = timedelta(days=365)


def save_quote(
    ticket: Ticket,
    *,
    lines: Sequence[Line],
    valid_until: date,
    note: str = "",
    read: Quote | None,
    by: User,
    now: datetime,
) -> Quote:
    """Begin a draft, or change the one that `read` is; the hospital sees nothing of it.

    `read` is the draft as the person saw it, None when there was none: what a colleague saved since is not
    overwritten. A new draft is the next version of the quote that stands or stood; after an acceptance, the first
    of a new number.
    """
    with act(ticket, "quote", by=by, now=now) as doing:
        if doing.ticket.is_unverified:
            raise Refused(_("Nobody has verified this report: call the hospital back first."))
        row = _draft(doing.ticket)
        if (row and (row.pk, row.changed_at)) != (read and (read.pk, read.changed_at)):
            raise Refused(_("A colleague has saved this draft since you opened it. Open it again."))
        if not lines or len(lines) > MOST_LINES:
            raise Refused(_("A quote has 1 to %(most)d items.") % {"most": MOST_LINES})
        row = row or _next(doing.ticket)
        row.itemise(lines)
        if row.total > MOST_TOTAL:
            raise Refused(_("The sum of this quote is too large."))
        row.valid_until, row.note, row.changed_by, row.changed_at = valid_until, note.strip(), by, now
        _check_validity(row, now)
        row.save()
        _event(doing, row, "drafted", public=False)
    return row


def discard_draft(quote: Quote, *, by: User, now: datetime) -> Ticket:
    """Drop a draft, which nobody at the hospital has seen."""
    with act(quote.ticket, "withdraw_quote", by=by, now=now) as doing:
        row = _again(doing, quote)
        if row.state != State.DRAFT:
            raise Refused(_("It has been sent; take it back instead."))
        _event(doing, row, "discarded", public=False)
        row.delete()
    return doing.ticket


def send_quote(quote: Quote, *, by: User, now: datetime) -> Quote:
    """Freeze a draft, make its paper, tell the hospital; the version that stood until now is replaced.

    `quote` is the draft as the person saw it. Where the policy says so, clocks stand still until it is answered.
    """
    # Before the lock: setting a paper takes a moment.
    paper = quote_paper.make(quote, by=by, now=now)
    with act(quote.ticket, "quote", by=by, now=now) as doing:
        row = _again(doing, quote)
        _check_ready(doing.ticket, row, quote, now)
        for standing in doing.ticket.quotes.filter(state=State.SENT):
            standing.state = State.REPLACED
            standing.save(update_fields=["state"])
        upload = SimpleUploadedFile(quote_paper.name(row), paper, "application/pdf")
        event = _event(doing, row, "sent", public=True, files=[upload])
        row.document = event.files.select_related("attachment").get().attachment
        row.state, row.sent_by, row.sent_at = State.SENT, by, now
        row.save()
        telling.here(doing, "ticket.quote_sent", key=f"event:{event.pk}", text=row.note, **_facts(row))
        _pause(doing, row)
    return row


def _check_ready(ticket: Ticket, row: Quote, seen: Quote, now: datetime) -> None:
    if row.state != State.DRAFT:
        raise Refused(_("This quote has been sent already."))
    if row.changed_at != seen.changed_at:
        raise Refused(_("A colleague has saved this draft since you opened it. Open it again."))
    if accepted := ticket.quotes.filter(number=row.number, state=State.ACCEPTED).first():
        raise Refused(
            _("The hospital has accepted version %(version)d meanwhile. Discard this draft.")
            % {"version": accepted.version}
        )
    _check_validity(row, now)


def answer_quote(quote: Quote, *, accept: bool, reason: str = "", by: User, now: datetime) -> Quote:
    """The hospital's own person accepts or declines the version that they read; name, time and hash go on record."""
    with act(quote.ticket, "answer_quote", by=by, now=now) as doing:
        row = _again(doing, quote)
        return _answer(doing, row, accept=accept, name=by.name, means=Means.PORTAL, reason=reason)


def record_answer(
    quote: Quote,
    *,
    accept: bool,
    name: str,
    means: str,
    reason: str = "",
    files: Iterable[UploadedFile] = (),
    by: User,
    now: datetime,
) -> Quote:
    """Record what the hospital answered elsewhere: who said it, how, and the letter if there is one.

    Raises also `attachments.storage.Refused`.
    """
    name = needed(name, _("Say who at the hospital answered."))
    with act(quote.ticket, "answer_quote", by=by, now=now) as doing:
        row = _again(doing, quote)
        return _answer(doing, row, accept=accept, name=name[:60], means=means, reason=reason, files=files)


def withdraw_quote(quote: Quote, *, reason: str, by: User, now: datetime) -> Quote:
    """Take back a quote that waits for its answer; the hospital reads why."""
    reason = needed(reason, _("Say why it is taken back; the hospital reads this."))
    with act(quote.ticket, "withdraw_quote", by=by, now=now) as doing:
        row = _again(doing, quote)
        _check_open(row, now)
        _take_back(doing, row, reason)
    return row


def void_quotes(doing: Act, reason: str) -> None:
    """The ticket is withdrawn: a draft goes, and what was sent is taken back."""
    doing.ticket.quotes.filter(state=State.DRAFT).delete()
    for row in doing.ticket.quotes.filter(state=State.SENT):
        row.ticket = doing.ticket
        _take_back(doing, row, reason)


def expire_quotes(now: datetime) -> int:
    """End every quote whose last day is over at its site, and say so on both sides; how many."""
    late = Quote.objects.filter(state=State.SENT, valid_until__lte=now.date())
    rows = {row.ticket_id: row for row in late.select_related("ticket__site") if _is_over(row, now)}

    def expire(ticket: Ticket) -> bool:
        with act(ticket, None, by=None, now=now) as doing:
            row = _again(doing, rows[ticket.pk])
            if row.state != State.SENT:
                return False
            row.state = State.EXPIRED
            row.save(update_fields=["state"])
            event = _event(doing, row, "expired", public=True)
            told = {"key": f"event:{event.pk}", **_facts(row)}
            telling.here(doing, "ticket.quote_expired", **told)
            telling.handlers(doing, "ticket.quote_expired", **told)
            _go_on(doing)
        return True

    return each([row.ticket for row in rows.values()], expire)


def _answer(
    doing: Act,
    row: Quote,
    *,
    accept: bool,
    name: str,
    means: str,
    reason: str,
    files: Iterable[UploadedFile] = (),
) -> Quote:
    _check_open(row, doing.now)
    assert row.document is not None, "what was sent has its paper"
    row.state = State.ACCEPTED if accept else State.DECLINED
    row.answered_by, row.answered_at = doing.by, doing.now
    row.answered_name, row.answered_means, row.reason = name, means, reason.strip()[:200]
    row.save()
    proof = {"name": name, "means": means, "sha256": row.document.sha256}
    event = _event(doing, row, row.state, public=True, body=row.reason, files=files, **proof)
    trail.note(f"tickets.quote_{row.state}", row.name, by=doing.by, now=doing.now, total=str(row.total), **proof)
    told = {"key": f"event:{event.pk}", "text": row.reason, "name": name, **_facts(row)}
    kind = "ticket.quote_accepted" if accept else "ticket.quote_declined"
    telling.here(doing, kind, **told)
    telling.handlers(doing, kind, **told)
    telling.tell(doing, kind, [row.sent_by], **told)
    _go_on(doing)
    return row


def _take_back(doing: Act, row: Quote, reason: str) -> None:
    row.state, row.reason = State.WITHDRAWN, reason[:200]
    row.save(update_fields=["state", "reason"])
    event = _event(doing, row, "withdrawn", public=True, body=row.reason)
    telling.here(doing, "ticket.quote_withdrawn", key=f"event:{event.pk}", reason=row.reason, **_facts(row))
    _go_on(doing)


def _draft(ticket: Ticket) -> Quote | None:
    return ticket.quotes.filter(state=State.DRAFT).first()


def _next(ticket: Ticket) -> Quote:
    """A draft under the number and version that come next."""
    last = ticket.quotes.first()
    serial, version = 1, 1
    if last is not None:
        accepted = last.state == State.ACCEPTED
        serial = int(last.number.rpartition("-")[2]) + accepted
        version = 1 if accepted else last.version + 1
    number = f"QT{ticket.number.removeprefix('SR')}-{serial}"
    return Quote(ticket=ticket, hospital=ticket.hospital, number=number, version=version)


def _again(doing: Act, quote: Quote) -> Quote:
    """The row as it is under the ticket's lock, which every change of a quote takes."""
    row = Quote.objects.select_related("document", "sent_by").filter(pk=quote.pk).first()
    if row is None:
        raise Refused(_("This draft has been discarded."))
    row.ticket = doing.ticket
    return row


def _check_open(row: Quote, now: datetime) -> None:
    """Raise Refused, in words that say what became of it, unless the quote waits for its answer."""
    if row.state == State.SENT and not _is_over(row, now):
        return
    raise Refused(
        {
            State.DRAFT: _("This quote has not been sent yet."),
            State.SENT: _("This quote was valid until %(day)s. Ask for a new one."),
            State.EXPIRED: _("This quote was valid until %(day)s. Ask for a new one."),
            State.ACCEPTED: _("%(name)s has accepted this quote already; it cannot change any more."),
            State.DECLINED: _("%(name)s has declined this quote already."),
            State.REPLACED: _("Version %(version)d was replaced by a newer one. Read that one, then answer it."),
            State.WITHDRAWN: _("This quote was taken back."),
        }[State(row.state)]
        % {"day": row.valid_until.isoformat(), "name": row.answered_name, "version": row.version}
    )


def _is_over(row: Quote, now: datetime) -> bool:
    return local_day(now, row.ticket.site.timezone) > row.valid_until


def _check_validity(row: Quote, now: datetime) -> None:
    today = local_day(now, row.ticket.site.timezone)
    if not today <= row.valid_until <= today + LONGEST_VALIDITY:
        raise Refused(_("The last day of its validity must lie ahead, within a year."))


def _facts(row: Quote) -> dict[str, str]:
    """What people are told of a quote."""
    return {"quote": row.name, "total": money(row.total), "day": row.valid_until.isoformat()}


def _event(
    doing: Act,
    row: Quote,
    how: str,
    *,
    public: bool,
    body: str = "",
    files: Iterable[UploadedFile] = (),
    **more: Any,
) -> TicketEvent:
    more |= {"how": how, "quote": row.name, "total": money(row.total)}
    return doing.event(E.QUOTE, public=public, body=body, files=files, **more)


def _pause(doing: Act, row: Quote) -> None:
    """Stand still until the answer, at the longest to the end of the validity, if a running clock accepts that."""
    reason = PauseReason.objects.filter(code=PAUSE, is_active=True).first()
    if reason is None:
        return
    ends = datetime.combine(row.valid_until + timedelta(days=1), time(), ZoneInfo(doing.ticket.site.timezone))
    if _waits_for_quote(doing.ticket):
        waits.stand_still(doing, reason, note=row.name, until=ends)
        return
    clocks = Deadline.objects.filter(timeline=doing.ticket.timeline, state=Deadline.State.RUNNING)
    if allows(doing.ticket.status, "wait") and clocks.filter(commitment__pause_reasons__contains=[PAUSE]).exists():
        waits.stand_still(doing, reason, note=row.name, until=ends)


def _go_on(doing: Act) -> None:
    if _waits_for_quote(doing.ticket):
        waits.go_on(doing)


def _waits_for_quote(ticket: Ticket) -> bool:
    if ticket.status != Status.WAITING:
        return False
    last = Fact.objects.filter(timeline=ticket.timeline, kind=FactKind.PAUSED).order_by("-at", "-id").first()
    return last is not None and last.data.get("reason") == PAUSE
