"""What happens next with a ticket, in one sentence for the hospital."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.present import Chip, NextStep
from sla import present
from sla.models import Deadline, Fact
from tickets import progress
from tickets.models import Ticket
from tickets.progress import Progress
from tickets.states import Status

S = Status


def next_sentence(ticket: Ticket, deadlines: Iterable[Deadline], facts: Iterable[Fact], now: datetime) -> NextStep:
    """What happens next, in everyday words with bold times; `asks` when it waits for the hospital.

    The caller adds `actions` and `why_url` (dataclasses.replace).
    """
    it = progress.of(ticket, deadlines, facts, now)
    if it.waits_for_part and (it.ticket.status == S.ON_SITE or it.comes_again):
        return _next_part(it)
    tell = {
        S.NEW: _next_answer,
        S.REMOTE: _next_remote,
        S.DISPATCH: _next_visit,
        S.TRAVEL: _next_arrival,
        S.ON_SITE: _next_fix,
        S.WAITING: _next_wait,
        S.SOLVED: _next_confirm,
        S.HOSPITAL: _next_here,
    }.get(Status(ticket.status), _next_none)
    return tell(it)


def _bold(sentence: str, **values: object) -> SafeString:
    """`sentence` with each value escaped, and times in bold."""
    bold = {name: format_html("<b>{}</b>", value) for name, value in values.items() if name in {"time", "eta"}}
    return format_html(sentence, **{**values, **bold})


def _chip(it: Progress, code: str) -> Chip | None:
    clock = it.clocks.get(code)
    return present.chip(clock, it.now) if clock else None


def _someone(it: Progress) -> str:
    person = it.ticket.assignee or it.ticket.owner
    return person.name if person else _("A technician")


def _next(it: Progress, icon: str, code: str, ahead: str, over: str, without: str) -> NextStep:
    """The sentence for a clock that is running, that is over, or that nobody promised."""
    due = it.due(code)
    sentence = without if due is None else over if due < it.now else ahead
    text = _bold(sentence, who=_someone(it), time=it.time(due) if due else "")
    return NextStep(text, icon, _chip(it, code) if due else None)


def _next_answer(it: Progress) -> NextStep:
    return _next(
        it,
        "message-circle",
        "response",
        _("A technician answers you by {time}."),
        _("We promised you an answer by {time} and are late. The duty manager has been told."),
        _("A technician will answer you."),
    )


def _next_remote(it: Progress) -> NextStep:
    return _next(
        it,
        "headset",
        "remote",
        _("{who} is looking into it remotely. By {time} it is solved, or an engineer is sent."),
        _("{who} could not solve it remotely by {time}. An engineer is being sent."),
        _("{who} is looking into it."),
    )


def _next_visit(it: Progress) -> NextStep:
    return _next(
        it,
        "truck",
        "onsite",
        _("An engineer is being sent; we promise arrival by {time}."),
        _("We promised an engineer by {time} and are late. The duty manager has been told."),
        _("An engineer is being sent."),
    )


def _next_arrival(it: Progress) -> NextStep:
    expected, due = it.ticket.expected_arrival_at, it.due("onsite")
    if expected is None:
        return _next_visit(it)
    if due is None:
        text = _bold(_("{who} is on the way and expects to arrive at {eta}."), who=_someone(it), eta=it.time(expected))
        return NextStep(text, "truck")
    text = _bold(
        _("{who} is on the way, expected at {eta}; we promise arrival by {time}."),
        who=_someone(it),
        eta=it.time(expected),
        time=it.time(due),
    )
    return NextStep(text, "truck", _chip(it, "onsite"))


def _next_fix(it: Progress) -> NextStep:
    return _next(
        it,
        "wrench",
        "fix",
        _("{who} is at work on site. By {time} it is solved, or a spare part is ordered."),
        _("{who} is at work on site. It was to be solved by {time}; a spare part is being ordered."),
        _("{who} is at work on site."),
    )


def _next_part(it: Progress) -> NextStep:
    """The part comes first, then an engineer fits it."""
    leaves, due = it.due("spare_shipped"), it.due("spare_delivered")
    chip = _chip(it, "spare_delivered")
    if due is None:
        return NextStep(_("A spare part has been ordered for you. Then an engineer fits it."), "package", chip)
    text = _("A spare part is on its way; we promise it by {time}. Then an engineer fits it.")
    if due < it.now:
        text = _("We promised you the spare part by {time} and are late. The duty manager has been told.")
    elif leaves is not None:
        text = _(
            "A spare part has been ordered: it is sent by {eta} and is with you by {time}. Then an engineer fits it."
        )
    values = {"time": it.time(due), "eta": it.time(leaves) if leaves else ""}
    return NextStep(_bold(text, **values), "package", chip)


def _next_wait(it: Progress) -> NextStep:
    until = it.ticket.wait_until
    if until is None:
        return NextStep(_("It rests as agreed with you. Tell us when we can go on."), "pause", asks=True)
    return NextStep(_bold(_("It rests as agreed with you and goes on at {time}."), time=it.time(until)), "pause")


def _next_confirm(it: Progress) -> NextStep:
    action = it.ticket.solution.rpartition("\n")[2]
    text = format_html("<b>{}</b> {}", _("We believe it is solved. Please try it."), action)
    return NextStep(text, "circle-check", asks=True)


def _next_here(_it: Progress) -> NextStep:
    text = _("Your hospital's technician looks at it first. The service centre has not been told yet.")
    return NextStep(text, "stethoscope", asks=True)


def _next_none(it: Progress) -> NextStep:
    if it.ticket.status == S.CANCELLED:
        return NextStep(_("It was withdrawn; nothing more happens."), "ban")
    return NextStep(_("It is closed. If it comes back, reopen it or call us."), "circle-check")
