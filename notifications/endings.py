"""Sentences about what ends or is owed by a day: their dates and words as the reader writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DUTIES = {
    "inspection": _("inspections"),
    "meeting": _("meeting guarantees"),
    "training": _("trainings"),
    "report": _("telephone support reports"),
}
"""Code of a duty, as `warranty` sends it, in words."""


def by_day(text: _StrPromise) -> Callable[[Mapping[str, Any], datetime], str]:
    """A sentence whose `day` is an ISO date, and whose `duty` is a code."""

    def say(facts: Mapping[str, Any], _now: datetime) -> str:
        day = f"{date.fromisoformat(facts['day']):%Y-%m-%d}" if facts["day"] else ""
        duty = str(DUTIES.get(facts["duty"], facts["duty"]))
        named = ("hospital", "count", "device", "clause", "model", "number", "name", "owed", "done", "planned")
        return str(text) % {**{name: facts[name] for name in named}, "day": day, "duty": duty}

    return say
