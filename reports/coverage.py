"""Who pays for a hospital's devices, kind by kind: shares of a bar, and the same numbers as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from devices.models import DeviceModel, State
from tickets.device_register import KIND_ICONS
from warranty.coverage import Outcome
from warranty.overview import Overview

NAMES: dict[Outcome, Any] = {
    Outcome.FREE: _("In warranty"),
    Outcome.CONTRACT: _("By contract"),
    Outcome.BILLABLE: _("At the hospital's cost"),
    Outcome.UNSUPPORTED: _("No longer supported"),
    Outcome.UNCLEAR: _("Unclear"),
}
"""Best first. No device is judged for a defect that nobody has found."""
TOLD = {**NAMES, Outcome.BILLABLE: _("At your cost")}
"""As the hospital itself reads it."""
COVERED = frozenset({Outcome.FREE, Outcome.CONTRACT})
"""Repair costs the hospital nothing more."""


@dataclass(frozen=True, slots=True)
class Share:
    """Devices with one outcome; `percent` of those in use in its row."""

    outcome: Outcome
    name: Any
    count: int
    percent: float


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of device (empty: all of them): how many are in use, who pays for those, how many are history."""

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
        return sum(share.count for share in self.total.shares if share.outcome in COVERED)

    @property
    def uncovered(self) -> int:
        return self.total.in_use - self.covered


def of(overview: Overview, names: Mapping[Outcome, Any] = NAMES) -> Coverage:
    """The coverage of an overview's devices, its outcomes called by `names`; no query."""
    kinds = [kind for kind in DeviceModel.Kind if any(overview.states[kind, state] for state in State)]
    rows = tuple(_row(overview, [kind], names) for kind in kinds)
    return Coverage(rows, _row(overview, kinds, names))


def _row(overview: Overview, kinds: Sequence[DeviceModel.Kind], names: Mapping[Outcome, Any]) -> Row:
    """The row of a kind, or of several together."""
    one = kinds[0] if len(kinds) == 1 else None
    states = {state: sum(overview.states[kind, state] for kind in kinds) for state in State}
    counts = {outcome: sum(overview.coverage_by_kind[kind, outcome] for kind in kinds) for outcome in names}
    in_use = states[State.IN_USE]
    return Row(
        kind=one.value if one else "",
        name=one.label if one else _("All"),
        icon=KIND_ICONS[one] if one else "boxes",
        in_use=in_use,
        shares=tuple(
            Share(outcome, names[outcome], count, round(count / in_use * 100, 2) if in_use else 0.0)
            for outcome, count in counts.items()
        ),
        replaced=states[State.REPLACED],
        retired=states[State.RETIRED],
    )
