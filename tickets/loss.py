"""What lost the time, in a sentence: minutes and causes, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import wording
from tickets.causes import Cause, Loss

CAUSES: dict[Cause, Any] = {
    "hospital": gettext_lazy("waiting for the hospital"),
    "nobody": gettext_lazy("nobody took it on"),
    "unsent": gettext_lazy("nobody was sent"),
    "left_late": gettext_lazy("set out too late for a way of %(planned)s min"),
    "way": gettext_lazy("on the road: %(took)s min instead of %(planned)s"),
    "stock": gettext_lazy("no depot had it in time"),
    "choice": gettext_lazy("%(name)s was chosen though another depot would have made it"),
    "depot": gettext_lazy("packed too late by %(name)s"),
    "pickup": gettext_lazy("until the carrier %(name)s took it"),
    "carrier": gettext_lazy("on the way with %(name)s, shipped in time"),
    "work": gettext_lazy("longer at work than promised"),
}
"""Cause → what it took."""

WORK: dict[str, Any] = {
    "response": gettext_lazy("from taking it on to the answer"),
    "remote": gettext_lazy("longer remotely than promised"),
    "fix": gettext_lazy("longer at work on site than promised"),
}
"""Clock → what the work itself took."""

NAMELESS: dict[Cause, Any] = {
    "depot": gettext_lazy("packed too late"),
    "pickup": gettext_lazy("until the carrier took it"),
    "carrier": gettext_lazy("on the way with the carrier, shipped in time"),
}
"""The same where no name is on record."""


def words(code: str, loss: Loss) -> str:
    """One cause."""
    text = WORK.get(code, CAUSES["work"]) if loss.cause == "work" else CAUSES[loss.cause]
    if not loss.name:
        text = NAMELESS.get(loss.cause, text)
    return str(text) % {"name": loss.name, "planned": loss.planned, "took": loss.took}


def sentence(code: str, seconds: float, losses: Sequence[Loss]) -> str:
    """What this leg lost and to what, with the minutes of each cause where there are several; empty without a loss."""
    if not losses:
        return ""
    parts = [words(code, loss) for loss in losses]
    if len(parts) > 1:
        both = zip(losses, parts, strict=True)
        parts = [
            _("%(span)s %(cause)s") % {"span": wording.duration(loss.seconds), "cause": part} for loss, part in both
        ]
    values = {"span": wording.duration(seconds), "causes": _("; ").join(parts)}
    return _("This leg lost %(span)s: %(causes)s.") % values
