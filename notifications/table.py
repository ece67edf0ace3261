"""The table of notifications: each kind with its sentences for the company's people and for hospitals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from notifications import sentences
from notifications.endings import by_day

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from notifications.sentences import Facts

    Sentence = _StrPromise | Callable[[Facts, datetime], str]

OPEN = _("Open the ticket")
FOLLOW = _("See how it goes on")


@dataclass(frozen=True, slots=True)
class Wording:
    """One kind. `to_hospital`: the sentence for hospital people; without one they are never told."""

    icon: str
    to_staff: Sentence | None
    to_hospital: Sentence | None = None
    button: _StrPromise = OPEN
    tone: str = "act"


TABLE: dict[str, Wording] = {
    "sla.page": Wording("alarm-clock", sentences.page, tone="warn"),
    "sla.digest": Wording(
        "alarm-clock",
        _("%(count)s clocks need you now."),
        button=_("Open the wall"),
        tone="bad",
    ),
    "sla.nobody_on_duty": Wording("user-x", sentences.nobody, button=_("Open the roster"), tone="bad"),
    "sla.set_aside": Wording(
        "octagon-alert",
        _("A clock of %(ticket)s cannot be counted and was set aside, please look."),
        tone="bad",
    ),
    "sla.year_missing": Wording(
        "calendar-x",
        _("The holidays of %(year)s are not loaded yet; deadlines that reach into it are provisional."),
        button=_("Open the calendar"),
        tone="warn",
    ),
    "ticket.receipt": Wording("inbox", None, sentences.receipt, FOLLOW),
    "ticket.triage": Wording(
        "stethoscope",
        None,
        sentences.triage,
        _("Look at it"),
        "warn",
    ),
    "ticket.passed_on": Wording("send", None, sentences.passed_on, FOLLOW),
    "ticket.solved_here": Wording(
        "circle-check",
        None,
        _("%(who)s solved your report %(ticket)s “%(title)s”. If it is not, open it again: it then goes to us."),
        _("See what helped"),
    ),
    "ticket.filed": Wording(
        "ticket",
        sentences.filed,
        _("%(who)s filed %(ticket)s for your hospital: %(title)s"),
    ),
    "ticket.answered": Wording(
        "message-square",
        _("%(who)s answered on %(ticket)s: %(title)s"),
        _("%(who)s answered your report %(ticket)s “%(title)s”."),
        _("Read and reply"),
    ),
    "ticket.words": Wording(
        "message-square",
        _("%(who)s (%(hospital)s) wrote on %(ticket)s: %(title)s"),
        _("%(who)s wrote on %(ticket)s “%(title)s”."),
        _("Read and reply"),
    ),
    "ticket.assigned": Wording(
        "user-check",
        _("%(ticket)s is yours now: %(title)s (%(hospital)s)"),
    ),
    "ticket.owner_offered": Wording(
        "handshake",
        _("%(who)s asks you to become first-contact owner of %(ticket)s: %(title)s"),
        button=_("Accept or decline"),
    ),
    "ticket.owner_accepted": Wording(
        "handshake",
        _("%(who)s is now first-contact owner of %(ticket)s: %(title)s"),
        _("%(who)s now looks after your report %(ticket)s “%(title)s” until it is closed."),
    ),
    "ticket.owner_declined": Wording(
        "handshake",
        _("%(who)s declined to become first-contact owner of %(ticket)s; it stays with you."),
    ),
    "ticket.waiting": Wording(
        "pause",
        _("%(ticket)s waits for the hospital: %(title)s"),
        _("Your report %(ticket)s “%(title)s” waits for you."),
        _("See what is needed"),
        "warn",
    ),
    "ticket.visit_needed": Wording(
        "truck",
        _("%(ticket)s needs a visit: %(title)s (%(hospital)s)"),
        tone="warn",
    ),
    "ticket.engineer_sent": Wording(
        "truck",
        _("%(who)s is on the way for %(ticket)s: %(title)s"),
        sentences.sent,
        FOLLOW,
    ),
    "ticket.arrived": Wording(
        "map-pin",
        _("%(who)s arrived for %(ticket)s at %(arrived_at)s: %(title)s"),
        _("%(who)s arrived at %(arrived_at)s for your report %(ticket)s “%(title)s”."),
        FOLLOW,
    ),
    "ticket.evidence": Wording(
        "badge-alert",
        _("The arrival of %(who)s for %(ticket)s at %(arrived_at)s was recorded late and needs your word."),
        button=_("Confirm or reject"),
        tone="warn",
    ),
    "ticket.solved_late": Wording(
        "badge-alert",
        _("That %(ticket)s was solved at %(solved_at)s was recorded late and needs your word."),
        button=_("Confirm or reject"),
        tone="warn",
    ),
    "ticket.visit_planned": Wording(
        "calendar-clock",
        _("%(engineer)s is to be on site for %(ticket)s at %(starts_at)s: %(title)s (%(hospital)s)"),
        _("%(engineer)s comes at %(starts_at)s for your report %(ticket)s “%(title)s”."),
        FOLLOW,
    ),
    "ticket.visit_off": Wording(
        "calendar-x",
        _("The visit for %(ticket)s is off: %(title)s (%(hospital)s)"),
        _("The visit for your report %(ticket)s “%(title)s” was called off."),
        FOLLOW,
        "warn",
    ),
    "visit.far": Wording(
        "map-pin-off",
        _("%(who)s checked in %(metres)s m from the site: %(title)s"),
        button=_("Look at it"),
        tone="warn",
    ),
    "visit.held": Wording(
        "smartphone",
        _("A phone of %(who)s sent something about a visit that changed meanwhile (%(hospital)s): please decide."),
        button=_("Look at it"),
        tone="warn",
    ),
    "visit.held_mine": Wording(
        "smartphone",
        _("%(who)s let count what your phone sent about a visit that had changed: %(title)s"),
        button=_("Look at it"),
        tone="ok",
    ),
    "visit.held_theirs": Wording(
        "smartphone",
        _("%(who)s keeps on record only what your phone sent about a visit that had changed: %(title)s"),
        button=_("Look at it"),
    ),
    "visit.kept": Wording(
        "badge-alert",
        _("%(who)s told of a visit that was given to somebody else; it is kept and changed nothing: %(title)s"),
        button=_("Look at it"),
        tone="warn",
    ),
    "ticket.solved": Wording(
        "circle-check",
        _("%(who)s solved %(ticket)s: %(title)s"),
        sentences.solved,
        _("Confirm or reopen"),
        "ok",
    ),
    "ticket.reopened": Wording(
        "rotate-ccw",
        _("%(ticket)s was reopened: %(title)s"),
        _("We are working on your report %(ticket)s “%(title)s” again."),
        tone="warn",
    ),
    "ticket.closed": Wording(
        "circle-check",
        _("%(ticket)s is closed: %(title)s"),
        sentences.closed,
        tone="ok",
    ),
    "ticket.cancelled": Wording(
        "minus",
        _("%(ticket)s was withdrawn: %(title)s"),
        _("Your report %(ticket)s “%(title)s” was withdrawn."),
        tone="off",
    ),
    "ticket.quote_sent": Wording(
        "receipt",
        _("Quote %(quote)s of CNY %(total)s went to %(hospital)s for %(ticket)s."),
        _("Quote %(quote)s for your report %(ticket)s “%(title)s”: CNY %(total)s. Please answer by %(day)s."),
        _("Read and answer"),
    ),
    "ticket.quote_accepted": Wording(
        "receipt",
        _("%(hospital)s accepted quote %(quote)s of CNY %(total)s for %(ticket)s (%(name)s)."),
        _("%(name)s accepted quote %(quote)s of CNY %(total)s for your report %(ticket)s “%(title)s”."),
        tone="ok",
    ),
    "ticket.quote_declined": Wording(
        "receipt",
        _("%(hospital)s declined quote %(quote)s of CNY %(total)s for %(ticket)s (%(name)s)."),
        _("%(name)s declined quote %(quote)s of CNY %(total)s for your report %(ticket)s “%(title)s”."),
        tone="warn",
    ),
    "ticket.quote_expired": Wording(
        "receipt",
        _("Quote %(quote)s of CNY %(total)s for %(ticket)s had no answer by %(day)s and has expired."),
        _("Quote %(quote)s for your report %(ticket)s “%(title)s” was valid until %(day)s and has expired."),
        tone="warn",
    ),
    "ticket.quote_withdrawn": Wording(
        "receipt",
        _("Quote %(quote)s for %(ticket)s was taken back."),
        _("We took back quote %(quote)s for your report %(ticket)s “%(title)s”."),
        tone="off",
    ),
    "ticket.report": Wording(
        "file-check",
        _("The service report of %(ticket)s is ready: %(title)s"),
        _("The service report for your report %(ticket)s “%(title)s” is ready. Check code: %(code)s."),
        _("Read the report"),
        "ok",
    ),
    "ticket.urgent": Wording("zap", sentences.urgent, sentences.urgent, tone="warn"),
    "ticket.part_needed": Wording(
        "package-search",
        _("Parts were asked for: %(ticket)s %(title)s (%(request)s)"),
        sentences.part_needed,
        FOLLOW,
    ),
    "ticket.part_drafted": Wording(
        "package-search",
        _("Two hours on site ran out for %(ticket)s: say which parts are needed, or withdraw %(request)s. %(title)s"),
        button=_("Say which parts"),
        tone="warn",
    ),
    "ticket.part_shipped": Wording(
        "truck",
        sentences.part_shipped,
        sentences.part_shipped,
        FOLLOW,
    ),
    "parts.requested": Wording(
        "package-search",
        _("%(depot)s sends parts for %(hospital)s, ship by %(ship_by_at)s: %(request)s %(title)s"),
        button=_("Pick it"),
        tone="warn",
    ),
    "parts.more": Wording(
        "package-plus",
        _("More parts were put on %(request)s for %(hospital)s: %(title)s"),
        button=_("Pick it"),
    ),
    "parts.drafted": Wording(
        "package-search",
        _("Parts will be needed for %(hospital)s, ship by %(ship_by_at)s; which ones is not said yet: %(request)s"),
        button=_("Open the depot"),
        tone="warn",
    ),
    "parts.no_depot": Wording(
        "package-x",
        _("No depot keeps the promise for %(request)s (%(hospital)s), due %(deliver_by_at)s: choose one. %(title)s"),
        button=_("Choose a depot"),
        tone="bad",
    ),
    "parts.cancelled": Wording(
        "package-x",
        _("%(request)s for %(hospital)s was withdrawn: %(title)s"),
        button=_("Open the depot"),
        tone="off",
    ),
    "parts.problem": Wording(
        "triangle-alert",
        _("The carrier reports a problem with %(request)s for %(hospital)s: %(title)s"),
        button=_("Look at it"),
        tone="bad",
    ),
    "parts.out_of_order": Wording(
        "triangle-alert",
        _(
            "The carrier says that %(request)s for %(hospital)s was delivered %(said_at)s, before it was handed over: "
            "ask who signed for it. %(title)s"
        ),
        button=_("Look at it"),
        tone="bad",
    ),
    "return.unused": Wording(
        "undo-2",
        _("%(hospital)s has kept %(quantity)s × %(part)s (%(return)s) of %(depot)s unused for %(days)s days."),
        button=_("See the returns"),
        tone="warn",
    ),
    "return.owed": Wording(
        "undo-2",
        _("%(hospital)s has owed %(depot)s the faulty %(part)s (%(return)s) for %(days)s days."),
        button=_("See the returns"),
        tone="warn",
    ),
    "return.unsent": Wording(
        "undo-2",
        _("The faulty %(part)s (%(return)s) has lain in %(depot)s for %(days)s days, not sent to its maker."),
        button=_("See the returns"),
        tone="warn",
    ),
    "return.at_maker": Wording(
        "undo-2",
        _("The faulty %(part)s (%(return)s) of %(depot)s has been with its maker for %(days)s days."),
        button=_("See the returns"),
        tone="warn",
    ),
    "warranty.ends": Wording(
        "shield-alert",
        by_day(_("%(hospital)s: warranty (%(clause)s) of %(count)s devices ends on %(day)s, %(device)s among them.")),
        by_day(_("The warranty of %(count)s of your devices ends on %(day)s, %(device)s among them.")),
        _("See the devices"),
        "warn",
    ),
    "warranty.support_ends": Wording(
        "shield-off",
        by_day(_("%(hospital)s: repair (%(clause)s) of %(count)s devices ends on %(day)s, %(device)s among them.")),
        by_day(_("The repair of %(count)s of your devices ends on %(day)s, %(device)s among them.")),
        _("See the devices"),
        "warn",
    ),
    "warranty.discontinued": Wording(
        "archive",
        by_day(_("%(hospital)s: %(model)s was discontinued on %(day)s; %(count)s are in use there.")),
        by_day(_("%(model)s was discontinued on %(day)s; %(count)s are in use at your hospital.")),
        _("See the devices"),
        "warn",
    ),
    "warranty.contract_ends": Wording(
        "file-clock",
        by_day(_("%(hospital)s: contract %(number)s “%(name)s” ends on %(day)s, and none follows it.")),
        by_day(_("Your contract %(number)s “%(name)s” ends on %(day)s, and none follows it.")),
        _("See the contract"),
        "warn",
    ),
    "warranty.duty_open": Wording(
        "list-todo",
        by_day(_("%(hospital)s: %(done)s of %(owed)s %(duty)s (%(clause)s) are done; the year ends on %(day)s.")),
        None,
        _("See what is owed"),
        "warn",
    ),
    "mail.given_up": Wording(
        "mail-x",
        _("Mail to %(who)s (%(address)s) could not be delivered and was given up."),
        button=_("See the deliveries"),
        tone="bad",
    ),
    "mail.stuck": Wording(
        "mail-x",
        _("No mail goes out: %(count)s messages wait, the oldest since %(since_at)s."),
        button=_("See the deliveries"),
        tone="bad",
    ),
}
"""Kind → what it says to whom. `tests/notifications/test_wording.py` finds kinds that the code uses
without a row here."""
