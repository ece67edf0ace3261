"""How a duty stands, in words: why it is at risk, when the rest is planned or has to be (N3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.present import Tag, Tone
from common.wording import listed, sentences
from warranty.duties import Duty
from warranty.entitlements import Left
from warranty.forecast import Forecast, State
from warranty.wording import day


class Stage(StrEnum):
    """How it stands, in the order in which it wants attention: what is on track is still to plan, or planned."""

    MISSED = "missed"
    AT_RISK = "at_risk"
    TO_PLAN = "to_plan"
    PLANNED = "planned"
    DONE = "done"


STAGES: dict[Stage, Any] = {
    Stage.MISSED: gettext_lazy("Missed"),
    Stage.AT_RISK: gettext_lazy("At risk"),
    Stage.TO_PLAN: gettext_lazy("To plan"),
    Stage.PLANNED: gettext_lazy("Planned"),
    Stage.DONE: gettext_lazy("Done"),
}
LOOKS: dict[Stage, tuple[str, Tone]] = {
    Stage.MISSED: ("triangle-alert", "bad"),
    Stage.AT_RISK: ("hourglass", "warn"),
    Stage.TO_PLAN: ("circle-dashed", "off"),
    Stage.PLANNED: ("calendar-check", "act"),
    Stage.DONE: ("check", "ok"),
}


def stage(ahead: Forecast) -> Stage:
    """Where a forecast stands."""
    if ahead.state == State.ON_TRACK:
        return Stage.TO_PLAN if ahead.unplanned else Stage.PLANNED
    return Stage(ahead.state)


def tag(duty: Duty) -> Tag:
    """The stage in a word with its picture."""
    found = stage(duty.forecast)
    return Tag(STAGES[found], *LOOKS[found])


def sentence(duty: Duty) -> str:
    """Why it stands so, in one or two sentences."""
    ahead, found = duty.forecast, stage(duty.forecast)
    facts = {"owed": ahead.owed, "done": ahead.done, "day": day(duty.ends_on)}
    if found == Stage.MISSED:
        return _("%(done)s of %(owed)s were done when the contract year ended on %(day)s.") % facts
    if found == Stage.AT_RISK:
        return sentences(_risks(duty))
    if found == Stage.TO_PLAN:
        text = ngettext(
            "%(count)s is still to be planned; arranging it has to begin by %(day)s.",
            "%(count)s are still to be planned; arranging them has to begin by %(day)s.",
            ahead.unplanned,
        )
        return text % {"count": ahead.unplanned, "day": day(ahead.plan_by)}
    if found == Stage.PLANNED:
        return _("Planned for %(days)s.") % {"days": listed(day(one.planned_on) for one in _open(duty))}
    last = max((one.done_on for one in duty.entries if one.done_on is not None), default=None)
    return _("Done, the last one on %(day)s.") % {"day": day(last)}


def left_words(quotas: Iterable[Left]) -> str:
    """What is left of some quotas, said before one is taken."""
    return sentences(
        _("%(name)s: %(left)s of %(granted)s left until %(day)s.")
        % {
            "name": capfirst(one.entitlement.get_kind_display()),
            "left": one.left,
            "granted": one.granted,
            "day": day(one.ends_on),
        }
        for one in quotas
    )


def _open(duty: Duty) -> list[Any]:
    return sorted((one for one in duty.entries if one.done_on is None), key=lambda one: one.planned_on)


def _risks(duty: Duty) -> Iterator[str]:
    """Every reason that `forecast` calls a risk."""
    ahead, entitlement = duty.forecast, duty.entitlement
    if ahead.overdue:
        text = ngettext(
            "%(count)s was planned for a day that has passed (%(day)s) and is not done.",
            "%(count)s were planned for days that have passed (the first %(day)s) and are not done.",
            ahead.overdue,
        )
        yield text % {"count": ahead.overdue, "day": day(_open(duty)[0].planned_on)}
    if ahead.expected < ahead.owed:
        text = _("Only %(expected)s of %(owed)s can still be done by %(day)s: one takes %(lead)s days to arrange.")
        yield (
            text
            % {"expected": ahead.expected, "owed": ahead.owed, "day": day(duty.ends_on), "lead": entitlement.lead_days}
        )
    elif ahead.unplanned > ahead.overdue:
        text = ngettext(
            "The contract year ends on %(day)s and %(count)s is not planned yet.",
            "The contract year ends on %(day)s and %(count)s are not planned yet.",
            ahead.unplanned,
        )
        yield text % {"day": day(duty.ends_on), "count": ahead.unplanned}
