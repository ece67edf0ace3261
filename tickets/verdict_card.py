"""The verdict of a ticket in words, made from what is stored, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from common.present import Tone
from tickets.models import TicketVerdict
from warranty import wording
from warranty.coverage import Change, Link, Outcome, Verdict

LOOKS: dict[str, tuple[Tone, str]] = {
    Outcome.INHERENT: ("ok", "shield-check"),
    Outcome.FREE: ("ok", "shield-check"),
    Outcome.CONTRACT: ("ok", "file-check"),
    Outcome.BILLABLE: ("warn", "receipt"),
    Outcome.UNSUPPORTED: ("warn", "archive"),
    Outcome.UNCLEAR: ("off", "shield-question-mark"),
}
"""Outcome → tone and icon: orange costs, grey is not decided."""


@dataclass(frozen=True, slots=True)
class Card:
    """Who pays, the sentence that says why, what would change it, and what it would cost."""

    row: TicketVerdict
    outcome: str
    tone: str
    icon: str
    sentence: str
    decider: str
    cause: str
    changes: tuple[str, ...]
    total: Decimal

    @property
    def is_word(self) -> bool:
        """Whether a manager decided it."""
        return bool(self.row.reason)


def card(row: TicketVerdict) -> Card:
    """The card of a stored verdict."""
    tone, icon = LOOKS[Outcome(row.outcome)]
    return Card(
        row=row,
        outcome=str(wording.OUTCOMES[row.outcome]),
        tone=tone,
        icon=icon,
        sentence=sentence(row),
        decider=wording.decider(row.decider) if not row.reason else "",
        cause=str(row.get_cause_display()),
        changes=tuple(wording.change(Change(**one)) for one in row.changes),
        total=total(row),
    )


def total(row: TicketVerdict) -> Decimal:
    """What it would cost, before tax."""
    return sum((Decimal(line["sum"]) for line in row.estimate), Decimal(0))


def sentence(row: TicketVerdict) -> str:
    """Why: the manager's reason, or what the rule says."""
    if row.reason:
        return row.reason
    links = tuple(_link(one) for one in row.links)
    deciding = next((one for one in links if _key(one) == (row.rule_source, row.rule_key, row.rule_version)), None)
    if deciding is None:
        return _("No rule speaks of such a device.")
    return wording.sentence(Verdict(row.outcome, deciding, links))


def _key(link: Link) -> tuple[str, int, int]:
    return link.source, link.key, link.version


def _link(stored: dict[str, Any]) -> Link:
    days = {name: date.fromisoformat(stored[name]) if stored[name] else None for name in ("since", "until")}
    return Link(**{**stored, **days})
