"""What lost the time, in a sentence: minutes and causes, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import wording
from tickets.causes import Cause, Loss

CAUSES: dict[Cause, Any] = {
    "hospital": gettext_lazy("%(span)s waiting for the hospital"),
    "nobody": gettext_lazy("%(span)s nobody took it on"),
    "unsent": gettext_lazy("%(span)s nobody was sent"),
    "left_late": gettext_lazy("%(span)s set out too late for a way of %(planned)s min"),
    "way": gettext_lazy("%(span)s on the road: %(took)s min instead of %(planned)s"),
    "stock": gettext_lazy("%(span)s no depot had it in time"),
    "choice": gettext_lazy("%(span)s %(name)s was chosen though another depot would have made it"),
    "depot": gettext_lazy("%(span)s packed too late by %(name)s"),
    "pickup": gettext_lazy("%(span)s until the carrier %(name)s took it"),
    "carrier": gettext_lazy("%(span)s on the way with %(name)s, shipped in time"),
    "work": gettext_lazy("%(span)s longer at work than promised"),
}
"""Cause → what it took."""

WORK: dict[str, Any] = {
    "response": gettext_lazy("%(span)s from taking it on to the answer"),
    "remote": gettext_lazy("%(span)s longer remotely than promised"),
    "fix": gettext_lazy("%(span)s longer at work on site than promised"),
}
"""Clock → what the work itself took."""

NAMELESS: dict[Cause, Any] = {
    "depot": gettext_lazy("%(span)s packed too late"),
    "pickup": gettext_lazy("%(span)s until the carrier took it"),
    "carrier": gettext_lazy("%(span)s on the way with the carrier, shipped in time"),
}
"""The same where no name is on record."""


def words(code: str, loss: Loss) -> str:
    """One cause with its minutes."""
    text = WORK.get(code, CAUSES["work"]) if loss.cause == "work" else CAUSES[loss.cause]
    if not loss.name:
        text = NAMELESS.get(loss.cause, text)
    values = {"name": loss.name, "planned": loss.planned, "took": loss.took}
    return str(text) % {"span": wording.duration(loss.seconds), **values}


def sentence(code: str, seconds: float, losses: Sequence[Loss]) -> str:
    """What this leg lost and to what; empty without a loss."""
    if not losses:
        return ""
    parts = "; ".join(words(code, loss) for loss in losses)
    return _("This leg lost %(span)s: %(causes)s.") % {"span": wording.duration(seconds), "causes": parts}
