"""Verdicts in words: made from their parts when somebody reads them, in the reader's language."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common.wording import sentences
from people.models import Role
from warranty.coverage import Basis, Cause, Finding, Link, Outcome, Verdict

if TYPE_CHECKING:
    from warranty.coverage import Change

OUTCOMES: dict[str, Any] = {
    Outcome.INHERENT: gettext_lazy("Free: inherent defect"),
    Outcome.FREE: gettext_lazy("Free"),
    Outcome.CONTRACT: gettext_lazy("In the contract"),
    Outcome.BILLABLE: gettext_lazy("Billable"),
    Outcome.UNSUPPORTED: gettext_lazy("No longer supported"),
    Outcome.UNCLEAR: gettext_lazy("Unclear"),
}
CAUSES: list[tuple[str, Any]] = [
    (Cause.UNKNOWN.value, gettext_lazy("not known yet")),
    (Cause.HARDWARE.value, gettext_lazy("hardware failed by itself")),
    (Cause.SOFTWARE.value, gettext_lazy("software, configuration")),
    (Cause.INHERENT_DEFECT.value, gettext_lazy("inherent defect of the software")),
    (Cause.HANDLING.value, gettext_lazy("wrong handling")),
    (Cause.DAMAGE.value, gettext_lazy("damage from outside (fall, water, lightning)")),
    (Cause.SURROUNDINGS.value, gettext_lazy("power, network or rooms of the hospital")),
]
BASES: dict[str, Any] = {
    Basis.ACCEPTANCE: gettext_lazy("day of acceptance"),
    Basis.IMPLEMENTATION: gettext_lazy("start of the implementation"),
    Basis.DISCONTINUATION: gettext_lazy("discontinuation of the model"),
    Basis.ALWAYS: pgettext_lazy("a warranty's basis", "none, it always holds"),
}


def day(value: date | None) -> str:
    """A date as on every page of the desk; nothing for none."""
    return value.isoformat() if value else ""


def sentence(verdict: Verdict) -> str:
    """The whole verdict as one or two sentences: who pays, and the rule that says so."""
    said = _decided(verdict.rule, verdict.outcome)
    because = [text for link in verdict.chain if link is not verdict.rule and (text := passed_over(link))]
    return sentences([said, *because])


def _decided(rule: Link, outcome: str) -> str:
    facts = {"clause": rule.clause, "number": rule.code, "since": day(rule.since), "until": day(rule.until)}
    if rule.source == "contract":
        return _("Contract %(number)s (%(clause)s) pays for it until %(until)s.") % facts
    if outcome == Outcome.INHERENT:
        return _("A defect inherent in the software is repaired free of charge at any time (%(clause)s).") % facts
    if outcome == Outcome.FREE:
        if rule.since is None:
            return _("In warranty until %(until)s (%(clause)s).") % facts
        return _("In warranty from %(since)s until %(until)s (%(clause)s).") % facts
    if outcome == Outcome.BILLABLE:
        if rule.until is None:
            return _("Repair at the hospital's cost, as long as the model lives (%(clause)s).") % facts
        return _("Repair at the hospital's cost, offered until %(until)s (%(clause)s).") % facts
    if outcome == Outcome.UNSUPPORTED:
        return _("The model is discontinued; its repair ended on %(until)s (%(clause)s).") % facts
    return _open(rule)


def _open(rule: Link) -> str:
    if rule.finding == Finding.NO_DATE:
        text = _("The %(basis)s is not on file, so the warranty (%(clause)s) cannot be counted.")
        return text % {"basis": BASES[rule.basis], "clause": rule.clause}
    if rule.finding == Finding.NOT_BEGUN:
        text = _("The warranty (%(clause)s) begins only on %(since)s.")
        return text % {"clause": rule.clause, "since": day(rule.since)}
    return _("No rule speaks of such a device.")


def passed_over(link: Link) -> str:
    """Why a link of the chain did not decide; nothing for one that was never in question."""
    facts = {"clause": link.clause, "number": link.code, "until": day(link.until)}
    if link.finding == Finding.EXCLUDED and link.source == "contract":
        return _("Contract %(number)s does not cover this cause.") % facts
    if link.finding == Finding.EXCLUDED:
        return _("The warranty (%(clause)s) does not cover this cause.") % facts
    if link.finding == Finding.ENDED and link.source == "contract":
        return _("Contract %(number)s ended on %(until)s.") % facts
    if link.finding == Finding.ENDED:
        return _("The warranty (%(clause)s) ended on %(until)s.") % facts
    return ""


def change(what: Change) -> str:
    """One thing that would lead to another verdict."""
    outcome = OUTCOMES[what.outcome] if what.outcome else ""
    if what.what == "cause":
        text = _("If the cause is “%(cause)s”: %(outcome)s (%(clause)s).")
        return text % {"cause": dict(CAUSES)[what.value], "outcome": outcome, "clause": what.clause}
    if what.what == "day":
        text = _("From %(day)s on: %(outcome)s (%(clause)s).")
        return text % {"day": day(date.fromisoformat(what.value)), "outcome": outcome, "clause": what.clause}
    return _("Entering the %(basis)s decides it.") % {"basis": BASES[what.value]}


def decider(role: str) -> str:
    """The role that has to say it, in words; nothing for a verdict that is clear."""
    return str(Role(role).label) if role else ""
