"""Who pays for a hospital's devices, kind by kind: shares of a bar, and the same numbers as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from devices.models import DeviceModel, State
from tickets.device_register import KIND_ICONS
from warranty.coverage import Outcome
from warranty.overview import Overview

LOOKS: dict[Outcome, tuple[str, Any]] = {
    Outcome.FREE: ("free", _("In warranty")),
    Outcome.CONTRACT: ("contract", _("By contract")),
    Outcome.BILLABLE: ("billable", _("At the hospital's cost")),
    Outcome.UNSUPPORTED: ("unsupported", _("No longer supported")),
    Outcome.UNCLEAR: ("unclear", _("Unclear")),
}
"""Outcome → the look of its share and its name, best first. No device is judged for a defect that nobody has found."""
COVERED = frozenset({Outcome.FREE, Outcome.CONTRACT})
"""Repair costs the hospital nothing more."""


@dataclass(frozen=True, slots=True)
class Share:
    """Devices with one outcome; `percent` of those in use in its row."""

    look: str
    name: Any
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of device: how many are in use, who pays for those, how many are history."""

    kind: str
    name: Any
    icon: str
    in_use: int
    shares: tuple[Share, ...]
    replaced: int
    retired: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The rows of all kinds that the hospital has or had, and their sum."""

    rows: tuple[Row, ...]
    total: Row

    @property
    def covered(self) -> int:
        """How many devices in use are repaired free of charge."""
        return sum(share.count for share in self.total.shares if share.look in COVERED)

    @property
    def uncovered(self) -> int:
        return self.total.in_use - self.covered


def of(overview: Overview) -> Coverage:
    """The coverage of an overview's devices; no query."""
    kinds = [kind for kind in DeviceModel.Kind if any(overview.states[kind, state] for state in State)]
    return Coverage(
        rows=tuple(_row(overview, [kind], kind.value, kind.label, KIND_ICONS[kind]) for kind in kinds),
        total=_row(overview, kinds, "", _("All"), "boxes"),
    )


def _row(overview: Overview, kinds: Iterable[str], key: str, name: Any, icon: str) -> Row:
    kinds = list(kinds)
    states: Counter[str] = Counter({state: sum(overview.states[kind, state] for kind in kinds) for state in State})
    judged = overview.coverage_by_kind
    in_use = states[State.IN_USE]
    shares = []
    for outcome, (look, words) in LOOKS.items():
        count = sum(judged[kind, outcome] for kind in kinds)
        shares.append(Share(look, words, count, round(count / in_use * 100, 2) if in_use else 0.0))
    return Row(key, name, icon, in_use, tuple(shares), states[State.REPLACED], states[State.RETIRED])
